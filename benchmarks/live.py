# ruff: noqa: INP001 - scripts, not a package
"""Live events through the monitor, and through durable-rules alone as far as it goes, as a Markdown table.

python benchmarks/live.py [--events N] [--customers N] [--workers N ...] [--policy NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import postloan_rules as plr
from postloan_rules.live import Monitor, SqliteJournal, StreamEvent
from postloan_rules.snapshot import Attributes, Event, EventType

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 60
MIX = (
    (EventType.STATEMENT_ISSUED, 20),
    (EventType.PAYMENT_RECEIVED, 25),
    (EventType.CASH_WITHDRAWAL, 25),
    (EventType.TEMPORARY_LIMIT_REQUESTED, 6),
    (EventType.PAYMENT_MISSED, 6),
    (EventType.EXTERNAL_LOAN_APPLIED, 4),
    (EventType.BILL_INSTALMENT_APPLIED, 6),
    (EventType.ADDRESS_CHANGED, 4),
    (EventType.OVER_LIMIT, 4),
)
NOTHING = Attributes()


def stream(events: int, customers: int) -> Iterator[StreamEvent]:
    """Made-up events of 60 days in the order of time; the same for the same numbers."""
    chance = Random(f"{events}:{customers}")  # noqa: S311 - made-up events are no secret
    kinds = [kind for kind, _ in MIX]
    weights = [weight for _, weight in MIX]
    start = datetime(2026, 9, 1)  # noqa: DTZ001 - event times are local
    for number in range(events):
        at = start + timedelta(seconds=number * DAYS * 86_400 // events)
        customer = chance.randrange(customers)
        event = Event(
            id=f"E{number}",
            type=chance.choices(kinds, weights)[0],
            occurred_on=at.date(),
            occurred_at=at,
            amount=Decimal(chance.randrange(1, 200) * 100),
            account_id=f"A{customer}",
            outcome=chance.choice(("full", "minimum")),
            attributes=NOTHING,
        )
        yield StreamEvent(f"C{customer}", event)


def monitored(policy: str, events: int, customers: int, workers: int) -> dict[str, object]:
    """One run of the monitor, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "journal"
        generating = time.process_time()
        for _ in stream(events, customers):
            pass
        generating = time.process_time() - generating
        start, used = time.perf_counter(), time.process_time()
        with Monitor(
            plr.shipped(policy), journal=SqliteJournal(file), workers=workers, lateness=timedelta(days=1)
        ) as monitor:
            for _ in monitor.observe_many(stream(events, customers)):
                pass
            counters = monitor.counters()
        seconds = time.perf_counter() - start - generating
        return {
            "seconds": seconds,
            "cpu": time.process_time() - used - generating,
            "cpu_workers": sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]),
            "completed": counters.completed,
            "restarts": counters.restarted_workers,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "memory_worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
            "journal": file.stat().st_size,
        }


def alone(events: int, customers: int) -> None:
    """Events through durable-rules as its documentation shows, one pattern, a session a customer."""
    engine, lang = import_module("durable.engine"), import_module("durable.lang")
    matches = [0]

    def complete(_: object) -> None:
        matches[0] += 1

    with lang.ruleset("cash_then_limit"):
        first = lang.c.first << lang.m.type == "cash_withdrawal"
        second = lang.c.second << lang.m.type == "temporary_limit_requested"
        lang.when_all(first, second)(complete)

    start = time.perf_counter()
    taken, seen = 0, set()
    for each in stream(events, customers):
        seen.add(each.customer_id)
        message = {"sid": each.customer_id, "id": each.event.id, "type": each.event.type.value}
        try:
            lang.post("cash_then_limit", message)
        except engine.MessageNotHandledException:
            # So it tells of an event that no rule mentions.
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is that ends it, is what is asked
            sys.stdout.write(json.dumps({"taken": taken, "customers": len(seen), "ended": repr(error)[:60]}))
            sys.stdout.flush()
            os._exit(0)
        taken += 1
    found = {
        "taken": taken,
        "customers": len(seen),
        "seconds": time.perf_counter() - start,
        "matches": matches[0],
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    # Its threads go on, and would keep the process.
    os._exit(0)


def part(*words: object) -> dict[str, object]:
    """A part of the benchmark in a process of its own, so that its memory is its own."""
    done = subprocess.run(  # noqa: S603 - this file
        [sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, check=False
    )
    if done.returncode or not done.stdout:
        return {"ended": f"the process ended with {done.returncode}"}
    found: dict[str, object] = json.loads(done.stdout)
    return found


def mega(kilobytes: object) -> str:
    """Kilobytes as megabytes."""
    return f"{int(str(kilobytes)) / 1024:,.0f} MB"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1])
    parser.add_argument("--policy", default="credit_card")
    parser.add_argument("--part", choices=["monitor", "alone"], help="run one part, in this process")
    chosen = parser.parse_args()
    if chosen.part == "monitor":
        found = monitored(chosen.policy, chosen.events, chosen.customers, chosen.workers[0])
        sys.stdout.write(json.dumps(found))
        return
    if chosen.part == "alone":
        alone(chosen.events, chosen.customers)
        return
    write = sys.stdout.write
    write(
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, durable-rules {version('durable-rules')}; "
        f"load {os.getloadavg()[0]:.1f} at the start\n\n"
    )
    write(
        "| | events | customers | seconds | events/s | CPU seconds (monitor, workers) | completions "
        "| memory (monitor, largest worker) | restarts | journal |\n" + "|---" * 10 + "|\n"
    )
    for workers in chosen.workers:
        size = ("--events", chosen.events, "--customers", chosen.customers)
        found = part("--part", "monitor", *size, "--policy", chosen.policy, "--workers", workers)
        what = f"monitor, {workers} workers" if workers else "monitor, evaluator alone"
        if "seconds" not in found:
            write(f"| {what} | {found['ended']} |\n")
            continue
        seconds = float(str(found["seconds"]))
        write(
            f"| {what} | {chosen.events:,} | {chosen.customers:,} | {seconds:,.0f} "
            f"| {chosen.events / seconds:,.0f} | {float(str(found['cpu'])):,.0f}, "
            f"{float(str(found['cpu_workers'])):,.0f} | {int(str(found['completed'])):,} "
            f"| {mega(found['memory'])}, {mega(found['memory_worker']) if workers else '-'} "
            f"| {found['restarts']} | {int(str(found['journal'])) / 2**20:,.0f} MB |\n"
        )
        sys.stdout.flush()
    for customers in (1_000, chosen.customers):
        events = min(chosen.events, 10 * customers)
        found = part("--part", "alone", "--events", events, "--customers", customers)
        if "seconds" in found:
            seconds = float(str(found["seconds"]))
            write(
                f"| durable-rules alone, one pattern | {events:,} | {customers:,} | {seconds:,.1f} "
                f"| {events / seconds:,.0f} | | {found['matches']} matches | {mega(found['memory'])} | | |\n"
            )
        else:
            said = found.get("taken")
            after = f"after {said:,} events of {found['customers']:,} customers: " if said is not None else ""
            write(
                f"| durable-rules alone, one pattern | {events:,} | {customers:,} "
                f"| ends {after}{found['ended']} | | | | | | |\n"
            )


if __name__ == "__main__":
    main()
