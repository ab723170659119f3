"""A compiled policy decides what the evaluator decides, byte for byte."""

from __future__ import annotations

import copy
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import account, customer, event, policy, review
from decisions.test_any_snapshot import fitting
from postloan_rules.analysis.examples import load_examples
from postloan_rules.decisions.compiled_ranges import FEWEST
from postloan_rules.decisions.decide import decide
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.sample import sample

NAMES = ("credit_card", "personal_loan")
RULES = {name: plr.shipped(name) for name in NAMES}


def same(rules: plr.RuleSet, snapshot: plr.Snapshot) -> plr.Decision:
    """The decision, once both ways of deciding have given the same."""
    found = rules.decide(snapshot)
    fired = found.fired()
    judged = decide(rules.policy, snapshot)
    assert found.to_json() == judged.to_json()
    assert fired == judged.fired()
    assert found == judged
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("profile", [None, "light", "strict"])
def test_every_example_that_ships(name: str, profile: str | None) -> None:
    rules = plr.shipped(name, profile=profile)
    examples = load_examples(SHIPPED / name, RULES[name].policy)
    for each in examples if profile is None else examples[::25]:
        same(rules, each.snapshot)


@pytest.mark.parametrize("name", NAMES)
def test_made_up_customers(name: str) -> None:
    for snapshot in sample(50, seed=11):
        same(RULES[name], snapshot)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(data=st.data())
def test_any_snapshot(name: str, data: st.DataObject) -> None:
    same(RULES[name], data.draw(fitting(RULES[name])))


# Random policies over inputs: conditions in any form, unknown anywhere, few of them and many

_INPUTS = """
effective: {from: 2020-01-01}
inputs:
  late: {type: days, required: true}
  used: {type: ratio}
  owed: {type: money}
  count: {type: number}
  watched: {type: boolean}
  calm: {type: boolean, required: true}
  work: {type: [employed, unemployed, student]}
  town: {type: string}
parameters:
  far: {type: days, value: [{from: 2020-01-01, value: 30}, {from: 2026-11-30, value: 31}]}
  near: {type: money, value: 100.50}
facts:
  twice: {type: money, is: 2 * owed}
  full: {type: boolean, is: used > 0.9 and owed > 0}
"""
_AT: dict[str, list[Any]] = {
    "late": [0, 29, 30, 31, 32, 60],
    "used": ["0", "0.89", "0.9", "0.90", "0.91", "1"],
    "owed": ["0", "100.49", "100.50", "100.51", 100, "201"],
    "count": [-1, 0, 1, 2, "1.5"],
    "watched": [True, False],
    "calm": [True, False],
    "work": ["employed", "unemployed", "student"],
    "town": ["", "north", '"'],
}


def _condition(chance: random.Random, depth: int = 2) -> str:
    pick = chance.choice
    if depth and chance.random() < 0.45:
        parts = [_condition(chance, depth - 1) for _ in range(pick((2, 2, 3)))]
        return pick(("({})", "not({})")).format(pick((" and ", " or ")).join(parts))
    sign = pick(("=", "!=", "<", "<=", ">", ">="))
    return pick(
        (
            f"late {sign} {pick((0, 30, 'far', 'far + 1'))}",
            f"used {sign} {pick(('0.9', '0.89', '1'))}",
            f"{pick(('0.9', '1'))} {sign} used",
            f"owed {sign} {pick(('near', '100', '2 * near', 'twice'))}",
            f"twice {sign} {pick(('near', '201'))}",
            f"late between {pick((29, 'far'))} and {pick((31, 60))}",
            f"count in [{pick((0, 1))}..{pick((1, 2))}{pick((']', ')'))}",
            f"count in ({pick(('1, 2', '< 1, > 1.5', '1.5'))})",
            f'work {pick(("=", "!="))} "{pick(("employed", "student"))}"',
            'work in ("employed", "student")',
            'town = "north"',
            "watched",
            "calm",
            "full",
            f"{pick(('used', 'owed', 'work', 'watched', 'count'))} {pick(('=', '!='))} null",
        )
    )


def _tree(chance: random.Random, names: list[str], depth: int = 2) -> str:
    if not depth or chance.random() < 0.5:
        return chance.choice(names)
    mode = chance.choice(("any", "all", "none"))
    parts = ", ".join(_tree(chance, names, depth - 1) for _ in range(chance.choice((1, 2, 3))))
    return f"{{{mode}: [{parts}]}}"


