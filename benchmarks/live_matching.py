# ruff: noqa: INP001 - scripts, not a package
"""Events a second of what looks for candidates of patterns, with durable-rules and without.

`python benchmarks/live_matching.py [events] [customers] [batch] [workers] [sessions]`. With 0 workers, the
evaluator does all. Batches are of random customers, so that sessions help little: the worst case for them.
"""

from __future__ import annotations

import datetime as dt
import random
import resource
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from postloan_rules.live.matching import Judge, Work
from postloan_rules.live.workers import Workers
from postloan_rules.policy import load_policy
from postloan_rules.snapshot.event import Event, EventType

POLICY = """
ruleset: patterns
version: "1"
language: 1
title: Patterns
owner: benchmarks
currency: CNY
subject: {each: accounts}
triggers:
  cash_then_limit: {kind: pattern, sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days}
  burst:
    kind: pattern
    count: {event: cash_withdrawal, at_least: 3, where: event.amount >= 1000}
    within: 30 days
    if_unknown: ignore
  drawn_again:
    kind: pattern
    sequence: [cash_withdrawal, {event: cash_withdrawal, where: second.amount >= 0.8 * first.amount}]
    within: 24 hours
    if_unknown: ignore
  instalments_after_missed:
    kind: pattern
    sequence: [payment_missed, payment_missed, cash_instalment_applied]
    within: 60 days
responses:
  watch: {family: watching, rank: 1}
rules:
  - {id: R-1, if: {any: [cash_then_limit, burst, drawn_again, instalments_after_missed]}, then: [watch]}
schedule: {standard: 6 months, bounds: {shortest: 7 days, longest: 12 months}}
"""
TYPES = [
    EventType.CASH_WITHDRAWAL,
    EventType.TEMPORARY_LIMIT_REQUESTED,
    EventType.PAYMENT_MISSED,
    EventType.CASH_INSTALMENT_APPLIED,
    EventType.ADDRESS_CHANGED,
    EventType.DISPUTE_OPENED,
]
LONGEST = dt.timedelta(days=61)


def main(events: int, customers: int, batch: int, workers: int, sessions: int) -> None:
    """Match so many events of three months, in the order of time; print the rate, and what it took."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.yaml").write_text(POLICY, encoding="utf-8")
        policy = load_policy(Path(folder))
    matcher = Workers(policy, workers, sessions=sessions) if workers else Judge(policy)
    chance = random.Random(6)  # noqa: S311 - seeded, for figures that can be compared
    start = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - local time, as events have it
    kept: dict[str, tuple[Event, ...]] = {}
    spent = own = 0.0
    candidates = largest = 0
    for first in range(0, events, batch):
        new: dict[str, list[Event]] = {}
        for number in range(first, min(events, first + batch)):
            at = start + dt.timedelta(seconds=number * 90 * 24 * 3600 // events)
            some = Event(
                id=str(number),
                type=chance.choice(TYPES),
                occurred_on=at.date(),
                occurred_at=at if chance.random() < 0.8 else None,
                amount=Decimal(chance.randrange(100, 3000)),
                account_id=chance.choice(("A", None)),
            )
            new.setdefault(f"C{chance.randrange(customers)}", []).append(some)
        work = []
        for customer, each in new.items():
            since = each[0].occurred_on - LONGEST
            window = tuple(event for event in kept.get(customer, ()) if event.occurred_on >= since)
            work.append(Work(customer, window, tuple(each)))
            kept[customer] = (*window, *each)
        before, busy = time.perf_counter(), time.process_time()
        found = matcher.candidates(work)
        spent += time.perf_counter() - before
        own += time.process_time() - busy
        candidates += sum(map(len, found.values()))
    if isinstance(matcher, Workers) and matcher.pool is not None:
        largest = matcher.pool.grown
    matcher.close()
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(
        f"{events} events of {customers} customers, {batch} at a time, {workers} workers,"
        f" {sessions} sessions\n"
        f"  {events / spent:.0f} events/s ({spent:.0f} s); processor time {own:.0f} s here,"
        f" {theirs.ru_utime + theirs.ru_stime:.0f} s in workers\n"
        f"  {candidates} candidates; restarts {matcher.restarts}; a worker had {largest // 1024} MB at most\n"
    )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(100_000, 10_000, 1000, 1, 32)[len(given) :])
