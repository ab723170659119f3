"""The influence map: exact on small policies, and never too small on the ones that ship."""

from __future__ import annotations

import copy
import random
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import codes, policy
from postloan_rules.analysis import load_examples
from postloan_rules.analysis.influence import Influences, canonical, influence_of
from postloan_rules.analysis.reads import Record, below, order
from postloan_rules.expressions import BOOLEAN, DATE, STRING, EnumType
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.order import Ordered
from strategies.snapshots import snapshot_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.policy.model import Input
    from postloan_rules.snapshot.catalogue import FieldInfo

RULES = {name: plr.shipped(name) for name in ("credit_card", "personal_loan")}
MAPS = {name: influence_of(rules.policy) for name, rules in RULES.items()}
ROOT = Path(__file__).parents[2]
AS_OF = date(2026, 11, 30)

ALWAYS = {"as_of", "reviews", "reviews[].responses", "reviews[].responses[].response"}
ALWAYS |= {"reviews[].responses[].cool_down_until"}
"""A response rests as long as the last review says."""


# Small policies


def fields(body: str, response: str = "act", *, subject: bool = False) -> set[str]:
    """What can change a response, without what can change any."""
    found = influence_of(policy(body, subject=subject).policy).responses[response]
    return set(found.fields) - ALWAYS


def by_condition(when: str) -> str:
    """A policy with one condition, which says what an unknown does where it can be unknown."""
    body = f"""\
triggers:
  seen: {{kind: condition, when: '{when}', if_unknown: ignore}}
responses:
  act: {{family: f, rank: 10}}
rules:
  - {{id: R, if: seen, then: [act]}}
"""
    return body.replace(", if_unknown: ignore", "") if codes(body) == ["PR0336"] else body


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("customer.monthly_income > 100", {"customer.monthly_income"}),
        (
            "count(bureau.inquiries[hard]) > 2",
            {"bureau", "bureau.pulled_on", "bureau.source", "bureau.inquiries", "bureau.inquiries[].hard"},
        ),
        (
            "some a in accounts satisfies a.days_past_due > 0",
            {"accounts", "accounts[].days_past_due"},
        ),
        (
            "some a in accounts, s in a.statements satisfies s.fees > 0",
            {"accounts", "accounts[].statements", "accounts[].statements[].fees"},
        ),
        ("sum(accounts.current_balance) > 5", {"accounts", "accounts[].current_balance"}),
        (
            "accounts[-1].days_past_due > 0",
            {"accounts", "accounts[].days_past_due", "accounts[].date_opened", "accounts[].account_id"},
        ),
        (
            'count(accounts[product = "mortgage" and item.credit_limit > 0]) > 0',
            {"accounts", "accounts[].product", "accounts[].credit_limit"},
        ),
        (
            "count(accounts[count(statements[fees > 0]) > 1].statements) > 1",
            {"accounts", "accounts[].statements", "accounts[].statements[].fees"},
        ),
        (
            "count(accounts[days_past_due > 0][1].statements) > 1",
            {
                "accounts",
                "accounts[].days_past_due",
                "accounts[].statements",
                "accounts[].date_opened",
                "accounts[].account_id",
            },
        ),
        ("bureau = null", {"bureau", "bureau.pulled_on", "bureau.source"}),
        ('jurisdiction in ("CN", "UK")', {"jurisdiction"}),
        (
            'if jurisdiction = "CN" then customer.vulnerable else false',
            {"jurisdiction", "customer.vulnerable"},
        ),
        ('as_of > @"2026-12-01"', set()),
        (
            "late_months(accounts[1], 3) > 1",
            {
                "accounts",
                "accounts[].date_opened",
                "accounts[].account_id",
                "accounts[].statements",
                "accounts[].statements[].cycle_end",
                "accounts[].statements[].days_past_due_at_close",
            },
        ),
    ],
)
def test_only_the_fields_that_a_condition_reads(when: str, expected: set[str]) -> None:
    assert fields(by_condition(when)) == expected


def test_records_that_are_compared_as_a_whole_are_read_as_a_whole() -> None:
    found = fields(by_condition("count(distinct values(events)) > 1"))
    assert found >= {f"events[].{each.name}" for each in catalogue.records()["Event"].fields}
    whole = fields(by_condition("customer = customer"))
    assert "customer.protected.sex" in whole


