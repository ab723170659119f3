"""Columns over a table in Spark, for the tests that compare engines."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
from sqlglot import exp

from portfolio.sql.judged import Answer, answers, selected

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from postloan_rules.portfolio.sql.column import Column

__all__ = ["MISSING", "run_in_spark", "session"]

MISSING = (
    "pyspark is not installed"
    if find_spec("pyspark") is None
    else ""
    if shutil.which("java") or os.environ.get("JAVA_HOME")
    else "there is no java on this machine"
)
"""Why Spark cannot be tried here; empty where it can."""


@cache
def session() -> Any:  # noqa: ANN401 - pyspark's own types are loose
    """One session for all tests of a run."""
    from pyspark.sql import SparkSession

    made = (
        SparkSession.builder.master("local[2]")
        .appName("postloan tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        # Few rows and long expressions: to generate code for them takes longer than to interpret them.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    return made


def run_in_spark(columns: Sequence[Column], table: pa.Table) -> list[list[Answer]]:
    """The columns over a table in Spark."""
    spark = session()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(table, path)
        spark.read.parquet(str(path)).createOrReplaceTempView("rows")
        query = exp.Select(expressions=selected(columns)).from_("rows")
        found = spark.sql(query.sql("spark")).collect()
    return answers(columns, [each.asDict(recursive=True) for each in found])
