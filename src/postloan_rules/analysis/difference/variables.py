"""What formulas of two policies speak of: names, fields, expressions; with the values that a customer has."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import field, frozen

from postloan_rules.analysis.proof.reading import field_value
from postloan_rules.analysis.proof.values import Known, Truth, both, opposite
from postloan_rules.analysis.proof.witness import Witnesses
from postloan_rules.expressions import BOOLEAN, DATE, EnumType, Expression, evaluate_node, names_in
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postloan_rules.analysis.difference.customers import Both
    from postloan_rules.analysis.difference.universe import Universe
    from postloan_rules.analysis.proof.values import Formula, Symbol
    from postloan_rules.analysis.proof.world import Free, World
    from postloan_rules.expressions import Type

__all__ = ["Side", "Variable", "variables_of"]

Side: TypeAlias = Literal["", "old", "new"]


@frozen(eq=False)
class Variable:
    """A value that a formula speaks of."""

    name: str
    type: Type
    symbol: Truth | Known
    term: z3.ExprRef | None
    """The bare variable."""
    value: object
    """What the customer has there."""
    currency: str = ""
    side: Side = ""
    of_trigger: bool = False
    counterpart: Callable[[Universe], Symbol] | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.side} {self.name}"

    @property
    def known(self) -> Formula:
        """When it is known."""
        return self.symbol.known

    @property
    def may_be_unknown(self) -> bool:
        """Whether it may be unknown."""
        return not z3.is_true(z3.simplify(self.known))

    @property
    def is_number(self) -> bool:
        """Whether its value is a number or a day, so that it has neighbours."""
        value = self.value
        return (
            self.term is not None
            and isinstance(value, Decimal | int | dt.date)
            and not isinstance(value, bool | dt.datetime)
        )

    @property
    def members(self) -> tuple[object, ...]:
        """The values that it may have, where these are few; else the one it has."""
        if self.type == BOOLEAN:
            return (True, False)
        if isinstance(self.type, EnumType):
            return tuple(self.type.members)
        return () if self.value is None else (self.value,)

    def is_value(self, world: World, value: object) -> Formula:
        """That it is this value."""
        symbol = self.symbol
        if value is None:
            return opposite(symbol.known)
        if isinstance(symbol, Truth):
            return symbol.yes if value is True else symbol.no
        match value:
            case dt.date():
                return both(symbol.known, symbol.term == value.toordinal())
            case str():
                return both(symbol.known, symbol.term == world.code(str(value)))
            case Decimal() | int():
                exact = self.exact(value)
                return both(symbol.known, symbol.term == z3.Q(exact.numerator, exact.denominator))
            case dt.timedelta():
                exact = Fraction(value // dt.timedelta(microseconds=1), 86_400_000_000)
                return both(symbol.known, symbol.term == z3.Q(exact.numerator, exact.denominator))
            case _:
                months = getattr(value, "months", None)
                return symbol.known if months is None else both(symbol.known, symbol.term == months)

    @staticmethod
    def exact(value: object) -> Fraction:
        """A number or a day as a fraction."""
        return Fraction(value.toordinal() if isinstance(value, dt.date) else str(value))

    def _scale(self) -> int:
        # INVARIANT: whole money is in minor units, as everywhere in the world of a proof.
        whole_money = getattr(self.type, "name", "") == "money" and z3.is_int(self.term)
        return 10 ** minor_digits(self.currency) if whole_money else 1

    def raw(self, value: object) -> z3.ExprRef:
        """A number as the bare variable has it."""
        exact = self.exact(value) * self._scale()
        return z3.IntVal(int(exact)) if z3.is_int(self.term) else z3.Q(exact.numerator, exact.denominator)

    def written(self, at: Fraction) -> Decimal | dt.date:
        """A number of the bare variable as people write it."""
        if self.type == DATE:
            return dt.date.fromordinal(int(at))
        at /= self._scale()
        return Decimal(at.numerator) / Decimal(at.denominator)

    def deep(self, universe: Universe) -> Truth | Known | None:
        """The same value in the universe of fields."""
        found = self.counterpart(universe) if self.counterpart is not None else None
        return found if isinstance(found, Truth | Known) else None


def variables_of(
    universe: Universe, formula: Formula, customer: Both, account_id: str | None
) -> Iterator[Variable]:
    """What a formula speaks of, with what a customer has there."""
    yield from _fields(universe, formula, customer, account_id)
    yield from _frees(universe, formula, customer, account_id)
    yield from _flags(universe, formula, customer, account_id)


def _fields(
    universe: Universe, formula: Formula, customer: Both, account_id: str | None
) -> Iterator[Variable]:
    there, world = universe.variables(formula), universe.world
    for path, each in world.fields.items():
        value = field_value(customer.case("old", account_id), path)
        if _speaks(there, each.term, each.known) and value is not NotImplemented:
            yield Variable(
                path,
                each.type,
                each.symbol,
                each.term,
                value,
                world.currency,
                counterpart=partial(_field, path),
            )


def _frees(
    universe: Universe, formula: Formula, customer: Both, account_id: str | None
) -> Iterator[Variable]:
    there, world = universe.variables(formula), universe.world
    spoken = {key: free for key, free in world.frees.items() if _speaks(there, free.term, free.known)}
    texts = [_name_of(universe, free) for free in spoken.values()]
    for key, free in spoken.items():
        start, _, name = key.partition(" ")
        if free.node is None and start in ("name", "old", "new") and name == free.text:
            side: Side = "new" if start == "new" else "old" if start == "old" else ""
            case = customer.case(side or "old", account_id)
            yield Variable(
                name,
                free.type,
                free.symbol,
                free.term,
                case.names.get(name, False),
                world.currency,
                side,
                name in {each.name for each in case.found.policy.triggers},
                partial(_named, name, side),
            )
        elif free.node is not None and free.trigger is None and free.subject is None:
            owner = universe.owners.get(key, "old")
            names = customer.case(owner, account_id).names
            text = _name_of(universe, free)
            if not set(names_in(free.node)) <= names.keys():
                continue  # it is about an account, and there is none
            yield Variable(
                text,
                free.type,
                free.symbol,
                free.term,
                evaluate_node(free.node, names, free.functions or {}),
                world.currency,
                ("new" if owner == "new" else "old") if texts.count(text) > 1 else "",
                counterpart=partial(_free, key),
            )


def _name_of(universe: Universe, free: Free) -> str:
    """The name of the fact that a part is, or else how it is written."""
    for _, encoding in universe.sides:
        for fact in encoding.policy.facts:
            if isinstance(fact.definition, Expression) and fact.definition.root is free.node:
                return fact.name
    return free.text


def _flags(
    universe: Universe, formula: Formula, customer: Both, account_id: str | None
) -> Iterator[Variable]:
    there = universe.variables(formula)
    finders = [(side, Witnesses(encoding, ())) for side, encoding in universe.sides]
    for name, flag in universe.world.flags.items():
        if name not in there:
            continue
        for side, finder in finders:
            state = finder.flag(name, customer.case(side, account_id))
            if state is not None:
                symbol = Truth(flag, z3.Not(flag))
                yield Variable(name, BOOLEAN, symbol, flag, state, counterpart=partial(_flag, name))
                break


def _field(path: str, deep: Universe) -> Symbol:
    found = deep.world.fields.get(path)
    return None if found is None else found.symbol


def _free(key: str, deep: Universe) -> Symbol:
    found = deep.world.frees.get(key)
    return None if found is None else found.symbol


def _named(name: str, side: Side, deep: Universe) -> Symbol:
    return (deep.new if side == "new" else deep.old).symbol(name)


def _flag(name: str, deep: Universe) -> Truth:
    flag = deep.world.flag(name)
    return Truth(flag, z3.Not(flag))


def _speaks(there: frozenset[str], *terms: z3.ExprRef) -> bool:
    return any(term.decl().name() in there for term in terms if z3.is_const(term))
