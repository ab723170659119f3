"""Customers who show that a piece of the decision differs, and for whom else it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import define, evolve, field, frozen

from postloan_rules.analysis.difference.comparison import Difference, Witness
from postloan_rules.analysis.difference.judging import reaching
from postloan_rules.analysis.difference.regions import deep_formula, holds_for, region_of
from postloan_rules.analysis.difference.resting import rested, reviewed
from postloan_rules.analysis.proof.values import both, opposite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postloan_rules.analysis.difference.aspects import Aspect
    from postloan_rules.analysis.difference.customers import Both, Customers
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.difference.regions import Region
    from postloan_rules.analysis.difference.search import PairSearch
    from postloan_rules.analysis.difference.spelled import Spelled
    from postloan_rules.analysis.difference.universe import Universe
    from postloan_rules.analysis.proof.values import Formula

__all__ = ["Showing", "Unsettled", "Way"]

_REGIONS = 3
"""So many regions are told of one kind of difference."""
_STARTS = 16
"""So many customers of each sort a search starts from at most."""


@frozen(eq=False)
class Way:
    """One way to differ, by the names that the policies share and by the fields of the snapshot."""

    before: str
    after: str
    by_names: Formula
    by_fields: Formula


@define(eq=False)
class Unsettled:
    """A piece that is not proved to be the same, and the ways in which it can differ."""

    aspect: Aspect
    ways: list[Way]
    shown: list[Way] = field(factory=list)
    by_evaluator: bool = False
    why: dict[int, tuple[str, ...]] = field(factory=dict)
    """What stands in the way of showing a way, by its identity."""
    for_want_of_time: bool = False


_Shown: TypeAlias = "tuple[Both, str | None, tuple[str, ...]]"
"""A customer, the account, and the fields that were changed to make the customer."""
Find: TypeAlias = "Callable[[Unsettled, Way, list[Region]], _Shown | None]"


@define(eq=False)
class Showing:
    """What is shown so far, and all that it takes to show more."""

    changes: tuple[PartChange, ...]
    spelled: tuple[Spelled, Spelled]
    customers: Customers
    deep: Universe
    names: Universe
    search: tuple[PairSearch, PairSearch]
    time_left: Callable[[], bool]
    timeout: int
    differences: list[Difference] = field(factory=list)

    def by_evaluator(self, found: Unsettled) -> None:
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

    def _shows(self, aspect: Aspect, way: Way | None, customer: Both, account_id: str | None) -> bool:
        before, after = aspect.seen(customer.old, account_id), aspect.seen(customer.new, account_id)
        if before is None or after is None or before == after or not customer.differs:
            return False
        if aspect.kind == "attention" and customer.old.next_review() == customer.new.next_review():
            return False
        if way is None or not aspect.labelled:
            return True
        return (_label(before), _label(after)) == (way.before, way.after)

    # Regions and customers

    def regions(self, found: Unsettled, way: Way, find: Find) -> None:
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

    def _is_all(self, aspect: Aspect, way: Way, told: list[Region]) -> bool:
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

    def at_hand(self, found: Unsettled, way: Way, told: list[Region]) -> _Shown | None:
        """A customer at hand who shows it and lies in no region that is told already."""
        for customer, account_id in self._differing():
            if self._shows(found.aspect, way, customer, account_id) and not self._within(
                told, customer, account_id
            ):
                return customer, account_id, ()
        return None

    def made_for(self, found: Unsettled, way: Way, told: list[Region]) -> _Shown | None:
        """The same, of customers who are made for it; one is enough."""
        if told:
            return None
        at_hand = self.at_hand(found, way, told)
        if at_hand is not None:
            return at_hand
        if found.aspect.kind in ("rest", "attention"):
            return self._reviewed(found, way)
        return self._solved(
            found, way, lambda customer, account_id: self._shows(found.aspect, way, customer, account_id)
        )

    def _reviewed(self, found: Unsettled, way: Way) -> _Shown | None:
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
        self, found: Unsettled, way: Way, confirm: Callable[[Both, str | None], bool]
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


def _label(seen: object) -> str:
    """A state as formulas name it."""
    return seen[0] if isinstance(seen, tuple) else str(seen)
