"""Arithmetic and comparison of values. A result that is not defined is None: unknown. Nothing here raises."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions.notation import (
    date_from_text,
    date_time_from_text,
    duration_from_text,
    number_from_text,
    temporal_from_text,
    text_of,
    time_from_text,
)
from postloan_rules.expressions.quantities import CONTEXT, Kind, Months, Range, finite, is_date, kind, months

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CONTEXT",
    "MOST_CHARACTERS",
    "Kind",
    "Months",
    "Range",
    "add",
    "bounded",
    "compare",
    "date_from_text",
    "date_time_from_text",
    "divide",
    "duration_from_text",
    "equal",
    "finite",
    "is_date",
    "kind",
    "microseconds",
    "months_between",
    "multiply",
    "negate",
    "number_from_text",
    "power",
    "same",
    "subtract",
    "temporal_from_text",
    "text_of",
    "time_from_text",
    "whole_months",
    "within",
]

MOST_CHARACTERS = 1_000_000
"""A longer text is unknown: texts made of texts could otherwise grow past any memory."""
_DAY = dt.timedelta(days=1)
_LONGEST = dt.timedelta(days=999_999_999)  # whose negative is the shortest that can be written
_MICROSECOND = dt.timedelta(microseconds=1)
# Wide enough to hold a whole number of microseconds or months times any number of 34 digits, exactly.
_WIDE = Context(prec=80, Emin=-99_999, Emax=99_999, traps=[])


def microseconds(duration: dt.timedelta) -> int:
    """The length of a days-and-time duration, in whole microseconds."""
    return duration // _MICROSECOND


def add(left: object, right: object) -> object:
    """The sum: of numbers, of texts, of durations of one kind, or a date or time moved by a duration."""
    match left, right:
        case Decimal(), Decimal():
            return finite(CONTEXT.add(left, right))
        case str(), str():
            return bounded(left, right)
        case dt.timedelta(), dt.timedelta():
            return _shifted(left, right)
        case Months(), Months():
            return months(left.months + right.months)
        case ((dt.timedelta() | Months()), (dt.date() | dt.time())):
            return _moved(right, left)
        case ((dt.date() | dt.time()), (dt.timedelta() | Months())):
            return _moved(left, right)
        case _:
            return None


def bounded(*texts: str) -> str | None:
    """The texts in one; None where it would be longer than any text that is meant."""
    return "".join(texts) if sum(map(len, texts)) <= MOST_CHARACTERS else None


def subtract(left: object, right: object) -> object:
    """The difference: of numbers or durations, the duration between two moments, or a moment moved back."""
    match left, right:
        case Decimal(), Decimal():
            return finite(CONTEXT.subtract(left, right))
        case ((dt.date() | dt.time()), dt.timedelta()):
            return _moved(left, -right) if right <= _LONGEST else None
        case ((dt.date() | dt.time()), Months()):
            return _moved(left, Months(-right.months))
        case dt.timedelta(), dt.timedelta():
            return _shifted(left, -right) if right <= _LONGEST else None
        case Months(), Months():
            return months(left.months - right.months)
        case dt.date(), dt.date():
            return _between(left, right)
        case dt.time(), dt.time():
            return _between(dt.datetime.combine(dt.date(2000, 1, 3), left), _on_the_same_day(right))
        case _:
            return None


def multiply(left: object, right: object) -> object:
    """The product: of numbers, or of a duration and a number."""
    match left, right:
        case Decimal(), Decimal():
            return finite(CONTEXT.multiply(left, right))
        case ((dt.timedelta() | Months()), Decimal()):
            return _scaled(left, right)
        case Decimal(), (dt.timedelta() | Months()):
            return _scaled(right, left)
        case _:
            return None


def divide(left: object, right: object) -> object:
    """The quotient: of numbers, of a duration and a number, or of two durations of one kind (a number)."""
    match left, right:
        case Decimal(), Decimal():
            return finite(CONTEXT.divide(left, right)) if right else None
        case ((dt.timedelta() | Months()), Decimal()):
            return _scaled(left, right, divided=True) if right else None
        case dt.timedelta(), dt.timedelta():
            return divide(Decimal(microseconds(left)), Decimal(microseconds(right)))
        case Months(), Months():
            return divide(Decimal(left.months), Decimal(right.months))
        case _:
            return None


def power(base: object, exponent: object) -> object:
    """The base to the power of the exponent; `0 ** 0` and roots of negative numbers are not defined."""
    if isinstance(base, Decimal) and isinstance(exponent, Decimal):
        return finite(CONTEXT.power(base, exponent))
    return None


def negate(value: object) -> object:
    """The number or duration with the other sign."""
    match value:
        case Decimal():
            return finite(CONTEXT.minus(value))
        case dt.timedelta():
            return -value if value <= _LONGEST else None
        case Months():
            return Months(-value.months)
        case _:
            return None


def compare(left: object, right: object) -> int | None:
    """-1, 0 or 1 as left is before, at or after right; None where the two have no order.

    Texts are ordered by code point. A date-time or time with an offset has no order with one without.
    """
    ours = kind(left)
    if ours != kind(right) or ours in ("boolean", "unknown"):
        return None
    match left, right:
        case (
            (Decimal(), Decimal()) | (str(), str()) | (Months(), Months()) | (dt.timedelta(), dt.timedelta())
        ):
            return _order(left, right)
        case dt.datetime(), dt.datetime():
            return _order(left, right) if _same_clock(left, right) else None
        case (dt.date(), dt.date()):
            return _order(left, right)
        case dt.time(), dt.time():
            return _order(left, right) if _same_clock(left, right) else None
        case _:
            return None


def equal(left: object, right: object) -> bool | None:
    """Whether two values are equal; None where one is unknown, or their kinds cannot be equal.

    Lists are equal item by item; an unknown item leaves the answer unknown, unless another pair differs.
    """
    match left, right:
        case bool(), bool():
            return left is right
        case tuple(), tuple():
            if len(left) != len(right):
                return False
            return _all_equal(zip(left, right, strict=True))
        case Mapping(), Mapping():
            return left.keys() == right.keys() and _all_equal((left[name], right[name]) for name in left)
        case Range(), Range():
            return _same_range(left, right)
        case _:
            order = compare(left, right)
            if order is not None:
                return order == 0
            return left == right if kind(left) == kind(right) == "record" else None


def same(left: object, right: object) -> bool:
    """Whether two values are one and the same where nulls count as equal, as in the items of a list."""
    if left is None or right is None:
        return left is right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return equal(left, right) is True


def within(value: object, values: Range) -> bool | None:
    """Whether the value lies in the range; None where that is unknown. A known miss on one side is enough."""
    low = _beyond(value, values.start, -1, closed=values.start_closed)
    high = _beyond(value, values.end, 1, closed=values.end_closed)
    if low or high:
        return False
    return None if low is None or high is None else True


def months_between(start: dt.date, end: dt.date) -> int:
    """The whole months from start to end, negative when end comes first.

    A month is whole when its day is reached: from 31 January to 28 February there is none.
    """
    count = 12 * (end.year - start.year) + end.month - start.month
    if count > 0 and end.day < start.day:
        return count - 1
    if count < 0 and end.day > start.day:
        return count + 1
    return count


def whole_months(start: object, end: object) -> Months | None:
    """The years-and-months duration from one date or date-time to another; times of day do not count."""
    if isinstance(start, dt.date) and isinstance(end, dt.date):
        return Months(months_between(start, end))
    return None


def _all_equal(pairs: Iterable[tuple[object, object]]) -> bool | None:
    answers = [equal(ours, theirs) for ours, theirs in pairs]
    return False if False in answers else None if None in answers else True


def _order(left: object, right: object) -> int | None:
    if left == right:
        return 0
    return -1 if left < right else 1  # type: ignore[operator]  # the caller has matched both to one ordered kind


def _same_clock(left: dt.datetime | dt.time, right: dt.datetime | dt.time) -> bool:
    return (left.utcoffset() is None) == (right.utcoffset() is None)


def _same_range(left: Range, right: Range) -> bool | None:
    if (left.start_closed, left.end_closed) != (right.start_closed, right.end_closed):
        return False
    ends = [
        ours is theirs if ours is None or theirs is None else equal(ours, theirs)
        for ours, theirs in ((left.start, right.start), (left.end, right.end))
    ]
    return False if False in ends else None if None in ends else True


def _beyond(value: object, end: object, side: int, *, closed: bool) -> bool | None:
    """Whether the value lies past this end of a range, on the given side of it."""
    if end is None:
        return None if value is None else False
    order = compare(value, end)
    if order is None:
        return None
    return order == side or (order == 0 and not closed)


def _shifted(left: dt.timedelta, right: dt.timedelta) -> dt.timedelta | None:
    try:
        return left + right
    except OverflowError:
        return None


def _moved(moment: dt.date | dt.time, by: dt.timedelta | Months) -> object:
    """The moment moved by a duration. 31 January and a month is the last day of February."""
    if isinstance(moment, dt.time):
        return _turned(moment, by) if isinstance(by, dt.timedelta) else None
    try:
        if isinstance(by, dt.timedelta):
            # A date is the first moment of its day: an hour earlier is the day before.
            return moment + (by if isinstance(moment, dt.datetime) else dt.timedelta(days=by.days))
        year, month = divmod(12 * moment.year + moment.month - 1 + by.months, 12)
        if not dt.MINYEAR <= year <= dt.MAXYEAR:
            return None
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    except OverflowError:
        return None


def _turned(time: dt.time, by: dt.timedelta) -> dt.time:
    since_midnight = dt.timedelta(
        hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond
    )
    # Only the part of a day matters; adding all of a long duration could overflow.
    turned = (since_midnight + by % _DAY) % _DAY
    return (dt.datetime(2000, 1, 3, tzinfo=time.tzinfo) + turned).timetz()


def _on_the_same_day(time: dt.time) -> dt.datetime:
    return dt.datetime.combine(dt.date(2000, 1, 3), time)


def _between(left: dt.date, right: dt.date) -> dt.timedelta | None:
    """The duration from right to left. Beside a date-time, a date is its first moment in UTC."""
    if is_date(left) and is_date(right):
        return left - right
    ours, theirs = _moment(left), _moment(right)
    return ours - theirs if _same_clock(ours, theirs) else None


def _moment(value: dt.date) -> dt.datetime:
    return (
        value
        if isinstance(value, dt.datetime)
        else dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    )


def _scaled(
    duration: dt.timedelta | Months, by: Decimal, *, divided: bool = False
) -> dt.timedelta | Months | None:
    """The duration times (or divided by) a number, cut to whole microseconds or months."""
    if not by.is_finite():
        return None
    length = Decimal(duration.months if isinstance(duration, Months) else microseconds(duration))
    scaled = _WIDE.divide(length, by) if divided else _WIDE.multiply(length, by)
    if not scaled.is_finite() or scaled.adjusted() > 30:
        return None
    count = int(scaled)
    if isinstance(duration, Months):
        return months(count)
    try:
        return dt.timedelta(microseconds=count)
    except OverflowError:
        return None
