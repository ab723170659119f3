"""JSON numbers and texts of digits to exact numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.snapshot.decoding import Inexact
from postloan_rules.snapshot.refusal import SHOWN, Refusal, another_kind, found
from postloan_rules.snapshot.writing import decimal_text

if TYPE_CHECKING:
    from postloan_rules.snapshot.shape import FieldInfo

__all__ = ["is_no_number", "read_inexact", "read_integer", "read_money", "read_rate"]

# INVARIANT: an amount fits into 64 bits as a count of minor units, of which a thousand make the largest unit.
_WHOLE_DIGITS = 15
_RATE_DIGITS = 12
_LONGEST = 1_000
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
# Amounts as this library itself writes them: nothing has to be said about them, and nothing put right.
_AS_WRITTEN = {
    digits: re.compile(rf"(?:0|-?[1-9][0-9]{{0,{_WHOLE_DIGITS - 1}}}){decimals}", re.ASCII)
    for digits, decimals in ((0, ""), (2, r"\.[0-9]{2}"))
}
_NO_NUMBERS = frozenset({"NaN", "Infinity", "nan", "inf"})
_MONEY_HELP = 'write digits and a point only, for example "1234.50"'
_RATE_HELP = 'a rate is a fraction per year: write 18 % as "0.18"'
_TOO_MANY_DIGITS = "look for digits too many"


def is_no_number(value: Inexact) -> bool:
    """Whether it is `NaN` or infinite."""
    return value.text.lstrip("-") in _NO_NUMBERS


def read_inexact(value: Inexact, expected: str) -> Refusal:
    """Why a number that is no exact integer is not taken."""
    if is_no_number(value):
        return Refusal("PR0709", f"{found(value)} is not {expected}")
    if value.text.lstrip("-").isdigit():
        return Refusal("PR0712", f"{found(value)} is too large", _TOO_MANY_DIGITS)
    message = f"{found(value)} is a fractional number, which JSON does not keep exact"
    return Refusal("PR0708", message, f"write {_in_quotes(value.text)} in quotes")


def _in_quotes(text: str) -> str:
    if "e" in text.lower() or len(text) > SHOWN:
        return '"12.50"'
    whole, _, decimals = text.partition(".")
    return f'"{whole}.{decimals.ljust(2, "0")}"'


def read_money(value: object, item: FieldInfo, digits: int) -> object:
    """The amount that a value gives, with as many decimals as the currency has."""
    if type(value) is str and digits in _AS_WRITTEN and _AS_WRITTEN[digits].fullmatch(value):
        return _in_bounds(Decimal(value), value, item)
    amount = _decimal(value, "an amount", _MONEY_HELP)
    if isinstance(amount, Refusal):
        return amount
    if amount.adjusted() >= _WHOLE_DIGITS:
        return Refusal("PR0712", f"{found(value)} is too large", _TOO_MANY_DIGITS)
    text = decimal_text(amount, digits)
    decimals = len(text.partition(".")[2])
    if decimals > digits:
        allowed = f"at most {digits} decimals" if digits else "no decimals"
        message = f"{found(value)} has {decimals} decimals, and amounts in this currency have {allowed}"
        return Refusal("PR0713", message, "round the amount where it is made, as your books do")
    return _in_bounds(Decimal(text), value, item)


def read_rate(value: object, item: FieldInfo) -> object:
    """The rate that a value gives."""
    rate = _decimal(value, "a rate", _RATE_HELP)
    if isinstance(rate, Refusal):
        return rate
    text = decimal_text(rate, 0)
    if len(text.partition(".")[2]) > _RATE_DIGITS:
        message = f"{found(value)} has more than {_RATE_DIGITS} decimals"
        return Refusal("PR0712", message, "round the rate where it is made")
    result = _in_bounds(Decimal(text), value, item)
    if isinstance(result, Refusal) and rate > 0:
        return Refusal(result.code, result.message, _RATE_HELP)
    return result


def _decimal(value: object, expected: str, advice: str) -> Decimal | Refusal:
    match value:
        case bool():
            return another_kind(expected, value, advice)
        case int():
            return Decimal(value)
        case Inexact():
            return read_inexact(value, expected)
        case Decimal() if not value.is_finite():
            return read_inexact(Inexact("NaN"), expected)
        case Decimal() if value and not -SHOWN < value.adjusted() < SHOWN:
            return Refusal("PR0712", f"{found(value)} is out of all proportion")
        case Decimal():
            return value
        case str() if len(value) <= _LONGEST and _NUMBER.fullmatch(value):
            return Decimal(value)
        case str():
            return Refusal("PR0709", f"{found(value)} is not {expected}", _digits_of(value) or advice)
        case _:
            return another_kind(expected, value, advice)


def _digits_of(text: str) -> str:
    """What to write for a number with separators in it; any other sign may mean more than its digits."""
    stripped = re.sub(r"[\s,_'+]", "", text) if len(text) <= SHOWN else ""
    return f'write digits and a point only: "{stripped}"' if _NUMBER.fullmatch(stripped) else ""


def _in_bounds(number: Decimal | int, value: object, item: FieldInfo) -> object:
    if item.minimum is not None and number < item.minimum:
        limit = "below zero" if item.minimum == 0 else f"below {item.minimum:,}"
        return Refusal("PR0712", f"{found(value)} is {limit}, and `{item.name}` cannot be")
    if item.maximum is not None and number > item.maximum:
        return Refusal("PR0712", f"{found(value)} is above {item.maximum:,}, and `{item.name}` cannot be")
    return number


def read_integer(value: object, item: FieldInfo) -> object:
    """The whole number that a value gives."""
    expected = f"a whole number of {item.unit}" if item.unit else "a whole number"
    match value:
        case bool():
            return another_kind(expected, value)
        case int():
            return _in_bounds(int(value), value, item)
        case Inexact() if value.text.lstrip("-").isdigit():
            return Refusal("PR0712", f"{found(value)} is too large", _TOO_MANY_DIGITS)
        case Inexact() if "." in value.text and not value.text.partition(".")[2].strip("0"):
            return another_kind(expected, value, f"write {value.text.partition('.')[0]}")
        case str() if len(value) <= SHOWN and re.fullmatch(r"-?[0-9]+", value, re.ASCII):
            return another_kind(expected, value, f"write {value} without quotes")
        case _:
            return another_kind(expected, value)
