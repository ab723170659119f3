"""Values that are the same in every row, as SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    ListType,
    Months,
    Range,
    RangeType,
    Type,
)
from postloan_rules.expressions.values import microseconds
from postloan_rules.portfolio.sql.column import MOST_DIGITS, Column, Ends, Exact, ListForm, doubts
from postloan_rules.portfolio.sql.exactness import common_form, constant_part, in_form
from postloan_rules.portfolio.sql.lists import list_type
from postloan_rules.portfolio.sql.numbers import exact, number_column
from postloan_rules.portfolio.sql.tree import Sql, cast, false, null, number, text, true

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.portfolio.sql.dialect import Dialect

__all__ = ["DAY", "list_of", "literal", "nothing"]

DAY = 86_400_000_000
"""A day in microseconds."""


def nothing(type_: Type = NULL) -> Column:
    """The value that is unknown in every row."""
    return Column(null(), type_, unknown=True)


def literal(value: object, dialect: Dialect, type_: Type | None = None) -> Column | None:
    """A value as SQL; None for one that no engine has."""
    match value:
        case None:
            return nothing(type_ or NULL)
        case bool():
            return Column(true() if value else false(), BOOLEAN, unknown=False, constant=value)
        case Decimal():
            part = constant_part(value)
            if part.exact.digits > MOST_DIGITS:
                return None
            return number_column(part, type_ if type_ in NUMERIC else NUMBER, unknown=False)
        case str():
            return Column(text(str(value)), type_ or STRING, unknown=False, constant=str(value))
        case dt.datetime():
            if value.tzinfo is not None:
                return None
            shown = cast(text(value.isoformat(sep=" ")), dialect.moment_type)
            return Column(shown, DATE_TIME, unknown=False, constant=value)
        case dt.date():
            return Column(cast(text(value.isoformat()), "DATE"), DATE, unknown=False, constant=value)
        case dt.timedelta() | Months():
            return _duration(value)
        case tuple():
            return _list(value, dialect, type_)
        case Range():
            return _range(value, dialect, type_)
        case _:
            return None


def _duration(value: dt.timedelta | Months) -> Column:
    if isinstance(value, Months):
        form = Exact(12, integer=True, tick=0)
        return Column(number(value.months), MONTHS_DURATION, form, None, False, form, value)
    count = microseconds(value)
    tick = DAY if count % DAY == 0 else 1
    form = Exact(10 if tick == DAY else 24, integer=tick == DAY, tick=tick)
    return Column(number(count // tick), DAYS_DURATION, form, None, False, form, value)


def _list(values: tuple[object, ...], dialect: Dialect, type_: Type | None) -> Column | None:
    item_type = type_.item if isinstance(type_, ListType) else None
    items = [literal(each, dialect, item_type) for each in values]
    known = [each for each in items if each is not None]
    if len(known) < len(items):
        return None
    made = list_of(known, item_type or next((each.type for each in known if not each.empty), NULL), dialect)
    return None if made is None else evolve(made, constant=values)


def _range(value: Range, dialect: Dialect, type_: Type | None) -> Column | None:
    item = type_.item if isinstance(type_, RangeType) else None
    low = None if value.start is None else literal(value.start, dialect, item)
    high = None if value.end is None else literal(value.end, dialect, item)
    if (low is None) is not (value.start is None) or (high is None) is not (value.end is None):
        return None
    ends = Ends(low, high, value.start_closed, value.end_closed)
    inner = next((each.type for each in (low, high) if each is not None), NUMBER)
    return Column(true(), RangeType(inner), unknown=False, constant=value, ends=ends)


def list_of(items: Sequence[Column], item_type: Type, dialect: Dialect) -> Column | None:
    """A list of these values; None where they are of kinds that no list of an engine holds."""
    known = [each for each in items if not each.empty]
    type_ = ListType(item_type, any(each.unknown for each in items))
    doubt = doubts(items)
    if any(each.fields is not None or each.ends is not None for each in known):
        return None
    if known and all(each.number is not None for each in known):
        if not all(isinstance(each.number, Exact) for each in known):
            return None
        form = common_form([exact(each).exact for each in known])
        ticks = {exact(each).exact.tick for each in known}
        if form.digits > MOST_DIGITS or len(ticks) > 1:
            return None
        parts: list[Sql] = [each.sql if each.empty else in_form(exact(each), form) for each in items]
        made = dialect.list_of(parts, list_type(item_type, form, dialect))
        return Column(made, type_, None, doubt, False, ListForm(form))
    if any(each.number is not None or each.items is not None or each.form is not None for each in known):
        return None
    if len({list_type(each.type, None, dialect) for each in known}) > 1:
        return None
    made = dialect.list_of([each.sql for each in items], list_type(item_type, None, dialect))
    return Column(made, type_, None, doubt, False, ListForm(None))
