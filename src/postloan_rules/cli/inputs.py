"""What commands are given: snapshots in files or on standard input, names to look up."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from attrs import evolve

from postloan_rules.problems import Problem, Source, Span, did_you_mean
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.policy import Policy

__all__ = ["known", "named", "open_bytes", "read_bytes", "read_snapshot", "shown"]


@contextmanager
def open_bytes(file: str) -> Iterator[BinaryIO]:
    """A file to read, or standard input for `-`.

    Raises:
        click.FileError: when it can't be read.
    """
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115 - a file that is not there is told apart from the rest
    except OSError as error:
        raise click.FileError(file, (error.strerror or "it can't be read").lower()) from error
    with opened as stream:
        yield stream


def read_bytes(file: str) -> bytes:
    """The content of a file, or of standard input for `-`.

    Raises:
        click.FileError: when it can't be read.
    """
    with open_bytes(file) as stream:
        return stream.read()


def read_snapshot(text: bytes, name: str) -> Snapshot:
    """The snapshot in a text; what is wrong with it is told with the name of the text.

    Raises:
        SnapshotInvalid: with every problem found.
    """
    try:
        return Snapshot.from_json(text)
    except SnapshotInvalid as invalid:
        raise SnapshotInvalid(named(problem, name) for problem in invalid.problems) from invalid


def named(problem: Problem, name: str) -> Problem:
    """The problem with the name of the file (or the line of it) that the snapshot stands in."""
    if problem.span is not None:
        source = Source(name, problem.span.source.text)
        return evolve(problem, span=Span(source, problem.span.start, problem.span.end))
    return evolve(problem, path=f"{name}: {problem.path}" if problem.path else name)


def known(name: str, names: Sequence[str], what: str, hint: str) -> str:
    """The name, if there is something of that name.

    Raises:
        click.BadParameter: with the nearest name.
    """
    if name not in names:
        help_ = did_you_mean(name, names, what="there are")
        raise click.BadParameter(f"there is no {what} `{name}`; {help_}", param_hint=hint)
    return name


def shown(names: str, policy: Policy) -> tuple[str, ...]:
    """The names that `--show` gives, parted by commas: fields, groups of them, inputs of the policy.

    Raises:
        click.BadParameter: for one that names nothing which is hidden, with the nearest one.
    """
    from postloan_rules.decisions.views import shown_fields

    found = tuple(part.strip() for part in names.split(",") if part.strip())
    for name in found:
        known(name, shown_fields(policy), "hidden field or group of fields", "--show")
    return found
