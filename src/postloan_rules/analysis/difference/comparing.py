"""Two policies compared: what is the same is proved, what differs is shown by a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, evolve, field

from postloan_rules.analysis.difference.aspects import Valued, transitions
from postloan_rules.analysis.difference.comparison import (
    Comparison,
    Difference,
    JudgedPart,
    OpenQuestion,
    Witness,
)
from postloan_rules.analysis.difference.customers import Customers
from postloan_rules.analysis.difference.domain import domain_changes
from postloan_rules.analysis.difference.edges import Edges
from postloan_rules.analysis.difference.effect import effect_of
from postloan_rules.analysis.difference.judging import reaching, reverted
from postloan_rules.analysis.difference.next_reviews import attention_of, happening
from postloan_rules.analysis.difference.parts import part_changes
from postloan_rules.analysis.difference.pieces import aspects_of
from postloan_rules.analysis.difference.search import searches
from postloan_rules.analysis.difference.showing import Showing, Unsettled, Way
from postloan_rules.analysis.difference.spelled import Spelled
from postloan_rules.analysis.difference.universe import (
    Shared,
    Universe,
    alike,
    shared_names,
)
from postloan_rules.analysis.proof.customers import decided
from postloan_rules.analysis.proof.values import NEVER, Truth, both, either, opposite
from postloan_rules.decisions.decide import concluded
from postloan_rules.expressions import BOOLEAN
from postloan_rules.policy.model import IfUnknown, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postloan_rules.analysis.difference.aspects import Aspect, Formulas
    from postloan_rules.analysis.difference.comparison import DomainChange, PartEffect, Verdict
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["compare"]


def compare(
    old: Policy,
    new: Policy,
    customers: Iterable[Snapshot] = (),
    *,
    time_left: Callable[[], bool] = lambda: True,
    timeout: int = 1_500,
    parts_alone: bool = True,
) -> Comparison:
    """What changes from one policy to another.

    Args:
        old: The policy as it is.
        new: The policy as it is to be.
        customers: Customers to try and to start from: the more kinds there are, the more is settled.
        time_left: Whether there is time for another question.
        timeout: Milliseconds for each question to the solver.
        parts_alone: Whether to look at each changed part by itself.
    """
    changes = part_changes(old, new)
    if all(each.of_words for each in changes):
        verdict: Verdict = "equal" if changes else "identical"
        parts = tuple(JudgedPart(each, "words") for each in changes)
        return Comparison(old, new, verdict, parts, (), (), (), 0, 0)
    found = _Comparing(old, new, changes, customers, time_left, timeout)
    return found.whole(parts_alone=parts_alone)


@define(eq=False)
class _Comparing:
    old: Policy
    new: Policy
    changes: tuple[PartChange, ...]
    given: Iterable[Snapshot]
    time_left: Callable[[], bool]
    timeout: int
    spelled: tuple[Spelled, Spelled] = field(init=False)
    customers: Customers = field(init=False)
    deep: Universe = field(init=False)
    names: Universe = field(init=False)
    shared: dict[str, Shared] = field(init=False)
    apart: set[str] = field(factory=set)
    showing: Showing = field(init=False)
    open: list[OpenQuestion] = field(factory=list)
    unsettled: list[Unsettled] = field(factory=list)
    """The pieces that are not proved to be the same."""
    proved: int = 0

    def __attrs_post_init__(self) -> None:
        self.spelled = (Spelled(self.old), Spelled(self.new))
        edges = Edges(self.old, self.new, self.changes)
        self.customers = Customers(self.old, self.new, self.given, self.time_left, edges=edges)
        self.deep = Universe.deep(self.old, self.new)
        spellings = (self.deep.old.spelling, self.deep.new.spelling)
        self.shared = shared_names(self.old, self.new, *spellings)
        self.names = Universe.of_names(self.old, self.new, self.shared, ())
        for side, encoding in self.names.sides:
            encoding.apart, encoding.side = self.apart, side  # type: ignore[attr-defined]  # a surface
        self.showing = Showing(
            self.changes,
            self.spelled,
            self.customers,
            self.deep,
            self.names,
            searches(self.deep, self.customers, self.timeout, self.time_left),
            self.time_left,
            self.timeout,
        )

    def whole(self, *, parts_alone: bool) -> Comparison:
        """The comparison of everything."""
        if self.old.currency != self.new.currency:
            return self._result(parts_alone=False)
        self.customers.look()
        self._facts()
        for aspect in aspects_of(*self.spelled):
            self._look(aspect)
            if aspect.kind == "trigger":
                self._settle_trigger(aspect)
        unsettled = [each.aspect for each in self.unsettled]
        if self._may_attend_otherwise(unsettled):
            self._look(attention_of(*self.spelled, unsettled))
        self._make()
        return self._result(parts_alone=parts_alone)

    def _result(self, *, parts_alone: bool) -> Comparison:
        domain = domain_changes(self.old, self.new)
        if not self.showing.differences:
            # Whatever there was no time to explain: a customer who is decided otherwise is a difference.
            self.showing.differences += self._unexplained()
        parts = tuple(JudgedPart(each, self._effect(each, alone=parts_alone)) for each in self.changes)
        return Comparison(
            self.old,
            self.new,
            "different" if self.showing.differences or domain else "open" if self.open else "equal",
            parts,
            domain,
            tuple(_by_what_counts(each, parts) for each in self.showing.differences),
            tuple(self.open),
            self.customers.tried,
            self.proved,
        )

    # Each part by itself

    def _effect(self, change: PartChange, *, alone: bool) -> PartEffect:
        """Whether a changed part decides anything."""
        if change.of_words:
            return "words"
        if any(_is_of(each, change) for each in domain_changes(self.old, self.new)):
            return "effect"
        differences = [each for each in self.showing.differences if change in each.parts]
        if any(each.parts == (change,) for each in differences):
            return "effect"
        if differences and alone:
            return self._taken_back(change, differences)
        if differences or any(change in each.parts for each in self.open):
            return "open"
        return "none"

    def _taken_back(self, change: PartChange, differences: list[Difference]) -> PartEffect:
        """What the new policy would do with this part as it was."""
        policy = reverted(self.old, self.new, change)
        if policy is None:
            return "open"
        for each in differences:
            again = decided(policy, each.witness.snapshot)
            if again is None or each.witness.new is None:
                continue
            if effect_of(concluded(again, "")) != effect_of(each.witness.new):
                return "effect"
        found = compare(
            policy,
            self.new,
            [each.witness.snapshot for each in self.showing.differences],
            time_left=self.time_left,
            timeout=self.timeout,
            parts_alone=False,
        )
        return {"different": "effect", "open": "open"}.get(found.verdict, "none")  # type: ignore[return-value]  # one of these

    # Names that turn out to be the same

    def _facts(self) -> None:
        """Facts that are written otherwise and are the same are variables of their own from here on."""
        before = {each.name: each for each in self.old.facts}
        for fact in self.new.facts:
            earlier = before.get(fact.name)
            if (
                fact.name in self.shared
                or earlier is None
                or not alike(earlier.type, fact.type)
                or earlier.per_account != fact.per_account
                or not self.time_left()
            ):
                continue
            name = fact.name

            def formulas(encoding: Encoding, name: str = name) -> Formulas:
                return Valued(encoding.symbol(name), z3.BoolVal(True))

            ways = self._ways(formulas)
            if all(self._refuted(each, of_accounts=fact.per_account) for each in ways):
                self._share(name, Shared(earlier.type, earlier.unknown or fact.unknown))

    def _share(self, name: str, shared: Shared) -> None:
        self.shared[name] = shared
        self._forget(name)
        self.deep.new.symbols[name] = self.deep.old.symbol(name)

    def _forget(self, name: str) -> None:
        """Make the formulas that read a name anew from here on."""
        for universe in (self.names, self.deep):
            for _, encoding in universe.sides:
                encoding.applied.clear()
                if universe is self.names:
                    encoding.symbols.pop(name, None)

    def _settle_trigger(self, aspect: Aspect) -> None:
        """What reads a trigger takes it as one variable, or where it can differ as two."""
        name = aspect.name
        if name in self.shared or any(name not in each.triggers for each in self.spelled):
            return
        old, new = (each.triggers[name] for each in self.spelled)
        if old.per_account != new.per_account:
            return
        left = next((each for each in self.unsettled if each.aspect is aspect), None)
        if left is None and aspect.texts[0] == aspect.texts[1]:
            return
        if left is None:
            unknown = any(each.if_unknown not in (None, IfUnknown.FIRE) for each in (old, new))
            self._share(name, Shared(BOOLEAN, unknown))
            return
        self.apart.add(name)
        self._forget(name)
        if TriggerKind.EVENT in (old.kind, new.kind):
            # One event can make it fire under one policy and another event under the other: what holds of
            # one event alone proves nothing of both.
            yes, no = z3.FreshBool(name), z3.FreshBool(name)
            self.deep.world.axioms.append(z3.Not(z3.And(yes, no)))
            self.deep.new.symbols[name] = Truth(yes, no)
            self._rule_out(self.deep, aspect, left)
        self._rule_out(self.names, aspect, left)

    def _rule_out(self, universe: Universe, aspect: Aspect, left: Unsettled) -> None:
        """Keep for all that reads a trigger in which ways it can't differ."""
        if aspect.formulas is None or left.for_want_of_time:
            return
        possible = {(each.before, each.after) for each in left.ways}
        for way in transitions(*(aspect.formulas(encoding) for _, encoding in universe.sides)):
            if (way.before, way.after) not in possible:
                universe.world.axioms.append(opposite(way.formula))

    def _may_attend_otherwise(self, unsettled: list[Aspect]) -> bool:
        """Whether today can be a review under one policy alone."""
        if self.old.schedule is None and self.new.schedule is None:
            return False
        kinds = ("trigger", "choice", "parameter", "rest", "constraint")
        return set(happening(self.old)) != set(happening(self.new)) or any(
            each.kind in kinds for each in unsettled
        )

    # One piece

    def _look(self, aspect: Aspect) -> None:
        """Prove that a piece is the same, or show by the customers at hand how it differs."""
        if aspect.texts[0] == aspect.texts[1]:
            return
        if not self.time_left():
            self.unsettled.append(Unsettled(aspect, [], for_want_of_time=True))
            return
        if aspect.formulas is None:
            ways = [] if self._same_accounts() else [Way("", "", NEVER, NEVER)]
        else:
            ways = [
                each
                for each in self._ways(aspect.formulas)
                if not self._refuted(each, of_accounts=aspect.per_account)
            ]
        found = Unsettled(aspect, ways)
        if not ways and aspect.exact:
            self.proved += 1
            return
        self.unsettled.append(found)
        for way in ways:
            self.showing.regions(found, way, self.showing.at_hand)
        if not found.shown:
            self.showing.by_evaluator(found)

    def _same_accounts(self) -> bool:
        """Whether both policies are about the same accounts, whatever the customer."""
        if self.old.subject is None or self.new.subject is None:
            return False
        one, other = self.deep.under
        differ = either(both(one, opposite(other)), both(other, opposite(one)))
        return self.deep.possible(differ, of_accounts=False, timeout=self.timeout) is False

    def _make(self) -> None:
        """Make customers for what none at hand shows: one for each piece first, what is unknown last."""
        with_formulas = [each for each in self.unsettled if each.aspect.formulas is not None]
        passes: tuple[Callable[[Unsettled, Way], bool], ...] = (
            lambda found, way: not found.shown and _is_sure(way),
            lambda found, _: not found.shown,
            lambda _, way: _is_sure(way),
            lambda _, __: True,
        )
        for wide in (False, True):
            self.customers.wide = wide
            tried: set[int] = set()
            for due in passes[: 2 if wide else None]:
                self._make_for(with_formulas, due, tried)
        for found in self.unsettled:
            self._say_open(found)

    def _make_for(
        self, waiting: list[Unsettled], due: Callable[[Unsettled, Way], bool], tried: set[int]
    ) -> None:
        for found in waiting:
            for way in found.ways:
                if way in found.shown or id(way) in tried or not due(found, way):
                    continue
                if not self.time_left():
                    found.for_want_of_time = True
                    continue
                tried.add(id(way))
                self.showing.regions(found, way, self.showing.made_for)

    def _say_open(self, found: Unsettled) -> None:
        """Tell what is neither shown nor ruled out."""
        aspect = found.aspect
        left = [each for each in found.ways if each not in found.shown]
        if found.by_evaluator or (found.shown and (not left or aspect.formulas is None)):
            return
        by = dict.fromkeys(text for each in left for text in found.why.get(id(each), ()))
        ways = tuple((each.before, each.after) for each in left) if found.shown else ()
        parts = reaching(aspect, self.changes, self.spelled)
        late = found.for_want_of_time
        self.open.append(OpenQuestion(aspect.kind, aspect.name, aspect.of, ways, tuple(by)[:3], late, parts))

    def _ways(self, formulas: Callable[[Encoding], Formulas]) -> list[Way]:
        found = []
        for universe in (self.names, self.deep):
            sided = []
            for side, encoding in universe.sides:
                sided.append(formulas(encoding))
                universe.claim(side)
            found.append({(each.before, each.after): each.formula for each in transitions(*sided)})
        by_names, by_fields = found
        return [
            Way(*key, by_names.get(key, NEVER), by_fields.get(key, NEVER))
            for key in by_names
            if key in by_fields
        ]

    def _refuted(self, way: Way, *, of_accounts: bool) -> bool:
        return any(
            universe.possible(formula, of_accounts=of_accounts, timeout=self.timeout) is False
            for universe, formula in ((self.names, way.by_names), (self.deep, way.by_fields))
        )

    def _unexplained(self) -> Iterator[Difference]:
        """A customer who is decided otherwise where none was shown: what the evaluator says stands."""
        for customer in self.customers.differing[:1]:
            old, new = customer.decisions
            witness = Witness(customer.snapshot, None, (), old, new)
            yield Difference(
                "attributes", "", "", "", "", (None, None), None, complete=False, witness=witness, parts=()
            )


def _by_what_counts(difference: Difference, parts: Iterable[JudgedPart]) -> Difference:
    """A difference without the parts that were proved to have no effect."""
    idle = {each.change.key for each in parts if each.effect == "none"}
    return evolve(difference, parts=tuple(each for each in difference.parts if each.key not in idle))


def _is_of(domain: DomainChange, change: PartChange) -> bool:
    """Whether it is this changed part that changes whom a policy decides."""
    if change.kind == "input":
        return (domain.what, domain.name) == ("input", change.name)
    return change.kind == "subject" and domain.what in ("currency", "effective")


def _is_sure(way: Way) -> bool:
    """Whether nothing is unknown before or after."""
    return not any(each.startswith(("unknown", "referred")) for each in (way.before, way.after))
