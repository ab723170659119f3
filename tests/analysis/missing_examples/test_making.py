"""Examples that are made: they show what was missing, and the evaluator agrees with each."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from postloan_rules.analysis.coverage import Showing, cover
from postloan_rules.analysis.examples import load_examples, load_snapshots, run
from postloan_rules.analysis.missing_examples.making import Made, missing_examples
from postloan_rules.analysis.missing_examples.writing import as_yaml
from postloan_rules.decisions.decide import outcome
from postloan_rules.policy import load_policy
from postloan_rules.policy.formatting import formatted
from postloan_rules.problems import Source
from postloan_rules.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postloan_rules.policy import Policy

HEAD = """
ruleset: small
version: "1"
language: 1
currency: CNY
"""
CARD = """
snapshots:
  card:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C1, monthly_income: 9000}
    accounts:
      - {account_id: A1, product: credit_card, credit_limit: "10000", current_balance: "0", days_past_due: 0}
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
"""


def made_for(folder: Path, policy: str, examples: str = CARD) -> tuple[Policy, Made, str]:
    """What is made for a policy, and the file as it is written beside it, once confirmed."""
    (folder / "policy.yaml").write_text(HEAD + policy, encoding="utf-8")
    (folder / "examples").mkdir(exist_ok=True)
    if examples:
        (folder / "examples" / "some.yaml").write_text(examples, encoding="utf-8")
    loaded = load_policy(folder)
    before = load_examples(folder, loaded)
    made = missing_examples(loaded, before, load_snapshots(folder, loaded))
    text = as_yaml(made, loaded.id, [each.name for each in before])
    assert formatted(Source("made.yaml", text))[0] == text
    (folder / "examples" / "made.yaml").write_text(text, encoding="utf-8")
    return loaded, made, text


def check(folder: Path, policy: Policy, made: Made) -> None:
    """Each example loads, awaits confirmation, agrees, and shows its goals."""
    examples = {each.span.line: each for each in load_examples(folder, policy) if not each.confirmed}
    assert len(examples) == len(made.examples)
    showing = Showing(policy, boundaries=True)
    for example, written in zip((examples[line] for line in sorted(examples)), made.examples, strict=True):
        assert run(example).awaits, run(example).differences
        assert set(written.shows) <= set(showing.of(outcome(policy, example.snapshot))), example.name
    found = cover(policy, load_examples(folder, policy), boundaries=True)
    left = {*made.impossible, *(each.goal for each in made.not_found), *made.not_tried}
    assert set(found.missing) == left


EVERYTHING = """
effective: {from: 2026-01-01}
subject: {each: accounts, where: product = "credit_card"}
inputs:
  previous_income: {type: money}
parameters:
  late: {type: days, value: [{from: 2026-01-01, to: 2026-12-31, value: 60}, {from: 2027-01-01, value: 30}]}
  high: {type: ratio, value: 0.905}
facts:
  utilisation: {type: ratio, is: account.current_balance / account.credit_limit}
  income_drop: {type: ratio, is: (previous_income - customer.monthly_income) / previous_income}
  inquiries: {type: number, is: 'count(bureau.inquiries[hard and inquired_on > as_of - duration("P3M")])'}
  months: {type: number, table: term}
triggers:
  due: {kind: schedule}
  overdue: {kind: condition, when: account.days_past_due >= late}
  full: {kind: condition, when: utilisation >= high and customer.monthly_income < 5000, if_unknown: refer}
  many: {kind: condition, when: inquiries >= 3, if_unknown: ignore}
  cash: {kind: event, event: cash_withdrawal, when: event.amount >= 1000, if_unknown: ignore}
  in_turn: {kind: pattern, sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days}
  dark: {kind: condition, when: account.date_closed > account.date_opened + duration("P10D"), if_unknown: ignore}
responses:
  seal: {family: use, rank: 3, reasons: [delinquent_with_us], adverse: true}
  lower: {family: line, rank: 1, parameters: {new_limit: {type: money, is: 0.5 * account.credit_limit}}}
tables:
  term:
    hit: first
    inputs: [income_drop, account.days_past_due]
    output: {months: number}
    rows:
      - [">= 0.5", "-", "60"]
      - ["-", "[30..59]", "36"]
      - ["-", "-", "12"]
rules:
  - {id: R-1, if: {any: [overdue, many]}, then: [seal]}
  - {id: R-2, if: {all: [full], none: [cash]}, then: [lower]}
  - {id: R-3, if: in_turn, then: [lower]}
schedule:
  standard: 6 months
  adjust: [{if: full, every: 1 month}]
