"""A policy over a whole portfolio: every customer decided, nothing skipped, the counts at the end."""

from __future__ import annotations

import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from postloan_rules.decisions import decide
from postloan_rules.policy import load_policy
from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.mapping_reading import load_mapping
from postloan_rules.portfolio.table import Row, RowInvalid, Table, read_rows
from postloan_rules.portfolio.tally import Tally
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.mapping import ColumnMapping

__all__ = ["Portfolio", "Simulation", "simulate"]

CHUNK = 200
AHEAD = 4
"""Chunks that wait for each worker: enough to keep it busy, few enough to hold a file of any size."""

Customer = Row | Problem | tuple[int, bytes]
"""A row of a table, a row that is none, or a line of JSON with its number."""


@frozen
class Portfolio:
    """Where the customers come from: a CSV file with a mapping, or JSON lines without one."""

    data: Path
    mapping: Path | None = None
    outcome: str | None = None
    """The outcome of the mapping to count by; the only one where there is just one."""
    limit: int | None = None
    """Decide the first so many customers only."""

    def size(self) -> int:
        """About how many customers there are: the lines of the file."""
        with self.data.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        lines -= self.mapping is not None
        return lines if self.limit is None else min(lines, self.limit)


@frozen
class Simulation:
    """What a policy did over a portfolio."""

    policy: Policy
    portfolio: Portfolio
    outcome: str | None
    tally: Tally = field(repr=False)

    @property
    def decided(self) -> int:
        """How many customers were decided."""
        heads = self.tally.heads.get(("group", "all customers", ""))
        return heads.customers if heads is not None else 0


@frozen
class _Task:
    """All that a worker needs to know to start, as values that can be sent to it."""

    rules: str
    profile: str | None
    name: str
    mapping: str | None
    outcome: str | None
    header: tuple[str, ...]


@frozen
class _Worker:
    policy: Policy
    name: str
    table: Table | None

    def tally(self, customers: Iterable[Customer]) -> Tally:
        """Decide and count."""
        tally = Tally()
        for customer in customers:
            if isinstance(customer, Problem):
                tally.refuse(int(customer.path.rpartition(":")[2]), (customer,))
                continue
            line = customer.line if isinstance(customer, Row) else customer[0]
            try:
                snapshot, bad = self._read(customer)
                tally.take(decide(self.policy, snapshot), bad=bad)
            except RowInvalid as invalid:
                tally.refuse(line, invalid.problems)
            except SnapshotInvalid as invalid:
                tally.refuse(line, tuple(self._placed(problem, line) for problem in invalid.problems))
        return tally

    def _read(self, customer: Row | tuple[int, bytes]) -> tuple[Snapshot, bool | None]:
        if isinstance(customer, Row):
            if self.table is None:
                raise AssertionError("rows come with a mapping")
            return self.table.snapshot(customer), self.table.bad(customer)
        return Snapshot.from_json(customer[1]), None

    def _placed(self, problem: Problem, line: int) -> Problem:
        """The problem at the line of the file; its place within the snapshot goes into the message."""
        at = problem.path.removeprefix("$.")
        if problem.span is not None:
            at = f"column {problem.span.column}"
        message = f"`{at}`: {problem.message}" if at not in ("", "$") else problem.message
        return evolve(problem, message=message, span=None, path=f"{self.name}:{line}")


def simulate(
    rules: Path,
    portfolio: Portfolio,
    *,
    profile: str | None = None,
    workers: int = 1,
    progress: Callable[[int], object] = lambda _: None,
) -> Simulation:
    """Decide every customer of a portfolio, and count.

    The counts do not depend on the number of worker processes. `progress` is told how many customers are
    done, time and again.

    Raises:
        RuleSetInvalid: when the policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
    """
    policy = load_policy(rules, profile)
    outcome, table, customers = _opened(portfolio)
    task = _Task(
        rules=str(rules),
        profile=profile,
        name=portfolio.data.as_posix(),
        mapping=str(portfolio.mapping) if portfolio.mapping is not None else None,
        outcome=outcome,
        header=table.header if table is not None else (),
    )
    chunks = _chunks(islice(customers, portfolio.limit))
    total = Tally()
    if workers == 1:
        worker = _Worker(policy, task.name, table)
        tallies: Iterator[tuple[int, Tally]] = ((len(chunk), worker.tally(chunk)) for chunk in chunks)
    else:
        tallies = _in_parallel(task, chunks, workers)
    for done, tally in tallies:
        total.merge(tally)
        progress(done)
    total.problems.sort(key=lambda pair: (pair[0], pair[1].path, pair[1].code, pair[1].message))
    return Simulation(policy, portfolio, outcome, total)


def _opened(portfolio: Portfolio) -> tuple[str | None, Table | None, Iterator[Customer]]:
    """The outcome to count by, the table where there is one, and the customers."""
    if portfolio.mapping is None:
        return None, None, _json_lines(portfolio.data)
    mapping = load_mapping(portfolio.mapping)
    outcome = _outcome(mapping, portfolio.outcome)
    rows = read_rows(portfolio.data, mapping.delimiter)
    first = next(rows, None)
    if first is None:
        message = "the file is empty"
        raise MappingInvalid([Problem("PR0634", message, path=portfolio.data.as_posix())])
    if isinstance(first, Problem):
        raise MappingInvalid([first])
    return outcome, Table(portfolio.data.as_posix(), mapping, first.cells, outcome), rows


def _outcome(mapping: ColumnMapping, wanted: str | None) -> str | None:
    names = list(mapping.outcomes)
    if wanted is None:
        return names[0] if len(names) == 1 else None
    if wanted not in names:
        help_ = did_you_mean(wanted, names, what="its outcomes are") or "name one under `outcomes`"
        message = f"the mapping `{mapping.name}` has no outcome `{wanted}`"
        raise MappingInvalid([Problem("PR0635", message, help=help_, path=mapping.source.name)])
    return wanted


def _json_lines(path: Path) -> Iterator[Customer]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line


def _chunks(customers: Iterator[Customer]) -> Iterator[list[Customer]]:
    while chunk := list(islice(customers, CHUNK)):
        yield chunk


def _in_parallel(task: _Task, chunks: Iterator[list[Customer]], workers: int) -> Iterator[tuple[int, Tally]]:
    """The tallies in the order of the chunks, a few of which are under way at any time."""
    waiting: deque[tuple[int, Future[Tally]]] = deque()
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


def _work(task: _Task, chunk: list[Customer]) -> Tally:
    return _worker(task).tally(chunk)


@lru_cache(maxsize=1)
def _worker(task: _Task) -> _Worker:
    """The worker of this process: the policy is loaded once in each."""
    table = None
    if task.mapping is not None:
        table = Table(task.name, load_mapping(Path(task.mapping)), task.header, task.outcome)
    return _Worker(load_policy(Path(task.rules), task.profile), task.name, table)
