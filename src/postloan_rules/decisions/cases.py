"""Values by cases: a condition in terms of open fields, and what a value is under it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import frozen

from postloan_rules.decisions.altered import Altered
from postloan_rules.expressions import same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "Cases",
    "Formula",
    "LeftOut",
    "Quotient",
    "cases_of",
    "is_false",
    "is_open",
    "is_true",
    "mapped",
    "merged",
    "term",
    "truth",
]

Formula: TypeAlias = z3.BoolRef
Case: TypeAlias = "tuple[Formula, object]"

_ALWAYS = z3.BoolVal(True)
_MOST_CASES = 24


class LeftOut(Exception):  # noqa: N818 - no error: the part keeps its present value
    """A part of the policy that can't be put into linear equations."""


@frozen(eq=False)
class Cases:
    """One of several values, each under its condition; exactly one condition holds."""

    cases: tuple[Case, ...]


@frozen(eq=False)
class Quotient:
    """One term divided by another, which is not zero: good to be compared with a number."""

    above: z3.ArithRef
    below: z3.ArithRef


def term(value: object) -> z3.ArithRef:
    """A number as a term."""
    if isinstance(value, Decimal | int | Fraction):
        number = Fraction(value)
        return z3.Q(number.numerator, number.denominator)
    if isinstance(value, z3.ArithRef):
        return value
    raise LeftOut


def is_open(value: object) -> bool:
    """Whether the value hangs on an open field."""
    if isinstance(value, tuple):
        return any(is_open(each) for each in value)
    if type(value) is dict:
        return any(is_open(each) for each in value.values())
    return isinstance(value, Cases | z3.ArithRef | Quotient | Altered)


def cases_of(value: object) -> tuple[Case, ...]:
    """The value as cases."""
    return value.cases if isinstance(value, Cases) else ((_ALWAYS, value),)


def merged(cases: Iterable[Case]) -> object:
    """One value of these cases; equal values are taken together, and what cannot be is dropped."""
    found: list[tuple[Formula, object]] = []
    for guard, value in _flat(cases):
        if z3.is_false(guard):
            continue
        for index, (other_guard, other) in enumerate(found):
            if _alike(value, other):
                found[index] = (z3.simplify(z3.Or(guard, other_guard)), other)
                break
        else:
            found.append((guard, value))
    if len(found) == 1:
        return found[0][1]
    terms = [each for each in found if isinstance(each[1], z3.ArithRef)]
    if len(terms) > 1:
        joined = terms[-1][1]
        for guard, each in reversed(terms[:-1]):
            joined = z3.If(guard, each, joined)
        rest = [each for each in found if not isinstance(each[1], z3.ArithRef)]
        found = [*rest, (z3.simplify(z3.Or([guard for guard, _ in terms])), joined)]
    if len(found) > _MOST_CASES or not found:
        raise LeftOut
    return found[0][1] if len(found) == 1 else Cases(tuple(found))


def _flat(cases: Iterable[Case]) -> Iterator[Case]:
    for guard, value in cases:
        for inner, each in cases_of(value):
            yield z3.simplify(z3.And(guard, inner)), each


def _alike(left: object, right: object) -> bool:
    if is_open(left) or is_open(right):
        return left is right
    return type(left) is type(right) and same(left, right)


def is_true(value: object) -> Formula:
    """When the value is true."""
    return z3.simplify(z3.Or([guard for guard, each in cases_of(value) if each is True]))


def is_false(value: object) -> Formula:
    """When the value is false."""
    return z3.simplify(z3.Or([guard for guard, each in cases_of(value) if each is False]))


def truth(yes: Formula, no: Formula) -> object:
    """A truth value: true, false, or unknown where it is neither."""
    return merged(((yes, True), (no, False), (z3.Not(z3.Or(yes, no)), None)))


def mapped(function: Callable[..., object], *values: object) -> object:
    """A function of values, case by case."""
    return merged(
        (z3.And([guard for guard, _ in each]), function(*(value for _, value in each)))
        for each in product(*(cases_of(value) for value in values))
    )
