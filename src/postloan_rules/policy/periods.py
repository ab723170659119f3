"""Lengths of time as a policy writes them: `30 days`, `6 months`, or a parameter that holds one."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Literal, TypeAlias

from attrs import frozen

__all__ = ["Period", "Unit", "after", "before"]

Unit: TypeAlias = Literal["days", "months"]


@frozen
class Period:
    """So many days or months; `parameter` names the parameter that gives the number, where one does."""

    unit: Unit
    length: int | None = None
    parameter: str | None = None

    def __str__(self) -> str:
        if self.parameter is not None:
            return self.parameter
        return f"{self.length} {self.unit.removesuffix('s') if self.length == 1 else self.unit}"


def after(day: date, length: int, unit: Unit) -> date:
    """The day so many days or months later; a month that is too short gives its last day.

    A day past the end of the calendar (year 9999) gives the calendar's last day.
    """
    if unit == "days":
        if length > (date.max - day).days:
            return date.max
        if length < (date.min - day).days:
            return date.min
        return day + timedelta(days=length)
    month = day.year * 12 + day.month - 1 + length
    year, month = divmod(month, 12)
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def before(day: date, length: int, unit: Unit) -> date:
    """The day so many days or months earlier."""
    return after(day, -length, unit)
