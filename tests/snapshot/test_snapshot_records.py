"""Records that a program builds, and what the reader takes and keeps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from postloan_rules.snapshot import (
    Account,
    Attributes,
    BlockCode,
    Customer,
    Inquiry,
    Jurisdiction,
    Payment,
    Product,
    Snapshot,
    SnapshotInvalid,
    Statement,
)
from postloan_rules.snapshot.decoding import decode
from postloan_rules.snapshot.reading import LONGEST_LIST

AS_OF = date(2026, 11, 30)
NINE_O_CLOCK = datetime(2026, 11, 30, 9)  # noqa: DTZ001 - no zone is meant


def account(**fields: Any) -> Account:  # noqa: ANN401 - whatever a test says of an account
    given = {
        "account_id": "A-1",
        "product": Product.CREDIT_CARD,
        "current_balance": Decimal(0),
        "days_past_due": 0,
    }
    return Account(**{**given, **fields})


def snapshot(**fields: Any) -> Snapshot:  # noqa: ANN401 - whatever a test says of a snapshot
    given: dict[str, Any] = {
        "as_of": AS_OF,
        "currency": "CNY",
        "jurisdiction": Jurisdiction.CN,
        "customer": Customer(customer_id="C-1"),
        "accounts": (account(),),
        "bureau_reports": (),
        "events": (),
        "complaints": (),
        "reviews": (),
    }
    return Snapshot(**{**given, **fields})


def problems(data: object) -> list[str]:
    with pytest.raises(SnapshotInvalid) as caught:
        Snapshot.from_dict(data)  # type: ignore[arg-type]  # what a program should not give is what is tested
    return [f"{problem.path} {problem.code}" for problem in caught.value.problems]


def test_a_snapshot_built_by_hand_equals_the_one_that_is_read() -> None:
    built = snapshot()
    assert Snapshot.from_json(built.to_json()) == built
    assert built.checked() == built


def test_lists_come_into_order_however_they_are_given() -> None:
    statements = [
        Statement(cycle_end=date(2026, month, 5), closing_balance=Decimal(month)) for month in (9, 11, 10)
    ]
    built = account(statements=statements)
    assert [statement.cycle_end.month for statement in built.statements or ()] == [9, 10, 11]
    assert isinstance(built.statements, tuple)
    assert evolve(built, statements=tuple(reversed(statements))) == built


def test_members_of_the_same_day_have_one_order_too() -> None:
    one = Payment(posted_on=AS_OF, amount=Decimal("1.00"), returned=False, channel="cash")
    two = Payment(posted_on=AS_OF, amount=Decimal(2), returned=False)
    three = Payment(posted_on=AS_OF, amount=Decimal(1), returned=True)
    first = account(payments=(one, two, three))
    assert first == account(payments=(three, two, one)) == account(payments=(two, one, three))


def test_equal_payments_are_kept_apart() -> None:
    payment = Payment(posted_on=AS_OF, amount=Decimal(1), returned=False)
    assert len(account(payments=(payment, payment)).payments or ()) == 2


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"current_balance": 1.5}, "`current_balance` takes Decimal, not float"),
        ({"current_balance": 1}, "`current_balance` takes Decimal, not int"),
        ({"current_balance": Decimal("NaN")}, "`current_balance` takes a finite number, not NaN"),
        ({"days_past_due": True}, "`days_past_due` takes int, not bool"),
        ({"days_past_due": None}, "`days_past_due` is required"),
        ({"product": "credit_card"}, "`product` takes Product, not str"),
        ({"date_opened": datetime(2026, 1, 1)}, "`date_opened` takes date, not datetime"),  # noqa: DTZ001 - no zone is meant
        ({"statements": "none"}, "`statements` takes Statement, not str"),
        ({"statements": [None]}, "`statements` takes Statement, not NoneType"),
        ({"statements": [0]}, "`statements` takes Statement, not int"),
        ({"statements": [1, 2]}, "`statements` takes Statement, not int"),
        ({"block_code": BlockCode}, "`block_code` takes BlockCode, not EnumType"),
    ],
)
def test_a_value_of_another_type_is_refused_at_once(fields: dict[str, object], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        account(**fields)
    assert str(caught.value) == told


def test_what_only_a_reader_finds_is_found_by_checked() -> None:
    twice = snapshot(accounts=(account(), account(credit_limit=Decimal(-1))))
    with pytest.raises(SnapshotInvalid) as caught:
        twice.checked()
    assert {problem.code for problem in caught.value.problems} == {"PR0712", "PR0716"}


def test_amounts_too_fine_for_the_currency_survive_writing_and_are_found() -> None:
    fine = snapshot(accounts=(account(current_balance=Decimal("0.001")),))
    assert fine.to_dict()["accounts"][0]["current_balance"] == "0.001"  # type: ignore[index]  # JSON of unknown form
    with pytest.raises(SnapshotInvalid):
        fine.checked()


def test_records_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        snapshot().currency = "USD"  # type: ignore[misc]  # what the type checker forbids is what is tested


@pytest.mark.parametrize(
    ("currency", "text"),
    [("CNY", "1234.50"), ("JPY", "1235"), ("KWD", "1234.500")],
)
def test_amounts_are_written_in_minor_units_of_the_currency(currency: str, text: str) -> None:
    built = snapshot(currency=currency, accounts=(account(current_balance=Decimal(text).normalize()),))
    assert f'"current_balance":"{text}"' in built.to_json()
    assert Snapshot.from_json(built.to_json()).fingerprint == built.fingerprint


@pytest.mark.parametrize("zero", ["0", "-0", "0.00", "-0.00", "000"])
def test_zero_is_zero(zero: str) -> None:
    data = {**snapshot().to_dict(), "accounts": [{**account_data(), "current_balance": zero}]}
    assert Snapshot.from_dict(data) == snapshot()
    assert Snapshot.from_dict(data).fingerprint == snapshot().fingerprint


def account_data() -> dict[str, object]:
    return {"account_id": "A-1", "product": "credit_card", "current_balance": "0", "days_past_due": 0}


def test_values_of_a_program_are_taken_as_well_as_texts() -> None:
    data = {
        **snapshot().to_dict(),
        "as_of": AS_OF,
        "jurisdiction": Jurisdiction.CN,
        "accounts": (
            {**account_data(), "current_balance": Decimal("12.5"), "date_opened": date(2020, 1, 1)},
        ),
        "events": [{"id": "E-1", "type": "dormant", "occurred_on": AS_OF, "occurred_at": NINE_O_CLOCK}],
    }
    read = Snapshot.from_dict(data)
    assert read.accounts[0].current_balance == Decimal("12.50")
    assert Snapshot.from_json(read.to_json()) == read


def test_values_that_json_does_not_have_are_told() -> None:
    data = snapshot().to_dict()
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    assert problems({**data, "accounts": [{**account_data(), "current_balance": 0.1}]}) == [
        "$.accounts[0].current_balance PR0708"
    ]
    assert problems(
        {**data, "accounts": [{**account_data(), "current_balance": Decimal("1e-999999999")}]}
    ) == ["$.accounts[0].current_balance PR0712"]
    assert problems({**data, "accounts": [{**account_data(), "current_balance": Decimal("inf")}]}) == [
        "$.accounts[0].current_balance PR0709"
    ]
    assert problems({**data, "as_of": moment}) == ["$.as_of PR0705"]
    assert problems({**data, "accounts": {1, 2}}) == ["$.accounts PR0705"]
    assert problems({**data, "attributes": {1: 2}}) == ['$.attributes["1"] PR0705']
    assert problems(dict([*data.items(), (7, 2)])) == ['$["7"] PR0706']
    assert problems("snapshot") == ["$ PR0705"]
    assert problems(None) == ["$ PR0705"]


def test_null_and_absent_are_both_unknown() -> None:
    data = snapshot().to_dict()
    with_null = {**data, "accounts": [{**account_data(), "credit_limit": None}], "attributes": None}
    assert Snapshot.from_dict(with_null) == snapshot()
    assert snapshot().accounts[0].credit_limit is None
    assert snapshot().accounts[0].statements is None


def test_an_empty_list_is_not_an_unknown_one() -> None:
    empty = snapshot(accounts=(account(statements=()),))
    assert empty != snapshot()
    assert Snapshot.from_json(empty.to_json()).accounts[0].statements == ()


def test_too_long_lists_are_told_and_not_read() -> None:
    data = {**snapshot().to_dict(), "events": [0] * (LONGEST_LIST + 1)}
    assert problems(data) == ["$.events PR0703"]
    data = {**snapshot().to_dict(), "attributes": {str(n): n for n in range(LONGEST_LIST + 1)}}
    assert problems(data) == ["$.attributes PR0703"]


def test_a_text_too_large_is_told_before_it_is_read() -> None:
    with pytest.raises(SnapshotInvalid, match="PR0703"):
        Snapshot.from_json(" " * 10_000_001)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert Snapshot.from_json(b"\xef\xbb\xbf" + snapshot().to_json().encode()) == snapshot()


def test_integers_stay_exact_and_huge_ones_cost_nothing() -> None:
    assert decode("9007199254740993") == 9007199254740993
    huge = json.dumps(snapshot(attributes={"n": 1}).to_dict()).replace('"n": 1', '"n": ' + "9" * 1_000_000)
    with pytest.raises(SnapshotInvalid, match="too large"):
        Snapshot.from_json(huge)


def test_attributes_keep_their_kinds() -> None:
    given: dict[str, str | int | bool | None] = {"a": True, "b": 1, "c": "1", "d": None, "e": ""}
    read = Snapshot.from_json(snapshot(attributes=Attributes(given)).to_json())
    assert dict(read.attributes) == given
    assert read.attributes["a"] is True
    with pytest.raises(TypeError, match="attribute `a` takes str, int, bool or None, not float"):
        Attributes({"a": 0.5})  # type: ignore[dict-item]  # what the type checker forbids is what is tested


def test_the_latest_bureau_report_is_the_bureau() -> None:
    reports = [{"source": "PBOC", "pulled_on": f"2026-{month}-01"} for month in ("09", "11", "10")]
    read = Snapshot.from_dict({**snapshot().to_dict(), "bureau_reports": reports})
    assert read.bureau is read.bureau_reports[-1]
    assert read.bureau.pulled_on == date(2026, 11, 1)
    assert snapshot().bureau is None


def test_inquiries_of_one_day_keep_their_number() -> None:
    inquiry = Inquiry(inquired_on=AS_OF, hard=True)
    assert {inquiry} == {Inquiry(inquired_on=AS_OF, hard=True)}


def test_the_reader_gives_up_after_a_thousand_problems() -> None:
    data = {**snapshot().to_dict(), "customer": {f"field_{number}": 0 for number in range(100_000)}}
    assert len(problems(data)) == 1_000


def test_many_keys_that_stand_twice_cost_little() -> None:
    members = ",".join(f'"key_{number}":0' for number in range(100_000))
    with pytest.raises(SnapshotInvalid) as caught:
        Snapshot.from_json(f'{{"key_0":0,{members}}}')
    assert "PR0704" in {problem.code for problem in caught.value.problems}


def test_many_problems_are_shown_in_part() -> None:
    data = {**snapshot().to_dict(), "events": [0] * 60}
    with pytest.raises(SnapshotInvalid) as caught:
        Snapshot.from_dict(data)
    assert len(caught.value.problems) == 60
    assert str(caught.value).endswith("and 10 more")
    assert [problem.path for problem in caught.value.problems][:3] == [
        "$.events[0]",
        "$.events[1]",
        "$.events[2]",
    ]
