from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest
from click.testing import CliRunner, Result

from postloan_rules.cli import main

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
parameters:
  late: {type: days, value: 90}
profiles:
  strict: {late: 30}
triggers:
  overdue:
    kind: condition
    when: account.days_past_due >= late
    title: {en: Long overdue, zh: 长期逾期}
    because: {en: "{account.days_past_due} days past due", zh: "逾期{account.days_past_due}天"}
  weak_score:
    kind: condition
    when: account.behaviour_score < 500
    if_unknown: refer
responses:
  seal:
    family: use
    rank: 90
    adverse: true
    reasons: [delinquent_with_us]
    title: {en: Seal the card, zh: 封卡}
  block:
    family: use
    rank: 50
    title: {en: Block the card, zh: 止付}
  lower_limit:
    family: line
    rank: 10
    parameters:
      new_limit: {type: money, is: 0.5 * account.credit_limit}
rules:
  - {id: R-1, if: overdue, then: [seal, block, lower_limit]}
schedule:
  standard: 6 months
"""

EXAMPLES = """\
snapshots:
  card:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C-1}
    accounts:
      - {account_id: A-1, product: credit_card, current_balance: "100", days_past_due: 0, credit_limit: 1000}
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
examples:
  - name: Sealed at 90 days
    profile: card
    change: {"accounts[0].days_past_due": 90}
    expect:
      fired: [overdue@A-1]
      unknown: [weak_score]
      responses: [seal, refer_to_officer]
      withheld: [block]
      reasons: [delinquent_with_us]
      parameters: {lower_limit.new_limit: 500}
  - name: Left alone at 89 days
    profile: card
    change: {"accounts[0].days_past_due": 89}
    expect: {not_fired: [overdue], not_responses: [seal]}
"""

SNAPSHOT = {
    "as_of": "2026-11-30",
    "currency": "CNY",
    "jurisdiction": "CN",
    "customer": {"customer_id": "C-1"},
    "accounts": [
        {
            "account_id": "A-1",
            "product": "credit_card",
            "current_balance": "100",
            "days_past_due": 95,
            "credit_limit": "1000",
        }
    ],
    "bureau_reports": [],
    "events": [],
    "complaints": [],
    "reviews": [],
}


class Run(Protocol):
    def __call__(self, *arguments: str | Path, stdin: str | bytes | None = None) -> Result: ...


@pytest.fixture
def run() -> Run:
    """Run a command of `postloan`, errors of ours escaping."""

    def invoke(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(
            main, [str(each) for each in arguments], input=stdin, catch_exceptions=False, prog_name="postloan"
        )

    return invoke


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A small policy with two examples."""
    folder = tmp_path / "tiny"
    (folder / "examples").mkdir(parents=True)
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "examples" / "cards.yaml").write_text(EXAMPLES, encoding="utf-8")
    return folder


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A customer 95 days past due, of whom no score is known."""
    file = tmp_path / "customer.json"
    file.write_text(json.dumps(SNAPSHOT), encoding="utf-8")
    return file
