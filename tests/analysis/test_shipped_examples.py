"""The examples of the shipped policies show everything that there is to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.analysis import load_examples
from postloan_rules.analysis.coverage import cover
from postloan_rules.analysis.coverage_page import said
from postloan_rules.analysis.left_open import GOALS, load_left_open
from postloan_rules.policy import load_policy

RULES = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_every_goal_is_shown_by_an_example(name: str) -> None:
    policy = load_policy(RULES / name)
    found = cover(policy, load_examples(RULES / name, policy))
    assert [said(goal) for goal in found.missing] == []
    assert load_left_open(RULES / name, GOALS) == ()
