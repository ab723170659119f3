"""Exact numbers in SQL: how many digits a result has, and the casts that keep an engine from cutting it.

DuckDB multiplies two DECIMALs of up to 18 digits within 18 digits, and Spark drops decimals where 38 digits
do not suffice: both only where the operands' types are wider than they need be. So operands are cast to what
the numbers need, results stay within the evaluator's 34 digits, and no engine ever has to cut.
"""

from __future__ import annotations

from decimal import Decimal, Inexact

from attrs import evolve
from sqlglot import exp

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.portfolio.sql.column import MOST_DIGITS, Exact, Part
from postloan_rules.portfolio.sql.tree import (
    Sql,
    binary,
    call,
    case,
    cast,
    coalesce,
    false,
    negative,
    number,
    try_cast,
)

__all__ = [
    "BIGINT_DIGITS",
    "WIDEST",
    "above_zero",
    "absolute_part",
    "added",
    "as_decimal",
    "common_form",
    "constant_part",
    "either_sign",
    "exact_of",
    "fitted",
    "in_form",
    "multiplied",
    "narrowed",
    "negated_part",
    "reciprocal",
    "sql_type",
]

BIGINT_DIGITS = 18
WIDEST = 37
"""A product of so many digits is exact in every engine (Spark needs one more for the type of a product)."""
_LEAST_WHOLE = 11
"""An operand is narrowed (and doubted above) only where this many digits before its point are left."""


def exact_of(value: Decimal) -> Exact:
    """The digits that a number needs."""
    _, digits, exponent = value.normalize(CONTEXT).as_tuple()
    power = exponent if isinstance(exponent, int) else 0
    if power >= 0:
        count = len(digits) + power
        return Exact(count, integer=count <= BIGINT_DIGITS)
    return Exact(max(len(digits), -power), -power)


def constant_part(value: Decimal) -> Part:
    """A number that is the same in every row."""
    shown = value.normalize(CONTEXT)
    return Part(number(shown), exact_of(value), shown)


def sql_type(exact: Exact) -> str:
    """The engine's type for a number of this form."""
    return "BIGINT" if exact.integer else f"DECIMAL({max(exact.digits, exact.scale, 1)}, {exact.scale})"


def in_form(part: Part, form: Exact) -> Sql:
    """The number in a form that has room for it."""
    if part.constant is None and (part.exact == form or (part.exact.integer and form.integer)):
        return part.sql
    if part.constant is not None and form.integer:
        return part.sql
    return cast(part.sql, sql_type(form))


def as_decimal(part: Part) -> Part:
    """The number as a DECIMAL of just its own digits."""
    if not part.exact.integer and part.constant is None:
        return part
    form = evolve(part.exact, integer=False)
    return Part(cast(part.sql, sql_type(form)), form)


def common_form(forms: list[Exact]) -> Exact:
    """The form that has room for numbers of all these forms."""
    scale = max(form.scale for form in forms)
    whole = max(form.whole_digits for form in forms)
    digits = max(whole + scale, 1)
    integer = all(form.integer for form in forms) and digits <= BIGINT_DIGITS
    return Exact(digits, scale, integer, tick=forms[0].tick)


def added(shape: type[exp.Binary], left: Part, right: Part) -> Part | None:
    """The sum or difference; None where it may have more digits than the evaluator keeps."""
    both = common_form([left.exact, right.exact])
    form = evolve(both, digits=both.digits + 1, integer=both.integer and both.digits < BIGINT_DIGITS)
    if form.digits > MOST_DIGITS:
        return None
    ours, theirs = (
        cast(part.sql, "BIGINT") if form.integer else in_form(part, evolve(form, integer=False))
        for part in (left, right)
    )
    made = binary(shape, ours, theirs)
    return Part(made if form.integer else cast(made, sql_type(form)), form)


def multiplied(left: Part, right: Part, limit: int = MOST_DIGITS) -> Part | None:
    """The product; None where it may have more digits than `limit`."""
    ours, theirs = left.exact, right.exact
    digits, scale = ours.digits + theirs.digits, ours.scale + theirs.scale
    if digits > limit or scale > WIDEST:
        return None
    form = Exact(digits, scale, ours.integer and theirs.integer and digits <= BIGINT_DIGITS)
    if form.integer:
        return Part(binary(exp.Mul, cast(left.sql, "BIGINT"), cast(right.sql, "BIGINT")), form)
    first, second = as_decimal(left), as_decimal(right)
    wide = first.sql
    if digits > BIGINT_DIGITS and max(ours.digits, theirs.digits) <= BIGINT_DIGITS:
        # An operand of more than 18 digits, so that the product is worked out in more than 64 bits.
        wide = cast(first.sql, sql_type(Exact(max(BIGINT_DIGITS + 1, ours.digits), ours.scale)))
    return Part(cast(binary(exp.Mul, wide, second.sql), sql_type(form)), form)


def narrowed(part: Part, digits: int) -> tuple[Part, Sql | None] | None:
    """The number in fewer digits, and where it does not fit: there it is unknown, and in doubt.

    None where too few digits would be left for the numbers that occur.
    """
    if part.exact.digits <= digits:
        return part, None
    whole = digits - part.exact.scale
    if whole < _LEAST_WHOLE:
        return None
    form = Exact(digits, part.exact.scale)
    past = binary(exp.GTE, call("abs", part.sql), number(Decimal(10) ** whole))
    return Part(try_cast(part.sql, sql_type(form)), form), coalesce(past, false())


def fitted(left: Part, right: Part, limit: int) -> tuple[Part, Part, Sql | None] | None:
    """Both numbers in so few digits that their product has at most `limit`; and where they do not fit."""
    excess = left.exact.digits + right.exact.digits - limit
    if excess <= 0:
        return left, right, None
    if left.exact.whole_digits >= right.exact.whole_digits:
        found = narrowed(left, left.exact.digits - excess)
        return None if found is None else (found[0], right, found[1])
    found = narrowed(right, right.exact.digits - excess)
    return None if found is None else (left, found[0], found[1])


def negated_part(part: Part) -> Part:
    """The number with the other sign."""
    if isinstance(part.constant, Decimal):
        return constant_part(part.constant.copy_negate())
    sql = cast(part.sql, "BIGINT") if part.exact.integer else part.sql
    return Part(negative(sql), part.exact)


def absolute_part(part: Part) -> Part:
    """The number without its sign."""
    if isinstance(part.constant, Decimal):
        return constant_part(part.constant.copy_abs())
    sql = cast(part.sql, "BIGINT") if part.exact.integer else part.sql
    return Part(call("abs", sql), part.exact)


def reciprocal(value: Decimal) -> Decimal | None:
    """One over the number, where that is exact in 34 digits."""
    context = CONTEXT.copy()
    context.clear_flags()
    found = context.divide(Decimal(1), value)
    short = not context.flags[Inexact] and len(found.as_tuple().digits) <= BIGINT_DIGITS
    return found if short else None


def either_sign(part: Part, divisor: Part) -> Part:
    """The dividend with the sign that it has over the divisor without its sign."""
    turned = negated_part(part)
    form = evolve(part.exact, integer=part.exact.integer)
    below = binary(exp.LT, divisor.sql, number(0))
    return Part(case([(below, in_form(turned, form))], in_form(part, form)), form)


def above_zero(divisor: Part) -> Part:
    """The divisor without its sign; unknown where it is zero."""
    size = absolute_part(divisor)
    return Part(call("nullif", size.sql, number(0)), divisor.exact)
