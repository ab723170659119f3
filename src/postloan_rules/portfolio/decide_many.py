"""Every customer of a portfolio decided, part by part, by the engine that is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.portfolio.columns.forms import files_of
from postloan_rules.portfolio.columns.reading import joined, open_customers
from postloan_rules.portfolio.decisions_table import DECISIONS, REFUSED, table_of
from postloan_rules.portfolio.parts import DonePart, Folder, identity
from postloan_rules.portfolio.wide_table import wide_schema, wide_table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch, Customers
    from postloan_rules.snapshot import Snapshot

__all__ = ["ENGINES", "ROWS", "Decided", "Engine", "EngineName", "Form", "PythonEngine", "decide_many"]

EngineName: TypeAlias = Literal["duckdb", "python", "spark"]
ENGINES: tuple[EngineName, ...] = ("duckdb", "python", "spark")

ROWS = 50_000
"""Customers in a part: enough to keep an engine busy, few enough to stand in memory with their history."""
_BYTES = 400_000_000
"""Or so much of them, whichever is reached first: it stands in memory some five times."""

Form: TypeAlias = Literal["decisions", "wide"]
"""The Decisions table, or a column of truth values for each trigger and each response."""

Data: TypeAlias = "str | Path | pa.Table | pa.RecordBatch"


class Engine(Protocol):
    """What decides the customers of a batch."""

    @property
    def together(self) -> int:
        """How many customers it had best be given at a time, at least."""
        ...

    def decide(self, batch: Batch) -> pa.Table:
        """The decisions of a batch, a row for each of its rows, in their order."""
        ...

    def close(self) -> None:
        """Let go of what the engine holds."""
        ...


@frozen
class PythonEngine:
    """Decides one customer after the other."""

    policy: Policy
    one: Callable[[Snapshot], Decision]
    form: Form = "decisions"
    together: int = 1

    def decide(self, batch: Batch) -> pa.Table:
        """The decisions of a batch."""
        if self.form == "wide":
            return wide_table_of(self.policy, (self.one(snapshot) for snapshot in batch.snapshots()))
        fingerprints = batch.table.column("fingerprint").to_pylist()
        decisions = (self.one(snapshot) for snapshot in batch.snapshots())
        return table_of(self.policy, decisions, fingerprints=fingerprints)

    def close(self) -> None:
        """Nothing is held."""


@frozen
class Decided:
    """What came of a portfolio."""

    parts: tuple[DonePart, ...]
    engine: str
    folder: Path | None
    """Where the parts are; None where the tables are in memory."""
    schema: pa.Schema = field(repr=False)
    """The columns of `table`."""
    _decisions: pa.Table | None = field(repr=False)
    _refused: pa.Table | None = field(repr=False)

    @property
    def customers(self) -> int:
        """How many customers there were."""
        return sum(part.seen for part in self.parts)

    @property
    def decided(self) -> int:
        """How many of them were decided."""
        return sum(part.decided for part in self.parts)

    @property
    def redecided(self) -> int:
        """How many of those Python decided, where the engine could not be sure to the last digit."""
        return sum(part.redecided for part in self.parts)

    @property
    def refused_count(self) -> int:
        """How many could not be decided."""
        return sum(part.refused for part in self.parts)

    @property
    def table(self) -> pa.Table:
        """The Decisions table. Of a run on disk it is read whole: for a large one read its parts by turns."""
        if self._decisions is not None:
            return self._decisions
        return Folder(self._where()).decisions(self.schema)

    @property
    def refused(self) -> pa.Table:
        """The customers that could not be decided, by row, and why."""
        if self._refused is not None:
            return self._refused
        return Folder(self._where()).refused()

    def _where(self) -> Path:
        if self.folder is None:
            raise AssertionError("tables are in memory or in a folder")
        return self.folder

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Decisions table for any library that takes Arrow streams."""
        return self.table.__arrow_c_stream__(requested_schema)


@frozen
class Progress:
    """How far a run is."""

    done: int
    """Rows that are finished, those of earlier runs too."""
    kept: int
    """Rows that earlier runs finished."""
    size: int | None
    """How many rows there are, where that is known."""


def decide_many(  # noqa: PLR0913 - each says one thing of the run
    policy: Policy,
    one: Callable[[Snapshot], Decision],
    data: Data,
    *,
    engine: EngineName = "duckdb",
    out: str | Path | None = None,
    mapping: str | Path | None = None,
    rows: int | None = None,
    master: str | None = None,
    anyway: bool = False,
    form: Form = "decisions",
    progress: Callable[[Progress], None] | None = None,
) -> Decided:
    """Decide every customer.

    Args:
        policy: By which policy.
        one: What decides one customer in Python.
        data: Files in the snapshot's columnar form or as JSON lines, or a table with a mapping; or Arrow.
        engine: What decides them.
        out: The folder for the parts; without one the tables stay in memory.
        mapping: How the columns of a flat table become snapshots.
        rows: Customers in a part.
        master: Where Spark runs.
        anyway: What SQL can't say exactly, Python decides, instead of refusing the policy.
        form: Whether the Decisions table is made or the wide form, a column for each trigger and response.
        progress: Told after each part how far the run is.
    """
    where = Path(mapping) if mapping is not None else None
    if rows is None and where is None:
        rows = ROWS
    customers = open_customers(data, mapping=where, policy=policy, rows=rows)
    with ExitStack() as stack:
        folder = None
        if out is not None:
            run = _run(policy, data, engine, mapping, rows)
            if form != "decisions":
                run["form"] = form
            folder = stack.enter_context(Folder.opened(Path(out), run))
        decider = _engine(policy, one, engine, master=master, anyway=anyway, form=form)
        stack.callback(decider.close)
        schema = DECISIONS if form == "decisions" else wide_schema(policy)
        return _decided(customers, decider, engine, folder, schema, progress)


