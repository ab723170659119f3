"""Writing decisions down: chained, in batches that outlive the power, signed from time to time."""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal, Self

from attrs import define, field, frozen

from postloan_rules.records.canonical import section_of, text_of
from postloan_rules.records.checkpoints import checkpoint
from postloan_rules.records.content import content_of, sealed_or_open
from postloan_rules.records.failures import LogError, LogInUse, LogUnusable
from postloan_rules.records.line import FIRST, Head, Kind, read_line, written
from postloan_rules.records.store import LONGEST, open_source, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from os import PathLike
    from types import TracebackType

    from postloan_rules.bundles.keys import SigningKey
    from postloan_rules.decisions import Decision
    from postloan_rules.records.key_store import KeyStore
    from postloan_rules.records.store import SetAside

__all__ = ["FORMAT", "DecisionLog", "Receipt"]

FORMAT = 1
"""The version of the form of records."""
_BATCH = 1 << 22
"""A batch is written when it has so many bytes, asked for or not."""
_WAITING = 2_000
"""So many records wait at most."""


@frozen
class Receipt:
    """What is given for a record that was taken. It is acknowledged only when `durable`."""

    number: int
    hash: str
    _log: DecisionLog = field(repr=False, eq=False)

    @property
    def durable(self) -> bool:
        """Whether the record outlives the power."""
        return self._log.durable.number >= self.number

    @property
    def head(self) -> Head:
        """The record's place in the log."""
        return Head(self.number, self.hash)


@define
class _Batch:
    """Records that are written at once."""

    first: int
    lines: list[bytes] = field(factory=list)
    size: int = 0
    head: Head | None = None
    tried: bool = False
    """Whether writing it was begun: then nothing comes into it any more."""


