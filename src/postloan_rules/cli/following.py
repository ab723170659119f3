"""Lines of a file or of standard input as they come, until somebody says stop."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from postloan_rules.live.events import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

__all__ = ["Stopping", "chunks_of_lines"]

_CHUNK = 1 << 20
_LOOK_AGAIN = 0.2
"""So many seconds lie between two looks at a file that is followed."""


class Stopping:
    """Ctrl-C, or the system's request to end, heard between two chunks, where it does no harm.

    A signal only sets a mark, and wakes whoever waits for something to read.
    """

    def __init__(self) -> None:
        self.signal = 0
        """The signal that asked to stop; 0 while none did."""
        self._woken, self._wakes = os.pipe()
        os.set_blocking(self._wakes, False)

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._heard) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._wakes)

    def _heard(self, number: int, _: FrameType | None) -> None:
        if not self.signal:
            self.signal = number
            os.write(self._wakes, b"!")

    def read(self, file: int) -> bytes:
        """What there is to read, once there is something; nothing at the end, or when it is time to stop."""
        select.select([file, self._woken], [], [])
        return b"" if self.signal else os.read(file, _CHUNK)

    def pause(self) -> None:
        """Wait a little, or until it is time to stop."""
        select.select([self._woken], [], [], _LOOK_AGAIN)


def chunks_of_lines(name: str, stopping: Stopping, *, follow: bool) -> Iterator[list[bytes]]:
    """The lines as they come, those that are there taken together; `-` is standard input.

    A file that is followed is read on as it grows, and from its beginning when it has become shorter.

    Raises:
        click.FileError: when it can't be read.
    """
    if name == "-":
        yield from _lines(sys.stdin.fileno(), stopping, follow=False)
        return
    try:
        file = os.open(Path(name), os.O_RDONLY)
    except OSError as error:
        raise click.FileError(name, (error.strerror or "it can't be read").lower()) from error
    try:
        yield from _lines(file, stopping, follow=follow)
    except IsADirectoryError as error:
        raise click.FileError(name, "it is a folder") from error
    finally:
        os.close(file)


def _lines(file: int, stopping: Stopping, *, follow: bool) -> Iterator[list[bytes]]:
    begun = b""
    while not stopping.signal:
        chunk = stopping.read(file)
        if chunk:
            lines, begun = split_lines(chunk, begun)
            if lines:
                yield lines
        elif not follow:
            break
        else:
            if os.fstat(file).st_size < os.lseek(file, 0, os.SEEK_CUR):
                os.lseek(file, 0, os.SEEK_SET)
                begun = b""
            stopping.pause()
    if begun and not stopping.signal:
        yield [begun]
