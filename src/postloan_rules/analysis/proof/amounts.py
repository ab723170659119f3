"""How the parameters of responses are rounded, as formulas."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import evolve

from postloan_rules.analysis.proof.values import Known, number, plain
from postloan_rules.expressions import type_name
from postloan_rules.policy.model import Rounding
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.values import Symbol
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.policy.model import ResponseParameter

__all__ = ["finished"]


def finished(given: Symbol, parameter: ResponseParameter, currency: str, world: World) -> Symbol:
    """A value as a response carries it: rounded as the policy says, money in whole minor units."""
    if not isinstance(given, Known) or given.kind != "number":
        return given
    term = plain(given).term
    unit = Decimal(1).scaleb(-minor_digits(currency))
    if parameter.round is not None:
        term = number(parameter.round.to) * _steps(
            term / number(parameter.round.to), parameter.round.mode, world
        )
    whole = parameter.round is not None and parameter.round.to % unit == 0
    if type_name(parameter.type) == "money" and not whole and not _in_units(term, unit):
        term = number(unit) * _steps(term / number(unit), Rounding.HALF_EVEN, world)
    return evolve(given, term=term)


def _steps(term: z3.ArithRef, mode: Rounding, world: World) -> z3.ArithRef:
    match mode:
        case Rounding.UP:
            return z3.If(term >= 0, _ceiling(term), _floor(term))
        case Rounding.DOWN:
            return z3.If(term >= 0, _floor(term), _ceiling(term))
        case Rounding.HALF_UP:
            return z3.If(term >= 0, _floor(term + z3.Q(1, 2)), -_floor(z3.Q(1, 2) - term))
        case Rounding.HALF_EVEN:
            # Halfway either neighbour will do: more than can be, so that what is proved holds.
            steps = z3.ToReal(z3.FreshInt("steps"))
            world.axioms.append(z3.And(2 * (term - steps) <= 1, 2 * (steps - term) <= 1))
            return steps


def _floor(term: z3.ArithRef) -> z3.ArithRef:
    return z3.ToReal(z3.ToInt(term))


def _ceiling(term: z3.ArithRef) -> z3.ArithRef:
    return -_floor(-term)


def _in_units(term: z3.ArithRef, unit: Decimal) -> bool:
    """Whether the term is one field of money, which is in whole units already."""
    if not z3.is_mul(term) or term.num_args() != 2 or not z3.is_rational_value(term.arg(0)):
        return False
    same = z3.is_true(z3.simplify(term.arg(0) == number(unit)))
    return bool(same and z3.is_app_of(term.arg(1), z3.Z3_OP_TO_REAL))
