"""Customers that both policies decide, to try and to start from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.analysis.difference.effect import effect_of
from postloan_rules.analysis.proof.customers import Case, bare, days_of, decided, some
from postloan_rules.decisions.compiled import Compiled
from postloan_rules.decisions.decide import concluded
from postloan_rules.snapshot import SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postloan_rules.analysis.difference.edges import Edges
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.decisions.decision import Decision
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["Both", "Customers"]

_OF_A_KIND = 3
"""So many customers with the same differences are looked at."""
_EDGED, _MOVES = 16, 3_000
"""So many customers with records at edges are looked at closely, and so many times one is moved at most."""
_EVERY = 23
"""Of those that are decided the same with a record at an edge, every 23rd is looked at closely."""
_SPREAD = 40
"""So many of those that are decided the same are looked at."""


@frozen(eq=False)
class Both:
    """A customer with what both policies come to, by the evaluator."""

    snapshot: Snapshot = field(repr=False)
    old: Outcome = field(repr=False)
    new: Outcome = field(repr=False)

    @property
    def accounts(self) -> tuple[str | None, ...]:
        """The accounts that both policies are about; None stands for the customer as a whole."""
        under = {each.account_id for each in self.new.scopes}
        found = tuple(each.account_id for each in self.old.scopes if each.account_id in under)
        return found or (None,)

    def case(self, side: str, account_id: str | None) -> Case:
        """The customer as one policy sees it."""
        return Case(self.snapshot, self.old if side == "old" else self.new, account_id)

    @cached_property
    def seen_otherwise(self) -> bool:
        """Whether a fact has another value under the new policy."""
        facts = [each.name for each in self.new.policy.facts]
        return any(
            self.old.names(account_id).get(name, value) != value
            for account_id in self.accounts
            for name, value in self.new.names(account_id).items()
            if name in facts
        )

    @cached_property
    def differs(self) -> bool:
        """Whether the decisions differ in effect."""
        one, other = self.decisions
        return effect_of(one) != effect_of(other)

    @cached_property
    def decisions(self) -> tuple[Decision, Decision]:
        """Both decisions."""
        fingerprint = self.snapshot.fingerprint
        return (concluded(self.old, fingerprint), concluded(self.new, fingerprint))


@define(eq=False)
class Customers:
    """Customers, decided under two policies when they are asked for.

    Args:
        old: The one policy.
        new: The other one.
        given: Customers to take; they are made to fit both policies.
        time_left: Whether there is time to decide another one.
    """

    old: Policy
    new: Policy
    given: Iterable[Snapshot] = field(repr=False)
    time_left: Callable[[], bool] = lambda: True
    differing: list[Both] = field(factory=list, repr=False)
    """Customers that are decided otherwise, a few of each kind."""
    others: list[Snapshot] = field(factory=list, repr=False)
    """All others."""
    edges: Edges | None = None
    tried: int = 0
    wide: bool = False
    """Whether a search also starts from customers of whom nothing differs."""
    _known: dict[int, Both | None] = field(factory=dict, repr=False)

    def look(self) -> None:
        """Decide all of them, and keep apart those that are decided otherwise."""
        one, other = Compiled(self.old), Compiled(self.new)
        kinds: dict[frozenset[str], int] = {}
        days = {*days_of(self.old), *days_of(self.new)}
        more = (
            case.snapshot
            for day in sorted(days)
            for policy in (self.old, self.new)
            for case in bare(policy, day)
        )
        for snapshot in self._fitted((*self.given, *more)):
            if not self.time_left():
                return
            try:
                effects = effect_of(one.decide(snapshot)), effect_of(other.decide(snapshot))
            except SnapshotInvalid:
                continue
            self.tried += 1
            kind = effects[0].differing(effects[1])
            kinds[kind] = kinds.get(kind, 0) + 1
            if not kind:
                self.others.append(snapshot)
            elif kinds[kind] <= _OF_A_KIND:
                both = self.both(snapshot)
                if both is not None:
                    self.differing.append(both)
        self._look_at_edges(one, other, kinds)
        self.differing.sort(key=_marks)

    def _look_at_edges(self, one: Compiled, other: Compiled, kinds: dict[frozenset[str], int]) -> None:
        """Customers whose records lie at the edges of what changed."""
        tried = 0
        for moved in self._moved():
            tried += 1
            if tried > _MOVES or not self.time_left():
                return
            try:
                kind = effect_of(one.decide(moved)).differing(effect_of(other.decide(moved)))
            except SnapshotInvalid:
                continue
            kinds[kind] = kinds.get(kind, 0) + 1
            closely = kinds[kind] <= _OF_A_KIND if kind else tried % _EVERY == 0 and len(self._edged) < _EDGED
            both = self.both(moved) if closely else None
            if both is not None and kind:
                self.differing.append(both)
            elif both is not None and both.seen_otherwise:
                self._edged.append(both)

    def _moved(self) -> Iterator[Snapshot]:
        if not self.edges:
            return
        for snapshot in self.others:
            yield from self.edges.around(snapshot, exactly=True)
        for snapshot in self.others[:: max(1, len(self.others) // _EDGED)]:
            yield from self.edges.around(snapshot, exactly=False)

    def _fitted(self, snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
        """The customers in the currency of the policies, with the inputs that both know."""
        inputs = {each.name: each for each in self.old.inputs}
        shared = {each.name for each in self.new.inputs if each.name in inputs}
        needed = [each for policy in (self.old, self.new) for each in policy.inputs if each.required]
        for each in snapshots:
            attributes = {name: value for name, value in each.attributes.items() if name in shared}
            for given in needed:
                if attributes.get(given.name) is None:
                    attributes[given.name] = some(given)
            yield evolve(each, currency=self.new.currency, attributes=attributes)

    def both(self, snapshot: Snapshot) -> Both | None:
        """A customer under both policies; None where one of them does not fit."""
        found = self._known.get(id(snapshot))
        if id(snapshot) not in self._known:
            old, new = decided(self.old, snapshot), decided(self.new, snapshot)
            found = Both(snapshot, old, new) if old is not None and new is not None else None
            # INVARIANT: what is known keeps its snapshot alive, so that no other one can have its id.
            self._known[id(snapshot)] = found if found is not None else None
            self._kept.append(snapshot)
        return found

    _kept: list[Snapshot] = field(factory=list, repr=False)

    def starts(self, most: int) -> Iterator[Both]:
        """Customers to start from: those that are decided otherwise, then those that are seen otherwise.

        Last come some of all other kinds.
        """
        yield from self.differing[: most // 2]
        ours, others = self._spread()
        yield from ours[: most // 2]
        if self.wide or not self.differing:
            yield from others[: 2 * most]

    def _spread(self) -> tuple[list[Both], list[Both]]:
        if self._started is None:
            step = max(1, len(self.others) // _SPREAD)
            order = [each for first in range(step) for each in self.others[first::step]]
            found = [both for both in map(self.both, order[:_SPREAD]) if both is not None]
            ours = [*self._edged, *(each for each in found if each.seen_otherwise)]
            self._started = (ours, [each for each in found if each not in ours])
        return self._started

    _edged: list[Both] = field(factory=list)
    _started: tuple[list[Both], list[Both]] | None = None


def _marks(both: Both) -> int:
    one, other = (effect_of(each) for each in both.decisions)
    return len(one.differing(other))