def _decided(
    customers: Customers,
    engine: Engine,
    name: str,
    folder: Folder | None,
    schema: pa.Schema,
    progress: Callable[[Progress], None] | None,
) -> Decided:
    parts = folder.done() if folder is not None else []
    kept = sum(part.seen for part in parts)
    size = customers.size()
    decisions: list[pa.Table] = []
    refused: list[pa.Table] = []
    done = kept
    if progress is not None:
        progress(Progress(done, kept, size))
    for batch, found in _each(customers, engine, skip=len(parts)):
        turned_away = _refused(batch)
        if folder is not None:
            part = folder.add(batch.number, found, turned_away)
        else:
            decisions.append(found)
            refused.append(turned_away)
            part = _counted(batch.number, found, turned_away)
        parts.append(part)
        done += part.seen
        if progress is not None:
            progress(Progress(done, kept, size))
    if folder is not None:
        return Decided(tuple(parts), name, folder.path, schema, None, None)
    return Decided(
        tuple(parts),
        name,
        None,
        schema,
        pa.concat_tables(decisions) if decisions else schema.empty_table(),
        pa.concat_tables(refused) if refused else REFUSED.empty_table(),
    )


def _each(customers: Customers, engine: Engine, *, skip: int) -> Iterator[tuple[Batch, pa.Table]]:
    """Each batch with its decisions. The next ones are read while some are decided."""
    groups = _groups(customers.batches(skip=skip), engine.together)
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = reader.submit(next, groups, None)
            decided = engine.decide(joined(group))
            start = 0
            for batch in group:
                rows = batch.table.num_rows
                yield batch, decided.slice(start, rows)
                start += rows


def _groups(batches: Iterable[Batch], together: int) -> Iterator[list[Batch]]:
    """Batches to be decided together."""
    group: list[Batch] = []
    for batch in batches:
        if group and batch.plain.schema != group[0].plain.schema:
            yield group
            group = []
        group.append(batch)
        size = sum(each.table.nbytes for each in group)
        if sum(each.table.num_rows for each in group) >= together or size >= _BYTES:
            yield group
            group = []
    if group:
        yield group


def _counted(number: int, decisions: pa.Table, refused: pa.Table) -> DonePart:
    redecided = decisions["redecided"].to_pylist().count(True)
    seen = decisions.num_rows + refused.num_rows
    return DonePart(number, seen, decisions.num_rows, redecided, refused.num_rows, 0, 0)


def _refused(batch: Batch) -> pa.Table:
    rows = [
        {
            "file": each.file,
            "row": each.row,
            "customer_id": each.customer_id,
            "problems": [
                {"code": problem.code, "path": problem.path, "message": problem.message}
                for problem in each.problems
            ],
        }
        for each in batch.refused
    ]
    return pa.Table.from_pylist(rows, schema=REFUSED)


def _engine(
    policy: Policy,
    one: Callable[[Snapshot], Decision],
    engine: EngineName,
    *,
    master: str | None,
    anyway: bool,
    form: Form,
) -> Engine:
    match engine:
        case "python":
            return PythonEngine(policy, one, form)
        case "duckdb":
            from postloan_rules.portfolio.duckdb_engine import DuckdbEngine  # noqa: PLC0415 - an extra

            return DuckdbEngine.of(policy, one, shape=form, anyway=anyway)
        case "spark":
            from postloan_rules.portfolio.spark_engine import SparkEngine  # noqa: PLC0415 - an extra

            return SparkEngine.of(policy, one, shape=form, anyway=anyway, master=master)


def _run(
    policy: Policy, data: Data, engine: str, mapping: str | Path | None, rows: int | None
) -> dict[str, object]:
    try:
        library = version("postloan-rules")
    except PackageNotFoundError:
        library = "unpacked"
    return {
        "library": library,
        "ruleset": {
            "id": policy.id,
            "version": policy.version,
            "profile": policy.profile,
            "fingerprint": policy.fingerprint,
        },
        "engine": engine,
        "data": list(_known_by(data)),
        "mapping": identity([Path(mapping)]) if mapping is not None else None,
        "rows": rows,
    }


def _known_by(data: Data) -> Iterator[dict[str, object]]:
    if isinstance(data, str | Path):
        yield from identity(Path(each.name) for each in files_of(data))
        return
    table = data if isinstance(data, pa.Table) else pa.Table.from_batches([data])
    digest = sha256()
    for column in ("customer", "as_of"):
        for chunk in table[column].chunks if column in table.schema.names else ():
            digest.update(repr(chunk.to_pylist()).encode())
    yield {"name": "a table in memory", "rows": table.num_rows, "customers": digest.hexdigest()}
