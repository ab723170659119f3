"""Two policies as formulas over one customer: by the snapshot's fields, or by the names that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, field, frozen

from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.encoding import Encoding
from postloan_rules.analysis.proof.scopes import OfSubject
from postloan_rules.analysis.proof.spelling import Spelling
from postloan_rules.analysis.proof.tables import in_force
from postloan_rules.analysis.proof.values import CannotSay, Truth
from postloan_rules.analysis.proof.world import AS_OF, World
from postloan_rules.expressions import BOOLEAN, EnumType, ListType, RecordType
from postloan_rules.policy.model import IfUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.analysis.proof.values import Formula, Symbol
    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Policy

__all__ = ["Shared", "Surface", "Universe", "alike", "shared_names"]

OLD_AND_NEW = ("old", "new")


@frozen
class Shared:
    """A name that has the same value in both policies, whatever the customer: a variable of its own."""

    type: Type
    unknown: bool


@define(eq=False)
class Surface(Encoding):
    """A policy as formulas over the names that it shares with another one, as deep as it differs from it."""

    shared: Mapping[str, Shared] = field(factory=dict, kw_only=True)
    apart: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Triggers that are variables of their own in each policy."""
    side: str = field(default="", kw_only=True)

    def _named(self, name: str) -> Symbol:
        found = self.shared.get(name)
        if found is not None:
            try:
                return self.world.free(f"name {name}", name, found.type, unknown=found.unknown)
            except CannotSay:
                return super()._named(name)
        if name in self.apart:
            return self.world.free(f"{self.side} {name}", name, BOOLEAN, unknown=True)
        return super()._named(name)


@define(eq=False)
class Universe:
    """Two policies over one world."""

    world: World
    old: Encoding
    new: Encoding
    under: tuple[Formula, Formula]
    """That the account is one that the old policy is about, and that the new one is."""
    owners: dict[str, str] = field(factory=dict)
    """Which policy's values a part without a formula is worked out by."""
    _read: list[frozenset[str]] = field(factory=list)
    """The variables of each axiom."""
    _asked: dict[bool, tuple[z3.Solver, list[int]]] = field(factory=dict)
    """A solver for questions about accounts and one for others, each with how many axioms it knows."""
    _variables: dict[int, tuple[Formula, frozenset[str]]] = field(factory=dict)
    """INVARIANT: a formula whose variables are kept stays alive, so that no other one has its id."""

    @classmethod
    def deep(cls, old: Policy, new: Policy) -> Universe:
        """By the fields of the snapshot."""
        world = World(old.currency)
        one = Encoding(old, world, Spelling.of(old))
        other = Encoding(new, world, Spelling.of(new))
        return cls._of(world, one, other)

    @classmethod
    def of_names(
        cls, old: Policy, new: Policy, shared: Mapping[str, Shared], apart: Iterable[str]
    ) -> Universe:
        """By the names that have the same value in both."""
        world = World(old.currency)
        one, other = (
            Surface(each, world, Spelling.of(each), shared=shared, apart=frozenset(apart), side=side)
            for each, side in zip((old, new), OLD_AND_NEW, strict=True)
        )
        return cls._of(world, one, other)

    @classmethod
    def _of(cls, world: World, one: Encoding, other: Encoding) -> Universe:
        day = world.as_of().term
        for each in (one, other):
            world.axioms.append(in_force(day, each.policy.effective_from, each.policy.effective_to))
        _tell_apart_inputs(one, other)
        # What is counted by one policy can be no more than what is counted by the other.
        other.counts = one.counts
        found = cls(world, one, other, (z3.BoolVal(True), z3.BoolVal(True)))
        under = (_under(one), _under(other))
        found.claim("old")
        found.under = under
        return found

    def claim(self, side: str) -> None:
        """What is new among the parts without a formula belongs to this policy."""
        for key in self.world.frees:
            self.owners.setdefault(key, side)

    def possible(self, formula: Formula, *, of_accounts: bool, timeout: int) -> bool | None:
        """Whether there may be a customer (and an account) whom both policies decide and who meets a formula.

        None where that is not known.
        """
        if of_accounts not in self._asked:
            solver = z3.Solver()
            solver.set("random_seed", 1)
            if of_accounts:
                solver.add(*self.under)
            self._asked[of_accounts] = (solver, [0])
        solver, known = self._asked[of_accounts]
        solver.add(*self.world.axioms[known[0] :])
        known[0] = len(self.world.axioms)
        solver.set("timeout", timeout)
        solver.push()
        solver.add(formula)
        answer = solver.check()
        solver.pop()
        return None if answer == z3.unknown else bool(answer == z3.sat)

    def variables(self, formula: Formula) -> frozenset[str]:
        """The names of the variables in a formula."""
        number = formula.get_id()
        if number not in self._variables:
            self._variables[number] = (formula, constants(formula))
        return self._variables[number][1]

    def about(self, *formulas: Formula) -> frozenset[str]:
        """The variables of formulas, and all that axioms tie to them."""
        self._read += [constants(each) for each in self.world.axioms[len(self._read) :]]
        found = {AS_OF}.union(*map(self.variables, formulas))
        waiting = True
        while waiting:
            # The day is what it is: nothing is tied to anything else by it alone.
            more = {
                name for read in self._read if not found.isdisjoint(read - {AS_OF}) for name in read - found
            }
            # A value and whether it is known go together.
            more |= {name.removesuffix("?") for name in found | more} - found
            found |= more
            waiting = bool(more)
        return frozenset(found)

    def axioms(self, about: frozenset[str]) -> list[Formula]:
        """What is sure of these variables."""
        self._read += [constants(each) for each in self.world.axioms[len(self._read) :]]
        return [each for each, read in zip(self.world.axioms, self._read, strict=True) if read <= about]

    @property
    def sides(self) -> tuple[tuple[str, Encoding], tuple[str, Encoding]]:
        """Both encodings, each with its side."""
        return (("old", self.old), ("new", self.new))


