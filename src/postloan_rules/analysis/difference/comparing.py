"""Two policies compared: what is the same is proved, what differs is shown by a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, evolve, field, frozen

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
from postloan_rules.analysis.difference.parts import part_changes
from postloan_rules.analysis.difference.pieces import aspects_of, attention_of, happening
from postloan_rules.analysis.difference.regions import deep_formula, holds_for, region_of
from postloan_rules.analysis.difference.resting import rested, reviewed
from postloan_rules.analysis.difference.search import searches
from postloan_rules.analysis.difference.spelled import Spelled
from postloan_rules.analysis.difference.universe import (
    Shared,
    Universe,
    alike,
    shared_names,
)
from postloan_rules.analysis.proof.customers import decided
from postloan_rules.analysis.proof.values import NEVER, Truth, both, opposite
from postloan_rules.decisions.decide import concluded
from postloan_rules.expressions import BOOLEAN
from postloan_rules.policy.model import IfUnknown, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postloan_rules.analysis.difference.aspects import Aspect, Formulas
    from postloan_rules.analysis.difference.comparison import PartEffect, Verdict
    from postloan_rules.analysis.difference.customers import Both
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.difference.regions import Region
    from postloan_rules.analysis.difference.search import PairSearch
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["compare"]

_REGIONS = 3
"""So many regions are told of one kind of difference."""
_STARTS = 16
"""So many customers of each sort a search starts from at most."""


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


@frozen(eq=False)
class _Way:
    """One way to differ, by the names that the policies share and by the fields of the snapshot."""

    before: str
    after: str
    by_names: Formula
    by_fields: Formula


@define(eq=False)
class _Unsettled:
    """A piece that is not proved to be the same, and the ways in which it can differ."""

    aspect: Aspect
    ways: list[_Way]
    shown: list[_Way] = field(factory=list)
    by_evaluator: bool = False
    why: dict[int, tuple[str, ...]] = field(factory=dict)
    """What stands in the way of showing a way, by its identity."""
    for_want_of_time: bool = False


_Shown: TypeAlias = "tuple[Both, str | None, tuple[str, ...]]"
"""A customer, the account, and the fields that were changed to make the customer."""
_Find: TypeAlias = "Callable[[_Unsettled, _Way, list[Region]], _Shown | None]"


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
    search: tuple[PairSearch, PairSearch] = field(init=False)
    differences: list[Difference] = field(factory=list)
    open: list[OpenQuestion] = field(factory=list)
    unsettled: list[_Unsettled] = field(factory=list)
    """The pieces that are not proved to be the same."""
    proved: int = 0

    def __attrs_post_init__(self) -> None:
        self.spelled = (Spelled(self.old), Spelled(self.new))
        edges = Edges(self.old, self.new, self.changes)
        self.customers = Customers(self.old, self.new, self.given, self.time_left, edges=edges)
        if self.old.currency != self.new.currency:
            return
        self.deep = Universe.deep(self.old, self.new)
        spellings = (self.deep.old.spelling, self.deep.new.spelling)
        self.shared = shared_names(self.old, self.new, *spellings)
        self.names = Universe.of_names(self.old, self.new, self.shared, ())
        for side, encoding in self.names.sides:
            encoding.apart, encoding.side = self.apart, side  # type: ignore[attr-defined]  # a surface
        self.search = searches(self.deep, self.customers, self.timeout, self.time_left)

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
        if not self.differences and not self.open:
            self.differences += self._unexplained()
        parts = tuple(JudgedPart(each, self._effect(each, alone=parts_alone)) for each in self.changes)
        return Comparison(
            self.old,
            self.new,
            "different" if self.differences or domain else "open" if self.open else "equal",
            parts,
            domain,
            tuple(_by_what_counts(each, parts) for each in self.differences),
            tuple(self.open),
            self.customers.tried,
            self.proved,
        )

    # Each part by itself

    def _effect(self, change: PartChange, *, alone: bool) -> PartEffect:
        """Whether a changed part decides anything."""
        if change.of_words:
            return "words"
        if change.kind in ("subject", "input") and domain_changes(self.old, self.new):
            return "effect"
        differences = [each for each in self.differences if change in each.parts]
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
            [each.witness.snapshot for each in self.differences],
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

    def _rule_out(self, universe: Universe, aspect: Aspect, left: _Unsettled) -> None:
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
            self.unsettled.append(_Unsettled(aspect, [], for_want_of_time=True))
            return
        if aspect.formulas is None:
            ways = [_Way("", "", NEVER, NEVER)]
        else:
            ways = [
                each
                for each in self._ways(aspect.formulas)
                if not self._refuted(each, of_accounts=aspect.per_account)
            ]
        found = _Unsettled(aspect, ways)
        if not ways and aspect.exact:
            self.proved += 1
            return
        self.unsettled.append(found)
        for way in ways:
            self._regions(found, way, self._at_hand)
        if not found.shown:
            self._by_evaluator(found)

    def _make(self) -> None:
        """Make customers for what none at hand shows: one for each piece first, what is unknown last."""
        with_formulas = [each for each in self.unsettled if each.aspect.formulas is not None]
        passes: tuple[Callable[[_Unsettled, _Way], bool], ...] = (
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
        self, waiting: list[_Unsettled], due: Callable[[_Unsettled, _Way], bool], tried: set[int]
    ) -> None:
        for found in waiting:
            for way in found.ways:
                if way in found.shown or id(way) in tried or not due(found, way):
                    continue
                if not self.time_left():
                    found.for_want_of_time = True
                    continue
                tried.add(id(way))
                self._regions(found, way, self._made_for)

    def _say_open(self, found: _Unsettled) -> None:
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

    def _ways(self, formulas: Callable[[Encoding], Formulas]) -> list[_Way]:
        found = []
        for universe in (self.names, self.deep):
            sided = []
            for side, encoding in universe.sides:
                sided.append(formulas(encoding))
                universe.claim(side)
            found.append({(each.before, each.after): each.formula for each in transitions(*sided)})
        by_names, by_fields = found
        return [
            _Way(*key, by_names.get(key, NEVER), by_fields.get(key, NEVER))
            for key in by_names
            if key in by_fields
        ]

    def _refuted(self, way: _Way, *, of_accounts: bool) -> bool:
        return any(
            universe.possible(formula, of_accounts=of_accounts, timeout=self.timeout) is False
            for universe, formula in ((self.names, way.by_names), (self.deep, way.by_fields))
        )

    def _by_evaluator(self, found: _Unsettled) -> None:
        """Whether a customer at hand shows it in a way that formulas do not tell."""
        everybody = self._differing()
        if found.aspect.kind == "subject":
            everybody = (
                (customer, each.account_id)
                for customer in self.customers.differing
                for each in customer.snapshot.accounts
            )
        for customer, account_id in everybody:
            if self._shows(found.aspect, None, customer, account_id):
                found.by_evaluator = True
                self._tell(found.aspect, None, customer, account_id, ())
                return

    def _differing(self) -> Iterator[tuple[Both, str | None]]:
        for customer in self.customers.differing:
            for account_id in customer.accounts:
                yield customer, account_id

    def _shows(self, aspect: Aspect, way: _Way | None, customer: Both, account_id: str | None) -> bool:
        before, after = aspect.seen(customer.old, account_id), aspect.seen(customer.new, account_id)
        if before is None or after is None or before == after or not customer.differs:
            return False
        if aspect.kind == "attention" and customer.old.next_review() == customer.new.next_review():
            return False
        if way is None or not aspect.labelled:
            return True
        return (_label(before), _label(after)) == (way.before, way.after)

    # Regions and customers

    def _regions(self, found: _Unsettled, way: _Way, find: _Find) -> None:
        """Tell the regions of one way to differ, each around a customer."""
        told: list[Region] = []
        aspect = found.aspect
        most = 1 if aspect.kind == "attention" else _REGIONS
        while len(told) < most and self.time_left():
            shown = find(found, way, told)
            if shown is None:
                break
            customer, account_id, changed = shown
            if way not in found.shown:
                found.shown.append(way)
            region = region_of(
                self.names,
                way.by_names,
                customer,
                account_id,
                of_accounts=aspect.per_account,
                timeout=self.timeout,
            )
            self._tell(aspect, region, customer, account_id, changed)
            if region is None:
                break
            told.append(region)
            if self._is_all(aspect, way, told):
                last = len(told)
                self.differences[-last:] = [evolve(each, complete=True) for each in self.differences[-last:]]
                break

    def _is_all(self, aspect: Aspect, way: _Way, told: list[Region]) -> bool:
        """Whether there is nobody outside of these regions who differs in this way."""
        if not aspect.exact:
            return False
        rests = [both(way.by_names, *(opposite(each.formula) for each in told))]
        deep = [deep_formula(each, self.deep) for each in told]
        if all(each is not None for each in deep):
            rests.append(both(way.by_fields, *(opposite(each) for each in deep if each is not None)))
        return any(
            universe.possible(rest, of_accounts=aspect.per_account, timeout=self.timeout) is False
            for universe, rest in zip((self.names, self.deep), rests, strict=False)
        )

    def _at_hand(self, found: _Unsettled, way: _Way, told: list[Region]) -> _Shown | None:
        """A customer at hand who shows it and lies in no region that is told already."""
        for customer, account_id in self._differing():
            if self._shows(found.aspect, way, customer, account_id) and not self._within(
                told, customer, account_id
            ):
                return customer, account_id, ()
        return None

    def _made_for(self, found: _Unsettled, way: _Way, told: list[Region]) -> _Shown | None:
        """The same, of customers who are made for it; one is enough."""
        if told:
            return None
        at_hand = self._at_hand(found, way, told)
        if at_hand is not None:
            return at_hand
        if found.aspect.kind in ("rest", "attention"):
            return self._reviewed(found, way)
        return self._solved(
            found, way, lambda customer, account_id: self._shows(found.aspect, way, customer, account_id)
        )

    def _reviewed(self, found: _Unsettled, way: _Way) -> _Shown | None:
        aspect, customers = found.aspect, self.customers
        snapshots = [*(each.snapshot for each in customers.differing), *customers.others]
        made = (
            rested(aspect, customers, snapshots, _STARTS)
            if aspect.kind == "rest"
            else reviewed(customers, _STARTS)
        )
        for customer, account_id in made:
            if self._shows(aspect, way, customer, account_id):
                return customer, account_id, ("reviews",)
        if aspect.kind != "rest":
            return None

        def called(customer: Both, account_id: str | None) -> bool:
            return aspect.seen(customer.old, account_id) == aspect.seen(customer.new, account_id) == "chosen"

        chosen = self._solved(found, way, called)
        if chosen is not None:
            for customer, account_id in rested(aspect, customers, [chosen[0].snapshot], 1):
                if self._shows(aspect, way, customer, account_id):
                    return customer, account_id, (*chosen[2], "reviews")
        return None

    def _solved(
        self, found: _Unsettled, way: _Way, confirm: Callable[[Both, str | None], bool]
    ) -> _Shown | None:
        aspect = found.aspect
        formula = both(way.by_fields, *self.deep.under) if aspect.per_account else way.by_fields
        for search in self.search:
            starts = (
                (customer, account_id)
                for customer in self.customers.starts(_STARTS)
                for account_id in customer.accounts
                if account_id is not None or search.encoding.policy.subject is None or not aspect.per_account
            )
            result = search.search(formula, confirm, starts)
            if isinstance(result, tuple):
                made, customer = result
                if customer.differs:
                    self.customers.differing.append(customer)
                return customer, made.case.account_id, made.changed
            found.why[id(way)] = result.by or found.why.get(id(way), ())
            if not search.possible:
                break
        return None

    def _within(self, told: list[Region], customer: Both, account_id: str | None) -> bool:
        return any(holds_for(self.names, each.formula, customer, account_id) for each in told)

    def _tell(
        self,
        aspect: Aspect,
        region: Region | None,
        customer: Both,
        account_id: str | None,
        changed: tuple[str, ...],
    ) -> None:
        before, after = aspect.seen(customer.old, account_id), aspect.seen(customer.new, account_id)
        old, new = customer.decisions
        self.differences.append(
            Difference(
                aspect.kind,
                aspect.name,
                aspect.of,
                _label(before) if aspect.labelled else "",
                _label(after) if aspect.labelled else "",
                (before, after),
                region,
                False,
                Witness(customer.snapshot, account_id, changed, old, new),
                reaching(aspect, self.changes, self.spelled),
            )
        )

    def _unexplained(self) -> Iterator[Difference]:
        """A customer who is decided otherwise where all seemed the same: what the evaluator says stands."""
        for customer in self.customers.differing[:1]:
            old, new = customer.decisions
            witness = Witness(customer.snapshot, None, (), old, new)
            yield Difference(
                "attributes", "", "", "", "", (None, None), None, complete=False, witness=witness, parts=()
            )


def _label(seen: object) -> str:
    """A state as formulas name it."""
    return seen[0] if isinstance(seen, tuple) else str(seen)


def _by_what_counts(difference: Difference, parts: Iterable[JudgedPart]) -> Difference:
    """A difference without the parts that were proved to have no effect."""
    idle = {each.change.key for each in parts if each.effect == "none"}
    return evolve(difference, parts=tuple(each for each in difference.parts if each.key not in idle))


def _is_sure(way: _Way) -> bool:
    """Whether nothing is unknown before or after."""
    return not any(each.startswith(("unknown", "referred")) for each in (way.before, way.after))