def test_through_facts_tables_scorecards_and_inputs() -> None:
    body = """\
    inputs:
      branch: {type: string}
    parameters:
      cut: {type: number, value: 3}
    facts:
      late: {type: days, is: max(accounts.days_past_due)}
      unused: customer.vulnerable
      band: {table: bands, output: band}
    tables:
      bands:
        hit: first
        inputs: [late, branch]
        output: {band: string, other: string}
        rows:
          - ["> 30", "-", '"a"', 'if customer.vulnerable then "x" else "y"']
          - ["-", "? = jurisdiction", '"b"', '"c"']
    scorecards:
      card:
        base: 0
        lost: points_below
        characteristics:
          income: {is: customer.monthly_income, reason: income_insufficient, baseline: 10, unknown: 0, points: [["> 100", 10], ["-", 0]]}
    triggers:
      seen: {kind: condition, when: band = "a", if_unknown: ignore}
      scored: {kind: condition, when: card < cut}
    responses:
      act: {family: f, rank: 10}
      score: {family: g, rank: 10, adverse: true, reasons: [poor_performance_with_us], reasons_from: card}
    rules:
      - {id: R, if: seen, then: [act]}
      - {id: S, if: scored, then: [score]}
    """
    found = influence_of(policy(body).policy)
    assert set(found.responses["act"].fields) - ALWAYS == {
        "accounts",
        "accounts[].days_past_due",
        "attributes.branch",
        "jurisdiction",
    }
    assert found.responses["act"].fields["accounts[].days_past_due"] == (
        "fact late",
        "table bands",
        "fact band",
        "trigger seen",
        "rule R",
    )
    assert set(found.responses["score"].fields) - ALWAYS == {"customer.monthly_income"}
    assert set(found.responses["score"].reasons) == {"customer.monthly_income"}
    assert "customer.vulnerable" not in found.next_review


def test_a_response_hangs_on_those_that_outrank_it_and_not_on_those_below() -> None:
    body = """\
    triggers:
      low: {kind: condition, when: count(complaints) > 0}
      high: {kind: condition, when: count(events) > 0}
    responses:
      act: {family: f, rank: 10}
      more: {family: f, rank: 20, parameters: {x: {type: number, is: count(bureau_reports)}}}
    rules:
      - {id: R, if: low, then: [act]}
      - {id: S, if: high, then: [more]}
    """
    assert fields(body) == {"complaints", "events"}
    # What has an unknown parameter is still the one that was chosen in its family.
    assert fields(body, "more") == {"events", "bureau_reports"}


def test_cool_downs_constraints_and_referrals() -> None:
    body = """\
    parameters: {pause: {type: days, value: 30}}
    triggers:
      low: {kind: condition, when: count(complaints) > 0}
      high: {kind: condition, when: count(events) > 0}
      asked: {kind: condition, when: customer.vulnerable, if_unknown: refer}
    responses:
      act: {family: f, rank: 10, cool_down: pause}
      more: {family: g, rank: 20, parameters: {x: {type: number, is: count(bureau_reports)}}}
      alone: {family: h, rank: 1}
    rules:
      - {id: R, if: low, then: [act]}
      - {id: S, if: high, then: [more]}
      - {id: T, if: low, then: [alone]}
    constraints:
      - {id: K-1, never: [act, more]}
      - {id: K-2, that: more.x < count(accounts)}
    """
    assert fields(body) == {"complaints", "events", "bureau_reports", "reviews[].responses[].taken_on"}
    assert fields(body, "more") == {
        *("complaints", "events", "bureau_reports", "accounts", "reviews[].responses[].taken_on"),
    }
    assert fields(body, "alone") == {"complaints"}
    assert fields(body, "refer_to_officer") == {
        *("events", "bureau_reports", "accounts", "customer.vulnerable"),
    }


def test_events_patterns_and_schedules_read_events_and_reviews() -> None:
    body = """\
    triggers:
      asked: {kind: event, event: limit_increase_requested, when: event.amount > 5, if_unknown: ignore}
      run: {kind: pattern, sequence: [cash_withdrawal, payment_missed], within: 30 days}
      due: {kind: schedule}
    responses:
      act: {family: f, rank: 10}
      watch: {family: g, rank: 10}
      look: {family: h, rank: 10}
    rules:
      - {id: R, if: asked, then: [act]}
      - {id: S, if: run, then: [watch]}
      - {id: T, if: due, then: [look]}
    schedule: {standard: 6 months}
    """
    last = {"reviews[].reviewed_on", "reviews[].id"}
    events = {f"events[].{name}" for name in ("type", "occurred_on", "recorded_on", "id")}
    new = {"events", *events, *last, "reviews[].considered_events"}
    assert fields(body) == {*new, "events[].amount"}
    assert fields(body, "watch") == {*new, "events[].occurred_at"}
    assert fields(body, "look") == {*last, "reviews[].next_due"}


