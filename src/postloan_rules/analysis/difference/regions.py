"""For whom two policies differ: the widest region around one customer, in the names that the policies use."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, evolve, field, frozen

from postloan_rules.analysis.difference.variables import Variable, variables_of
from postloan_rules.analysis.proof.values import Known, Truth, both, number, opposite

if TYPE_CHECKING:
    from decimal import Decimal

    from postloan_rules.analysis.difference.customers import Both
    from postloan_rules.analysis.difference.universe import Universe
    from postloan_rules.analysis.difference.variables import Side
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.expressions import Type

__all__ = ["Condition", "Edge", "Region", "deep_formula", "holds_for", "region_of"]


@frozen
class Edge:
    """An end of a range."""

    value: Decimal | dt.date
    included: bool


@frozen
class Condition:
    """What holds of one value for every customer of a region."""

    name: str
    """A name of the policies, a field, or an expression as it is written."""
    type: Type
    is_range: bool
    low: Edge | None = None
    high: Edge | None = None
    values: tuple[object, ...] = ()
    """The values that it may have, where it is no range; true for a trigger that fired."""
    or_unknown: bool = False
    side: Side = ""
    """Under which of the policies it is so; empty where under both."""
    of_trigger: bool = False


@frozen
class Region:
    """Customers for whom a piece of the decision differs in the same way."""

    conditions: tuple[Condition, ...]
    """All of them hold; where there are none, it is so for every customer."""
    formula: Formula = field(repr=False, eq=False)
    """The same, in the universe of names."""
    variables: tuple[Variable, ...] = field(repr=False, eq=False)


@define(eq=False)
class _Widening:
    universe: Universe
    formula: Formula
    of_accounts: bool
    timeout: int
    held: dict[str, Formula]
    """What is held so far, variable by variable."""
    _known: list[Formula] | None = None

    def _sure(self) -> list[Formula]:
        if self._known is None:
            under = self.universe.under if self.of_accounts else ()
            about = self.universe.about(self.formula, *under, *self.held.values())
            self._known = [*self.universe.axioms(about), *under]
        return self._known

    def holds(self, *more: Formula, without: str | None = None) -> bool:
        """Whether the formula holds for all that is held."""
        solver = z3.Solver()
        solver.set("timeout", self.timeout)
        solver.add(*self._sure(), *(each for name, each in self.held.items() if name != without))
        solver.add(*more, opposite(self.formula))
        return bool(solver.check() == z3.unsat)

    def widens(self, value: Formula, name: str) -> bool:
        """Whether a variable may have this other value as well: there is such a customer, and it holds."""
        solver = z3.Solver()
        solver.set("timeout", self.timeout)
        solver.add(*self._sure(), *(each for key, each in self.held.items() if key != name), value)
        return solver.check() == z3.sat and self.holds(value, without=name)

    def drop(self, name: str) -> bool:
        """Let a variable go, where the formula holds whatever it is."""
        if self.holds(without=name):
            del self.held[name]
            return True
        return False

    def edge(self, variable: Variable, *, up: bool) -> Edge | Literal[False] | None:
        """How far a number can go on one side; None where there is no end, False where it is not known."""
        term = variable.term
        value = variable.raw(variable.value)
        asked = z3.Optimize()
        asked.set("timeout", self.timeout)
        asked.add(*self._sure(), *(each for name, each in self.held.items() if name != variable.key))
        asked.add(opposite(self.formula), variable.known, term > value if up else term < value)
        handle = asked.minimize(term) if up else asked.maximize(term)
        answer = asked.check()
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            return False
        bounds = asked.lower_values(handle) if up else asked.upper_values(handle)
        infinite, at, beyond = (_fraction(each) for each in bounds)
        if infinite != 0 or at is None or beyond is None:
            return False
        if z3.is_int(term):
            return Edge(variable.written(at + (-1 if up else 1)), included=True)
        return Edge(variable.written(at), included=beyond != 0)


def region_of(
    universe: Universe,
    formula: Formula,
    customer: Both,
    account_id: str | None,
    *,
    of_accounts: bool,
    timeout: int,
) -> Region | None:
    """The widest region around a customer in which the formula holds; None where that can't be told.

    Numbers are widened one after the other, each as far as the formula holds for all that the ones before it
    may be; what makes no difference is left out.
    """
    variables = list(variables_of(universe, formula, customer, account_id))
    world = universe.world
    held = {each.key: each.is_value(world, each.value) for each in variables}
    found = _Widening(universe, formula, of_accounts, timeout, held)
    if not found.holds():
        return None
    left = [each for each in sorted(variables, key=lambda one: one.is_number) if not found.drop(each.key)]
    conditions = []
    for each in left:
        condition = _condition(found, each)
        if condition.or_unknown or condition.is_range or len(condition.values) > 1:
            found.held[each.key] = _formula(condition, each.symbol, world)
        conditions.append(condition)
    return Region(tuple(conditions), both(*found.held.values()), tuple(left))


def _condition(found: _Widening, variable: Variable) -> Condition:
    """What is told of one variable: all values that it may have beside those that are held."""
    world = found.universe.world
    condition = Condition(
        variable.name,
        variable.type,
        is_range=variable.is_number,
        side=variable.side,
        of_trigger=variable.of_trigger,
    )
    if variable.is_number:
        low, high = found.edge(variable, up=False), found.edge(variable, up=True)
        if low is False or high is False:
            low = high = Edge(variable.written(variable.exact(variable.value)), included=True)
        condition = evolve(condition, low=low, high=high)
    else:
        values = [
            each
            for each in variable.members
            if each == variable.value or found.holds(variable.is_value(world, each), without=variable.key)
        ]
        condition = evolve(condition, values=tuple(values))
    if variable.value is None:
        return evolve(condition, is_range=False, or_unknown=True)
    if not variable.may_be_unknown:
        return condition
    unknown = found.widens(variable.is_value(world, None), variable.key)
    return evolve(condition, or_unknown=unknown)


def _formula(condition: Condition, symbol: Truth | Known, world: World) -> Formula:
    """What a condition says, of this symbol."""
    parts: list[Formula] = []
    if condition.is_range and isinstance(symbol, Known):
        within = [symbol.known]
        for edge, up in ((condition.low, False), (condition.high, True)):
            if edge is not None:
                bound = (
                    z3.IntVal(edge.value.toordinal())
                    if isinstance(edge.value, dt.date)
                    else number(edge.value)
                )
                if up:
                    within.append(symbol.term <= bound if edge.included else symbol.term < bound)
                else:
                    within.append(symbol.term >= bound if edge.included else symbol.term > bound)
        parts.append(both(*within))
    parts += [symbol_is(symbol, each, condition.type, world) for each in condition.values]
    if condition.or_unknown:
        parts.append(opposite(symbol.known))
    return z3.Or(parts) if parts else z3.BoolVal(False)


def symbol_is(symbol: Truth | Known, value: object, type_: Type, world: World) -> Formula:
    """That a symbol has this value."""
    return Variable("", type_, symbol, None, value).is_value(world, value)


def holds_for(universe: Universe, formula: Formula, customer: Both, account_id: str | None) -> bool:
    """Whether a formula holds of a customer."""
    solver = z3.Solver()
    for each in variables_of(universe, formula, customer, account_id):
        solver.add(each.is_value(universe.world, each.value))
    solver.add(formula)
    return bool(solver.check() == z3.sat)


def deep_formula(region: Region, deep: Universe) -> Formula | None:
    """The region in the universe of fields; None where a part of it has no counterpart there."""
    parts = []
    for condition, variable in zip(region.conditions, region.variables, strict=True):
        symbol = variable.deep(deep)
        if symbol is None:
            return None
        parts.append(_formula(condition, symbol, deep.world))
    return both(*parts)


def _fraction(term: object) -> Fraction | None:
    if z3.is_int_value(term):
        return Fraction(term.as_long())  # type: ignore[attr-defined]  # a number of z3
    if z3.is_rational_value(term):
        return Fraction(term.numerator_as_long(), term.denominator_as_long())  # type: ignore[attr-defined]  # as above
    return None
