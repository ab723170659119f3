"""What examples show of a policy, on a policy small enough to count by hand."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from postloan_rules.analysis.coverage import Coverage, cover
from postloan_rules.analysis.coverage_page import lines_of, said, to_html
from postloan_rules.analysis.examples import load_examples
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Covered: TypeAlias = Callable[[str], Coverage]

POLICY = """
ruleset: small
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
triggers:
  late_and_heavy:
    kind: condition
    when: account.days_past_due >= 30 and account.current_balance >= 1000
  drew_cash: {kind: event, event: cash_withdrawal}
responses:
  seal: {family: use, rank: 1}
rules:
  - {id: R-1, if: {any: [late_and_heavy, drew_cash]}, then: [seal]}
"""

CARD = """
snapshots:
  card:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C1}
    accounts: [{account_id: A1, product: credit_card, current_balance: "0", days_past_due: 0}]
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
examples:
"""


@pytest.fixture
def covered(tmp_path: Path) -> Covered:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "examples").mkdir()

    def coverage(examples: str) -> Coverage:
        text = CARD + textwrap.indent(textwrap.dedent(examples).strip(), "  ") + "\n"
        (tmp_path / "examples" / "some.yaml").write_text(text, encoding="utf-8")
        policy = load_policy(tmp_path)
        return cover(policy, load_examples(tmp_path, policy))

    return coverage


NOTHING = "- {name: Nothing, profile: card, expect: {responses: []}}"
BOTH = """
- name: Late and heavy
  profile: card
  change: {"accounts[0].days_past_due": 30, "accounts[0].current_balance": "1000"}
  expect: {responses: [seal]}
"""
LATE = """
- name: Late only
  profile: card
  change: {"accounts[0].days_past_due": 30}
  expect: {responses: []}
"""
HEAVY = """
- name: Heavy only
  profile: card
  change: {"accounts[0].current_balance": "1000"}
  expect: {responses: []}
"""
CASH = """
- name: Cash
  profile: card
  add: {events: [{id: E1, type: cash_withdrawal, occurred_on: 2026-11-29}]}
  expect: {responses: [seal]}
"""


def missing(coverage: Coverage) -> list[str]:
    return [said(goal) for goal in coverage.missing]


def test_one_example_shows_one_side(covered: Covered) -> None:
    found = covered(NOTHING)
    assert missing(found) == [
        "the trigger `drew_cash` has fired",
        "the rule `R-1` is true",
        "the trigger `late_and_heavy` is true",
        "the trigger `late_and_heavy`: `account.days_past_due >= 30` is true",
        "the trigger `late_and_heavy`: `account.current_balance >= 1000` is true",
        "the trigger `late_and_heavy`: `account.days_past_due >= 30`, true, decides it alone",
        "the trigger `late_and_heavy`: `account.days_past_due >= 30`, false, decides it alone",
        "the trigger `late_and_heavy`: `account.current_balance >= 1000`, true, decides it alone",
        "the trigger `late_and_heavy`: `account.current_balance >= 1000`, false, decides it alone",
        "the rule `R-1`: `late_and_heavy` is true",
        "the rule `R-1`: `drew_cash` is true",
        "the rule `R-1`: `late_and_heavy`, true, decides it alone",
        "the rule `R-1`: `drew_cash`, true, decides it alone",
    ]


def test_both_sides_seen_are_not_yet_each_part_deciding(covered: Covered) -> None:
    found = covered(NOTHING + BOTH + CASH)
    assert missing(found) == [
        "the trigger `late_and_heavy`: `account.days_past_due >= 30`, false, decides it alone",
        "the trigger `late_and_heavy`: `account.current_balance >= 1000`, false, decides it alone",
    ]


def test_everything_is_shown(covered: Covered) -> None:
    found = covered(NOTHING + BOTH + CASH + LATE + HEAVY)
    assert missing(found) == []
    met, of = found.share()
    assert met == of == 22


def test_the_example_that_shows_a_goal_is_named(covered: Covered) -> None:
    found = covered(NOTHING + CASH)
    fired = next(each for each in found.met if said(each.goal) == "the trigger `drew_cash` has fired")
    assert fired.example == "Cash"


def test_lines_say_how_far_they_are_shown(covered: Covered, tmp_path: Path) -> None:
    found = covered(NOTHING + CASH)
    source = load_policy(tmp_path).sources[0]
    marks = {line.text.strip(): line.mark for line in lines_of(source, found) if line.mark != "nothing"}
    assert marks == {
        "when: account.days_past_due >= 30 and account.current_balance >= 1000": "partly",
        "drew_cash: {kind: event, event: cash_withdrawal}": "met",
        "- {id: R-1, if: {any: [late_and_heavy, drew_cash]}, then: [seal]}": "partly",
    }


def test_the_page_escapes_what_the_policy_says(covered: Covered, tmp_path: Path) -> None:
    found = covered(NOTHING)
    page = to_html(load_policy(tmp_path), found, [("all <of> it", *found.share())])
    assert "all &lt;of&gt; it" in page
    assert "account.days_past_due &gt;= 30" in page
