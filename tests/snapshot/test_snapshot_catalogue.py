"""The catalogue says of every field what the record classes say."""

from __future__ import annotations

import datetime as dt
import types
import typing
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Union

import attrs
import pytest

from postloan_rules import snapshot
from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo, records
from postloan_rules.snapshot.order import Ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = {"date": dt.date, "datetime": dt.datetime, "Decimal": Decimal}
PYTHON: Mapping[str, type] = {
    "money": Decimal,
    "rate": Decimal,
    "days": int,
    "months": int,
    "number": int,
    "date": dt.date,
    "date-time": dt.datetime,
    "boolean": bool,
    "string": str,
}


def fields() -> list[tuple[RecordInfo, FieldInfo]]:
    return [(info, item) for info in records().values() for item in info.fields]


def named(pair: tuple[RecordInfo, FieldInfo]) -> str:
    return f"{pair[0].name}.{pair[1].name}"


def test_the_root_is_the_snapshot_and_all_records_are_there() -> None:
    assert next(iter(records())) == "Snapshot"
    assert set(records()) == {
        "Account",
        "BureauReport",
        "Complaint",
        "Customer",
        "Event",
        "Inquiry",
        "Instalment",
        "Payment",
        "Protected",
        "PublicRecord",
        "Review",
        "Snapshot",
        "Statement",
        "TakenResponse",
        "Tradeline",
    }


@pytest.mark.parametrize("pair", fields(), ids=named)
def test_the_type_of_a_field_is_what_its_description_says(pair: tuple[RecordInfo, FieldInfo]) -> None:
    info, item = pair
    hint = typing.get_type_hints(info.cls, localns={**vars(snapshot), **NAMES})[item.name]
    optional = False
    if typing.get_origin(hint) in {Union, types.UnionType}:
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
        optional = True
    assert optional == item.optional
    many = typing.get_origin(hint) is tuple
    assert many == item.many
    if many:
        hint = typing.get_args(hint)[0]
    if item.record:
        assert hint is records()[item.record].cls
    elif item.kind == "enumeration":
        assert issubclass(hint, StrEnum)
        assert tuple(hint) == item.members
    else:
        assert hint is PYTHON[item.kind]


@pytest.mark.parametrize("pair", fields(), ids=named)
def test_a_meaning_is_one_sentence_of_plain_words(pair: tuple[RecordInfo, FieldInfo]) -> None:
    meaning = pair[1].meaning
    assert meaning[0].isupper()
    assert not meaning.endswith(".")
    assert "\n" not in meaning
    assert 8 < len(meaning) < 110


def test_units_follow_the_kind() -> None:
    account = records()["Account"].by_name
    assert account["credit_limit"].unit == "currency"
    assert account["apr_purchase"].unit == "per year"
    assert account["days_past_due"].unit == "days"
    assert records()["Instalment"].by_name["months"].unit == "months"
    assert account["product"].unit == ""


def test_protected_fields_are_those_that_no_rule_may_read() -> None:
    protected = {named(pair) for pair in fields() if pair[1].protected}
    assert protected == {
        "Customer.protected",
        "Protected.birth_date",
        "Protected.sex",
        "Protected.marital_status",
        "Protected.nationality",
    }


def test_dates_that_may_be_to_come() -> None:
    assert {named(pair) for pair in fields() if pair[1].future} == {
        "Account.temporary_limit_until",
        "Statement.due_date",
        "Complaint.legal_deadline",
        "Review.next_due",
        "Review.notice_due",
        "TakenResponse.cool_down_until",
    }


def test_every_record_of_a_list_has_an_order() -> None:
    listed = {item.record for _, item in fields() if item.many and item.record}
    for name in listed:
        assert isinstance(records()[name].cls, type)
        assert issubclass(records()[name].cls, Ordered)


def test_records_with_attributes() -> None:
    assert [info.name for info in records().values() if info.has_attributes] == ["Snapshot", "Event"]


def test_every_attribute_of_a_class_is_described() -> None:
    for info in records().values():
        names = {item.name for item in attrs.fields(info.cls)} - {"attributes"}
        assert names == set(info.by_name)


def test_nouns_are_plain_words() -> None:
    assert records()["BureauReport"].a_noun == "a bureau report"
    assert records()["Inquiry"].a_noun == "an inquiry"
