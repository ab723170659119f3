"""Where the customers of a portfolio come from: a file of them, read one by one, nothing skipped."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, frozen

from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.mapping_reading import load_mapping
from postloan_rules.portfolio.table import Row, RowInvalid, Table, read_rows
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.portfolio.columns.reading import Customers
    from postloan_rules.portfolio.mapping import ColumnMapping

__all__ = ["Customer", "Numbered", "Opened", "Portfolio", "Reader", "Refused"]

Customer = Row | Problem | bytes | Snapshot
"""A row of a table, a row that is none, a line of JSON, or a customer out of columns."""

_COLUMNS = (".parquet", ".pq", ".arrow", ".arrows", ".feather", ".ipc")

Numbered = tuple[int, Customer]
"""A customer, and the line of the file on which it stands (on which a row of a table ends)."""


class Refused(Exception):  # noqa: N818 - says that a customer can't be read; no error of the program
    """A customer that can't be decided, with all that is wrong, each at the line of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)


@frozen
class Portfolio:
    """Where the customers come from: a CSV file with a mapping; JSON lines or columns without one."""

    data: Path
    mapping: Path | None = None
    outcome: str | None = None
    """The outcome of the mapping to count by; the only one where there is just one."""
    limit: int | None = None
    """Decide the first so many customers only."""

    def size(self) -> int:
        """About how many customers there are: the rows of columns, else the lines of the file."""
        if self.in_columns:
            rows = _columns(self.data).size() or 0
            return rows if self.limit is None else min(rows, self.limit)
        with self.data.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        lines -= self.mapping is not None
        return lines if self.limit is None else min(lines, self.limit)

    @property
    def in_columns(self) -> bool:
        """Whether it is a file, or a folder of files, of snapshots in columns: Parquet or Arrow."""
        return self.mapping is None and (self.data.is_dir() or self.data.suffix.lower() in _COLUMNS)

    def opened(self) -> Opened:
        """The file, opened and its mapping checked.

        Raises:
            MappingInvalid: when the mapping does not load, or does not fit the table.
        """
        name = self.data.as_posix()
        if self.in_columns:
            return Opened(None, Reader(name, None), islice(_in_columns(self.data), self.limit))
        if self.mapping is None:
            return Opened(None, Reader(name, None), islice(_json_lines(self.data), self.limit))
        mapping = load_mapping(self.mapping)
        outcome = _outcome(mapping, self.outcome)
        rows = read_rows(self.data, mapping.delimiter)
        first = next(rows, None)
        if first is None:
            raise MappingInvalid([Problem("PR0634", "the file is empty", path=name)])
        if isinstance(first, Problem):
            raise MappingInvalid([first])
        reader = Reader(name, Table(name, mapping, first.cells, outcome))
        return Opened(outcome, reader, islice(map(_numbered, rows), self.limit))


@frozen
class Opened:
    """A portfolio while it is read."""

    outcome: str | None
    """The outcome that is counted by, where there is one."""
    reader: Reader
    customers: Iterator[Numbered]


@define
class Reader:
    """Makes snapshots of what stands in a file."""

    name: str
    table: Table | None

    @classmethod
    def of(cls, name: str, mapping: str | None, header: tuple[str, ...], outcome: str | None) -> Reader:
        """The same reader in another process, from values that can be sent to it."""
        if mapping is None:
            return cls(name, None)
        return cls(name, Table(name, load_mapping(Path(mapping)), header, outcome))

    def read(self, line: int, customer: Customer) -> tuple[Snapshot, bool | None]:
        """The snapshot, and whether the customer went bad (None where that is not known).

        Raises:
            Refused: with everything that is wrong.
        """
        if isinstance(customer, Problem):
            raise Refused((customer,))
        try:
            if isinstance(customer, bytes):
                return Snapshot.from_json(customer), None
            if isinstance(customer, Snapshot):
                return customer, None
            if self.table is None:
                raise AssertionError("rows come with a mapping")
            return self.table.snapshot(customer), self.table.bad(customer)
        except RowInvalid as invalid:
            raise Refused(invalid.problems) from invalid
        except SnapshotInvalid as invalid:
            raise self.refused(line, invalid) from invalid

    def refused(self, line: int, invalid: SnapshotInvalid) -> Refused:
        """What is wrong with a snapshot, at the line of the file."""
        return Refused(tuple(self._placed(problem, line) for problem in invalid.problems))

    def _placed(self, problem: Problem, line: int) -> Problem:
        """The problem at the line of the file; its place within the snapshot goes into the message."""
        at = problem.path.removeprefix("$.")
        if problem.span is not None:
            at = f"column {problem.span.column}"
        message = f"`{at}`: {problem.message}" if at not in ("", "$") else problem.message
        return evolve(problem, message=message, span=None, path=f"{self.name}:{line}")


def _outcome(mapping: ColumnMapping, wanted: str | None) -> str | None:
    names = list(mapping.outcomes)
    if wanted is None:
        return names[0] if len(names) == 1 else None
    if wanted not in names:
        help_ = did_you_mean(wanted, names, what="its outcomes are") or "name one under `outcomes`"
        message = f"the mapping `{mapping.name}` has no outcome `{wanted}`"
        raise MappingInvalid([Problem("PR0635", message, help=help_, path=mapping.source.name)])
    return wanted


def _json_lines(path: Path) -> Iterator[Numbered]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line


def _columns(path: Path) -> Customers:
    from postloan_rules.portfolio.columns.reading import open_customers  # noqa: PLC0415 - an extra

    return open_customers(path)


def _in_columns(path: Path) -> Iterator[Numbered]:
    """The customers of columns, numbered through all files of a folder."""
    seen = 0
    for batch in _columns(path).batches():
        found: list[Numbered] = list(zip(map(int, batch.rows), batch.snapshots(), strict=True))
        for refused in batch.refused:
            first = refused.problems[0]
            at = first.path.removeprefix("$.")
            message = f"`{at}`: {first.message}" if at and ":" not in at else first.message
            where = f"{refused.file}:{refused.row}"
            found.append((refused.row, evolve(first, message=message, span=None, path=where)))
        found.sort(key=lambda pair: pair[0])
        yield from ((number, each) for number, (_, each) in enumerate(found, start=seen + 1))
        seen += len(found)


def _numbered(row: Row | Problem) -> Numbered:
    return (row.line, row) if isinstance(row, Row) else (int(row.path.rpartition(":")[2]), row)
