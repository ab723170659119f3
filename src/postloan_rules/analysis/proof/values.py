"""Values as formulas: a term and when it is known; truth as when it is true and when it is false.

What is not among these is left to whoever asks, by `CannotSay`: the value is then a free one of its type.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import evolve, frozen

from postloan_rules.expressions.values import Months

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ALWAYS",
    "NEVER",
    "CannotSay",
    "Formula",
    "Known",
    "Listing",
    "Record",
    "Span",
    "Symbol",
    "Truth",
    "all_of",
    "any_of",
    "both",
    "chosen",
    "compared",
    "either",
    "negated",
    "number",
    "opposite",
    "product",
    "quotient",
]

Formula: TypeAlias = z3.BoolRef
Kind: TypeAlias = Literal["number", "text", "date", "days", "months"]
"""`days` and `months` are durations; numbers of days and months are numbers."""

ALWAYS: Formula = z3.BoolVal(True)
NEVER: Formula = z3.BoolVal(False)


class CannotSay(Exception):  # noqa: N818 - no error: the value is a free one then
    """A part of the policy that has no formula."""


@frozen(eq=False)
class Truth:
    """A truth value: when it is true, and when it is false; it is unknown otherwise."""

    yes: Formula
    no: Formula

    @property
    def unknown(self) -> Formula:
        """When it is neither."""
        return opposite(either(self.yes, self.no))

    @property
    def known(self) -> Formula:
        """When it is one of the two."""
        return either(self.yes, self.no)


@frozen(eq=False)
class Known:
    """A single value: a term, when it is known, and what it is divided by, where it is a quotient.

    A quotient is rounded where it is worked out, so that it is good to be compared and no more.
    """

    kind: Kind
    term: z3.ArithRef
    known: Formula
    below: z3.ArithRef | None = None


@frozen(eq=False)
class Record:
    """A record whose fields are variables, by its path in the snapshot."""

    path: str
    known: Formula


@frozen(eq=False)
class Span:
    """A range; an end is None where it is open."""

    low: Known | None
    high: Known | None
    low_closed: bool
    high_closed: bool


@frozen(eq=False)
class Listing:
    """A list that is written out in an expression."""

    items: tuple[Symbol, ...]


Symbol: TypeAlias = Truth | Known | Record | Span | Listing | None
"""None is the unknown value as such."""


# Formulas, kept small


def both(*parts: Formula) -> Formula:
    """All of these."""
    rest = [part for part in parts if not z3.is_true(part)]
    if any(z3.is_false(part) for part in rest):
        return NEVER
    if not rest:
        return ALWAYS
    return rest[0] if len(rest) == 1 else z3.And(rest)


def either(*parts: Formula) -> Formula:
    """One of these at least."""
    rest = [part for part in parts if not z3.is_false(part)]
    if any(z3.is_true(part) for part in rest):
        return ALWAYS
    if not rest:
        return NEVER
    return rest[0] if len(rest) == 1 else z3.Or(rest)


def opposite(part: Formula) -> Formula:
    """Not this."""
    if z3.is_true(part):
        return NEVER
    if z3.is_false(part):
        return ALWAYS
    return part.arg(0) if z3.is_not(part) else z3.Not(part)


# Three truth values


def all_of(parts: Sequence[Truth]) -> Truth:
    """`and`."""
    return Truth(both(*(each.yes for each in parts)), either(*(each.no for each in parts)))


def any_of(parts: Sequence[Truth]) -> Truth:
    """`or`."""
    return Truth(either(*(each.yes for each in parts)), both(*(each.no for each in parts)))


def negated(part: Truth) -> Truth:
    """`not`."""
    return Truth(part.no, part.yes)


def asked(formula: Formula, known: Formula) -> Truth:
    """Whether the formula holds, where that is known."""
    return Truth(both(known, formula), both(known, opposite(formula)))


# Single values


def number(value: object) -> z3.ArithRef:
    """A number as a term."""
    if isinstance(value, Decimal | int | Fraction) and not isinstance(value, bool):
        exact = Fraction(value)
        return z3.Q(exact.numerator, exact.denominator)
    raise CannotSay


def literal(value: object, code: int | None = None) -> Symbol:
    """A value that is written out; `code` is the number of a text."""
    match value:
        case None:
            return None
        case bool():
            return Truth(ALWAYS if value else NEVER, NEVER if value else ALWAYS)
        case Decimal():
            return Known("number", number(value), ALWAYS)
        case dt.datetime():
            raise CannotSay
        case dt.date():
            return Known("date", z3.IntVal(value.toordinal()), ALWAYS)
        case dt.timedelta():
            days = Fraction(value // dt.timedelta(microseconds=1), 86_400_000_000)
            return Known("days", number(days), ALWAYS)
        case Months():
            return Known("months", z3.IntVal(value.months), ALWAYS)
        case str() if code is not None:
            return Known("text", z3.IntVal(code), ALWAYS)
        case _:
            raise CannotSay


def plain(value: Known) -> Known:
    """The value itself; a quotient is none that can be reckoned with."""
    if value.below is not None:
        raise CannotSay
    return value


def product(left: z3.ArithRef, right: z3.ArithRef) -> z3.ArithRef:
    """The product, where one of the two is written out, or a choice among such."""
    for one, other in ((left, right), (right, left)):
        found = _scaled(z3.simplify(one), other)
        if found is not None:
            return found
    raise CannotSay


def _scaled(factor: z3.ArithRef, term: z3.ArithRef) -> z3.ArithRef | None:
    if z3.is_rational_value(factor) or z3.is_int_value(factor):
        return factor * term
    if z3.is_app_of(factor, z3.Z3_OP_ITE):
        yes, no = _scaled(factor.arg(1), term), _scaled(factor.arg(2), term)
        return z3.If(factor.arg(0), yes, no) if yes is not None and no is not None else None
    return None


def quotient(left: Known, right: Known) -> Known:
    """The quotient; unknown where the divisor is zero."""
    above, below = plain(left), plain(right)
    known = both(above.known, below.known, below.term != 0)
    factor = z3.simplify(below.term)
    if z3.is_rational_value(factor) and _finite(factor):
        return Known("number", above.term / factor, known)
    return Known("number", above.term, known, below.term)


def _finite(factor: z3.RatNumRef) -> bool:
    """Whether dividing by it leaves few digits, so that nothing is rounded."""
    top = abs(factor.numerator_as_long())
    for prime in (2, 5):
        while top and top % prime == 0:
            top //= prime
    return bool(top == 1)


def compared(operator: str, left: Symbol, right: Symbol) -> Truth:
    """Whether `left operator right` holds."""
    if left is None or right is None:
        return Truth(NEVER, NEVER)
    if isinstance(left, Truth) and isinstance(right, Truth) and operator in ("=", "!="):
        same = either(both(left.yes, right.yes), both(left.no, right.no))
        other = either(both(left.yes, right.no), both(left.no, right.yes))
        return Truth(same, other) if operator == "=" else Truth(other, same)
    if not isinstance(left, Known) or not isinstance(right, Known) or left.kind != right.kind:
        raise CannotSay
    if left.kind == "text" and operator not in ("=", "!="):
        raise CannotSay
    if right.below is not None:
        return compared(_FLIPPED[operator], right, left)
    known = both(left.known, right.known)
    if left.below is None:
        return asked(_holds(operator, left.term, right.term), known)
    bound = product(right.term, left.below)
    above = z3.If(left.below > 0, left.term, bound)
    return asked(_holds(operator, above, z3.If(left.below > 0, bound, left.term)), known)


_FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _holds(operator: str, left: z3.ArithRef, right: z3.ArithRef) -> Formula:
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def chosen(cases: Sequence[tuple[Formula, Symbol]]) -> Symbol:
    """The value of the case whose condition holds; unknown where none does. At most one may hold."""
    known = [(guard, each) for guard, each in cases if each is not None]
    if not known:
        return None
    if all(isinstance(each, Truth) for _, each in known):
        truths = [(guard, each) for guard, each in known if isinstance(each, Truth)]
        return Truth(
            either(*(both(guard, each.yes) for guard, each in truths)),
            either(*(both(guard, each.no) for guard, each in truths)),
        )
    singles = [(guard, each) for guard, each in known if isinstance(each, Known)]
    if len(singles) < len(known) or len({each.kind for _, each in singles}) > 1:
        raise CannotSay
    whole = any(each.below is not None for _, each in singles)
    result = singles[-1][1]
    if whole and result.below is None:
        result = evolve(result, below=z3.RealVal(1))
    for guard, each in reversed(singles[:-1]):
        below = None
        if whole:
            own = each.below if each.below is not None else z3.RealVal(1)
            below = own if own is result.below else z3.If(guard, own, result.below)
        result = Known(each.kind, z3.If(guard, each.term, result.term), ALWAYS, below)
    return evolve(result, known=either(*(both(guard, each.known) for guard, each in singles)))
