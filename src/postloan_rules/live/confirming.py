"""What events complete, by the judge of patterns: for whom, and with which number."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.decisions import State
from postloan_rules.decisions.moments import deadline, timed
from postloan_rules.decisions.pattern_terms import Terms, terms_by_day
from postloan_rules.decisions.patterns import Completion, completions, ends_involving, longest_within
from postloan_rules.live.events import earliest, latest
from postloan_rules.live.journal import Deadline
from postloan_rules.live.outcomes import Completed, completion_id
from postloan_rules.policy.model import IfUnknown
from postloan_rules.policy.patterns import EventAbsence, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.snapshot import Event

__all__ = ["Confirming", "Finding", "days_before"]

_STATES = {True: State.FIRED, None: State.UNKNOWN}


@frozen
class Finding:
    """A completion, and the numbers of those that say as much or more: it is told where none of them was."""

    completed: Completed
    said_by: tuple[str, ...]


@frozen
class _Waiting:
    """An absence, and how its parameters are on a day."""

    trigger: Trigger
    pattern: EventAbsence
    terms_on: Callable[[date], Terms]

    def over(self, policy: Policy, event: Event) -> datetime | None:
        """When the wait after an event is over; None where none begins."""
        if self.pattern.after.where is None:
            return deadline(timed(event), self.terms_on(event.occurred_on).length)
        # Alone, and at the end of all time, the event tells whether a wait begins, and how long it is.
        found = completions(self.trigger, policy, (event,), None, until=datetime.max)  # noqa: DTZ901 - local time
        return next((each.completed_at for each in found), None)


class Confirming:
    """The pattern triggers of a policy, asked about the events of one customer at a time.

    Who a completion is about. A pattern per customer is about the customer. A pattern per account is about
    the account that its events name. Where the events that make it name none, it is about the customer, which
    means each of the customer's accounts, and is then not told of an account again.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.triggers = {each.name: each for each in policy.triggers if each.pattern is not None}
        self.longest_of = {name: longest_within(each, policy) for name, each in self.triggers.items()}
        self.longest = max(self.longest_of.values(), default=timedelta(0))
        """No pattern takes longer than this."""
        self.types_of = {
            name: frozenset(step.event for step in steps_of(each.pattern))
            for name, each in self.triggers.items()
            if each.pattern is not None
        }
        self.types = frozenset[str]().union(*self.types_of.values())
        """The types of events that some pattern mentions."""
        self._ended_by = {
            name: steps_of(each.pattern)[-1].event
            for name, each in self.triggers.items()
            if each.pattern is not None
        }
        self._waiting: dict[str, list[_Waiting]] = {}
        for each in self.triggers.values():
            if isinstance(each.pattern, EventAbsence):
                waiting = _Waiting(each, each.pattern, terms_by_day(each.pattern, policy))
                self._waiting.setdefault(each.pattern.after.event, []).append(waiting)
        self.ending = frozenset(
            name for name, each in self.triggers.items() if not isinstance(each.pattern, EventAbsence)
        )
        """The triggers that an event completes, rather than the passing of time."""

    @property
    def waited_after(self) -> frozenset[str]:
        """The types of events after which a wait begins."""
        return frozenset(self._waiting)

    def waits(self, customer_id: str, event: Event) -> Iterator[Deadline]:
        """The waits that begin with an event."""
        for waiting in self._waiting.get(event.type, ()):
            over = waiting.over(self.policy, event)
            if over is not None:
                yield Deadline(over, customer_id, waiting.trigger.name, event.id)

    def completed_by(
        self, customer_id: str, events: Sequence[Event], arrived: Event, names: frozenset[str]
    ) -> Iterator[Finding]:
        """What an event completes among the customer's events, of which it is one; only of these triggers."""
        start, stop = earliest(arrived), latest(arrived)
        last = all(latest(each) < start for each in events if each is not arrived)
        for name in sorted(names & self.ending):
            trigger = self.triggers[name]
            types = self.types_of[name]
            if arrived.type not in types or (last and arrived.type != self._ended_by[name]):
                continue
            longest = self.longest_of[name]
            first, final = days_before(start, longest), days_before(stop, -longest)
            near = [each for each in events if each.type in types and first <= each.occurred_on <= final]
            if len({each.type for each in near}) < len(types):
                continue
            for account_id, part in self._scopes(trigger, near, arrived):
                ends = (
                    frozenset((arrived.id,))
                    if last
                    else ends_involving(trigger, self.policy, part, account_id, {arrived.id})
                )
                if ends:
                    found = completions(trigger, self.policy, part, account_id, ends=ends)
                    yield from self._findings(customer_id, found)

    def missed(self, wait: Deadline, events: Sequence[Event]) -> Iterator[Finding]:
        """What the end of a wait completes: nothing, where the event came that it was for."""
        trigger = self.triggers[wait.trigger]
        after = next((each for each in events if each.id == wait.after), None)
        if after is None:
            return
        types = self.types_of[wait.trigger]
        first = after.occurred_on
        near = [
            each for each in events if each.type in types and first <= each.occurred_on <= wait.due.date()
        ]
        scopes: Sequence[str | None] = (None,)
        if trigger.per_account:
            named = {each.account_id for each in near if each.account_id is not None}
            if after.account_id is not None:
                scopes = (after.account_id,)
            elif named:
                scopes = sorted(named)
        for account_id in scopes:
            found = completions(
                trigger, self.policy, near, account_id, until=wait.due, ends=frozenset((after.id,))
            )
            yield from self._findings(wait.customer_id, found)

    def _scopes(
        self, trigger: Trigger, events: Sequence[Event], arrived: Event
    ) -> Iterator[tuple[str | None, Sequence[Event]]]:
        """For whom an event may complete a pattern, and by which events."""
        if not trigger.per_account:
            yield None, events
            return
        if arrived.account_id is not None:
            yield arrived.account_id, events
            return
        yield None, [each for each in events if each.account_id is None]
        for account_id in sorted({each.account_id for each in events if each.account_id is not None}):
            yield account_id, events

    def _findings(self, customer_id: str, found: Iterator[Completion]) -> Iterator[Finding]:
        for each in found:
            trigger = self.triggers[each.trigger]
            state = _STATES[each.state]
            if state is State.UNKNOWN:
                if trigger.if_unknown is IfUnknown.IGNORE:
                    continue
                if trigger.if_unknown is IfUnknown.FIRE:
                    state = State.FIRED
            yield self._finding(customer_id, each, state, trigger)

    def _finding(self, customer_id: str, each: Completion, state: State, trigger: Trigger) -> Finding:
        def number(account_id: str | None, state: State) -> str:
            return completion_id(customer_id, each.trigger, account_id, each.end.id, state)

        own = number(each.account_id, state)
        accounts = (each.account_id, None) if each.account_id is not None else (None,)
        states = (State.FIRED, State.UNKNOWN) if state is State.UNKNOWN else (State.FIRED,)
        said_by = [number(account_id, stronger) for account_id in accounts for stronger in states]
        completed = Completed(
            id=own,
            trigger=each.trigger,
            customer_id=customer_id,
            account_id=each.account_id,
            state=state,
            events=each.events,
            end=each.end.id,
            completed_on=each.completed_on,
            completed_at=each.completed_at,
            ruleset=self.policy.id,
            version=self.policy.version,
            fingerprint=self.policy.fingerprint,
            title=trigger.title,
        )
        return Finding(completed, tuple(one for one in said_by if one != own))


def days_before(moment: datetime, length: timedelta) -> date:
    """A day at least so long before a moment, or after it for a negative length; else the calendar's end."""
    spare = timedelta(days=1) if length >= timedelta(0) else -timedelta(days=1)
    try:
        return (moment - length - spare).date()
    except OverflowError:
        return date.min if length > timedelta(0) else date.max
