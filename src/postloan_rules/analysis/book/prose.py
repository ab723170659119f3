"""Sentences as data: words, names that lead to their entries, and pieces of the rule language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from postloan_rules.decisions.views.visible import visible
from postloan_rules.decisions.views.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postloan_rules.policy.model import Words

__all__ = ["Phrase", "Piece", "Speech", "anchor", "code", "joined_by", "link", "plain", "text"]

_MARK = "\0"
"""Where parts go into a message; it stands in no other text, since texts are made visible."""


@frozen
class Piece:
    """Some words, a name that leads to an entry (`target`), or a piece of the rule language."""

    text: str
    is_code: bool = False
    target: str | None = None
    title: str = ""
    """What stands before a name: the title that the policy gives, or the value of a parameter."""

    @property
    def key(self) -> tuple[str, bool]:
        """What makes two pieces say the same: a new title is told where it is given, and nowhere else."""
        return (self.text, self.is_code)


Phrase: TypeAlias = tuple[Piece, ...]


def text(words: str) -> Phrase:
    """Plain words."""
    return (Piece(visible(words)),) if words else ()


def code(words: str) -> Phrase:
    """A piece of the rule language as it is written."""
    return (Piece(visible(" ".join(words.split())), is_code=True),)


def link(name: str, target: str, title: str = "") -> Phrase:
    """A name that leads to its entry."""
    return (Piece(visible(name), is_code=True, target=target, title=title),)


def plain(phrase: Phrase) -> str:
    """The phrase as bare text; names stand without their titles."""
    return "".join(piece.text for piece in phrase)


def joined_by(separator: Phrase, phrases: Iterable[Phrase]) -> Phrase:
    """Phrases one after the other with something between them."""
    found: list[Piece] = []
    for phrase in phrases:
        found += [*separator, *phrase] if found else phrase
    return tuple(found)


class Speech:
    """One language: messages with phrases in them."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.wording = Wording(language, currency)

    def say(self, message: str, **parts: Phrase | str) -> Phrase:
        """A message in this language, its parts filled in."""
        marks = {name: f"{_MARK}{name}{_MARK}" for name in parts}
        found: list[Piece] = []
        for number, each in enumerate(self.wording.say(message, **marks).split(_MARK)):
            if not number % 2:
                found += [Piece(each)] if each else []
                continue
            part = parts[each]
            found += text(part) if isinstance(part, str) else part
        return tuple(found)

    def titled(self, words: Words | None) -> str:
        """A text of the policy; empty where it gives none."""
        return self.wording.words(words, "") if words is not None else ""

    def listed(self, phrases: Sequence[Phrase]) -> Phrase:
        """`a, b, c`."""
        return joined_by(self.say(", "), phrases)

    def all_of(self, phrases: Sequence[Phrase]) -> Phrase:
        """`a and b and c`."""
        return joined_by(self.say(" and "), phrases)

    def any_of(self, phrases: Sequence[Phrase]) -> Phrase:
        """`a or b or c`."""
        return joined_by(self.say(" or "), phrases)

    def bracketed(self, phrase: Phrase) -> Phrase:
        """`(a)`: so that nobody can take it together with what stands beside it."""
        return self.say("({phrase})", phrase=phrase)


def anchor(kind: str, name: str) -> str:
    """The place of an entry in a page: different for different names, and free of what links can't hold."""
    safe = re.sub(r"[^\w-]", lambda found: f".{ord(found.group()):x}.", name)
    return f"{kind}-{safe}"
