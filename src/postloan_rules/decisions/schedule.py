"""When to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.triggers import last_review, length_of
from postloan_rules.policy.periods import after

if TYPE_CHECKING:
    from datetime import date

    from postloan_rules.policy.model import Policy, Schedule
    from postloan_rules.policy.periods import Period
    from postloan_rules.snapshot import Snapshot

__all__ = ["next_review"]


def next_review(
    policy: Policy,
    snapshot: Snapshot,
    account_id: str | None,
    names: dict[str, object],
    *,
    attention: bool,
) -> date | None:
    """The day of the next review that an account asks for.

    Among the adjustments that hold, the shortest interval counts; where none holds, the standard one; always
    within the bounds. The interval runs from today where something called for attention today, so that today
    is a review; otherwise from the last review, and never past what that review agreed. It is never before
    today.
    """
    schedule = policy.schedule
    if schedule is None:
        return None
    review = last_review(snapshot, account_id)
    if attention or review is None:
        return _interval_end(schedule, snapshot.as_of, names)
    due = _interval_end(schedule, review.reviewed_on, names)
    if review.next_due is not None:
        due = min(due, review.next_due)
    return max(due, snapshot.as_of)


def _interval_end(schedule: Schedule, start: date, names: dict[str, object]) -> date:
    asked = [each.every for each in schedule.adjustments if holds(each.condition, names) is True]
    end = min(_end(start, period, names) for period in (asked or [schedule.standard]))
    if schedule.longest is not None:
        end = min(end, _end(start, schedule.longest, names))
    if schedule.shortest is not None:
        end = max(end, _end(start, schedule.shortest, names))
    return end


def _end(start: date, period: Period, names: dict[str, object]) -> date:
    return after(start, length_of(period, names), period.unit)
