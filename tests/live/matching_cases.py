"""Policies with patterns, events and work, for the tests of what looks for candidates."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from postloan_rules.decisions.patterns import completions
from postloan_rules.live.matching import Work
from postloan_rules.policy import load_policy
from postloan_rules.policy.patterns import EventAbsence
from postloan_rules.snapshot.event import Event, EventType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.live.matching import Candidates
    from postloan_rules.policy.model import Policy

TYPES = (EventType.CASH_WITHDRAWAL, EventType.PAYMENT_MISSED)
FIRST = dt.date(2026, 1, 1)
ORDINALS = ("first", "second", "third", "fourth", "fifth")

_POLICY = """
ruleset: patterns
version: "1"
language: 1
title: Patterns
owner: tests
currency: CNY
effective: {{from: 2025-01-01}}
{subject}
parameters:
  many: {{type: number, value: [{{from: 2025-01-01, value: 4}}, {{from: 2026-01-08, value: 2}}, {{from: 2026-01-15, value: 3}}]}}
  soon: {{type: days, value: [{{from: 2025-01-01, value: 3}}, {{from: 2026-01-10, value: 9}}]}}
  large: {{type: money, value: [{{from: 2025-01-01, value: 50}}, {{from: 2026-01-12, value: 20}}]}}
triggers:
  always: {{kind: event, event: fraud_alert}}
{triggers}
responses:
  watch: {{family: watching, rank: 1}}
rules:
  - {{id: R-1, if: {{any: [always{names}]}}, then: [watch]}}
schedule: {{standard: 6 months, bounds: {{shortest: 7 days, longest: 12 months}}}}
"""


def policy_text(patterns: dict[str, str], *, accounts: bool = False) -> str:
    """A policy with these pattern triggers: what stands behind `kind: pattern`, by name."""
    return _POLICY.format(
        subject="subject: {each: accounts}" if accounts else "",
        triggers="\n".join(f"  {name}: {{kind: pattern, {body}}}" for name, body in patterns.items()),
        names="".join(f", {name}" for name in patterns),
    )


def policy_of(patterns: dict[str, str], *, accounts: bool = False) -> Policy:
    """The policy of a text, as it is read."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.yaml").write_text(policy_text(patterns, accounts=accounts), encoding="utf-8")
        return load_policy(Path(folder))


def event(
    number: str,
    kind: str,
    day: int,
    at: dt.time | None = None,
    amount: int | None = None,
    account: str | None = None,
) -> Event:
    """An event so many days after the first of January 2026."""
    on = FIRST + dt.timedelta(days=day)
    return Event(
        id=number,
        type=EventType(kind),
        occurred_on=on,
        occurred_at=dt.datetime.combine(on, at) if at is not None else None,
        amount=Decimal(amount) if amount is not None else None,
        account_id=account,
    )


def missed(policy: Policy, work: Work, found: Candidates) -> list[tuple[str, str]]:
    """The events that complete a pattern and are not among the candidates for it, taken one after another."""
    wrong = []
    accounts = {each.account_id for each in (*work.window, *work.new)}
    before = _complete(policy, work.window, accounts)
    for number, arrived in enumerate(work.new):
        after = _complete(policy, (*work.window, *work.new[: number + 1]), accounts)
        named = found.get((work.customer_id, arrived.id), frozenset())
        wrong += [(trigger, arrived.id) for trigger in {name for name, *_ in after - before} - named]
        before = after
    return wrong


def _complete(
    policy: Policy, events: Sequence[Event], accounts: set[str | None]
) -> set[tuple[str, str | None, str, bool | None]]:
    found = set()
    for trigger in policy.triggers:
        if trigger.pattern is None or isinstance(trigger.pattern, EventAbsence):
            continue
        scopes: list[tuple[str | None, Sequence[Event]]] = [(None, events)]
        if trigger.per_account:
            scopes = [(None, [each for each in events if each.account_id is None])]
            scopes += [(account, events) for account in accounts - {None}]
        for account, part in scopes:
            found |= {
                (trigger.name, account, each.end.id, each.state)
                for each in completions(trigger, policy, part, account)
            }
    return found


_WITHIN = ("0 days", "2 days", "7 days", "1 month", "soon", "1 hours", "24 hours", "100 hours")
_OWN = ("event.amount >= 30", "event.amount < large", "event.outcome = null", "event.amount != null")


@st.composite
def _step(draw: st.DrawFn, number: int) -> tuple[str, bool]:
    kind = draw(st.sampled_from(TYPES))
    wheres = draw(st.lists(st.sampled_from(_OWN), max_size=1))
    if number > 0 and draw(st.booleans()):
        earlier = ORDINALS[draw(st.integers(0, number - 1))]
        wheres.append(
            draw(
                st.sampled_from(
                    (
                        f"event.amount >= 0.5 * {earlier}.amount",
                        f"{ORDINALS[number]}.amount > {earlier}.amount",
                        f"{earlier}.amount = null",
                        f"(event.amount > 40 or {earlier}.amount > 40)",
                    )
                )
            )
        )
    if not wheres:
        return kind, False
    if draw(st.booleans()):
        return f'{{event: {kind}, where: "{" and ".join(wheres)}"}}', True
    listed = ", ".join(f'"{each}"' for each in wheres)
    return f"{{event: {kind}, where: {{{draw(st.sampled_from(('all', 'any')))}: [{listed}]}}}}", True


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """What stands behind `kind: pattern`."""
    within = draw(st.sampled_from(_WITHIN))
    if draw(st.booleans()):
        steps = [draw(_step(number)) for number in range(draw(st.integers(2, 4)))]
        body = f"sequence: [{', '.join(text for text, _ in steps)}], within: {within}"
    else:
        kind = draw(st.sampled_from(TYPES))
        where = draw(st.sampled_from((None, *_OWN)))
        counted = draw(st.sampled_from(("many", "2", "3", "5")))
        condition = f', where: "{where}"' if where is not None else ""
        body = f"count: {{event: {kind}, at_least: {counted}{condition}}}, within: {within}"
    # Only a comparison can be unknown, and a time in hours.
    return f"{body}, if_unknown: refer" if "hours" in body or "<" in body or ">" in body else body


@st.composite
def work(draw: st.DrawFn, customers: int = 3, longest: int = 6) -> list[list[Work]]:
    """Batches of events of a few customers, in any order of time; each has what came before as its window."""
    seen: dict[str, tuple[Event, ...]] = {}
    batches = []
    number = 0
    for _ in range(draw(st.integers(1, 4))):
        batch = []
        for customer in range(draw(st.integers(1, customers))):
            new = []
            for _ in range(draw(st.integers(1, longest))):
                number += 1
                new.append(
                    event(
                        f"e{number}",
                        draw(st.sampled_from(TYPES)),
                        draw(st.integers(0, 14)),
                        draw(st.none() | st.times()),
                        draw(st.none() | st.integers(0, 80)),
                        draw(st.sampled_from((None, "a", "b"))),
                    )
                )
            name = f"c{customer}"
            batch.append(Work(name, seen.get(name, ()), tuple(new)))
            seen[name] = (*seen.get(name, ()), *new)
        batches.append(batch)
    return batches
