"""Customers made up in bulk are those that `sample` makes up one by one."""

from __future__ import annotations

import hashlib
from datetime import date
from random import Random

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from postloan_rules.portfolio.chance import Chance
from postloan_rules.portfolio.columns.made_up import made_up
from postloan_rules.portfolio.columns.rows import snapshots_of
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.columns.validity import suspects
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample


@pytest.mark.parametrize(
    ("n", "seed", "as_of"),
    [(1_200, 1, date(2026, 11, 30)), (400, 2, date(2024, 2, 29)), (400, 3, date(2027, 3, 28))],
)
def test_customers_in_bulk_are_those_of_the_sample(n: int, seed: int, as_of: date) -> None:
    batch = made_up(0, n, seed=seed, as_of=as_of)
    assert batch.schema.equals(arrow_schema())
    assert not suspects(batch).any()
    singly = list(sample(n, seed=seed, as_of=as_of))
    assert list(snapshots_of(batch)) == singly
    assert batch.equals(table_of(singly, fingerprints=False))


def test_a_customer_is_the_same_wherever_the_bulk_begins() -> None:
    whole = made_up(0, 30)
    parts = [made_up(first, 10) for first in (0, 10, 20)]
    assert pa.Table.from_batches(parts).combine_chunks().to_batches()[0].equals(whole)


def test_fingerprints_are_those_of_the_snapshots() -> None:
    batch = made_up(5, 4, fingerprints=True)
    assert batch.column("fingerprint").to_pylist() == [each.fingerprint for each in list(sample(9))[5:]]


def test_the_customers_of_a_seed_are_what_they_were() -> None:
    digest = hashlib.sha256("".join(each.to_json() for each in sample(300, seed=7)).encode())
    assert digest.hexdigest()[:16] == FIRST_300_OF_SEED_7


FIRST_300_OF_SEED_7 = "0cc66bf1648ffcaf"


@pytest.mark.parametrize("seed", ["1:0", "7:123", "x"])
def test_chance_is_that_of_random(seed: str) -> None:
    ours, theirs = Chance(seed), Random(seed)
    for number in range(1, 400):
        assert ours.randrange(number) == theirs.randrange(number)
        assert ours.randint(-number, 3 * number) == theirs.randint(-number, 3 * number)
        assert ours.choice("abcde") == theirs.choice("abcde")
