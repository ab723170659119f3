"""A policy of three patterns, and events in one line each."""

from __future__ import annotations

import json
from datetime import datetime

from postloan_rules.live import StreamEvent, read_event

TRIGGERS = {
    "cash_then_limit": "{kind: pattern, sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days,"
    " title: {en: Cash and then a higher limit, zh: 取现后申请临时额度}}",
    "burst": "{kind: pattern, count: {event: cash_withdrawal, at_least: 3}, within: 30 days}",
    "no_payment": "{kind: pattern, after: {event: statement_issued}, absent: {event: payment_received},"
    " within: 25 days}",
}


def text(triggers: dict[str, str] | None = None, version: str = "1") -> str:
    """The policy as YAML."""
    triggers = TRIGGERS if triggers is None else triggers
    lines = "\n".join(f"  {name}: {pattern}" for name, pattern in triggers.items())
    return f"""\
ruleset: small
version: "{version}"
language: 1
currency: CNY
subject: {{each: accounts}}
triggers:
{lines}
responses:
  look: {{family: f, rank: 1}}
rules:
  - {{id: R, if: {{any: [{", ".join(triggers)}]}}, then: [look]}}
"""


def moment(day: str) -> datetime:
    """The start of a day, or a moment of it."""
    return datetime.fromisoformat(day)


def event(customer: str, number: str, kind: str, day: str, **fields: object) -> StreamEvent:
    """An event, read as a service's line is."""
    line = {
        "customer_id": customer,
        "id": number,
        "type": kind,
        "occurred_on": day,
        "account_id": "A1",
        **fields,
    }
    found = read_event(json.dumps(line), "CNY")
    assert isinstance(found, StreamEvent), found
    return found


def cash(number: str, day: str, customer: str = "C1", **fields: object) -> StreamEvent:
    return event(customer, number, "cash_withdrawal", day, **fields)


def limit(number: str, day: str, customer: str = "C1", **fields: object) -> StreamEvent:
    return event(customer, number, "temporary_limit_requested", day, **fields)


def statement(number: str, day: str, customer: str = "C1", **fields: object) -> StreamEvent:
    return event(customer, number, "statement_issued", day, **fields)


def other(number: str, day: str, customer: str = "C9") -> StreamEvent:
    """An event that no pattern mentions; it tells how late it is."""
    return event(customer, number, "dormant", day)
