"""Functions of numbers: rounding, remainders, roots and logarithms."""

from __future__ import annotations

import datetime as dt
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.arguments import number, whole
from postloan_rules.expressions.functions.results import gives, keeps_first
from postloan_rules.expressions.functions.signature import (
    BARE,
    Function,
    Parameter,
    any_unknown,
    checked,
    common,
    unlike,
)
from postloan_rules.expressions.types import ANY, BOOLEAN, NULL, NUMBER, RATIO, Variable
from postloan_rules.expressions.values import CONTEXT, Months, finite, negate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NUMBERS"]

_LEAST_SCALE, _MOST_SCALE = -6111, 6176
# The quotient of two numbers of the language has at most this many digits before its point, so that the
# remainder is exact.
_WIDE = Context(prec=12_400, Emin=-999_999, Emax=999_999, traps=[])

_N = Parameter("n", "number or amount")
_SCALE = Parameter("scale", "plain number")


def _round(value: object, scale: object, rounding: str) -> Decimal | None:
    digits = whole(scale)
    if not isinstance(value, Decimal) or digits is None or not _LEAST_SCALE <= digits <= _MOST_SCALE:
        return None
    exact = CONTEXT.plus(value)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int):
        return None
    if -exponent <= digits:
        return exact
    return finite(exact.quantize(Decimal((0, (1,), -digits)), rounding=rounding, context=CONTEXT)) or Decimal(
        0
    )


def _modulo(dividend: object, divisor: object) -> Decimal | None:
    left, right = number(dividend), number(divisor)
    if left is None or not right:
        return None
    rest = _WIDE.remainder(left, right)
    # The result has the sign of the divisor: modulo(-12, 5) is 3.
    return finite(CONTEXT.add(rest, right) if rest and (rest < 0) != (right < 0) else CONTEXT.plus(rest))


def _modulo_result(arguments: Sequence[Variable]) -> Variable | str:
    dividend, divisor = (argument.type for argument in arguments)
    if divisor in (NUMBER, RATIO, BARE, ANY, NULL) and dividend != BARE:
        return Variable(ANY if dividend == NULL else dividend, unknown=True)
    unit = common((dividend, divisor))
    return unlike("modulo", (dividend, divisor)) if unit is None else Variable(unit, unknown=True)


def _abs(value: object) -> object:
    match value:
        case Decimal():
            return finite(CONTEXT.abs(value))
        case dt.timedelta():
            return abs(value)
        case Months():
            return negate(value) if value.months < 0 else value
        case _:
            return None


def _square_root(value: object) -> Decimal | None:
    found = number(value)
    return None if found is None else finite(CONTEXT.sqrt(found))


def _logarithm(value: object) -> Decimal | None:
    found = number(value)
    return finite(CONTEXT.ln(found)) if found is not None and found > 0 else None


def _exponential(value: object) -> Decimal | None:
    found = number(value)
    return None if found is None else finite(CONTEXT.exp(found))


def _leaves(value: object, rest: int) -> bool | None:
    found = number(value)
    return None if found is None else _WIDE.abs(_WIDE.remainder(found, Decimal(2))) == rest


def _even(value: object) -> bool | None:
    return _leaves(value, 0)


def _odd(value: object) -> bool | None:
    return _leaves(value, 1)


def _rounding_result(arguments: Sequence[Variable]) -> Variable:
    # A scale written in place is a known one; a computed scale may be past what numbers can hold.
    computed = len(arguments) > 1 and arguments[1].type != BARE
    return Variable(keeps_first(arguments).type, unknown=computed or any_unknown(arguments))


def _rounding(
    name: str,
    rounding: str,
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    *,
    whole_by_default: bool = False,
) -> Function:
    def apply(value: object, scale: object = Decimal(0)) -> object:
        return _round(value, scale, rounding)

    scale = Parameter("scale", "plain number", optional=whole_by_default)
    overloads = ((_N, scale),)
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, _rounding_result),
        apply,
        unknown="the scale is below -6111 or above 6176",
    )


