"""What generated code calls. Each function is a narrower, faster form of what the evaluator does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from postloan_rules.expressions.evaluator import (
    compared,
    counted,
    field_of,
    item_at,
    items_of,
    matches,
    plain,
)
from postloan_rules.expressions.kinds import of_type
from postloan_rules.expressions.truth import all_of
from postloan_rules.expressions.values import (
    CONTEXT,
    Range,
    add,
    divide,
    finite,
    multiply,
    negate,
    power,
    subtract,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from postloan_rules.expressions.types import Type

__all__ = ["NAMES"]

_ZERO = Decimal(0)
_DAY = timedelta(days=1)
_sum = CONTEXT.add


class Ordered(Protocol):
    """A value with an order."""

    def __lt__(self, other: object, /) -> bool: ...
    def __gt__(self, other: object, /) -> bool: ...


def asked(value: object, type_: Type) -> object:
    """A value of data that have no declared type; one of another type than was asked for is not known."""
    return value if of_type(value, type_) else None


def between(value: object, low: object, high: object) -> bool | None:
    """Whether a value lies between two others, both included."""
    return all_of((compared(">=", value, low), compared("<=", value, high)))


def nth(items: Sequence[object], place: int) -> object:
    """The item at a place, from 0 or from the end; None where there is none."""
    return items[place] if -len(items) <= place < len(items) else None


def truth(value: object) -> bool | None:
    """A truth value; anything else is unknown."""
    return value if isinstance(value, bool) else None


def _numeric(operate: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Decimal, Decimal], Decimal | None]:
    def of(left: Decimal, right: Decimal) -> Decimal | None:
        result = operate(left, right)
        # Most results are numbers other than zero; the rest is looked at closely.
        return result if result and result.is_finite() else finite(result)

    return of


_quotient = _numeric(CONTEXT.divide)


def _divided(left: Decimal, right: Decimal) -> Decimal | None:
    return _quotient(left, right) if right else None


def largest(items: Sequence[Ordered] | None) -> object:
    """The largest of a list of one kind; None for an empty list, or where an item is unknown."""
    if not items or any(item is None for item in items):
        return None
    return max(items)


def smallest(items: Sequence[Ordered] | None) -> object:
    """The smallest of a list of one kind; None for an empty list, or where an item is unknown."""
    if not items or any(item is None for item in items):
        return None
    return min(items)


def total(items: Sequence[Decimal | None] | None) -> Decimal | None:
    """The sum of a list of numbers; None where one is unknown."""
    if items is None:
        return None
    result = _ZERO
    for item in items:
        if item is None:
            return None
        result = _sum(result, item)
    return finite(result)


def days_of(duration: timedelta) -> Decimal:
    """The whole days of a duration, with its sign."""
    days = duration.days
    return Decimal(days if days >= 0 else -(-duration // _DAY))


def ranged(low: object, high: object, *closed: bool) -> Range:
    """A range between two known ends."""
    return Range(low, high, *closed)


NAMES: Mapping[str, object] = {
    "D": Decimal,
    "ZERO": _ZERO,
    "add": add,
    "add_numbers": _numeric(CONTEXT.add),
    "asked": asked,
    "between": between,
    "compared": compared,
    "counted": counted,
    "days_of": days_of,
    "divide": divide,
    "divide_numbers": _divided,
    "field_of": field_of,
    "finite": finite,
    "item_at": item_at,
    "items_of": items_of,
    "larger": max,
    "largest": largest,
    "matches": matches,
    "multiply": multiply,
    "multiply_numbers": _numeric(CONTEXT.multiply),
    "negate": negate,
    "nth": nth,
    "plain": plain,
    "power": power,
    "ranged": ranged,
    "smaller": min,
    "smallest": smallest,
    "subtract": subtract,
    "subtract_numbers": _numeric(CONTEXT.subtract),
    "sum_of_two": _sum,
    "total": total,
    "truth": truth,
}
"""The names of generated code that stand for functions and types; no local name looks like one of them."""
