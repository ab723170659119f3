"""Deciding again from the log: the same bytes, or the first difference and its cause."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy import RuleSetInvalid
from postloan_rules.problems import Problem
from postloan_rules.records.canonical import is_section, text_of
from postloan_rules.records.reading import read_records
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from postloan_rules.records.key_store import KeyStore
    from postloan_rules.records.reading import Record
    from postloan_rules.records.shelf import Shelf
    from postloan_rules.ruleset import RuleSet

__all__ = ["Outcome", "Replayed", "first_difference", "replay"]


class Outcome(StrEnum):
    """What became of a decision that was to be made again."""

    SAME = "same"
    """It is the same, byte for byte."""
    DIFFERENT = "different"
    """It is not, or can't be made again; the problem says why."""
    NOT_KEPT = "not kept"
    """Only the snapshot's fingerprint was kept."""
    ERASED = "erased"
    """The customer's key was deleted."""


@frozen
class Replayed:
    """One decision, made again."""

    record: Record
    outcome: Outcome
    problem: Problem | None = field(default=None)
    """Why it is not the same."""


def replay(
    path: str | PathLike[str],
    shelf: Shelf,
    *,
    keys: KeyStore | None = None,
    first: int = 1,
    limit: int | None = None,
) -> Iterator[Replayed]:
    """Make the decisions of a log again, one by one, each by the policy that made it.

    Args:
        path: The log.
        shelf: Where the bundles of the policies are.
        keys: The customers' keys, where the log is locked.
        first: The number of the first record.
        limit: So many decisions at most.

    Raises:
        LogError: when the log can't be read.
        Broken: at the first record that is not what was written.
    """
    for record in islice(read_records(path, first=first, keys=keys), limit):
        yield _again(record, shelf, f"{path}: record {record.number}")


def _again(record: Record, shelf: Shelf, place: str) -> Replayed:
    if record.erased:
        return Replayed(record, Outcome.ERASED)

    def differs(code: str, message: str, help_: str) -> Replayed:
        return Replayed(record, Outcome.DIFFERENT, Problem(code, message, help=help_, path=place))

    content = record.content
    decision = content.get("decision") if content is not None else None
    if content is None or not is_section(decision):
        return differs("PR1076", "what it says of the customer is locked", "give the store of keys")
    if "snapshot" not in content:
        return Replayed(record, Outcome.NOT_KEPT)
    kept = content["snapshot"]
    ruleset = _ruleset(record, shelf)
    if isinstance(ruleset, tuple):
        return differs(*ruleset)
    try:
        snapshot = Snapshot.from_json(text_of(kept))
    except SnapshotInvalid as invalid:
        message = f"the snapshot can't be read by postloan-rules {_here()}: {invalid.problems[0].message}"
        return differs("PR1079", message, _with_version(record))
    if snapshot.fingerprint != decision.get("snapshot_fingerprint"):
        message = "the snapshot in the log is not the one that was decided on"
        return differs("PR1078", message, "look who wrote the log")
    try:
        again = ruleset.decide(snapshot)
    except SnapshotInvalid as invalid:
        message = f"postloan-rules {_here()} refuses the snapshot: {invalid.problems[0].message}"
        return differs("PR1079", message, _with_version(record))
    then, now = text_of(decision), again.to_json().encode()
    if then == now:
        return Replayed(record, Outcome.SAME)
    where, was, is_ = first_difference(decision, again.to_dict()) or ("$", "", "")
    if record.package == _here():
        message = f"`{where}` was {was}, and is {is_}: the same version of the library decides otherwise"
        return differs("PR1080", message, "look who wrote the log, and how the library was installed")
    message = f"`{where}` was {was}, and is {is_}: made by postloan-rules {record.package}, here is {_here()}"
    return differs("PR1080", message, _with_version(record))


def _ruleset(record: Record, shelf: Shelf) -> RuleSet | tuple[str, str, str]:
    """The rule set that decided; where it can't be had, why not."""
    try:
        return shelf.ruleset(record.ruleset_fingerprint)
    except KeyError:
        name = f"{record.ruleset} {record.version} under the profile {record.profile}"
        message = f"no bundle holds the policy {name}, {record.ruleset_fingerprint}"
        return "PR1074", message, f"put its bundle into {shelf.folder}"
    except RuleSetInvalid as invalid:
        message = f"the policy can't be loaded by postloan-rules {_here()}: {invalid.problems[0].message}"
        return "PR1075", message, _with_version(record)


def _here() -> str:
    return version("postloan-rules")


def _with_version(record: Record) -> str:
    return f"replay it with postloan-rules {record.package}, by which it was made"


def first_difference(then: object, now: object, path: str = "$") -> tuple[str, str, str] | None:
    """Where two JSON values differ first, and what stands there in each."""
    if is_section(then) and is_section(now):
        for key in sorted({*then, *now}):
            if key not in then or key not in now:
                was = _shown(then[key]) if key in then else "not there"
                return f"{path}.{key}", was, _shown(now[key]) if key in now else "not there"
            found = first_difference(then[key], now[key], f"{path}.{key}")
            if found is not None:
                return found
        return None
    if isinstance(then, list) and isinstance(now, list):
        for index, (one, other) in enumerate(zip(then, now, strict=False)):
            found = first_difference(one, other, f"{path}[{index}]")
            if found is not None:
                return found
        if len(then) != len(now):
            return path, f"a list of {len(then)}", f"a list of {len(now)}"
        return None
    return (path, _shown(then), _shown(now)) if type(then) is not type(now) or then != now else None


def _shown(value: object) -> str:
    text = text_of(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
