"""The nearest value of one field at which a response comes or goes: spans are split where conditions turn."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.decisions.changeable import Changeable, Known, changed
from postloan_rules.decisions.decide import decide, outcome
from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.outlook import Outlook, Study
from postloan_rules.decisions.spans import Choice, Span
from postloan_rules.decisions.touch import Touch
from postloan_rules.snapshot import SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from postloan_rules.decisions.decision import Decision
    from postloan_rules.policy.model import Policy, Response
    from postloan_rules.snapshot import Snapshot

__all__ = ["Flip", "Resting", "Target", "nearest"]

_MOST_LOOKS = 600
"""So many spans are looked at for one side of one field; past them the search gives up, and says so."""


class Resting(Exception):  # noqa: N818 - no error: no field can end a cool-down
    """The response rests after it was taken."""

    def __init__(self, until: date | None) -> None:
        self.until = until
        super().__init__(until)


@define
class Target:
    """A response of one account or of the customer, that is to come where it is not and to go where it is."""

    policy: Policy
    snapshot: Snapshot
    response: Response
    account_id: str | None
    now: bool
    """Whether it is chosen at present."""
    study: Study

    @classmethod
    def of(cls, policy: Policy, snapshot: Snapshot, response: Response, account_id: str | None) -> Target:
        """The response as things are."""
        found = outcome(policy, snapshot)
        candidate = found.candidates.get((response.name, account_id))
        now = candidate is not None and candidate.withheld is None
        return cls(policy, snapshot, response, account_id, now, Study(policy, snapshot, found, Touch(policy)))

    def flipped(self, changes: Iterable[tuple[Changeable, Known]]) -> bool:
        """Whether the response comes or goes with these changes, by deciding the changed snapshot.

        Raises:
            Resting: where nothing but its cool-down stands in its way.
        """
        found = outcome(self.policy, changed(self.snapshot, changes))
        candidate = found.candidates.get((self.response.name, self.account_id))
        withheld = candidate.withheld if candidate is not None else None
        if withheld is not None and withheld.cause is Cause.COOL_DOWN:
            raise Resting(withheld.until)
        return (candidate is not None and withheld is None) is not self.now

    def verified(self, changes: Iterable[tuple[Changeable, Known]]) -> Decision | None:
        """The decision on the changed snapshot, where that is valid and the response does come or go."""
        try:
            snapshot = changed(self.snapshot, changes).checked()
            decision = decide(self.policy, snapshot)
        except SnapshotInvalid:
            return None
        key = (self.response.name, self.account_id)
        there = any((each.response, each.account_id) == key for each in decision.responses)
        return decision if there is not self.now else None


@frozen
class Flip:
    """The nearest value at which a response comes or goes (None: there is none); whether it is proved."""

    after: Known | None
    proved: bool


def nearest(target: Target, each: Changeable) -> Flip:
    """The nearest value of a field at which the response comes or goes.

    Raises:
        Resting: where nothing but its cool-down stands in its way.
    """
    if not each.numeric:
        span = Span(0, 0)
        value = Choice((_known(each.before), *(_known(member) for member in each.members)))
        whole = Outlook(target.study, each.place, value, span)
        if whole.chosen(target.response, target.account_id) is target.now:
            return Flip(None, proved=True)
        flips = [value for value in each.members if _flips(target, each, value)]
        return Flip(flips[0] if flips else None, proved=True)
    search = _Search(target, each)
    steps = search.run()
    return Flip(None if steps is None else each.at(steps), proved=not search.gave_up)


def _known(value: Known | None) -> object:
    return str(value) if isinstance(value, str) else value


def _flips(target: Target, each: Changeable, value: Known) -> bool:
    changes = ((each, value),)
    return target.flipped(changes) and target.verified(changes) is not None


@define
class _Search:
    target: Target
    each: Changeable
    gave_up: bool = field(default=False, init=False)
    looks: int = field(default=0, init=False)

    def run(self) -> int | None:
        """In how many steps the response comes or goes: the fewest; down before up where both are as far."""
        whole = self._outlook(self.each.least, self.each.most, None)
        if whole.chosen(self.target.response, self.target.account_id) is self.target.now:
            return None
        down = self._side(-1, -self.each.least, whole)
        up = self._side(1, self.each.most if down is None else min(self.each.most, -down - 1), whole)
        return up if up is not None else down

    def _outlook(self, first: int, last: int, wider: Outlook | None) -> Outlook:
        self.looks += 1
        span = Span(first, last)
        value = span.field(self.each.present, Fraction(self.each.step), self.each.decimals)
        return Outlook(self.target.study, self.each.place, value, span, wider)

    def _side(self, side: int, furthest: int, whole: Outlook) -> int | None:
        """The nearest step on one side, at most so far away."""
        self.looks = 0
        waiting = [(1, furthest, whole)]
        while waiting:
            near, far, wider = waiting.pop()
            if near > far:
                continue
            if self.looks >= _MOST_LOOKS:
                self.gave_up = True
                return self._guessed(side, near, furthest)
            first, last = (near, far) if side > 0 else (-far, -near)
            outlook = self._outlook(first, last, wider)
            state = outlook.chosen(self.target.response, self.target.account_id)
            if state is self.target.now:
                continue
            single = near == far
            if state is None and not single and not outlook.uniform():
                middle = self._middle(side, near, far, outlook)
                waiting += [(middle, far, outlook), (near, middle - 1, outlook)]
                continue
            value = self.each.at(side * near)
            if not self.target.flipped(((self.each, value),)):
                # On a span that is settled, one look at any step is enough.
                continue
            if self.target.verified(((self.each, value),)) is not None:
                return side * near
            waiting.append((near + 1, far, outlook))
        return None

    def _middle(self, side: int, near: int, far: int, outlook: Outlook) -> int:
        """The distance at which a span is split: where the nearest condition turns, else half way."""
        turns = [each if side > 0 else 1 - each for each in outlook.span.turns]
        inside = [each for each in turns if near < each <= far]
        if inside:
            return min(inside)
        half = (near + far + 1) // 2
        return max(near + 1, min(half, isqrt(near * far) + 1)) if far > 4 * near else half

    def _guessed(self, side: int, near: int, furthest: int) -> int | None:
        """Some step at which it comes or goes, by doubling and halving: good, and not proved nearest."""
        low, high = near - 1, near
        while high <= furthest and not self._flips_at(side * high):
            low, high = high, 2 * high
        if high > furthest:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._flips_at(side * middle) else (middle, high)
        return side * high

    def _flips_at(self, step: int) -> bool:
        return _flips(self.target, self.each, self.each.at(step))
