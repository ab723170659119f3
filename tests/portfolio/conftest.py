"""A policy and six customers whose figures can be counted by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest

from postloan_rules.portfolio.population import Portfolio
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
parameters:
  late: {type: days, value: 60}
  high: {type: ratio, value: 0.90}
facts:
  utilisation: {type: ratio, is: account.current_balance / account.credit_limit}
triggers:
  overdue: {kind: condition, when: account.days_past_due >= late}
  drawn: {kind: condition, when: utilisation >= high, if_unknown: refer}
responses:
  seal: {family: use, rank: 90, adverse: true, reasons: [delinquent_with_us]}
  lower_limit:
    family: line
    rank: 10
    adverse: true
    reasons: [high_use_of_limit]
    parameters: {new_limit: {type: money, is: 0.5 * account.credit_limit}}
rules:
  - {id: R-1, if: overdue, then: [seal]}
  - {id: R-2, if: drawn, then: [lower_limit]}
schedule:
  standard: 6 months
  adjust: [{if: drawn, every: 1 month}]
"""

MAPPING = """\
mapping: cards
outcomes:
  default: {column: BAD, bad: [1], good: [0]}
snapshot:
  as_of: 2026-09-30
  currency: CNY
  jurisdiction: other
  customer: {customer_id: {column: ID}}
  accounts:
    - account_id: {column: ID}
      product: credit_card
      current_balance: {column: BILL}
      credit_limit: {column: LIMIT}
      days_past_due: {column: LATE}
  bureau_reports: []
  events: []
  complaints: []
  reviews: []
"""

ROWS = (
    "ID,LATE,BILL,LIMIT,BAD",
    "A,0,100,1000,0",
    "B,60,500,1000,1",
    "C,0,900,1000,1",
    "D,90,950,1000,0",
    "E,59,850,1000,",
    "F,0,700,,0",
)
"""B and D are overdue, C and D are drawn, of F the limit is not known, of E the outcome is not known."""


class Written(Protocol):
    def __call__(self, name: str = "tiny", *changes: tuple[str, str]) -> Path: ...


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write the policy to a folder, with pieces of it replaced."""

    def write(name: str = "tiny", *changes: tuple[str, str]) -> Path:
        text = POLICY
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "policy.yaml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def six(tmp_path: Path) -> Portfolio:
    """The six customers."""
    data, mapping = tmp_path / "cards.csv", tmp_path / "cards.map"
    data.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return Portfolio(data, mapping)


@pytest.fixture
def many(tmp_path: Path) -> Portfolio:
    """Made-up customers, without what only the shipped policies read."""
    data = tmp_path / "many.jsonl"
    with data.open("w", encoding="utf-8") as file:
        for snapshot in sample(80, seed=3):
            file.write(json.dumps({**snapshot.to_dict(), "attributes": {}}) + "\n")
    return Portfolio(data)
