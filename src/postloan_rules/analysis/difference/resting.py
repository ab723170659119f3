"""Customers with a review some time ago: those for whom rests count, and what the next review runs from."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.decisions.triggers import last_review, length_of
from postloan_rules.policy.periods import before
from postloan_rules.snapshot import Review, ReviewKind, SnapshotInvalid, TakenResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.analysis.difference.aspects import Aspect
    from postloan_rules.analysis.difference.customers import Both, Customers
    from postloan_rules.snapshot import Snapshot

__all__ = ["rested", "reviewed"]

_EARLIER = dt.timedelta(days=40)
_SOON = dt.timedelta(days=5)


def rested(
    aspect: Aspect, customers: Customers, snapshots: Iterable[Snapshot], most: int
) -> Iterator[tuple[Both, str | None]]:
    """Customers of whom a response is called for, each as if it had been taken as long ago as it rests."""
    tried = 0
    for snapshot in snapshots:
        if tried >= most or not customers.time_left():
            return
        found = customers.both(snapshot)
        if found is None or not any(aspect.name == name for name, _ in found.old.candidates):
            continue
        tried += 1
        for account_id in found.accounts:
            if aspect.seen(found.old, account_id) is None:
                continue
            for day in _days(found, aspect.name):
                taken = TakenResponse(response=aspect.name, account_id=account_id, taken_on=day)
                yield from _again(customers, _with(snapshot, account_id, day, (taken,)), account_id)


def reviewed(customers: Customers, most: int) -> Iterator[tuple[Both, str | None]]:
    """Customers who were reviewed a while ago, and for whom one response or another rests since."""
    for found in tuple(customers.starts(most)):
        if not customers.time_left():
            return
        day = found.snapshot.as_of - _EARLIER
        called = {name for outcome in (found.old, found.new) for name, _ in outcome.candidates}
        for account_id in found.accounts:
            yield from _again(customers, _with(found.snapshot, account_id, day, ()), account_id)
            for name in sorted(called):
                taken = TakenResponse(
                    response=name,
                    account_id=account_id,
                    taken_on=day,
                    cool_down_until=found.snapshot.as_of + _SOON,
                )
                yield from _again(customers, _with(found.snapshot, account_id, day, (taken,)), account_id)


def _again(
    customers: Customers, changed: Snapshot | None, account_id: str | None
) -> Iterator[tuple[Both, str | None]]:
    made = customers.both(changed) if changed is not None else None
    if made is not None:
        yield made, account_id


def _days(found: Both, response: str) -> list[dt.date]:
    """Days on which it would just rest today under one of the policies."""
    today = found.snapshot.as_of
    days: set[dt.date] = set()
    for outcome in (found.old, found.new):
        period = outcome.policy.responses[response].cool_down
        if period is not None:
            length = length_of(period, outcome.scopes[0].names)
            edge = before(today, length, period.unit)
            days |= {edge + dt.timedelta(days=more) for more in (1, 2, 0)}
    return sorted((each for each in days if each <= today), reverse=True)


def _with(
    snapshot: Snapshot, account_id: str | None, day: dt.date, taken: Iterable[TakenResponse]
) -> Snapshot | None:
    """The customer with responses taken on that day, in the review of that time or in one more."""
    responses = tuple(taken)
    names = {each.response for each in responses}
    latest = last_review(snapshot, account_id)
    if latest is not None and (latest.reviewed_on >= day or not responses):
        kept = tuple(each for each in latest.responses if each.response not in names)
        changed = evolve(latest, responses=(*kept, *responses))
        reviews = tuple(changed if each is latest else each for each in snapshot.reviews)
    else:
        review = Review(
            id="earlier review",
            reviewed_on=day,
            kind=ReviewKind.SCHEDULED,
            account_id=account_id,
            responses=responses,
        )
        reviews = (*snapshot.reviews, review)
    try:
        return evolve(snapshot, reviews=reviews).checked()
    except (SnapshotInvalid, TypeError, ValueError):
        return None
