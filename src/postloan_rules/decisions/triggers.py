"""Whether triggers have fired: three answers, yes, no and unknown."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING

from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.patterns import completions, ends_involving
from postloan_rules.expressions import any_of
from postloan_rules.policy.model import IfUnknown, Trigger, TriggerKind
from postloan_rules.policy.patterns import EventAbsence
from postloan_rules.policy.periods import after
from postloan_rules.policy.triggers import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from postloan_rules.decisions.patterns import Completion
    from postloan_rules.policy.model import Policy
    from postloan_rules.policy.periods import Period
    from postloan_rules.snapshot import Event, Review, Snapshot

__all__ = [
    "State",
    "due_on",
    "last_review",
    "length_of",
    "new_events",
    "pattern_completions",
    "settings_of",
    "state_of",
]


class State(StrEnum):
    """What became of a trigger."""

    FIRED = "fired"
    NOT_FIRED = "not_fired"
    UNKNOWN = "unknown"


def state_of(
    trigger: Trigger,
    policy: Policy,
    snapshot: Snapshot,
    account_id: str | None,
    names: dict[str, object],
) -> bool | None:
    """Whether the trigger has fired: None where that is unknown (and it does not say `if_unknown: fire`)."""
    state: bool | None
    match trigger.kind:
        case TriggerKind.CONDITION:
            state = holds(trigger.condition, names) if trigger.condition is not None else False
        case TriggerKind.SCHEDULE:
            due = due_on(policy, snapshot, account_id, names)
            state = due is None or due <= snapshot.as_of
        case TriggerKind.EVENT:
            state = _event(trigger, snapshot, account_id, names)
        case TriggerKind.PATTERN:
            found = pattern_completions(trigger, policy, snapshot, account_id)
            state = any_of(each.state for each in found)
    if state is None and trigger.if_unknown is IfUnknown.FIRE:
        return True
    return state


def last_review(snapshot: Snapshot, account_id: str | None) -> Review | None:
    """The latest review of the customer or of this account."""
    found = [each for each in snapshot.reviews if _concerns(each.account_id, account_id)]
    return max(found, key=lambda each: (each.reviewed_on, each.id), default=None)


def _concerns(recorded_for: str | None, account_id: str | None) -> bool:
    """Whether something counts for an account: its own and the customer's do; without a subject, all."""
    return account_id is None or recorded_for is None or recorded_for == account_id


def length_of(period: Period, names: Mapping[str, object]) -> int:
    """How many days or months a period has."""
    if period.parameter is None:
        return period.length or 0
    # INVARIANT: the loader lets a parameter stand here only if it is of type days or months, which are whole,
    # and has a value on every day on which the policy is in force.
    return int(str(names[period.parameter]))


def due_on(
    policy: Policy, snapshot: Snapshot, account_id: str | None, names: Mapping[str, object]
) -> date | None:
    """The day on which the next review is due by what the last one agreed; None where there was none."""
    review = last_review(snapshot, account_id)
    if review is None:
        return None
    if review.next_due is not None:
        return review.next_due
    if policy.schedule is None:
        return None
    standard = policy.schedule.standard
    return after(review.reviewed_on, length_of(standard, names), standard.unit)


def _recorded(event: Event) -> date:
    return event.recorded_on if event.recorded_on is not None else event.occurred_on


def new_events(snapshot: Snapshot, account_id: str | None, kind: str | None = None) -> Iterator[Event]:
    """Events of a kind, or of any, that no review has looked at: of the customer, and of this account.

    A review looks at all that was recorded before its day. Of what was recorded on its very day it looked at
    the events that it names; where it names none, they count as new, since an event must not be lost.
    """
    review = last_review(snapshot, account_id)
    for event in snapshot.events:
        if kind not in (None, event.type) or not _concerns(event.account_id, account_id):
            continue
        if review is not None:
            recorded = _recorded(event)
            seen = review.considered_events or ()
            if recorded < review.reviewed_on or (recorded == review.reviewed_on and event.id in seen):
                continue
        yield event


def settings_of(
    trigger: Trigger, snapshot: Snapshot, account_id: str | None, names: dict[str, object]
) -> Iterator[dict[str, object]]:
    """The names under which the trigger's condition is looked at: once, or for each new event."""
    if trigger.kind is not TriggerKind.EVENT:
        yield names
        return
    for event in new_events(snapshot, account_id, trigger.event or ""):
        yield {**names, EVENT: event}


def _event(
    trigger: Trigger, snapshot: Snapshot, account_id: str | None, names: dict[str, object]
) -> bool | None:
    condition = trigger.condition
    if condition is None:
        return any(True for _ in new_events(snapshot, account_id, trigger.event or ""))
    return any_of(holds(condition, each) for each in settings_of(trigger, snapshot, account_id, names))


def pattern_completions(
    trigger: Trigger, policy: Policy, snapshot: Snapshot, account_id: str | None
) -> tuple[Completion, ...]:
    """The completions of a pattern that no review has looked at, by time.

    That is one whose end is new; and one that was not complete, with the same end, among the events that the
    last review had: an event that came late must not be lost. An event that did not follow is new when its
    time was over on the day of the last review or later, as of the morning of the snapshot's day.
    """
    morning = dt.datetime.combine(snapshot.as_of, dt.time.min)
    fresh = {event.id for event in new_events(snapshot, account_id)}
    review = last_review(snapshot, account_id)
    if review is None or isinstance(trigger.pattern, EventAbsence):
        return tuple(
            each
            for each in completions(trigger, policy, snapshot.events, account_id, until=morning)
            if review is None or each.end.id in fresh or each.completed_on >= review.reviewed_on
        )
    ends = ends_involving(trigger, policy, snapshot.events, account_id, fresh)
    seen = [event for event in snapshot.events if event.id not in fresh]
    before = {each.end.id: each.state for each in completions(trigger, policy, seen, account_id, ends=ends)}
    return tuple(
        each
        for each in completions(trigger, policy, snapshot.events, account_id, ends=ends)
        if each.end.id not in before or each.state != before[each.end.id]
    )
