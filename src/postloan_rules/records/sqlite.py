"""A decision log as rows of one SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.records.failures import (
    LogBroken,
    LogDamaged,
    LogError,
    LogFull,
    LogInUse,
    LogUnusable,
)
from postloan_rules.records.line import Line, read_line
from postloan_rules.records.store import Hold, Raw, SetAside, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

__all__ = ["Sqlite", "SqliteSource"]

_APPLICATION = 0x504C4431
"""Written into the file, so that no other database is taken for a log."""
_VERSION = 1
_ONLY_ADDED = "SELECT RAISE(ABORT, 'records are only added')"
_SCHEMA = (
    "CREATE TABLE records (number INTEGER PRIMARY KEY, line TEXT NOT NULL)",
    f"CREATE TRIGGER records_stay BEFORE UPDATE ON records BEGIN {_ONLY_ADDED}; END",
    f"CREATE TRIGGER records_are_kept BEFORE DELETE ON records BEGIN {_ONLY_ADDED}; END",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


class Sqlite:
    """A store in one SQLite file (beside it, while it is open, stands its `-wal` file)."""

    set_aside: SetAside | None = None
    """SQLite takes back by itself what was half-written."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file, or begin a new one.

        Raises:
            LogUnusable: when the file is no decision log, or one of a newer form.
            LogInUse: when another process writes to it.
            LogDamaged: when what stands at its end is not what was written.
            LogError: when it can't be opened.
        """
        self.path = Path(path)
        try:
            self._hold = Hold(self.path)
        except OSError as error:
            raise LogError(self.path, f"the log can't be opened: {(error.strerror or '').lower()}") from error
        try:
            with _opening(self.path):
                self._open = sqlite3.connect(
                    self.path, timeout=1, isolation_level=None, check_same_thread=False
                )
            try:
                self._open.text_factory = bytes
                with _opening(self.path):
                    self._begin()
                sync_folder(self.path)
            except BaseException:
                self._open.close()
                raise
        except BaseException:
            self._hold.release()
            raise

    def _begin(self) -> None:
        run = self._open.execute
        _check_kind(self._open, self.path, empty=True)
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            run("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                run(statement)
            run("COMMIT")
        self.last: Line | None = None
        row = run("SELECT number, line FROM records ORDER BY number DESC LIMIT 1").fetchone()
        if row is not None:
            self.last = read_line(row[1]) if isinstance(row[1], bytes) else None
            if self.last is None or self.last.number != row[0]:
                message = f"record {row[0]} is not what was written"
                help_ = "`postloan log verify` says more; keep the file, and begin a new log"
                raise LogDamaged(self.path, message, help_)

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Add lines; when it comes back, they outlive the power."""
        run = self._open.execute
        try:
            run("BEGIN IMMEDIATE")
            self._check_next(first)
            self._open.executemany(
                "INSERT INTO records VALUES (?, ?)",
                [(number, line.decode()) for number, line in enumerate(lines, first)],
            )
            run("COMMIT")
        except sqlite3.Error as error:
            if self._open.in_transaction:
                self._open.rollback()
            raise self._failure(error) from error
        except BaseException:
            # Stopped by hand: whether the batch is there is told by its number, when it is written again.
            if self._open.in_transaction:
                self._open.rollback()
            raise

    def _check_next(self, first: int) -> None:
        (last,) = self._open.execute("SELECT coalesce(max(number), 0) FROM records").fetchone()
        if last != first - 1:
            message = f"another process has written record {last} to this decision log"
            raise LogInUse(self.path, message, "let one process write to it")

    def _failure(self, error: sqlite3.Error) -> LogError:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith("SQLITE_FULL"):
            help_ = "make room, and flush again: the records wait in memory, and none is half-written"
            return LogFull(self.path, f"there is no room for the log: {error}", help_)
        if name.startswith(_BUSY):
            help_ = "let it finish, and flush again: the records wait in memory"
            return LogInUse(self.path, "another process holds the decision log", help_)
        help_ = "look at the disk, then open the log again: what is in it is found out then"
        return LogBroken(self.path, f"the log could not be written: {error}", help_)

    def close(self) -> None:
        """Let another process write."""
        self._open.close()
        self._hold.release()


@frozen
class SqliteSource:
    """Such a file, to be read."""

    path: Path

    def lines(self, first: int = 1) -> Iterator[Raw]:
        """The lines from a number on, in the order in which they stand."""
        with _opening(self.path):
            opened = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
            try:
                opened.text_factory = bytes
                _check_kind(opened, self.path, empty=False)
                rows = opened.execute(
                    "SELECT number, line FROM records WHERE number >= ? ORDER BY number", (first,)
                )
                for number, line in rows:
                    yield Raw(line if isinstance(line, bytes) else b"", number)
            finally:
                opened.close()


def _check_kind(opened: sqlite3.Connection, path: Path, *, empty: bool) -> None:
    (application,) = opened.execute("PRAGMA application_id").fetchone()
    (version,) = opened.execute("PRAGMA user_version").fetchone()
    (tables,) = opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if empty and not tables and not application:
        return
    if application != _APPLICATION:
        raise LogUnusable(path, "the file is no decision log", "look at the name of the file")
    if version != _VERSION:
        message = f"the log has the form {version}, and {_VERSION} is known here"
        raise LogUnusable(path, message, "install a newer version of postloan-rules")


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(_BUSY):
            raise LogInUse(path, "another process holds the decision log", "close it there") from error
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            message = f"the file is no decision log, or is damaged: {error}"
            raise LogUnusable(path, message, "look at the name of the file, or take a copy") from error
        raise LogError(path, f"the log can't be opened: {error}") from error
