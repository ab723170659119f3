"""A decision log as lines of JSON in one file, and what is done with its end after a crash."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.records.failures import LogBroken, LogDamaged, LogError, LogFull, LogInUse, LogUnusable
from postloan_rules.records.line import FIRST, Line, framed, read_line
from postloan_rules.records.store import LONGEST, Hold, Raw, SetAside, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

__all__ = ["JsonLines", "JsonLinesSource"]

_WINDOW = 1 << 20
_BEGINNING = b'{"hash":"'
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class JsonLines:
    """A store in one file, to which lines are only ever added."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file, or begin a new one; what a crash left half-written is set aside.

        Raises:
            LogUnusable: when the file is no decision log.
            LogInUse: when another process writes to it.
            LogDamaged: when what stands at its end is not what was written.
            LogError: when it can't be opened.
        """
        self.path = Path(path)
        self.set_aside: SetAside | None = None
        self.last: Line | None = None
        try:
            self._hold = Hold(self.path)
        except OSError as error:
            raise LogError(self.path, f"the log can't be opened: {_reason(error)}") from error
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                self._recover()
                sync_folder(self.path)
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            self._hold.release()
            raise LogError(self.path, f"the log can't be opened: {_reason(error)}") from error
        except BaseException:
            self._hold.release()
            raise
        self._broken = False

    def append(self, lines: Sequence[bytes], first: int) -> None:
        """Add lines; when it comes back, they outlive the power."""
        if self._broken:
            raise self._lost("an earlier write failed")
        if os.fstat(self._file).st_size != self._end:
            message = f"the log has grown by another hand before record {first}"
            raise LogInUse(self.path, message, "let one process write to it")
        data = b"".join(line + b"\n" for line in lines)
        try:
            self._write(data)
        except OSError as error:
            self._undo(error)
        except BaseException:
            self._broken = True
            raise
        try:
            os.fsync(self._file)
        except OSError as error:
            # What the system could not write it may have forgotten: to ask again would be answered with yes.
            self._broken = True
            raise self._lost(_reason(error)) from error
        self._end += len(data)

    def close(self) -> None:
        """Let another process write."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._hold.release()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _undo(self, error: OSError) -> None:
        """Take back what was written of a batch before there was no more room."""
        try:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        except OSError as failed:
            self._broken = True
            raise self._lost(_reason(failed)) from failed
        if error.errno in _NO_ROOM:
            message = f"there is no room for the log: {_reason(error)}"
            help_ = "make room, and flush again: the records wait in memory, and none is half-written"
            raise LogFull(self.path, message, help_) from error
        self._broken = True
        raise self._lost(_reason(error)) from error

    def _lost(self, reason: str) -> LogBroken:
        help_ = "look at the disk, then open the log again: what is in it is found out then"
        return LogBroken(self.path, f"the log could not be written: {reason}", help_)

    def _recover(self) -> None:
        size = os.fstat(self._file).st_size
        found = _ending(self._file, size, self.path)
        self.last = found.last
        if found.end < size:
            self._set_aside(found, size)
        self._end = found.end

    def _set_aside(self, found: _Ending, size: int) -> None:
        """Keep what is half-written in a file of its own, and take it off the log."""
        after = found.last.number if found.last is not None else 0
        tail = os.pread(self._file, size - found.end, found.end)
        number = 1
        while (path := Path(f"{self.path}.unfinished-{after + 1}-{number}")).exists():
            number += 1
        with path.open("xb") as file:
            file.write(tail)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path)
        # Only now: killed before this, the next one to open finds the same end again.
        os.ftruncate(self._file, found.end)
        os.fsync(self._file)
        self.set_aside = SetAside(path, size - found.end, after)


@frozen
class _Ending:
    """Where the readable part of a log ends."""

    last: Line | None
    end: int


def _ending(file: int, size: int, path: Path) -> _Ending:
    """The last record that stands whole, and where it ends; only the end of the file is read."""
    window = _WINDOW
    while True:
        start = max(0, size - window)
        data = os.pread(file, size - start, start)
        cut = data.find(b"\n") + 1 if start else 0
        if not start or cut:
            found = _walked(data[cut:], start + cut, path)
            if found is not None:
                return found
        window *= 8


def _walked(data: bytes, start: int, path: Path) -> _Ending | None:
    """The end of the readable part of the last bytes of a log; None when more of them are needed.

    INVARIANT: a batch is written after the one before is on the disk. So a crash can hurt the last batch
    only, and a record of a later batch than the hurt one shows that it was no crash.
    """
    last: Line | None = None
    at = 0
    while at < len(data):
        stop = data.find(b"\n", at)
        piece = data[at : stop if stop >= 0 else len(data)]
        line = read_line(piece) if stop >= 0 else None
        if line is None or not _follows(line, last, start):
            break
        last = line
        at = stop + 1
    if at == len(data):
        return _Ending(last, start + at) if last is not None or not start else None
    if last is None and start:
        return None
    number = last.number + 1 if last is not None else 1
    if last is None and not _may_be_log(data):
        raise LogUnusable(path, "the file is no decision log", "look at the name of the file")
    after = [line for piece in data[at:].split(b"\n") if (line := read_line(piece)) is not None]
    whole = framed(data[at:].partition(b"\n")[0])
    if whole or any(line.batch > number for line in after):
        message = f"record {number} is not what was written, and no crash explains it"
        help_ = "`postloan log verify` says more; keep the file, and begin a new log"
        raise LogDamaged(path, message, help_)
    return _Ending(last, start + at)


def _follows(line: Line, last: Line | None, start: int) -> bool:
    if last is None:
        return bool(start) or (line.number, line.previous) == (1, FIRST)
    return (line.number, line.previous) == (last.number + 1, last.hash)


def _may_be_log(data: bytes) -> bool:
    """Whether the beginning of a file may be that of a log whose first write was cut off."""
    beginning = data[: len(_BEGINNING)]
    return _BEGINNING.startswith(beginning) or not data.strip(b"\0")


def _reason(error: OSError) -> str:
    return (error.strerror or "the system refuses it").lower()


@frozen
class JsonLinesSource:
    """Such a file, to be read."""

    path: Path

    def lines(self, first: int = 1) -> Iterator[Raw]:
        """The lines from a number on, in the order in which they stand."""
        skipped = 1
        try:
            with self.path.open("rb") as file:
                while data := file.readline(LONGEST):
                    whole = data.endswith(b"\n")
                    # Those before are counted, not looked at: line by line, a log is numbered from 1.
                    if skipped < first:
                        skipped += 1
                        continue
                    yield Raw(data[:-1] if whole else data, whole=whole)
        except OSError as error:
            raise LogError(self.path, f"the log can't be read: {_reason(error)}") from error