def test_with_a_subject_the_account_and_what_makes_it_one() -> None:
    head = 'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: CNY\nsubject: {each: accounts, where: product = "credit_card"}\n'
    body = """\
triggers:
  late: {kind: condition, when: account.days_past_due > 0}
responses:
  act: {family: f, rank: 10}
rules:
  - {id: R, if: late, then: [act]}
"""
    found = influence_of(policy(body, head=head).policy).responses["act"].fields
    assert set(found) - ALWAYS == {
        *("accounts", "account.product", "account.account_id", "account.days_past_due"),
        "reviews[].responses[].account_id",
    }


def test_paths_of_the_subject_and_of_the_latest_report_lead_into_their_lists() -> None:
    assert canonical("account.days_past_due") == "accounts[].days_past_due"
    assert canonical("bureau.inquiries[].hard") == "bureau_reports[].inquiries[].hard"
    assert canonical("bureau") == "bureau_reports"
    assert canonical("customer.vulnerable") == "customer.vulnerable"


# What puts records in order


def kinds_of_lists() -> list[tuple[str, str]]:
    return [
        (name, each.record)
        for name, info in catalogue.records().items()
        for each in info.fields
        if each.many and each.record
    ]


@pytest.mark.parametrize("kind", sorted({kind for _, kind in kinds_of_lists()}))
@settings(max_examples=30)
@given(data=st.data())
def test_the_order_of_records_hangs_on_the_fields_that_are_told(kind: str, data: st.DataObject) -> None:
    snapshot = data.draw(snapshot_data(("CNY",)).map(plr.Snapshot.from_dict))
    told = order(Record("x[]", kind))
    info = catalogue.records()[kind]
    for each in reached(snapshot):
        if isinstance(each, info.cls) and isinstance(each, Ordered):
            for item in info.fields:
                if f"x[].{item.name}" not in told and item.optional:
                    changed: object = without(each, item.name)
                    assert isinstance(changed, Ordered)
                    assert changed.order() == each.order()


def reached(value: object) -> Iterator[object]:
    """A record and every record in it."""
    if isinstance(value, tuple):
        for each in value:
            yield from reached(each)
    elif attrs.has(type(value)):
        yield value
        kind: Any = type(value)
        for item in attrs.fields(kind):
            yield from reached(getattr(value, item.name))


def without(each: object, name: str) -> object:
    """The record with a field unknown."""
    record: Any = each
    return attrs.evolve(record, **{name: None})


# The policies that ship: what is outside of a response's influence never changes it


def all_fields() -> dict[str, FieldInfo]:
    """Every field of the snapshot by its path."""
    found: dict[str, FieldInfo] = {}

    def walk(path: str, kind: str) -> None:
        for each in catalogue.records()[kind].fields:
            name = f"{path}.{each.name}".lstrip(".")
            found[name] = each
            if each.record is not None:
                walk(name + ("[]" if each.many else ""), each.record)

    walk("", "Snapshot")
    return {path: each for path, each in found.items() if path not in ("as_of", "currency")}


FIELDS = all_fields()


def holders(data: Any, path: str) -> list[dict[str, Any]]:  # noqa: ANN401 - decoded JSON
    """The records of a snapshot in which the last field of a path stands."""
    found = [data]
    *outer, _ = path.split(".")
    for step in outer:
        name = step.removesuffix("[]")
        inner = [each[name] for each in found if each.get(name) is not None]
        found = [part for each in inner for part in each] if step.endswith("[]") else inner
    return found


def other_value(item: FieldInfo, choose: random.Random) -> object:
    match item.kind:
        case "money":
            return str(choose.choice([0, 1, 100, 999, 5000, 123456]))
        case "rate" | "ratio":
            return choose.choice(["0", "0.05", "0.3"])
        case "days" | "months" | "count" | "number":
            return choose.choice([0, 1, 3, 31, 61, 95, 181, 650])
        case "date":
            return (AS_OF - timedelta(days=choose.choice([0, 1, 20, 80, 200, 400, 700]))).isoformat()
        case "boolean":
            return choose.random() < 0.5
        case "enumeration":
            return choose.choice(item.members)
        case "string":
            return choose.choice(["A-1", "A-2", "x", "seal_card", "R-1"])
        case _:
            return None


