"""Customers to whom something happened, or nothing did: reviews that are due, events in an order, reports."""

from __future__ import annotations

import datetime as dt
from itertools import islice, product
from typing import TYPE_CHECKING, assert_never

from attrs import evolve

from postloan_rules.analysis.missing_examples.interest import Interest, of_trigger
from postloan_rules.decisions.triggers import last_review, length_of
from postloan_rules.policy.model import TriggerKind
from postloan_rules.policy.patterns import EventAbsence, EventCount, EventSequence, Hours
from postloan_rules.policy.periods import before
from postloan_rules.snapshot import Event, EventType, Review, ReviewKind
from postloan_rules.snapshot.bureau import BureauReport, BureauSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.policy.patterns import Pattern, Within
    from postloan_rules.snapshot import Snapshot

__all__ = ["bureau", "happened"]

_DAY = dt.timedelta(days=1)
_AFTER_REVIEW = dt.timedelta(days=30)
_TRIED = 24


def happened(
    trigger: Trigger,
    policy: Policy,
    snapshot: Snapshot,
    account_id: str | None,
    names: Mapping[str, object],
) -> Iterator[Snapshot]:
    """Customers in whom a schedule or pattern may be in another state: the likeliest first."""
    account = account_id if trigger.per_account else None
    match trigger.kind:
        case TriggerKind.SCHEDULE:
            yield from _reviewed(snapshot, account)
        case TriggerKind.PATTERN if trigger.pattern is not None:
            yield from _patterned(trigger, trigger.pattern, policy, snapshot, account_id, names)
            yield evolve(snapshot, events=())
        case _:
            return


def _reviewed(snapshot: Snapshot, account_id: str | None) -> Iterator[Snapshot]:
    """With a review that makes the next one due today, or later."""
    today = snapshot.as_of
    last = last_review(snapshot, account_id)
    if last is not None:
        for due in (today, today + _DAY, today + _AFTER_REVIEW):
            changed = evolve(last, next_due=due)
            reviews = tuple(changed if each is last else each for each in snapshot.reviews)
            yield evolve(snapshot, reviews=reviews)
        yield evolve(snapshot, reviews=())
        return
    for due in (today + _AFTER_REVIEW, today):
        review = Review(
            id="R-1",
            reviewed_on=today - _AFTER_REVIEW,
            kind=ReviewKind.SCHEDULED,
            next_due=due,
            responses=(),
        )
        yield evolve(snapshot, reviews=(*snapshot.reviews, review))


def _patterned(
    trigger: Trigger,
    pattern: Pattern,
    policy: Policy,
    snapshot: Snapshot,
    account_id: str | None,
    names: Mapping[str, object],
) -> Iterator[Snapshot]:
    """With the events that the pattern asks for, and with values in them that its conditions speak of."""
    interest = Interest.of(of_trigger(trigger), policy)
    fields = [name for name in ("amount", "outcome") if name in interest.fields]
    values = [interest.values(name, names, unknown=True) or [None] for name in fields]
    kinds, days = _steps(pattern, snapshot.as_of, names)
    for combination in islice(product(*(each for _ in kinds for each in values)), _TRIED):
        events: list[Event] = []
        for number, (kind, day) in enumerate(zip(kinds, days, strict=True)):
            given = dict(
                zip(
                    fields,
                    combination[number * len(fields) : (number + 1) * len(fields)],
                    strict=True,
                )
            )
            moment = dt.datetime.combine(day, dt.time(9 + min(number, 12)))
            at = moment if isinstance(pattern.within, Hours) else None
            event = Event(
                id=_free(snapshot, len(events)),
                type=EventType(kind),
                occurred_on=day,
                occurred_at=at,
                account_id=account_id,
            )
            events.append(evolve(event, **given))  # type: ignore[arg-type]  # amounts and texts
        yield evolve(snapshot, events=(*snapshot.events, *events))


def _steps(pattern: Pattern, today: dt.date, names: Mapping[str, object]) -> tuple[list[str], list[dt.date]]:
    match pattern:
        case EventSequence(steps=steps):
            kinds = [each.event for each in steps]
        case EventCount(step=step, at_least=at_least):
            count = names.get(at_least) if isinstance(at_least, str) else at_least
            kinds = [step.event] * min(int(str(count)), 50)
        case EventAbsence(after=first, within=within):
            return [first.event], [_long_ago(today, within, names)]
        case _:
            assert_never(pattern)
    if isinstance(pattern.within, Hours):
        return kinds, [today] * len(kinds)
    room = _length(pattern.within, names)
    gap = 1 if room >= len(kinds) - 1 else 0
    return kinds, [today - gap * _DAY * (len(kinds) - 1 - number) for number in range(len(kinds))]


def _long_ago(today: dt.date, within: Within, names: Mapping[str, object]) -> dt.date:
    if isinstance(within, Hours):
        return today - dt.timedelta(days=within.length // 24 + 2)
    return before(today, length_of(within, names), within.unit) - _DAY


def _length(within: Within, names: Mapping[str, object]) -> int:
    """About so many days."""
    if isinstance(within, Hours):
        return within.length // 24
    return length_of(within, names) * (28 if within.unit == "months" else 1)


def _free(snapshot: Snapshot, more: int) -> str:
    taken = {each.id for each in snapshot.events}
    number = 1
    free: list[str] = []
    while len(free) <= more:
        if f"E-{number}" not in taken:
            free.append(f"E-{number}")
        number += 1
    return free[-1]


def bureau(snapshot: Snapshot) -> Iterator[Snapshot]:
    """With a report of a credit bureau where there is none, and without one."""
    if snapshot.bureau_reports:
        yield evolve(snapshot, bureau_reports=())
    else:
        day = snapshot.as_of - _DAY
        report = BureauReport(
            source=BureauSource.OTHER, pulled_on=day, tradelines=(), inquiries=(), public_records=()
        )
        yield evolve(snapshot, bureau_reports=(report,))
