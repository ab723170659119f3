"""The values that Python has no class for, what kind a value is, and how exact numbers are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal, TypeAlias

import attrs
from attrs import frozen

__all__ = ["CONTEXT", "Kind", "Months", "Range", "finite", "is_date", "kind", "months"]

CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, capitals=1, clamp=0, traps=[])
"""Numbers have 34 digits and round half to even. What is undefined gives NaN: nothing traps."""

_MOST_MONTHS = 12 * 999_999_999


@frozen(order=True)
class Months:
    """A years-and-months duration, as a whole number of months; negative goes back in time."""

    months: int


@frozen
class Range:
    """All values between two ends. An end of None is open: the range goes on without bound on that side."""

    start: object
    end: object
    start_closed: bool = True
    end_closed: bool = True


Kind: TypeAlias = Literal[
    "boolean",
    "number",
    "string",
    "date",
    "date-time",
    "time",
    "days-and-time duration",
    "years-and-months duration",
    "list",
    "range",
    "record",
    "unknown",
]


def kind(value: object) -> Kind:
    """What kind of value it is; a value that no expression can hold counts as unknown."""
    match value:
        case bool():
            return "boolean"
        case Decimal():
            return "number" if value.is_finite() else "unknown"
        case str():
            return "string"
        case dt.datetime():
            return "date-time"
        case dt.date():
            return "date"
        case dt.time():
            return "time"
        case dt.timedelta():
            return "days-and-time duration"
        case Months():
            return "years-and-months duration"
        case tuple():
            return "list"
        case Range():
            return "range"
        case Mapping():
            return "record"
        case _:
            return "record" if attrs.has(type(value)) else "unknown"


def is_date(value: object) -> bool:
    """Whether it is a date without a time (Python counts a date-time as a date too)."""
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def finite(value: Decimal) -> Decimal | None:
    """The number, or None where a calculation was undefined or went past the largest number."""
    if not value:
        return value.copy_abs()  # a zero has no sign
    return value if value.is_finite() else None


def months(count: int) -> Months | None:
    """A duration of that many months, or None beyond 999,999,999 years."""
    return Months(count) if abs(count) <= _MOST_MONTHS else None