@cache
def _made_up(seed: int, count: int) -> plr.RuleSet:
    """A policy of random triggers and rules; `if_unknown` stands where the loader asks for it."""
    chance = random.Random(seed)
    names = [f"t{number}" for number in range(count)]
    conditions = [_condition(chance) for _ in names]
    unknown = [chance.choice(("ignore", "fire", "refer")) for _ in names]
    rules = [
        f"  - {{id: R{number}, if: {_tree(chance, names)}, then: [{chance.choice('abcd')}]}}"
        for number in range(count)
    ]
    asked: set[int] = set(range(count))
    while True:
        triggers = [
            f"  {name}: {{kind: condition, when: '{condition}'"
            + (f", if_unknown: {word}}}" if number in asked else "}")
            for number, (name, condition, word) in enumerate(zip(names, conditions, unknown, strict=True))
        ]
        body = "\n".join(
            [
                _INPUTS,
                "triggers:",
                *triggers,
                "responses:",
                "  a: {family: one, rank: 1, cool_down: 30 days}",
                "  b: {family: one, rank: 2, adverse: true, reasons: [delinquent_with_us]}",
                "  c: {family: two, rank: 1, parameters: {sum: {type: money, is: 'owed + near', round: {to: 10, mode: up}}}}",
                "  d: {family: three, rank: 9}",
                "rules:",
                *rules,
                "schedule: {standard: 6 months, adjust: [{if: t0, every: 1 month}, {if: {none: [t1]}, every: far}]}",
                "constraints: [{id: K1, never: [b, d]}, {id: K2, that: c.sum > 100}]",
            ]
        )
        try:
            return policy(body)
        except plr.RuleSetInvalid as error:
            needless = {
                int(name[1:])
                for problem in error.problems
                for name in names
                if problem.severity == "error"
                and f"`{name}`" in problem.message + problem.help
                and "if_unknown" in problem.message
            }
            if not needless & asked:
                raise
            asked -= needless


@st.composite
def _customers(draw: st.DrawFn) -> plr.Snapshot:
    attributes: dict[str, Any] = {}
    for name, known in _AT.items():
        options: st.SearchStrategy[Any] = st.sampled_from(known)
        given_value = draw(options if name in ("late", "calm") else st.none() | options)
        if given_value is not None or draw(st.booleans()):
            attributes[name] = given_value
    reviews = []
    if draw(st.booleans()):
        taken = [{"response": draw(st.sampled_from("abcd")), "taken_on": "2026-11-10"}]
        reviews = [review("2026-11-10", responses=taken)]
    day = draw(st.sampled_from(["2026-11-29", "2026-11-30"]))
    return customer(attributes=attributes, reviews=reviews, as_of=day)


@pytest.mark.parametrize("count", [4, FEWEST + 20])
@settings(max_examples=150)
@given(seed=st.integers(0, 11), snapshots=st.lists(_customers(), min_size=1, max_size=4))
def test_random_policies(count: int, seed: int, snapshots: list[plr.Snapshot]) -> None:
    rules = _made_up(seed, count)
    for each in snapshots:
        same(rules, each)


def test_many_conditions_are_looked_up_together() -> None:
    assert _made_up(0, FEWEST + 20)._compiled.program().indexes


# Each part of a policy

_TABLE = """
    inputs: {{used: {{type: ratio}}, late: {{type: days}}}}
    parameters: {{cut: {{type: days, value: 30}}}}
    tables:
      term:
        hit: {hit}
        inputs: [used, late]
        output: {{months: number}}
        rows: {rows}
    facts: {{months: {{type: {type}, table: term}}}}
    triggers: {{long: {{kind: condition, when: "{when}", if_unknown: ignore}}}}
    responses: {{plan: {{family: help, rank: 1, parameters: {{term: {{type: number, table: term}}}}}}}}
    rules: [{{id: R1, if: {{none: [long]}}, then: [plan]}}]
    """


@pytest.mark.parametrize("hit", ["unique", "first", "any", "priority", "collect sum", "collect max"])
def test_tables(hit: str) -> None:
    rows = '[[">= 0.5", "-", "60"], ["< 0.5", "[30..cut]", "36"], ["< 0.5", "? = null or ? < 30", "12"], ["-", "> 60", "6"]]'
    text = _TABLE.format(hit=hit, rows=rows, type="number", when="months > 12")
    if hit == "priority":
        text = text.replace("{months: number}", "{months: {type: number, values: [6, 12, 36, 60]}}")
    try:
        rules = policy(text)
    except plr.RuleSetInvalid:
        text = text.replace('["-", "> 60", "6"]', '["< 0.5", "> 60", "6"]')
        rules = policy(text)
    for used in (None, "0.49", "0.5", "0.51"):
        for late in (None, 0, 29, 30, 31, 60, 61):
            known = {"used": used, "late": late}
            same(rules, customer(attributes={name: each for name, each in known.items() if each is not None}))


