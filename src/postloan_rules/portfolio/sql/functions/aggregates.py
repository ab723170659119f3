"""Functions that sum up a list, or the values given one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrs import evolve
from sqlglot import exp

from postloan_rules.expressions import BOOLEAN, NUMBER, NUMERIC, ListType
from postloan_rules.portfolio.sql.column import Column, Exact, doubts
from postloan_rules.portfolio.sql.comparing import all_of, any_of, same_kind
from postloan_rules.portfolio.sql.exactness import constant_part
from postloan_rules.portfolio.sql.lists import counted, extreme, list_column, quantified, total
from postloan_rules.portfolio.sql.numbers import (
    add,
    divide,
    extreme_of,
    multiply,
    number_column,
)
from postloan_rules.portfolio.sql.tree import all_sql, binary, case, is_known, number

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations

__all__ = ["AGGREGATES"]


def _single(call: Calling) -> tuple[Column, ...] | None:
    """The values given one by one; None for one list."""
    if len(call.arguments) == 1 and isinstance(call.arguments[0].type, ListType):
        return None
    return call.arguments


def _count(call: Calling) -> Column:
    if not isinstance(call.arguments[0].type, ListType):
        raise call.refused("of a single value")
    return counted(call.items(), call.dialect)


def _sum(call: Calling) -> Column:
    values = _single(call)
    if values is None:
        made = total(call.items(), call.type, call.dialect)
        if made is None:
            raise call.refused("of these numbers")
        return made
    if any(each.empty for each in values):
        return call.nothing()
    result, *rest = values
    for each in rest:
        result = add(result, each, call.type)
    return evolve(result, type=call.type)


def _mean(call: Calling) -> Column:
    values = _single(call)
    if values is None:
        items = call.items()
        added = total(items, call.type, call.dialect)
        if added is None:
            raise call.refused("of these numbers")
        return divide(added, counted(items, call.dialect), call.type)
    amount = number_column(constant_part(Decimal(len(values))), NUMBER, unknown=False)
    return divide(_sum(call), amount, call.type)


def _product(call: Calling) -> Column:
    values = _single(call)
    if values is None:
        raise call.refused("of a list")
    result, *rest = values
    for each in rest:
        result = multiply(result, each, call.type)
    return result


def _extreme(side: Literal["least", "greatest"]) -> Translation:
    def translated(call: Calling) -> Column:
        values = _single(call)
        if values is None:
            return extreme(call.items(), side, call.dialect)
        if any(each.empty for each in values):
            return call.nothing()
        if all(each.type in NUMERIC for each in values):
            return extreme_of(values, side, call.type, call.dialect)
        if not all(same_kind(values[0].type, each.type) for each in values) or any(
            each.number is not None or each.type == BOOLEAN or each.form is not None for each in values
        ):
            raise call.refused("of these values")
        made = call.dialect.greatest([each.sql for each in values], side)
        known_all = [is_known(each.sql) for each in values if each.unknown]
        sql = case([(all_sql(known_all), made)]) if known_all else made
        return Column(sql, values[0].type, None, doubts(values), bool(known_all))

    return translated


def _median(call: Calling) -> Column:
    values = _single(call)
    if values is not None:
        raise call.refused("of values given one by one")
    items = call.items()
    if not isinstance(items.item.number, Exact):
        raise call.refused("of these numbers")
    dialect = call.dialect
    listed = list_column(items, dialect)
    ordered = dialect.sorted(listed.sql)
    length = dialect.length(ordered)
    variable = call.fresh()
    form = items.item.number
    half = binary(exp.IntDiv, binary(exp.Add, length, number(1)), number(2))
    other = binary(exp.Add, binary(exp.IntDiv, length, number(2)), number(1))
    # Outside an empty list the two middle items are there; with an odd count they are one and the same.
    positions = [
        Column(
            dialect.item(ordered, case([(binary(exp.GT, length, number(0)), each)], number(1))),
            call.type,
            form,
            None,
            True,
            form,
        )
        for each in (half, other)
    ]
    middle = divide(
        add(positions[0], positions[1], call.type),
        number_column(constant_part(Decimal(2)), NUMBER, unknown=False),
        call.type,
    )
    if not isinstance(middle.number, Exact):
        raise call.refused("of these numbers")
    sure = dialect.all_known(listed.sql, variable, exp.column(variable, quoted=True))
    return evolve(
        middle, sql=case([(sure, middle.sql)]), unknown=True, doubt=listed.doubt, form=middle.number
    )


def _all(call: Calling) -> Column:
    values = _single(call)
    if values is not None:
        return all_of([_truth(call, each) for each in values])
    items = call.items()
    return quantified(items, "every", _truth(call, items.item), call.dialect)


def _any(call: Calling) -> Column:
    values = _single(call)
    if values is not None:
        return any_of([_truth(call, each) for each in values])
    items = call.items()
    return quantified(items, "some", _truth(call, items.item), call.dialect)


def _truth(call: Calling, column: Column) -> Column:
    if column.type != BOOLEAN and not column.empty:
        raise call.refused("of values that are no truth values")
    return column


AGGREGATES: Translations = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "product": _product,
    "min": _extreme("least"),
    "max": _extreme("greatest"),
    "median": _median,
    "all": _all,
    "any": _any,
}
