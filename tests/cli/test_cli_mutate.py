"""`postloan mutate`: changes that no example notices, and those that may go unnoticed for a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run

POLICY = """\
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
  seal: {family: use, rank: 2}
rules:
  - {id: R-1, if: is_late, then: [seal]}
"""
EXAMPLES = """\
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
REASON = """\
- subject: the parameter `late`
  change: "`30` became `29`"
  reason: The day before is left to the reader
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("policy.yaml", POLICY), ("examples/some.yaml", EXAMPLES)):
        file = tmp_path / "small" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Path("small")


def left_open(rules: Path, text: str) -> None:
    (rules / "analysis").mkdir()
    (rules / "analysis" / "mutations.yaml").write_text(text, encoding="utf-8")


def test_what_no_example_notices_is_told_with_its_place(run: Run, rules: Path) -> None:
    result = run("mutate", rules)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "4 changes to small: 3 noticed by an example, 1 unnoticed",
        "  small/policy.yaml:7:3: the parameter `late`: `30` became `29`",
    ]


def test_a_reason_lets_a_change_go_unnoticed(run: Run, rules: Path) -> None:
    left_open(rules, REASON)
    result = run("mutate", rules)
    assert result.exit_code == 0
    assert result.stdout == (
        "4 changes to small: 3 noticed by an example, 1 unnoticed for a stated reason, 0 unnoticed\n"
    )


def test_a_reason_for_what_is_noticed_is_a_problem(run: Run, rules: Path) -> None:
    left_open(rules, REASON + REASON.replace("`29`", "`31`"))
    result = run("mutate", rules)
    assert result.exit_code == 1
    assert "small/analysis/mutations.yaml:5:11: error PR0613: the parameter `late`" in result.stdout


def test_a_reason_for_what_is_not_there_is_a_problem(run: Run, rules: Path) -> None:
    left_open(rules, REASON + REASON.replace("`29`", "`28`") + REASON.replace("`late`", "`lat`"))
    result = run("mutate", rules)
    assert result.exit_code == 1
    assert result.stdout.count("error PR0612") == 2
    assert "help: did you mean: the parameter `late`" in result.stdout


def test_a_reason_given_twice_is_a_problem(run: Run, rules: Path) -> None:
    left_open(rules, REASON + REASON)
    result = run("mutate", rules)
    assert result.exit_code == 1
    assert "error PR0614: this change of the parameter `late` is given twice" in result.output


def test_only_some_changes_are_tried(run: Run, rules: Path) -> None:
    left_open(rules, REASON)
    result = run("mutate", rules, "--only", "r-1")
    assert result.exit_code == 0
    assert result.stdout == "1 change to small: 1 noticed by an example, 0 unnoticed\n"


def test_verdicts_as_json(run: Run, rules: Path) -> None:
    left_open(rules, REASON)
    found = json.loads(run("mutate", rules, "--format", "json").stdout)
    assert (found["changes"], found["noticed"], found["unnoticed"]) == (4, 3, 0)
    assert found["verdicts"][1] == {
        "subject": "the parameter `late`",
        "change": "`30` became `29`",
        "file": "small/policy.yaml",
        "line": 7,
        "column": 3,
        "noticed_by": None,
        "reason": "The day before is left to the reader",
    }
    assert found["verdicts"][0]["noticed_by"] == "On the day"
