"""What a customer has in a field, and that a variable is just that."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types

from postloan_rules.analysis.proof.values import both
from postloan_rules.expressions.evaluator import plain
from postloan_rules.expressions.values import Months
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.expressions import Type

__all__ = ["field_value", "pinned", "read"]


def field_value(case: Case, path: str) -> object:
    """The value of a field of a customer; NotImplemented for what is none of the customer's."""
    record, _, name = path.rpartition(".")
    if record == "attributes":
        return case.names.get(name)
    if record == "":
        return plain(getattr(case.snapshot, name))
    if record == "customer":
        return plain(getattr(case.snapshot.customer, name))
    if record == "account":
        return plain(getattr(case.account, name)) if case.account is not None else NotImplemented
    if record == "bureau":
        bureau = case.snapshot.bureau
        return plain(getattr(bureau, name)) if bureau is not None else NotImplemented
    return NotImplemented


def pinned(world: World, term: z3.ExprRef, known: Formula, found: object, type_: Type) -> Formula:
    """That a variable is this value."""
    if found is None:
        return z3.Not(known)
    return both(known, _same(world, term, found, type_))


def _same(world: World, term: z3.ExprRef, found: object, type_: Type) -> Formula:
    match found:
        case bool():
            return term if found else z3.Not(term)
        case Decimal():
            exact = Fraction(found)
            if term.is_int():
                # INVARIANT: money that is whole is in minor units; all else whole is a count.
                scale = 10 ** minor_digits(world.currency) if getattr(type_, "name", "") == "money" else 1
                exact *= scale
                if exact.denominator != 1:
                    return z3.BoolVal(False)
                return term == exact.numerator
            return term == z3.Q(exact.numerator, exact.denominator)
        case dt.date():
            return term == found.toordinal()
        case Months():
            return term == found.months
        case dt.timedelta():
            exact = Fraction(found // dt.timedelta(microseconds=1), 86_400_000_000)
            return term == z3.Q(exact.numerator, exact.denominator)
        case str():
            return term == world.code(str(found))
        case _:
            return z3.BoolVal(True)


def read(world: World, model: z3.ModelRef, term: z3.ExprRef, known: Formula, type_: Type) -> object:
    """The value that a model gives a variable; None where it is not known."""
    if not z3.is_true(model.eval(known, model_completion=True)):
        return None
    found = model.eval(term, model_completion=True)
    name = getattr(type_, "name", "")
    if z3.is_bool(found):
        return z3.is_true(found)
    if name == "date":
        return dt.date.fromordinal(found.as_long())
    if name == "string" or hasattr(type_, "members"):
        number = found.as_long()
        return next((text for text, code in world.texts.items() if code == number), f"other {number}")
    if name == "money" and z3.is_int_value(found):
        return Decimal(found.as_long()).scaleb(-minor_digits(world.currency))
    if z3.is_int_value(found):
        return Decimal(found.as_long())
    if not z3.is_rational_value(found):
        return Decimal(0)
    exact = Fraction(found.numerator_as_long(), found.denominator_as_long())
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(quotient) == exact:
        return quotient
    return quotient.quantize(Decimal("0.000001"))
