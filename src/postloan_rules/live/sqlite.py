"""The journal in one SQLite file: events as they came, what they completed, and what has been delivered."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from postloan_rules.live import rows
from postloan_rules.live.journal import (
    Arrival,
    Deadline,
    JournalError,
    JournalInUse,
    JournalUnusable,
    Kept,
    Standing,
)
from postloan_rules.live.outcomes import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from os import PathLike

    from postloan_rules.live.events import StreamEvent
    from postloan_rules.live.outcomes import Completed

__all__ = ["SqliteJournal"]

_APPLICATION = 0x504C5231
"""Written into the file, so that no other database is taken for a journal."""
_VERSION = 1
_MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE standing (
    last INTEGER NOT NULL, batch INTEGER NOT NULL, matched INTEGER NOT NULL, clock INTEGER,
    accepted INTEGER NOT NULL, duplicate INTEGER NOT NULL, late INTEGER NOT NULL, refused INTEGER NOT NULL,
    completed INTEGER NOT NULL
);
INSERT INTO standing VALUES (0, 0, 0, NULL, 0, 0, 0, 0, 0);
-- One row for each event that came in, in the order of their coming. Nothing in it is ever changed.
CREATE TABLE arrivals (
    number INTEGER PRIMARY KEY, outcome TEXT NOT NULL, clock INTEGER,
    customer TEXT, event TEXT, note TEXT
);
-- The events themselves. Those of a customer stand together, so that a window is read at once.
CREATE TABLE events (
    customer TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, late INTEGER NOT NULL,
    type TEXT NOT NULL, day TEXT NOT NULL, at TEXT, recorded TEXT, amount TEXT, account TEXT, outcome TEXT,
    attributes TEXT, PRIMARY KEY (customer, id)
) WITHOUT ROWID;
CREATE TABLE completions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, arrival INTEGER NOT NULL, body TEXT NOT NULL,
    delivered INTEGER NOT NULL
);
CREATE INDEX completions_by_arrival ON completions (arrival);
CREATE INDEX outbox ON completions (number) WHERE delivered = 0;
CREATE TABLE waits (
    due INTEGER NOT NULL, customer TEXT NOT NULL, trigger TEXT NOT NULL, after TEXT NOT NULL,
    PRIMARY KEY (due, customer, trigger, after)
) WITHOUT ROWID;
-- Under which policy events were matched, and from which arrival on.
CREATE TABLE policies (since INTEGER NOT NULL, fingerprint TEXT NOT NULL);
"""
_START = datetime(1970, 1, 1)  # noqa: DTZ001 - event times are local, and have no zone
_TICK = timedelta(microseconds=1)
_AT_ONCE = 500
"""So many values are asked for in one statement."""