def _under(encoding: Encoding) -> Formula:
    subject = encoding.policy.subject
    if subject is None or subject.where is None:
        return z3.BoolVal(True)
    where = subject.where
    return Encoder(OfSubject(encoding), where.functions).truth(where.root).yes


def _tell_apart_inputs(one: Encoding, other: Encoding) -> None:
    """Inputs of one name and another type are other values."""
    types = {each.name: each.type for each in one.policy.inputs}
    for each in other.policy.inputs:
        if each.name in types and types[each.name] != each.type:
            other.spelling.known[each.name] = f"attributes.{each.name} of the new policy"
            key = f"new input {each.name}"
            try:
                other.symbols[each.name] = other.world.free(key, each.name, each.type, unknown=True)
            except CannotSay:
                other.symbols[each.name] = Truth(z3.BoolVal(False), z3.BoolVal(False))


def shared_names(old: Policy, new: Policy, one: Spelling, other: Spelling) -> dict[str, Shared]:
    """Facts and triggers that are spelled the same in both policies, all that they read included."""
    found: dict[str, Shared] = {}
    facts = {each.name: each for each in old.facts}
    for fact in new.facts:
        before = facts.get(fact.name)
        if (
            before is not None
            and alike(before.type, fact.type)
            and before.per_account == fact.per_account
            and one.text(fact.name) == other.text(fact.name)
        ):
            found[fact.name] = Shared(before.type, before.unknown or fact.unknown)
    triggers = {each.name: each for each in old.triggers}
    for trigger in new.triggers:
        earlier = triggers.get(trigger.name)
        if (
            earlier is not None
            and earlier.per_account == trigger.per_account
            and one.text(trigger.name) == other.text(trigger.name)
        ):
            unknown = trigger.if_unknown not in (None, IfUnknown.FIRE)
            found[trigger.name] = Shared(BOOLEAN, unknown)
    return found


def alike(one: Type, other: Type) -> bool:
    """Whether values of the two types can be one value: not those of lists, which have no formula."""
    if isinstance(one, ListType | RecordType) or isinstance(other, ListType | RecordType):
        return False
    if isinstance(one, EnumType) or isinstance(other, EnumType):
        return one == other
    return True


def constants(formula: Formula) -> frozenset[str]:
    """The names of the variables in a formula."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[z3.ExprRef] = [formula]
    while waiting:
        each = waiting.pop()
        number = each.get_id()
        if number in seen:
            continue
        seen.add(number)
        parts = each.num_args()
        if parts:
            waiting += [each.arg(place) for place in range(parts)]
        elif each.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found.add(each.decl().name())
    return frozenset(found)
