"""Arithmetic: exact where the digits suffice, quotients as two numbers, else DOUBLE with its error.

The error of a DOUBLE is a bound, not an estimate: it grows with each step, and a comparison whose sides lie
nearer to each other than their errors is in doubt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrs import evolve
from sqlglot import exp

from postloan_rules.portfolio.sql.column import Approximate, Column, Exact, Part, Quotient, doubts
from postloan_rules.portfolio.sql.exactness import (
    above_zero,
    absolute_part,
    added,
    as_decimal,
    common_form,
    constant_part,
    either_sign,
    fitted,
    in_form,
    multiplied,
    negated_part,
    reciprocal,
)
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    call,
    case,
    cast,
    coalesce,
    false,
    is_known,
    negative,
    not_sql,
    null,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.expressions import Type
    from postloan_rules.portfolio.sql.dialect import Dialect

__all__ = [
    "absolute",
    "add",
    "approximate",
    "chosen",
    "compared",
    "divide",
    "exact",
    "extreme_of",
    "multiply",
    "negate",
    "number_column",
    "part_of",
    "subtract",
]

_STEP = "1e-15"
"""More than four units in the last place of a DOUBLE: above the error of one conversion or operation."""
_QUOTIENT_DIGITS = 33
"""A quotient and a number that differ do so within 34 digits while `c * b` in `a >= c * b` is this short."""


def number_column(part: Part, type_: Type, *, unknown: bool, doubt: Sql | None = None) -> Column:
    """An exact number as a value of the language."""
    return Column(part.sql, type_, part.exact, doubt, unknown, part.exact, part.constant)


def part_of(column: Column) -> Part | None:
    """The exact number that a column is; None where it is none."""
    return Part(column.sql, column.number, column.constant) if isinstance(column.number, Exact) else None


def exact(column: Column) -> Part:
    """The exact number that a column is, where that is sure."""
    part = part_of(column)
    if part is None:
        raise TypeError(f"not an exact number: {column!r}")
    return part


def _result(part: Part, type_: Type, *columns: Column, doubt: Sql | None = None) -> Column:
    extra = [] if doubt is None else [doubt]
    found = [each.doubt for each in columns if each.doubt is not None] + extra
    unknown = any(each.unknown for each in columns) or doubt is not None
    return number_column(part, type_, unknown=unknown, doubt=any_sql(found) if found else None)


# Operations


def add(left: Column, right: Column, type_: Type, *, minus: bool = False) -> Column:
    """The sum, or the difference."""
    shape = exp.Sub if minus else exp.Add
    ours, theirs = part_of(left), part_of(right)
    if ours is not None and theirs is not None:
        made = added(shape, ours, theirs)
        if made is not None:
            return _result(made, type_, left, right)
    first, second = approximate(left), approximate(right)
    value = binary(shape, first[0], second[0])
    return _rough(value, [first[1], second[1], _step(value)], type_, left, right)


def subtract(left: Column, right: Column, type_: Type) -> Column:
    """The difference."""
    return add(left, right, type_, minus=True)


def multiply(left: Column, right: Column, type_: Type) -> Column:
    """The product."""
    ours, theirs = part_of(left), part_of(right)
    if ours is not None and theirs is not None:
        found = fitted(ours, theirs, 34)
        made = None if found is None else multiplied(found[0], found[1])
        if found is not None and made is not None:
            return _result(made, type_, left, right, doubt=found[2])
    (value, off), (other, other_off) = approximate(left), approximate(right)
    product = binary(exp.Mul, value, other)
    errors = [
        binary(exp.Mul, call("abs", value), other_off),
        binary(exp.Mul, call("abs", other), off),
        binary(exp.Mul, off, other_off),
        _step(product),
    ]
    return _rough(product, errors, type_, left, right)


def divide(left: Column, right: Column, type_: Type) -> Column:
    """The quotient; unknown where the divisor is zero."""
    ours, theirs = part_of(left), part_of(right)
    if isinstance(right.constant, Decimal):
        if not right.constant:
            return Column(null(), type_)
        if right.constant == 1 and left.number is not None:
            return evolve(left, type=type_)
        inverse = reciprocal(right.constant)
        if inverse is not None and ours is not None:
            made = multiplied(ours, constant_part(inverse))
            if made is not None:
                return _result(made, type_, left)
    if ours is not None and theirs is not None:
        made_of = Quotient(either_sign(ours, theirs), above_zero(theirs))
        if isinstance(theirs.constant, Decimal):
            turned = ours if theirs.constant > 0 else negated_part(ours)
            made_of = Quotient(turned, absolute_part(theirs))
        return _quotient(made_of, type_, doubts([left, right]))
    (value, off), (other, other_off) = approximate(left), approximate(right)
    size = call("abs", other)
    near_zero = coalesce(binary(exp.LTE, size, other_off), false())
    quotient = binary(exp.Div, value, call("nullif", other, _double(number(0))))
    error = binary(
        exp.Div,
        binary(exp.Add, off, binary(exp.Mul, call("abs", quotient), other_off)),
        call("nullif", binary(exp.Sub, size, other_off), _double(number(0))),
    )
    rough = evolve(_rough(quotient, [error, _step(quotient)], type_, left, right), unknown=True)
    if theirs is not None:
        return rough  # an exact divisor is zero or not, without a doubt
    found = [near_zero] if rough.doubt is None else [rough.doubt, near_zero]
    return evolve(rough, doubt=any_sql(found))


def negate(column: Column, type_: Type) -> Column:
    """The number with the other sign."""
    match column.number:
        case Exact():
            return _result(negated_part(exact(column)), type_, column)
        case Quotient(numerator, denominator):
            return _quotient(Quotient(negated_part(numerator), denominator), type_, column.doubt)
        case _:
            value, error = approximate(column)
            return _rough(negative(value), [error], type_, column)


def absolute(column: Column, type_: Type) -> Column:
    """The number without its sign."""
    match column.number:
        case Exact():
            return _result(absolute_part(exact(column)), type_, column)
        case Quotient(numerator, denominator):
            return _quotient(Quotient(absolute_part(numerator), denominator), type_, column.doubt)
        case _:
            value, error = approximate(column)
            return _rough(call("abs", value), [error], type_, column)


def _quotient(made_of: Quotient, type_: Type, doubt: Sql | None) -> Column:
    divisor = _double(made_of.denominator.sql)
    sql = binary(exp.Div, _double(made_of.numerator.sql), divisor)
    return Column(sql, type_, made_of, doubt, unknown=True)


# DOUBLEs


def approximate(column: Column) -> tuple[Sql, Sql]:
    """The number as a DOUBLE, and how far at most that is from it."""
    match column.number:
        case Approximate(error):
            return column.sql, error
        case Quotient():
            return column.sql, binary(exp.Mul, call("abs", column.sql), _double(number(Decimal("3e-15"))))
        case _:
            value = _double(column.sql)
            return value, _step(value)


def _double(sql: Sql) -> Sql:
    return cast(sql, "DOUBLE")


def _step(value: Sql) -> Sql:
    return binary(exp.Mul, call("abs", value), _double(exp.Literal.number(_STEP)))


def _sum(parts: Sequence[Sql]) -> Sql:
    total, *rest = parts
    for each in rest:
        total = binary(exp.Add, total, each)
    return total


def _rough(value: Sql, errors: Sequence[Sql], type_: Type, *columns: Column) -> Column:
    return Column(
        value, type_, Approximate(_sum(errors)), doubts(columns), any(each.unknown for each in columns)
    )


# Comparisons


def compared(
    shape: type[exp.Binary], left: Column, right: Column, dialect: Dialect
) -> tuple[Sql, Sql | None]:
    """The comparison of two numbers, and where it is in doubt because of how near they are."""
    match left.number, right.number:
        case Exact(), Exact():
            found = _exact_comparison(shape, exact(left), exact(right))
        case Quotient(), Exact():
            found = _quotient_comparison(shape, left.number, exact(right))
        case Exact(), Quotient():
            found = _quotient_comparison(_MIRRORED[shape], right.number, exact(left))
        case Quotient(), Quotient():
            found = _two_quotients(shape, left.number, right.number)
        case _:
            found = None
    return found or _rough_comparison(shape, left, right, dialect)


_MIRRORED: dict[type[exp.Binary], type[exp.Binary]] = {
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


def _exact_comparison(shape: type[exp.Binary], left: Part, right: Part) -> tuple[Sql, Sql | None] | None:
    form = common_form([left.exact, right.exact])
    if form.digits > 38:
        return None
    if left.exact.integer is not right.exact.integer:
        # A whole number of 64 bits beside a DECIMAL would be given 19 or 20 digits by the engine.
        left, right = (each if each.constant is not None else as_decimal(each) for each in (left, right))
    return binary(shape, left.sql, right.sql), None


def _quotient_comparison(
    shape: type[exp.Binary], quotient: Quotient, other: Part
) -> tuple[Sql, Sql | None] | None:
    # The denominator is above zero: a / b >= c where a >= c * b.
    if other.constant is not None and not other.constant:
        return _known_divisor(binary(shape, quotient.numerator.sql, number(0)), quotient), None
    if quotient.denominator.constant is None and other.constant == 1:
        return _exact_comparison(shape, quotient.numerator, quotient.denominator)
    found = fitted(quotient.denominator, other, _QUOTIENT_DIGITS)
    product = None if found is None else multiplied(found[0], found[1], _QUOTIENT_DIGITS)
    if found is None or product is None:
        return None
    plain = _exact_comparison(shape, quotient.numerator, product)
    return None if plain is None else (plain[0], found[2])


def _known_divisor(comparison: Sql, quotient: Quotient) -> Sql:
    if quotient.denominator.constant is not None:
        return comparison
    return case([(is_known(quotient.denominator.sql), comparison)])


def _two_quotients(shape: type[exp.Binary], left: Quotient, right: Quotient) -> tuple[Sql, Sql | None] | None:
    pairs = [
        fitted(left.numerator, right.denominator, _QUOTIENT_DIGITS - 1),
        fitted(right.numerator, left.denominator, _QUOTIENT_DIGITS - 1),
    ]
    products = [
        None if pair is None else multiplied(pair[0], pair[1], _QUOTIENT_DIGITS - 1) for pair in pairs
    ]
    ours, theirs = products
    if ours is None or theirs is None:
        return None
    plain = _exact_comparison(shape, ours, theirs)
    past = [pair[2] for pair in pairs if pair is not None and pair[2] is not None]
    return None if plain is None else (plain[0], any_sql(past) if past else None)


def _rough_comparison(
    shape: type[exp.Binary], left: Column, right: Column, dialect: Dialect
) -> tuple[Sql, Sql]:
    (value, off), (other, other_off) = approximate(left), approximate(right)
    gap = binary(exp.Sub, value, other)
    apart = all_sql(
        [
            dialect.finite(gap),
            binary(exp.GT, call("abs", gap), binary(exp.Add, off, other_off)),
        ]
    )
    return binary(shape, value, other), coalesce(not_sql(apart), false())


# Choices


def chosen(
    branches: Sequence[tuple[Sql, Column]], otherwise: Column | None, type_: Type, *, unknown: bool
) -> Column:
    """The number of the first condition that is true, as exact as the least exact of them."""
    values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
    conditions = [condition for condition, _ in branches]
    numbers = [value for value in values if not value.empty]

    def of(parts: Sequence[Sql | None]) -> Sql:
        kept = list(zip(conditions, parts[: len(conditions)], strict=True))
        last = parts[len(conditions)] if otherwise is not None else None
        return case([(condition, each or null()) for condition, each in kept], last)

    doubt = doubts(values)
    if not numbers:
        return Column(null(), type_, doubt=doubt)
    if all(isinstance(each.number, Exact) for each in numbers):
        form = common_form([exact(each).exact for each in numbers])
        if form.digits <= 34:
            sql = of([None if each.empty else in_form(exact(each), form) for each in values])
            return Column(sql, type_, form, doubt, unknown, form)
    if all(isinstance(each.number, Exact | Quotient) for each in numbers):
        made_of = [None if each.empty else _as_quotient(each) for each in values]
        top = common_form([each.numerator.exact for each in made_of if each is not None])
        below = common_form([each.denominator.exact for each in made_of if each is not None])
        if max(top.digits, below.digits) <= 34:
            over = of([None if each is None else in_form(each.numerator, top) for each in made_of])
            under = of([None if each is None else in_form(each.denominator, below) for each in made_of])
            return _quotient(Quotient(Part(over, top), Part(under, below)), type_, doubt)
    rough = [None if each.empty else approximate(each) for each in values]
    sql = of([None if each is None else each[0] for each in rough])
    error = of([None if each is None else each[1] for each in rough])
    return Column(sql, type_, Approximate(error), doubt, unknown)


def _as_quotient(column: Column) -> Quotient:
    if isinstance(column.number, Quotient):
        return column.number
    return Quotient(exact(column), constant_part(Decimal(1)))


def extreme_of(
    columns: Sequence[Column], side: Literal["least", "greatest"], type_: Type, dialect: Dialect
) -> Column:
    """The least or greatest of several numbers; unknown where one of them is."""
    if any(each.empty for each in columns):
        return Column(null(), type_)
    known = [is_known(each.sql) for each in columns if each.unknown]
    unknown, doubt = bool(known), doubts(columns)

    def guarded(sql: Sql) -> Sql:
        return case([(all_sql(known), sql)]) if known else sql

    if all(isinstance(each.number, Exact) for each in columns):
        form = common_form([exact(each).exact for each in columns])
        if form.digits <= 34:
            sql = guarded(dialect.greatest([in_form(exact(each), form) for each in columns], side))
            return Column(sql, type_, form, doubt, unknown, form)
    rough = [approximate(each) for each in columns]
    sql = guarded(dialect.greatest([value for value, _ in rough], side))
    error = guarded(dialect.greatest([error for _, error in rough], "greatest"))
    return Column(sql, type_, Approximate(error), doubt, unknown)
