"""Customers from files, in batches that hold only what the strict reader takes, in the order it gives them.

A batch is checked on whole columns; only rows that are not plainly right are looked at one by one, by the
strict reader itself, which says what is wrong with each. However large the data, a few batches are in memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from attrs import evolve, field, frozen

from postloan_rules.decisions.values import compute, inputs_of
from postloan_rules.portfolio.columns.fitting import Fitting, differences
from postloan_rules.portfolio.columns.flat import lay_out, outcome_of
from postloan_rules.portfolio.columns.flat_files import FlatFiles, FlatRows, open_flat
from postloan_rules.portfolio.columns.forms import files_of, json_lines, table_file
from postloan_rules.portfolio.columns.inputs import Inputs, inputs_in, misplaced
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.columns.order import in_order
from postloan_rules.portfolio.columns.rows import read_attributes, snapshot_of, snapshots_of
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, arrow_schema
from postloan_rules.portfolio.columns.validity import suspects
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.table import RowInvalid
from postloan_rules.problems import Problem
from postloan_rules.snapshot import Snapshot, SnapshotInvalid
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.decoding import decode
from postloan_rules.snapshot.writing import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.forms import Chunk, File, Lines

__all__ = ["Batch", "Customers", "Refused", "joined", "open_customers"]

ROWS = 10_000
"""Customers with two years of history each take some kilobytes."""
FLAT_ROWS = 65_536
"""Rows of flat columns; a block of CSV has its own number of rows."""


@frozen
class Refused:
    """A customer that is no valid snapshot, or that the policy can't decide."""

    file: str
    row: int
    """From 1; the line where the file holds lines."""
    customer_id: str | None
    problems: tuple[Problem, ...]


@frozen(eq=False)
class Batch:
    """Some customers: those that are valid as columns, and the others with what is wrong with them."""

    number: int
    file: str
    table: pa.RecordBatch = field(repr=False)
    """In the schema of the customers: with a policy its inputs in columns of their own kinds."""
    plain: pa.RecordBatch = field(repr=False)
    """The same rows with `attributes` as the file gives them."""
    rows: NDArray[np.int64] = field(repr=False)
    """The row of the file that each customer stands in, from 1."""
    beyond: NDArray[np.bool_] = field(repr=False)
    """Customers with an input of more digits than its column, which is null: to be decided by snapshot."""
    refused: tuple[Refused, ...]
    outcome: pa.Array | None = field(default=None, repr=False)
    """Whether what became of each customer was bad, where a mapping says so."""

    @property
    def seen(self) -> int:
        """How many rows were read."""
        return len(self.rows) + len(self.refused)

    def snapshots(self, at: Sequence[int] | None = None) -> Iterator[Snapshot]:
        """The customers, or those of some places, as snapshots."""
        return snapshots_of(self.plain if at is None else self.plain.take(pa.array(at, pa.int64())))