class DecisionLog:
    """A log of decisions, to be written by one process and any number of its threads.

    A record is *taken* by `append`, and *acknowledged* when a `flush` that began afterwards has come back, or
    `write` has: from then on it is on the disk, and neither a kill nor a power cut takes it away. A record
    that is taken and not acknowledged may be there afterwards or not, but whole, and in its order.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        signing: SigningKey | str | PathLike[str] | None = None,
        every: int = 1000,
        keep: Literal["snapshot", "fingerprint"] = "snapshot",
        trace: bool = False,
        sealing: KeyStore | None = None,
    ) -> None:
        """Open a log, or begin one: `.jsonl` for lines of JSON, `.sqlite` or `.db` for SQLite.

        Args:
            path: The file. One process at a time writes to it.
            signing: The key (Ed25519) that signs checkpoints, or its PEM file. Without it whoever can write
                the file can write it anew; with it, only up to the last checkpoint that is kept elsewhere.
            every: A checkpoint comes after so many records, and at the end.
            keep: Keep the whole snapshot, by which the decision can be made again, or its fingerprint only.
            trace: Keep the value of every condition that was looked at, too.
            sealing: Keys of customers: all that is said of one is locked with the customer's key.

        Raises:
            LogError: when it can't be opened; its kind says why.
        """
        from postloan_rules.bundles.keys import SigningKey  # noqa: PLC0415 - brings no package of the extra

        self.path = os.fspath(path)
        self._signing = SigningKey.read(signing) if isinstance(signing, str | os.PathLike) else signing
        self._every, self._keep, self._trace, self._sealing = every, keep, trace, sealing
        self._package = version("postloan-rules")
        self._changed = threading.Condition()
        self._batches: list[_Batch] = []
        self._writing = self._closed = False
        self._waiting = 0
        self._process = os.getpid()
        self._store = open_store(path)
        try:
            last = self._store.last
            self._head = last.head if last is not None else Head(0, FIRST)
            self._durable = self._head
            self._checkpoint = 0
            if last is not None:
                self._checkpoint = last.number if last.kind is Kind.CHECKPOINT else last.checkpoint
            self.id = self._known_id() if last is not None else os.urandom(16).hex()
            self._add(Kind.OPENED, self._opened())
            self._sign_if_due()
        except BaseException:
            self._store.close()
            raise

    @property
    def set_aside(self) -> SetAside | None:
        """What was found half-written when the log was opened, and is kept beside it."""
        return self._store.set_aside

    @property
    def durable(self) -> Head:
        """The last record that outlives the power."""
        return self._durable

    def append(
        self,
        decision: Decision,
        *,
        at: datetime,
        id: str | None = None,  # noqa: A002 - the caller's own word
        metadata: Mapping[str, str | int | bool | None] | None = None,
        bundle: str | None = None,
    ) -> Receipt:
        """Take a decision. It is acknowledged by the next `flush`.

        Args:
            decision: As `RuleSet.decide` gave it.
            at: When it was made: the log never looks at a clock.
            id: The caller's own name for it. It is never locked: it must not tell who the customer is.
            metadata: What else the caller wants to keep. It is never locked.
            bundle: The fingerprint of the bundle that the policy came from.

        Raises:
            LogError: when the log is closed, the record is too long, or so many wait that they had to be
                written, which failed. The record is not taken then.
        """
        if self._waiting >= _WAITING:
            self.flush()
        content = content_of(decision, keep=self._keep, trace=self._trace)
        record = text_of(
            {
                "at": at.isoformat(),
                "id": id,
                "metadata": dict(metadata or {}),
                "bundle": bundle,
                "package": self._package,
                "ruleset": {
                    "id": decision.ruleset,
                    "version": decision.version,
                    "profile": decision.profile,
                    "fingerprint": decision.ruleset_fingerprint,
                },
                **sealed_or_open(content, decision.customer_id, self._sealing, self.id),
            }
        )
        if len(record) > LONGEST // 2:
            message = f"the record has {len(record)} bytes, and {LONGEST // 2} (32 MiB) is the most"
            raise LogError(self.path, message, "keep the fingerprint of the snapshot only", "PR1084")
        with self._changed:
            self._usable()
            head = self._add(Kind.DECISION, record)
            self._sign_if_due()
        return Receipt(head.number, head.hash, self)

    def write(
        self,
        decision: Decision,
        *,
        at: datetime,
        id: str | None = None,  # noqa: A002 - the caller's own word
        metadata: Mapping[str, str | int | bool | None] | None = None,
        bundle: str | None = None,
    ) -> Receipt:
        """Take a decision and acknowledge it. Threads that do so at once share one wait for the disk.

        Raises:
            LogError: when it can't be written; its kind says whether the record waits or is lost.
        """
        receipt = self.append(decision, at=at, id=id, metadata=metadata, bundle=bundle)
        self.flush()
        return receipt

    def flush(self) -> Head:
        """Acknowledge all records that were taken before; gives back the last one.

        Raises:
            LogFull: when there is no room: the records wait, and a later flush writes them.
            LogBroken: when nobody knows what is on the disk: open the log again.
            LogError: when the log is closed, or in use elsewhere.
        """
        with self._changed:
            self._usable()
            wanted = self._head.number
        while True:
            with self._changed:
                while self._writing and self._durable.number < wanted:
                    self._changed.wait()
                if self._durable.number >= wanted:
                    return self._durable
                self._usable()
                batch = self._batches[0]
                batch.tried = self._writing = True
            try:
                # INVARIANT: a batch is on the disk before the next one is begun.
                if self._sealing is not None:
                    self._sealing.flush()
                self._store.append(batch.lines, batch.first)
            except BaseException:
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()
                raise
            with self._changed:
                self._batches.pop(0)
                self._waiting -= len(batch.lines)
                self._durable = batch.head or self._durable
                self._writing = False
                self._changed.notify_all()

    def close(self) -> Head:
        """Sign and acknowledge what was taken, and let another process write.

        Raises:
            LogError: when what waits can't be written; the log is closed all the same.
        """
        with self._changed:
            if self._closed:
                return self._durable
            if (
                self._process == os.getpid()
                and self._signing is not None
                and self._head.number > self._checkpoint
            ):
                self._sign()
        try:
            if self._process == os.getpid():
                self.flush()
        finally:
            self._closed = True
            if self._process == os.getpid():
                self._store.close()
        return self._durable

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _usable(self) -> None:
        if self._closed:
            raise LogError(self.path, "the log is closed", "open it again", "PR1064")
        if self._process != os.getpid():
            message = "the log was opened by the process that this one was forked from"
            raise LogInUse(self.path, message, "let each process write a log of its own")

    def _add(self, kind: Kind, record: bytes) -> Head:
        batch = self._batches[-1] if self._batches else None
        if batch is None or batch.tried or batch.size > _BATCH:
            batch = _Batch(self._head.number + 1)
            self._batches.append(batch)
        head, line = written(self._head, batch.first, self._checkpoint, kind, record)
        batch.lines.append(line)
        batch.size += len(line)
        self._head = batch.head = head
        self._waiting += 1
        return head

    def _sign_if_due(self) -> None:
        if self._head.number - self._checkpoint >= self._every:
            self._sign()

    def _sign(self) -> None:
        if self._signing is not None:
            head = self._add(Kind.CHECKPOINT, checkpoint(self.id, self._head, self._signing))
            self._checkpoint = head.number

    def _opened(self) -> bytes:
        aside = self._store.set_aside
        return text_of(
            {
                "format": FORMAT,
                "log": self.id,
                "package": self._package,
                "keep": self._keep,
                "trace": self._trace,
                "sealed": self._sealing is not None,
                "signed_by": self._signing.public.id if self._signing is not None else None,
                "every": self._every,
                "set_aside": aside.size if aside is not None else 0,
            }
        )

    def _known_id(self) -> str:
        """The name of a log that was begun before."""
        first = next(iter(open_source(self.path).lines()), None)
        line = read_line(first.data) if first is not None else None
        said = section_of(line.record) if line is not None and line.kind is Kind.OPENED else None
        if said is None or not isinstance(said.get("log"), str):
            raise LogUnusable(self.path, "the first record of the log is not what was written")
        if said.get("format") != FORMAT:
            message = f"the log has the form {said.get('format')}, and {FORMAT} is known here"
            raise LogUnusable(self.path, message, "install a newer version of postloan-rules")
        return str(said["log"])
