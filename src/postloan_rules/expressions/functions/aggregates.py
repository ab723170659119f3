"""Functions that sum up a list: how many, how much, the largest, whether all.

An unknown item leaves them unknown, but for `count`, and where one item decides `all` or `any`.
"""

from __future__ import annotations

from collections import Counter
from decimal import Context, Decimal
from functools import reduce
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.arguments import gathered, listed, number
from postloan_rules.expressions.functions.results import gives, gives_item
from postloan_rules.expressions.functions.signature import Function, Parameter, checked
from postloan_rules.expressions.types import BOOLEAN, NUMBER, ListType, Variable
from postloan_rules.expressions.values import CONTEXT, compare, finite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postloan_rules.expressions.functions.signature import Result

__all__ = ["AGGREGATES"]

# Sums of squares keep twice the digits, so that the deviation is right to the last of its 34.
_SQUARES = Context(prec=80, Emin=-99_999, Emax=99_999, traps=[])
_EMPTY = "the list is empty"


def _numbers(values: tuple[object, ...]) -> list[Decimal] | None:
    items = gathered(values)
    if items is None:
        return None
    found = [known for known in (number(item) for item in items) if known is not None]
    return found if len(found) == len(items) else None


def _count(values: object) -> Decimal | None:
    items = listed(values)
    return None if items is None else Decimal(len(items))


def _sum(*values: object) -> Decimal | None:
    found = _numbers(values)
    return None if found is None else finite(reduce(CONTEXT.add, found, Decimal(0)))


def _product(*values: object) -> Decimal | None:
    found = _numbers(values)
    return finite(reduce(CONTEXT.multiply, found, Decimal(1))) if found else None


def _mean(*values: object) -> Decimal | None:
    found = _numbers(values)
    return (
        finite(CONTEXT.divide(reduce(CONTEXT.add, found, Decimal(0)), Decimal(len(found)))) if found else None
    )


def _median(*values: object) -> Decimal | None:
    found = _numbers(values)
    if not found:
        return None
    ordered = sorted(found)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return finite(CONTEXT.divide(CONTEXT.add(ordered[middle - 1], ordered[middle]), Decimal(2)))


def _stddev(*values: object) -> Decimal | None:
    found = _numbers(values)
    if found is None or len(found) < 2:
        return None
    mean = _SQUARES.divide(reduce(_SQUARES.add, found, Decimal(0)), Decimal(len(found)))
    offsets = (_SQUARES.subtract(item, mean) for item in found)
    squares = reduce(_SQUARES.add, (_SQUARES.multiply(offset, offset) for offset in offsets), Decimal(0))
    deviation = _SQUARES.sqrt(_SQUARES.divide(squares, Decimal(len(found) - 1)))
    return finite(CONTEXT.plus(deviation))


def _mode(*values: object) -> tuple[Decimal, ...] | None:
    found = _numbers(values)
    if found is None:
        return None
    counts = Counter(found)
    most = max(counts.values(), default=0)
    return tuple(sorted(item for item, count in counts.items() if count == most))


def _extreme(values: tuple[object, ...], side: int) -> object:
    items = gathered(values)
    if not items:
        return None
    best, *rest = items
    if compare(best, best) is None:
        return None
    for item in rest:
        order = compare(item, best)
        if order is None:
            return None
        if order == side:
            best = item
    return best


def _min(*values: object) -> object:
    return _extreme(values, -1)


def _max(*values: object) -> object:
    return _extreme(values, 1)


def _decided(values: tuple[object, ...], by: bool) -> bool | None:  # noqa: FBT001  # the truth value that decides
    """`by` if any value is `by`; else unknown if any is no known truth value; else the opposite."""
    items = gathered(values)
    if items is None:
        return None
    if any(item is by for item in items):
        return by
    return not by if all(isinstance(item, bool) for item in items) else None


def _all(*values: object) -> bool | None:
    return _decided(values, by=False)


def _any(*values: object) -> bool | None:
    return _decided(values, by=True)


def _deviation_result(arguments: Sequence[Variable]) -> Variable | str:
    result = gives_item("stddev")(arguments)
    if isinstance(result, str) or len(arguments) > 1:
        return result
    return Variable(result.type, unknown=True)


