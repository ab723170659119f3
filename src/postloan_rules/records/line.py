"""One record as a line of text: a frame that chains it to the one before, and in it the record.

    {"hash":"…","previous":"…","number":7,"batch":5,"checkpoint":0,"kind":"decision","record":{…}}

The hash is over every byte that follows it, the hash of the record before included.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from attrs import field, frozen

__all__ = ["FIRST", "Head", "Kind", "Line", "framed", "read_line", "written"]

FIRST = "0" * 64
"""What the first record has in the place of the hash before it."""
_TAG = b"postloan-rules record 1\n"
_FRAME = re.compile(
    rb'\{"hash":"([0-9a-f]{64})",'
    rb'("previous":"([0-9a-f]{64})","number":([1-9][0-9]{0,17}),"batch":([1-9][0-9]{0,17}),'
    rb'"checkpoint":(0|[1-9][0-9]{0,17}),"kind":"(opened|decision|checkpoint)","record":(\{.*\})\})',
    re.DOTALL,
)


class Kind(StrEnum):
    """What a record is."""

    OPENED = "opened"
    """A process began to write."""
    DECISION = "decision"
    CHECKPOINT = "checkpoint"
    """A signature over all that stands before it."""


@frozen
class Head:
    """A place in a log: the number of a record, and its hash. Kept elsewhere, it holds all up to there."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Head | None:
        """The head that such a text names; None where it is not such a text."""
        found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text.strip())
        return cls(int(found[1]), found[2]) if found else None


@frozen
class Line:
    """A record in its frame."""

    number: int
    """Records are numbered from 1, without gaps."""
    batch: int
    """The number of the first record of those that were written at once."""
    checkpoint: int
    """The number of the last checkpoint before; 0 where there is none."""
    kind: Kind
    previous: str
    hash: str
    record: bytes = field(repr=False)
    """The record itself, as JSON."""

    @property
    def head(self) -> Head:
        """Its number and hash."""
        return Head(self.number, self.hash)


def written(previous: Head, batch: int, checkpoint: int, kind: Kind, record: bytes) -> tuple[Head, bytes]:
    """The line of a record that follows another, and its place in the log."""
    number = previous.number + 1
    rest = (
        f'"previous":"{previous.hash}","number":{number},"batch":{batch},"checkpoint":{checkpoint},'
        f'"kind":"{kind.value}","record":'
    ).encode() + record + b"}"  # fmt: skip
    digest = hashlib.sha256(_TAG + rest).hexdigest()
    return Head(number, digest), b'{"hash":"' + digest.encode() + b'",' + rest


def framed(line: bytes) -> bool:
    """Whether a line has the form of a record, whatever its hash is.

    A page that never reached the disk is full of zeros, which JSON does not hold.
    """
    return b"\0" not in line and _FRAME.fullmatch(line) is not None


def read_line(line: bytes) -> Line | None:
    """The record of a line; None where the line is not as records are written, or its hash is another."""
    found = _FRAME.fullmatch(line)
    if found is None or hashlib.sha256(_TAG + found[2]).hexdigest().encode() != found[1]:
        return None
    number, batch, checkpoint = int(found[4]), int(found[5]), int(found[6])
    kind = Kind(found[7].decode())
    return Line(number, batch, checkpoint, kind, found[3].decode(), found[1].decode(), found[8])
