"""Values over a span of steps of one field: what a number, or anything else, can be anywhere on it.

A field goes in steps from its present value: at step k it is `present + k * step`. A number that hangs on it
is held as `constant + slope * k`, give or take an error, with its least and greatest value on the span.
All of it is exact, or errs to the wide side: what is left out is certainly impossible.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import define, evolve, field, frozen

from postloan_rules.expressions import compare, equal, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "ANYTHING",
    "Anything",
    "Choice",
    "Number",
    "Span",
    "Truths",
    "among",
    "exactly",
    "hull",
    "options",
    "truths",
]

Truths: TypeAlias = "frozenset[bool | None]"

_DIGITS = 34
_ZERO = Fraction(0)
# Twice what rounding to 34 digits can change, as a share of the value.
_ROUNDING = Fraction(2, 10**_DIGITS)
_MOST_OPTIONS = 12


@frozen(eq=False)
class Anything:
    """A value of which nothing is known."""


ANYTHING: Final = Anything()


@frozen(eq=False)
class Choice:
    """One of a few values; None among them is unknown."""

    options: tuple[object, ...]


@frozen(eq=False, slots=True)
class Number:
    """A number on a span: `constant + slope * k`, and an error between `below` and `above`."""

    constant: Fraction
    slope: Fraction
    below: Fraction
    above: Fraction
    least: Fraction
    greatest: Fraction
    decimals: int | None
    """At most so many decimals at every step; None where there may be any number of them."""
    unknown: bool = False
    """Whether it may be unknown at some step."""
    quotient: tuple[Number, Number] | None = None
    """What it is the quotient of, where both hang on the field."""

    @property
    def fixed(self) -> Fraction | None:
        """Its one value, where it has the same at every step."""
        return self.constant if not self.slope and self.below == self.above == 0 else None


@lru_cache(maxsize=4096)
def exactly(value: Decimal) -> Number:
    """A number that is the same at every step."""
    number = Fraction(value)
    exponent = value.as_tuple().exponent
    decimals = max(-exponent, 0) if isinstance(exponent, int) else None
    return Number(number, _ZERO, _ZERO, _ZERO, number, number, decimals)


@define(eq=False)
class Span:
    """The steps from `first` to `last`, the arithmetic of numbers on them, and where conditions may turn."""

    first: int
    last: int
    turns: set[int] = field(factory=set)
    """Steps at or just before which a comparison that is not decided on the whole span changes."""

    def field(self, present: Fraction, step: Fraction, decimals: int) -> Number:
        """The field itself."""
        return self._made(present, step, _ZERO, _ZERO, decimals)

    def _made(  # noqa: PLR0913 - the parts of a number
        self,
        constant: Fraction,
        slope: Fraction,
        below: Fraction,
        above: Fraction,
        decimals: int | None,
        *,
        least: Fraction | None = None,
        greatest: Fraction | None = None,
        unknown: bool = False,
    ) -> Number:
        ends = (constant + slope * self.first, constant + slope * self.last)
        low, high = min(ends) + below, max(ends) + above
        low = low if least is None else max(low, least)
        high = high if greatest is None else min(high, greatest)
        most = max(abs(low), abs(high))
        if decimals is None or (most and len(str(int(most))) + decimals > _DIGITS):
            error = most * _ROUNDING
            below, above, low, high, decimals = below - error, above + error, low - error, high + error, None
        return Number(constant, slope, below, above, low, high, decimals, unknown)

    def _between(self, least: Fraction, greatest: Fraction, decimals: int | None, *, unknown: bool) -> Number:
        """A number of which only the ends are known."""
        return self._made(_ZERO, _ZERO, least, greatest, decimals, unknown=unknown)

    # Arithmetic

    def add(self, left: Number, right: Number) -> Number:
        """The sum."""
        return self._made(
            left.constant + right.constant,
            left.slope + right.slope,
            left.below + right.below,
            left.above + right.above,
            _most(left.decimals, right.decimals),
            least=left.least + right.least,
            greatest=left.greatest + right.greatest,
            unknown=left.unknown or right.unknown,
        )

    def negate(self, value: Number) -> Number:
        """The number with the other sign."""
        return Number(
            -value.constant,
            -value.slope,
            -value.above,
            -value.below,
            -value.greatest,
            -value.least,
            value.decimals,
            value.unknown,
        )

    def subtract(self, left: Number, right: Number) -> Number:
        """The difference."""
        return self.add(left, self.negate(right))

    def multiply(self, left: Number, right: Number) -> Number:
        """The product; of two numbers that both hang on the field, only the ends are kept."""
        decimals = None if left.decimals is None or right.decimals is None else left.decimals + right.decimals
        unknown = left.unknown or right.unknown
        if left.fixed is not None:
            left, right = right, left
        factor = right.fixed
        if factor is not None:
            return self._scaled(left, factor, decimals, unknown=unknown)
        corners = [
            one * other for one in (left.least, left.greatest) for other in (right.least, right.greatest)
        ]
        return self._between(min(corners), max(corners), decimals, unknown=unknown)

    def _scaled(self, value: Number, factor: Fraction, decimals: int | None, *, unknown: bool) -> Number:
        errors = sorted((value.below * factor, value.above * factor))
        ends = sorted((value.least * factor, value.greatest * factor))
        return self._made(
            value.constant * factor,
            value.slope * factor,
            errors[0],
            errors[1],
            decimals,
            least=ends[0],
            greatest=ends[1],
            unknown=unknown,
        )

    def divide(self, left: Number, right: Number) -> Number | Anything | None:
        """The quotient; unknown where the divisor is zero."""
        if right.fixed == 0:
            return None
        if right.least <= 0 <= right.greatest:
            self._turn(right)
            return ANYTHING
        unknown = left.unknown or right.unknown
        if right.fixed is not None:
            return self._scaled(left, 1 / right.fixed, None, unknown=unknown)
        corners = [
            one / other for one in (left.least, left.greatest) for other in (right.least, right.greatest)
        ]
        found = self._between(min(corners), max(corners), None, unknown=unknown)
        return evolve(found, quotient=(left, right))

    def rounded(self, value: Number, unit: Fraction, mode: Literal["down", "up", "near"]) -> Number:
        """Rounded to a multiple of a unit: to the one below, the one above, or either."""
        below = _ZERO if mode == "up" else -unit
        above = _ZERO if mode == "down" else unit
        low = (ceil if mode == "up" else floor)(value.least / unit) * unit
        high = (floor if mode == "down" else ceil)(value.greatest / unit) * unit
        return self._made(
            value.constant,
            value.slope,
            value.below + below,
            value.above + above,
            _most(value.decimals, _decimals_of(unit)),
            least=low,
            greatest=high,
            unknown=value.unknown,
        )

    def larger(self, left: Number, right: Number) -> Number:
        """The larger of two numbers."""
        unknown = left.unknown or right.unknown
        gap = self.subtract(right, left)
        if not unknown and gap.greatest <= 0:
            return left
        if not unknown and gap.least >= 0:
            return right
        self._turn(gap)
        if right.slope and not left.slope:
            left, right, gap = right, left, self.negate(gap)
        return self._made(
            left.constant,
            left.slope,
            left.below,
            left.above + max(gap.greatest, _ZERO),
            _most(left.decimals, right.decimals),
            least=max(left.least, right.least),
            greatest=max(left.greatest, right.greatest),
            unknown=unknown,
        )

    def smaller(self, left: Number, right: Number) -> Number:
        """The smaller of two numbers."""
        return self.negate(self.larger(self.negate(left), self.negate(right)))

    def joined(self, numbers: Sequence[Number], *, unknown: bool) -> Number:
        """A number that is one of these."""
        first = numbers[0]
        decimals: int | None = first.decimals
        for each in numbers[1:]:
            decimals = _most(decimals, each.decimals)
        unknown = unknown or any(each.unknown for each in numbers)
        least = min(each.least for each in numbers)
        greatest = max(each.greatest for each in numbers)
        if any((each.constant, each.slope) != (first.constant, first.slope) for each in numbers):
            return self._between(least, greatest, decimals, unknown=unknown)
        return self._made(
            first.constant,
            first.slope,
            min(each.below for each in numbers),
            max(each.above for each in numbers),
            decimals,
            least=least,
            greatest=greatest,
            unknown=unknown,
        )

    # Comparison

    def compared(self, operator: str, left: object, right: object) -> Truths:
        """The truth values that a comparison can have."""
        if isinstance(left, Anything) or isinstance(right, Anything):
            return frozenset({True, False, None})
        found: set[bool | None] = set()
        for one in options(left):
            for other in options(right):
                found |= self._one_compared(operator, one, other)
        return frozenset(found)

    def _one_compared(self, operator: str, left: object, right: object) -> set[bool | None]:
        if not isinstance(left, Number) and not isinstance(right, Number):
            return {_compared(operator, left, right)}
        ours, theirs = as_number(left), as_number(right)
        if ours is None or theirs is None:
            return {None}
        gap = self._gap(ours, theirs)
        found = self._signed(operator, gap)
        if ours.unknown or theirs.unknown:
            found.add(None)
        return found

    def _gap(self, left: Number, right: Number) -> Number:
        """A number with the sign of the difference: for a quotient, one that goes in a straight line."""
        if left.quotient is not None and right.fixed is not None:
            above, below = left.quotient
            product = self._scaled(below, right.fixed, None, unknown=False)
            gap = self.subtract(above, product)
            return gap if below.least > 0 else self.negate(gap)
        if right.quotient is not None and left.fixed is not None:
            return self.negate(self._gap(right, left))
        return self.subtract(left, right)

    def _signed(self, operator: str, gap: Number) -> set[bool | None]:
        """Whether the gap is above, at or below zero, as the operator asks."""
        signs = set()
        if gap.least < 0:
            signs.add(-1)
        if gap.greatest > 0:
            signs.add(1)
        if gap.least <= 0 <= gap.greatest:
            signs.add(0)
        found: set[bool | None] = {_SIGNS[operator](sign) for sign in signs}
        if len(found) > 1:
            self._turn(gap)
        return found

    def _turn(self, gap: Number) -> None:
        """Note where a number crosses zero."""
        if not gap.slope:
            return
        for error in (gap.below, gap.above):
            step = floor(-(gap.constant + error) / gap.slope)
            for each in (step, step + 1):
                if self.first < each <= self.last:
                    self.turns.add(each)


_SIGNS: dict[str, Callable[[int], bool]] = {
    "=": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def _compared(operator: str, left: object, right: object) -> bool | None:
    if operator in ("=", "!="):
        found = equal(left, right)
        return found if found is None or operator == "=" else not found
    order = compare(left, right)
    return None if order is None else _SIGNS[operator](order)


def as_number(value: object) -> Number | None:
    """The number that a value is, if it is one."""
    if isinstance(value, Number):
        return value
    return exactly(value) if isinstance(value, Decimal) else None


def options(value: object) -> tuple[object, ...]:
    """The values that it can be; a number with all it can be is one of them."""
    return value.options if isinstance(value, Choice) else (value,)


def truths(value: object) -> Truths:
    """The truth values that it can have; anything but true and false counts as unknown."""
    if isinstance(value, bool):
        return frozenset({value})
    if isinstance(value, Anything):
        return frozenset({True, False, None})
    return frozenset(each if isinstance(each, bool) else None for each in options(value))


def among(found: Truths) -> object:
    """A value with these truth values."""
    return next(iter(found)) if len(found) == 1 else Choice(tuple(found))


def hull(values: Iterable[object], span: Span) -> object:
    """A value that is one of these."""
    found: list[object] = []
    for value in values:
        if isinstance(value, Anything):
            return ANYTHING
        for each in options(value):
            if isinstance(each, Number) or not any(
                not isinstance(other, Number) and same(each, other) for other in found
            ):
                found.append(each)
    numbers = [number for each in found if (number := as_number(each)) is not None]
    if any(isinstance(each, Number) for each in found):
        if all(each is None or as_number(each) is not None for each in found):
            return span.joined(numbers, unknown=len(numbers) < len(found))
        return ANYTHING
    if len(found) == 1:
        return found[0]
    return Choice(tuple(found)) if len(found) <= _MOST_OPTIONS else ANYTHING


def _most(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else max(left, right)


def _decimals_of(unit: Fraction) -> int:
    count = 0
    while (unit * 10**count).denominator != 1:
        count += 1
    return count
