"""Functions of numbers: rounding and remainders. Roots, powers of e and logarithms are not exact in SQL."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import BOOLEAN
from postloan_rules.portfolio.sql.column import Column, Exact, Quotient, doubts
from postloan_rules.portfolio.sql.numbers import absolute, divide, exact, multiply, number_column, subtract
from postloan_rules.portfolio.sql.rounding import floored, rounded
from postloan_rules.portfolio.sql.temporal import is_duration
from postloan_rules.portfolio.sql.tree import any_sql, equals, number

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations

__all__ = ["NUMBERS"]

_FURTHEST = 30
"""A scale further from 0 than this is left to the evaluator."""


def _rounding(mode: str) -> Translation:
    def translated(call: Calling) -> Column:
        value, *scale = call.arguments
        if value.empty or any(each.empty for each in scale):
            return call.nothing()
        digits = call.whole(scale[0]) if scale else 0
        if digits is None:
            raise call.refused("with a computed scale")
        made = rounded(value, digits, mode, call.type) if abs(digits) <= _FURTHEST else None
        if made is None:
            raise call.refused("of this number")
        return made

    return translated


def _abs(call: Calling) -> Column:
    value = call.arguments[0]
    if value.empty:
        return call.nothing()
    made = absolute(value, value.type)
    return evolve(made, constant=None) if is_duration(value.type) else made


def _modulo(call: Calling) -> Column:
    dividend, divisor = call.arguments
    if dividend.empty or divisor.empty:
        return call.nothing()
    return _rest(call, dividend, divisor)


def _rest(call: Calling, dividend: Column, divisor: Column) -> Column:
    """What is left of a division, with the sign of the divisor: a - b * floor(a / b)."""
    call.exact(dividend)
    call.exact(divisor)
    if isinstance(divisor.constant, Decimal) and not divisor.constant:
        return call.nothing()
    quotient = divide(dividend, divisor, call.type)
    if isinstance(quotient.number, Exact):
        low = rounded(quotient, 0, ROUND_FLOOR, call.type)
        doubt = None
    elif isinstance(quotient.number, Quotient):
        found = floored(quotient.number)
        low = None if found is None else number_column(found[0], call.type, unknown=True)
        doubt = None if found is None else found[2]
    else:
        low, doubt = None, None
    if low is None:
        raise call.refused("of these numbers")
    rest = subtract(dividend, multiply(divisor, low, call.type), call.type)
    if not isinstance(rest.number, Exact):
        raise call.refused("of numbers with so many digits")
    found_doubts = [each for each in (doubts([dividend, divisor, rest]), doubt) if each is not None]
    return evolve(rest, unknown=True, doubt=any_sql(found_doubts) if found_doubts else None)


def _leaves(rest: int) -> Translation:
    def translated(call: Calling) -> Column:
        value = call.arguments[0]
        if value.empty:
            return call.nothing()
        two = call.literal(Decimal(2))
        left = _rest(call, value, evolve(two, type=value.type))
        sql = equals(exact(left).sql, number(rest))
        return Column(sql, BOOLEAN, None, left.doubt, value.unknown)

    return translated


NUMBERS: Translations = {
    "abs": _abs,
    "floor": _rounding(ROUND_FLOOR),
    "ceiling": _rounding(ROUND_CEILING),
    "decimal": _rounding(ROUND_HALF_EVEN),
    "round up": _rounding(ROUND_UP),
    "round down": _rounding(ROUND_DOWN),
    "round half up": _rounding(ROUND_HALF_UP),
    "round half down": _rounding(ROUND_HALF_DOWN),
    "modulo": _modulo,
    "even": _leaves(0),
    "odd": _leaves(1),
}
