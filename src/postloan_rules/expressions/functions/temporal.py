"""Functions and properties of dates, times and durations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.results import gives
from postloan_rules.expressions.functions.signature import Function, Parameter, checked
from postloan_rules.expressions.types import DAYS, MONTHS, MONTHS_DURATION, NUMBER, EnumType
from postloan_rules.expressions.values import months_between, whole_months

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.expressions.types import Type

__all__ = ["MONTH_NAMES", "TEMPORAL", "WEEKDAY_NAMES"]

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _day_of_year(value: object) -> Decimal | None:
    return Decimal(value.timetuple().tm_yday) if isinstance(value, dt.date) else None


def _day_of_week(value: object) -> str | None:
    return WEEKDAY_NAMES[value.weekday()] if isinstance(value, dt.date) else None


def _month_of_year(value: object) -> str | None:
    return MONTH_NAMES[value.month - 1] if isinstance(value, dt.date) else None


def _week_of_year(value: object) -> Decimal | None:
    return Decimal(value.isocalendar().week) if isinstance(value, dt.date) else None


def _days_between(start: object, end: object) -> Decimal | None:
    if isinstance(start, dt.date) and isinstance(end, dt.date):
        return Decimal(end.toordinal() - start.toordinal())
    return None


def _months_between(start: object, end: object) -> Decimal | None:
    if isinstance(start, dt.date) and isinstance(end, dt.date):
        return Decimal(months_between(start, end))
    return None


def _dates(
    name: str,
    parameters: tuple[str, ...],
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    apply: Callable[..., object],
    result: Type,
) -> Function:
    overloads = (tuple(Parameter(parameter, "date or date-time") for parameter in parameters),)
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, gives(result)),
        apply,
        total=True,
    )


TEMPORAL: tuple[Function, ...] = (
    _dates(
        "days between",
        ("from", "to"),
        "the days from one date to another, negative when the second comes first; times of day do not count",
        (
            ('days between(date("2026-02-27"), date("2026-03-01"))', "2"),
            ('days between(date("2026-03-01"), date("2026-02-28"))', "-1"),
        ),
        _days_between,
        DAYS,
    ),
    _dates(
        "months between",
        ("from", "to"),
        "the whole months from one date to another; a month is whole when its day is reached",
        (
            ('months between(date("2026-01-15"), date("2026-03-15"))', "2"),
            ('months between(date("2026-01-15"), date("2026-03-14"))', "1"),
            ('months between(date("2026-01-31"), date("2026-02-28"))', "0"),
        ),
        _months_between,
        MONTHS,
    ),
    _dates(
        "years and months duration",
        ("from", "to"),
        "the duration from one date to another in whole months",
        (('years and months duration(date("2011-12-22"), date("2013-08-24"))', "P1Y8M"),),
        whole_months,
        MONTHS_DURATION,
    ),
    _dates(
        "day of year",
        ("date",),
        "the day's number in its year, from 1",
        (('day of year(date("2026-09-17"))', "260"),),
        _day_of_year,
        NUMBER,
    ),
    _dates(
        "day of week",
        ("date",),
        "the day's English name",
        (('day of week(date("2026-12-01"))', "Tuesday"),),
        _day_of_week,
        EnumType("day of week", WEEKDAY_NAMES),
    ),
    _dates(
        "month of year",
        ("date",),
        "the month's English name",
        (('month of year(date("2026-12-01"))', "December"),),
        _month_of_year,
        EnumType("month of year", MONTH_NAMES),
    ),
    _dates(
        "week of year",
        ("date",),
        "the number of the ISO week",
        (('week of year(date("2026-01-01"))', "1"), ('week of year(date("2027-01-01"))', "53")),
        _week_of_year,
        NUMBER,
    ),
)
