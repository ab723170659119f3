"""Functions of dates, and those that make dates and durations from parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import DATE, DATE_TIME, NUMBER, EnumType
from postloan_rules.expressions.functions.temporal import MONTH_NAMES, WEEKDAY_NAMES
from postloan_rules.portfolio.sql.column import Column, Exact, doubts
from postloan_rules.portfolio.sql.temporal import is_moment, month_count
from postloan_rules.portfolio.sql.tree import case, cast, equals, number, text

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.dialect import DatePart
    from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations
    from postloan_rules.portfolio.sql.tree import Sql

__all__ = ["TEMPORAL"]


def _moments(call: Calling) -> tuple[Column, ...] | None:
    """The arguments as dates or date-times; None where one is unknown in every row."""
    if any(each.empty for each in call.arguments):
        return None
    if not all(is_moment(each.type) for each in call.arguments):
        raise call.refused("of values that are no dates")
    return call.arguments


def _day(moment: Column) -> Sql:
    return cast(moment.sql, "DATE") if moment.type == DATE_TIME else moment.sql


def _days_between(call: Calling) -> Column:
    given = _moments(call)
    if given is None:
        return call.nothing()
    start, end = given
    form = Exact(7, integer=True)
    sql = call.dialect.days_apart(_day(start), _day(end))
    return Column(sql, call.type, form, doubts(given), start.unknown or end.unknown, form)


def _months_between(call: Calling) -> Column:
    given = _moments(call)
    if given is None:
        return call.nothing()
    made = month_count(given[0], given[1], call.type, call.dialect)
    form = Exact(6, integer=True)
    return Column(made.sql, call.type, form, made.doubt, made.unknown, form)


def _months_duration(call: Calling) -> Column:
    given = _moments(call)
    return call.nothing() if given is None else month_count(given[0], given[1], call.type, call.dialect)


def _number(part: DatePart) -> Translation:
    def translated(call: Calling) -> Column:
        given = _moments(call)
        if given is None:
            return call.nothing()
        form = Exact(3, integer=True)
        sql = call.dialect.part(part, _day(given[0]))
        return Column(sql, NUMBER, form, doubts(given), given[0].unknown, form)

    return translated


def _name(part: DatePart, names: tuple[str, ...]) -> Translation:
    def translated(call: Calling) -> Column:
        given = _moments(call)
        if given is None:
            return call.nothing()
        found = call.dialect.part(part, _day(given[0]))
        sql = case([(equals(found, number(place)), text(name)) for place, name in enumerate(names, start=1)])
        type_ = call.type if isinstance(call.type, EnumType) else EnumType(part, names)
        return Column(sql, type_, None, doubts(given), given[0].unknown)

    return translated


def _date(call: Calling) -> Column:
    if len(call.arguments) > 1 or not is_moment(call.arguments[0].type):
        raise call.refused("of values that are no dates")
    given = call.arguments[0]
    return Column(_day(given), DATE, None, given.doubt, given.unknown)


def _date_time(call: Calling) -> Column:
    if len(call.arguments) > 1 or not is_moment(call.arguments[0].type):
        raise call.refused("of values that are no dates")
    given = call.arguments[0]
    sql = cast(given.sql, call.dialect.moment_type) if given.type == DATE else given.sql
    return Column(sql, DATE_TIME, None, given.doubt, given.unknown)


TEMPORAL: Translations = {
    "days between": _days_between,
    "months between": _months_between,
    "years and months duration": _months_duration,
    "day of year": _number("day of year"),
    "week of year": _number("week of year"),
    "day of week": _name("weekday", WEEKDAY_NAMES),
    "month of year": _name("month", MONTH_NAMES),
    "date": _date,
    "date and time": _date_time,
}