class SqliteJournal:
    """A journal in one SQLite file (beside it, while it is open, stands its `-wal` file).

    One monitor writes to it at a time; the operating system frees it when that process ends, however it ends.
    What was written stays when the process is killed, and when the power fails.
    """

    def __init__(self, path: str | PathLike[str] = _MEMORY) -> None:
        """Open the file, or begin a new one; without a path the journal is in memory, and ends with it.

        Raises:
            JournalInUse: when another monitor has it open.
            JournalUnusable: when the file is no journal, or one of a newer version.
        """
        self.path = str(path)
        with self._failures():
            self._open = sqlite3.connect(
                self.path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        try:
            self._begin()
        except BaseException:
            self._open.close()
            raise

    def _begin(self) -> None:
        with self._failures():
            run = self._open.execute
            # Held from the first write on until the file is closed: one writer.
            run("PRAGMA locking_mode = EXCLUSIVE")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA wal_autocheckpoint = 8000")
            run("PRAGMA cache_size = -64000")
            run("BEGIN IMMEDIATE")
            try:
                self._schema()
                run("COMMIT")
            except BaseException:
                run("ROLLBACK")
                raise

    def _schema(self) -> None:
        (application,) = self._open.execute("PRAGMA application_id").fetchone()
        (version,) = self._open.execute("PRAGMA user_version").fetchone()
        (tables,) = self._open.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables and not application:
            for statement in _SCHEMA.split(";"):
                self._open.execute(statement)
            self._open.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._open.execute(f"PRAGMA user_version = {_VERSION}")
            return
        if application != _APPLICATION:
            raise JournalUnusable(f"`{self.path}` is a database, and no journal of events")
        if version != _VERSION:
            raise JournalUnusable(
                f"the journal `{self.path}` is of version {version}; this library reads version {_VERSION}"
            )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _told(self, error: sqlite3.Error) -> JournalError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return JournalInUse(f"the journal `{self.path}` is in use: another monitor has it open")
        if code == sqlite3.SQLITE_NOTADB:
            return JournalUnusable(f"`{self.path}` is no journal of events")
        if code == sqlite3.SQLITE_FULL:
            return JournalError(f"the journal `{self.path}` can't be written: the disk is full")
        return JournalError(f"the journal `{self.path}` can't be read or written: {error}")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside of it, or nothing."""
        with self._failures():
            self._open.execute("BEGIN IMMEDIATE")
            try:
                yield self._open
                self._open.execute("COMMIT")
            except BaseException:
                # SQLite has undone it already where the disk is full.
                if self._open.in_transaction:
                    self._open.execute("ROLLBACK")
                raise

    def standing(self) -> Standing:
        """How far it has got."""
        with self._failures():
            row = self._open.execute(
                "SELECT last, batch, matched, clock, completed, accepted, duplicate, late, refused"
                " FROM standing"
            ).fetchone()
            (undelivered,) = self._open.execute(
                "SELECT count(*) FROM completions WHERE delivered = 0"
            ).fetchone()
            policy = self._open.execute(
                "SELECT fingerprint FROM policies ORDER BY rowid DESC LIMIT 1"
            ).fetchone()
        last, batch, matched, clock, completed, *outcomes = row
        return Standing(
            last=last,
            batch=batch,
            matched=matched,
            clock=_moment_or_none(clock),
            fingerprint=policy[0] if policy else None,
            completed=completed,
            undelivered=undelivered,
            outcomes=dict(zip(OutcomeKind, outcomes, strict=True)),
        )

    def known(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], StreamEvent]:
        """Those of the events, by customer and number, that are kept."""
        found = {}
        statement = f"SELECT {rows.EVENT} FROM events WHERE customer = ? AND id = ?"  # noqa: S608 - names of ours
        with self._failures():
            run = self._open.execute
            for key in keys:
                row = run(statement, key).fetchone()
                if row is not None:
                    found[key] = rows.stream_event(row)
        return found

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Write arrivals, with their outcomes."""
        if not arrivals:
            return
        outcomes = [arrival.outcome for arrival in arrivals]
        with self._writing() as write:
            write.executemany(
                "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        each.number,
                        each.outcome.value,
                        _ticks(each.clock),
                        *((each.event.customer_id, each.event.event.id) if each.event else (None, None)),
                        each.note or None,
                    )
                    for each in arrivals
                ],
            )
            write.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                sorted(
                    rows.event_row(each.event, each.number, late=each.outcome is OutcomeKind.LATE)
                    for each in arrivals
                    if each.event is not None and each.outcome in (OutcomeKind.ACCEPTED, OutcomeKind.LATE)
                ),
            )
            write.execute(
                "UPDATE standing SET batch = last, last = ?, clock = ?, accepted = accepted + ?,"
                " duplicate = duplicate + ?, late = late + ?, refused = refused + ?",
                (
                    arrivals[-1].number,
                    _ticks(arrivals[-1].clock),
                    *(outcomes.count(kind) for kind in OutcomeKind),
                ),
            )

    def arrivals(self, after: int) -> Iterator[Arrival]:
        """The arrivals whose number is greater, in order."""
        names = ", ".join(f"events.{name}" for name in rows.EVENT.split(", "))
        statement = (
            f"SELECT arrivals.number, arrivals.outcome, clock, note, {names} FROM arrivals"  # noqa: S608 - as above
            " LEFT JOIN events ON events.customer = arrivals.customer AND events.id = arrivals.event"
            " WHERE arrivals.number > ? ORDER BY arrivals.number"
        )
        with self._failures():
            for number, outcome, clock, note, *row in self._open.execute(statement, (after,)):
                event = rows.stream_event(row) if row[0] is not None else None
                yield Arrival(number, OutcomeKind(outcome), _moment_or_none(clock), event, note or "")

    def window(self, customer_id: str, since: date, until: int, types: frozenset[str]) -> list[Kept]:
        """A customer's accepted events of these types, from a day on and up to an arrival, as they came."""
        statement = (
            f"SELECT number, {rows.EVENT} FROM events"  # noqa: S608 - as above
            " WHERE customer = ? AND day >= ? AND number <= ? AND late = 0"
        )
        with self._failures():
            found = self._open.execute(statement, (customer_id, since.isoformat(), until)).fetchall()
        return sorted(
            ((row[0], rows.event(row[1:])) for row in found if row[rows.TYPE + 1] in types), key=_number
        )

    def accepted(self, since: date, types: frozenset[str]) -> Iterator[StreamEvent]:
        """The accepted events from a day on, of all customers, of these types."""
        statement = f"SELECT {rows.EVENT} FROM events WHERE day >= ? AND late = 0"  # noqa: S608 - as above
        with self._failures():
            for row in self._open.execute(statement, (since.isoformat(),)):
                if row[rows.TYPE] in types:
                    yield rows.stream_event(row)

    def record(
        self,
        completions: Sequence[tuple[int, Completed]],
        *,
        waits: Sequence[Deadline] = (),
        over: Sequence[Deadline] = (),
        matched: int | None = None,
        clock: datetime | None = None,
    ) -> None:
        """Write completions, each with the arrival that brought it, and how far the matching has got."""
        with self._writing() as write:
            before = write.total_changes
            write.executemany(
                "INSERT OR IGNORE INTO completions (id, arrival, body, delivered) VALUES (?, ?, ?, 0)",
                [(each.id, arrival, rows.completion_text(each)) for arrival, each in completions],
            )
            added = write.total_changes - before
            write.executemany(
                "INSERT OR IGNORE INTO waits VALUES (?, ?, ?, ?)", [_wait_row(each) for each in waits]
            )
            write.executemany(
                "DELETE FROM waits WHERE due = ? AND customer = ? AND trigger = ? AND after = ?",
                [_wait_row(each) for each in over],
            )
            write.execute(
                "UPDATE standing SET completed = completed + ?, matched = coalesce(?, matched),"
                " clock = coalesce(?, clock)",
                (added, matched, _ticks(clock)),
            )

    def reported(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the completions, by id, that are recorded."""
        found: set[str] = set()
        with self._failures():
            for some in _portions(ids):
                marks = ", ".join("?" * len(some))
                statement = f"SELECT id FROM completions WHERE id IN ({marks})"  # noqa: S608 - only marks
                found.update(row[0] for row in self._open.execute(statement, some))
        return frozenset(found)

    def due(self, moment: datetime, most: int) -> list[Deadline]:
        """The waits that are over at a moment, the earliest first."""
        with self._failures():
            found = self._open.execute(
                "SELECT due, customer, trigger, after FROM waits WHERE due <= ?"
                " ORDER BY due, customer, trigger, after LIMIT ?",
                (_ticks(moment), most),
            ).fetchall()
        return [Deadline(_moment(due), customer, trigger, after) for due, customer, trigger, after in found]

    def undelivered(self, most: int) -> list[Completed]:
        """Completions that no callback has taken yet, the oldest first."""
        with self._failures():
            found = self._open.execute(
                "SELECT body FROM completions WHERE delivered = 0 ORDER BY number LIMIT ?", (most,)
            ).fetchall()
        return [rows.completion(body) for (body,) in found]

    def delivered(self, ids: Collection[str]) -> None:
        """Write that completions were delivered. May be lost when the power fails, and is then done again."""
        with self._failures():
            # The completions are safe; waiting for the disk to say that they need not be told again is idle.
            self._open.execute("PRAGMA synchronous = NORMAL")
            try:
                with self._writing() as write:
                    write.executemany(
                        "UPDATE completions SET delivered = 1 WHERE id = ?", [(each,) for each in ids]
                    )
            finally:
                self._open.execute("PRAGMA synchronous = FULL")

    def adopt(self, fingerprint: str, waits: Iterable[Deadline]) -> None:
        """Go on under a policy: these waits take the place of all that there are."""
        with self._writing() as write:
            write.execute("INSERT INTO policies SELECT last + 1, ? FROM standing", (fingerprint,))
            write.execute("DELETE FROM waits")
            write.executemany(
                "INSERT OR IGNORE INTO waits VALUES (?, ?, ?, ?)", [_wait_row(each) for each in waits]
            )

    def prune(self, before: datetime, most: int) -> int:
        """Drop up to so many arrivals from before a moment, and what they brought, if it was delivered."""
        with self._failures():
            old = self._open.execute(
                "SELECT number, clock, customer, event FROM arrivals ORDER BY number LIMIT ?", (most,)
            ).fetchall()
        # INVARIANT: the clock never goes back, so what is old stands before what is not.
        limit = _ticks(before)
        old = [row for row in old if row[1] is None or row[1] < limit]
        if not old:
            return 0
        last = old[-1][0]
        with self._writing() as write:
            write.executemany(
                "DELETE FROM events WHERE customer = ? AND id = ? AND number = ?",
                [(customer, event, number) for number, _, customer, event in old if customer is not None],
            )
            write.execute("DELETE FROM completions WHERE arrival <= ? AND delivered = 1", (last,))
            write.execute("DELETE FROM arrivals WHERE number <= ?", (last,))
        return len(old)

    def close(self) -> None:
        """Let another monitor write."""
        with self._failures():
            self._open.close()


def _ticks(moment: datetime | None) -> int | None:
    return (moment - _START) // _TICK if moment is not None else None


def _moment(ticks: int) -> datetime:
    return _START + ticks * _TICK


def _moment_or_none(ticks: int | None) -> datetime | None:
    return _moment(ticks) if ticks is not None else None


def _number(kept: Kept) -> int:
    return kept[0]


def _wait_row(wait: Deadline) -> tuple[int | None, str, str, str]:
    return _ticks(wait.due), wait.customer_id, wait.trigger, wait.after


def _portions(ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = list(ids)
    for start in range(0, len(waiting), _AT_ONCE):
        yield waiting[start : start + _AT_ONCE]
