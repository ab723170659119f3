"""A small policy with all that a bundle can hold: facts that it uses, a table in a file, examples, profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
ruleset: tiny
version: "2026.12"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
use: [facts/own]
parameters:
  late: {type: days, value: 90}
profiles:
  strict: {late: 30}
triggers:
  overdue: {kind: condition, when: days_late >= late}
responses:
  seal: {family: use, rank: 90}
  lower:
    family: line
    rank: 10
    parameters:
      months: {type: number, table: terms}
rules:
  - {id: R-1, if: overdue, then: [seal, lower]}
tables:
  terms:
    hit: first
    inputs: [days_late]
    output: {months: number}
    table: {file: tables/terms.csv}
"""
FACTS = "facts:\n  days_late: {type: days, is: account.days_past_due}\n"
TERMS = "days_late,months\n>= 100,12\n-,6\n"
EXAMPLES = """\
snapshots:
  card:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C-1}
    accounts:
      - account_id: A-1
        product: credit_card
        credit_limit: "1000.00"
        current_balance: "10.00"
        date_opened: 2020-01-01
        days_past_due: 95
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
examples:
  - {name: Late, profile: card, expect: {responses: [seal], parameters: {lower.months: 6}}}
  - name: Not so late
    profile: card
    change: {"accounts[0].days_past_due": 40}
    expect: {not_fired: [overdue]}
  - name: Strict
    profile: card
    with_profile: strict
    change: {"accounts[0].days_past_due": 40}
    expect: {fired: [overdue]}
"""


def written(root: Path, name: str = "cards") -> Path:
    """The policy's folder, below a folder of rules."""
    folder = root / name
    for file, text in {
        f"{name}/policy.yaml": POLICY,
        f"{name}/tables/terms.csv": TERMS,
        f"{name}/examples/cards.yaml": EXAMPLES,
        "facts/own.yaml": FACTS,
    }.items():
        target = root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    return folder
