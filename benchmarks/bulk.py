"""Twelve rules over a million rows: DuckDB and polars and numpy by hand, and the same rules as a policy.

Every way gives the same truth values, which is checked before anything is said. The policy gives those of its
responses besides, in the wide form, and in the end the whole Decisions table as Parquet.

    python benchmarks/bulk.py [ROWS]
"""
# ruff: noqa: INP001, S608, T201 - a script that prints, with SQL written by hand

from __future__ import annotations

import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import postloan_rules as plr
from postloan_rules.portfolio.columns.arrays import decimals
from postloan_rules.portfolio.columns.reading import Batch
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.policy import policy_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

POLICY = Path(__file__).parent / "twelve_rules"
TIMES = 5
JOBS = ("employed", "self_employed", "retired", "unemployed", "on_leave", "student")
HAPPENINGS = (
    "periodic_review",
    "cash_advance_application",
    "temp_limit_increase",
    "bill_installment",
    "other_loan_application",
    "overdue",
    "other_bank_delinquency",
)

BY_HAND = {
    "periodic_review_due": "months_since_review >= 6 and dpd < 30",
    "dormant_review": "utilization between 0.0 and 0.05 and months_since_review >= 3",
    "cash_advance_burst": "cash_adv_30d >= 3 and utilization > 0.6",
    "cash_advance_watch": "cash_adv_30d between 1 and 2 and (utilization > 0.85 or other_overdue >= 1)",
    "temp_limit_approve": "temp_limit_requested and good_months >= 12 and utilization <= 0.7 and dpd = 0"
    " and employment_status in ('employed', 'self_employed', 'retired')",
    "temp_limit_decline": "temp_limit_requested and (dpd > 0 or other_overdue >= 1 or good_months < 6)",
    "offer_installment": "dpd between 1 and 29 and utilization > 0.5 and complaint_count <= 2",
    "reduce_limit": "(dpd between 30 and 59 and utilization > 0.4) or income_drop_pct >= 40",
    "freeze_card": "dpd >= 60 or (other_overdue >= 2 and utilization > 0.9)",
    "other_loan_review": "happened in ('other_loan_application', 'cash_advance_application')"
    " and (utilization > 0.75 or income_drop_pct >= 20)",
    "hardship": "employment_status in ('unemployed', 'on_leave') and income_drop_pct between 20 and 100"
    " and dpd < 90",
    "complaint_escalation": "complaint_count >= 3 and happened != 'overdue'",
}


def values(rows: int) -> dict[str, NDArray[np.generic]]:
    """Made-up figures, with values at each threshold."""
    chance = np.random.default_rng(7)

    def among(*members: int) -> NDArray[np.int64]:
        return chance.choice(np.array(members), rows)

    late = np.where(chance.random(rows) < 4 / 7, 0, chance.integers(1, 121, rows))
    return {
        "utilization": chance.integers(0, 121, rows) / 100,
        "dpd": late,
        "months_since_review": chance.integers(0, 13, rows),
        "cash_adv_30d": among(0, 0, 0, 1, 2, 3, 5),
        "other_overdue": among(0, 0, 0, 0, 1, 2, 3),
        "income_drop_pct": np.where(chance.random(rows) < 0.75, 0, chance.integers(0, 61, rows)),
        "temp_limit_requested": chance.random(rows) < 0.3,
        "employment_status": np.array(JOBS)[chance.integers(0, len(JOBS), rows)],
        "good_months": chance.integers(0, 37, rows),
        "complaint_count": among(0, 0, 0, 1, 2, 3, 4),
        "happened": np.array(HAPPENINGS)[chance.integers(0, len(HAPPENINGS), rows)],
    }


