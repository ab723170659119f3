"""The search for a customer who shows a goal: by z3 over fields and events, over lists by small changes."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, evolve, field

from postloan_rules.analysis.missing_examples.happenings import bureau, happened
from postloan_rules.analysis.missing_examples.interest import Interest
from postloan_rules.analysis.missing_examples.records import Donors, moves
from postloan_rules.analysis.proof.building import NotBuilt, built
from postloan_rules.analysis.proof.customers import Case, cases_of
from postloan_rules.analysis.proof.reading import field_value, read
from postloan_rules.analysis.proof.values import Known, both, number
from postloan_rules.analysis.proof.witness import Found, Witnesses
from postloan_rules.decisions.values import compute
from postloan_rules.expressions import DATE, INPUT, MONEY, ListType, children, evaluate_node, names_in
from postloan_rules.policy.model import TriggerKind
from postloan_rules.snapshot import SnapshotInvalid
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.witness import _Pin
    from postloan_rules.analysis.proof.world import Free
    from postloan_rules.expressions import Function, Node
    from postloan_rules.snapshot import Snapshot

__all__ = ["FieldSearch", "ListSearch", "checked"]

_STEPS = 14
"""So many small changes are made of a list, one after another."""
_WIDE = 160
"""So many small changes are tried at each of them."""


@define(eq=False)
class FieldSearch(Witnesses):
    """A search over fields and events, for values that people would write: amounts in whole minor units."""

    def axioms(self) -> Sequence[Formula]:
        """What is sure of every customer, and what is wanted of these."""
        world = self.encoding.world
        unit = 10 ** minor_digits(world.currency)
        money = [each.term for each in world.fields.values() if each.type == MONEY and not each.term.is_int()]
        return [*world.axioms, *(z3.IsInt(unit * term) for term in money)]

    def _model(self, case: Case, assertion: Formula) -> tuple[z3.ModelRef | None, tuple[str, ...], set[str]]:
        """The same, with likely values in the fields that change, as far as there is a choice."""
        model, why, released = super()._model(case, assertion)
        if model is None or not released & self.encoding.world.fields.keys():
            return model, why, released
        solver = self._solver()
        solver.add(assertion, *(pin.formula for pin in self._pinned(case) if pin.name not in released))
        for name in sorted(released & self.encoding.world.fields.keys()):
            for wish in self._wishes(name, case):
                if solver.check(wish) == z3.sat:
                    solver.add(wish)
        return (solver.model() if solver.check() == z3.sat else model), why, released

    def _wishes(self, name: str, case: Case) -> Iterator[Formula]:
        """What would be a likely value of a field: near the one that was, else a round one."""
        found = self.encoding.world.fields[name]
        before = field_value(case, name)
        if found.type == MONEY and isinstance(found.symbol, Known):
            amount = found.symbol.term
            if isinstance(before, Decimal) and before > 0:
                yield z3.And(2 * amount >= number(before), amount <= number(2 * before))
            else:
                yield z3.Or(amount == 0, z3.And(amount >= 1000, amount <= 100_000))
            yield z3.IsInt(amount / 100)
            yield z3.IsInt(amount)
        elif found.type == DATE:
            today = case.snapshot.as_of.toordinal()
            yield z3.And(found.term >= today - 1_000, found.term <= today + 1_000)


@define(eq=False)
class ListSearch(FieldSearch):
    """A search that also changes lists, schedules and patterns, which no formula describes.

    The solver says what the value of an expression over a list should be; small changes of the list bring it
    there, and the evaluator says whether they did.
    """

    donors: Donors = field(kw_only=True)
    _interests: dict[str, Interest] = field(factory=dict)

    def _from(
        self, start: Case, assertion: Formula, confirm: Callable[[Case], bool]
    ) -> Found | tuple[str, ...]:
        case = start
        why: tuple[str, ...] = ()
        learnt: list[Formula] = []
        for _ in range(min(self.rounds, 4)):
            if not self.time_left():
                return why
            learnt += self._worked_out(case)
            model, why, released = self._model(case, both(assertion, *learnt))
            if model is None:
                return why
            try:
                snapshot = built(self.encoding, case, model, released)
            except NotBuilt:
                return why
            again = self._seen_from(snapshot, case.account_id)
            if again is None:
                return why
            why = (*why, *self._texts(released))
            case = again
            for name in sorted(released):
                changed = self._brought_about(name, case, model)
                if changed is not None:
                    case = changed
            if confirm(case):
                return Found(case, start.snapshot, ())
        return why

    def _texts(self, released: Iterable[str]) -> Iterator[str]:
        frees = self.encoding.world.frees
        by_name = {f"[{each.key}]": each.text for each in frees.values()}
        return (by_name[name] for name in sorted(released) if name in by_name)

    def _seen_from(self, snapshot: Snapshot, account_id: str | None) -> Case | None:
        found = cases_of(self.encoding.policy, snapshot)
        return next((each for each in found if each.account_id == account_id), None)

    # What can be let go

    def _of_free(self, key: str, case: Case) -> _Pin | None:
        found = super()._of_free(key, case)
        return evolve(found, soft=True) if found is not None else None

    def _of_flag(self, name: str, case: Case) -> _Pin | None:
        found = super()._of_flag(name, case)
        there = name.startswith("new ") and found is not None and not found.soft
        return found if found is None or there else evolve(found, soft=True)

    def _worked_out(self, case: Case) -> Iterator[Formula]:
        world = self.encoding.world
        pins = {pin.name: pin for pin in self._pinned(case)}
        for each in world.frees.values():
            name = f"[{each.key}]"
            if name in pins and not _over_lists(each):
                fields = [pins[path].formula for path in world.fields if path in name and path in pins]
                yield z3.Implies(both(*fields), pins[name].formula)

    # What is brought about

    def _brought_about(self, name: str, case: Case, model: z3.ModelRef) -> Case | None:
        world = self.encoding.world
        if name in world.flags:
            wanted = bool(model.eval(world.flags[name], model_completion=True))
            return self._flagged(name, case, wanted=wanted)
        for free in world.frees.values():
            if f"[{free.key}]" == name and free.node is not None and free.functions is not None:
                target = read(world, model, free.term, free.known, free.type)
                return self._towards(case, free, free.node, free.functions, target)
        return None

    def _flagged(self, name: str, case: Case, *, wanted: bool) -> Case | None:
        policy = self.encoding.policy
        if name == "bureau?":
            return self._first(bureau(case.snapshot), case, name, wanted=wanted)
        if name in self.encoding.world.lists:
            node, functions = self.encoding.world.lists[name]
            return self._climbed(
                case,
                self._interest(name, node, functions),
                lambda names: int((evaluate_node(node, names, functions) is not None) is not wanted),
                unknown=not wanted,
            )
        for trigger in policy.triggers:
            if trigger.kind not in (TriggerKind.SCHEDULE, TriggerKind.PATTERN):
                continue
            if self.encoding.state_flag(trigger, name, None) is None:
                continue
            tried = happened(trigger, policy, case.snapshot, case.account_id, case.names)
            return self._first(tried, case, name, wanted=wanted)
        return None

    def _first(self, tried: Iterator[Snapshot], case: Case, flag: str, *, wanted: bool) -> Case | None:
        for snapshot in tried:
            found = checked(snapshot)
            seen = self._seen_from(found, case.account_id) if found is not None else None
            if seen is not None and self.flag(flag, seen) is wanted:
                return seen
        return None

    # Lists

    def _interest(self, key: str, node: Node, functions: Mapping[str, Function]) -> Interest:
        if key not in self._interests:
            self._interests[key] = Interest.of([(node, functions)], self.encoding.policy)
        return self._interests[key]

    def _towards(
        self, case: Case, free: Free, node: Node, functions: Mapping[str, Function], target: object
    ) -> Case | None:
        """The customer with lists changed until the expression has about the value."""

        def distance(names: Mapping[str, object]) -> Decimal | int | None:
            if not set(names_in(node)) - {INPUT} <= names.keys() or free.subject is not None:
                return None
            return _apart(evaluate_node(node, names, functions), target)

        interest = self._interest(free.key, node, functions)
        return self._climbed(case, interest, distance, unknown=target is None)

    def _climbed(
        self,
        case: Case,
        interest: Interest,
        distance: Callable[[Mapping[str, object]], Decimal | int | None],
        *,
        unknown: bool,
    ) -> Case | None:
        if not interest.lists:
            return None
        if "bureau" in interest.names and case.snapshot.bureau is None and not unknown:
            # The lists of a report are there only with a report.
            reported = self._seen_from(next(bureau(case.snapshot)), case.account_id)
            case = reported if reported is not None else case
        snapshot, best = case.snapshot, distance(case.names)
        names: Mapping[str, object] = case.names
        if best is None:
            return None
        start = best
        for _ in range(_STEPS):
            if best == 0 or not self.time_left():
                break
            gap = best if isinstance(best, Decimal) else None
            nearer = self._nearer(
                snapshot, case.account_id, interest, names, distance, best, gap, unknown=unknown
            )
            if nearer is None:
                break
            snapshot, names, best = nearer
        return self._seen_from(snapshot, case.account_id) if best != start else case

    def _nearer(  # noqa: PLR0913 - a customer, what matters, and how near it is
        self,
        snapshot: Snapshot,
        account_id: str | None,
        interest: Interest,
        names: Mapping[str, object],
        distance: Callable[[Mapping[str, object]], Decimal | int | None],
        best: Decimal | int,
        gap: Decimal | None,
        *,
        unknown: bool,
    ) -> tuple[Snapshot, Mapping[str, object], Decimal | int] | None:
        found: tuple[Snapshot, Mapping[str, object], Decimal | int] | None = None
        for sign in (1, -1) if gap is not None else (1,):
            more = gap * sign if gap is not None else None
            tried = moves(snapshot, account_id, interest, names, self.donors, unknown=unknown, gap=more)
            for move in islice(tried, _WIDE):
                given = self._names(move.snapshot, account_id, interest)
                near = distance(given) if given is not None else None
                if given is None or near is None or near >= (best if found is None else found[2]):
                    continue
                moved = checked(move.snapshot)
                if moved is not None:
                    found = (moved, given, near)
                    if near == 0:
                        return found
        return found

    def _names(
        self, snapshot: Snapshot, account_id: str | None, interest: Interest
    ) -> Mapping[str, object] | None:
        """The values that matter; those of other facts are not worked out."""
        policy = self.encoding.policy
        facts = tuple(each for each in policy.facts if each.name in interest.names)
        try:
            values = compute(evolve(policy, facts=facts), snapshot)
        except SnapshotInvalid:
            return None
        if account_id is None:
            return values.customer
        return next((names for account, names in values.accounts if account.account_id == account_id), None)

    # Small changes alone

    def nearby(self, case: Case, interest: Interest, *, unknown: bool) -> Iterator[Case]:
        """Customers who differ from this one in one list."""
        tried = moves(case.snapshot, case.account_id, interest, case.names, self.donors, unknown=unknown)
        for move in islice(tried, _WIDE):
            moved = checked(move.snapshot)
            found = self._seen_from(moved, case.account_id) if moved is not None else None
            if found is not None:
                yield found


def checked(snapshot: Snapshot) -> Snapshot | None:
    """The customer, if a reader would accept it."""
    try:
        return snapshot.checked()
    except (SnapshotInvalid, TypeError, ValueError):
        return None


def _apart(found: object, target: object) -> Decimal | int | None:
    """How far a value is from another one; 0 where it is the same."""
    if found is None or target is None:
        return 0 if found is target else Decimal(10**12) if target is not None else 1
    if isinstance(found, Decimal) and isinstance(target, Decimal):
        return abs(found - target)
    return int(found != target)


def _over_lists(free: Free) -> bool:
    return free.node is not None and _reads_list(free.node)


def _reads_list(node: Node) -> bool:
    return isinstance(node.type, ListType) or any(_reads_list(part) for part in children(node))
