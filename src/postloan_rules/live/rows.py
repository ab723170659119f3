"""Events and completions as the journal writes them down, and back."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from postloan_rules.decisions import State
from postloan_rules.live.events import StreamEvent
from postloan_rules.live.outcomes import Completed
from postloan_rules.snapshot import Attributes, Event, EventType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.snapshot import Scalar

__all__ = ["EVENT", "TYPE", "completion", "completion_text", "event", "event_row", "stream_event"]

EVENT = "customer, id, type, day, at, recorded, amount, account, outcome, attributes"
"""The columns that make an event, in the order in which `event` takes them."""
TYPE = 2
"""Which of them is its type."""
_TYPES: Mapping[str, EventType] = MappingProxyType({each.value: each for each in EventType})
_NONE = Attributes()

Row = tuple[
    str, str, int, int, str, str, str | None, str | None, str | None, str | None, str | None, str | None
]


def event_row(each: StreamEvent, number: int, *, late: bool) -> Row:
    """A row of the table of events."""
    event = each.event
    return (
        each.customer_id,
        event.id,
        number,
        int(late),
        event.type.value,
        event.occurred_on.isoformat(),
        *_rest(event),
    )


def _rest(event: Event) -> tuple[str | None, str | None, str | None, str | None, str | None, str | None]:
    return (
        event.occurred_at.isoformat() if event.occurred_at is not None else None,
        event.recorded_on.isoformat() if event.recorded_on is not None else None,
        str(event.amount) if event.amount is not None else None,
        event.account_id,
        event.outcome,
        json.dumps(dict(event.attributes), ensure_ascii=False) if event.attributes else None,
    )


def event(row: Sequence[str | None]) -> Event:
    """The event of the columns `EVENT`."""
    _, id_, type_, day, at, recorded, amount, account, outcome, attributes = row
    known: dict[str, Scalar] = json.loads(attributes) if attributes is not None else {}
    return Event(
        id=str(id_),
        type=_TYPES[str(type_)],
        occurred_on=date.fromisoformat(str(day)),
        occurred_at=datetime.fromisoformat(at) if at is not None else None,
        recorded_on=date.fromisoformat(recorded) if recorded is not None else None,
        amount=Decimal(amount) if amount is not None else None,
        account_id=account,
        outcome=outcome,
        attributes=Attributes(known) if known else _NONE,
    )


def stream_event(row: Sequence[str | None]) -> StreamEvent:
    """The event of the columns `EVENT`, with its customer."""
    return StreamEvent(str(row[0]), event(row))


def completion_text(each: Completed) -> str:
    """A completion as JSON."""
    return json.dumps(
        {
            "id": each.id,
            "trigger": each.trigger,
            "customer_id": each.customer_id,
            "account_id": each.account_id,
            "state": each.state.value,
            "events": [
                [None, one.id, one.type.value, one.occurred_on.isoformat(), *_rest(one)]
                for one in each.events
            ],
            "end": each.end,
            "completed_on": each.completed_on.isoformat(),
            "completed_at": each.completed_at.isoformat() if each.completed_at is not None else None,
            "ruleset": each.ruleset,
            "version": each.version,
            "fingerprint": each.fingerprint,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def completion(text: str) -> Completed:
    """The completion of such a JSON text; its title is the policy's to add."""
    data = json.loads(text)
    at = data["completed_at"]
    return Completed(
        id=data["id"],
        trigger=data["trigger"],
        customer_id=data["customer_id"],
        account_id=data["account_id"],
        state=State(data["state"]),
        events=tuple(event(row) for row in data["events"]),
        end=data["end"],
        completed_on=date.fromisoformat(data["completed_on"]),
        completed_at=datetime.fromisoformat(at) if at is not None else None,
        ruleset=data["ruleset"],
        version=data["version"],
        fingerprint=data["fingerprint"],
    )
