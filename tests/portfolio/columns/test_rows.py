"""Snapshots to rows and back: nothing is lost, nothing is rounded, nothing invalid comes through."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan_rules.portfolio.columns.rows import snapshot_of, snapshots_of
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample
from postloan_rules.snapshot import Snapshot, SnapshotInvalid
from strategies.snapshots import snapshots

Value = Any


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(("CNY", "JPY", "KWD")).flatmap(lambda code: st.lists(snapshots((code,)), max_size=4)))
def test_a_table_holds_snapshots_whole(customers: list[Snapshot]) -> None:
    batch = table_of(customers)
    fast = list(snapshots_of(batch))
    strict = [snapshot_of(row) for row in batch.to_pylist()]
    assert fast == customers
    assert strict == customers
    prints = [customer.fingerprint for customer in customers]
    assert [customer.fingerprint for customer in fast] == prints
    assert [customer.fingerprint for customer in strict] == prints
    assert batch.column("fingerprint").to_pylist() == prints


def test_made_up_customers_come_back() -> None:
    customers = list(sample(300))
    batch = table_of(customers)
    assert batch.schema.equals(arrow_schema())
    assert list(snapshots_of(batch)) == customers
    assert list(snapshots_of(batch.slice(17, 40))) == customers[17:57]


def test_no_customers_are_a_table_without_rows() -> None:
    batch = table_of([], currency="JPY")
    assert batch.num_rows == 0
    assert batch.schema.equals(arrow_schema(currency="JPY"))
    assert list(snapshots_of(batch)) == []


def test_currencies_with_fewer_decimals_fit() -> None:
    yen = evolve(next(iter(sample(1))), currency="JPY", attributes={})
    whole = Snapshot.from_dict(_whole(yen.to_dict()))
    batch = table_of([whole], currency="CNY")
    assert list(snapshots_of(batch)) == [whole]
    assert next(snapshots_of(batch)).to_json() == whole.to_json()
    assert snapshot_of(batch.to_pylist()[0]) == whole


def _whole(value: Value) -> Value:
    """The same with amounts cut to whole units."""
    match value:
        case dict():
            return {
                name: part if name in ("attributes", "rate", "apr_purchase", "apr_cash") else _whole(part)
                for name, part in value.items()
            }
        case list():
            return [_whole(part) for part in value]
        case str() if value.replace(".", "").replace("-", "").isdigit() and value.count(".") == 1:
            return value.partition(".")[0]
        case _:
            return value


def test_an_amount_that_does_not_fit_is_a_problem() -> None:
    first, second = sample(2)
    large = evolve(second.accounts[0], current_balance=Decimal("1E20"))
    wrong = evolve(second, accounts=(large,))
    with pytest.raises(SnapshotInvalid) as raised:
        table_of([first, wrong])
    assert [problem.code for problem in raised.value.problems] == ["PR0712"]
    assert raised.value.problems[0].path == "snapshot 2: $.accounts[0].current_balance"


def test_a_fraction_of_the_smallest_coin_is_a_problem() -> None:
    (customer,) = sample(1)
    wrong = evolve(customer, customer=evolve(customer.customer, monthly_income=Decimal("1.005")))
    with pytest.raises(SnapshotInvalid) as raised:
        table_of([wrong])
    assert [problem.code for problem in raised.value.problems] == ["PR0713"]


def test_amounts_of_another_currency_are_a_problem_where_they_have_more_decimals() -> None:
    (customer,) = sample(1)
    with pytest.raises(SnapshotInvalid) as raised:
        table_of([customer], currency="JPY")
    assert [problem.code for problem in raised.value.problems] == ["PR0760"]


def test_a_wrong_row_is_refused_with_its_place() -> None:
    (row,) = table_of(sample(1)).to_pylist()
    row["accounts"][0]["product"] = "credit_cart"
    row["attributes"] = '{"a": 1.5}'
    with pytest.raises(SnapshotInvalid) as raised:
        snapshot_of(row, "part-1.parquet:17")
    assert [(problem.code, problem.path) for problem in raised.value.problems] == [
        ("PR0711", "part-1.parquet:17: $.accounts[0].product"),
        ("PR0708", "part-1.parquet:17: $.attributes.a"),
    ]


def test_attributes_that_are_no_json_are_refused_with_their_place() -> None:
    row = next(row for row in table_of(sample(30)).to_pylist() if row["events"])
    row["attributes"] = "{"
    row["events"][0]["attributes"] = "[1]"
    with pytest.raises(SnapshotInvalid) as raised:
        snapshot_of(row, "x:1")
    places = [(problem.code, problem.path) for problem in raised.value.problems]
    assert ("PR0702", "x:1: $.attributes") in places
    assert ("PR0705", "x:1: $.events[0].attributes") in places


def test_attributes_in_a_struct_are_read_as_texts_of_their_digits() -> None:
    (customer,) = sample(1)
    batch = table_of([evolve(customer, attributes={})])
    given_ = pa.array([{"income_drop": Decimal("0.300000"), "n": 3, "w": True, "x": None}])
    fields = pa.RecordBatch.from_arrays(
        [given_ if name == "attributes" else batch.column(name) for name in batch.schema.names],
        names=batch.schema.names,
    )
    wanted = {"income_drop": "0.3", "n": 3, "w": True}
    assert dict(next(snapshots_of(fields)).attributes) == wanted
    assert dict(snapshot_of(fields.to_pylist()[0]).attributes) == wanted
