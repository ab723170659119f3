"""One JSON value to one value of a field, or why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.limits import LIMITS
from postloan_rules.snapshot.days import read_date, read_date_time
from postloan_rules.snapshot.decoding import Inexact
from postloan_rules.snapshot.numbers import is_no_number, read_inexact, read_integer, read_money, read_rate
from postloan_rules.snapshot.refusal import (
    CONTROL,
    SHOWN,
    SURROGATE,
    Refusal,
    another_kind,
    found,
    suggestion,
)

if TYPE_CHECKING:
    from postloan_rules.snapshot.shape import FieldInfo

__all__ = ["LARGEST_INTEGER", "LONGEST_TEXT", "read_attribute", "read_text", "read_value", "too_long"]

LONGEST_TEXT = LIMITS.text_length
LARGEST_INTEGER = 2**63 - 1
_NOT_KNOWN = frozenset({"", "-", "?", "unknown", "n/a", "na", "none", "null", "nil", "nan", "unk"})
_NO_YEARS = frozenset({"0000", "0001", "1899", "9999"})


def read_value(value: object, item: FieldInfo, digits: int) -> object:
    """The value of a field that holds no record; `digits` is how many decimals the currency has."""
    if isinstance(value, float):
        value = Inexact(repr(value))
    result = _of_kind(value, item, digits)
    if isinstance(result, Refusal) and item.optional and not item.many and _means_unknown(value, item):
        return Refusal(result.code, result.message, f"leave `{item.name}` out when it is not known")
    return result


def _means_unknown(value: object, item: FieldInfo) -> bool:
    """Whether a value looks like a stand-in for one that is not known."""
    match value:
        case str():
            return value.strip().lower() in _NOT_KNOWN or (item.kind == "date" and value[:4] in _NO_YEARS)
        case Inexact():
            return is_no_number(value)
        case _:
            return False


def _of_kind(value: object, item: FieldInfo, digits: int) -> object:
    match item.kind:
        case "money":
            return read_money(value, item, digits)
        case "rate" | "ratio":
            return read_rate(value, item)
        case "days" | "months" | "count" | "number":
            return read_integer(value, item)
        case "date":
            return read_date(value)
        case "date-time":
            return read_date_time(value)
        case "boolean":
            return _boolean(value)
        case "string":
            return read_text(value)
        case "enumeration":
            return _member(value, item)
        case "record":
            raise TypeError("a record is read field by field")


def _boolean(value: object) -> object:
    match value:
        case bool():
            return value
        case str() if value.strip().lower() in {"true", "yes", "y", "t", "1"}:
            return another_kind("true or false", value, "write true without quotes")
        case str() if value.strip().lower() in {"false", "no", "n", "f", "0"}:
            return another_kind("true or false", value, "write false without quotes")
        case int():
            return another_kind("true or false", value, "write true or false, not a number")
        case _:
            return another_kind("true or false", value)


def _member(value: object, item: FieldInfo) -> object:
    match value:
        case str() if value in item.members and item.choices is not None:
            return item.choices(value)
        case str():
            advice = suggestion(value, item.members, what="it can be")
            return Refusal("PR0711", f"{found(value)} is not one of the values of `{item.name}`", advice)
        case int() if not isinstance(value, bool) and str(value) in item.members:
            return another_kind("a text", value, f'write "{value}" in quotes')
        case _:
            return another_kind("a text", value, suggestion("", item.members, what="it can be"))


def read_text(value: object) -> object:
    """A text that says something, on one line."""
    if not isinstance(value, str):
        advice = f'write "{value}" in quotes' if type(value) is int and value <= LARGEST_INTEGER else ""
        return another_kind("a text", value, advice)
    if len(value) > LONGEST_TEXT:
        return too_long(value)
    if not value.strip():
        return Refusal("PR0714", "the text is empty")
    if SURROGATE.search(value):
        return _half_a_character(value)
    if CONTROL.search(value):
        return Refusal("PR0714", f"{found(value)} holds a line break, a tab or another control character")
    if value != value.strip():
        return Refusal(
            "PR0714", f"{found(value)} begins or ends with a space", f'write "{value.strip()[:SHOWN]}"'
        )
    return str(value)


def too_long(text: str, most: int = LONGEST_TEXT) -> Refusal:
    """The refusal of a text that is longer than is taken."""
    message = f"the text has {len(text):,} characters, and at most {most:,} are taken"
    return Refusal("PR0703", message, "give what says it in short; notes do not belong in a snapshot")


def _half_a_character(text: str) -> Refusal:
    return Refusal("PR0714", f"{found(text)} holds half a character", "write the character itself, in UTF-8")


def read_attribute(value: object) -> object:
    """A scalar that the snapshot does not describe: a text, a whole number, true or false, or null."""
    match value:
        case None | bool():
            return value
        case int() if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return int(value)
        case int():
            return Refusal(
                "PR0712", f"{found(value)} is too large", "write a long number as a text, in quotes"
            )
        case float():
            return read_inexact(Inexact(repr(value)), "a number")
        case Inexact():
            return read_inexact(value, "a number")
        case str() if len(value) > LONGEST_TEXT:
            return too_long(value)
        case str() if SURROGATE.search(value):
            return _half_a_character(value)
        case str():
            return str(value)
        case _:
            return another_kind("a text, a whole number, true, false or null", value)
