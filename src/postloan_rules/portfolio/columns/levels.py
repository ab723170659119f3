"""A batch taken apart: each kind of record in columns of its own, beside the rows that the records are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.portfolio.columns.arrays import known, lengths_of
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["Level", "Members", "levels_of"]


@frozen(eq=False)
class Level:
    """All records of one field of one kind of record."""

    info: RecordInfo
    columns: Mapping[str, pa.Array] = field(repr=False)
    rows: NDArray[np.int64] = field(repr=False)
    """The row of the batch that each record stands in."""
    parent: Level | None = field(repr=False)
    item: FieldInfo | None
    """The field of the parent that holds the records."""
    parents: NDArray[np.int64] = field(repr=False)
    """The record of the parent's level that holds each record."""
    unknown: NDArray[np.bool_] | None = field(default=None, repr=False)
    """Where a member of a list is null, which it can't be."""

    def __len__(self) -> int:
        return len(self.rows)

    def members(self, name: str) -> Members:
        """The lists of a field that holds no records, taken apart."""
        array = self.columns[name]
        lengths = lengths_of(array)
        return Members(array.flatten(), lengths, np.repeat(np.arange(len(self), dtype=np.int64), lengths))


@frozen(eq=False)
class Members:
    """The members of lists, all in a row."""

    values: pa.Array
    lengths: NDArray[np.int64]
    parents: NDArray[np.int64]


def levels_of(batch: pa.RecordBatch) -> Iterator[Level]:
    """The batch's records, from the customers inwards; each level after the one that holds it."""
    root, *_ = catalogue.records().values()
    rows = np.arange(batch.num_rows, dtype=np.int64)
    columns = {name: batch.column(name) for name in batch.schema.names}
    waiting = [Level(root, columns, rows, None, None, rows)]
    while waiting:
        level = waiting.pop()
        yield level
        waiting += [_below(level, item) for item in level.info.fields if item.record is not None]


def _below(level: Level, item: FieldInfo) -> Level:
    array = level.columns[item.name]
    info = catalogue.records()[item.record or ""]
    if item.many:
        parents = np.repeat(np.arange(len(level), dtype=np.int64), lengths_of(array))
        structs = array.flatten()
        unknown = ~known(structs) if structs.null_count else None
    else:
        there = known(array)
        parents = np.flatnonzero(there)
        structs = array.filter(pa.array(there)) if array.null_count else array
        unknown = None
    names = [part.name for part in array.type.value_type] if item.many else [part.name for part in array.type]
    columns = dict(zip(names, structs.flatten(), strict=True))
    return Level(info, columns, level.rows[parents], level, item, parents, unknown)
