"""The columnar form holds every field of the catalogue, in a type that keeps every valid value."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from postloan_rules import load
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.columns.schema import arrow_schema, record_type
from postloan_rules.snapshot import catalogue


def test_the_columns_are_the_fields_of_the_snapshot() -> None:
    root, *_ = catalogue.records().values()
    assert arrow_schema().names == [*root.by_name, "attributes", "fingerprint"]


@pytest.mark.parametrize("name", catalogue.records())
def test_a_struct_has_the_fields_of_its_record(name: str) -> None:
    info = catalogue.records()[name]
    fields = [field.name for field in record_type(name, 2)]
    assert fields == [*info.by_name, *(["attributes"] if info.has_attributes else [])]


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3)])
def test_the_largest_amounts_fit(currency: str, digits: int) -> None:
    customer = arrow_schema(currency=currency).field("customer").type
    money = customer.field("monthly_income").type
    assert (money.precision, money.scale) == (18, digits)
    largest = Decimal(10**15) - Decimal(1).scaleb(-digits)
    assert pa.array([largest, -largest], money).to_pylist() == [largest, -largest]


def test_with_a_policy_the_attributes_are_its_inputs() -> None:
    policy = load(SHIPPED / "credit_card").policy
    attributes = arrow_schema(policy).field("attributes").type
    assert [field.name for field in attributes] == [each.name for each in policy.inputs]
    assert attributes.field("months_without_salary").type == pa.int32()
    assert attributes.field("previous_monthly_income").type == pa.decimal128(18, 2)
    assert attributes.field("watch_list").type == pa.bool_()
