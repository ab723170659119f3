"""When events happened: at a moment where it is known, else somewhere in a day; and how far apart they are.

INVARIANT: the moment of an event lies on its day. What reads events holds them to it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from postloan_rules.policy.patterns import Hours
from postloan_rules.policy.periods import Unit, after

if TYPE_CHECKING:
    from postloan_rules.snapshot import Event

__all__ = ["Days", "Length", "Timed", "between", "deadline", "earliest_day", "in_order", "timed"]

_TICK = dt.timedelta(microseconds=1)
_LAST_MOMENT = dt.time.max


@frozen
class Days:
    """So many days or months, counted from day to day."""

    number: int
    unit: Unit


Length: TypeAlias = Days | Hours
"""How long a pattern may take, as it is on a day: the parameter that gave it is filled in."""


@frozen
class Timed:
    """An event, and the first and the last moment at which it may have happened."""

    event: Event
    earliest: dt.datetime
    latest: dt.datetime

    @property
    def key(self) -> tuple[dt.datetime, dt.datetime, str]:
        """By time, an event without a moment at the end of its day; then by number."""
        return self.latest, self.earliest, self.event.id


def timed(event: Event) -> Timed:
    """The event with the moments at which it may have happened."""
    if event.occurred_at is not None:
        return Timed(event, event.occurred_at, event.occurred_at)
    day = event.occurred_on
    return Timed(event, dt.datetime.combine(day, dt.time.min), dt.datetime.combine(day, _LAST_MOMENT))


def in_order(first: Timed, second: Timed) -> bool:
    """Whether two events can stand in this order: by moment where both have one, else by day."""
    return first.earliest <= second.latest


def between(first: Timed, last: Timed, length: Length) -> bool | None:
    """Whether the last is no later than this long after the first; they stand in this order."""
    if isinstance(length, Days):
        return after(first.event.occurred_on, length.number, length.unit) >= last.event.occurred_on
    if last.latest - first.earliest <= length.span:
        return True
    return False if last.earliest - first.latest > length.span else None


def earliest_day(last: Timed, length: Length) -> dt.date:
    """A day before which no event can be within this long before the last one."""
    day = last.event.occurred_on
    match length:
        case Hours(length=hours):
            return after(day, -(hours // 24 + 1), "days")
        case Days(number=number, unit=unit):
            return after(day, -number, unit)


def deadline(first: Timed, length: Length) -> dt.datetime | None:
    """The first moment at which it is sure that this long is over; None past the end of the calendar."""
    try:
        if isinstance(length, Hours):
            return first.latest + length.span + _TICK
        last = after(first.event.occurred_on, length.number, length.unit)
        return dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min)
    except OverflowError:
        return None
