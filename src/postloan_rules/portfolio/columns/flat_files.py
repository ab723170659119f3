"""Files of flat columns under a mapping: rows, and one row by itself where that is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen

from postloan_rules.portfolio.columns.cells import Texts, takes
from postloan_rules.portfolio.columns.csv_blocks import blocks_of, header_of
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.mapping_reading import load_mapping
from postloan_rules.portfolio.table import Row, Table
from postloan_rules.portfolio.template import Cell, Constant, Record, columns
from postloan_rules.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from postloan_rules.portfolio.columns.forms import File
    from postloan_rules.portfolio.mapping import ColumnMapping, Outcome

__all__ = ["FlatFiles", "FlatRows", "open_flat"]


@frozen(eq=False)
class FlatRows:
    """Some rows: the cells of the columns that are read, and what stands between the rows."""

    lines: NDArray[np.int64] = field(repr=False)
    columns: Mapping[str, Texts] = field(repr=False)
    others: tuple[Row | Problem, ...] = ()

    def singly(self, places: NDArray[np.int64], header: Sequence[str]) -> Iterator[Row]:
        """Single rows, with empty cells where a column is not read."""
        for place in places.tolist():
            cells = (
                self.columns[name].texts[place].as_py() if name in self.columns else "" for name in header
            )
            yield Row(int(self.lines[place]), tuple(cells))


@frozen(eq=False)
class FlatFiles:
    """How flat columns become snapshots."""

    mapping: ColumnMapping
    outcome: Outcome | None
    headers: Mapping[str, tuple[tuple[str, ...], int, int]] = field(repr=False)
    """By file: its columns; for CSV where its rows begin, and the line before."""

    @property
    def currency(self) -> str:
        """The currency that the mapping states; CNY where a column holds it."""
        template = self.mapping.snapshot.fields.get("currency")
        found = template.value if isinstance(template, Constant) else None
        return found if isinstance(found, str) else "CNY"

    @property
    def used(self) -> frozenset[str]:
        """The columns that are read."""
        found = {name for name, _ in columns(self.mapping.snapshot)}
        return frozenset(found if self.outcome is None else found | {self.outcome.column})

    def table(self, file: str) -> Table:
        """The file's rows one by one."""
        name = self.outcome.name if self.outcome is not None else None
        return Table(file, self.mapping, self.headers[file][0], name)

    def customer_id(self, row: Row, table: Table) -> str | None:
        """Whose row it is, if the row says."""
        customer = self.mapping.snapshot.fields.get("customer")
        cell = customer.fields.get("customer_id") if isinstance(customer, Record) else None
        if not isinstance(cell, Cell) or len(row.cells) != len(table.header):
            return None
        return row.cells[table.places[cell.column]].strip() or None

    def rows_of(self, file: File, size: int, skip: int) -> Iterator[FlatRows]:
        """The rows of a file, batch by batch; the first so many are not looked at."""
        header, start, line = self.headers[file.name]
        used = self.used
        if file.form == "csv":
            for block in blocks_of(file.name, header, start, line, self.mapping.delimiter, skip):
                cells = zip(header, block.columns or (), strict=block.columns is not None)
                yield FlatRows(
                    block.lines, {name: Texts(array) for name, array in cells if name in used}, block.others
                )
        elif file.read is not None:
            for chunk in file.read(size, skip, [name for name in header if name in used]):
                batch = chunk.batch
                if batch is None:
                    yield FlatRows(np.zeros(0, dtype=np.int64), {})
                    continue
                lines = np.arange(chunk.first, chunk.first + batch.num_rows, dtype=np.int64)
                names = [name for name in batch.schema.names if name in used]
                yield FlatRows(lines, {name: Texts(batch.column(name)) for name in names})


def open_flat(files: tuple[File, ...], mapping: Path, outcome: str | None) -> FlatFiles:
    """How the columns of some files become snapshots, once all of them are found to fit.

    Raises:
        MappingInvalid: when the mapping does not load, or does not fit the columns of a file.
        ColumnsInvalid: when a file has no flat columns.
    """
    read = load_mapping(mapping)
    wanted = _outcome(read, outcome)
    headers: dict[str, tuple[tuple[str, ...], int, int]] = {}
    problems: list[Problem] = []
    for file in files:
        if file.schema is not None:
            headers[file.name] = (tuple(file.schema.names), 0, 0)
        elif file.form == "csv":
            headers[file.name] = header_of(file.name, read.delimiter)
        else:
            message = "lines of JSON are snapshots as they are, and take no mapping"
            raise ColumnsInvalid([Problem("PR0765", message, path=file.name)])
        problems += read.fitting(headers[file.name][0])
    if problems:
        raise MappingInvalid(dict.fromkeys(problems))
    flat = FlatFiles(read, wanted, headers)
    wrong = [
        Problem(
            "PR0762",
            f"the column `{part.name}` is `{part.type}`, which gives no exact text",
            help="write it as a text, a whole number or a decimal",
            path=file.name,
        )
        for file in files
        for part in file.schema or ()
        if part.name in flat.used and not takes(part.type)
    ]
    if wrong:
        raise ColumnsInvalid(wrong)
    return flat


def _outcome(mapping: ColumnMapping, wanted: str | None) -> Outcome | None:
    names = list(mapping.outcomes)
    if wanted is None:
        return mapping.outcomes[names[0]] if len(names) == 1 else None
    if wanted not in names:
        help_ = did_you_mean(wanted, names, what="its outcomes are") or "name one under `outcomes`"
        message = f"the mapping `{mapping.name}` has no outcome `{wanted}`"
        raise MappingInvalid([Problem("PR0635", message, help=help_, path=mapping.source.name)])
    return mapping.outcomes[wanted]
