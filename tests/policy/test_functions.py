"""Each post-loan function equals the expression that defines it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import codes
from postloan_rules.expressions import NUMBER, Variable, check, same, value
from postloan_rules.policy.functions import EQUIVALENTS, KNOWN_FUNCTIONS, POST_LOAN
from postloan_rules.policy.vocabulary import record
from postloan_rules.portfolio.sample import sample
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = {"account": Variable(record("Account")), "n": Variable(NUMBER)}
PAGE = Path(__file__).parents[2] / "docs" / "language.md"

money = st.none() | st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(100), Decimal("999.99")])
statement = st.fixed_dictionaries(
    {
        "closing_balance": st.sampled_from([Decimal(-5), Decimal(0), Decimal(50), Decimal(100)]),
        "credit_limit_at_close": money,
        "days_past_due_at_close": st.none() | st.integers(0, 2),
        "cash_advances": money,
        "purchases": money,
        "minimum_payment": money,
        "paid_by_due": money,
    }
)
account = st.fixed_dictionaries({"statements": st.none() | st.lists(statement, max_size=5)})


def dated(data: Mapping[str, object]) -> Mapping[str, object]:
    statements = data["statements"]
    if not isinstance(statements, list):
        return data
    first = dt.date(2026, 1, 31)
    return {
        "statements": tuple(
            {**each, "cycle_end": first + dt.timedelta(days=31 * i)} for i, each in enumerate(statements)
        )
    }


def both(name: str, names: dict[str, object]) -> tuple[object, object]:
    arguments = ", ".join(each.name for each in POST_LOAN[name].overloads[0])
    called = check(Text.of(f"{name}({arguments})"), NAMES, functions=KNOWN_FUNCTIONS)
    meant = check(Text.of(EQUIVALENTS[name]), NAMES)
    assert called.type == meant.type
    return value(called, names), value(meant, names)


@pytest.mark.parametrize("name", sorted(POST_LOAN))
@settings(max_examples=300)
@given(data=account.map(dated), n=st.integers(0, 6))
def test_on_any_account(name: str, data: Mapping[str, object], n: int) -> None:
    called, meant = both(name, {"account": data, "n": Decimal(n)})
    assert same(called, meant), (called, meant)


@pytest.mark.parametrize("name", sorted(POST_LOAN))
def test_on_made_up_customers(name: str) -> None:
    known = 0
    for snapshot in sample(60, seed=3):
        for each in snapshot.accounts:
            called, meant = both(name, {"account": each, "n": Decimal(6)})
            assert same(called, meant)
            known += called is not None
    assert known > 20


def test_every_function_is_on_the_page_with_its_definition() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, each in POST_LOAN.items():
        arguments = ", ".join(parameter.name for parameter in each.overloads[0])
        assert f"| `{name}({arguments})` | {each.meaning} | `{EQUIVALENTS[name]}` |" in page


def test_a_policy_can_call_them_and_is_told_what_they_take() -> None:
    body = "triggers: {a: {kind: condition, when: 'CALL > 0', if_unknown: ignore}}"
    assert codes(body.replace("CALL", "late_months(account, 6)"), subject=True) == []
    assert codes(body.replace("CALL", "late_months(customer, 6)"), subject=True) == ["PR0262"]
    assert codes(body.replace("CALL", "late_month(account, 6)"), subject=True) == ["PR0260"]
