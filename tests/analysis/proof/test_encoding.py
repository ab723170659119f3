from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import policy

pytest.importorskip("z3")

from postloan_rules.analysis.proof.firing import firing
from postloan_rules.analysis.proof.study import Study

if TYPE_CHECKING:
    from postloan_rules.policy import Policy

RULES = "responses: {act: {family: a, rank: 1}}\nrules: [{id: R, if: asked, then: [act]}]\n"


def small(when: str, more: str = "") -> Policy:
    body = f"triggers:\n  asked: {{kind: condition, when: '{when}'{more}}}\n{RULES}"
    return policy(body, subject=True).policy


def codes(when: str, more: str = "") -> list[str]:
    study = Study.of(small(when, more), (), lambda: True, 2000)
    firing(study)
    return [each.problem.code for each in study.findings]


@pytest.mark.parametrize(
    "when",
    [
        "account.days_past_due > 30 and account.days_past_due <= 30",
        "account.days_past_due < 0",
        "account.current_balance < 100 and account.current_balance * 2 > 200",
        'account.product = "auto" and account.product in ("line", "mortgage")',
        "account.days_past_due in [10..20) and account.days_past_due = 20",
        "count(account_list) < 0",
        'as_of < as_of - duration("P1D")',
        "customer.bankrupt_on != null and customer.bankrupt_on > as_of",
    ],
)
def test_a_contradiction_never_fires(when: str) -> None:
    if "account_list" in when:
        when = when.replace("account_list", "events")
    assert codes(when)[:1] == ["PR0970"]


@pytest.mark.parametrize(
    "when",
    [
        "account.days_past_due >= 0",
        "account.days_past_due > 30 or account.days_past_due <= 30",
        "customer.bankrupt_on = null or customer.bankrupt_on <= as_of",
    ],
)
def test_what_leaves_nothing_out_always_fires(when: str) -> None:
    assert codes(when)[:1] == ["PR0971"]


@pytest.mark.parametrize(
    ("when", "more"),
    [
        ("account.days_past_due > 30", ""),
        ("account.credit_limit > 30", ", if_unknown: ignore"),
        ("account.current_balance / 3 * 3 = account.current_balance", ""),
        ("account.current_balance / account.credit_limit >= 0.9", ", if_unknown: ignore"),
        (
            'customer.employment_status = "unemployed" and account.date_opened > as_of - duration("P30D")',
            ", if_unknown: ignore",
        ),
        (
            'years and months duration(account.date_opened, as_of) / duration("P1M") >= 18',
            ", if_unknown: ignore",
        ),
        (
            "account.current_balance = 0.7 * account.credit_limit and account.credit_limit > 1000",
            ", if_unknown: ignore",
        ),
    ],
)
def test_what_can_fire_is_shown_by_a_customer(when: str, more: str) -> None:
    assert codes(when, more) == []


def test_an_event_is_added_where_it_is_needed() -> None:
    body = "triggers:\n  asked: {kind: event, event: cash_withdrawal, when: event.amount > 500, if_unknown: ignore}\n"
    study = Study.of(policy(body + RULES, subject=True).policy, (), lambda: True, 2000)
    firing(study)
    assert study.findings == []
