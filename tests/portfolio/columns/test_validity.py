"""What the strict reader refuses is found in columns, too; what it takes is put in order and taken."""

from __future__ import annotations

import copy
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from postloan_rules.portfolio.columns.order import ORDER, in_order
from postloan_rules.portfolio.columns.rows import snapshot_of, snapshots_of
from postloan_rules.portfolio.columns.validity import suspects
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample
from postloan_rules.snapshot import Snapshot, SnapshotInvalid, catalogue
from strategies.snapshots import snapshots

Value = Any
AS_OF = date(2026, 11, 30)


def is_refused(row: dict[str, Any]) -> bool:
    try:
        snapshot_of(row)
    except SnapshotInvalid:
        return True
    return False


def places(value: Value, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a row that holds a value or could hold one."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, part in value.items():
            found += places(part, (*path, name))
    if isinstance(value, list):
        for number, part in enumerate(value):
            found += places(part, (*path, number))
    return found


def other(chance: random.Random, value: Value, row: dict[str, Any]) -> Value:
    """Something that could stand in the place of a value, often something that must not."""
    texts = [
        "",
        " ",
        "x ",
        "王",
        "a\nb",
        "A-1",
        "credit_card",
        "open",
        "account_review",
        "x" * 1001,
        "0" * 24,
    ]
    days = [AS_OF, AS_OF + timedelta(1), date(1899, 12, 31), date(2200, 1, 1), date(2010, 1, 1)]
    match value:
        case None:
            return chance.choice([None, 0, True, chance.choice(texts), chance.choice(days), Decimal(1)])
        case bool():
            return not value
        case int():
            return chance.choice([0, 1, -1, 4, 10**6, 10**6 + 1, -(10**6) - 1])
        case Decimal():
            amounts = ["0", "-0.01", "10", "10.01", "0.01", "99999999999.99", "999999999999999.99"]
            return chance.choice([Decimal(amount) for amount in amounts])
        case datetime():
            return value + timedelta(days=chance.choice([-1, 0, 1, 900]), microseconds=1)
        case date():
            return chance.choice([*days, value + timedelta(chance.randint(-40, 40))])
        case str():
            return chance.choice([*texts, row["currency"], "JPY", "RMB", '{"a":1}', "{", "[]"])
        case list() if value:
            picked = copy.deepcopy(chance.choice(value))
            return chance.choice([[], [*value, picked], value[::-1], [*value, None], [picked] * 6])
        case _:
            return None


def mutated(chance: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    row = copy.deepcopy(row)
    for _ in range(chance.choice([1, 1, 2, 5])):
        *way, last = chance.choice(places(row))
        holder: Any = row
        for step in way:
            holder = holder[step]
        holder[last] = None if chance.random() < 0.2 else other(chance, holder[last], row)
        if chance.random() < 0.1 and isinstance(holder, dict):
            # Take over what another field of the record holds.
            holder[last] = copy.deepcopy(holder[chance.choice(list(holder))])
    return row


def in_columns(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """The rows that the columns can hold at all, as the columns hold them."""
    batches = []
    for row in rows:
        try:
            batch = pa.RecordBatch.from_pylist([row], schema=schema)
            batch.to_pylist()
            batches.append(batch)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError, ValueError):
            continue
    return pa.Table.from_batches(batches, schema).combine_chunks()


def agree(rows: list[dict[str, Any]], schema: pa.Schema) -> tuple[int, int]:
    """Check that the columns say of each row what the strict reader says; how many are refused, of how many."""
    table = in_columns(rows, schema)
    if not table.num_rows:
        return 0, 0
    (batch,) = table.to_batches()
    kept = batch.to_pylist()
    found = suspects(batch).tolist()
    refused = [is_refused(row) for row in kept]
    for row, is_found, wanted in zip(kept, found, refused, strict=True):
        assert is_found == wanted, row
    good = batch.filter(pa.array([not each for each in refused]))
    sorted_ = in_order(good)
    wanted_rows = [snapshot_of(row) for row, wrong in zip(kept, refused, strict=True) if not wrong]
    assert list(snapshots_of(sorted_)) == wanted_rows
    if wanted_rows:
        again = table_of(wanted_rows, currency="CNY", fingerprints=False)
        names = [name for name in schema.names if name not in ("attributes", "fingerprint", "events")]
        assert again.select(names).equals(sorted_.select(names))
    return sum(refused), len(refused)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(snapshots(("CNY",)), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_columns_refuse_what_the_strict_reader_refuses(
    customers: list[Snapshot], chance: random.Random
) -> None:
    batch = table_of(customers)
    rows = batch.to_pylist()
    agree([*rows, *(mutated(chance, row) for row in rows for _ in range(6))], batch.schema)


def test_columns_refuse_what_the_strict_reader_refuses_of_made_up_customers() -> None:
    chance = random.Random(1)
    batch = table_of(sample(100))
    rows = [mutated(chance, row) for row in batch.to_pylist() for _ in range(3)]
    refused, all_ = agree(rows, batch.schema)
    assert all_ > 250
    assert refused > 100


def test_made_up_customers_are_in_order_and_taken() -> None:
    batch = table_of(sample(200))
    assert not suspects(batch).any()
    assert in_order(batch).equals(batch)
    assert not suspects(batch.slice(100, 50)).any()


@settings(max_examples=25, deadline=None)
@given(snapshots(("CNY",)), st.randoms(use_true_random=False))
def test_the_order_in_the_file_does_not_matter(customer: Snapshot, chance: random.Random) -> None:
    batch = table_of([customer])
    (row,) = batch.to_pylist()
    shuffled = _shuffled(row, chance)
    given_ = pa.RecordBatch.from_pylist([shuffled], schema=batch.schema)
    assert in_order(given_).equals(batch)


def _shuffled(value: Value, chance: random.Random) -> Value:
    if isinstance(value, dict):
        return {name: _shuffled(part, chance) for name, part in value.items()}
    if isinstance(value, list):
        members = [_shuffled(part, chance) for part in value]
        chance.shuffle(members)
        return members
    return value


def test_every_list_of_records_has_its_order() -> None:
    listed = {item.record for info in catalogue.records().values() for item in info.fields if item.many}
    assert set(ORDER) == listed - {None}


@settings(max_examples=25, deadline=None)
@given(snapshots(("CNY",)))
def test_the_order_is_that_of_the_records(customer: Snapshot) -> None:
    waiting: list[Any] = [customer]
    while waiting:
        record = waiting.pop()
        for item in attrs.fields(type(record)):
            value = getattr(record, item.name)
            if attrs.has(type(value)):
                waiting.append(value)
            elif isinstance(value, tuple) and value and attrs.has(type(value[0])):
                waiting += value
        name = type(record).__name__
        if name in ORDER:
            day, text = ORDER[name]
            found = getattr(record, day)
            first = found.isoformat() if found is not None else ""
            assert record.order() == (first, getattr(record, text) or "" if text else "")


@pytest.mark.parametrize("cut", [b"\xff", b"a\xffb"])
def test_a_text_that_is_not_utf_8_is_found(cut: bytes) -> None:
    batch = table_of(sample(3))
    spoiled = pa.Array.from_buffers(pa.string(), 3, pa.array([b"CNY", cut, b"CNY"], pa.binary()).buffers())
    columns = [spoiled if name == "currency" else batch.column(name) for name in batch.schema.names]
    wrong = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
    assert suspects(wrong).tolist() == [False, True, False]
