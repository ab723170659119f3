"""Reading a log: each record is held to its hash and to the record before it while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.problems import Problem
from postloan_rules.records.canonical import is_section, section_of
from postloan_rules.records.failures import LogError
from postloan_rules.records.line import FIRST, Head, Kind, Line, framed, read_line
from postloan_rules.records.sealing import unsealed
from postloan_rules.records.store import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from postloan_rules.records.key_store import KeyStore
    from postloan_rules.records.store import Raw

__all__ = ["Broken", "Record", "follow", "log_id", "read_records"]


class Broken(Exception):  # noqa: N818 - a finding, with its problem
    """The first record of a log that is not what was written."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


@frozen
class Record:
    """A decision as it was written down."""

    number: int
    hash: str
    at: str
    """When it was made, as the caller said."""
    id: str | None
    """The caller's own name for it."""
    package: str
    """The version of this library that made it."""
    bundle: str | None
    ruleset: str
    version: str
    profile: str
    ruleset_fingerprint: str
    customer: str
    """The customer's id; the label that stands for it where the record is locked."""
    content: dict[str, object] | None = field(repr=False)
    """What it says of the customer: `decision`, `snapshot`, `trace`. None where it is locked."""
    metadata: dict[str, object] = field(factory=dict, repr=False)
    erased: bool = False
    """Whether the customer's key is gone."""


def follow(path: str | PathLike[str], first: int = 1) -> Iterator[Line]:
    """The records from a number on, each of them as it was written, and after the one before it.

    Raises:
        Broken: at the first record that is not.
        LogError: when the log can't be read.
    """
    before: Head | None = Head(0, FIRST) if first == 1 else None
    checkpoint: int | None = 0 if first == 1 else None
    expected = first
    for raw in open_source(path).lines(first):
        line = _checked(raw, expected, before, path)
        if checkpoint is not None and line.checkpoint != checkpoint:
            message = f"it says that the last checkpoint is record {line.checkpoint}, and it is {checkpoint}"
            raise _broken(path, line.number, "PR1066", message)
        yield line
        before, expected = line.head, line.number + 1
        checkpoint = line.number if line.kind is Kind.CHECKPOINT else line.checkpoint


def _checked(raw: Raw, expected: int, before: Head | None, path: str | PathLike[str]) -> Line:
    line = read_line(raw.data)
    if not raw.whole:
        message = "it is half-written, or its end was cut off"
        raise _broken(path, expected, "PR1073", message, "opened for writing, a log sets such an end aside")
    if line is None:
        if framed(raw.data):
            raise _broken(path, expected, "PR1065", "it was changed: its hash is not that of what it says")
        raise _broken(path, expected, "PR1066", "it is not as records are written")
    if raw.number is not None and raw.number != line.number:
        raise _broken(path, raw.number, "PR1068", f"record {line.number} stands in its place")
    if line.number > expected:
        missing = (
            f"record {expected}"
            if line.number == expected + 1
            else f"records {expected} to {line.number - 1}"
        )
        raise _broken(
            path, expected, "PR1067", f"{missing} missing: record {line.number} stands in this place"
        )
    if line.number < expected:
        raise _broken(
            path, expected, "PR1068", f"record {line.number} stands in its place, for a second time"
        )
    if before is not None and line.previous != before.hash:
        raise _broken(
            path, expected, "PR1069", f"it was not written after the record {before.number} that is here"
        )
    return line


def _broken(path: str | PathLike[str], number: int, code: str, message: str, help_: str = "") -> Broken:
    help_ = help_ or "find out who changed the log, and take a copy that verifies"
    return Broken(Problem(code, message, help=help_, path=f"{path}: record {number}"))


def log_id(path: str | PathLike[str]) -> str:
    """The name that a log was given when it was begun: no record of another log can stand in it.

    Raises:
        Broken: when its first record is not what was written.
    """
    for line in follow(path):
        said = section_of(line.record)
        if line.kind is Kind.OPENED and said is not None and isinstance(said.get("log"), str):
            return str(said["log"])
        break
    raise _broken(path, 1, "PR1066", "it is not one that begins a log")


def read_records(
    path: str | PathLike[str], *, first: int = 1, keys: KeyStore | None = None
) -> Iterator[Record]:
    """The decisions in a log from a number on; those that are locked are opened with `keys`.

    Raises:
        LogError: when the log can't be read, or what is locked does not open.
        Broken: at the first record that is not what was written.
    """
    name = log_id(path)
    for line in follow(path, first):
        if line.kind is Kind.DECISION:
            yield record_of(line, name, keys)


def record_of(line: Line, log: str, keys: KeyStore | None) -> Record:
    """What the line of a decision says.

    Raises:
        LogError: when it is locked, and does not open.
    """
    said = section_of(line.record) or {}
    ruleset = said.get("ruleset")
    known = ruleset if is_section(ruleset) else {}
    content, erased = _content(said, log, keys)
    metadata = said.get("metadata")
    return Record(
        number=line.number,
        hash=line.hash,
        at=str(said.get("at")),
        id=_text_or_none(said.get("id")),
        package=str(said.get("package")),
        bundle=_text_or_none(said.get("bundle")),
        ruleset=str(known.get("id")),
        version=str(known.get("version")),
        profile=str(known.get("profile")),
        ruleset_fingerprint=str(known.get("fingerprint")),
        customer=str(said.get("customer") or said.get("label")),
        content=content,
        metadata=metadata if is_section(metadata) else {},
        erased=erased,
    )


def _content(
    said: dict[str, object], log: str, keys: KeyStore | None
) -> tuple[dict[str, object] | None, bool]:
    locked = said.get("sealed")
    if not isinstance(locked, str):
        content = said.get("content")
        return (content if is_section(content) else None), False
    if keys is None:
        return None, False
    key = keys.named(str(said.get("label")))
    if key is None:
        return None, True
    content = section_of(unsealed(locked, key, log))
    if content is None:
        raise LogError(key.label, "what is locked for this label is no record", "", "PR1083")
    return content, False


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
