"""Names of DMN, which may hold blanks and signs, as names of the rule language; in expressions too."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.expressions import FUNCTIONS
from postloan_rules.limits import LIMITS
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Renaming", "our_name"]

_OURS = re.compile(r"[^\W\d]\w*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PIECE = re.compile(r"\w+|[^\w\s]")
_PHRASES = "|".join(
    name.replace(" ", r"\s+") for name in sorted(FUNCTIONS, key=len, reverse=True) if " " in name
)
_PASSED_OVER_OR_WORD = re.compile(rf'"(?:\\.|[^"\\])*"?|\b(?:{_PHRASES})(?=\s*\()|\w+', re.DOTALL)
"""A quoted text, the name of a function of several words, or a word."""


def our_name(name: str, *, keep: bool) -> str:
    """The name in small letters and `_`; a name of ours is kept as it is where the file is one of ours."""
    if keep and _OURS.fullmatch(name):
        return name
    spelt = re.sub(r"\W+", "_", _HUMP.sub("_", name)).strip("_").lower()
    return spelt if _OURS.fullmatch(spelt) else f"n_{spelt}" if spelt else "nameless"


@frozen
class _Known:
    path: tuple[str, ...]
    name: str

    def match(self, text: str, start: int) -> re.Match[str] | None:
        """The name as it stands here, whatever blanks divide its words."""
        spaced = (r"\s+".join(re.escape(word) for word in part.split()) for part in self.path)
        return re.compile(r"\s*\.\s*".join(spaced) + r"(?!\w)").match(text, start)


@define
class Renaming:
    """The names that expressions of a file may read, and what each is called here."""

    _known: dict[tuple[str, ...], _Known] = field(factory=dict)
    """By their words and signs, with points between the parts of a path."""
    _longest_from: dict[str, int] = field(factory=dict)
    """How many words and signs a name has at most that begins with this word."""

    def add(self, parts: Iterable[str], name: str) -> None:
        """Let a name stand for one of ours; several parts are a path, written with points between them.

        The first to take a name keeps it.
        """
        path = tuple(" ".join(part.split()) for part in parts)
        pieces = tuple(_PIECE.findall(" . ".join(path)))
        if not all(path) or not pieces or pieces in self._known:
            return
        self._known[pieces] = _Known(path, name)
        self._longest_from[pieces[0]] = max(self._longest_from.get(pieces[0], 0), len(pieces))

    def apply(self, text: Text) -> Text:
        """The text with every name as it is called here; each character keeps its place.

        As in FEEL, the longest known name wins. Quoted texts are passed over, and so are names of fields
        (after a point) and of functions (before a bracket).
        """
        if (
            len(text.value) > LIMITS.expression_length
        ):  # it is refused for its length, and need not be searched
            return text
        pieces: list[str] = []
        places: list[int] = []
        done = 0
        for word in _PASSED_OVER_OR_WORD.finditer(text.value):
            if word.start() < done or _is_field(text.value, word.start()):
                continue
            found = self._longest(text.value, word)
            if found is None:
                continue
            (start, end), name = found
            pieces += [text.value[done:start], name]
            places += [
                *text.places[done:start],
                *[text.places[start]] * (len(name) - 1),
                text.places[end - 1],
            ]
            done = end
        pieces.append(text.value[done:])
        places += text.places[done:]
        return Text("".join(pieces), text.source, tuple(places))

    def _longest(self, text: str, word: re.Match[str]) -> tuple[tuple[int, int], str] | None:
        most = self._longest_from.get(word.group(), 0)
        if not most:
            return None
        found = itertools.islice(_PIECE.finditer(text, word.start()), most)
        pieces = tuple(piece.group() for piece in found)
        for length in range(len(pieces), 0, -1):
            known = self._known.get(pieces[:length])
            match = known.match(text, word.start()) if known is not None else None
            if known is not None and match is not None and not _is_call(text, match):
                return match.span(), known.name
        return None


def _is_call(text: str, match: re.Match[str]) -> bool:
    follows = text[match.end() :].lstrip()
    return follows.startswith("(") and " ".join(match.group().split()) in FUNCTIONS


def _is_field(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return before.endswith(".") and not before.endswith("..")
