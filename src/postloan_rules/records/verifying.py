"""Whether a log is whole: the first record that is not what was written, or how far it is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.problems import Problem
from postloan_rules.records.canonical import section_of
from postloan_rules.records.checkpoints import is_signed
from postloan_rules.records.line import FIRST, Head, Kind
from postloan_rules.records.reading import Broken, follow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from postloan_rules.bundles.keys import PublicKey
    from postloan_rules.records.line import Line

__all__ = ["Verified", "verify"]


@frozen
class Verified:
    """What was found in a log."""

    problem: Problem | None
    """The first thing that is wrong; None where nothing is."""
    head: Head
    """The last record that is sound."""
    decisions: int
    """How many of the sound records are decisions."""
    checkpoints: int
    """How many checkpoints there are; with keys, all of them are signed by one of these."""
    signed: int
    """The number of the last record that a signature covers; 0 where none was checked."""
    set_aside: int
    """How often the end of the log was set aside after a crash."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.problem is None


def verify(
    path: str | PathLike[str], keys: Sequence[PublicKey] = (), *, expect: Head | None = None
) -> Verified:
    """Look through a whole log, record by record, and stop at the first that is not what was written.

    Args:
        path: The log.
        keys: The public keys of those who may sign it. Without any, signatures are not looked at: then a log
            that somebody wrote anew from end to end is sound, too.
        expect: A place in the log that was kept elsewhere: the log must have it, and may go on after it.

    Raises:
        LogError: when the log can't be read.
    """
    walk = _Walk(str(path), keys, expect)
    problem: Problem | None = None
    try:
        for line in follow(path):
            walk.take(line)
        walk.end()
    except Broken as broken:
        problem = broken.problem
    return Verified(problem, walk.head, walk.decisions, walk.checkpoints, walk.signed, walk.set_aside)


@define
class _Walk:
    """One look through a log."""

    path: str
    keys: Sequence[PublicKey]
    expect: Head | None
    head: Head = field(factory=lambda: Head(0, FIRST))
    log: str = ""
    every: int = 0
    decisions: int = 0
    checkpoints: int = 0
    signed: int = 0
    set_aside: int = 0
    since: int = 0
    """From which record on checkpoints are waited for."""
    openings: int = 0
    """How many processes began to write since then: each may have lost a checkpoint."""

    def take(self, line: Line) -> None:
        """A record that follows the one before."""
        if line.number == 1 and line.kind is not Kind.OPENED:
            raise self._broken(1, "PR1066", "it is not one that begins a log")
        match line.kind:
            case Kind.OPENED:
                self._opened(line)
            case Kind.DECISION:
                self.decisions += 1
            case Kind.CHECKPOINT:
                self._checkpoint(line)
        most = self.every + self.openings + 1
        if self.keys and self.every and line.number - self.since > most:
            message = f"no checkpoint since record {self.since}, and there is one after each {self.every}"
            raise self._broken(line.number, "PR1071", message)
        if self.expect is not None and line.number == self.expect.number and line.head != self.expect:
            raise self._broken(line.number, "PR1072", "it is another than the one that was kept elsewhere")
        self.head = line.head

    def end(self) -> None:
        """There is no more record."""
        if self.expect is not None and self.head.number < self.expect.number:
            message = f"the log ends with record {self.head.number}, and went on to {self.expect.number}"
            raise self._broken(self.head.number + 1, "PR1072", message)
        if not self.head.number:
            raise self._broken(1, "PR1066", "the log is empty")
        if self.keys and not self.checkpoints:
            raise self._broken(self.head.number, "PR1071", "up to here there is no checkpoint")

    def _opened(self, line: Line) -> None:
        said = section_of(line.record) or {}
        log, every, aside = said.get("log"), said.get("every"), said.get("set_aside")
        if line.number == 1:
            self.log = str(log)
        elif log != self.log:
            raise self._broken(line.number, "PR1069", "it belongs to another log")
        if not self.every:
            self.since = line.number
        self.every = every if isinstance(every, int) and said.get("signed_by") is not None else 0
        self.openings += 1
        self.set_aside += aside != 0

    def _checkpoint(self, line: Line) -> None:
        self.checkpoints += 1
        self.since, self.openings = line.number, 0
        if not self.keys:
            return
        match is_signed(self.log, line, self.head, self.keys):
            case True:
                self.signed = line.number
            case False:
                raise self._broken(
                    line.number, "PR1070", "the signature of the checkpoint is not one of this log"
                )
            case None:
                message = "the checkpoint is signed with a key that is not trusted here"
                raise self._broken(line.number, "PR1070", message)

    def _broken(self, number: int, code: str, message: str) -> Broken:
        help_ = "find out who changed the log, and take a copy that verifies"
        return Broken(Problem(code, message, help=help_, path=f"{self.path}: record {number}"))