def test_events_reviews_and_accounts() -> None:
    rules = policy(
        """
        triggers:
          due: {kind: schedule}
          cash: {kind: event, event: cash_withdrawal}
          much_cash: {kind: event, event: cash_withdrawal, when: event.amount > 100, if_unknown: refer}
          late: {kind: condition, when: account.days_past_due >= 30}
          any_late: {kind: condition, when: "count(accounts[days_past_due > 29]) > 0"}
          both: {kind: condition, when: "late and cash"}
        responses:
          seal: {family: line, rank: 9, cool_down: 10 days}
          lower: {family: line, rank: 1, parameters: {to: {type: money, is: account.current_balance}}}
          call: {family: contact, rank: 1, scope: customer}
        rules:
          - {id: R1, if: both, then: [seal]}
          - {id: R2, if: {any: [cash, late]}, then: [lower, call]}
          - {id: R3, if: {none: [any_late], all: [due]}, then: [call]}
        schedule: {standard: 6 months, adjust: [{if: late, every: 14 days}]}
        """,
        subject=True,
    )
    chance = random.Random(4)
    for _ in range(150):
        cards = [
            account(name, days_past_due=chance.choice((0, 29, 30))) for name in "AB"[: chance.randrange(3)]
        ]
        owners = [None, *(each["account_id"] for each in cards)]
        events = [
            event(
                "cash_withdrawal",
                f"2026-11-{chance.randrange(1, 30):02}",
                f"E{number}",
                account_id=chance.choice(owners),
                **({"amount": chance.choice(("99", "101"))} if chance.random() < 0.7 else {}),
            )
            for number in range(chance.randrange(4))
        ]
        reviews = [
            review(
                f"2026-11-{chance.randrange(1, 30):02}",
                f"R{number}",
                account_id=chance.choice(owners),
                considered_events=["E0", "E1"],
                responses=[
                    {"response": "seal", "taken_on": "2026-11-20", "account_id": chance.choice(owners)}
                ],
                **({"next_due": "2026-12-05"} if chance.random() < 0.5 else {}),
            )
            for number in range(chance.randrange(3))
        ]
        same(rules, customer(*cards, events=events, reviews=reviews))


def test_what_does_not_fit_is_refused_in_the_same_words() -> None:
    rules = _made_up(1, 4)
    good = {"late": 1, "calm": True}
    wrong: list[dict[str, Any]] = [
        {},
        {"late": 1},
        {**good, "late": "1.5"},
        {**good, "late": True},
        {**good, "calm": "true"},
        {**good, "used": "1e2"},
        {**good, "used": "１"},
        {**good, "work": "retired"},
        {**good, "owed": "9" * 35},
        {**good, "other": 1},
        {**good, "calm": None},
        {**good, "town": 3},
    ]
    for attributes in wrong:
        snapshot = customer(attributes=attributes)
        with pytest.raises(plr.SnapshotInvalid) as ours:
            rules.decide(snapshot)
        with pytest.raises(plr.SnapshotInvalid) as judged:
            decide(rules.policy, snapshot)
        assert ours.value.problems == judged.value.problems
    large = evolve(customer(attributes=good), attributes={**good, "late": 10**34})
    with pytest.raises(plr.SnapshotInvalid, match="PR0754"):
        rules.decide(large)
    same(rules, evolve(large, attributes={**good, "late": 10**34 - 1}))
    for text in ("-0", "0.0", "+1", "-5", "00.90", "9" * 34):
        used = customer(attributes={**good, "used": text})
        if text == "+1":
            with pytest.raises(plr.SnapshotInvalid):
                rules.decide(used)
        else:
            same(rules, used)
    with pytest.raises(plr.SnapshotInvalid, match="PR0750"):
        rules.decide(customer(attributes=good, currency="USD"))


# What a decision is


def _card() -> plr.Snapshot:
    return next(iter(sample(1, seed=5)))


def test_a_decision_is_equal_and_copied_as_before() -> None:
    rules, snapshot = RULES["credit_card"], _card()
    judged = decide(rules.policy, snapshot)
    made = copy.copy(rules.decide(snapshot))
    assert made == judged
    assert made.to_json() == judged.to_json()
    assert made.trace == judged.trace
    assert repr(rules.decide(snapshot)) == repr(judged)
    assert evolve(rules.decide(snapshot), customer_id="x") == evolve(judged, customer_id="x")
    assert rules.decide(snapshot) != evolve(judged, customer_id="x")
    with pytest.raises(AttributeError):
        rules.decide(snapshot).customer_id = "x"  # type: ignore[misc]  # what is tried
    with pytest.raises(AttributeError):
        _ = getattr(rules.decide(snapshot), "colour")  # noqa: B009 - so that the type checker lets it pass


def test_threads_share_a_rule_set_from_its_first_decision_on() -> None:
    snapshots = list(sample(24, seed=3))
    expected = [decide(RULES["credit_card"].policy, each).to_json() for each in snapshots]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            rules = plr.RuleSet(RULES["credit_card"].policy)
            start = threading.Barrier(8)

            def work(shift: int, rules: plr.RuleSet = rules, start: threading.Barrier = start) -> list[str]:
                start.wait()
                turned = [*snapshots[shift:], *snapshots[:shift]]
                found = [rules.decide(each).to_json() for each in turned]
                return [*found[len(found) - shift :], *found[: len(found) - shift]]

            with ThreadPoolExecutor(8) as pool:
                for found in pool.map(work, range(8)):
                    assert found == expected
    finally:
        sys.setswitchinterval(before)


def test_one_decision_is_read_by_many_threads() -> None:
    decision = RULES["credit_card"].decide(_card())
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: decision.to_json(), range(32)))) == 1