def change(data: dict[str, Any], path: str, choose: random.Random) -> None:
    """Change a field of one record, or of all records, or take it away."""
    item = FIELDS[path]
    found = holders(data, path)
    for record in found if choose.random() < 0.5 else found[:1]:
        if item.record is not None or (item.optional and choose.random() < 0.2):
            if item.many and not item.optional:
                record[item.name] = record.get(item.name, [])[1:]
            elif item.optional:
                record.pop(item.name, None)
        elif item.many:
            record[item.name] = [other_value(item, choose)]
        else:
            record[item.name] = other_value(item, choose)


def changed_outside(
    base: plr.Snapshot, rules: plr.RuleSet, inside: set[str], elsewhere: set[str], choose: random.Random
) -> tuple[plr.Snapshot, list[str]]:
    """The snapshot with many fields changed, none of them inside; those that count elsewhere come first."""
    data: dict[str, Any] = base.to_dict()
    snapshot, done = base, []
    outside = [path for path in FIELDS if path not in inside]
    inputs = [each for each in rules.policy.inputs if f"attributes.{each.name}" not in inside]
    outside.sort(key=lambda path: choose.random() + 0.8 * (path not in elsewhere))
    for path in outside[:25]:
        trial = copy.deepcopy(data)
        change(trial, path, choose)
        try:
            snapshot = plr.Snapshot.from_dict(trial)
        except plr.SnapshotInvalid:
            continue
        data = trial
        done.append(path)
    for each in inputs:
        if choose.random() < 0.5:
            data.setdefault("attributes", {})[each.name] = choose.choice(values_of(each))
            snapshot = plr.Snapshot.from_dict(data)
            done.append(f"attributes.{each.name}")
    return snapshot, done


def values_of(each: Input) -> list[Any]:
    if isinstance(each.type, EnumType):
        return list(each.type.members)
    if each.type == BOOLEAN:
        return [True, False]
    if each.type == DATE:
        return ["2026-11-30", "2025-02-28"]
    return ["x", "A-1"] if each.type == STRING else [0, 1, 3, 12, 1000]


def state(decision: plr.Decision, response: str) -> object:
    """All that a decision says of a response, or when to look again."""
    if response == "next review":
        return decision.next_review
    return [
        (each.account_id, dict(each.parameters), each.reasons)
        for each in decision.responses
        if each.response == response
    ]


def insides(found: Influences) -> dict[str, set[str]]:
    every = {name: set(map(canonical, each.all_fields())) for name, each in found.responses.items()}
    return {**every, "next review": set(map(canonical, found.next_review))}


def assert_unmoved(name: str, base: plr.Snapshot, choose: random.Random, count: int) -> None:
    rules = RULES[name]
    before = rules.decide(base)
    every = insides(MAPS[name])
    anywhere = set().union(*every.values())
    present = [each.response for each in before.responses]
    asked = choose.sample(sorted(every), count) + choose.sample(present, min(count, len(present)))
    for response in asked:
        snapshot, done = changed_outside(base, rules, every[response], anywhere, choose)
        assert state(rules.decide(snapshot), response) == state(before, response), (response, done)


@st.composite
def fitting(draw: st.DrawFn, rules: plr.RuleSet) -> plr.Snapshot:
    data = draw(snapshot_data(("CNY",)))
    inputs = {each.name: st.none() | st.sampled_from(values_of(each)) for each in rules.policy.inputs}
    return plr.Snapshot.from_dict({**data, "attributes": draw(st.fixed_dictionaries(inputs))})


@pytest.mark.parametrize("name", sorted(RULES))
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_outside_never_changes_a_response_of_a_random_customer(
    name: str, data: st.DataObject
) -> None:
    base = data.draw(fitting(RULES[name]))
    choose = random.Random(data.draw(st.integers(0, 10**6)))
    assert_unmoved(name, base, choose, 2)


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_is_outside_never_changes_a_response_of_the_policys_examples(name: str) -> None:
    choose = random.Random(name)
    examples = load_examples(ROOT / "rules" / name, RULES[name].policy)
    for example in choose.sample(examples, min(len(examples), 25)):
        assert_unmoved(name, example.snapshot, choose, 1)


def test_no_protected_field_has_any_influence_on_the_policies_that_ship() -> None:
    protected = set(below(Record("customer.protected", "Protected")))
    for found in MAPS.values():
        for each in found.responses.values():
            assert protected.isdisjoint(each.all_fields())
        assert protected.isdisjoint(found.next_review)


def test_every_path_is_one_of_the_snapshot_or_an_input() -> None:
    for name, found in MAPS.items():
        inputs = {f"attributes.{each.name}" for each in RULES[name].policy.inputs}
        for each in found.responses.values():
            assert set(map(canonical, each.all_fields())) <= {*FIELDS, *inputs, "as_of"}
