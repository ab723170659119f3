"""One JSON value to one value of a field, or why it is none."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.problems import did_you_mean
from postloan_rules.snapshot.decoding import Inexact
from postloan_rules.snapshot.writing import decimal_text

if TYPE_CHECKING:
    from postloan_rules.snapshot.shape import FieldInfo

__all__ = ["LONGEST_TEXT", "Refusal", "found", "read_attribute", "read_text", "read_value"]

LONGEST_TEXT = 1_000
_SHOWN = 60
_WHOLE_DIGITS = (
    15  # INVARIANT: an amount fits into 64 bits as a count of minor units, of which 1000 make the most
)
_RATE_DIGITS = 12
_LARGEST_INTEGER = 2**63 - 1
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?", re.ASCII
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NOT_KNOWN = frozenset({"", "-", "?", "unknown", "n/a", "na", "none", "null", "nil", "nan", "unk"})
_DATE_HELP = 'write year-month-day, for example "2026-11-30"'
_DATE_TIME_HELP = 'write day and local time, for example "2026-11-30T14:05:00"'


@frozen
class Refusal:
    """Why a value is none for its field."""

    code: str
    message: str
    help: str = ""


def found(value: object) -> str:
    """The value as the author wrote it, short enough to show."""
    match value:
        case bool() | None | str():
            text = json.dumps(value, ensure_ascii=False)
        case int() | Decimal():
            text = str(value)
        case Inexact():
            text = value.text
        case Mapping():
            return "an object"
        case Sequence():
            return "a list"
        case dt.date():
            text = value.isoformat()
        case _:
            return f"a value that JSON has not, `{type(value).__name__}`"
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[: _SHOWN - 3]}...`"


def read_value(value: object, item: FieldInfo, digits: int) -> object:
    """The value of a field that holds no record; `digits` is how many decimals the currency has."""
    if isinstance(value, float):
        value = Inexact(repr(value))
    result = _of_kind(value, item, digits)
    if isinstance(result, Refusal) and item.optional and not item.many and _means_unknown(value):
        return Refusal(result.code, result.message, f"leave `{item.name}` out when it is not known")
    return result


def _means_unknown(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _NOT_KNOWN


def _of_kind(value: object, item: FieldInfo, digits: int) -> object:
    match item.kind:
        case "money":
            return _money(value, item, digits)
        case "rate" | "ratio":
            return _rate(value, item)
        case "days" | "months" | "count" | "number":
            return _integer(value, item)
        case "date":
            return _date(value)
        case "date-time":
            return _date_time(value)
        case "boolean":
            return _boolean(value)
        case "string":
            return read_text(value)
        case "enumeration":
            return _member(value, item)
        case "record":
            raise TypeError("a record is read field by field")


def _another_kind(expected: str, value: object, advice: str = "") -> Refusal:
    return Refusal("PR0705", f"expected {expected}, found {found(value)}", advice)


def _fractional(value: Inexact, expected: str) -> Refusal:
    if value.text.lstrip("-") in {"NaN", "Infinity", "nan", "inf"}:
        return Refusal(
            "PR0709", f"{found(value)} is not {expected}", "leave the field out when it is not known"
        )
    if value.text.lstrip("-").isdigit():
        return Refusal("PR0712", f"{found(value)} is too large", "look for digits too many")
    return Refusal(
        "PR0708",
        f"{found(value)} is a fractional number, which JSON does not keep exact",
        f"write {_quoted(value.text)} in quotes",
    )


def _quoted(text: str) -> str:
    """The number as a text of plain digits with at least two decimals, as an example of what to write."""
    if "e" in text.lower() or len(text) > _SHOWN:
        return '"12.50"'
    whole, _, decimals = text.partition(".")
    return f'"{whole}.{decimals.ljust(2, "0")}"'


def _decimal(value: object, expected: str) -> Decimal | Refusal:
    match value:
        case bool():
            return _another_kind(expected, value)
        case int():
            return Decimal(value)
        case Inexact():
            return _fractional(value, expected)
        case Decimal():
            if not value.is_finite():
                return _fractional(Inexact("NaN"), expected)
            if value and not -_SHOWN < value.adjusted() < _SHOWN:
                return Refusal("PR0712", f"{found(value)} is not within reason for {expected}")
            return value
        case str() if len(value) <= LONGEST_TEXT and _NUMBER.fullmatch(value):
            return Decimal(value)
        case str():
            return Refusal("PR0709", f"{found(value)} is not {expected}", _number_help(value))
        case _:
            return _another_kind(expected, value, 'write it as a text, for example "1234.50"')


def _number_help(text: str) -> str:
    stripped = re.sub(r"[\s,_'+]", "", text) if len(text) <= _SHOWN else ""
    if _NUMBER.fullmatch(stripped):
        return f'write digits and a point only: "{stripped}"'
    return 'write digits and a point only, for example "1234.50"'


def _money(value: object, item: FieldInfo, digits: int) -> object:
    amount = _decimal(value, "an amount")
    if isinstance(amount, Refusal):
        return amount
    if amount.adjusted() >= _WHOLE_DIGITS:
        return Refusal("PR0712", f"{found(value)} is too large", "look for digits too many")
    text = decimal_text(amount, digits)
    decimals = len(text.partition(".")[2])
    if decimals > digits:
        allowed = f"at most {digits} decimals" if digits else "no decimals"
        return Refusal(
            "PR0713",
            f"{found(value)} has {decimals} decimals, and amounts in this currency have {allowed}",
            "round the amount where it is made, as your books do",
        )
    return _in_bounds(Decimal(text), value, item)


def _rate(value: object, item: FieldInfo) -> object:
    rate = _decimal(value, "a rate")
    if isinstance(rate, Refusal):
        return rate
    if abs(rate.adjusted()) > _WHOLE_DIGITS:
        return Refusal("PR0712", f"{found(value)} is no rate", 'write 18 % as "0.18"')
    text = decimal_text(rate, 0)
    if len(text.partition(".")[2]) > _RATE_DIGITS:
        return Refusal(
            "PR0712",
            f"{found(value)} has more than {_RATE_DIGITS} decimals",
            "round the rate where it is made",
        )
    result = _in_bounds(Decimal(text), value, item)
    if isinstance(result, Refusal) and rate > 0:
        return Refusal(result.code, result.message, 'a rate is a fraction per year: write 18 % as "0.18"')
    return result


def _in_bounds(number: Decimal | int, value: object, item: FieldInfo) -> object:
    if item.minimum is not None and number < item.minimum:
        limit = "below zero" if item.minimum == 0 else f"below {item.minimum:,}"
        return Refusal("PR0712", f"{found(value)} is {limit}, and `{item.name}` cannot be")
    if item.maximum is not None and number > item.maximum:
        return Refusal("PR0712", f"{found(value)} is above {item.maximum:,}, and `{item.name}` cannot be")
    return number


def _integer(value: object, item: FieldInfo) -> object:
    expected = f"a whole number of {item.unit}" if item.unit else "a whole number"
    match value:
        case bool():
            return _another_kind(expected, value)
        case int():
            return _in_bounds(value, value, item)
        case Inexact() if value.text.lstrip("-").isdigit():
            return Refusal("PR0712", f"{found(value)} is too large", "look for digits too many")
        case Inexact() if "." in value.text and not value.text.partition(".")[2].strip("0"):
            return _another_kind(expected, value, f"write {value.text.partition('.')[0]}")
        case str() if len(value) <= _SHOWN and re.fullmatch(r"-?[0-9]+", value, re.ASCII):
            return _another_kind(expected, value, f"write {value} without quotes")
        case _:
            return _another_kind(expected, value)


def _date(value: object) -> object:
    match value:
        case dt.datetime():
            return _another_kind("a date", value, "give the day alone")
        case dt.date():
            day = value
        case str() if _DATE.fullmatch(value):
            try:
                day = dt.date.fromisoformat(value)
            except ValueError:
                return Refusal("PR0710", f"{found(value)}: there is no such day", _DATE_HELP)
        case str():
            return Refusal("PR0710", f"{found(value)} is not a date", _date_help(value))
        case _:
            return _another_kind("a date", value, _DATE_HELP)
    return _plausible(day, value)


def _date_help(text: str) -> str:
    compact = re.fullmatch(r"([0-9]{4})([./]?)([0-9]{2})\2([0-9]{2})", text, re.ASCII)
    if compact:
        return f'write "{compact[1]}-{compact[3]}-{compact[4]}"'
    if _DATE.match(text) and text[10:11] in {"T", " "}:
        return f'give the day alone: "{text[:10]}"'
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,2}", text, re.ASCII):
        return f"the day is missing: {_DATE_HELP}"
    return _DATE_HELP


def _plausible(day: dt.date, value: object) -> object:
    if 1900 <= day.year < 2200:
        return day
    return Refusal(
        "PR0712",
        f"{found(value)} is not between 1900 and 2199",
        "leave the field out when the day is not known; do not stand another one in for it",
    )


def _date_time(value: object) -> object:
    match value:
        case dt.datetime():
            moment = value
        case str() if _DATE_TIME.fullmatch(value):
            try:
                moment = dt.datetime.fromisoformat(value)
            except ValueError:
                return Refusal("PR0710", f"{found(value)}: there is no such moment", _DATE_TIME_HELP)
        case str() if (
            len(value) > 11 and _DATE_TIME.match(value) and re.search(r"(Z|[+-]\d\d:?\d\d)$", value)
        ):
            return Refusal(
                "PR0710",
                f"{found(value)} has a time zone",
                f"give the customer's local time alone: {_DATE_TIME_HELP}",
            )
        case str():
            return Refusal("PR0710", f"{found(value)} is not a date-time", _DATE_TIME_HELP)
        case _:
            return _another_kind("a date-time", value, _DATE_TIME_HELP)
    if moment.tzinfo is not None:
        return Refusal("PR0710", f"{found(value)} has a time zone", "give the customer's local time alone")
    plausible = _plausible(moment.date(), value)
    return plausible if isinstance(plausible, Refusal) else moment


def _boolean(value: object) -> object:
    match value:
        case bool():
            return value
        case str() if value.strip().lower() in {"true", "yes", "y", "t", "1"}:
            return _another_kind("true or false", value, "write true without quotes")
        case str() if value.strip().lower() in {"false", "no", "n", "f", "0"}:
            return _another_kind("true or false", value, "write false without quotes")
        case int():
            return _another_kind("true or false", value, "write true or false, not a number")
        case _:
            return _another_kind("true or false", value)


def _member(value: object, item: FieldInfo) -> object:
    match value:
        case str() if value in item.members and item.choices is not None:
            return item.choices(value)
        case str():
            advice = did_you_mean(value[:_SHOWN], item.members, what="it can be")
            return Refusal("PR0711", f"{found(value)} is not one of the values of `{item.name}`", advice)
        case int() if not isinstance(value, bool) and str(value) in item.members:
            return _another_kind("a text", value, f'write "{value}" in quotes')
        case _:
            return _another_kind("a text", value, did_you_mean("", item.members, what="it can be"))


def read_text(value: object) -> object:
    """A text that says something, on one line."""
    if not isinstance(value, str):
        advice = f'write "{value}" in quotes' if type(value) is int and value <= _LARGEST_INTEGER else ""
        return _another_kind("a text", value, advice)
    if len(value) > LONGEST_TEXT:
        return Refusal(
            "PR0703", f"the text has {len(value):,} characters, and at most {LONGEST_TEXT:,} are taken"
        )
    if not value.strip():
        return Refusal("PR0714", "the text is empty", "leave the field out when it is not known")
    if _SURROGATE.search(value):
        return Refusal(
            "PR0714", f"{found(value)} holds half a character", "write the character itself, in UTF-8"
        )
    if _CONTROL.search(value):
        return Refusal("PR0714", f"{found(value)} holds a line break, a tab or another control character")
    if value != value.strip():
        return Refusal(
            "PR0714", f"{found(value)} begins or ends with a space", f'write "{value.strip()[:_SHOWN]}"'
        )
    return str(value)


def read_attribute(value: object) -> object:
    """A scalar that the snapshot does not describe: a text, a whole number, true or false, or null."""
    match value:
        case None | bool():
            return value
        case int() if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            return value
        case int():
            return Refusal(
                "PR0712", f"{found(value)} is too large", "write a long number as a text, in quotes"
            )
        case float():
            return _fractional(Inexact(repr(value)), "a number")
        case Inexact():
            return _fractional(value, "a number")
        case str() if len(value) > LONGEST_TEXT:
            return Refusal(
                "PR0703", f"the text has {len(value):,} characters, and at most {LONGEST_TEXT:,} are taken"
            )
        case str() if _SURROGATE.search(value):
            return Refusal(
                "PR0714", f"{found(value)} holds half a character", "write the character itself, in UTF-8"
            )
        case str():
            return str(value)
        case _:
            return _another_kind("a text, a whole number, true, false or null", value)
