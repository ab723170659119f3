"""Making the examples that are missing: as few as may be, each as like a customer of the team's as may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.analysis.coverage import Showing
from postloan_rules.analysis.goals import (
    Answered,
    AtLimit,
    Decides,
    Goal,
    InState,
    OfRule,
    OfTrigger,
    TakesRow,
)
from postloan_rules.analysis.missing_examples.aims import aim_of, free_parts
from postloan_rules.analysis.missing_examples.changing import Edit, applied, edits_between
from postloan_rules.analysis.missing_examples.interest import Interest, of_trigger
from postloan_rules.analysis.missing_examples.records import Donors
from postloan_rules.analysis.missing_examples.search import FieldSearch, ListSearch
from postloan_rules.analysis.missing_examples.writing import flow
from postloan_rules.analysis.placed import plain, root
from postloan_rules.analysis.proof.customers import Case, bare, days_of, decided, fitted
from postloan_rules.analysis.proof.encoding import Encoding
from postloan_rules.analysis.proof.values import ALWAYS, both
from postloan_rules.analysis.proof.witness import Found, Witnesses
from postloan_rules.limits import LIMITS
from postloan_rules.policy.reader import read
from postloan_rules.problems import Source
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.placed import Piece
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.expressions import Function, Node
    from postloan_rules.policy.model import Policy

__all__ = ["Made", "NotFound", "Written", "missing_examples"]

_PLAIN = "plain_customer"
_STARTS, _LIST_STARTS, _NEAR_STARTS = 8, 4, 3
"""From so many customers a search starts at most: by the solver, with lists too, by small changes alone."""


@frozen(eq=False)
class Written:
    """An example to write."""

    profile: str
    edits: tuple[Edit, ...]
    found: Outcome = field(repr=False)
    shows: tuple[Goal, ...]
    """What it shows that no other example does, in the order of the policy."""


@frozen
class NotFound:
    """A goal for which no customer was found, and by reason of which expressions."""

    goal: Goal
    by: tuple[str, ...]


@frozen(eq=False)
class Made:
    """All that came of it."""

    examples: tuple[Written, ...]
    profiles: Mapping[str, Mapping[str, object]]
    """New profiles, which the examples start from, as JSON values."""
    impossible: tuple[Goal, ...]
    """What no customer can show; that is proved."""
    not_found: tuple[NotFound, ...]
    not_tried: tuple[Goal, ...]
    """What there was no time for."""


@frozen(eq=False)
class _Profile:
    name: str
    piece: Piece = field(repr=False)
    written: Mapping[str, object] = field(repr=False)
    snapshot: Snapshot = field(repr=False)


@frozen(eq=False)
class _Start:
    """A customer to start from."""

    case: Case
    shown: frozenset[Goal]
    is_profile: bool


def missing_examples(
    policy: Policy,
    examples: Sequence[Example],
    snapshots: Mapping[str, Piece],
    *,
    leave_out: Iterable[Goal] = (),
    customers: Iterable[Snapshot] = (),
    time_left: Callable[[], bool] = lambda: True,
    timeout: int = 1_500,
) -> Made:
    """Examples that show what none of a policy's does, with each limit and the values beside it.

    Args:
        policy: The policy.
        examples: Its examples.
        snapshots: The profiles that they start from, as they are written.
        leave_out: What need not be shown.
        customers: Patterns for records that are added to lists.
        time_left: Whether there is time to go on.
        timeout: Milliseconds for one question to the solver.
    """
    making = _Making.of(policy, examples, snapshots, customers, time_left, timeout)
    return making.all(frozenset(leave_out))


@define(eq=False)
class _Making:
    policy: Policy
    showing: Showing
    profiles: list[_Profile]
    own: dict[str, _Profile]
    """Profiles of ours: used where there are none, or where they don't do."""
    starts: list[_Start]
    shown: set[Goal]
    """What the examples show."""
    proofs: Witnesses
    fields: FieldSearch
    lists: ListSearch
    time_left: Callable[[], bool]
    made: list[Written] = field(factory=list)
    open: dict[Goal, tuple[str, ...]] = field(factory=dict)
    """What was not found, and why."""
    impossible: list[Goal] = field(factory=list)
    not_tried: list[Goal] = field(factory=list)

    @classmethod
    def of(
        cls,
        policy: Policy,
        examples: Sequence[Example],
        snapshots: Mapping[str, Piece],
        customers: Iterable[Snapshot],
        time_left: Callable[[], bool],
        timeout: int,
    ) -> _Making:
        showing = Showing(policy, boundaries=True)
        profiles = list(_usable(policy, snapshots))
        own = {} if profiles else dict(_bare(policy, snapshots))
        starts: list[_Start] = []
        shown: set[Goal] = set()
        given = [(each.snapshot, True) for each in (*profiles, *own.values())]
        given += [(each, False) for each in _on_other_days(policy, [one for one, _ in given[:1]])]
        for snapshot, is_profile in given:
            starts += _seen(showing, decided(policy, snapshot), is_profile=is_profile)
        for example in examples:
            seen = _seen(showing, decided(example.policy, example.snapshot), is_profile=False)
            shown = shown.union(*(each.shown for each in seen))
            starts += seen if example.policy is policy else []
        encoding = Encoding.of(policy)
        donors = Donors([*(each.snapshot for each in profiles), *fitted(policy, customers)])
        searches = {"encoding": encoding, "cases": (), "timeout": timeout, "time_left": time_left}
        return cls(
            policy,
            showing,
            profiles,
            own,
            starts,
            shown,
            Witnesses(**searches),  # type: ignore[arg-type]  # as they are named
            FieldSearch(**searches),  # type: ignore[arg-type]  # as above
            ListSearch(**searches, donors=donors),  # type: ignore[arg-type]  # as above
            time_left,
        )

    def all(self, leave_out: frozenset[Goal]) -> Made:
        """Go through all goals: first the ways that are quick, then those that are not."""
        wanted = [each for each in self.showing.goals if each not in self.shown | leave_out]
        waiting: list[tuple[Goal, Formula | None]] = []
        for goal in wanted:
            if goal in self.shown:
                continue
            if not self.time_left():
                self.not_tried.append(goal)
                continue
            aim = aim_of(goal, self.fields.encoding)
            if aim is not None and self.proofs.refuted(aim):
                self.impossible.append(goal)
            elif not self._by(self.fields, goal, aim, _STARTS):
                waiting.append((goal, aim))
        for goal, aim in waiting:
            if goal in self.shown:
                continue
            if not self.time_left():
                self.not_tried.append(goal)
                self.open.pop(goal, None)
            elif not self._by(self.lists, goal, aim, _LIST_STARTS) and not self._nearby(goal):
                self.open.setdefault(goal, ())
        return self._result(wanted)

    # One goal

    def _by(self, search: Witnesses, goal: Goal, aim: Formula | None, most: int) -> bool:
        """Whether an example was found by the solver."""
        more = _more(goal, self.fields.encoding)
        formula = both(aim if aim is not None else ALWAYS, more)
        why: dict[str, None] = {}

        def confirm(case: Case) -> bool:
            return self.showing.shows(goal, case.found)

        for start in self._ranked(goal)[:most]:
            if not self.time_left():
                break
            search.cases = (start.case,)
            search.most = 1
            found = search.witness(formula, confirm)
            if isinstance(found, Found):
                if self._take(goal, found.snapshot):
                    self.open.pop(goal, None)
                    return True
            else:
                why |= dict.fromkeys(found.by)
        if not why and aim is not None:
            why = dict.fromkeys(free_parts(aim, self.fields.encoding.world))
        self.open[goal] = tuple(dict.fromkeys((*self.open.get(goal, ()), *why)))[:3]
        return False

    def _nearby(self, goal: Goal) -> bool:
        """Whether one small change of a list is enough."""
        interest = Interest.of(_nodes(goal), self.policy)
        if not interest.lists:
            return False
        unknown = goal.wanted == "unknown"
        for start in self._ranked(goal)[:_NEAR_STARTS]:
            for case in self.lists.nearby(start.case, interest, unknown=unknown):
                if not self.time_left():
                    return False
                if self.showing.shows(goal, case.found) and self._take(goal, case.snapshot):
                    self.open.pop(goal, None)
                    return True
        return False

    def _ranked(self, goal: Goal) -> list[_Start]:
        """Customers to start from: those who are nearest, as far as that is seen at once."""
        near = _neighbours(goal)
        owned = {each for each in self.showing.goals if each.owner == goal.owner}

        def key(pair: tuple[int, _Start]) -> tuple[int, bool, int]:
            number, start = pair
            rank = 0 if near & start.shown else 1 if owned & start.shown else 2
            return rank, not start.is_profile, number

        return [start for _, start in sorted(enumerate(self.starts), key=key)]

    def _take(self, goal: Goal, snapshot: Snapshot) -> bool:
        """Write an example with the customer, with no more changes than it takes."""
        snapshot = _numbered(snapshot)
        best: tuple[_Profile, tuple[Edit, ...]] | None = None
        for profile in (*self.profiles, *self.own.values()):
            edits = edits_between(profile.written, snapshot.to_dict())
            if best is None or _weight(edits) < _weight(best[1]):
                best = profile, edits
        if best is None:
            return False
        profile, edits = best
        found = self._shown_by(goal, profile, edits)
        if found is None:
            return False
        for edit in edits:
            fewer = tuple(each for each in edits if each is not edit)
            again = self._shown_by(goal, profile, fewer)
            if again is not None:
                edits, found = fewer, again
        edits, found = self._fewer_records(goal, profile, edits, found)
        shows = set(self.showing.of(found))
        self.made.append(Written(profile.name, edits, found, tuple(shows)))
        self.shown |= shows
        return True

    def _fewer_records(
        self, goal: Goal, profile: _Profile, edits: tuple[Edit, ...], found: Outcome
    ) -> tuple[tuple[Edit, ...], Outcome]:
        """Without records that need not be added, and with as little in them as may be."""
        for number, edit in enumerate(edits):
            if edit.kind != "add" or not isinstance(edit.value, list):
                continue
            for record in list(edit.value):
                kept = [each for each in edits[number].value if each is not record]  # type: ignore[attr-defined]  # a list
                fewer = (*edits[:number], evolve(edits[number], value=kept), *edits[number + 1 :])
                again = self._shown_by(goal, profile, fewer) if kept else None
                if again is not None:
                    edits, found = fewer, again
        return edits, found

    def _shown_by(self, goal: Goal, profile: _Profile, edits: tuple[Edit, ...]) -> Outcome | None:
        snapshot = applied(profile.piece, edits)
        found = decided(self.policy, snapshot) if snapshot is not None else None
        return found if found is not None and self.showing.shows(goal, found) else None

    # All of them

    def _result(self, wanted: Sequence[Goal]) -> Made:
        order = {goal: number for number, goal in enumerate(self.showing.goals)}
        left = set(wanted)
        chosen: list[Written] = []
        candidates = list(self.made)
        while candidates:
            best = max(candidates, key=lambda each: (len(left & set(each.shows)), -_weight(each.edits)))
            shows = left & set(best.shows)
            if not shows:
                break
            chosen.append(evolve(best, shows=tuple(sorted(shows, key=order.__getitem__))))
            left -= shows
            candidates.remove(best)
        chosen.sort(key=lambda each: order[each.shows[0]])
        used = {each.profile for each in chosen}
        return Made(
            tuple(chosen),
            {name: each.written for name, each in self.own.items() if name in used},
            tuple(each for each in self.impossible if each in left),
            tuple(NotFound(goal, why) for goal, why in self.open.items() if goal in left),
            tuple(each for each in self.not_tried if each in left),
        )


