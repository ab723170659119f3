"""Records laid out in columns: one walk over the catalogue, whatever the records are held in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.arrays import lists, structs
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, field_type, record_type
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["Layout", "columns_of", "struct_of"]


class Layout(Protocol):
    """How a kind of records holds its values."""

    @property
    def digits(self) -> int:
        """How many decimals amounts have."""
        ...

    def values(self, records: Sequence[object], name: str) -> list[object]:
        """One field of all records; None where it is unknown."""
        ...

    def leaf(self, values: list[object], item: FieldInfo, type_: pa.DataType) -> pa.Array:
        """The values of a field that holds no record, in a column of this type."""
        ...

    def attributes(self, values: list[object]) -> pa.Array:
        """Named scalars, each set of them as JSON."""
        ...


def columns_of(info: RecordInfo, records: Sequence[object], layout: Layout) -> list[pa.Array]:
    """The fields of records, each as a column."""
    columns = [_column(layout.values(records, item.name), item, layout) for item in info.fields]
    if info.has_attributes:
        columns.append(layout.attributes(layout.values(records, ATTRIBUTES)))
    return columns


def struct_of(name: str, records: list[object], layout: Layout) -> pa.StructArray:
    """Records as one column of structs; None is an unknown record."""
    info = catalogue.records()[name]
    fields = list(record_type(name, layout.digits))
    if None not in records:
        return structs(columns_of(info, records, layout), fields)
    unknown = np.fromiter((record is None for record in records), dtype=np.bool_, count=len(records))
    # What stands in the place of an unknown record is never looked at.
    present = [record for record in records if record is not None]
    known = structs(columns_of(info, present, layout), fields)
    positions = np.cumsum(~unknown) - 1
    return known.take(pa.array(positions, pa.int64(), mask=unknown))


def _column(values: list[object], item: FieldInfo, layout: Layout) -> pa.Array:
    if not item.many:
        if item.record is not None:
            return struct_of(item.record, values, layout)
        return layout.leaf(values, item, field_type(item, layout.digits))
    members: list[object] = []
    lengths = np.zeros(len(values), dtype=np.int64)
    unknown = np.zeros(len(values), dtype=np.bool_)
    for number, value in enumerate(values):
        if value is None:
            unknown[number] = True
        elif isinstance(value, tuple | list):
            lengths[number] = len(value)
            members.extend(value)
    if item.record is not None:
        return lists(lengths, struct_of(item.record, members, layout), unknown)
    return lists(lengths, layout.leaf(members, item, field_type(item, layout.digits).value_type), unknown)
