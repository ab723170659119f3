"""Made-up customers straight into columns: those of `sample`, without a snapshot for each."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from attrs import frozen

from postloan_rules.portfolio.columns.arrays import decimals, known
from postloan_rules.portfolio.columns.laying import columns_of
from postloan_rules.portfolio.columns.order import in_order
from postloan_rules.portfolio.columns.rows import snapshots_of
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.plain import MONEY_SCALE, RATE_SCALE
from postloan_rules.portfolio.sample import AS_OF, CURRENCY, customer_number
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.writing import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from postloan_rules.portfolio.account_histories import Plain
    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["made_up"]


@frozen
class _Plain:
    """The layout of plain records."""

    digits: int = MONEY_SCALE

    def values(self, records: Sequence[object], name: str) -> list[object]:
        return [record.get(name) for record in cast("Sequence[Plain]", records)]

    def leaf(self, values: list[object], item: FieldInfo, type_: pa.DataType) -> pa.Array:
        match item.kind:
            case "money":
                return _scaled(values, type_, type_.scale - MONEY_SCALE)
            case "rate" | "ratio":
                return _scaled(values, type_, type_.scale - RATE_SCALE)
            case _:
                return pa.array(values, type_)

    def attributes(self, values: list[object]) -> pa.Array:
        texts = [to_text(value) if isinstance(value, dict) and value else None for value in values]
        return pa.array(texts, pa.string())


def _scaled(values: list[object], type_: pa.DataType, more: int) -> pa.Array:
    counts = pa.array(values, pa.int64())
    unknown = ~known(counts) if counts.null_count else None
    plain = counts.fill_null(0).to_numpy(zero_copy_only=False)
    units = plain * np.int64(10**more) if more else plain
    return decimals(units, type_, unknown)


def made_up(
    first: int, count: int, *, seed: int = 1, as_of: date = AS_OF, fingerprints: bool = False
) -> pa.RecordBatch:
    """Customers of the sample from a number on: the same that `sample` gives, as rows.

    Fingerprints cost more than all the rest, so they are left out unless asked for.
    """
    schema = arrow_schema(currency=CURRENCY)
    root, *_ = catalogue.records().values()
    with _no_collector():
        records = [customer_number(index, seed, as_of) for index in range(first, first + count)]
        columns = columns_of(root, records, _Plain())
        del records
    columns.append(pa.nulls(count, pa.string()))
    batch = in_order(pa.RecordBatch.from_arrays(columns, schema=schema))
    if not fingerprints:
        return batch
    texts = pa.array([snapshot.fingerprint for snapshot in snapshots_of(batch)], pa.string())
    return batch.set_column(batch.num_columns - 1, schema.field(batch.num_columns - 1), texts)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without the search for cycles: plain records hold none, and looking for them takes half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
