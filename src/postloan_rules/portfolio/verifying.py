"""The same customers decided in every way there is, and where two ways differ."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from attrs import define, evolve, field, frozen

from postloan_rules.decisions import decide
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.decide_many import PythonEngine
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.sql.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.decide_many import Data, Engine
    from postloan_rules.snapshot import Snapshot

__all__ = ["Difference", "Verified", "Way", "differences", "verified"]


@frozen
class Difference:
    """One column of one customer's decision that two ways of deciding fill differently."""

    customer: str
    column: str
    expected: str
    """What the evaluator says; of a list, the items that the other way lacks."""
    found: str


@define
class Way:
    """A way of deciding, and how it compares with the evaluator."""

    name: str
    differences: list[Difference] = field(factory=list)
    redecided: int = 0
    unavailable: str | None = None
    """Why it was not tried."""


@frozen
class Verified:
    """What came of deciding the same customers in several ways."""

    customers: int
    refused: int
    ways: tuple[Way, ...]


def verified(
    policy: Policy,
    one: Callable[[Snapshot], Decision],
    data: Data,
    *,
    mapping: str | Path | None = None,
    sample: int,
    spark: bool,
) -> Verified:
    """Decide a sample of customers by the evaluator and in every other way.

    Args:
        policy: By which policy.
        one: The compiled Python.
        data: Where the customers are.
        mapping: How the columns of a flat table become snapshots.
        sample: How many customers at most, spread evenly over each batch.
        spark: Whether Spark decides too.
    """
    where = Path(mapping) if mapping is not None else None
    customers = open_customers(data, mapping=where, policy=policy)
    size = customers.size()
    share = 1.0 if size is None else min(sample / max(size, 1), 1.0)
    engines: list[tuple[Way, Engine | None]] = [(Way("compiled"), PythonEngine(policy, one))]
    engines.append(_duckdb(policy, one))
    if spark:
        engines.append(_spark(policy, one))
    count = refused = 0
    judge = PythonEngine(policy, lambda snapshot: decide(policy, snapshot))
    try:
        for batch in customers.batches():
            refused += len(batch.refused)
            chosen = _spread(batch, share, sample - count)
            if not chosen.table.num_rows:
                continue
            count += chosen.table.num_rows
            expected = judge.decide(chosen)
            for way, engine in engines:
                if engine is not None:
                    found = engine.decide(chosen)
                    way.differences += differences(expected, found)
                    way.redecided += found["redecided"].to_pylist().count(True)
    finally:
        for _, engine in engines:
            if engine is not None:
                engine.close()
    return Verified(count, refused, tuple(way for way, _ in engines))


def _duckdb(policy: Policy, one: Callable[[Snapshot], Decision]) -> tuple[Way, Engine | None]:
    try:
        return Way("duckdb"), DuckdbEngine.of(policy, one)
    except Refused as refused:
        return Way("duckdb", unavailable=refused.problems[0].message), None


def _spark(policy: Policy, one: Callable[[Snapshot], Decision]) -> tuple[Way, Engine | None]:
    if importlib.util.find_spec("pyspark") is None:
        return Way("spark", unavailable="pyspark is not installed"), None
    from postloan_rules.portfolio.spark_engine import SparkEngine  # noqa: PLC0415 - an extra

    try:
        return Way("spark"), SparkEngine.of(policy, one)
    except Refused as refused:
        return Way("spark", unavailable=refused.problems[0].message), None


def _spread(batch: Batch, share: float, most: int) -> Batch:
    """Some of the customers of a batch, evenly."""
    rows = batch.table.num_rows
    wanted = min(most, max(round(rows * share), 1) if rows else 0)
    if wanted >= rows:
        return batch
    places = (
        np.unique(np.linspace(0, rows - 1, wanted).astype(np.int64)) if wanted else np.array([], np.int64)
    )
    at = pa.array(places)
    return evolve(
        batch,
        table=batch.table.take(at),
        plain=batch.plain.take(at),
        rows=batch.rows[places],
        beyond=batch.beyond[places],
        refused=(),
    )


def differences(expected: pa.Table, found: pa.Table) -> Iterator[Difference]:
    """Where two Decisions tables of the same customers differ, but for who decided."""
    for name in expected.schema.names:
        if name == "redecided" or expected[name].equals(found[name]):
            continue
        for row, (ours, theirs) in enumerate(
            zip(expected[name].to_pylist(), found[name].to_pylist(), strict=True)
        ):
            if ours != theirs:
                customer = str(expected["customer_id"][row])
                yield Difference(customer, name, _shown(ours, theirs), _shown(theirs, ours))


def _shown(part: object, other: object) -> str:
    if isinstance(part, list) and isinstance(other, list):
        apart = [each for each in part if each not in other]
        return "; ".join(str(each) for each in apart) if apart else f"{len(part)} items in another order"
    return str(part)