def _seen(showing: Showing, found: Outcome | None, *, is_profile: bool) -> list[_Start]:
    """A customer from each account that the policy is about."""
    if found is None:
        return []
    shown = frozenset(showing.of(found))
    scopes = [each for each in found.scopes if showing.policy.subject is None or each.account_id is not None]
    return [_Start(Case(found.snapshot, found, each.account_id), shown, is_profile) for each in scopes]


def _usable(policy: Policy, snapshots: Mapping[str, Piece]) -> Iterator[_Profile]:
    """The profiles that the policy can decide as they are."""
    for name, piece in snapshots.items():
        data = plain(piece)
        if not isinstance(data, dict):
            continue
        try:
            snapshot = Snapshot.from_dict(data)
        except SnapshotInvalid:
            continue
        if decided(policy, snapshot) is not None:
            yield _Profile(name, piece, data, snapshot)


def _bare(policy: Policy, taken: Iterable[str]) -> Iterator[tuple[str, _Profile]]:
    """A customer of whom hardly anything is known."""
    name = _PLAIN
    while name in taken:
        name += "_"
    for day in days_of(policy):
        for case in bare(policy, day):
            data = case.snapshot.to_dict()
            piece = root_of(data)
            if piece is not None:
                yield name, _Profile(name, piece, data, case.snapshot)
                return


