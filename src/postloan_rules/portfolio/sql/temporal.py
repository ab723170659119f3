"""Dates, date-times and durations. A duration is a whole number: of days, of microseconds, or of months."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve
from sqlglot import exp

from postloan_rules.expressions import (
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    Months,
    Type,
)
from postloan_rules.expressions.values import microseconds
from postloan_rules.portfolio.sql.column import Column, Exact, Part, doubts
from postloan_rules.portfolio.sql.exactness import absolute_part, added, multiplied
from postloan_rules.portfolio.sql.literals import DAY, nothing
from postloan_rules.portfolio.sql.numbers import divide, exact, number_column
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    binary,
    call,
    case,
    cast,
    is_known,
    negative,
    number,
)

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.dialect import DatePart, Dialect

__all__ = [
    "apart",
    "duration_quotient",
    "in_one_tick",
    "is_duration",
    "is_moment",
    "month_count",
    "moved",
    "scaled",
    "summed",
    "temporal_part",
]

_APART_DAYS = Exact(7, integer=True, tick=DAY)
_APART = Exact(18, integer=True, tick=1)
_MONTHS = Exact(6, integer=True, tick=0)
_SMALL = Exact(4, integer=True)
_MOST_DAYS, _MOST_MONTHS = 3_652_059, 119_988
_CALM_YEARS = 999


def is_duration(type_: Type) -> bool:
    """Whether it is a type of durations."""
    return type_ in (DAYS_DURATION, MONTHS_DURATION)


def is_moment(type_: Type) -> bool:
    """Whether it is a date or a date-time."""
    return type_ in (DATE, DATE_TIME)


def _duration(part: Part, type_: Type, *columns: Column) -> Column:
    return number_column(part, type_, unknown=any(each.unknown for each in columns), doubt=doubts(columns))


def _in_microseconds(part: Part) -> Part:
    if part.exact.tick == 1:
        return part
    plain = evolve(part.exact, tick=1)
    if part.exact.digits <= 7:
        return Part(binary(exp.Mul, cast(part.sql, "BIGINT"), number(DAY)), _APART)
    made = multiplied(Part(part.sql, plain), Part(number(DAY), Exact(11, integer=True)))
    if made is None:
        raise TypeError(f"too long a duration: {part!r}")
    return made


def in_one_tick(left: Column, right: Column) -> tuple[Part, Part]:
    """Two durations of one kind, counted in the same unit."""
    ours, theirs = exact(left), exact(right)
    if ours.exact.tick == theirs.exact.tick:
        return ours, theirs
    return _in_microseconds(ours), _in_microseconds(theirs)


def summed(left: Column, right: Column, *, minus: bool) -> Column | None:
    """The sum or difference of two durations; None where it may be too long for one."""
    ours, theirs = in_one_tick(left, right)
    made = added(exp.Sub if minus else exp.Add, ours, theirs)
    if made is None or made.exact.digits > (8 if made.exact.tick == DAY else 20 if made.exact.tick else 10):
        return None
    return _duration(made, left.type, left, right)


def scaled(duration: Column, by: Column) -> Column | None:
    """A duration times a whole number; None where that is not sure to be a whole number of its unit."""
    ours, theirs = exact(duration), exact(by)
    if theirs.exact.scale:
        return None
    made = multiplied(ours, theirs)
    if made is None or made.exact.digits > (8 if ours.exact.tick == DAY else 20 if ours.exact.tick else 10):
        return None
    return _duration(
        evolve(made, exact=evolve(made.exact, tick=ours.exact.tick)), duration.type, duration, by
    )


def duration_quotient(left: Column, right: Column, type_: Type) -> Column:
    """How often one duration goes into another."""
    ours, theirs = in_one_tick(left, right)
    plain = [
        evolve(
            column,
            sql=part.sql,
            number=evolve(part.exact, tick=1),
            constant=None if column.constant is None else _count(column.constant, part.exact.tick),
        )
        for column, part in ((left, ours), (right, theirs))
    ]
    return divide(plain[0], plain[1], type_)


def _count(value: object, tick: int) -> object:

    if isinstance(value, Months):
        return Decimal(value.months)
    return Decimal(microseconds(value) // tick) if isinstance(value, dt.timedelta) else None


def apart(left: Column, right: Column, dialect: Dialect) -> Column:
    """The duration from one moment to another; between a date and a date-time there is none."""
    if left.type != right.type:
        return nothing(DAYS_DURATION)
    if left.type == DATE:
        part = Part(dialect.days_apart(right.sql, left.sql), _APART_DAYS)
    else:
        part = Part(dialect.microseconds_apart(right.sql, left.sql), _APART)
    return _duration(part, DAYS_DURATION, left, right)


def moved(moment: Column, by: Column, dialect: Dialect, *, back: bool) -> Column | None:
    """The moment moved by a duration; None where the duration is not a whole number of what moves it."""
    part = exact(by)
    amount = part.sql
    if isinstance(by.constant, dt.timedelta | Months):
        return _moved_by(moment, by.constant, dialect, back=back)
    if back:
        amount = negative(amount)
    if by.type == MONTHS_DURATION:
        most = _MOST_MONTHS
        sql = dialect.plus_months(moment.sql, amount, date=moment.type == DATE)
    elif moment.type == DATE:
        if part.exact.tick != DAY:
            return None
        most = _MOST_DAYS
        sql = dialect.plus_days(moment.sql, amount)
    else:
        whole = _in_microseconds(part)
        if not whole.exact.integer:
            return None
        most = _MOST_DAYS * DAY
        sql = dialect.plus_microseconds(moment.sql, negative(whole.sql) if back else whole.sql)
        amount = whole.sql
    near = binary(exp.LTE, call("abs", amount), number(most))
    inside = dialect.in_time(sql, date=moment.type == DATE)
    return Column(case([(near, inside)]), moment.type, doubt=doubts([moment, by]), unknown=True)


def _moved_by(moment: Column, by: dt.timedelta | Months, dialect: Dialect, *, back: bool) -> Column:
    if isinstance(by, Months):
        count = -by.months if back else by.months
        if abs(count) > _MOST_MONTHS:
            return nothing(moment.type)
        near = moment.calm and abs(count) <= _CALM_YEARS * 12
        sql = dialect.plus_months(moment.sql, number(count), date=moment.type == DATE)
    else:
        length = -microseconds(by) if back else microseconds(by)
        if abs(length) > _MOST_DAYS * DAY:
            return nothing(moment.type)
        near = moment.calm and abs(length) <= _CALM_YEARS * 365 * DAY
        # A date is the first moment of its day: an hour earlier is the day before.
        sql = (
            dialect.plus_days(moment.sql, number(length // DAY))
            if moment.type == DATE
            else dialect.plus_microseconds(moment.sql, number(length))
        )
    if near:
        return Column(sql, moment.type, doubt=moment.doubt, unknown=moment.unknown)
    return Column(
        dialect.in_time(sql, date=moment.type == DATE), moment.type, doubt=moment.doubt, unknown=True
    )


def _date_of(moment: Column) -> Sql:
    return cast(moment.sql, "DATE") if moment.type == DATE_TIME else moment.sql


def month_count(start: Column, end: Column, type_: Type, dialect: Dialect) -> Column:
    """The whole months from one date to another, as the evaluator counts them."""
    first, last = _date_of(start), _date_of(end)

    def months(date: Sql) -> Sql:
        return binary(
            exp.Add,
            binary(exp.Mul, dialect.part("year", date), number(12)),
            dialect.part("month", date),
        )

    count = binary(exp.Sub, months(last), months(first))
    ours, theirs = dialect.part("day", first), dialect.part("day", last)
    forward = binary(exp.GTE, last, first)
    short = case(
        [
            (all_sql([forward, binary(exp.LT, theirs, ours)]), number(1)),
            (all_sql([binary(exp.LT, last, first), binary(exp.GT, theirs, ours)]), number(-1)),
        ],
        number(0),
    )
    part = Part(binary(exp.Sub, count, short), _MONTHS)
    return _duration(part, type_, start, end)


_MOMENT_PARTS: dict[str, DatePart] = {
    "year": "year",
    "month": "month",
    "day": "day",
    "weekday": "weekday",
}
_DURATION_PARTS = {"days": (DAY, None), "hours": (3_600_000_000, 24), "minutes": (60_000_000, 60)}


def temporal_part(value: Column, name: str, dialect: Dialect) -> Column | None:
    """A part of a date, date-time or duration; None for one that is not kept."""
    if is_moment(value.type):
        if name in _MOMENT_PARTS:
            return _whole(dialect.part(_MOMENT_PARTS[name], value.sql), NUMBER, value)
        if value.type == DATE_TIME and name in ("hour", "minute"):
            return _whole(dialect.clock("hour" if name == "hour" else "minute", value.sql), NUMBER, value)
        return None
    part = exact(value)
    if value.type == MONTHS_DURATION and name in ("years", "months"):
        size = absolute_part(part).sql
        piece = binary(exp.IntDiv if name == "years" else exp.Mod, size, number(12))
        return _whole(_signed(piece, part.sql), NUMBER if name == "years" else MONTHS, value, digits=10)
    if value.type != DAYS_DURATION or name not in (*_DURATION_PARTS, "seconds"):
        return None
    if part.exact.tick == DAY:
        if name == "days":
            return number_column(
                Part(part.sql, evolve(part.exact, tick=1)), DAYS, unknown=value.unknown, doubt=value.doubt
            )
        zero = case([(is_known(part.sql), number(0))]) if value.unknown else number(0)
        return _whole(zero, NUMBER, value)
    if not part.exact.integer:
        return None
    unit, within = _DURATION_PARTS.get(name, (1_000_000, 60))
    piece = binary(exp.IntDiv, absolute_part(part).sql, number(unit))
    if within is not None:
        piece = binary(exp.Mod, piece, number(within))
    return _whole(_signed(piece, part.sql), DAYS if name == "days" else NUMBER, value, digits=10)


def _signed(size: Sql, like: Sql) -> Sql:
    return case([(binary(exp.LT, like, number(0)), negative(size))], size)


def _whole(sql: Sql, type_: Type, value: Column, digits: int = 4) -> Column:
    form = evolve(_SMALL, digits=digits)
    return Column(sql, type_, form, value.doubt, value.unknown, form)
