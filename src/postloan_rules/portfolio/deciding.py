"""Deciding a portfolio under one policy or several, into a book that the analyses read.

Here each customer is decided by the compiled policies, in worker processes; `deciding_columns` has SQL.
"""

from __future__ import annotations

import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import define, field, frozen

from postloan_rules.decisions.compiled import Compiled
from postloan_rules.policy import load_policy
from postloan_rules.portfolio.carried import Brought, Left, carried_on
from postloan_rules.portfolio.entries import CUSTOMERS, DECISIONS, customer_row, decision_row
from postloan_rules.portfolio.population import Reader, Refused
from postloan_rules.portfolio.replaced import replaced
from postloan_rules.portfolio.segments import segment_of, values_of
from postloan_rules.snapshot import SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from decimal import Decimal

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.arms import Arms
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.population import Customer, Numbered, Opened, Portfolio
    from postloan_rules.portfolio.segments import Segment
    from postloan_rules.problems import Problem

__all__ = ["CHUNK", "Variant", "decide_into", "policies_of"]

CHUNK = 200
AHEAD = 4
"""Chunks that wait for each worker: enough to keep it busy, few enough to hold a file of any size."""


@frozen
class Variant:
    """A policy to decide by: where it is, its profile, and what parameters have other values."""

    rules: Path
    profile: str | None = None
    values: tuple[tuple[str, Decimal], ...] = ()

    def policy(self) -> Policy:
        """The policy.

        Raises:
            RuleSetInvalid: when it does not load, or can't have the values.
        """
        return replaced(load_policy(self.rules, self.profile), dict(self.values))


def policies_of(variants: Sequence[Variant]) -> tuple[Policy, ...]:
    """The policies of several variants, each file read once.

    Raises:
        RuleSetInvalid: when one does not load, or can't have its values.
    """
    loaded: dict[tuple[Path, str | None], Policy] = {}
    for variant in variants:
        key = (variant.rules, variant.profile)
        if key not in loaded:
            loaded[key] = load_policy(*key)
    return tuple(
        replaced(loaded[variant.rules, variant.profile], dict(variant.values)) for variant in variants
    )


@frozen
class Task:
    """All that a worker needs to know to start, as values that can be sent to it."""

    variants: tuple[Variant, ...]
    by: tuple[str, ...]
    arms: Arms | None
    month: int
    carries: bool
    """Whether what is decided is carried on to the next month."""
    brought: str | None
    """The file with what the months before have carried on."""
    name: str
    mapping: str | None
    outcome: str | None
    header: tuple[str, ...]


@frozen
class Decided:
    """What a worker gives back for a chunk: rows in Arrow's own form, and what could not be decided."""

    customers: bytes
    decisions: bytes
    count: int
    refused: tuple[tuple[int, tuple[Problem, ...]], ...]
    carried: tuple[Left, ...]