def _of_one(
    name: str,
    parameter: Parameter,
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    typed: Callable[[Sequence[Variable]], Variable | str],
    apply: Callable[[object], object],
    unknown: str = "",
) -> Function:
    overloads = ((parameter,),)
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, typed),
        apply,
        total=not unknown,
        unknown=unknown,
    )


_MODULO = ((Parameter("dividend", "number or amount"), Parameter("divisor", "number or amount")),)
_PLAIN = Parameter("number", "plain number")

NUMBERS: tuple[Function, ...] = (
    _of_one(
        "abs",
        Parameter("n", "number, amount or duration"),
        "the value without its sign, in its unit",
        (("abs(-10)", "10"), ('abs(duration("-P1D"))', "P1D")),
        keeps_first,
        _abs,
    ),
    _rounding(
        "floor",
        ROUND_FLOOR,
        "the nearest number below, whole or with `scale` decimals",
        (("floor(1.5)", "1"), ("floor(-1.56, 1)", "-1.6")),
        whole_by_default=True,
    ),
    _rounding(
        "ceiling",
        ROUND_CEILING,
        "the nearest number above, whole or with `scale` decimals",
        (("ceiling(1.5)", "2"), ("ceiling(-1.56, 1)", "-1.5")),
        whole_by_default=True,
    ),
    _rounding(
        "decimal",
        ROUND_HALF_EVEN,
        "rounded to `scale` decimals; a half goes to the even neighbour",
        (("decimal(0.125, 2)", "0.12"), ("decimal(0.135, 2)", "0.14"), ("decimal(1250, -2)", "1200")),
    ),
    _rounding(
        "round up",
        ROUND_UP,
        "rounded to `scale` decimals, away from zero",
        (("round up(5.21, 1)", "5.3"), ("round up(-5.5, 0)", "-6")),
    ),
    _rounding(
        "round down",
        ROUND_DOWN,
        "rounded to `scale` decimals, toward zero",
        (("round down(5.29, 1)", "5.2"), ("round down(-5.5, 0)", "-5")),
    ),
    _rounding(
        "round half up",
        ROUND_HALF_UP,
        "rounded to `scale` decimals; a half goes away from zero",
        (("round half up(5.25, 1)", "5.3"), ("round half up(-5.5, 0)", "-6")),
    ),
    _rounding(
        "round half down",
        ROUND_HALF_DOWN,
        "rounded to `scale` decimals; a half goes toward zero",
        (("round half down(5.25, 1)", "5.2"), ("round half down(-5.5, 0)", "-5")),
    ),
    Function(
        "modulo",
        _MODULO,
        "the rest of a division, with the sign of the divisor",
        (("modulo(10, 4)", "2"), ("modulo(-12, 5)", "3")),
        checked("modulo", _MODULO, _modulo_result),
        _modulo,
        unknown="the divisor is zero",
    ),
    _of_one(
        "sqrt",
        _PLAIN,
        "the square root",
        (("sqrt(16)", "4"), ("sqrt(-1)", "null")),
        gives(NUMBER, partial=True),
        _square_root,
        "the number is negative",
    ),
    _of_one(
        "exp",
        _PLAIN,
        "e to the power of the number",
        (("exp(0)", "1"),),
        gives(NUMBER, partial=True),
        _exponential,
        "the result is past the largest number",
    ),
    _of_one(
        "log",
        _PLAIN,
        "the natural logarithm",
        (("log(1)", "0"), ("log(0)", "null")),
        gives(NUMBER, partial=True),
        _logarithm,
        "the number is zero or negative",
    ),
    _of_one(
        "odd",
        _N,
        "whether a whole number is odd",
        (("odd(5)", "true"), ("odd(2)", "false")),
        gives(BOOLEAN),
        _odd,
    ),
    _of_one(
        "even",
        _N,
        "whether a whole number is even",
        (("even(4)", "true"), ("even(1)", "false")),
        gives(BOOLEAN),
        _even,
    ),
)
