"""Decision tables: each hit policy, unknowns, allowed values, defaults, overlaps."""

from __future__ import annotations

from decimal import Decimal

import pytest

import postloan_rules as plr
from builders import codes, customer, policy


def looked_up(hit: str, rows: str, income: str | None, *, output: str = "{out: number}") -> object:
    rules = policy(
        f"""
        inputs: {{income: {{type: money}}}}
        tables:
          t:
            hit: {hit}
            inputs: [income]
            output: {output}
            rows: {rows}
        facts: {{answer: {{table: t}}, text: string(answer)}}
        triggers: {{always: {{kind: condition, when: as_of != null, because: "{{text}}"}}}}
        """
    )
    attributes = {} if income is None else {"income": income}
    decision = rules.decide(customer(attributes=attributes))
    return decision.trace.trigger("always").because["en"]


ROWS = '[["< 10", 1], ["< 20", 2], [">= 15", 2], ["50", 7]]'


@pytest.mark.parametrize(
    ("hit", "income", "expected"),
    [
        ("first", "5", "1"),
        ("first", "12", "2"),
        ("first", "50", "2"),
        ("any", "17", "2"),
        ("any", "5", "?"),
        ("rule order", "5", "[1, 2]"),
        ("collect", "50", "[2, 7]"),
        ("collect sum", "50", "9"),
        ("collect min", "50", "2"),
        ("collect max", "50", "7"),
        ("collect count", "50", "2"),
    ],
)
def test_each_hit_policy_gives_what_dmn_says(hit: str, income: str, expected: str) -> None:
    assert looked_up(hit, ROWS, income) == expected


@pytest.mark.parametrize(
    ("hit", "expected"), [("priority", "low"), ("output order", '["low", "mid", "high"]')]
)
def test_priority_is_the_order_of_the_values(hit: str, expected: str) -> None:
    rows = """[["> 1", '"high"'], ["> 2", '"mid"'], ["> 3", '"low"']]"""
    assert looked_up(hit, rows, "9", output="{out: [low, mid, high]}") == expected


@pytest.mark.parametrize("hit", ["first", "any", "collect", "collect sum", "collect count", "rule order"])
def test_an_unknown_match_makes_the_result_unknown(hit: str) -> None:
    assert looked_up(hit, ROWS, None) == "?"


@pytest.mark.parametrize(
    ("hit", "expected"),
    [("first", "?"), ("any", "?"), ("collect", "[]"), ("collect count", "0"), ("collect sum", "?")],
)
def test_no_match(hit: str, expected: str) -> None:
    assert looked_up(hit, '[["< 10", 1]]', "99") == expected


def test_no_match_gives_the_default() -> None:
    assert looked_up("first", '[["< 10", 1]]', "99", output="{out: {type: number, default: 12}}") == "12"


def test_a_row_that_does_not_matter_does_not_make_the_result_unknown() -> None:
    assert looked_up("first", '[["-", 3], ["< 10", 1]]', None) == "3"


def test_a_value_that_is_not_allowed_gives_nothing() -> None:
    body = """
        inputs: {{income: {{type: money}}}}
        tables:
          t: {{hit: first, inputs: [{{is: income, values: "[0..100]"}}], output: {{out: number}}, rows: [["-", 1]]}}
        facts: {{answer: {{table: t}}}}
        triggers: {{there: {{kind: condition, when: answer = 1, if_unknown: {}}}}}
        """.format("ignore")
    for income, state in (("100", "fired"), ("101", "unknown")):
        decision = policy(body).decide(customer(attributes={"income": income}))
        assert [each.state.value for each in decision.triggers] == [state]


UNIQUE = """
    facts: {days: "max(accounts.days_past_due)"}
    inputs: {grade: {type: [low, high]}}
    tables:
      t: {hit: unique, inputs: [days, grade], output: {out: number}, rows: ROWS}
    triggers: {there: {kind: condition, when: days = 1, if_unknown: ignore}}
    """


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("""[["< 30", "-", 1], [">= 30", '"low"', 2], [">= 30", '"high"', 3]]""", []),
        ("""[["<= 30", "-", 1], [">= 30", '"low"', 2]]""", ["PR0406"]),
        ("""[["[1..30)", "-", 1], ["[30..60]", "-", 2], ["(60..90]", "-", 3]]""", []),
        ("""[["[1..30]", "-", 1], ["(29..60]", "-", 2]]""", ["PR0406"]),
        ("""[["-", '"low"', 1], ["1, 2, 3", '"high"', 2], ["4", "-", 3]]""", ["PR0406"]),
        ("""[["not(1)", "-", 1], ["1", "-", 2]]""", []),
        ("""[["null", "-", 1], ["1", "-", 2]]""", []),
        ("""[["null", "-", 1], ["null", '"low"', 2]]""", ["PR0406"]),
    ],
)
def test_rows_of_a_unique_table_that_overlap_are_found(rows: str, expected: list[str]) -> None:
    assert codes(UNIQUE.replace("ROWS", rows)) == expected


def test_an_overlap_names_values_for_which_both_rows_match() -> None:
    with pytest.raises(
        plr.RuleSetInvalid, match=r"rows 1 and 2 of the table `t` both match for days = 30, grade = \"low\""
    ):
        policy(UNIQUE.replace("ROWS", """[["<= 30", "-", 1], [">= 30", '"low"', 2]]"""))


def test_a_clash_at_run_time_withholds_the_response_and_says_which_rows() -> None:
    rules = policy(
        """
        facts: {late: "max(accounts.days_past_due)"}
        parameters: {edge: {type: days, value: 30}}
        tables:
          t: {hit: unique, inputs: [late], output: {out: number}, rows: [["<= edge", 1], [">= edge", 2]]}
        triggers: {missed: {kind: event, event: payment_missed}}
        responses: {write: {family: a, rank: 1, parameters: {n: {type: number, table: t}}}}
        rules: [{id: R1, if: missed, then: [write]}]
        """
    )
    missed = [{"id": "E1", "type": "payment_missed", "occurred_on": "2026-11-01"}]
    late = {"account_id": "A", "product": "credit_card", "current_balance": "0", "days_past_due": 30}
    decision = rules.decide(customer(late, events=missed))
    assert [(each.response, each.cause.value) for each in decision.withheld] == [("write", "unknown")]
    assert decision.referrals[0].missing == ("table t: rows 1, 2 match together",)
    early = {**late, "days_past_due": 29}
    decision = rules.decide(customer(early, events=missed))
    assert decision.responses[0].parameters == {"n": Decimal(1)}


@pytest.mark.parametrize("hit", ["priority", "output order"])
def test_priority_needs_a_list_of_values(hit: str) -> None:
    body = f"tables: {{t: {{hit: {hit}, inputs: [count(events)], output: {{n: number}}, rows: [['-', 1]]}}}}"
    assert codes(body) == ["PR0402"]


def test_a_sum_needs_numbers() -> None:
    body = """tables: {t: {hit: collect sum, inputs: [count(events)], output: {n: string}, rows: [["-", '"a"']]}}"""
    assert codes(body) == ["PR0403"]