def _mode_result(arguments: Sequence[Variable]) -> Variable | str:
    result = gives_item("mode", empty_is_known=True)(arguments)
    return result if isinstance(result, str) else Variable(ListType(result.type), unknown=result.unknown)


def _aggregate(
    name: str,
    accepts: str,
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    apply: Callable[..., object],
    result: Result,
    *,
    unknown: str = "",
) -> Function:
    overloads = (
        (Parameter("list", f"list of {accepts}"),),
        (Parameter("item", _SINGLE_OF[accepts], many=True),),
    )
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, result),
        apply,
        total=not unknown,
        unknown=unknown,
    )


_SINGLE_OF = {
    "numbers": "plain number",
    "numbers or amounts": "number or amount",
    "booleans": "boolean",
    "values with an order": "value with an order",
}
_COUNT = ((Parameter("list", "list"),),)

AGGREGATES: tuple[Function, ...] = (
    Function(
        "count",
        _COUNT,
        "how many items the list has, the unknown ones among them",
        (("count([1, 2, 3])", "3"), ("count([1, null])", "2"), ("count([])", "0")),
        checked("count", _COUNT, gives(NUMBER)),
        _count,
        total=True,
    ),
    _aggregate(
        "sum",
        "numbers or amounts",
        "the sum, in the unit of the items; 0 for an empty list",
        (("sum([1, 2, 3])", "6"), ("sum([])", "0"), ("sum([1, null])", "null")),
        _sum,
        gives_item("sum", empty_is_known=True),
    ),
    _aggregate(
        "min",
        "values with an order",
        "the smallest, the earliest, or the first in the order of texts",
        (("min([3, 1, 2])", "1"), ("min(3, 1)", "1"), ("min([])", "null")),
        _min,
        gives_item("min"),
        unknown=_EMPTY,
    ),
    _aggregate(
        "max",
        "values with an order",
        "the largest, the latest, or the last in the order of texts",
        (("max([3, 1, 2])", "3"), ('max(date("2026-01-31"), date("2026-02-01"))', "2026-02-01")),
        _max,
        gives_item("max"),
        unknown=_EMPTY,
    ),
    _aggregate(
        "mean",
        "numbers or amounts",
        "the average, in the unit of the items",
        (("mean([1, 2, 6])", "3"), ("mean([])", "null")),
        _mean,
        gives_item("mean"),
        unknown=_EMPTY,
    ),
    _aggregate(
        "median",
        "numbers or amounts",
        "the middle of the ordered items, or the average of the two in the middle",
        (("median([8, 2, 5])", "5"), ("median([6, 1, 2, 3])", "2.5")),
        _median,
        gives_item("median"),
        unknown=_EMPTY,
    ),
    _aggregate(
        "stddev",
        "numbers or amounts",
        "the standard deviation of a sample, in the unit of the items",
        (("stddev([2, 4, 7, 5])", "2.081665999466132735282297706979931"), ("stddev([7])", "null")),
        _stddev,
        _deviation_result,
        unknown="there are fewer than two items",
    ),
    _aggregate(
        "mode",
        "numbers or amounts",
        "the items that occur most often, in ascending order",
        (("mode([6, 3, 9, 6, 6])", "[6]"), ("mode([2, 1, 2, 1])", "[1, 2]")),
        _mode,
        _mode_result,
    ),
    _aggregate(
        "product",
        "numbers",
        "the product of numbers without a unit",
        (("product([2, 3, 4])", "24"), ("product([])", "null")),
        _product,
        gives_item("product", type_=NUMBER),
        unknown=_EMPTY,
    ),
    _aggregate(
        "all",
        "booleans",
        "whether all are true: false if any is false, else unknown if any is unknown",
        (("all([true, false])", "false"), ("all([false, null])", "false"), ("all([true, null])", "null")),
        _all,
        gives_item("all", type_=BOOLEAN, empty_is_known=True),
    ),
    _aggregate(
        "any",
        "booleans",
        "whether any is true: true if any is true, else unknown if any is unknown",
        (("any([true, null])", "true"), ("any([false, null])", "null"), ("any([])", "false")),
        _any,
        gives_item("any", type_=BOOLEAN, empty_is_known=True),
    ),
)
