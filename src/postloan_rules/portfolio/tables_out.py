"""Findings as files: one CSV or Parquet file a sheet."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.portfolio.sheets import plain

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.portfolio.sheets import Cell, Findings, Kind

__all__ = ["write_csv", "write_parquet"]

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "count": pa.int64(),
    "money": pa.decimal128(38, 4),
    "share": pa.decimal128(38, 12),
    "times": pa.decimal128(38, 12),
    "number": pa.decimal128(38, 12),
    "date": pa.date32(),
}


def write_csv(found: Findings, folder: Path) -> tuple[Path, ...]:
    """Write each sheet to a CSV file of its name; what is unknown is an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for sheet in found.whole():
        path = folder / f"{sheet.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in sheet.columns])
            for row in sheet.rows:
                writer.writerow(["" if cell is None else plain(cell) for cell in row])
        written.append(path)
    return tuple(written)


def write_parquet(found: Findings, folder: Path) -> tuple[Path, ...]:
    """Write each sheet to a Parquet file of its name; what is unknown is null."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for sheet in found.whole():
        arrays = []
        for at, column in enumerate(sheet.columns):
            kind = _TYPES[column.kind]
            cells = [row[at] for row in sheet.rows]
            if column.kind in ("share", "times", "number"):
                cells = [_cut(cell) for cell in cells]
            arrays.append(pa.array(cells, kind))
        path = folder / f"{sheet.name}.parquet"
        pq.write_table(pa.table(arrays, [column.name for column in sheet.columns]), path)
        written.append(path)
    return tuple(written)


def _cut(cell: Cell) -> Cell:
    """A quotient with as many decimals as its column has."""
    return cell.quantize(Decimal("1e-12"), context=CONTEXT) if isinstance(cell, Decimal) else cell
