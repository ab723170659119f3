"""The parts of dates, times, durations and ranges that a path reads, as in `as_of.year`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    TIME,
    RangeType,
    Type,
    Variable,
)
from postloan_rules.expressions.values import CONTEXT, Months, Range, is_date, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PROPERTIES", "Property", "property_type", "property_value"]


_SECOND = 1_000_000


@frozen
class Property:
    """A part of a value: the types that have it, its own type, and how it is read."""

    name: str
    of: tuple[Type, ...]
    type: Type
    meaning: str
    read: Callable[[object], object]
    unknown: bool = False
    """Whether it may be unknown though the value is known."""


def _moment(read: Callable[[dt.date], int]) -> Callable[[object], object]:
    return lambda value: Decimal(read(value)) if isinstance(value, dt.date) else None


def _clock(read: Callable[[dt.time], int]) -> Callable[[object], object]:
    def of(value: object) -> object:
        if is_date(value):
            return None
        if isinstance(value, dt.datetime):
            return Decimal(read(value.timetz()))
        return Decimal(read(value)) if isinstance(value, dt.time) else None

    return of


def _second(value: object) -> object:
    if is_date(value) or not isinstance(value, dt.datetime | dt.time):
        return None
    return CONTEXT.divide(Decimal(value.second * _SECOND + value.microsecond), Decimal(_SECOND))


def _offset(value: object) -> object:
    return value.utcoffset() if isinstance(value, dt.datetime | dt.time) else None


def _part(unit: int, within: int | None) -> Callable[[object], object]:
    """Whole units of so many microseconds, without the full larger units, with the duration's sign."""

    def of(value: object) -> object:
        if not isinstance(value, dt.timedelta):
            return None
        count = abs(microseconds(value)) // unit
        part = count if within is None else count % within
        return Decimal(-part if part and value < dt.timedelta() else part)

    return of


def _months_part(*, years: bool) -> Callable[[object], object]:
    def of(value: object) -> object:
        if not isinstance(value, Months):
            return None
        whole, rest = divmod(abs(value.months), 12)
        part = whole if years else rest
        return Decimal(-part if part and value.months < 0 else part)

    return of


def _end(read: Callable[[Range], object]) -> Callable[[object], object]:
    return lambda value: read(value) if isinstance(value, Range) else None


_DATES = (DATE, DATE_TIME)
_TIMES = (DATE_TIME, TIME)
_RANGE = (RangeType(ANY),)

_ALL: tuple[Property, ...] = (
    Property("year", _DATES, NUMBER, "the year", _moment(lambda date: date.year)),
    Property("month", _DATES, NUMBER, "the month, 1 to 12", _moment(lambda date: date.month)),
    Property("day", _DATES, NUMBER, "the day of the month", _moment(lambda date: date.day)),
    Property(
        "weekday", _DATES, NUMBER, "the day of the week, Monday is 1", _moment(lambda date: date.isoweekday())
    ),
    Property("hour", _TIMES, NUMBER, "the hour, 0 to 23", _clock(lambda time: time.hour)),
    Property("minute", _TIMES, NUMBER, "the minute, 0 to 59", _clock(lambda time: time.minute)),
    Property("second", _TIMES, NUMBER, "the second, with its fraction", _second),
    Property(
        "time offset", _TIMES, DAYS_DURATION, "the offset from UTC, if it has one", _offset, unknown=True
    ),
    Property("days", (DAYS_DURATION,), DAYS, "the whole days of the duration", _part(86_400 * _SECOND, None)),
    Property(
        "hours", (DAYS_DURATION,), NUMBER, "the hours beside the whole days", _part(3_600 * _SECOND, 24)
    ),
    Property(
        "minutes", (DAYS_DURATION,), NUMBER, "the minutes beside the whole hours", _part(60 * _SECOND, 60)
    ),
    Property("seconds", (DAYS_DURATION,), NUMBER, "the whole seconds beside the minutes", _part(_SECOND, 60)),
    Property(
        "years", (MONTHS_DURATION,), NUMBER, "the whole years of the duration", _months_part(years=True)
    ),
    Property(
        "months", (MONTHS_DURATION,), MONTHS, "the months beside the whole years", _months_part(years=False)
    ),
    Property("start", _RANGE, ANY, "the lower end", _end(lambda values: values.start), unknown=True),
    Property("end", _RANGE, ANY, "the upper end", _end(lambda values: values.end), unknown=True),
    Property(
        "start included",
        _RANGE,
        BOOLEAN,
        "whether the lower end is in it",
        _end(lambda values: values.start_closed),
    ),
    Property(
        "end included",
        _RANGE,
        BOOLEAN,
        "whether the upper end is in it",
        _end(lambda values: values.end_closed),
    ),
)

PROPERTIES: Mapping[str, Property] = {part.name: part for part in _ALL}


def property_type(of: Type, name: str) -> Variable | None:
    """The type of a part of a value, and whether it may be unknown; None if it has no such part."""
    part = PROPERTIES.get(name)
    if part is None:
        return None
    if isinstance(of, RangeType) and part.of == _RANGE:
        return Variable(of.item if part.type == ANY else part.type, unknown=part.unknown)
    return Variable(part.type, unknown=part.unknown) if of in part.of else None


def property_value(value: object, name: str) -> object:
    """A part of a value, or None where it has no such part."""
    part = PROPERTIES.get(name)
    return None if part is None else part.read(value)
