"""Rounding, exactly: of exact numbers, and of quotients by way of their remainder."""

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

from sqlglot import exp

from postloan_rules.portfolio.sql.column import Approximate, Column, Exact, Part, Quotient
from postloan_rules.portfolio.sql.exactness import (
    BIGINT_DIGITS,
    WIDEST,
    absolute_part,
    added,
    as_decimal,
    constant_part,
    in_form,
    multiplied,
    narrowed,
    negated_part,
    sql_type,
)
from postloan_rules.portfolio.sql.numbers import approximate, exact, number_column
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    call,
    case,
    cast,
    coalesce,
    equals,
    false,
    negative,
    number,
    try_cast,
)

if TYPE_CHECKING:
    from postloan_rules.expressions import Type

__all__ = ["floored", "rounded"]

_SURE = 15
"""A DOUBLE quotient with so many digits before its point is at most one off the whole number below it."""


def rounded(column: Column, scale: int, mode: str, type_: Type) -> Column | None:
    """The number rounded to so many decimals (tens, hundreds … below 0); None where that can't be exact."""
    match column.number:
        case Exact():
            made = _exact(exact(column), scale, mode)
            return None if made is None else _result(made, type_, column, None)
        case Quotient():
            found = _quotient(column.number, scale, mode)
            found = found or _rough(column, scale, mode)
            return None if found is None else _result(found[0], type_, column, found[1])
        case Approximate():
            found = _rough(column, scale, mode)
            return None if found is None else _result(found[0], type_, column, found[1])
        case _:
            return None


def _rough(column: Column, scale: int, mode: str) -> tuple[Part, Sql] | None:
    """A DOUBLE rounded; in doubt where it is as near to where the result changes as it may be off."""
    value, error = approximate(column)
    factor = cast(number(Decimal(10) ** scale if scale > 0 else Decimal(1).scaleb(scale)), "DOUBLE")
    tiny = cast(exp.Literal.number("1e-14"), "DOUBLE")
    units = binary(exp.Mul, value, factor) if scale else value
    slack = binary(exp.Add, binary(exp.Mul, error, factor), binary(exp.Mul, call("abs", units), tiny))
    nearest = binary(exp.Sub, units, cast(number(Decimal("0.5")), "DOUBLE")) if "HALF" in mode else units
    gap = call("abs", binary(exp.Sub, nearest, call("round", nearest)))
    far = binary(exp.GTE, call("abs", units), cast(number(10**_SURE), "DOUBLE"))
    unsure = exp.Not(this=exp.Paren(this=binary(exp.GT, gap, slack)))
    low, high = call("floor", units), call("ceil", units)
    below = binary(exp.LT, units, cast(number(0), "DOUBLE"))
    match mode:
        case str() if mode == ROUND_FLOOR:
            steps = low
        case str() if mode == ROUND_CEILING:
            steps = high
        case str() if mode == ROUND_DOWN:
            steps = case([(below, high)], low)
        case str() if mode == ROUND_UP:
            steps = case([(below, low)], high)
        case _:
            steps = call("round", units)
    form = Exact(_SURE + 1, 0)
    made = _back(Part(try_cast(steps, sql_type(form)), form), scale)
    return None if made is None else (made, coalesce(any_sql([far, unsure]), false()))


def _result(part: Part, type_: Type, column: Column, doubt: Sql | None) -> Column:
    doubts = [each for each in (column.doubt, doubt) if each is not None]
    return number_column(
        part, type_, unknown=column.unknown or bool(doubts), doubt=any_sql(doubts) if doubts else None
    )


def _exact(part: Part, scale: int, mode: str) -> Part | None:
    form = part.exact
    if form.scale <= scale:
        return part
    if form.whole_digits + scale < 0:
        return None
    # So many units of the last place that is kept: a number with the same digits, its point moved.
    shift = form.scale - scale
    held = as_decimal(part)
    digits = max(form.digits, shift)
    if scale:
        factor = constant_part(Decimal(10) ** scale if scale > 0 else Decimal(1).scaleb(scale))
        moved = multiplied(held, factor, WIDEST)
        if moved is None:
            return None
        held = Part(cast(moved.sql, sql_type(Exact(digits, shift))), Exact(digits, shift))
    whole = Exact(digits - shift + 1, 0)
    steps = cast(_steps(held.sql, mode), sql_type(whole))
    return _back(Part(steps, whole), scale)


