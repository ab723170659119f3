"""A service that hands events in, to be killed at any moment: `python feeder.py FOLDER WORKERS BATCH`.

In the folder stand `policy.yaml` and `events.jsonl`; the journal is kept there, and what the callback was told.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import postloan_rules as plr
from postloan_rules.live import Completed, Monitor, SqliteJournal, read_events

END = datetime.fromisoformat("2026-06-01")
LATENESS = timedelta(days=3)


def main(folder: Path, workers: int, batch: int) -> None:
    """Take up where the journal stands, and say how far it is after each event."""
    rules = plr.load(folder / "policy.yaml")
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    with (
        Monitor(
            rules, journal=SqliteJournal(folder / "journal"), workers=workers, lateness=LATENESS
        ) as monitor,
        (folder / "told.txt").open("a", encoding="utf-8") as told,
    ):

        def callback(completed: Completed) -> None:
            told.write(f"{completed.id}\n")
            told.flush()

        monitor.on_trigger(callback)
        taken = monitor.counters().events_in
        print(taken, flush=True)
        for outcome in monitor.observe_many(read_events(lines[taken:], "CNY"), batch=batch):
            print(outcome.kind.value, flush=True)
        monitor.advance_to(END + LATENESS)
        monitor.deliver()
        print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
