"""Decides a batch by Spark: the same query, printed in Spark's dialect; no Python runs on the executors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.portfolio.answers import Answers, checked
from postloan_rules.portfolio.assembling import assembled
from postloan_rules.portfolio.sql.choice import ROW
from postloan_rules.portfolio.sql.policy import BOOK, policy_query
from postloan_rules.portfolio.sql.spark import SPARK
from postloan_rules.portfolio.wide_table import wide_assembled

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.sql.output import Shape
    from postloan_rules.portfolio.sql.policy import PolicyQuery
    from postloan_rules.snapshot import Snapshot

__all__ = ["SETTINGS", "SparkEngine"]

SETTINGS = {
    # A date-time has no zone, and a mistake in the query must show.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # A whole policy is more than a generated class can hold: Spark would try for a minute, fail and fall
    # back. It is interpreted at once.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.hugeMethodLimit": "8000",
    "spark.sql.shuffle.partitions": "4",
    # The driver holds a whole part of the book, and copies what it sends to a task several times. Spark's own
    # ten thousand rows a task and one gigabyte are too little for customers with two years of history.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    "spark.driver.memory": "3g",
    "spark.sql.maxMetadataStringLength": "200",
    "spark.sql.debug.maxToStringFields": "50",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""What a session needs for the query, for generated code of its size, and for a part of a book."""


@frozen
class SparkEngine:
    """The policy as SQL, in a session of Spark."""

    policy: Policy
    one: Callable[[Snapshot], Decision]
    shape: Shape
    query: PolicyQuery
    session: Any = field(repr=False)
    """pyspark has no types that hold: what is asked of the session stands in `decide`."""
    together: int = 50_000

    @classmethod
    def of(
        cls,
        policy: Policy,
        one: Callable[[Snapshot], Decision],
        *,
        shape: Shape = "decisions",
        anyway: bool = False,
        master: str | None = None,
    ) -> SparkEngine:
        """The engine for a policy, in a session on `master` (all cores of this machine by default).

        Raises:
            Refused: with all that SQL can't say of it, unless Python is to decide that `anyway`.
        """
        from pyspark.sql import SparkSession  # noqa: PLC0415 - starts a JVM

        query = policy_query(policy, SPARK, "all" if policy.subject is not None else "one", shape=shape)
        checked([query], anyway=anyway)
        builder = SparkSession.builder.appName("postloan decide-many").master(master or "local[*]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        return cls(policy, one, shape, query, builder.getOrCreate())

    def decide(self, batch: Batch) -> pa.Table:
        """The Decisions table of a batch."""
        table = pa.Table.from_batches([batch.table])
        book = table.append_column(ROW, pa.array(range(table.num_rows), pa.int32()))
        self.session.createDataFrame(book).createOrReplaceTempView(BOOK)
        found = self.session.sql(self.query.text).toArrow()
        answers = Answers.of([(self.query.layout, found)], table.num_rows)
        make = assembled if self.shape == "decisions" else wide_assembled
        return make(self.policy, self.one, batch, answers)

    def close(self) -> None:
        """Stop the session."""
        self.session.stop()
