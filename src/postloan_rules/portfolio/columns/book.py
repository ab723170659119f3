"""A book of cards in flat columns, made up in blocks of numbers: for as many customers as a bank has.

`rules/mappings/card_book.yaml` makes snapshots of it. Customer number 7 of a seed is the same however many
are asked for: each block has its own numbers.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BLOCK", "MONTHS", "book"]

BLOCK = 65_536
MONTHS = 6

# Of a hundred: who pays in full, revolves, pays the minimum, is one, two, and three to five months behind.
_SHARES = (55, 25, 8, 5, 4, 3)
_JOBS = ("employed", "self_employed", "unemployed", "retired", "student")


def book(block: int, *, seed: int = 1, as_of: date = date(2026, 11, 30)) -> pa.RecordBatch:
    """One block of customers: what each owes, was billed and has paid in six months, in whole yuan."""
    chance = np.random.default_rng([seed, block])

    def between(low: int, high: int) -> NDArray[np.int64]:
        return chance.integers(low, high, BLOCK, dtype=np.int64, endpoint=True)

    kind = np.repeat(np.arange(len(_SHARES)), _SHARES)[between(0, 99)]
    income = between(20, 320) * 100
    limit = np.maximum(income * between(8, 30) // 10_000 * 1_000, 3_000)
    behind = np.select([kind == 3, kind == 4, kind == 5], [1, 2, 3], 0)
    behind = behind + np.where(kind == 5, between(0, 2), 0)
    columns: dict[str, NDArray[np.int64]] = {}
    balance = limit * np.where(kind == 0, between(20, 120), between(250, 600)) // 1000
    for month in range(MONTHS, 0, -1):
        # The months in arrears are the latest ones; the last statement is not due yet.
        late = np.maximum(behind - month + 1, 0)
        missed = (month > 1) & (month - 1 <= behind)
        balance = np.minimum(balance + limit * between(20, 140) // 1000, limit * 1080 // 1000)
        least = np.minimum(balance, np.maximum(balance // 10, 50))
        share = np.select([kind == 0, kind == 1], [1000, between(120, 450)], 0)
        paid = np.maximum(least, balance * share // 1000) * ~missed
        columns[f"bill_{month}"] = balance
        columns[f"least_{month}"] = least
        columns[f"late_{month}"] = late * 30
        columns[f"paid_{month}"] = paid if month > 1 else np.zeros(BLOCK, dtype=np.int64)
        balance = balance - columns[f"paid_{month}"]
    now = np.minimum(balance + limit * between(0, 80) // 1000, limit * 1080 // 1000)
    days = np.where(behind > 0, behind * 30 - between(0, 9), 0)
    overdue = np.where(behind > 0, np.maximum(columns["least_1"] * behind, 50), 0)
    opened = np.datetime64(as_of, "D") - between(400, 4_000).astype("timedelta64[D]")
    job = np.searchsorted(np.array([76, 88, 91, 97]), between(0, 99), side="right")
    jobless = np.where(between(0, 99) < 3, between(1, 4), 0)
    first = block * BLOCK
    numbers = np.arange(first, first + BLOCK)
    arrays = {
        "customer": pa.array(np.char.add(f"B{seed}-", np.char.zfill(numbers.astype(str), 9))),
        "income": pa.array(income.astype(np.int32)),
        "job": pa.DictionaryArray.from_arrays(pa.array(job.astype(np.int8)), pa.array(_JOBS)),
        "months_without_salary": pa.array(jobless.astype(np.int32)),
        "opened": pa.array(opened),
        "card_limit": pa.array(limit.astype(np.int32)),
        "owed": pa.array(now.astype(np.int32)),
        "overdue": pa.array(overdue.astype(np.int32)),
        "days_late": pa.array(days.astype(np.int32)),
        "score": pa.array(np.maximum(720 - 60 * behind + between(-40, 40), 300).astype(np.int32)),
        **{name: pa.array(column.astype(np.int32)) for name, column in sorted(columns.items())},
    }
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
