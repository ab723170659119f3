"""The shipped policies: their examples show everything that there is to show, and no finding stands open."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from postloan_rules.analysis import load_examples
from postloan_rules.analysis.coverage import cover
from postloan_rules.analysis.coverage_page import said
from postloan_rules.analysis.left_open import GOALS, load_left_open
from postloan_rules.cli import main
from postloan_rules.policy import load_policy

RULES = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_every_goal_is_shown_by_an_example(name: str) -> None:
    policy = load_policy(RULES / name)
    found = cover(policy, load_examples(RULES / name, policy))
    assert [said(goal) for goal in found.missing] == []
    assert load_left_open(RULES / name, GOALS) == ()


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_every_finding_is_explained(name: str) -> None:
    found = CliRunner().invoke(main, ["analyse", str(RULES / name), "--seconds", "600"])
    assert found.exit_code == 0, found.output
    assert "0 findings" in found.output
    assert "not looked at" not in found.output


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_every_change_by_one_step_is_noticed_or_explained(name: str) -> None:
    found = CliRunner().invoke(main, ["mutate", str(RULES / name)])
    assert found.exit_code == 0, found.output
    assert ", 0 unnoticed\n" in found.output
    assert "PR061" not in found.output
