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
    added,
    as_decimal,
    constant_part,
    in_form,
    multiplied,
    narrowed,
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
    """The whole number at or below a quotient, what the numerator has above it, and where that is unsure."""
    limit = WIDEST - _SURE - 2
    top = narrowed(quotient.numerator, min(quotient.numerator.exact.digits, 31))
    below = narrowed(quotient.denominator, limit)
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
    rest = added(exp.Sub, over, product)
    if rest is None:
        scale = max(over.exact.scale, product.exact.scale)
        whole = max(over.exact.whole_digits, product.exact.whole_digits)
        if whole + scale + 1 > WIDEST:
            return None
        wide = Exact(whole + scale + 1, scale)
        rest = Part(cast(binary(exp.Sub, in_form(over, wide), in_form(product, wide)), sql_type(wide)), wide)
    # The DOUBLE may be off by one whole number, either way; the exact remainder tells.
    down, up = binary(exp.LT, rest.sql, number(0)), binary(exp.GTE, rest.sql, under.sql)
    one = number(1)
    floor = case([(down, binary(exp.Sub, guess.sql, one)), (up, binary(exp.Add, guess.sql, one))], guess.sql)
    left = case(
        [(down, binary(exp.Add, rest.sql, under.sql)), (up, binary(exp.Sub, rest.sql, under.sql))], rest.sql
    )
    whole_form = Exact(_SURE + 2, 0)
    doubts = [far, *(each for each in (past, past_too) if each is not None)]
    return (
        Part(cast(floor, sql_type(whole_form)), whole_form),
        Part(left, rest.exact),
        any_sql(doubts),
    )


def _quotient(quotient: Quotient, scale: int, mode: str) -> tuple[Part, Sql] | None:
    moved = quotient
    if scale:
        factor = constant_part(Decimal(10) ** abs(scale))
        part = multiplied(quotient.numerator if scale > 0 else quotient.denominator, factor, 31)
        if part is None:
            return None
        moved = Quotient(part, quotient.denominator) if scale > 0 else Quotient(quotient.numerator, part)
    found = floored(moved)
    if found is None:
        return None
    low, rest, doubt = found
    under = moved.denominator.sql
    high = binary(exp.Add, low.sql, number(1))
    whole = equals(rest.sql, number(0))
    below = binary(exp.LT, moved.numerator.sql, number(0))
    twice = binary(exp.Add, rest.sql, rest.sql)
    match mode:
        case str() if mode == ROUND_FLOOR:
            up: Sql = false()
        case str() if mode == ROUND_CEILING:
            up = exp.Not(this=exp.Paren(this=whole))
        case str() if mode == ROUND_DOWN:
            up = all_sql([below, exp.Not(this=exp.Paren(this=whole))])
        case str() if mode == ROUND_UP:
            up = all_sql(
                [binary(exp.GTE, moved.numerator.sql, number(0)), exp.Not(this=exp.Paren(this=whole))]
            )
        case str() if mode == ROUND_HALF_UP:
            up = case([(below, binary(exp.GT, twice, under))], binary(exp.GTE, twice, under))
        case str() if mode == ROUND_HALF_DOWN:
            up = case([(below, binary(exp.GTE, twice, under))], binary(exp.GT, twice, under))
        case _:
            odd = binary(exp.NEQ, binary(exp.Mod, low.sql, number(2)), number(0))
            up = any_sql([binary(exp.GT, twice, under), all_sql([equals(twice, under), odd])])
    form = Exact(low.exact.digits + 1, 0)
    steps = Part(cast(case([(up, high)], low.sql), sql_type(form)), form)
    made = _back(steps, scale)
    return None if made is None else (made, doubt)
