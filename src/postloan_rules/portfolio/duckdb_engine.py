"""Decides a batch by DuckDB: queries of the policy, and Python for the rows that are in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from attrs import define, field, frozen

from postloan_rules.portfolio.answers import Answers, checked
from postloan_rules.portfolio.assembling import assembled
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.sql.choice import ROW
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.policy import BOOK, policy_query
from postloan_rules.portfolio.wide_table import wide_assembled

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.sql.output import Layout, Shape
    from postloan_rules.portfolio.sql.policy import PolicyQuery, Whose
    from postloan_rules.snapshot import Snapshot

__all__ = ["TOGETHER", "DuckdbEngine"]

_MEMORY = "1500MB"
_LISTS = ("bureau_reports", "events", "complaints", "reviews")
TOGETHER = 50_000
"""Customers that are decided together: to plan a query takes as long as some ten thousand of them."""
_PIECE = 4096
"""Rows that a thread of DuckDB takes at a time."""


@define
class _Book:
    """The customers that the queries read: a table for DuckDB, with other rows for each batch.

    A query whose table is the same object stays as it is; one over a table that is registered anew is bound
    anew.
    """

    schema: pa.Schema
    table: pa.Table | None = None

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        table = self.table if self.table is not None else self.schema.empty_table()
        return table.__arrow_c_stream__(requested_schema)


@frozen
class DuckdbEngine:
    """The policy as SQL, in a database of its own."""

    policy: Policy
    one: Callable[[Snapshot], Decision]
    shape: Shape
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    _book: _Book = field(repr=False)
    together: int = field(init=False, default=TOGETHER, repr=False)
    _queries: dict[tuple[Whose, bool], tuple[Layout, duckdb.DuckDBPyRelation]] = field(
        factory=dict, repr=False
    )
    """The queries made so far."""

    @classmethod
    def of(
        cls,
        policy: Policy,
        one: Callable[[Snapshot], Decision],
        *,
        shape: Shape = "decisions",
        anyway: bool = False,
        threads: int | None = None,
        memory: str = _MEMORY,
    ) -> DuckdbEngine:
        """The engine for a policy.

        Args:
            policy: The policy.
            one: What decides one customer in Python.
            shape: Whether the Decisions table or its wide form is made.
            anyway: Whether Python decides what SQL can't say.
            threads: How many threads DuckDB has; as many as there are cores by default.
            memory: How much memory DuckDB takes before it writes to the disk.

        Raises:
            Refused: with all that SQL can't say of it, unless Python is to decide that `anyway`.
        """
        settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory}
        if threads is not None:
            settings["threads"] = threads
        connection = duckdb.connect(config=settings)
        book = _Book(arrow_schema(policy).append(pa.field(ROW, pa.int32())))
        connection.register(BOOK, book)
        engine = cls(policy, one, shape, connection, book)
        checked([engine._made("one", bare=False)], anyway=anyway)
        return engine

    def decide(self, batch: Batch) -> pa.Table:
        """The decisions of a batch, in the shape that was asked for."""
        table = batch.table
        bare = all(_without_items(table.column(name)) for name in _LISTS)
        numbers = pa.array(np.arange(table.num_rows, dtype=np.int32))
        book = pa.Table.from_batches([table]).append_column(ROW, numbers)
        # A thread takes a piece at a time.
        self._book.table = pa.Table.from_batches(book.to_batches(max_chunksize=_PIECE), self._book.schema)
        try:
            found = [self._answers("one", bare=bare)]
            if self.policy.subject is not None and found[0][1].num_rows < table.num_rows:
                found.append(self._answers("several", bare=bare))
        finally:
            self._book.table = None
        answers = Answers.of(found, table.num_rows)
        make = assembled if self.shape == "decisions" else wide_assembled
        return make(self.policy, self.one, batch, answers)

    def _answers(self, whose: Whose, *, bare: bool) -> tuple[Layout, pa.Table]:
        if (whose, bare) not in self._queries:
            self._made(whose, bare=bare)
        layout, query = self._queries[whose, bare]
        return layout, query.to_arrow_table()

    def _made(self, whose: Whose, *, bare: bool) -> PolicyQuery:
        """The query for customers with one account or with several; `bare` ones have no other lists."""
        without = _LISTS if bare else ()
        query = policy_query(self.policy, DUCKDB, whose, shape=self.shape, without=without)
        self._queries[whose, bare] = (query.layout, self.connection.sql(query.text))
        return query

    def close(self) -> None:
        """Close the database."""
        self.connection.close()


def _without_items(lists: pa.Array) -> bool:
    """Whether all the lists are known and empty."""
    return not lists.null_count and not pc.max(pc.list_value_length(lists)).as_py()
