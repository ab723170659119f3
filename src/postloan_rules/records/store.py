"""Where a decision log keeps its lines, whatever that is: the protocol of a store, and what opens one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from postloan_rules.records.failures import LogInUse, LogUnusable

try:
    import fcntl
except ModuleNotFoundError:  # pragma: no cover - not on every system
    fcntl = None  # type: ignore[assignment]  # then nothing holds a file for one process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from postloan_rules.records.line import Line

__all__ = [
    "LONGEST",
    "Hold",
    "Raw",
    "SetAside",
    "Source",
    "Store",
    "open_source",
    "open_store",
    "sync_folder",
]

LONGEST = 1 << 26
"""No line is longer: 64 MiB."""
_SQLITE = (".sqlite", ".db")
_LINES = (".jsonl",)


@frozen
class SetAside:
    """The end of a log that was half-written when its process died. Nothing in it was acknowledged."""

    path: Path
    """Where it is kept."""
    size: int
    after: int
    """The number of the record that it stood after."""


class Store(Protocol):
    """An append-only place for lines, written by one process. `JsonLines` and `Sqlite` come with the library.

    A failure is a `LogError`; its kind says whether the store can go on.
    """

    @property
    def last(self) -> Line | None:
        """The last record, as it was found when the store was opened."""
        ...

    @property
    def set_aside(self) -> SetAside | None:
        """What was found half-written when the store was opened."""
        ...

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Add lines; when it comes back, they outlive the power.

        Args:
            lines: The lines.
            first: The number of the first.

        Raises:
            LogFull: when there is no room, and nothing was added.
            LogInUse: when another process has added records, and nothing was added.
            LogBroken: when nobody knows what was added.
        """
        ...

    def close(self) -> None:
        """Let another process write."""
        ...


@frozen
class Raw:
    """A line as it stands in a log, before anything is believed of it."""

    data: bytes
    number: int | None = None
    """The number under which it is kept, where it is kept under a number."""
    whole: bool = True
    """False for the last piece of a file that does not end with the end of a line."""


class Source(Protocol):
    """A log to be read. Nothing is written, and a process that writes is not disturbed."""

    def lines(self, first: int = 1) -> Iterator[Raw]:
        """The lines from a number on, in the order in which they stand."""
        ...


class Hold:
    """A file beside a log that one process holds; the system frees it when that process ends, however."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        if fcntl is None:  # pragma: no cover - not on every system
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            help_ = "close it there, or let each process write a log of its own"
            raise LogInUse(path, "another process (or log) writes to this decision log", help_) from error

    def release(self) -> None:
        """Let another process have it."""
        if self._file >= 0:
            if fcntl is not None:
                # A process that was forked off still has the file open.
                fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._file = -1


def open_store(path: str | PathLike[str]) -> Store:
    """A store to write to: `.jsonl` for lines of JSON, `.sqlite` or `.db` for SQLite.

    Raises:
        LogUnusable: when the file is no decision log, or its name has another end.
        LogInUse: when another process writes to it.
        LogDamaged: when what stands at its end is not what was written.
    """
    from postloan_rules.records.json_lines import JsonLines  # noqa: PLC0415 - circular
    from postloan_rules.records.sqlite import Sqlite  # noqa: PLC0415 - circular

    return Sqlite(path) if _is_sqlite(Path(path)) else JsonLines(path)


def open_source(path: str | PathLike[str]) -> Source:
    """A log to read.

    Raises:
        LogUnusable: when there is no such file, or its name has another end.
    """
    from postloan_rules.records.json_lines import JsonLinesSource  # noqa: PLC0415 - circular
    from postloan_rules.records.sqlite import SqliteSource  # noqa: PLC0415 - circular

    place = Path(path)
    is_sqlite = _is_sqlite(place)
    if not place.is_file():
        raise LogUnusable(place, "there is no such decision log", "look at the name of the file")
    return SqliteSource(place) if is_sqlite else JsonLinesSource(place)


def sync_folder(path: Path) -> None:
    """Make sure that a file that was made in a folder is still there after the power failed."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_sqlite(path: Path) -> bool:
    if path.suffix in _SQLITE:
        return True
    if path.suffix in _LINES:
        return False
    help_ = "name it .jsonl for lines of JSON, or .sqlite for a database"
    raise LogUnusable(path, f"`{path.name}` does not say what the log is kept in", help_)
