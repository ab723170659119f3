from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.small import cash, limit, moment, other
from postloan_rules.live import (
    JournalError,
    JournalInUse,
    JournalUnusable,
    Monitor,
    OutcomeKind,
    SqliteJournal,
    StreamEvent,
)
from postloan_rules.live.journal import Arrival, Standing
from postloan_rules.snapshot import Attributes, Event, EventType

if TYPE_CHECKING:
    from pathlib import Path

    import postloan_rules as plr

CLOCK = moment("2026-01-01")

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
events = st.builds(
    Event,
    id=texts,
    type=st.sampled_from(EventType),
    occurred_on=st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    occurred_at=st.none() | st.datetimes(moment("1900-01-01"), moment("2199-12-31")),
    recorded_on=st.none() | st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    amount=st.none() | st.decimals(Decimal(0), Decimal(10) ** 12, places=2),
    account_id=st.none() | texts,
    outcome=st.none() | texts,
    attributes=st.builds(
        Attributes, st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts)
    ),
)


def accepted(*found: StreamEvent) -> list[Arrival]:
    return [Arrival(number, OutcomeKind.ACCEPTED, CLOCK, each) for number, each in enumerate(found, start=1)]


@given(events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    each = StreamEvent("C1", event)
    journal = SqliteJournal()
    journal.take(accepted(each))
    key = ("C1", event.id)
    assert journal.known([key, ("C2", event.id)]) == {key: each}
    assert journal.window("C1", date(1900, 1, 1), 1, frozenset({event.type})) == [(1, event)]
    assert [arrival.event for arrival in journal.arrivals(0)] == [each]
    journal.close()


def test_a_second_monitor_is_told_that_the_journal_is_in_use(tmp_path: Path, ruleset: plr.RuleSet) -> None:
    file = tmp_path / "journal"
    with Monitor(ruleset, journal=SqliteJournal(file), workers=0) as monitor:
        with pytest.raises(JournalInUse, match="another monitor has it open"):
            SqliteJournal(file)
        code = f"from postloan_rules.live import SqliteJournal; SqliteJournal({str(file)!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "is in use: another monitor has it open" in done.stderr
        assert monitor.observe(cash("E1", "2026-01-01")).kind is OutcomeKind.ACCEPTED
    SqliteJournal(file).close()


def test_a_reader_that_holds_the_file_stops_nothing_half_way(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    SqliteJournal(file).close()
    reader = sqlite3.connect(file)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM standing").fetchall()
    with pytest.raises(JournalInUse):
        SqliteJournal(file)
    reader.close()
    SqliteJournal(file).close()


def test_another_database_is_no_journal(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as other_database:
        other_database.execute("CREATE TABLE customers (id)")
    other_database.close()
    with pytest.raises(JournalUnusable, match="is a database, and no journal"):
        SqliteJournal(file)
    text = tmp_path / "notes.txt"
    text.write_text("no database at all, whatever it is " * 100, encoding="utf-8")
    with pytest.raises(JournalUnusable, match="is no journal of events"):
        SqliteJournal(text)


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    SqliteJournal(file).close()
    with sqlite3.connect(file) as changed:
        changed.execute("PRAGMA user_version = 99")
    changed.close()
    with pytest.raises(JournalUnusable, match="is of version 99; this library reads version 1"):
        SqliteJournal(file)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="can't be read or written: unable to open"):
        SqliteJournal(tmp_path / "nowhere" / "journal")


def test_a_full_disk_is_told_and_leaves_nothing_half_applied(tmp_path: Path, ruleset: plr.RuleSet) -> None:
    journal = SqliteJournal(tmp_path / "journal")
    many = [cash(f"E{number}", "2026-01-01", customer=f"C{number}") for number in range(2_000)]
    with Monitor(ruleset, journal=journal, workers=0) as monitor:
        monitor.observe(cash("first", "2026-01-01"))
        (pages,) = journal._open.execute("PRAGMA page_count").fetchone()
        journal._open.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(JournalError, match="the disk is full"):
            list(monitor.observe_many(many))
        assert journal.standing().last == 1
        assert journal._open.execute("SELECT count(*) FROM events").fetchone() == (1,)
        journal._open.execute("PRAGMA max_page_count = 100000")
        assert {each.kind for each in monitor.observe_many(many)} == {OutcomeKind.ACCEPTED}
        assert monitor.counters().matched == 2_001


def test_what_is_old_is_dropped_and_the_file_stays_small(tmp_path: Path, ruleset: plr.RuleSet) -> None:
    file = tmp_path / "journal"
    sizes = []
    with Monitor(ruleset, journal=SqliteJournal(file), workers=0) as monitor:
        for year in range(2010, 2026):
            first = [
                cash(f"E{year}-{number}", f"{year}-01-01", customer=f"C{number}") for number in range(2_000)
            ]
            second = [other(f"F{year}-{number}", f"{year}-12-01") for number in range(2_000)]
            assert all(each.kind is OutcomeKind.ACCEPTED for each in monitor.observe_many([*first, *second]))
            (pages,) = monitor._journal._open.execute("PRAGMA page_count").fetchone()  # type: ignore[attr-defined]  # SQLite's
            sizes.append(pages)
    assert max(sizes) < 2 * sizes[0]


def test_a_pruned_number_is_late_when_it_comes_again(ruleset: plr.RuleSet) -> None:
    with Monitor(ruleset, workers=0) as monitor:
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.advance_to(moment("2026-12-31"))
        assert monitor.observe(cash("E1", "2026-01-01")).kind is OutcomeKind.DUPLICATE
        monitor._stream._unpruned = 10_000
        monitor.observe(other("X", "2026-12-31"))
        assert monitor.observe(cash("E1", "2026-01-01")).kind is OutcomeKind.LATE


def test_undelivered_completions_are_never_dropped(ruleset: plr.RuleSet) -> None:
    with Monitor(ruleset, workers=0) as monitor:
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.observe(limit("E2", "2026-01-02"))
        monitor.advance_to(moment("2026-12-31"))
        monitor._stream._unpruned = 10_000
        monitor.observe(other("X", "2026-12-31"))
        assert [each.end for each in monitor.undelivered()] == ["E2"]


def test_an_empty_journal_stands_at_nothing() -> None:
    journal = SqliteJournal()
    assert journal.standing() == Standing(outcomes=dict.fromkeys(OutcomeKind, 0))
    journal.close()
