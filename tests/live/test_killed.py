"""A monitor whose process is killed at any moment goes on as if nothing had been."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from live.feeder import END, LATENESS
from live.small import TRIGGERS, event, text
from live.streams import essence, history, said
from postloan_rules.live import Monitor, SqliteJournal, StreamEvent, event_line
from postloan_rules.live.events import latest
from postloan_rules.live.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

FEEDER = Path(__file__).parent / "feeder.py"
MORE = {
    **TRIGGERS,
    "drawn_back": '{kind: pattern, sequence: [{event: payment_received, where: event.outcome = "full"},'
    " {event: cash_withdrawal, where: second.amount >= 0.8 * first.amount}], within: 24 hours, if_unknown: refer}",
}


def stream(chance: random.Random, count: int) -> list[StreamEvent]:
    """Events of a few customers, coming in disorder within the lateness, some of them twice."""

    def one(number: int) -> StreamEvent:
        day = chance.randrange(1, 29)
        fields: dict[str, object] = {"amount": str(chance.randrange(1, 5) * 100)}
        if chance.random() < 0.7:
            fields["occurred_at"] = f"2026-01-{day:02}T{chance.randrange(24):02}:00:00"
        if chance.random() < 0.7:
            fields["outcome"] = chance.choice(["full", "part"])
        if chance.random() < 0.1:
            fields["account_id"] = None
        kinds = [
            "cash_withdrawal",
            "temporary_limit_requested",
            "payment_received",
            "statement_issued",
            "dormant",
        ]
        return event(
            f"C{chance.randrange(8)}", f"E{number}", chance.choice(kinds), f"2026-01-{day:02}", **fields
        )

    events = [one(number) for number in range(count)]
    coming = [(latest(each.event) + chance.random() * LATENESS, each) for each in events]
    coming += [(latest(each.event) + chance.random() * 2 * LATENESS, each) for each in events[::10]]
    return [each for _, each in sorted(coming, key=lambda pair: pair[0])]


def fed(folder: Path, workers: int, batch: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(FEEDER), str(folder), str(workers), str(batch)],
        stdout=subprocess.PIPE,
        text=True,
    )


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    return iter(process.stdout)


@pytest.mark.parametrize(("seed", "workers", "batch"), [(1, 0, 1), (2, 0, 7), (3, 1, 5)])
def test_killed_again_and_again(tmp_path: Path, seed: int, workers: int, batch: int) -> None:
    chance = random.Random(seed)
    events = stream(chance, 200)
    (tmp_path / "policy.yaml").write_text(text(MORE), encoding="utf-8")
    (tmp_path / "events.jsonl").write_text(
        "".join(f"{event_line(each, 'CNY')}\n" for each in events), encoding="utf-8"
    )
    rules = plr.load(tmp_path / "policy.yaml")
    with Monitor(rules, workers=0, lateness=LATENESS) as monitor:
        whole = [each for outcome in monitor.observe_many(events) for each in outcome.completions]
        whole += monitor.advance_to(END + LATENESS)
    assert essence(said(whole)) == history(rules, events, END)

    kills, last = 0, ""
    for _ in range(200):
        last, allowed = "", chance.randrange(1, 25)
        with fed(tmp_path, workers, batch) as process:
            for number, line in enumerate(lines(process)):
                last = line.strip()
                if number == allowed:
                    time.sleep(chance.random() * 0.004)
                    process.kill()
        if last == "done":
            break
        kills += 1
    assert last == "done"
    assert kills >= 2

    with Monitor(rules, journal=SqliteJournal(tmp_path / "journal"), workers=0) as monitor:
        counters = monitor.counters()
        recorded = [row[0] for row in monitor._journal._open.execute("SELECT id FROM completions")]  # type: ignore[attr-defined]  # SQLite's
    assert sorted(recorded) == sorted(each.id for each in whole)
    assert (counters.events_in, counters.waiting, counters.undelivered) == (len(events), 0, 0)
    told = Counter((tmp_path / "told.txt").read_text(encoding="utf-8").split())
    # Told at least once; again only where the kill fell between the callback and the note of it.
    assert set(told) == set(recorded)
    assert sum(told.values()) - len(told) <= kills


def test_workers_killed_at_any_moment(tmp_path: Path) -> None:
    """By another thread, while the monitor takes events."""
    chance = random.Random(7)
    events = stream(chance, 600)
    (tmp_path / "policy.yaml").write_text(text(MORE), encoding="utf-8")
    rules = plr.load(tmp_path / "policy.yaml")
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02 + chance.random() * 0.1):
            for pid in workers.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    workers = Workers(rules.policy, 2)
    with Monitor(rules, matcher=workers, lateness=LATENESS) as monitor:
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            found = [
                each for outcome in monitor.observe_many(events, batch=20) for each in outcome.completions
            ]
            found += monitor.advance_to(END + LATENESS)
        finally:
            over.set()
            killer.join()
        assert monitor.counters().restarted_workers > 0
    assert len({each.id for each in found}) == len(found)
    assert essence(said(found)) == history(rules, events, END)