def by_numpy(held: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.bool_]]:
    """The rules over whole arrays, the texts as small numbers."""
    used, late, months, cash = (
        held[name] for name in ("utilization", "dpd", "months_since_review", "cash_adv_30d")
    )
    elsewhere, dropped, asked = (
        held[name] for name in ("other_overdue", "income_drop_pct", "temp_limit_requested")
    )
    job, good, complaints, happened = (
        held[name] for name in ("employment_status", "good_months", "complaint_count", "happened")
    )
    return {
        "periodic_review_due": (months >= 6) & (late < 30),
        "dormant_review": (used >= 0) & (used <= 0.05) & (months >= 3),
        "cash_advance_burst": (cash >= 3) & (used > 0.6),
        "cash_advance_watch": (cash >= 1) & (cash <= 2) & ((used > 0.85) | (elsewhere >= 1)),
        "temp_limit_approve": asked & (good >= 12) & (used <= 0.7) & (late == 0) & (job <= 2),
        "temp_limit_decline": asked & ((late > 0) | (elsewhere >= 1) | (good < 6)),
        "offer_installment": (late >= 1) & (late <= 29) & (used > 0.5) & (complaints <= 2),
        "reduce_limit": ((late >= 30) & (late <= 59) & (used > 0.4)) | (dropped >= 40),
        "freeze_card": (late >= 60) | ((elsewhere >= 2) & (used > 0.9)),
        "other_loan_review": ((happened == 4) | (happened == 1)) & ((used > 0.75) | (dropped >= 20)),
        "hardship": ((job == 3) | (job == 4)) & (dropped >= 20) & (dropped <= 100) & (late < 90),
        "complaint_escalation": (complaints >= 3) & (happened != 5),
    }


def by_polars() -> list[pl.Expr]:
    """The rules as expressions of polars."""
    c = pl.col
    used, late = c("utilization"), c("dpd")
    asked, dropped, elsewhere = c("temp_limit_requested"), c("income_drop_pct"), c("other_overdue")
    job, happened = c("employment_status"), c("happened")
    rules = {
        "periodic_review_due": (c("months_since_review") >= 6) & (late < 30),
        "dormant_review": used.is_between(0, 0.05) & (c("months_since_review") >= 3),
        "cash_advance_burst": (c("cash_adv_30d") >= 3) & (used > 0.6),
        "cash_advance_watch": c("cash_adv_30d").is_between(1, 2) & ((used > 0.85) | (elsewhere >= 1)),
        "temp_limit_approve": asked
        & (c("good_months") >= 12)
        & (used <= 0.7)
        & (late == 0)
        & job.is_in(["employed", "self_employed", "retired"]),
        "temp_limit_decline": asked & ((late > 0) | (elsewhere >= 1) | (c("good_months") < 6)),
        "offer_installment": late.is_between(1, 29) & (used > 0.5) & (c("complaint_count") <= 2),
        "reduce_limit": (late.is_between(30, 59) & (used > 0.4)) | (dropped >= 40),
        "freeze_card": (late >= 60) | ((elsewhere >= 2) & (used > 0.9)),
        "other_loan_review": happened.is_in(["other_loan_application", "cash_advance_application"])
        & ((used > 0.75) | (dropped >= 20)),
        "hardship": job.is_in(["unemployed", "on_leave"]) & dropped.is_between(20, 100) & (late < 90),
        "complaint_escalation": (c("complaint_count") >= 3) & (happened != "overdue"),
    }
    return [rule.alias(name) for name, rule in rules.items()]


def snapshots(policy: plr.policy.Policy, held: dict[str, NDArray[np.generic]]) -> pa.Table:
    """The same figures as snapshots in columns: the inputs of customers of whom nothing else is known."""
    rows = len(held["dpd"])
    schema = arrow_schema(policy)
    inputs = schema.field("attributes").type
    parts = []
    for part in inputs:
        array = pa.array(held[part.name].tolist())
        if pa.types.is_decimal(part.type):
            # Binary fractions of hundredths stand for the hundredths themselves.
            hundredths = np.round(held[part.name].astype(np.float64) * 100).astype(np.int64)
            array = decimals(hundredths * 10 ** (part.type.scale - 2), part.type)
        parts.append(array.cast(part.type))
    columns: dict[str, pa.Array] = {}
    numbers = pa.array(np.arange(rows)).cast(pa.string())
    for part in schema:
        if part.name == "attributes":
            columns[part.name] = pa.StructArray.from_arrays(parts, fields=list(inputs))
        elif part.name == "customer":
            fields = [
                numbers if each.name == "customer_id" else pa.nulls(rows, each.type) for each in part.type
            ]
            columns[part.name] = pa.StructArray.from_arrays(fields, fields=list(part.type))
        elif part.name == "as_of":
            columns[part.name] = pa.array(np.full(rows, np.datetime64("2026-11-30"))).cast(pa.date32())
        elif part.name in ("currency", "jurisdiction"):
            columns[part.name] = pa.repeat(pa.scalar("CNY" if part.name == "currency" else "CN"), rows)
        elif pa.types.is_list(part.type):
            none = pa.array(np.zeros(rows + 1, dtype=np.int32))
            columns[part.name] = pa.ListArray.from_arrays(none, pa.nulls(0, part.type.value_type))
        else:
            columns[part.name] = pa.nulls(rows, part.type)
    return pa.table([columns[part.name] for part in schema], schema=schema)