@define
class _Worker:
    task: Task
    policies: tuple[Policy, ...]
    reader: Reader
    segments: tuple[Segment, ...]
    brought: Brought | None
    compiled: tuple[Compiled, ...] = field(init=False)
    ranks: tuple[dict[str, int], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.compiled = tuple(map(Compiled, self.policies))
        self.ranks = tuple(
            {name: response.rank for name, response in policy.responses.items()} for policy in self.policies
        )

    @classmethod
    def of(cls, task: Task) -> _Worker:
        policies = policies_of(task.variants)
        reader = Reader.of(task.name, task.mapping, task.header, task.outcome)
        segments = tuple(segment_of(policies[0], name) for name in task.by)
        brought = Brought(Path(task.brought)) if task.brought is not None else None
        return cls(task, policies, reader, segments, brought)

    def decide(self, chunk: Sequence[Numbered]) -> Decided:
        """Decide every customer of a chunk under every policy (or that of its arm)."""
        customers: list[dict[str, object]] = []
        decisions: list[dict[str, object]] = []
        refused: list[tuple[int, tuple[Problem, ...]]] = []
        carried: list[Left] = []
        for line, customer in chunk:
            try:
                row, rows, on = self._decide(line, customer)
            except Refused as problem:
                refused.append((line, problem.problems))
                continue
            customers.append(row)
            decisions += rows
            carried += on
        return Decided(
            _sent(customers, CUSTOMERS),
            _sent(decisions, DECISIONS),
            len(customers),
            tuple(refused),
            tuple(carried),
        )

    def _decide(
        self, line: int, customer: Customer
    ) -> tuple[dict[str, object], list[dict[str, object]], list[Left]]:
        snapshot, bad = self.reader.read(line, customer)
        key = (self.task.month, line)
        try:
            if self.brought is not None:
                snapshot = self.brought.onto(snapshot)
            number = snapshot.customer.customer_id
            chosen = range(len(self.policies)) if self.task.arms is None else (self.task.arms.arm(number),)
            made = [(at, self.compiled[at].decide(snapshot)) for at in chosen]
            segments = values_of(self.segments, self.policies[0], snapshot)
        except SnapshotInvalid as invalid:
            raise self.reader.refused(line, invalid) from invalid
        first, decision = made[0]
        row = customer_row(key, self.policies[first], decision, snapshot, bad=bad, segments=segments)
        rows = [decision_row(key, at, each, self.ranks[at]) for at, each in made]
        on = [carried_on(self.policies[first], snapshot, decision)] if self.task.carries else []
        return row, rows, on


def decide_into(  # noqa: PLR0913 - each is a choice of the caller's
    book: Book,
    variants: Sequence[Variant],
    portfolio: Portfolio,
    *,
    workers: int = 1,
    by: Sequence[str] = (),
    arms: Arms | None = None,
    month: int = 0,
    brought: Path | None = None,
    carry: Callable[[Sequence[Left]], object] | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Decide every customer of a portfolio, and enter it into the book.

    What the book holds does not depend on the number of workers. `progress` is told how many customers are
    done, time and again.

    Raises:
        RuleSetInvalid: when a policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        ExpressionInvalid: when a segment is none.
    """
    opened = portfolio.opened()
    table = opened.reader.table
    task = Task(
        variants=tuple(variants),
        by=tuple(by),
        arms=arms,
        month=month,
        carries=carry is not None,
        brought=str(brought) if brought is not None else None,
        name=opened.reader.name,
        mapping=str(portfolio.mapping) if portfolio.mapping is not None else None,
        outcome=opened.outcome,
        header=table.header if table is not None else (),
    )
    worker = _Worker.of(task)
    book.outcome = opened.outcome
    chunks = _chunks(opened)
    found = ((len(chunk), worker.decide(chunk)) for chunk in chunks)
    for done, decided in found if workers == 1 else _in_parallel(task, chunks, workers):
        book.enter(_received(decided.customers, CUSTOMERS), _received(decided.decisions, DECISIONS))
        book.refuse(decided.refused)
        if carry is not None:
            carry(decided.carried)
        progress(done)


def _chunks(opened: Opened) -> Iterator[list[Numbered]]:
    while chunk := list(islice(opened.customers, CHUNK)):
        yield chunk


def _sent(rows: list[dict[str, object]], schema: pa.Schema) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    return bytes(sink.getvalue())


def _received(data: bytes, schema: pa.Schema) -> pa.Table:
    table = pa.ipc.open_stream(data).read_all()
    if table.schema != schema:
        raise AssertionError("a worker gives back rows of the schema")
    return table


def _in_parallel(task: Task, chunks: Iterable[list[Numbered]], workers: int) -> Iterator[tuple[int, Decided]]:
    """The decided chunks in their order, a few of which are under way at any time."""
    waiting: deque[tuple[int, Future[Decided]]] = deque()
    # Spawned workers start alike on every system, and share nothing with this process.
    with ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts_to_the_parent) as pool:
        try:
            for chunk in chunks:
                waiting.append((len(chunk), pool.submit(_work, task, chunk)))
                if len(waiting) >= workers * AHEAD:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(task: Task, chunk: list[Numbered]) -> Decided:
    return _worker(task).decide(chunk)


@lru_cache(maxsize=1)
def _worker(task: Task) -> _Worker:
    """The worker of this process: the policies are loaded once in each."""
    return _Worker.of(task)
