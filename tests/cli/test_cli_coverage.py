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


def test_missing_examples_are_written_once_and_count_when_they_are_confirmed(run: Run, rules: Path) -> None:
    file = rules / "examples" / "missing.yaml"
    result = run("coverage", rules, "--write-missing", file)
    assert result.exit_code == 0
    assert "missing.yaml has 3 new examples, to be confirmed" in result.stdout
    text = file.read_text(encoding="utf-8")
    assert '- name: "is_late at its limit: days past due 30"' in text
    assert run("test", rules).exit_code == 1
    assert run("coverage", rules, "--fail-under", "100").exit_code == 1
    assert "not counted: 3 examples to be confirmed" in run("coverage", rules).stdout
    assert run("coverage", rules, "--fail-under", "100", "--with-unconfirmed").exit_code == 0
    file.write_text(text.replace("    confirmed: false\n", ""), encoding="utf-8")
    assert run("test", rules).exit_code == 0
    assert run("coverage", rules, "--boundaries", "--fail-under", "100").exit_code == 0
    again = run("coverage", rules, "--write-missing", rules / "examples" / "more.yaml")
    assert "nothing is missing: no file is written" in again.stdout
    assert not (rules / "examples" / "more.yaml").exists()


def test_a_file_that_is_there_is_left_as_it_is(run: Run, rules: Path) -> None:
    file = rules / "examples" / "some.yaml"
    result = run("coverage", rules, "--write-missing", file)
    assert (result.exit_code, file.read_text(encoding="utf-8")) == (2, EXAMPLES)
    assert "is there already and is left as it is: name a new file" in result.stderr
    assert "end in .yaml" in run("coverage", rules, "--write-missing", rules / "more.txt").stderr
    assert "part of the policy" in run("coverage", rules, "--write-missing", rules / "more.yaml").stderr
    assert "make it first" in run("coverage", rules, "--write-missing", rules / "no" / "more.yaml").stderr


def test_what_is_made_is_told_to_programs_too(run: Run, rules: Path) -> None:
    file = rules / "analysis" / "missing.yaml"
    result = run("coverage", rules, "--write-missing", file, "--format", "json", "--seconds", "60")
    made = json.loads(result.stdout)["made"]
    assert next(each["name"] for each in made["examples"]) == "is_late at its limit: days past due 30"
    assert made["impossible"] == made["not_found"] == made["not_tried"] == []
    told = run("coverage", rules, "--write-missing", rules / "analysis" / "other.yaml").stdout
    assert "where `postloan test` looks" in told


def test_what_can_not_be_is_told_with_its_place(run: Run, rules: Path) -> None:
    text = POLICY.replace("account.days_past_due >= 30", "account.days_past_due < 0")
    (rules / "policy.yaml").write_text(text, encoding="utf-8")
    result = run("coverage", rules, "--write-missing", rules / "examples" / "more.yaml")
    assert "no customer can show this, which is proved: 3" in result.stdout
    assert "policy.yaml:7:36: the trigger `is_late`: `account.days_past_due < 0` is true" in result.stdout