def root_of(data: Mapping[str, object]) -> Piece | None:
    """JSON values of a snapshot as if they had been written in a file of examples."""
    node, _ = read(Source("a profile", flow(data)), LIMITS)
    return root(node) if node is not None else None


def _on_other_days(policy: Policy, snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """The customers on the days on which something of the policy changes, as far as that can be."""
    for snapshot in snapshots:
        for day in days_of(policy):
            moved = evolve(snapshot, as_of=day)
            try:
                yield moved.checked()
            except SnapshotInvalid:
                continue


def _weight(edits: Iterable[Edit]) -> int:
    """How much there is to read in an example."""
    return sum(40 + len(flow(each.value)) for each in edits)


def _numbered(snapshot: Snapshot) -> Snapshot:
    """With short ids for the events that the solver put in."""
    taken = {each.id for each in snapshot.events}
    events = []
    for event in snapshot.events:
        number = 1
        while " " in event.id and f"E-{number}" in taken:
            number += 1
        events.append(evolve(event, id=f"E-{number}") if " " in event.id else event)
        taken.add(events[-1].id)
    return evolve(snapshot, events=tuple(events))


def _neighbours(goal: Goal) -> frozenset[Goal]:
    """Goals that a customer shows who is likely to be near."""
    others = {"true": ("false",), "false": ("true",), "unknown": ("true", "false")}
    wanted = others.get(goal.wanted, ())
    if goal.kind == "boundary":
        wanted = tuple(
            each for each in ("at the limit", "one step below", "one step above") if each != goal.wanted
        )
    return frozenset(evolve(goal, wanted=each) for each in wanted)


def _more(goal: Goal, encoding: Encoding) -> Formula:
    """What must be so besides, for the solver to find it: a constraint is asked of responses."""
    about = goal.about
    question = about.question if isinstance(about, Answered | InState | Decides | AtLimit) else None
    if question is None or question.owner != "constraint":
        return ALWAYS
    read = {name for atom in question.atoms if atom.expression is not None for name in atom.expression.reads}
    return both(*(encoding.put_forward(name) for name in encoding.policy.responses if name in sorted(read)))


def _nodes(goal: Goal) -> list[tuple[Node, Mapping[str, Function]]]:
    """The expressions that a goal is about."""
    match goal.about:
        case OfTrigger(trigger=trigger):
            return list(of_trigger(trigger))
        case AtLimit(threshold=threshold):
            return [(each, threshold.functions) for each in (threshold.left, threshold.right)]
        case Answered(question=question) | InState(question=question) | Decides(question=question):
            atoms = question.atoms
            return [
                (a.node, a.expression.functions)
                for a in atoms
                if a.node is not None and a.expression is not None
            ]
        case OfRule() | TakesRow():
            return []
