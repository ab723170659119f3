"""The members of lists in their one order, whatever order a file holds them in."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.arrays import known, lengths_of, lists, numbers, structs
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["ORDER", "in_order"]

ORDER: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "Account": ("date_opened", "account_id"),
        "Statement": ("cycle_end", None),
        "Payment": ("posted_on", None),
        "Instalment": ("start", "plan_id"),
        "BureauReport": ("pulled_on", "source"),
        "Tradeline": ("date_opened", "lender_hash"),
        "Inquiry": ("inquired_on", "lender_hash"),
        "PublicRecord": ("filed_on", "kind"),
        "Event": ("occurred_on", "id"),
        "Complaint": ("opened_on", "id"),
        "Review": ("reviewed_on", "id"),
        "TakenResponse": ("taken_on", "response"),
    }
)
"""By record: the day and the text that its list is sorted by, as its `order` says."""

_NO_DAY = -(2**31)


def in_order(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with every list in the order in which a snapshot holds it; the same batch where all are."""
    root, *_ = catalogue.records().values()
    columns = [
        _ordered(batch.column(name), root.by_name[name]) if name in root.by_name else batch.column(name)
        for name in batch.schema.names
    ]
    if all(new is old for new, old in zip(columns, batch.columns, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _ordered(array: pa.Array, item: FieldInfo) -> pa.Array:
    if not item.many:
        return array if item.record is None else _fields_ordered(array, item.record)
    lengths = lengths_of(array)
    members = array.flatten()
    new = members if item.record is None else _fields_ordered(members, item.record)
    parents = np.repeat(np.arange(len(array), dtype=np.int64), lengths)
    keys = _keys(new, item)
    if not _sorted(parents, keys):
        new = new.take(_places([pa.array(parents), *keys]))
    if new is members:
        return array
    return lists(lengths, new, ~known(array))


def _places(keys: list[pa.Array]) -> pa.Array:
    """Where the members stand now, in the order in which they shall stand; unknown before all else."""
    columns: list[pa.Array] = []
    for key in keys:
        if key.null_count:
            columns.append(key.is_valid())
        columns.append(key)
    table = pa.table(columns, names=[str(number) for number in range(len(columns))])
    return pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names])


def _fields_ordered(array: pa.StructArray, record: str) -> pa.StructArray:
    """Records with the lists inside them in order."""
    info = catalogue.records()[record]
    if not any(item.many for item in info.fields):
        return array
    fields = list(array.type)
    old = array.flatten()
    new = [
        _ordered(column, info.by_name[part.name]) if part.name in info.by_name else column
        for part, column in zip(fields, old, strict=True)
    ]
    if all(one is other for one, other in zip(new, old, strict=True)):
        return array
    return structs(new, fields, ~known(array))


def _keys(members: pa.Array, item: FieldInfo) -> list[pa.Array]:
    """What members are sorted by, first things first; unknown before all else."""
    if item.record is None:
        return [members]
    names = [part.name for part in members.type]
    columns = dict(zip(names, members.flatten(), strict=True))
    day, text = ORDER[item.record]
    keys = [columns[day]]
    if text is not None:
        # A text that is unknown and one that is empty stand at the same place.
        keys.append(columns[text].fill_null(""))
    if not any(part.identifier for part in catalogue.records()[item.record].fields):
        # Those that share both are told apart by everything else, in the order of the fields.
        keys += [columns[name] for name in names if not pa.types.is_list(columns[name].type)]
    return keys


def _sorted(parents: NDArray[np.int64], keys: list[pa.Array]) -> bool:
    """Whether the members of each list rise strictly by their first two keys; ties have to be looked at."""
    if len(parents) < 2:
        return True
    open_ = parents[:-1] == parents[1:]
    for key in keys[:2]:
        if not open_.any():
            return True
        falls, ties = _falls_and_ties(key)
        if (falls & open_).any():
            return False
        open_ &= ties
    return not open_.any()


def _falls_and_ties(key: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if pa.types.is_date32(key.type):
        days = numbers(key)
        if key.null_count:
            days = np.where(known(key), days, _NO_DAY)
        return days[:-1] > days[1:], days[:-1] == days[1:]
    if not pa.types.is_string(key.type):
        ties = np.ones(len(key) - 1, dtype=np.bool_)
        return ~ties, ties
    texts = key.fill_null("") if key.null_count else key
    one, other = texts.slice(0, len(key) - 1), texts.slice(1)
    falls = pc.greater(one, other).to_numpy(zero_copy_only=False)
    return falls, pc.equal(one, other).to_numpy(zero_copy_only=False)
