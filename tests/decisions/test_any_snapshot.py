"""`decide` gives a decision for every valid snapshot, and its trace agrees with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import postloan_rules as plr
from strategies.snapshots import snapshots

RULES = {name: plr.shipped(name) for name in ("credit_card", "personal_loan")}


@pytest.mark.parametrize("name", sorted(RULES))
@settings(max_examples=150)
@given(snapshot=snapshots())
def test_every_valid_snapshot_is_decided(name: str, snapshot: plr.Snapshot) -> None:
    rules = RULES[name]
    decision = rules.decide(snapshot)
    assert decision.to_json() == rules.decide(snapshot).to_json()
    states = {(each.trigger, each.account_id): each.state for each in decision.triggers}
    assert {(each.trigger, each.account_id): each.state for each in decision.trace.triggers} == states
