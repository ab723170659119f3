"""What an engine's queries answer, column by column, made into the Decisions table or its wide form.

A row of the answers is an account, or a customer without one. Nothing here looks at one row by itself: what
is the same in every row is repeated, and what few rows have is looked for in the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from attrs import frozen

from postloan_rules.portfolio.sql.choice import ROW
from postloan_rules.portfolio.sql.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from postloan_rules.portfolio.sql.output import Answer, Layout
    from postloan_rules.portfolio.sql.policy import PolicyQuery

__all__ = ["Answers", "Places", "checked"]


def checked(queries: Iterable[PolicyQuery], *, anyway: bool) -> None:
    """Refuse a policy of which SQL can't say all.

    Raises:
        Refused: with every problem, unless what SQL can't say is to be decided by Python `anyway`.
    """
    problems = {problem for query in queries for problem in query.problems}
    if problems and not anyway:
        raise Refused(problems)


@frozen(eq=False)
class Answers:
    """The answers of one or more queries for the same customers, in the order of customers and accounts."""

    layout: Layout
    customers: int
    customer: NDArray[np.int64]
    """Whose row it is. INVARIANT: ascending, and each customer has a row."""
    first: NDArray[np.bool_]
    """Whether it is the customer's first row: what is about the customer is taken from there."""
    _tables: tuple[tuple[Layout, pa.Table], ...]
    _order: pa.Array | None

    @classmethod
    def of(cls, found: Sequence[tuple[Layout, pa.Table]], customers: int) -> Answers:
        """The answers of some queries, each with its layout."""
        tables = tuple((layout, table) for layout, table in found if table.num_rows) or tuple(found[:1])
        rows = np.concatenate([table[layout.columns[ROW,]].to_numpy() for layout, table in tables])
        order = None
        if len(rows) > 1 and not (np.diff(rows) > 0).all():
            order = _in_order(rows, tables)
            rows = rows.take(order)
        customer = rows.astype(np.int64)
        first = np.ones(len(customer), dtype=np.bool_)
        first[1:] = customer[1:] != customer[:-1]
        if int(first.sum()) != customers:
            raise AssertionError(f"answers for {int(first.sum())} of {customers} customers")
        return cls(
            tables[0][0], customers, customer, first, tables, None if order is None else pa.array(order)
        )

    @property
    def single(self) -> bool:
        """Whether each customer has one row."""
        return len(self.customer) == self.customers

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each customer's rows begin."""
        return np.flatnonzero(self.first)

    def __contains__(self, answer: Answer) -> bool:
        return answer in self.layout.columns

    def column(self, *answer: str) -> pa.Array:
        """What the queries say to something, for each row."""
        chunks = [chunk for layout, table in self._tables for chunk in table[layout.columns[answer]].chunks]
        typed = next((each.type for each in chunks if not pa.types.is_null(each.type)), None)
        if typed is not None and any(each.type != typed for each in chunks):
            chunks = [each.cast(typed) for each in chunks]
        whole = chunks[0] if len(chunks) == 1 else pa.chunked_array(chunks, typed).combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.nulls(0, whole.type)
        return whole if self._order is None else whole.take(self._order)

    def truth(self, *answer: str) -> NDArray[np.bool_]:
        """Where the answer is true."""
        return truths(self.column(*answer))

    def known(self, *answer: str) -> NDArray[np.bool_]:
        """Where the answer is known."""
        found = self.column(*answer)
        if found.null_count == len(found):
            return np.zeros(len(found), dtype=np.bool_)
        known: NDArray[np.bool_] = found.is_valid().to_numpy(zero_copy_only=False)
        return known

    def has_account(self) -> NDArray[np.bool_]:
        """Which rows are accounts."""
        if ("account",) not in self:
            return np.zeros(len(self.customer), dtype=np.bool_)
        return self.known("account")

    def doubtful(self) -> NDArray[np.bool_]:
        """Which customers have a row that is in doubt."""
        return self.any_of(self.truth("doubt"))

    def any_of(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For which customers it is true in some row."""
        return rows if self.single else np.logical_or.reduceat(rows, self.starts)


def truths(array: pa.Array) -> NDArray[np.bool_]:
    """Where a truth value is true."""
    if array.null_count == len(array):
        return np.zeros(len(array), dtype=np.bool_)
    if array.null_count:
        array = array.fill_null(False)
    found: NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return found


def _in_order(rows: NDArray[np.int64], tables: Sequence[tuple[Layout, pa.Table]]) -> NDArray[np.int64]:
    """By customer, then by the account's number."""
    counts = np.bincount(rows.astype(np.int64))
    order = np.argsort(rows, kind="stable")
    if not (counts > 1).any():
        return order
    # Only a customer with several accounts has any to put in order.
    numbers = [table[layout.columns["account",]] for layout, table in tables]
    accounts = pa.chunked_array([chunk for each in numbers for chunk in each.chunks], pa.string())
    several = counts[rows[order]] > 1
    places = order[several]
    table = pa.table({"row": rows[places], "account": accounts.take(pa.array(places))})
    within = pc.sort_indices(table, sort_keys=[("row", "ascending"), ("account", "ascending")])
    order[several] = places[within.to_numpy()]
    return order


@frozen(eq=False)
class Places:
    """Items of the customers' lists: the row that each comes from, and which of the possible items it is."""

    row: NDArray[np.int64]
    kind: NDArray[np.int64]

    @classmethod
    def of(cls, answers: Answers, found: Iterable[NDArray[np.int64]]) -> Places:
        """By customer, then in the order in which the kinds are given, then by row."""
        rows = list(found)
        row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        kind = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
        order = np.argsort(answers.customer[row], kind="stable")
        return cls(row[order], kind[order])

    def offsets(self, answers: Answers) -> pa.Array:
        """Where each customer's list begins."""
        return offsets_of(np.bincount(answers.customer[self.row], minlength=answers.customers))

    def of_kinds(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """For each kind that occurs, where its items stand."""
        if not len(self.kind):
            return
        order = np.argsort(self.kind, kind="stable")
        bounds = np.flatnonzero(np.diff(self.kind[order], prepend=-1))
        for start, end in zip(bounds, [*bounds[1:], len(order)], strict=True):
            yield int(self.kind[order[start]]), order[start:end]


def offsets_of(lengths: NDArray[np.int64]) -> pa.Array:
    """Where lists of these lengths begin, and where the last one ends."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.array(offsets)
