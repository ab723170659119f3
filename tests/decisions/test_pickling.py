"""Rule sets and decisions go to other processes and come back the same."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from typing import TypeVar

import pytest

import postloan_rules as plr
from builders import customer, policy
from postloan_rules.expressions import FUNCTIONS
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.portfolio.sample import sample

NAMES = ("credit_card", "personal_loan")
RULES = {name: plr.shipped(name) for name in NAMES}
_T = TypeVar("_T")


def _there_and_back(given: _T) -> _T:
    found: _T = pickle.loads(pickle.dumps(given))  # noqa: S301 - made here
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_set_decides_the_same_once_unpickled(name: str) -> None:
    rules = RULES[name]
    snapshots = list(sample(3, seed=8))
    expected = [rules.decide(each).to_json() for each in snapshots]
    # After it has decided as well as before: generated code stays at home.
    for each in (rules, plr.RuleSet(rules.policy)):
        found = _there_and_back(each)
        assert found == rules
        assert found.fingerprint == rules.fingerprint
        assert [found.decide(one).to_json() for one in snapshots] == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_decision_explains_itself_once_unpickled(name: str) -> None:
    decision = RULES[name].decide(next(iter(sample(1, seed=9))))
    found = _there_and_back(decision)
    assert found == decision
    assert found.to_json() == decision.to_json()
    assert found.trace == decision.trace
    assert _there_and_back(decision.trace) == decision.trace


def test_tables_and_scorecards_go_along() -> None:
    rules = policy(
        """
        inputs: {late: {type: days, required: true}}
        tables:
          term: {hit: first, inputs: [late], output: {months: number}, rows: [["> 30", 60], ["-", 12]]}
        triggers: {long: {kind: condition, when: late > 3}}
        responses: {plan: {family: help, rank: 1, parameters: {months: {type: number, table: term}}}}
        rules: [{id: R1, if: long, then: [plan]}]
        """
    )
    snapshot = customer(attributes={"late": 31})
    assert _there_and_back(rules).decide(snapshot) == rules.decide(snapshot)


def test_functions_are_taken_by_name() -> None:
    for each in (FUNCTIONS, KNOWN_FUNCTIONS):
        assert _there_and_back(each) is each
        assert copy.deepcopy(each) is each


def test_processes_that_start_afresh_decide_the_same() -> None:
    rules = RULES["credit_card"]
    snapshots = list(sample(4, seed=10))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(rules.decide, snapshots)
    assert [each.to_json() for each in found] == [rules.decide(each).to_json() for each in snapshots]
    assert [each.trace for each in found] == [rules.decide(each).trace for each in snapshots]
