"""Small changes to a policy, and the examples that notice them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.mutation import mutate
from postloan_rules.analysis.mutations import mutants
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
ruleset: small
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
parameters:
  late: {type: days, value: 30}
triggers:
  is_late: {kind: condition, when: account.days_past_due >= late}
responses:
  warn: {family: use, rank: 1}
  seal: {family: use, rank: 2}
rules:
  - {id: R-1, if: is_late, then: [seal, warn]}
"""

EXAMPLES = """
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
  - {name: On the day, profile: card, change: {"accounts[0].days_past_due": 30}, expect: {responses: [seal]}}
"""

BEFORE = """
  - {name: The day before, profile: card, change: {"accounts[0].days_past_due": 29}, expect: {responses: []}}
"""


def written(folder: Path, examples: str) -> Path:
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "examples").mkdir()
    (folder / "examples" / "some.yaml").write_text(examples, encoding="utf-8")
    return folder


def test_every_part_is_changed_in_small_ways(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, EXAMPLES))
    assert [(each.owner, each.change) for each in mutants(policy)] == [
        ("the parameter `late`", "`30` became `31`"),
        ("the parameter `late`", "`30` became `29`"),
        ("the trigger `is_late`", "`>=` became `>` in `account.days_past_due >= late`"),
        ("the response `warn`", "`rank: 1` became 3, past the next in its family"),
        ("the rule `R-1`", "`seal` is left out"),
        ("the rule `R-1`", "`warn` is left out"),
        ("the rule `R-1`", "it is left out"),
    ]


def test_what_no_example_notices_is_told(tmp_path: Path) -> None:
    verdicts = list(mutate(written(tmp_path, EXAMPLES)))
    unnoticed = [(each.owner, each.change) for each in verdicts if each.noticed_by is None]
    assert unnoticed == [
        ("the parameter `late`", "`30` became `29`"),
        ("the rule `R-1`", "`warn` is left out"),
    ]


def test_an_example_at_the_other_side_of_the_threshold_notices(tmp_path: Path) -> None:
    verdicts = list(mutate(written(tmp_path, EXAMPLES + BEFORE)))
    moved = next(each for each in verdicts if each.change == "`30` became `29`")
    assert moved.noticed_by == "The day before"


def test_processes_share_the_work_and_keep_its_order(tmp_path: Path) -> None:
    folder = written(tmp_path, EXAMPLES)
    assert list(mutate(folder, processes=2)) == list(mutate(folder))
