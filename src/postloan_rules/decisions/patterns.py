"""Patterns among events: which are complete, by which events. The judge, for decisions and for live events.

Nothing is consumed: an event can have a part in several matches. For each account, or for the customer, a
pattern completes once for each event that can end it. Three answers: a match whose conditions all hold is
complete; where there is none, and one whose conditions may hold, it is unknown whether the pattern is.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, assert_never

from attrs import field, frozen

from postloan_rules.decisions.moments import Timed, between, deadline, earliest_day, in_order, timed
from postloan_rules.decisions.pattern_terms import Terms, terms_by_day
from postloan_rules.expressions import all_of, any_of, negated
from postloan_rules.policy.patterns import EventAbsence, EventCount, EventSequence, Hours, steps_of
from postloan_rules.policy.periods import after

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.snapshot import Event

__all__ = ["Completion", "completions", "ends_involving", "longest_within", "scopes", "shown_completion"]


@frozen
class Completion:
    """A pattern that is complete, or of which it is unknown whether it is."""

    trigger: str
    account_id: str | None
    end: Event
    """The event that completes it; for an event that did not follow, the one that it should have followed."""
    events: tuple[Event, ...]
    """The events of the match, in the order of the steps: from the end backwards, the latest that fits."""
    state: bool | None
    """True: complete. None: unknown."""
    completed_on: dt.date
    completed_at: dt.datetime | None
    """The moment, where it is known."""


def completions(
    trigger: Trigger,
    policy: Policy,
    events: Sequence[Event],
    account_id: str | None,
    *,
    until: dt.datetime | None = None,
    ends: Collection[str] | None = None,
) -> Iterator[Completion]:
    """Every completion of a pattern among these events, by the time of its end.

    The order of the events has no effect, nor has an event that is given twice.

    Args:
        trigger: A trigger of kind `pattern`.
        policy: The policy, for its parameters: those in force on the day of the end are taken.
        events: Events of one customer.
        account_id: Whose events are looked at: those of this account and those of no account; None for all.
        until: Up to this moment all that happened is among the events. An event is known not to have followed
            once its time is over by then; without a moment, none is.
        ends: The numbers of events; only completions that one of them ends are looked for.
    """
    pattern = trigger.pattern
    stream = _Stream.of(events, account_id)
    match pattern:
        case None:
            return
        case EventSequence():
            found = _Sequences(pattern, policy, stream).completions(ends)
        case EventCount():
            found = _counts(pattern, policy, stream, ends)
        case EventAbsence():
            found = _absences(pattern, policy, stream, ends, until)
        case _:
            assert_never(pattern)
    for match, state, moment in found:
        end = match[-1].event
        day = end.occurred_on if moment is None else moment.date()
        yield Completion(
            trigger.name, account_id, end, tuple(each.event for each in match), state, day, moment
        )


def shown_completion(found: Collection[Completion]) -> Completion | None:
    """The completion to tell of: the latest that is complete, else the latest of which it is unknown."""
    complete = [each for each in found if each.state is True]
    return max(complete or found, key=lambda each: each.completed_on, default=None)


def ends_involving(
    trigger: Trigger, policy: Policy, events: Sequence[Event], account_id: str | None, ids: Collection[str]
) -> frozenset[str]:
    """The events that may end a match in which one of `ids` has a part: all that do, and perhaps more."""
    pattern = trigger.pattern
    if pattern is None:
        return frozenset()
    stream = _Stream.of(events, account_id)
    steps = steps_of(pattern)
    if isinstance(pattern, EventAbsence):
        return frozenset(
            each.event.id for each in stream.of_type(pattern.after.event) if each.event.id in ids
        )
    ending = stream.of_type(steps[-1].event)
    longest = longest_within(trigger, policy)
    found: set[str] = set()
    for kind in {step.event for step in steps}:
        for each in stream.of_type(kind):
            if each.event.id in ids:
                last = _end_of(_later(each.event.occurred_on, longest))
                start = bisect_left(ending, each.earliest, key=_latest)
                stop = bisect_right(ending, last, key=_latest)
                found.update(one.event.id for one in ending[start:stop])
    return frozenset(found)


def longest_within(trigger: Trigger, policy: Policy) -> dt.timedelta:
    """A time that no match of a pattern exceeds, from its first day to its last, on whatever day it ends."""
    pattern = trigger.pattern
    if pattern is None:
        return dt.timedelta(0)
    within = pattern.within
    if isinstance(within, Hours):
        return within.span + dt.timedelta(days=1)
    lengths = [within.length or 0]
    for parameter in policy.parameters:
        if parameter.name == within.parameter:
            lengths = [int(str(dated.value)) for dated in parameter.values]
    return dt.timedelta(days=max(lengths) * (31 if within.unit == "months" else 1))


def scopes(trigger: Trigger, events: Sequence[Event]) -> tuple[str | None, ...]:
    """For whom a pattern can complete: each account that the events name; for None where they name none."""
    accounts = {event.account_id for event in events if event.account_id is not None}
    return tuple(sorted(accounts)) if trigger.per_account and accounts else (None,)


def _latest(each: Timed) -> dt.datetime:
    return each.latest


def _later(day: dt.date, length: dt.timedelta) -> dt.date:
    return after(day, length.days, "days")


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min)


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.max)


@frozen
class _Stream:
    """The events of one account or customer, each once: by type, in the order of time."""

    by_type: dict[str, list[Timed]] = field(repr=False)

    @classmethod
    def of(cls, events: Sequence[Event], account_id: str | None) -> _Stream:
        known: dict[str, Event] = {}
        for event in events:
            if account_id is not None and event.account_id not in (None, account_id):
                continue
            other = known.setdefault(event.id, event)
            if other is not event and other != event:
                # Which of two versions counts must not hang on the order in which they come.
                known[event.id] = min(other, event, key=repr)
        by_type: dict[str, list[Timed]] = {}
        for each in sorted((timed(event) for event in known.values()), key=lambda each: each.key):
            by_type.setdefault(each.event.type, []).append(each)
        return cls(by_type)

    def of_type(self, kind: str) -> list[Timed]:
        return self.by_type.get(kind, [])

    def ending(self, kind: str, ends: Collection[str] | None) -> Iterator[Timed]:
        return (each for each in self.of_type(kind) if ends is None or each.event.id in ends)

    def before(self, kind: str, bound: dt.datetime, since: dt.datetime) -> Iterator[Timed]:
        """Events that may have happened by `bound` and since `since`, the latest first."""
        events = self.of_type(kind)
        for number in range(bisect_right(events, _end_of(bound.date()), key=_latest) - 1, -1, -1):
            if events[number].latest < since:
                return
            if events[number].earliest <= bound:
                yield events[number]

    def after(self, kind: str, first: Timed, until: dt.datetime) -> Iterator[Timed]:
        """Events that can stand after the first, up to the day of `until`."""
        events = self.of_type(kind)
        for number in range(bisect_left(events, first.earliest, key=_latest), len(events)):
            if events[number].latest > _end_of(until.date()):
                return
            yield events[number]


_Match = tuple[tuple[Timed, ...], bool | None, dt.datetime | None]


class _Sequences:
    """The search for steps in their order: from the end backwards, each as late as it can be."""

    def __init__(self, pattern: EventSequence, policy: Policy, stream: _Stream) -> None:
        self.steps = pattern.steps
        self.stream = stream
        self.terms_on = terms_by_day(pattern, policy)

    def completions(self, ends: Collection[str] | None) -> Iterator[_Match]:
        for end in self.stream.ending(self.steps[-1].event, ends):
            terms = self.terms_on(end.event.occurred_on)
            for state in (True, None) if terms.doubtful else (True,):
                found = self._search(end, terms, _certain if state else _possible)
                if found is not None:
                    yield found, state, end.event.occurred_at
                    break

    def _search(
        self, end: Timed, terms: Terms, accepted: Callable[[bool | None], bool]
    ) -> tuple[Timed, ...] | None:
        last = len(self.steps) - 1
        chosen = {last: end}
        since = _start_of(earliest_day(end, terms.length))
        # What has been tried in vain: the step, the moment by which it must have happened, and the later
        # events that what is still to be chosen hangs on. It keeps the search from being exponential.
        failed: set[tuple[object, ...]] = set()

        def fits(number: int) -> bool:
            if number == 0 and not accepted(between(chosen[0], end, terms.length)):
                return False
            return all(accepted(terms.holds(each, chosen)) for each in terms.settled_by[number])

        def place(number: int, bound: dt.datetime) -> bool:
            if number < 0:
                return True
            key = (number, bound, *(chosen[each].event.id for each in terms.needed_below[number]))
            if key in failed:
                return False
            used = {each.event.id for each in chosen.values()}
            for candidate in self.stream.before(self.steps[number].event, bound, since):
                if candidate.event.id not in used:
                    chosen[number] = candidate
                    if fits(number) and place(number - 1, min(bound, candidate.latest)):
                        return True
                    del chosen[number]
            failed.add(key)
            return False

        if fits(last) and place(last - 1, end.latest):
            return tuple(chosen[number] for number in range(last + 1))
        return None


def _certain(state: bool | None) -> bool:  # noqa: FBT001 - a truth value is the data here
    return state is True


def _possible(state: bool | None) -> bool:  # noqa: FBT001 - a truth value is the data here
    return state is not False


def _counts(
    pattern: EventCount, policy: Policy, stream: _Stream, ends: Collection[str] | None
) -> Iterator[_Match]:
    terms_on = terms_by_day(pattern, policy)
    for end in stream.ending(pattern.step.event, ends):
        terms = terms_on(end.event.occurred_on)
        own = terms.holds(0, {0: end})
        if own is False:
            continue
        needed = terms.at_least - 1
        certain: list[Timed] = []
        possible: list[Timed] = []
        since = _start_of(earliest_day(end, terms.length))
        for each in stream.before(pattern.step.event, end.latest, since):
            if each is end:
                continue
            state = all_of((between(each, end, terms.length), terms.holds(0, {0: each})))
            if state is not False and len(possible) < needed:
                possible.append(each)
            if state is True:
                certain.append(each)
            if len(certain) == needed or (own is None and len(possible) == needed):
                break
        if own is True and len(certain) == needed:
            yield (*reversed(certain), end), True, end.event.occurred_at
        elif len(possible) == needed:
            yield (*reversed(possible), end), None, end.event.occurred_at


def _absences(
    pattern: EventAbsence,
    policy: Policy,
    stream: _Stream,
    ends: Collection[str] | None,
    until: dt.datetime | None,
) -> Iterator[_Match]:
    terms_on = terms_by_day(pattern, policy)
    for first in stream.ending(pattern.after.event, ends):
        terms = terms_on(first.event.occurred_on)
        over = deadline(first, terms.length)
        if until is None or over is None or until < over:
            continue
        followed = any_of(
            all_of((between(first, each, terms.length), terms.holds(1, {0: first, 1: each})))
            for each in stream.after(pattern.absent.event, first, over)
            if each.event.id != first.event.id and in_order(first, each)
        )
        state = all_of((terms.holds(0, {0: first}), negated(followed)))
        if state is not False:
            yield (first,), state, over
