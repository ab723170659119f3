"""What a month's decisions leave for the next month: the review that was held, and what was done."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.decisions import State
from postloan_rules.policy.model import TriggerKind
from postloan_rules.snapshot import Review, ReviewKind, TakenResponse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["Brought", "Carried", "Left", "carried_on", "left"]

_TABLES = (
    "create table carried (customer text, day text, review text, primary key (customer, day)) without rowid",
    "create table seen (customer text primary key, first text) without rowid",
)


@frozen
class Left:
    """What a customer's decision leaves for the next month."""

    customer_id: str
    day: str
    review: str | None
    """The review that the decision amounts to; None where nothing called for attention on its day."""


def carried_on(policy: Policy, snapshot: Snapshot, decision: Decision) -> Left:
    """What a decision leaves for the next month."""
    kinds = {trigger.name: trigger.kind for trigger in policy.triggers}
    fired = {kinds[each.trigger] for each in decision.triggers if each.state is State.FIRED}
    today = decision.as_of
    return left(
        decision.customer_id,
        today,
        decision.version,
        [(each.response, each.account_id) for each in decision.responses],
        decision.next_review,
        [event.id for event in snapshot.events if (event.recorded_on or event.occurred_on) == today],
        due=TriggerKind.SCHEDULE in fired,
        looked=not fired <= {TriggerKind.CONDITION},
    )


def left(  # noqa: PLR0913 - each is a part of the review
    customer_id: str,
    today: date,
    version: str,
    taken: Sequence[tuple[str, str | None]],
    next_due: date | None,
    considered: Sequence[str],
    *,
    due: bool,
    looked: bool,
) -> Left:
    """What a decision leaves for the next month.

    The bank is taken to have looked where a review was due, where something happened (`looked`), and where
    anything was called for; and to have done all that was chosen.
    """
    if not taken and not looked:
        return Left(customer_id, today.isoformat(), None)
    review = json.dumps(
        {
            "day": today.isoformat(),
            "kind": (ReviewKind.SCHEDULED if due else ReviewKind.TRIGGERED).value,
            "version": version,
            "taken": [[response, account_id] for response, account_id in taken],
            "due": next_due.isoformat() if next_due is not None else None,
            "considered": list(considered),
        }
    )
    return Left(customer_id, today.isoformat(), review)


def _review(customer: str, text: str) -> Review:
    data = json.loads(text)
    day = date.fromisoformat(data["day"])
    return Review(
        id=f"{customer}-{data['day']}-carried",
        reviewed_on=day,
        kind=ReviewKind(data["kind"]),
        ruleset_version=data["version"],
        responses=tuple(
            TakenResponse(response=name, account_id=account_id, taken_on=day)
            for name, account_id in data["taken"]
        ),
        next_due=date.fromisoformat(data["due"]) if data["due"] is not None else None,
        considered_events=tuple(data["considered"]),
    )


@define
class Brought:
    """What the months before have left, to be looked up by customer. Each process opens it for itself."""

    path: Path
    _open: sqlite3.Connection | None = field(default=None, init=False, repr=False)

    def onto(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the reviews that were carried on, instead of its own from the same time.

        What the snapshot tells of reviews since the first month is what was done in fact, by whatever policy:
        here it is what this policy would have done.
        """
        found = self.of(snapshot.customer.customer_id, snapshot.as_of)
        if found is None:
            return snapshot
        since, carried = found
        before = [each for each in snapshot.reviews if each.reviewed_on <= since]
        return evolve(snapshot, reviews=(*before, *carried))

    def of(self, customer: str, today: date) -> tuple[date, list[Review]] | None:
        """The first day that a customer was decided on, and the reviews carried on from before today."""
        if self._open is None:
            self._open = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)
        first = self._open.execute("select first from seen where customer = ?", (customer,)).fetchone()
        if first is None:
            return None
        found = self._open.execute(
            "select review from carried where customer = ? and day < ? order by day",
            (customer, today.isoformat()),
        ).fetchall()
        return date.fromisoformat(first[0]), [_review(customer, text) for (text,) in found]


@define
class Carried:
    """Where a run keeps what its months leave: a file, so that any number of customers fits."""

    path: Path
    _open: sqlite3.Connection = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._open = sqlite3.connect(self.path)
        # Workers read what the months before have left while this month is written.
        self._open.execute("pragma journal_mode = wal")
        for table in _TABLES:
            self._open.execute(table)
        self._open.commit()

    def keep(self, left: Sequence[Left]) -> None:
        """Keep what a part of a month leaves; the next month sees it once `done` is called."""
        self._open.executemany(
            "insert or ignore into seen values (?, ?)", [(each.customer_id, each.day) for each in left]
        )
        self._open.executemany(
            "insert or replace into carried values (?, ?, ?)",
            [(each.customer_id, each.day, each.review) for each in left if each.review is not None],
        )

    def done(self) -> None:
        """Let the next month see what was kept."""
        self._open.commit()

    def close(self) -> None:
        """Close the file."""
        self._open.close()
