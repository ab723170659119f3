"""The stream of events through the journal: settled, journalled, matched, and what they complete recorded."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from postloan_rules.live.confirming import Confirming, Finding, days_before
from postloan_rules.live.events import StreamEvent, Unreadable, earliest, event_line, latest
from postloan_rules.live.journal import Arrival, Deadline, Journal, Kept, Standing
from postloan_rules.live.matching import Matcher, Work
from postloan_rules.live.outcomes import Completed, Outcome, OutcomeKind
from postloan_rules.live.windows import Windows
from postloan_rules.problems import Problem, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from postloan_rules.policy.model import Policy

__all__ = ["Stream"]

_WAITS_AT_ONCE = 2_000
_PRUNED_AT_ONCE = 2_000
_DAY = timedelta(days=1)

Brought = dict[int, list[Completed]]
"""Completions by the arrival that brought them."""


@define
class _Settled:
    """Arrivals with their outcomes, before they are journalled."""

    arrivals: list[Arrival] = field(factory=list)
    problems: dict[int, tuple[Problem, ...]] = field(factory=dict)


class Stream:
    """One monitor's way through its journal. Called by one thread at a time.

    INVARIANT: what is held in memory follows what was written, never the other way. When anything fails
    between the two, the next call reads all of it from the journal anew.
    """

    def __init__(
        self,
        policy: Policy,
        journal: Journal,
        matcher: Matcher,
        *,
        lateness: timedelta,
        keep: timedelta,
        ahead: timedelta | None,
        held: int,
    ) -> None:
        self.standing = Standing()
        self.waiting = 0
        self.lag = timedelta(0)
        self._policy = policy
        self._journal = journal
        self._matcher = matcher
        self._confirming = Confirming(policy)
        self._lateness = lateness
        self._ahead = ahead
        self._oldest = lateness + self._confirming.longest
        """An event that is so much older than the latest one is late."""
        self._needed = lateness + 2 * self._confirming.longest + 3 * _DAY
        """How far back the events reach that an event may be matched with."""
        self._keep = max(keep, self._needed)
        self._windows = Windows(held)
        self._behind = True
        self._unpruned = 0

    def resume(self) -> tuple[Completed, ...]:
        """Go on where the journal stands: match what is journalled only, under the policy that is now."""
        self._windows.clear()
        self.standing = standing = self._journal.standing()
        if standing.fingerprint != self._policy.fingerprint:
            self._adopt(standing)
        arrivals = list(self._journal.arrivals(standing.batch))
        unmatched = [each for each in arrivals if each.number > standing.matched]
        self.waiting = _accepted(unmatched)
        # How far the clock went with these is not known any more; all that is kept may matter.
        brought = self._match(unmatched, date.min)
        self._waits_over(arrivals, brought)
        self._behind = False
        return tuple(each for number in sorted(brought) for each in brought[number])

    def take(self, events: Sequence[StreamEvent | Unreadable]) -> list[Outcome]:
        """Take events, in their order."""
        if self._behind:
            self.resume()
        settled = self._settle(events)
        arrivals = settled.arrivals
        before = self.standing.clock
        self._behind = True
        self._journal.take(arrivals)
        self.standing = _after(self.standing, arrivals)
        self.waiting = _accepted(arrivals)
        if before is not None and self.standing.clock is not None:
            self.lag = self.standing.clock - before
        brought = self._match(arrivals, self._since(before))
        self._waits_over(arrivals, brought)
        self._prune(len(arrivals))
        self._behind = False
        return [
            Outcome(
                kind=arrival.outcome,
                event=each if isinstance(each, StreamEvent) else None,
                completions=tuple(brought.get(arrival.number, ())),
                problems=settled.problems.get(arrival.number, ()),
            )
            for arrival, each in zip(arrivals, events, strict=True)
        ]

    def advance_to(self, moment: datetime) -> tuple[Completed, ...]:
        """Let it be later."""
        if self._behind:
            self.resume()
        brought: Brought = {}
        if self.standing.clock is None or moment > self.standing.clock:
            self._behind = True
            self._journal.record((), clock=moment)
            self.standing = evolve(self.standing, clock=moment)
            self._waits_over((), brought)
            self._behind = False
        return tuple(each for number in sorted(brought) for each in brought[number])

    def titled(self, completed: Completed) -> Completed:
        """The completion with the words of the policy."""
        trigger = self._confirming.triggers.get(completed.trigger)
        return evolve(completed, title=trigger.title) if trigger is not None else completed

    def delivered(self, number: int) -> None:
        """Count completions as delivered."""
        self.standing = evolve(self.standing, undelivered=self.standing.undelivered - number)

    def _settle(self, events: Sequence[StreamEvent | Unreadable]) -> _Settled:
        """The outcome of each event. It hangs on the events before it alone, whatever their batches."""
        keys = {(each.customer_id, each.event.id) for each in events if isinstance(each, StreamEvent)}
        known = dict(self._journal.known(keys))
        clock = self.standing.clock
        settled = _Settled()
        for number, each in enumerate(events, start=self.standing.last + 1):
            problems: tuple[Problem, ...] = ()
            if isinstance(each, Unreadable):
                outcome, problems = OutcomeKind.REFUSED, each.problems
            else:
                key = (each.customer_id, each.event.id)
                other = known.get(key)
                first = earliest(each.event)
                if other is not None:
                    outcome = OutcomeKind.DUPLICATE if other == each else OutcomeKind.REFUSED
                    problems = () if other == each else (_another(each),)
                elif not _sound(each):
                    outcome, problems = OutcomeKind.REFUSED, (_unsound(each),)
                elif clock is not None and self._ahead is not None and first - clock > self._ahead:
                    outcome, problems = OutcomeKind.REFUSED, (_far_ahead(each, first, clock),)
                else:
                    late = clock is not None and clock - latest(each.event) > self._oldest
                    outcome = OutcomeKind.LATE if late else OutcomeKind.ACCEPTED
                    known[key] = each
                    clock = first if clock is None or first > clock else clock
            note = self._note(each, problems) if outcome is OutcomeKind.REFUSED else ""
            event = each if isinstance(each, StreamEvent) and not note else None
            settled.arrivals.append(Arrival(number, outcome, clock, event, note))
            if problems:
                settled.problems[number] = problems
        return settled

    def _note(self, each: StreamEvent | Unreadable, problems: Iterable[Problem]) -> str:
        text = each.text if isinstance(each, Unreadable) else event_line(each, self._policy.currency)
        return "\n".join((text, *map(render, problems)))

    def _match(self, arrivals: Sequence[Arrival], since: date) -> Brought:
        """Match journalled arrivals with events from a day on; record what they complete and begin."""
        brought: Brought = {}
        if not arrivals:
            return brought
        new: dict[str, list[Kept]] = {}
        waits: list[Deadline] = []
        for each in arrivals:
            if each.outcome is OutcomeKind.ACCEPTED and each.event is not None:
                customer_id, event = each.event.customer_id, each.event.event
                if event.type in self._confirming.types:
                    new.setdefault(customer_id, []).append((each.number, event))
                if event.type in self._confirming.waited_after:
                    waits.extend(self._confirming.waits(customer_id, event))
        windows = {
            customer_id: self._window(customer_id, since, arrivals[0].number - 1) for customer_id in new
        }
        told = self._untold(self._completed(windows, new))
        self._journal.record(told, waits=waits, matched=arrivals[-1].number)
        self._recorded(told, brought)
        self.standing = evolve(self.standing, matched=arrivals[-1].number)
        self.waiting, self.lag = 0, timedelta(0)
        for customer_id, some in new.items():
            self._windows.put(customer_id, windows[customer_id] + some, since)
        return brought

    def _completed(
        self, windows: Mapping[str, list[Kept]], new: Mapping[str, list[Kept]]
    ) -> Iterator[tuple[int, Finding]]:
        """What new events complete, each among those that had come by then."""
        work = [self._work(customer_id, windows[customer_id], some) for customer_id, some in new.items()]
        candidates = self._matcher.candidates(work)
        for customer_id, some in new.items():
            events = [event for _, event in windows[customer_id]]
            for number, event in some:
                events.append(event)
                names = candidates.get((customer_id, event.id))
                if names:
                    for finding in self._confirming.completed_by(customer_id, events, event, names):
                        yield number, finding

    def _work(self, customer_id: str, window: Sequence[Kept], new: Sequence[Kept]) -> Work:
        events = tuple(event for _, event in new)
        since = days_before(min(map(earliest, events)), self._confirming.longest)
        before = sorted((event for _, event in window if event.occurred_on >= since), key=earliest)
        return Work(customer_id, tuple(before), events)

    def _window(self, customer_id: str, since: date, until: int) -> list[Kept]:
        """A customer's events that later ones may be matched with."""
        held = self._windows.get(customer_id)
        if held is not None:
            return held
        return self._journal.window(customer_id, since, until, self._confirming.types)

    def _untold(self, found: Iterable[tuple[int, Finding]]) -> list[tuple[int, Completed]]:
        """Those findings that say something new: each completion once, and none that another one covers."""
        found = sorted(found, key=_by_arrival)
        said = set(
            self._journal.reported(
                {one for _, finding in found for one in (finding.completed.id, *finding.said_by)}
            )
        )
        told = []
        for number, finding in found:
            if finding.completed.id not in said and said.isdisjoint(finding.said_by):
                said.add(finding.completed.id)
                told.append((number, finding.completed))
        return told

    def _recorded(self, told: Sequence[tuple[int, Completed]], brought: Brought) -> None:
        for number, completed in told:
            brought.setdefault(number, []).append(completed)
        self.standing = evolve(
            self.standing,
            completed=self.standing.completed + len(told),
            undelivered=self.standing.undelivered + len(told),
        )

    def _waits_over(self, arrivals: Sequence[Arrival], brought: Brought) -> None:
        """Complete the waits that are over, each as of the arrival by which it was over."""
        moment = self._watermark()
        if moment is None or not self._confirming.waited_after:
            return
        read = [each for each in arrivals if each.clock is not None]
        while due := self._journal.due(moment, _WAITS_AT_ONCE):
            by_customer: dict[str, list[Deadline]] = {}
            for wait in due:
                by_customer.setdefault(wait.customer_id, []).append(wait)
            found: list[tuple[int, Finding]] = []
            for customer_id, waits in by_customer.items():
                since = days_before(waits[0].due, self._confirming.longest + _DAY)
                window = self._window(customer_id, since, self.standing.last)
                for wait in waits:
                    found += self._missed(wait, window, read)
            told = self._untold(found)
            self._journal.record(told, over=due)
            self._recorded(told, brought)

    def _missed(
        self, wait: Deadline, window: Sequence[Kept], arrivals: Sequence[Arrival]
    ) -> Iterator[tuple[int, Finding]]:
        # Events that came after the wait was over do not undo it: batches must not matter.
        at = bisect_left(arrivals, wait.due + self._lateness, key=_clock)
        by = arrivals[at].number if at < len(arrivals) else self.standing.last
        by = max([by, *(number for number, event in window if event.id == wait.after)])
        events = [event for number, event in window if number <= by]
        for finding in self._confirming.missed(wait, events):
            yield by, finding

    def _watermark(self) -> datetime | None:
        """The moment up to which, by the stated lateness, all events have come."""
        clock = self.standing.clock
        return clock - self._lateness if clock is not None else None

    def _since(self, clock: datetime | None) -> date:
        return days_before(clock, self._needed) if clock is not None else date.min

    def _adopt(self, standing: Standing) -> None:
        """Go on under this policy: what it waits for takes the place of what the last one waited for."""
        moment = self._watermark()
        waits = (
            wait
            for each in self._journal.accepted(self._since(standing.clock), self._confirming.waited_after)
            for wait in self._confirming.waits(each.customer_id, each.event)
            if moment is None or wait.due > moment
        )
        self._journal.adopt(self._policy.fingerprint, waits)
        self.standing = evolve(standing, fingerprint=self._policy.fingerprint)

    def _prune(self, taken: int) -> None:
        """Now and then, drop what is too old to matter."""
        self._unpruned += taken
        if self._unpruned >= _PRUNED_AT_ONCE and self.standing.clock is not None:
            before = datetime.combine(days_before(self.standing.clock, self._keep), time.min)
            self._journal.prune(before, 2 * self._unpruned)
            self._unpruned = 0


