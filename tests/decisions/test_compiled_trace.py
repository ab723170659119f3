"""A trace made of side tables is the evaluator's: every step, with its value, its place, its type and its node."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import account, customer, event, policy
from decisions.test_any_snapshot import fitting
from decisions.test_compiled import NAMES, RULES, _customers, _made_up
from postloan_rules.analysis.examples import load_examples
from postloan_rules.decisions.trace import Step, Trace, TriggerTrace, trace
from postloan_rules.expressions import text_of
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    import postloan_rules as plr


def _pieces(each: TriggerTrace) -> list[tuple[str, list[str], list[Step]]]:
    return [
        (
            language,
            [piece for piece in pieces if isinstance(piece, str)],
            [piece for piece in pieces if isinstance(piece, Step)],
        )
        for language, pieces in each.said.items()
    ]


@define
class _Comparing:
    """Compares steps, each once: a fact's step is the same one wherever it stands, on both sides."""

    seen: dict[int, int] = field(factory=dict)

    def steps(self, ours: Iterable[Step], theirs: Iterable[Step]) -> None:
        for one, other in zip(ours, theirs, strict=True):
            if id(one) in self.seen:
                assert self.seen[id(one)] == id(other)
                continue
            self.seen[id(one)] = id(other)
            assert (one.kind, one.text, one.record_id) == (other.kind, other.text, other.record_id)
            assert (type(one.value), one.value) == (type(other.value), other.value)
            assert text_of(one.value) == text_of(other.value)
            assert (one.span, one.type) == (other.span, other.type)
            assert one.node is other.node
            self.steps(one.parts, other.parts)


def same_trace(rules: plr.RuleSet, snapshot: plr.Snapshot) -> Trace:
    """The trace, once both ways of making it have given the same."""
    found, judged = rules.decide(snapshot).trace, trace(rules.policy, snapshot)
    comparing = _Comparing()
    for ours, theirs in zip(found.triggers, judged.triggers, strict=True):
        assert evolve(ours, step=theirs.step) == theirs
        assert ours.span == theirs.span
        comparing.steps([ours.step], [theirs.step])
        for one, other in zip(_pieces(ours), _pieces(theirs), strict=True):
            assert one[:2] == other[:2]
            comparing.steps(one[2], other[2])
    comparing = _Comparing()
    for rule, judged_rule in zip(found.rules, judged.rules, strict=True):
        assert evolve(rule, step=judged_rule.step) == judged_rule
        assert rule.span == judged_rule.span
        comparing.steps([rule.step], [judged_rule.step])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_example_that_ships(name: str) -> None:
    for each in load_examples(SHIPPED / name, RULES[name].policy)[::4]:
        same_trace(RULES[name], each.snapshot)


@pytest.mark.parametrize("name", NAMES)
def test_made_up_customers(name: str) -> None:
    for snapshot in sample(20, seed=12):
        same_trace(RULES[name], snapshot)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10)
@given(data=st.data())
def test_any_snapshot(name: str, data: st.DataObject) -> None:
    same_trace(RULES[name], data.draw(fitting(RULES[name])))


@settings(max_examples=100)
@given(seed=st.integers(0, 11), count=st.sampled_from([4, 60]), snapshot=_customers())
def test_random_policies(seed: int, count: int, snapshot: plr.Snapshot) -> None:
    same_trace(_made_up(seed, count), snapshot)


# What is looked at

_FORMS = policy(
    """
    inputs: {used: {type: ratio}, calm: {type: boolean}}
    parameters: {far: {type: days, value: 30}}
    facts:
      late: {type: days, is: account.days_past_due}
      owed: {type: money, is: sum(accounts.current_balance)}
      owes: {type: boolean, is: owed > 100 and account.current_balance > 0}
      least: {type: money, is: "if calm then account.current_balance else account.credit_limit"}
      cards: {type: number, is: 'count(accounts[product = "credit_card" and credit_limit > account.current_balance])'}
      unread: {type: number, is: count(events)}
    triggers:
      long: {kind: condition, when: "late >= far and not(calm or used > 0.5)", if_unknown: ignore}
      again: {kind: condition, when: "long and late < 90 and calm != null", if_unknown: fire}
      full: {kind: condition, when: "account.current_balance > account.credit_limit or least > 10 or cards > 1", if_unknown: refer}
      either: {kind: condition, when: {any: [owes, "used in (0.5, account.apr_cash)"], none: ["(if calm then late else account.days_past_due) > 3"]}, if_unknown: ignore}
      some_late: {kind: condition, when: "some a in accounts satisfies a.days_past_due > late"}
      cash: {kind: event, event: cash_withdrawal, when: "event.amount > owed or long", if_unknown: ignore, because: {en: "{owed} {unread} {account.account_id}"}}
    responses: {seal: {family: line, rank: 1}}
    rules:
      - {id: R1, if: {all: [long, {any: [full, either]}], none: [cash]}, then: [seal]}
      - {id: R2, if: {any: [again, some_late]}, then: [seal]}
    """,
    subject=True,
)


@settings(max_examples=150)
@given(data=st.data())
def test_all_forms_of_conditions_for_each_account(data: st.DataObject) -> None:
    def known(**options: list[object]) -> dict[str, object]:
        drawn = {name: data.draw(st.sampled_from([None, *values])) for name, values in options.items()}
        return {name: value for name, value in drawn.items() if value is not None}

    cards = [
        account(
            name,
            **known(
                days_past_due=[0, 30, 31, 90],
                current_balance=["0", "10", "101.00"],
                credit_limit=["10", "100.00"],
                apr_cash=["0.5", "0.20"],
            ),
        )
        for name in data.draw(st.sampled_from(["", "A", "AB"]))
    ]
    events = [event("cash_withdrawal", "2026-11-20", "E1", **known(amount=["5", "200"]))]
    attributes = known(used=["0.5", "0.50", "0.6"], calm=[True, False])
    same_trace(_FORMS, customer(*cards, attributes=attributes, events=events))


def test_what_an_and_does_not_look_at_is_not_in_the_trace() -> None:
    rules = policy(
        """
        inputs: {used: {type: ratio, required: true}, late: {type: days, required: true}}
        triggers: {full: {kind: condition, when: "used > 0.9 and late > 3"}}
        responses: {seal: {family: line, rank: 1}}
        rules: [{id: R1, if: full, then: [seal]}]
        """
    )
    found = same_trace(rules, customer(attributes={"used": "0.9", "late": 9}))
    assert [each.text for each in found.trigger("full").step.walk()] == [
        "used > 0.9 and late > 3",
        "used > 0.9",
        "used",
    ]


def test_a_trace_is_copied_pickled_and_read_by_many_threads() -> None:
    snapshot = next(iter(sample(1, seed=5)))
    judged = trace(RULES["credit_card"].policy, snapshot)
    made = RULES["credit_card"].decide(snapshot).trace
    assert copy.copy(made) == judged
    assert repr(made) == repr(judged)
    shared = RULES["credit_card"].decide(snapshot).trace
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: shared == judged, range(16))) == {True}
    with pytest.raises(AttributeError):
        _ = getattr(made, "colour")  # noqa: B009 - so that the type checker lets it pass