def least(work: Callable[[], object]) -> tuple[float, object]:
    """The least processor time of several runs, and what the work gives."""
    found: object = None
    best = float("inf")
    for _ in range(TIMES):
        start = time.process_time()
        found = work()
        best = min(best, time.process_time() - start)
    return best, found


def main() -> None:
    """Print a table of ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    held = values(rows)
    plain = pa.table(held)
    con = duckdb.connect(config={"threads": 1})
    con.register("given", plain)
    con.execute("create table flat as select * from given")
    columns = ", ".join(f"{rule} as {name}" for name, rule in BY_HAND.items())
    listed = ", ".join(f"case when {rule} then 'do_{name}' end" for name, rule in BY_HAND.items())
    both = f"select {columns}, list_filter([{listed}], lambda x: x is not null) as responses from flat"
    ruleset = plr.load(POLICY)
    book = snapshots(ruleset.policy, held)
    batch = book.combine_chunks().to_batches()[0]
    engine = DuckdbEngine.of(ruleset.policy, ruleset.decide, shape="wide", threads=1)
    whole = DuckdbEngine.of(ruleset.policy, ruleset.decide, threads=1)
    customers = Batch(0, "", batch, batch, np.arange(rows), np.zeros(rows, dtype=np.bool_), refused=())
    query = policy_query(
        ruleset.policy,
        DUCKDB,
        "one",
        shape="wide",
        without=("bureau_reports", "events", "complaints", "reviews"),
    )
    ours = duckdb.connect(config={"threads": 1})
    ours.register("given", book.append_column("row_number", pa.array(range(rows), pa.int32())))
    ours.execute("create table book as select * from given")
    frame, rules = pl.DataFrame(held), by_polars()
    coded = {
        **held,
        "employment_status": np.array(
            [JOBS.index(each) for each in held["employment_status"].tolist()], np.int8
        ),
        "happened": np.array([HAPPENINGS.index(each) for each in held["happened"].tolist()], np.int8),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "decisions.parquet"
        ways: dict[str, Callable[[], object]] = {
            "DuckDB by hand, 12 columns": lambda: con.sql(f"select {columns} from flat").to_arrow_table(),
            "DuckDB by hand, 12 columns and the list of responses": lambda: con.sql(both).to_arrow_table(),
            "polars by hand": lambda: frame.select(rules),
            "numpy by hand": lambda: by_numpy(coded),
            "the policy's query, triggers and responses": lambda: ours.sql(query.text).to_arrow_table(),
            "the policy, wide form": lambda: engine.decide(customers),
            "the policy, wide form, rows read and checked": lambda: (
                ruleset.decide_many(book, form="wide", rows=rows).table
            ),
            "the policy, the Decisions table": lambda: whole.decide(customers),
            "the policy, the Decisions table as Parquet": lambda: pq.write_table(
                whole.decide(customers), file, compression="zstd"
            ),
        }
        times = {name: least(work) for name, work in ways.items()}
    told = {name: found for name, (_, found) in times.items()}
    expected = told["DuckDB by hand, 12 columns"]
    read = told["the policy, wide form, rows read and checked"]
    for name in BY_HAND:
        truth = expected[name].to_numpy()
        answers = [
            told["polars by hand"][name].to_numpy(),
            told["numpy by hand"][name],
            *(told["the policy, wide form"][each].to_numpy() for each in (name, f"do_{name}")),
            *(read[each].to_numpy() for each in (name, f"do_{name}")),
        ]
        if not all((truth == answer).all() for answer in answers):
            raise SystemExit(f"the ways differ in {name}")
    base = times["DuckDB by hand, 12 columns"][0]
    print(
        f"{rows:,} rows, one thread, processor time, the least of {TIMES}; {platform.machine()}, "
        f"duckdb {version('duckdb')}, polars {version('polars')}, numpy {version('numpy')}"
    )
    for name, (taken, _) in times.items():
        print(f"{name:54} {taken * 1e9 / rows:8,.0f} ns a row {taken / base:7.2f}x")


if __name__ == "__main__":
    main()
