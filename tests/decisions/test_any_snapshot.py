"""`decide` gives a decision for every valid snapshot, and its trace agrees with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from postloan_rules.expressions import BOOLEAN, DATE, STRING, EnumType
from strategies.snapshots import snapshot_data

if TYPE_CHECKING:
    from postloan_rules.policy.model import Input

RULES = {name: plr.shipped(name) for name in ("credit_card", "personal_loan")}


def given_for(each: Input) -> st.SearchStrategy[Any]:
    """What a service may pass for an input, unknown included."""
    if isinstance(each.type, EnumType):
        known: st.SearchStrategy[Any] = st.sampled_from(each.type.members)
    elif each.type == BOOLEAN:
        known = st.booleans()
    elif each.type == DATE:
        known = st.sampled_from(["2026-11-30", "2025-02-28"])
    elif each.type == STRING:
        known = st.sampled_from(["", "x", "A-1"])
    else:
        known = st.sampled_from([0, 1, 2, 3, 12, 100, "1000000"])
    return known if each.required else st.none() | known


@st.composite
def fitting(draw: st.DrawFn, rules: plr.RuleSet) -> plr.Snapshot:
    data = draw(snapshot_data(("CNY",)))
    inputs = {each.name: given_for(each) for each in rules.policy.inputs}
    return plr.Snapshot.from_dict({**data, "attributes": draw(st.fixed_dictionaries(inputs))})


@pytest.mark.parametrize("name", sorted(RULES))
@settings(max_examples=60)
@given(data=st.data())
def test_every_valid_snapshot_is_decided(name: str, data: st.DataObject) -> None:
    rules = RULES[name]
    snapshot = data.draw(fitting(rules))
    decision = rules.decide(snapshot)
    assert decision.to_json() == rules.decide(snapshot).to_json()
    states = {(each.trigger, each.account_id): each.state for each in decision.triggers}
    assert {(each.trigger, each.account_id): each.state for each in decision.trace.triggers} == states
