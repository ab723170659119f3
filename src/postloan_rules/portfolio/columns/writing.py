"""Snapshots as a table: exactly what they hold, or a problem."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import evolve, frozen

from postloan_rules.portfolio.columns.laying import columns_of
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.problems import Problem
from postloan_rules.snapshot import Attributes, SnapshotInvalid, catalogue
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.writing import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postloan_rules.snapshot import Snapshot
    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["table_of"]


@frozen
class _Records:
    """The layout of snapshots themselves."""

    digits: int

    def values(self, records: Sequence[object], name: str) -> list[object]:
        return list(map(attrgetter(name), records))

    def leaf(self, values: list[object], item: FieldInfo, type_: pa.DataType) -> pa.Array:  # noqa: ARG002
        return pa.array(values, type_)

    def attributes(self, values: list[object]) -> pa.Array:
        texts = [
            to_text(dict(value)) if isinstance(value, Attributes) and value else None for value in values
        ]
        return pa.array(texts, pa.string())


def table_of(
    snapshots: Iterable[Snapshot], *, currency: str | None = None, fingerprints: bool = True
) -> pa.RecordBatch:
    """Snapshots as rows, with their fingerprints; `attributes` as JSON.

    The currency says how many decimals amounts have: that of the first snapshot where none is named.

    Raises:
        SnapshotInvalid: when a value does not fit its column exactly; nothing is rounded.
    """
    rows = tuple(snapshots)
    if currency is None:
        currency = rows[0].currency if rows else "CNY"
    schema = arrow_schema(currency=currency)
    root, *_ = catalogue.records().values()
    try:
        columns = columns_of(root, rows, _Records(minor_digits(currency)))
    except (pa.ArrowInvalid, OverflowError) as error:
        raise SnapshotInvalid(_misfits(rows, currency)) from error
    texts = [snapshot.fingerprint if fingerprints else None for snapshot in rows]
    return pa.RecordBatch.from_arrays([*columns, pa.array(texts, pa.string())], schema=schema)


def _misfits(rows: Sequence[Snapshot], currency: str) -> list[Problem]:
    """Why snapshots do not fit: they are in another currency, or hold what no reader would take."""
    problems: list[Problem] = []
    digits = minor_digits(currency)
    for number, snapshot in enumerate(rows, start=1):
        if minor_digits(snapshot.currency) > digits:
            message = f"amounts in {snapshot.currency} have more decimals than those in {currency}"
            help_ = "write one table for each currency"
            problems.append(Problem("PR0760", message, help=help_, path=f"snapshot {number}: $.currency"))
            continue
        try:
            snapshot.checked()
        except SnapshotInvalid as invalid:
            problems += [
                evolve(problem, path=f"snapshot {number}: {problem.path}") for problem in invalid.problems
            ]
    return problems
