"""Functions that make a number, a date, a time or a duration, from text or from parts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.arguments import number, whole
from postloan_rules.expressions.functions.results import gives
from postloan_rules.expressions.functions.signature import Function, Parameter, checked
from postloan_rules.expressions.types import (
    ANY,
    DATE,
    DATE_TIME,
    NUMBER,
    STRING,
    TIME,
    EnumType,
    Type,
    Variable,
)
from postloan_rules.expressions.values import (
    date_from_text,
    date_time_from_text,
    duration_from_text,
    is_date,
    kind,
    microseconds,
    number_from_text,
    time_from_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from postloan_rules.expressions.functions.signature import Result

__all__ = ["CONVERSION"]

_ZONE_LIMIT = dt.timedelta(hours=18)
_GROUPING = (None, " ", ",", ".")
_POINTS = (None, ",", ".")


def _number(source: object, *separators: object) -> Decimal | None:
    if not isinstance(source, str):
        return None
    if not separators:
        return number_from_text(source)
    grouping, point = separators
    known = grouping in _GROUPING and point in _POINTS
    if not known or (grouping is not None and grouping == point):
        return None
    plain = source.replace(str(grouping), "") if grouping is not None else str(source)
    if point == ",":
        plain = plain.replace(".", "?").replace(",", ".")
    return number_from_text(plain)


def _date(*parts: object) -> dt.date | None:
    if len(parts) == 1:
        return _date_from(parts[0])
    year, month, day = (_exactly(part) for part in parts)
    if year is None or month is None or day is None:
        return None
    try:
        return dt.date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _date_from(source: object) -> dt.date | None:
    match source:
        case str():
            return date_from_text(source)
        case dt.datetime():
            return source.date()
        case dt.date():
            return source
        case _:
            return None


def _date_time(*parts: object) -> dt.datetime | None:
    if len(parts) == 1:
        return _date_time_from(parts[0])
    day, time = _date_from(parts[0]) if isinstance(parts[0], dt.date) else None, parts[1]
    return dt.datetime.combine(day, time) if day is not None and isinstance(time, dt.time) else None


def _date_time_from(source: object) -> dt.datetime | None:
    match source:
        case str():
            return date_time_from_text(source)
        case dt.datetime():
            return source
        case dt.date():
            return dt.datetime.combine(source, dt.time())
        case _:
            return None


def _time(*parts: object) -> dt.time | None:
    if len(parts) == 1:
        return _time_from(parts[0])
    hour, minute, second = _exactly(parts[0]), _exactly(parts[1]), number(parts[2])
    zone = _zone(parts[3]) if len(parts) > 3 and parts[3] is not None else None
    if hour is None or minute is None or second is None or not 0 <= second < 60:
        return None
    if len(parts) > 3 and parts[3] is not None and zone is None:
        return None
    fraction = int((second - int(second)).scaleb(6))
    try:
        return dt.time(hour, minute, int(second), fraction, zone)
    except (ValueError, OverflowError):
        return None


def _time_from(source: object) -> dt.time | None:
    if isinstance(source, str):
        return time_from_text(source)
    if is_date(source):
        return dt.time(tzinfo=dt.UTC)
    if isinstance(source, dt.datetime):
        return source.timetz()
    return source if isinstance(source, dt.time) else None


def _zone(offset: object) -> dt.timezone | None:
    if not isinstance(offset, dt.timedelta) or abs(offset) > _ZONE_LIMIT or microseconds(offset) % 1_000_000:
        return None
    return dt.timezone(offset)


def _exactly(value: object) -> int | None:
    """The value, if it is a whole number."""
    found = number(value)
    return whole(found) if found is not None and found == found.to_integral_value() else None


def _duration(source: object) -> object:
    if kind(source) in ("days-and-time duration", "years-and-months duration"):
        return source
    return duration_from_text(source) if isinstance(source, str) else None


def _from_text(type_: Type) -> Result:
    """The type; unknown where it is read from text, which may be no such value, or from three parts."""

    def result(arguments: Sequence[Variable]) -> Variable | str:
        read = len(arguments) > 2 or arguments[0].type == STRING or isinstance(arguments[0].type, EnumType)
        return gives(type_, partial=read)(arguments)

    return result


def _conversion(
    name: str,
    overloads: tuple[tuple[Parameter, ...], ...],
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    apply: Callable[..., object],
    result: Result,
    unknown: tuple[str, str],
) -> Function:
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, result),
        apply,
        unknown=unknown[0],
        unknown_help=unknown[1],
    )


def _parts(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, "plain number") for name in names)


CONVERSION: tuple[Function, ...] = (
    _conversion(
        "number",
        (
            (Parameter("from", "string"),),
            (
                Parameter("from", "string"),
                Parameter("grouping separator", "string"),
                Parameter("decimal separator", "string"),
            ),
        ),
        "the number that a text writes; separators may be null, and are a space, a comma or a point",
        (
            ('number("1234.5")', "1234.5"),
            ('number("1.000,5", ".", ",")', "1000.5"),
            ('number("12 yuan")', "null"),
        ),
        _number,
        gives(NUMBER, partial=True),
        (
            "the text is no number",
            "write digits, with a point before the decimals, or say which separators the text has",
        ),
    ),
    _conversion(
        "date",
        ((Parameter("from", "date, date-time or string"),), _parts("year", "month", "day")),
        "the date of a text, of a date-time, or of a year, a month and a day",
        (
            ('date("2026-12-01")', "2026-12-01"),
            ("date(2026, 12, 1)", "2026-12-01"),
            ('date("2026-02-30")', "null"),
        ),
        _date,
        _from_text(DATE),
        ("there is no such day", 'write an existing day as year-month-day, as in `date("2026-12-01")`'),
    ),
    _conversion(
        "date and time",
        (
            (Parameter("from", "date, date-time or string"),),
            (Parameter("date", "date or date-time"), Parameter("time", "time")),
        ),
        "the date-time of a text, or of a date and a time",
        (
            ('date and time("2026-12-01T09:30:00")', "2026-12-01T09:30:00"),
            ('date and time(date("2026-12-01"), time("09:30:00"))', "2026-12-01T09:30:00"),
        ),
        _date_time,
        _from_text(DATE_TIME),
        ("there is no such moment", 'write it as in `date and time("2026-12-01T09:30:00")`'),
    ),
    _conversion(
        "time",
        (
            (Parameter("from", "date, time, date-time or string"),),
            (
                *_parts("hour", "minute", "second"),
                Parameter("offset", "days-and-time duration", optional=True),
            ),
        ),
        "the time of a text, of a date-time, or of an hour, a minute and a second",
        (('time("09:30:00")', "09:30:00"), ("time(9, 30, 0)", "09:30:00"), ('time("24:00:00")', "null")),
        _time,
        _from_text(TIME),
        ("there is no such time", 'write it as in `time("09:30:00")`'),
    ),
    _conversion(
        "duration",
        ((Parameter("from", "string"),),),
        "the duration of a text: years and months, or days and time",
        (
            ('duration("P3M")', "P3M"),
            ('duration("P1DT12H")', "P1DT12H"),
            ('duration("P1M1D")', "null"),
        ),
        _duration,
        gives(ANY, partial=True),
        (
            "the text is no duration",
            'write years and months, as in `duration("P1Y6M")`, or days and time, as in `duration("P30D")`',
        ),
    ),
)
