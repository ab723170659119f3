"""`postloan coverage`: the share that examples show, and what is left open with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

POLICY = """\
ruleset: small
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
triggers:
  is_late: {kind: condition, when: account.days_past_due >= 30}
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
  - {name: In time, profile: card, expect: {responses: []}}
"""
REASONS = """\
- {subject: the rule `R-1`, goal: is true, reason: Nobody is ever late}
- {subject: the trigger `is_late`, goal: "`account.days_past_due >= 30` is true", reason: Nobody is ever late}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "analysis").mkdir()
    (tmp_path / "examples").mkdir()
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "examples" / "some.yaml").write_text(EXAMPLES, encoding="utf-8")
    return tmp_path


def test_what_is_missing_is_told_and_fails(run: Run, rules: Path) -> None:
    result = run("coverage", rules, "--fail-under", "100")
    assert result.exit_code == 1
    assert "not shown by any example: 2" in result.stdout
    assert run("coverage", rules, "--fail-under", "50").exit_code == 0


def test_what_is_left_open_with_a_reason_does_not_fail(run: Run, rules: Path) -> None:
    (rules / "analysis" / "coverage.yaml").write_text(REASONS, encoding="utf-8")
    result = run("coverage", rules, "--fail-under", "100")
    assert result.exit_code == 0
    assert "left open for a stated reason: 2" in result.stdout
    assert "not shown" not in result.stdout
    goals = json.loads(run("coverage", rules, "--format", "json").stdout)["goals"]
    assert [goal["reason"] for goal in goals if goal["example"] is None] == ["Nobody is ever late"] * 2


def test_a_reason_for_what_is_shown_is_a_problem(run: Run, rules: Path) -> None:
    text = REASONS.replace("goal: is true", "goal: is false")
    (rules / "analysis" / "coverage.yaml").write_text(text, encoding="utf-8")
    result = run("coverage", rules)
    assert result.exit_code == 1
    assert "error PR0613: the rule `R-1`: is false: nothing is left open here" in result.stdout
