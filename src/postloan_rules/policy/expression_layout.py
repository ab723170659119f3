"""The blanks of an expression, as canonical printing would write them; line breaks stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions.lexer import tokens
from postloan_rules.expressions.parser import parse, parse_tests
from postloan_rules.policy.functions import KNOWN_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.expressions.lexer import Token
    from postloan_rules.problems import Edit, Text

__all__ = ["blank_edits", "words"]

_TIGHT_AFTER = frozenset({"(", "[", "{", ".", "..", "@"})
_TIGHT_BEFORE = frozenset({")", "]", "}", ",", ".", "..", ":"})
_OPERANDS_END = frozenset({")", "]", "}", "?"})


def words(text: Text) -> tuple[tuple[str, str, object], ...] | None:
    """The words of an expression without their places; None where one can't be read."""
    found, problems = tokens(text)
    return None if problems else tuple((each.kind, each.text, each.value) for each in found)


def blank_edits(text: Text, *, quoted: bool) -> Iterator[Edit]:
    """What to change in the source of an expression so that its blanks are in order.

    An expression without quotes is YAML itself: a blank after `:` or at its start would change what it is.
    """
    found, problems = tokens(text)
    if problems or _is_deprecated(text):
        return
    if not quoted and text.value.startswith("?"):
        return
    for number in range(1, len(found) - 1):
        before, after = found[number - 1], found[number]
        if not quoted and ":" in (before.text, after.text):
            continue
        start, end = text.places[before.end], text.places[after.start]
        if text.source.text[start:end].strip(" "):
            continue  # a line break, which the author has chosen
        wanted = _between(found, number)
        if text.source.text[start:end] != wanted:
            yield start, end, wanted


def _is_deprecated(text: Text) -> bool:
    """Whether a range is written with brackets turned outwards, which can't be told from those of filters."""
    if ".." not in text.value:
        return False
    return any(read(text, KNOWN_FUNCTIONS).warnings for read in (parse, parse_tests))


def _between(found: Sequence[Token], number: int) -> str:
    """What stands between a word and the one before it."""
    before, after = found[number - 1], found[number]
    if before.kind == "symbol" and before.text in _TIGHT_AFTER:
        return ""
    if after.kind == "symbol" and after.text in _TIGHT_BEFORE:
        return ""
    if before.kind == "symbol" and before.text == "-" and _is_sign(found, number - 1):
        return ""
    if after.kind == "symbol" and after.text in ("(", "["):
        is_called = before.kind == "name" or (before.kind == "keyword" and before.text == "not")
        is_filtered = after.text == "[" and before.kind == "symbol" and before.text in _OPERANDS_END
        return "" if is_called or is_filtered else " "
    return " "


def _is_sign(found: Sequence[Token], number: int) -> bool:
    """Whether the `-` at this place is a sign and no subtraction."""
    if number == 0:
        return True
    before = found[number - 1]
    return before.kind == "keyword" or (before.kind == "symbol" and before.text not in _OPERANDS_END)