"""


def test_all_that_can_be_shown_is_shown(tmp_path: Path) -> None:
    policy, made, text = made_for(tmp_path, EVERYTHING)
    check(tmp_path, policy, made)
    assert [each.goal.text for each in made.not_found] == []
    assert (made.impossible, made.not_tried) == ((), ())
    assert len(made.examples) < 40
    for name in (
        "overdue one day under: days past due 59",
        "overdue at its limit: days past due 60",
        "full 0.001 over: utilisation 0.906",
        "many one over: inquiries 4",
        "cash 0.01 under: amount 999.99",
    ):
        assert f'- name: "{name}"' in text


def test_without_any_example_they_start_from_a_plain_customer(tmp_path: Path) -> None:
    policy, made, text = made_for(tmp_path, EVERYTHING, "")
    check(tmp_path, policy, made)
    assert "  plain_customer:\n" in text
    assert made.not_tried == ()


def test_the_same_policy_gives_the_same_file(tmp_path: Path) -> None:
    _, _, text = made_for(tmp_path, EVERYTHING)
    (tmp_path / "examples" / "made.yaml").unlink()
    assert made_for(tmp_path, EVERYTHING)[2] == text


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_step_of_money_is_the_smallest_coin(tmp_path: Path, currency: str) -> None:
    text = "triggers: {rich: {kind: condition, when: sum(accounts.current_balance) > 5000}}"
    card = CARD.replace("CNY", currency)
    (tmp_path / "policy.yaml").write_text(HEAD.replace("CNY", currency) + text, encoding="utf-8")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "some.yaml").write_text(card, encoding="utf-8")
    policy = load_policy(tmp_path)
    made = missing_examples(policy, (), load_snapshots(tmp_path, policy))
    balances = {each.found.snapshot.accounts[0].current_balance for each in made.examples}
    step = {"JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]
    assert {5000 + sign * step for sign in (-1, 0, 1)} <= balances


def test_two_accounts_are_named_apart(tmp_path: Path) -> None:
    other = '      - {account_id: A2, product: credit_card, current_balance: "5", days_past_due: 90}\n'
    card = CARD.replace("    bureau_reports", f"{other}    bureau_reports")
    policy, made, text = made_for(tmp_path, EVERYTHING, card)
    check(tmp_path, policy, made)
    assert "seal@A2" in text


CONDITIONS = (
    "flag",
    "not(flag)",
    "flag = null",
    'grade = "A"',
    'grade in ("B", "C")',
    "steps >= 2",
    "steps < 1",
    "steps between 1 and 2",
    "steps = 0",
)
"""Over inputs with few values, so that all customers can be tried."""


def finite(number: int) -> str:
    """A policy whose customers differ in three inputs alone; the same for the same number."""
    chance = Random(number)
    lines = [
        "inputs:",
        "  flag: {type: boolean}",
        "  grade: {type: [A, B, C]}",
        "  steps: {type: days}",
        "triggers:",
    ]
    for name in ("one", "two", "three"):
        parts = [f"'{each}'" for each in chance.sample(CONDITIONS, 3)]
        inner = f"{{{chance.choice(['any', 'all', 'none'])}: [{parts[1]}, {parts[2]}]}}"
        doubtful = "'customer.monthly_income >= 0'"
        mode, say = chance.choice(["any", "all"]), chance.choice(["ignore", "fire", "refer"])
        lines.append(
            f"  {name}: {{kind: condition, when: {{{mode}: [{parts[0]}, {inner}, {doubtful}]}}, if_unknown: {say}}}"
        )
    lines += [
        "responses: {seal: {family: use, rank: 1}, call: {family: use, rank: 2}}",
        "rules:",
        "  - {id: R-1, if: {all: [one, two]}, then: [seal]}",
        "  - {id: R-2, if: {any: [two, three], none: [one]}, then: [call]}",
    ]
    return "\n".join(lines)


def customers(steps: int) -> Iterator[Snapshot]:
    """All there are, with so many steps at most."""
    flags, grades, numbers = (None, True, False), (None, "A", "B", "C"), (None, *range(-1, steps))
    incomes = (None, "0", "0.01", "9000")
    for flag, grade, number, income in product(flags, grades, numbers, incomes):
        given = {"flag": flag, "grade": grade, "steps": number}
        customer = {"customer_id": "C1", **({"monthly_income": income} if income is not None else {})}
        yield Snapshot.from_dict(
            {
                "as_of": "2026-11-30",
                "currency": "CNY",
                "jurisdiction": "CN",
                "customer": customer,
                "accounts": [],
                "bureau_reports": [],
                "events": [],
                "complaints": [],
                "reviews": [],
                "attributes": {name: value for name, value in given.items() if value is not None},
            }
        )


@pytest.mark.parametrize("number", range(6))
def test_what_is_said_to_be_impossible_is_shown_by_none_of_all_customers(tmp_path: Path, number: int) -> None:
    policy, made, _ = made_for(tmp_path, finite(number))
    check(tmp_path, policy, made)
    showing = Showing(policy, boundaries=True)
    shown = {goal for each in customers(5) for goal in showing.of(outcome(policy, each))}
    assert not shown & set(made.impossible)
    assert {each.goal for each in made.not_found} == set()
    assert set(showing.goals) - shown == set(made.impossible)


def test_what_is_not_found_is_named_with_what_it_hangs_on(tmp_path: Path) -> None:
    text = "triggers: {odd: {kind: condition, when: string length(customer.customer_id) > 40}}"
    _, made, _ = made_for(tmp_path, text)
    assert [(each.goal.wanted, each.by) for each in made.not_found][:1] == [
        ("true", ("string length(customer.customer_id)",))
    ]


def test_no_time_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(HEAD + EVERYTHING, encoding="utf-8")
    policy = load_policy(tmp_path)
    made = missing_examples(policy, (), {}, time_left=lambda: False)
    assert made.examples == ()
    assert len(made.not_tried) > 50
