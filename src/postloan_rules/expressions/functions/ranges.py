"""Functions that place values and ranges beside each other, as the standard defines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions.functions.results import together
from postloan_rules.expressions.functions.signature import Function, Parameter, checked
from postloan_rules.expressions.types import BOOLEAN
from postloan_rules.expressions.values import Range, compare

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RANGES"]


@frozen
class _Bound:
    """An end of a range; `side` is 0 where the value is in it, else 1 (just above it) or -1 (just below)."""

    value: object
    side: int = 0
    beyond: int = 0
    """-1 or 1 for an end without a value: before or after everything."""


def _order(left: _Bound, right: _Bound) -> int | None:
    if left.beyond or right.beyond:
        return _sign(left.beyond - right.beyond)
    order = compare(left.value, right.value)
    return order or _sign(left.side - right.side) if order is not None else None


def _sign(count: int) -> int:
    return (count > 0) - (count < 0)


def _ends(value: object) -> tuple[_Bound, _Bound]:
    """Both ends of a range; a single value is the range of itself alone."""
    if not isinstance(value, Range):
        return _Bound(value), _Bound(value)
    low = _Bound(value.start, 0 if value.start_closed else 1)
    high = _Bound(value.end, 0 if value.end_closed else -1)
    return (
        low if value.start is not None else _Bound(None, beyond=-1),
        high if value.end is not None else _Bound(None, beyond=1),
    )


def _both(*answers: bool | None) -> bool | None:
    return False if False in answers else None if None in answers else True


def _less(left: _Bound, right: _Bound) -> bool | None:
    order = _order(left, right)
    return None if order is None else order < 0


def _at_most(left: _Bound, right: _Bound) -> bool | None:
    order = _order(left, right)
    return None if order is None else order <= 0


def _equal(left: _Bound, right: _Bound) -> bool | None:
    order = _order(left, right)
    return None if order is None else order == 0


def _touch(left: _Bound, right: _Bound) -> bool | None:
    """Whether two ends are the same value and both ranges have it."""
    if left.beyond or right.beyond:
        return False
    return _both(_equal(left, right), not left.side and not right.side)


def _before(left: object, right: object) -> bool | None:
    return _less(_ends(left)[1], _ends(right)[0])


def _meets(left: object, right: object) -> bool | None:
    return _touch(_ends(left)[1], _ends(right)[0])


def _overlaps(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_at_most(other_low, high), _at_most(low, other_high))


def _overlaps_before(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_less(low, other_low), _at_most(other_low, high), _at_most(high, other_high))


def _includes(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_at_most(low, other_low), _at_most(other_high, high))


def _starts(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_equal(low, other_low), _at_most(high, other_high))


def _finishes(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_equal(high, other_high), _at_most(other_low, low))


def _coincides(left: object, right: object) -> bool | None:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return _both(_equal(low, other_low), _equal(high, other_high))


def _swapped(relation: Callable[[object, object], bool | None]) -> Callable[[object, object], bool | None]:
    return lambda left, right: relation(right, left)


_POINT, _RANGE = "value with an order", "range"
_PAIRS = {
    "point, point": (Parameter("point1", _POINT), Parameter("point2", _POINT)),
    "point, range": (Parameter("point", _POINT), Parameter("range", _RANGE)),
    "range, point": (Parameter("range", _RANGE), Parameter("point", _POINT)),
    "range, range": (Parameter("range1", _RANGE), Parameter("range2", _RANGE)),
}


def _relation(
    name: str,
    takes: tuple[str, ...],
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    relation: Callable[[object, object], bool | None],
) -> Function:
    overloads = tuple(_PAIRS[pair] for pair in takes)
    ranges_only = takes == ("range, range",)

    def apply(left: object, right: object) -> bool | None:
        if left is None or right is None:
            return None
        pair = ", ".join("range" if isinstance(value, Range) else "point" for value in (left, right))
        return relation(left, right) if pair in takes else None

    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, together(name, BOOLEAN)),
        apply,
        total=ranges_only,
    )


_ANY_PAIR = tuple(_PAIRS)
_TWO_RANGES = ("range, range",)
_INSIDE = ("point, range", "range, range")
_AROUND = ("range, point", "range, range")
_SAME = ("point, point", "range, range")

RANGES: tuple[Function, ...] = (
    _relation(
        "before",
        _ANY_PAIR,
        "whether the first ends before the second begins",
        (("before(1, 10)", "true"), ("before([1..5], 5)", "false"), ("before([1..5), 5)", "true")),
        _before,
    ),
    _relation(
        "after",
        _ANY_PAIR,
        "whether the first begins after the second ends",
        (("after(10, [1..5])", "true"), ("after((5..10], [1..5])", "true")),
        _swapped(_before),
    ),
    _relation(
        "meets",
        _TWO_RANGES,
        "whether the first ends at the value where the second begins, and both have it",
        (("meets([1..5], [5..10])", "true"), ("meets([1..5), [5..10])", "false")),
        _meets,
    ),
    _relation(
        "met by",
        _TWO_RANGES,
        "whether the first begins at the value where the second ends, and both have it",
        (("met by([5..10], [1..5])", "true"),),
        _swapped(_meets),
    ),
    _relation(
        "overlaps",
        _TWO_RANGES,
        "whether the two have a value in common",
        (("overlaps([1..5], [3..8])", "true"), ("overlaps([1..5), [5..8])", "false")),
        _overlaps,
    ),
    _relation(
        "overlaps before",
        _TWO_RANGES,
        "whether the first begins before the second and ends within it",
        (("overlaps before([1..5], [3..8])", "true"),),
        _overlaps_before,
    ),
    _relation(
        "overlaps after",
        _TWO_RANGES,
        "whether the first begins within the second and ends after it",
        (("overlaps after([3..8], [1..5])", "true"),),
        _swapped(_overlaps_before),
    ),
    _relation(
        "finishes",
        _INSIDE,
        "whether the first ends where the second ends and does not begin before it",
        (("finishes(5, [1..5])", "true"), ("finishes([3..5], [1..5])", "true")),
        _finishes,
    ),
    _relation(
        "finished by",
        _AROUND,
        "whether the second finishes the first",
        (("finished by([1..5], 5)", "true"),),
        _swapped(_finishes),
    ),
    _relation(
        "includes",
        _AROUND,
        "whether the range has the value, or all values of the other range",
        (("includes([1..10], 4)", "true"), ("includes([1..10), 10)", "false")),
        _includes,
    ),
    _relation(
        "during",
        _INSIDE,
        "whether the second includes the first",
        (("during(4, [1..10])", "true"), ("during([4..6], [1..10])", "true")),
        _swapped(_includes),
    ),
    _relation(
        "starts",
        _INSIDE,
        "whether the first begins where the second begins and does not end after it",
        (("starts(1, [1..5])", "true"), ("starts([1..3], [1..5])", "true")),
        _starts,
    ),
    _relation(
        "started by",
        _AROUND,
        "whether the second starts the first",
        (("started by([1..10], 1)", "true"),),
        _swapped(_starts),
    ),
    _relation(
        "coincides",
        _SAME,
        "whether the two are the same value or the same range",
        (("coincides(5, 5)", "true"), ("coincides([1..5], [1..5))", "false")),
        _coincides,
    ),
)