@frozen(eq=False)
class Customers:
    """Where customers come from; nothing is read before `batches` is called."""

    files: tuple[File, ...]
    currency: str
    policy: Policy | None = field(repr=False)
    rows: int = ROWS
    flat: FlatFiles | None = field(repr=False, default=None)
    """How flat columns become snapshots, where they do."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch."""
        return arrow_schema(self.policy, self.currency)

    def size(self) -> int | None:
        """How many customers there are; None where that is not known without reading them."""
        found = [file.rows for file in self.files]
        return sum(each for each in found if each is not None) if None not in found else None

    def batches(self, skip: int = 0) -> Iterator[Batch]:
        """The batches in their order, after so many that are passed over.

        The same data give the same batches each time; batch 7 is the same whether others were read before it.
        """
        number = 0
        for file in self.files:
            for read in self._of_file(file, max(skip - number, 0)):
                if number >= skip and read is not None:
                    yield evolve(read, number=number)
                number += 1

    def _of_file(self, file: File, skip: int) -> Iterator[Batch | None]:
        """The batches of a file; None for each that need not be read."""
        if self.flat is not None:
            for number, rows in enumerate(self.flat.rows_of(file, self.rows, skip)):
                yield self._of_rows(file.name, rows, self.flat) if number >= skip else None
        elif file.form == "json lines":
            for number, lines in enumerate(json_lines(file.name, self.rows)):
                yield self._of_lines(file.name, lines) if number >= skip else None
        elif file.read is not None:
            for number, chunk in enumerate(file.read(self.rows, skip, None)):
                yield self._of_chunk(file.name, chunk) if number >= skip else None

    def _of_lines(self, file: str, lines: Lines) -> Batch:
        """Lines of JSON, each read by the strict reader."""
        taken: list[Snapshot] = []
        rows: list[int] = []
        refused: list[Refused] = []
        for number, line in lines:
            try:
                snapshot = Snapshot.from_json(line)
                self._decidable(snapshot)
            except SnapshotInvalid as invalid:
                refused.append(Refused(file, number, None, _placed(invalid.problems, f"{file}:{number}")))
                continue
            taken.append(snapshot)
            rows.append(number)
        batch = table_of(taken, currency=self.currency)
        return self._batch(file, batch, np.array(rows, dtype=np.int64), refused)

    def _decidable(self, snapshot: Snapshot) -> None:
        """Refuse a snapshot that the policy, or the table, can't hold."""
        if self.policy is not None:
            check_fit(self.policy, snapshot)
        elif minor_digits(snapshot.currency) > minor_digits(self.currency):
            table_of([snapshot], currency=self.currency, fingerprints=False)

    def _of_chunk(self, file: str, chunk: Chunk) -> Batch | None:
        """Rows in columns."""
        if chunk.batch is None:
            return None
        fitting = Fitting(chunk.batch, minor_digits(self.currency), self.currency)
        plain = fitting.batch
        places_in_file = np.arange(chunk.first, chunk.first + plain.num_rows, dtype=np.int64)
        look = fitting.misfits | suspects(plain)
        inputs = None
        if self.policy is not None:
            inputs = inputs_in(plain.column(ATTRIBUTES), self.policy)
            look |= misplaced(plain, self.policy) | inputs.refused
        places = np.flatnonzero(look)
        if not len(places):
            return self._batch(file, plain, places_in_file, [], inputs)
        taken: list[Snapshot] = []
        kept: list[int] = []
        refused: list[Refused] = []
        for place in places.tolist():
            number = int(places_in_file[place])
            try:
                snapshot = _strictly(chunk.batch, place, f"{file}:{number}")
                self._decidable(snapshot)
            except SnapshotInvalid as invalid:
                who = _customer_id(chunk.batch, place)
                refused.append(Refused(file, number, who, _placed(invalid.problems, f"{file}:{number}")))
                continue
            taken.append(snapshot)
            kept.append(place)
        good, rows = self._merged(
            plain.filter(pa.array(~look)), places_in_file[~look], taken, places_in_file[kept]
        )
        return self._batch(file, good, rows, refused)

    def _of_rows(self, file: str, rows: FlatRows, flat: FlatFiles) -> Batch:
        """Rows of flat columns."""
        count = len(rows.lines)
        laid = lay_out(flat.mapping, rows.columns, count, minor_digits(self.currency), self.currency)
        plain, look = laid.batch, laid.look | suspects(laid.batch)
        outcome = None
        if flat.outcome is not None:
            outcome, neither = outcome_of(flat.outcome, flat.mapping, rows.columns)
            look |= neither
        inputs = None
        if self.policy is not None:
            inputs = inputs_in(plain.column(ATTRIBUTES), self.policy)
            look |= misplaced(plain, self.policy) | inputs.refused
        if not look.any() and not rows.others:
            return evolve(self._batch(file, plain, rows.lines, [], inputs), outcome=outcome)
        taken: list[Snapshot] = []
        lines: list[int] = []
        bad: list[bool | None] = []
        refused: list[Refused] = []
        table = flat.table(file)
        for row in (*rows.singly(np.flatnonzero(look), table.header), *rows.others):
            if isinstance(row, Problem):
                line = int(row.path.rpartition(":")[2])
                refused.append(Refused(file, line, None, (row,)))
                continue
            try:
                snapshot = table.snapshot(row)
                self._decidable(snapshot)
                bad.append(table.bad(row))
            except (RowInvalid, SnapshotInvalid) as invalid:
                problems = _placed(invalid.problems, f"{file}:{row.line}")
                refused.append(Refused(file, row.line, flat.customer_id(row, table), problems))
                continue
            taken.append(snapshot)
            lines.append(row.line)
        refused.sort(key=lambda each: each.row)
        good, numbers = self._merged(plain.filter(pa.array(~look)), rows.lines[~look], taken, np.array(lines))
        if outcome is not None:
            all_bad = pa.concat_arrays([outcome.filter(pa.array(~look)), pa.array(bad, pa.bool_())])
            outcome = all_bad.take(pa.array(np.argsort(np.concatenate([rows.lines[~look], lines]))))
        return evolve(self._batch(file, good, numbers, refused), outcome=outcome)

    def _merged(
        self,
        good: pa.RecordBatch,
        rows: NDArray[np.int64],
        taken: list[Snapshot],
        taken_rows: NDArray[np.int64],
    ) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
        """What only the strict reader could tell, put back where it stood."""
        if not taken:
            return good, rows
        more = table_of(taken, currency=self.currency)
        if good.num_rows and not more.schema.equals(good.schema):
            fields = [dict(snapshot.attributes) for snapshot in taken]
            place = good.schema.get_field_index(ATTRIBUTES)
            array = pa.array(fields, good.schema.field(place).type)
            more = more.set_column(place, good.schema.field(place), array)
        both = pa.Table.from_batches([good, more]) if good.num_rows else pa.Table.from_batches([more])
        numbers = np.concatenate([rows, taken_rows]).astype(np.int64)
        order = np.argsort(numbers)
        (merged,) = both.take(pa.array(order)).combine_chunks().to_batches()
        return merged, numbers[order]

    def _batch(
        self,
        file: str,
        plain: pa.RecordBatch,
        rows: NDArray[np.int64],
        refused: list[Refused],
        inputs: Inputs | None = None,
    ) -> Batch:
        plain = in_order(plain)
        table, beyond = plain, np.zeros(len(rows), dtype=np.bool_)
        if self.policy is not None:
            inputs = inputs or inputs_in(plain.column(ATTRIBUTES), self.policy)
            table = pa.RecordBatch.from_arrays(
                [inputs.column if name == ATTRIBUTES else plain.column(name) for name in plain.schema.names],
                schema=self.schema,
            )
            beyond = inputs.beyond
        elif not plain.schema.equals(self.schema):
            table = _as_json(plain, self.schema)
        return Batch(0, file, table, plain, rows, beyond, tuple(refused))


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches of the same columns as one, without their refused rows."""
    first = batches[0]
    if len(batches) == 1:
        return first
    plain = pa.concat_batches([each.plain for each in batches])
    # What a policy reads in no other way than it stands is copied once: most of it is two years of history.
    columns = [
        plain.column(part.name)
        if part.name != ATTRIBUTES and part.type == plain.schema.field(part.name).type
        else pa.concat_arrays([each.table.column(part.name) for each in batches])
        for part in first.table.schema
    ]
    return evolve(
        first,
        table=pa.RecordBatch.from_arrays(columns, schema=first.table.schema),
        plain=plain,
        rows=np.concatenate([each.rows for each in batches]),
        beyond=np.concatenate([each.beyond for each in batches]),
        refused=(),
        outcome=None,
    )


def open_customers(
    data: str | Path | pa.Table | pa.RecordBatch,
    *,
    mapping: Path | None = None,
    outcome: str | None = None,
    policy: Policy | None = None,
    currency: str | None = None,
    rows: int | None = None,
) -> Customers:
    """Customers in a file, a folder of Parquet files, the files that a pattern fits, or a table in memory.

    With a mapping the columns are flat; `outcome` names one of its outcomes, where it has several.

    Raises:
        ColumnsInvalid: when there are no such files, or their columns are not those of a snapshot; everything
            that differs is in `problems`.
        MappingInvalid: when the mapping does not load, or does not fit the columns.
    """
    files = files_of(data) if isinstance(data, str | Path) else (table_file(data),)
    if mapping is not None:
        flat = open_flat(files, mapping, outcome)
        code = policy.currency if policy is not None else currency or flat.currency
        return Customers(files, code, policy, rows or FLAT_ROWS, flat)
    code = policy.currency if policy is not None else currency or _currency(files)
    problems: list[Problem] = []
    for file in files:
        if file.form == "csv":
            message = "a table of texts has no lists: say with a mapping how its columns become snapshots"
            problems.append(Problem("PR0765", message, path=file.name))
        elif file.schema is not None:
            problems += differences(file.schema, minor_digits(code), file.name)
    if problems:
        raise ColumnsInvalid(problems)
    return Customers(files, code, policy, rows or ROWS)


def _currency(files: Sequence[File]) -> str:
    """The currency of the first customer; what has other decimals is refused row by row."""
    for file in files:
        if file.read is not None and file.schema is not None and file.schema.names.count("currency") == 1:
            for chunk in file.read(1, 0, ["currency"]):
                code = chunk.batch.column("currency").to_pylist()[0] if chunk.batch is not None else None
                return code if isinstance(code, str) else "CNY"
        if file.form == "json lines":
            for lines in json_lines(file.name, 1):
                found: object = decode(lines[0][1])
                code = found.get("currency") if isinstance(found, dict) else None
                return code if isinstance(code, str) else "CNY"
    return "CNY"


def check_fit(policy: Policy, snapshot: Snapshot) -> None:
    """Nothing, for a snapshot that the policy can decide.

    Raises:
        SnapshotInvalid: when it is in another currency, of a day on which the policy is not in force, or has
            attributes that the policy does not declare.
    """
    if misplaced_by(policy, snapshot) or inputs_of(policy, snapshot)[1]:
        compute(policy, snapshot)


def misplaced_by(policy: Policy, snapshot: Snapshot) -> bool:
    """Whether a snapshot is in another currency, or of a day on which the policy is not in force."""
    since, until = policy.effective_from, policy.effective_to
    return (
        snapshot.currency != policy.currency
        or (since is not None and snapshot.as_of < since)
        or (until is not None and snapshot.as_of > until)
    )


def _strictly(batch: pa.RecordBatch, place: int, where: str) -> Snapshot:
    row: dict[str, object] = {}
    problems: list[Problem] = []
    for name in batch.schema.names:
        try:
            (row[name],) = batch.column(name).slice(place, 1).to_pylist()
        except UnicodeDecodeError:
            help_ = "have the file written in UTF-8"
            problems.append(Problem("PR0701", "a text is not UTF-8", help=help_, path=f"{where}: $.{name}"))
        except (OverflowError, ValueError):
            message = "a day is not between 1900 and 2199, or a moment finer than a microsecond"
            problems.append(Problem("PR0712", message, path=f"{where}: $.{name}"))
    if problems:
        raise SnapshotInvalid(problems)
    return snapshot_of(row, where)


def _customer_id(batch: pa.RecordBatch, place: int) -> str | None:
    try:
        customer = batch.column("customer").slice(place, 1).to_pylist()[0]
    except (OverflowError, ValueError):
        return None
    found = customer.get("customer_id") if isinstance(customer, dict) else None
    return found if isinstance(found, str) else None


def _placed(problems: Iterable[Problem], where: str) -> tuple[Problem, ...]:
    """The problems, each at its row."""
    return tuple(
        problem
        if problem.path.startswith(where)
        else evolve(problem, span=None, path=f"{where}: {problem.path or '$'}")
        for problem in problems
    )


def _as_json(plain: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The same with `attributes` as JSON rather than in a struct."""
    texts = [to_text(dict(each)) if each else None for each in read_attributes(plain.column(ATTRIBUTES))]
    columns = [
        pa.array(texts, pa.string()) if name == ATTRIBUTES else plain.column(name) for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
