"""Decides a batch by DuckDB: two queries of the policy, and Python for the rows that are in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.portfolio.answers import assembled, checked, with_triggers
from postloan_rules.portfolio.sql.choice import ROW
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.policy import BOOK, policy_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.snapshot import Snapshot

__all__ = ["DuckdbEngine"]

_ANSWERS = "answers"
_MEMORY = "2GB"


@frozen
class DuckdbEngine:
    """The policy as SQL, in a database of its own."""

    policy: Policy
    one: Callable[[Snapshot], Decision]
    queries: tuple[str, ...]
    """Customers with several accounts under the policy are decided apart from the rest."""
    connection: duckdb.DuckDBPyConnection = field(repr=False)

    @classmethod
    def of(
        cls,
        policy: Policy,
        one: Callable[[Snapshot], Decision],
        *,
        anyway: bool = False,
        threads: int | None = None,
        memory: str = _MEMORY,
    ) -> DuckdbEngine:
        """The engine for a policy.

        Raises:
            Refused: with all that SQL can't say of it, unless Python is to decide that `anyway`.
        """
        queries = [policy_query(policy, DUCKDB, "one")]
        if policy.subject is not None:
            queries.append(policy_query(policy, DUCKDB, "several"))
        checked(queries, anyway=anyway)
        settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory}
        if threads is not None:
            settings["threads"] = threads
        texts = tuple(query.into(_ANSWERS) for query in queries)
        return cls(policy, one, texts, duckdb.connect(config=settings))

    def decide(self, batch: Batch) -> pa.Table:
        """The Decisions table of a batch."""
        table = pa.Table.from_batches([batch.table])
        numbers = pa.array(range(table.num_rows), pa.int32())
        book = table.append_column(ROW, numbers)
        self.connection.register(BOOK, book)
        try:
            found = [with_triggers(self.policy, self._answers(query)) for query in self.queries]
        finally:
            self.connection.unregister(BOOK)
        return assembled(self.policy, self.one, batch, pa.concat_tables(found))

    def _answers(self, query: str) -> pa.Table:
        # By way of a table: a relation is planned twice, and to plan a policy takes longer than 10,000 rows.
        self.connection.execute(query)
        return self.connection.table(_ANSWERS).to_arrow_table()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()