def _after(standing: Standing, arrivals: Sequence[Arrival]) -> Standing:
    """Where the journal stands after it has taken arrivals."""
    if not arrivals:
        return standing
    outcomes = Counter(each.outcome for each in arrivals)
    return evolve(
        standing,
        batch=standing.last,
        last=arrivals[-1].number,
        clock=arrivals[-1].clock,
        outcomes={kind: standing.outcomes.get(kind, 0) + outcomes[kind] for kind in OutcomeKind},
    )


def _accepted(arrivals: Iterable[Arrival]) -> int:
    return sum(each.outcome is OutcomeKind.ACCEPTED for each in arrivals)


def _by_arrival(found: tuple[int, Finding]) -> int:
    return found[0]


def _clock(arrival: Arrival) -> datetime:
    # Those without a clock were left out.
    return arrival.clock or datetime.min  # noqa: DTZ901 - event times are local


def _sound(each: StreamEvent) -> bool:
    """Whether a reader would take an event that a program made, as far as matching hangs on it."""
    moment = each.event.occurred_at
    return moment is None or moment.date() == each.event.occurred_on


def _unsound(each: StreamEvent) -> Problem:
    event = each.event
    message = (
        f"`occurred_at` `{event.occurred_at}` lies on another day than `occurred_on`, `{event.occurred_on}`"
    )
    return Problem("PR0720", message, path="$.occurred_at")


def _another(each: StreamEvent) -> Problem:
    return Problem(
        "PR0901",
        f"the event `{each.event.id}` of customer `{each.customer_id}` was taken before, with other content",
        help="each event of a customer has a number of its own; a correction is another event",
        path="$.id",
    )


def _far_ahead(each: StreamEvent, moment: datetime, clock: datetime) -> Problem:
    days = (moment - clock).days
    return Problem(
        "PR0902",
        f"the event is of {each.event.occurred_on}, {days:,} days after the latest event so far",
        help="a wrong day would make all events after it late; if it is right, advance the monitor first",
        path="$.occurred_on",
    )
