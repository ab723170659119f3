from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.analysis import ExamplesInvalid, load_examples, run
from postloan_rules.policy import load_policy

POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
inputs:
  watch_list: {type: boolean}
  months_idle: {type: months}
parameters:
  late: {type: days, value: 90}
profiles:
  strict: {late: 30}
triggers:
  overdue: {kind: condition, when: account.days_past_due >= late}
  low_minimum: {kind: condition, when: "account.statements[-1].minimum_payment < 10", if_unknown: ignore}
  watched: {kind: condition, when: watch_list, if_unknown: ignore}
  idle: {kind: condition, when: months_idle >= 3, if_unknown: ignore}
  cash_drawn: {kind: event, event: cash_withdrawal}
responses:
  seal: {family: use, rank: 90, adverse: true, reasons: [delinquent_with_us]}
  block: {family: use, rank: 50}
  watch: {family: watch, rank: 1, parameters: {every: {type: months, is: 3}}}
rules:
  - {id: R-1, if: overdue, then: [seal, block]}
  - {id: R-2, if: {any: [watched, cash_drawn]}, then: [watch]}
schedule: {standard: 6 months}
""".replace("{every:", "{interval:")

SNAPSHOTS = """\
snapshots:
  two_cards:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C-1, monthly_income: 5000}
    accounts:
      - account_id: A-1
        product: credit_card
        current_balance: 1234.50
        days_past_due: 0
        statements:
          - {cycle_end: 2026-10-31, closing_balance: 7, minimum_payment: 20}
          - {cycle_end: 2026-11-30, closing_balance: 8, minimum_payment: 20}
      - {account_id: A-2, product: credit_card, current_balance: 1, days_past_due: 95}
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
"""


def folder(tmp_path: Path, *examples: str) -> Path:
    (tmp_path / "examples").mkdir()
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "examples" / "profiles.yaml").write_text(SNAPSHOTS, encoding="utf-8")
    text = "examples:\n" + "".join(f"  - {example}\n" for example in examples)
    (tmp_path / "examples" / "cases.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def differences(tmp_path: Path, example: str) -> list[str]:
    """What is not as the one example expects."""
    path = folder(tmp_path, example)
    (found,) = load_examples(path, load_policy(path))
    return [str(difference) for difference in run(found).differences]


def problems(tmp_path: Path, *examples: str) -> list[tuple[str, str, int, str]]:
    """What is wrong with the examples: code, message, line, help."""
    path = folder(tmp_path, *examples)
    with pytest.raises(ExamplesInvalid) as caught:
        load_examples(path, load_policy(path))
    return [
        (each.code, each.message, each.span.line if each.span else 0, each.help)
        for each in caught.value.problems
    ]


@pytest.mark.parametrize(
    "example",
    [
        "{name: n, profile: two_cards, expect: {fired: [overdue], responses: [seal], withheld: [block]}}",
        "{name: n, profile: two_cards, expect: {fired: [overdue@A-2], not_fired: [overdue@A-1]}}",
        "{name: n, profile: two_cards, expect: {unknown: [watched, low_minimum@A-2], reasons: [delinquent_with_us]}}",
        "{name: n, profile: two_cards, change: {'accounts[1].days_past_due': 89}, expect: {not_fired: [overdue]}}",
        "{name: n, profile: two_cards, change: {'accounts[-1].days_past_due': 0}, expect: {responses: []}}",
        (
            "{name: n, profile: two_cards, change: {'accounts[0].statements[-1].minimum_payment': 9.99}, expect: "
            "{fired: [low_minimum@A-1]}}"
        ),
        (
            "{name: n, profile: two_cards, remove: ['accounts[0].statements[-1].minimum_payment'], expect: "
            "{unknown: [low_minimum@A-1]}}"
        ),
        (
            "{name: n, profile: two_cards, change: {'accounts[0].statements[0].minimum_payment': null}, expect: "
            "{not_fired: [low_minimum@A-1]}}"
        ),
        "{name: n, profile: two_cards, remove: ['accounts[1]'], expect: {responses: [], reasons: []}}",
        (
            "{name: n, profile: two_cards, change: {attributes.watch_list: true, attributes.months_idle: 3}, "
            "expect: {fired: [watched, idle], parameters: {watch.interval: 3}}}"
        ),
        (
            "{name: n, profile: two_cards, add: {events: [{id: E-1, type: cash_withdrawal, occurred_on: 2026-11-02}]}, "
            "expect: {fired: [cash_drawn], next_review: 2027-05-30}}"
        ),
        (
            "{name: n, profile: two_cards, with_profile: strict, change: {'accounts[0].days_past_due': 30}, "
            "expect: {fired: [overdue@A-1]}}"
        ),
    ],
)
def test_an_example_that_holds_has_no_differences(tmp_path: Path, example: str) -> None:
    assert differences(tmp_path, example) == []


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        (
            "{not_fired: [overdue]}",
            "`overdue`: expected not to fire, but it did not fire on A-1; it fired on A-2",
        ),
        ("{fired: [watched]}", "`watched`: expected to fire, but it is unknown"),
        (
            "{responses: [block]}",
            "`block`: expected to be called for, but it is withheld: `seal` outranks it",
        ),
        ("{responses: [watch]}", "`watch`: expected to be called for, but no rule calls for it"),
        ("{not_responses: [seal]}", "`seal`: expected not to be called for, but it is, by R-1"),
        ("{withheld: [seal]}", "`seal`: expected to be withheld, but it is chosen, by R-1"),
        ("{responses: []}", "`responses`: expected none, but there are seal"),
        ("{reasons: []}", "reasons: expected none, but they are delinquent_with_us"),
        ("{next_review: 2027-01-01}", "next review: expected 2027-01-01, but it is 2027-05-30"),
        ("{parameters: {watch.interval: 3}}", "`watch.interval`: expected 3, but no rule calls for it"),
    ],
)
def test_each_difference_says_what_came_instead(tmp_path: Path, expect: str, said: str) -> None:
    assert differences(tmp_path, f"{{name: n, profile: two_cards, expect: {expect}}}") == [said]


@pytest.mark.parametrize(
    ("example", "code", "said", "help_"),
    [
        (
            "{name: n, profile: two_card, expect: {fired: [idle]}}",
            "PR0601",
            "no snapshot `two_card`",
            "two_cards",
        ),
        (
            "{name: n, profile: two_cards, change: {'accounts days': 1}, expect: {fired: [idle]}}",
            "PR0603",
            "no path",
            "",
        ),
        (
            "{name: n, profile: two_cards, change: {accounts.days_past_due: 1}, expect: {fired: [idle]}}",
            "PR0604",
            "`accounts` is a list",
            "accounts[0].days_past_due",
        ),
        (
            "{name: n, profile: two_cards, change: {customer.monthly_incme: 1}, expect: {fired: [idle]}}",
            "PR0604",
            "`customer` has no field `monthly_incme`",
            "did you mean `monthly_income`?",
        ),
        (
            "{name: n, profile: two_cards, change: {'accounts[2].days_past_due': 1}, expect: {fired: [idle]}}",
            "PR0605",
            "`accounts` has 2 members in this snapshot, so there is no `accounts[2]`",
            "count from 0",
        ),
        (
            "{name: n, profile: two_cards, remove: [customer.vulnerable], expect: {fired: [idle]}}",
            "PR0606",
            "no `customer.vulnerable` to remove",
            "",
        ),
        (
            "{name: n, profile: two_cards, expect: {fired: [overdu]}}",
            "PR0607",
            "no trigger `overdu`",
            "`overdue`",
        ),
        (
            "{name: n, profile: two_cards, expect: {responses: [sea]}}",
            "PR0607",
            "no response `sea`",
            "`seal`",
        ),
        (
            "{name: n, profile: two_cards, expect: {reasons: [late]}}",
            "PR0607",
            "no reason code `late`",
            "delinquent",
        ),
        (
            "{name: n, profile: two_cards, expect: {fired: [overdue@A-9]}}",
            "PR0608",
            "no account `A-9`",
            "A-",
        ),
        ("{name: n, profile: two_cards, expect: {}}", "PR0609", "expects nothing", "fired"),
        (
            "{name: n, profile: two_cards, expect: {fired: [idle], unknown: [idle]}}",
            "PR0609",
            "stands under `fired` and under `unknown`",
            "keep one",
        ),
        (
            "{name: n, profile: two_cards, with_profile: stric, expect: {fired: [idle]}}",
            "PR0610",
            "no profile `stric`",
            "did you mean `strict`?",
        ),
        (
            "{name: n, profile: two_cards, expect: {parameters: {watch.every: 3}}}",
            "PR0607",
            "has no parameter `every`",
            "interval",
        ),
        (
            "{name: n, profile: two_cards, expct: {fired: [idle]}}",
            "PR0301",
            "an example has no `expct`",
            "`expect`",
        ),
    ],
)
def test_each_mistake_is_told_at_its_line_with_what_to_write(
    tmp_path: Path, example: str, code: str, said: str, help_: str
) -> None:
    found = problems(tmp_path, example)
    assert any(each[0] == code and said in each[1] and each[2] == 2 and help_ in each[3] for each in found), (
        found
    )


def test_a_snapshot_that_is_refused_is_told_at_its_own_place_and_at_the_example(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "name: n\n    profile: two_cards\n    change:\n      accounts[0].current_balance: much\n"
        "    expect: {fired: [idle]}",
    )
    assert [(code, line) for code, _, line, _ in found] == [("PR0611", 2), ("PR0709", 5)]
    assert found[1][1].startswith('`accounts[0].current_balance`: `"much"` is not an amount')


def test_the_same_name_twice_is_a_mistake(tmp_path: Path) -> None:
    example = "{name: n, profile: two_cards, expect: {fired: [overdue]}}"
    assert [(code, line) for code, _, line, _ in problems(tmp_path, example, example)] == [("PR0602", 3)]


def test_a_change_leaves_the_snapshot_that_others_start_from_alone(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        "{name: a, profile: two_cards, change: {'accounts[1].days_past_due': 0}, expect: {not_fired: [overdue]}}",
        "{name: b, profile: two_cards, expect: {fired: [overdue]}}",
    )
    assert all(run(example).passed for example in load_examples(path, load_policy(path)))


def test_a_policy_without_examples_has_none(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    assert load_examples(tmp_path, load_policy(tmp_path)) == ()


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_the_examples_of_the_shipped_policies_hold(name: str) -> None:
    path = Path(__file__).parents[2] / "rules" / name
    results = [run(example) for example in load_examples(path, load_policy(path))]
    assert len(results) >= 50
    failed = {
        each.example.name: [str(part) for part in each.differences] for each in results if not each.passed
    }
    assert failed == {}
