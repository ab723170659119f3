"""An expression that is being typed: what stands before the cursor, and what may come next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.editor.environment import checked
from postloan_rules.expressions import EnumType, ListType, RecordType, Type, Variable
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Members", "Names", "members_or_names", "scope_at", "type_before"]

_WORD = re.compile(r"[^\W\d]\w*$|$")
_COMPARED = re.compile(r"(?:=|!=|\bin\s*\(?(?:\s*\"\w*\"\s*,)*)\s*(?P<quote>\"?)(?P<word>\w*)$")
_LOOP = re.compile(r"\b(?:some|every)\s+(?P<name>[^\W\d]\w*)\s+in\s+(?P<source>.+?)\s+satisfies\b", re.DOTALL)
_TEST = re.compile(r"^\s*(?:(?:=|!=|not\()\s*)?(?:\"\w*\"\s*,\s*)*(?P<quote>\"?)(?P<word>\w*)$")
_PAIRS = {")": "(", "]": "["}


@frozen
class Names:
    """What can be read: names with what they stand for, and whether they are fields after a point."""

    names: Mapping[str, Variable]
    typed: str
    are_fields: bool


@frozen
class Members:
    """The words that a value can be compared with."""

    members: tuple[str, ...]
    typed: str
    is_quoted: bool


def members_or_names(
    before: str, names: Mapping[str, Variable], subject: Variable | None = None
) -> tuple[Members | None, Names]:
    """What can stand at the end of a text.

    Args:
        before: The expression up to the cursor.
        names: What it may read.
        subject: In a cell, what it tests.
    """
    typed = _word(before)
    scope = scope_at(before, names)
    chain_end = len(before) - len(typed)
    if before[:chain_end].endswith("."):
        type_ = type_before(before[: chain_end - 1], scope)
        return None, Names(_fields(type_), typed, are_fields=True)
    return _members(before, scope, subject), Names(scope, typed, are_fields=False)


def _word(before: str) -> str:
    match = _WORD.search(before)
    return match[0] if match is not None else ""


def _fields(type_: Type | None) -> Mapping[str, Variable]:
    while isinstance(type_, ListType):
        type_ = type_.item
    return type_.fields if isinstance(type_, RecordType) else {}


def _members(before: str, scope: Mapping[str, Variable], subject: Variable | None) -> Members | None:
    if subject is not None and isinstance(subject.type, EnumType):
        match = _TEST.match(before)
        if match is not None:
            return Members(subject.type.members, match["word"], bool(match["quote"]))
    match = _COMPARED.search(before)
    if match is None:
        return None
    operand = type_before(before[: match.start()].rstrip(), scope)
    if not isinstance(operand, EnumType):
        return None
    return Members(operand.members, match["word"], bool(match["quote"]))


def type_before(text: str, scope: Mapping[str, Variable]) -> Type | None:
    """The type of the last value in a text: a name with its fields, filters and calls."""
    start = _chain_start(text)
    while start < len(text):
        piece = text[start:].strip()
        expression = checked(Text.of(piece), scope) if piece else None
        if expression is not None:
            return expression.type
        # Words such as `and` stand before it, or its function has a name of one word only.
        following = re.search(r"\s", text[start:].lstrip())
        if following is None:
            return None
        start += len(text[start:]) - len(text[start:].lstrip()) + following.end()
    return None


def _chain_start(text: str) -> int:
    at = len(text)
    while at > 0:
        character = text[at - 1]
        if character in _PAIRS:
            opening = _opening(text, at - 1)
            if opening is None:
                return at
            at = opening
        elif character.isalnum() or character in "_. ?":
            at -= 1
        else:
            break
    return at


def _opening(text: str, closing: int) -> int | None:
    depth = 0
    in_text = False
    for at in range(closing, -1, -1):
        character = text[at]
        if character == '"':
            in_text = not in_text
        elif in_text:
            continue
        elif character in ")]":
            depth += 1
        elif character in "([":
            depth -= 1
            if depth == 0:
                return at
    return None


def scope_at(before: str, names: Mapping[str, Variable]) -> dict[str, Variable]:
    """The names that can be read at the end of a text: those of filters and loops stand before the others."""
    scope = dict(names)
    inner: dict[str, Variable] = {}
    for match in _LOOP.finditer(before):
        source = type_before(match["source"], scope)
        if isinstance(source, ListType):
            inner[match["name"]] = Variable(source.item, unknown=source.unknown, meaning="One of the list")
            scope |= inner
    for at in _unclosed(before):
        source = type_before(before[:at], scope)
        if isinstance(source, ListType):
            item = Variable(source.item, unknown=source.unknown, meaning="The item that is looked at")
            inner = {**_fields(source), "item": item, **inner}
            scope |= inner
    # What is nearest stands first.
    return {**inner, **scope}


def _unclosed(text: str) -> list[int]:
    """Where filters begin that are still open at the end."""
    opened: list[tuple[str, int]] = []
    in_text = False
    for at, character in enumerate(text):
        if character == '"':
            in_text = not in_text
        elif in_text:
            continue
        elif character in "([":
            opened.append((character, at))
        elif character in ")]" and opened:
            opened.pop()
    return [at for character, at in opened if character == "[" and re.search(r"[\w\])]\s*$", text[:at])]