def _steps(units: Sql, mode: str) -> Sql:
    """The whole number that a DECIMAL is rounded to."""
    low, high = call("floor", units), call("ceil", units)
    below = binary(exp.LT, units, number(0))
    half = number(Decimal("0.5"))
    match mode:
        case str() if mode == ROUND_FLOOR:
            return low
        case str() if mode == ROUND_CEILING:
            return high
        case str() if mode == ROUND_DOWN:
            return case([(below, high)], low)
        case str() if mode == ROUND_UP:
            return case([(below, low)], high)
    gap = binary(exp.Sub, units, low)
    if mode == ROUND_HALF_UP:
        up = case([(below, binary(exp.GT, gap, half))], binary(exp.GTE, gap, half))
    elif mode == ROUND_HALF_DOWN:
        up = case([(below, binary(exp.GTE, gap, half))], binary(exp.GT, gap, half))
    elif mode == ROUND_HALF_EVEN:
        odd = binary(exp.NEQ, binary(exp.Mod, low, number(2)), number(0))
        up = any_sql([binary(exp.GT, gap, half), all_sql([equals(gap, half), odd])])
    else:
        raise ValueError(mode)
    return case([(up, high)], low)


def _back(steps: Part, scale: int) -> Part | None:
    """So many units of the last place as the number that they are."""
    if not scale:
        digits = steps.exact.digits
        if digits <= BIGINT_DIGITS:
            form = Exact(digits, integer=True)
            return Part(cast(steps.sql, "BIGINT"), form)
        return steps
    return multiplied(steps, constant_part(Decimal(1).scaleb(-scale)), 34)


def floored(quotient: Quotient) -> tuple[Part, Part, Sql] | None:
    """The whole number at or below a quotient, how far that may be below, and where all of it is unsure.

    The second is the dividend less the divisor times a guess: 0, or the divisor, for a whole quotient.
    """
    top = narrowed(quotient.numerator, min(quotient.numerator.exact.digits, 31))
    below = narrowed(quotient.denominator, WIDEST - _SURE - 2)
    if top is None or below is None:
        return None
    (over, past), (under, past_too) = top, below
    rough = binary(exp.Div, cast(over.sql, "DOUBLE"), cast(under.sql, "DOUBLE"))
    form = Exact(_SURE + 1, 0)
    guess = Part(try_cast(call("floor", rough), sql_type(form)), form)
    far = coalesce(binary(exp.GTE, call("abs", rough), cast(number(10**_SURE), "DOUBLE")), false())
    product = multiplied(guess, under, WIDEST)
    if product is None:
        return None
    scale = max(over.exact.scale, product.exact.scale)
    whole = max(over.exact.whole_digits, product.exact.whole_digits)
    if whole + scale + 1 > WIDEST:
        return None
    wide = Exact(whole + scale + 1, scale)
    rest = cast(binary(exp.Sub, in_form(over, wide), in_form(product, wide)), sql_type(wide))
    # The DOUBLE may be off by one whole number, either way; the exact remainder tells.
    step = case(
        [
            (binary(exp.LT, rest, number(0)), number(-1)),
            (binary(exp.GTE, rest, under.sql), number(1)),
        ],
        number(0),
    )
    found = Exact(_SURE + 2, 0)
    low = Part(cast(binary(exp.Add, guess.sql, step), sql_type(found)), found)
    doubts = [far, *(each for each in (past, past_too) if each is not None)]
    return low, Part(rest, wide), any_sql(doubts)


def _quotient(quotient: Quotient, scale: int, mode: str) -> tuple[Part, Sql] | None:
    over, under = quotient.numerator, quotient.denominator
    if scale:
        factor = constant_part(Decimal(10) ** abs(scale))
        moved = multiplied(over if scale > 0 else under, factor, 31)
        if moved is None:
            return None
        over, under = (moved, under) if scale > 0 else (over, moved)
    # Each way of rounding is one floor: of the quotient, of it turned, or of it and a half.
    signed = mode in (ROUND_DOWN, ROUND_UP, ROUND_HALF_UP, ROUND_HALF_DOWN)
    size = absolute_part(over) if signed else over
    halved = "HALF" in mode
    turned = mode in (ROUND_CEILING, ROUND_UP, ROUND_HALF_DOWN)
    if turned:
        size = negated_part(size)
    if halved:
        two = constant_part(Decimal(2))
        twice, below = multiplied(size, two, 31), multiplied(under, two, 31)
        more = None if twice is None else added(exp.Add, twice, under)
        if more is None or below is None:
            return None
        size, under = more, below
    found = floored(Quotient(size, under))
    if found is None:
        return None
    low, rest, doubt = found
    steps = low.sql
    if mode == ROUND_HALF_EVEN:
        odd = binary(exp.NEQ, binary(exp.Mod, steps, number(2)), number(0))
        # Where the guess was one too low, the whole divisor is left of a whole quotient.
        whole = any_sql([equals(rest.sql, number(0)), equals(rest.sql, under.sql)])
        tie = all_sql([whole, odd])
        steps = case([(tie, binary(exp.Sub, steps, number(1)))], steps)
    negative_steps = negative(steps)
    if signed:
        minus = binary(exp.LT, over.sql, number(0))
        pair = (steps, negative_steps) if turned else (negative_steps, steps)
        steps = case([(minus, pair[0])], pair[1])
    elif turned:
        steps = negative_steps
    form = Exact(low.exact.digits + 1, 0)
    made = _back(Part(cast(steps, sql_type(form)), form), scale)
    return None if made is None else (made, doubt)
