"""What an exported file holds, and that it is built as the standard's schema asks."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from builders import customer, policy
from policy.dmn.again import loaded, values
from policy.dmn.structure import MODEL, faults
from postloan_rules.expressions import Variable, check_tests, evaluate
from postloan_rules.expressions.types import NUMBER
from postloan_rules.policy import SHIPPED, load_policy
from postloan_rules.policy import dmn as policy_dmn
from postloan_rules.policy.dmn import from_dmn, to_dmn
from postloan_rules.policy.dmn.cells import cell_text
from postloan_rules.policy.dmn.notices import DEPARTURES
from postloan_rules.problems import Text

SMALL = """
inputs:
  grade: {type: [good, "so so"], required: true}
parameters:
  late: {type: days, value: [{from: 2026-01-01, value: 30}, {from: 2026-07-01, value: 15}], source: house policy}
facts:
  days_late: {is: max(accounts.days_past_due), note: {en: The latest account, zh: 最长逾期}}
  months_of: {table: term, output: months}
triggers:
  is_late:
    kind: condition
    when: {any: [days_late > late, {all: ['grade = "so so"', {none: [days_late = 0]}]}]}
    if_unknown: fire
  review_due: {kind: schedule}
  cash: {kind: event, event: cash_withdrawal, when: event.amount > 1000, if_unknown: ignore}
  asks: {kind: event, event: temporary_limit_requested}
  cash_then_limit: {kind: pattern, sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days}
  long_term: {kind: condition, when: months_of > 12 and is_late, if_unknown: refer}
responses:
  call_customer: {family: help, rank: 10}
  write: {family: letters, rank: 10}
rules:
  - {id: R-1, if: {any: [is_late, cash], none: [asks]}, then: [call_customer]}
  - {id: R 2, if: long_term, then: [write]}
schedule: {standard: 6 months}
constraints:
  - {id: K-1, never: [call_customer, write]}
tables:
  term:
    hit: first
    inputs: [days_late, {is: grade, values: '"good"'}]
    output: {months: {type: number, default: '1'}, text: {type: [short, long]}}
    rows:
      - {from: 2026-01-01, to: 2026-06-30, rows: [[">= late", "-", 60, '"long"']]}
      - {from: 2026-07-01, rows: [["[1..late), 99", 'not("good")', 12, '"short"']]}
"""
SMALL = "effective: {from: 2026-01-01}\n" + SMALL


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_a_shipped_policy_is_built_as_the_schema_asks(name: str) -> None:
    shipped = load_policy(SHIPPED / name)
    text = to_dmn(shipped)
    assert faults(text) == []
    assert to_dmn(load_policy(SHIPPED / name)) == text
    names = {node.get("name") for node in ET.fromstring(text) if node.tag != f"{{{MODEL}}}itemDefinition"}  # noqa: S314
    parts = (shipped.inputs, shipped.parameters, shipped.facts, shipped.triggers)
    assert {each.name for part in parts for each in part} <= names
    assert set(shipped.tables) <= names
    for response in shipped.responses:
        assert response in text


def literals(text: str) -> dict[str, str]:
    """The expression of each decision that is one."""
    root = ET.fromstring(text)  # noqa: S314 - the test's own file
    return {
        node.get("name", ""): inner.text or ""
        for node in root.iter(f"{{{MODEL}}}decision")
        if (inner := node.find(f"{{{MODEL}}}literalExpression/{{{MODEL}}}text")) is not None
    }


def test_conditions_of_triggers_and_rules_are_feel() -> None:
    text = to_dmn(policy(SMALL).policy)
    assert faults(text) == []
    assert literals(text) == {
        "late": 'if as_of < @"2026-01-01" then null else if as_of < @"2026-07-01" then 30 else 15',
        "days_late": "max(accounts.days_past_due)",
        "months_of": "term.months",
        "is_late": '((days_late > late) or ((grade = "so so") and not(days_late = 0))) in (true, null)',
        "cash": "some event in new_events_for_cash satisfies event.amount > 1000",
        "asks": "count(new_events_for_asks) > 0",
        "long_term": "months_of > 12 and is_late",
        "rule_R_2d_1": "(is_late or cash) and not(asks)",
        "rule_R_20_2": "long_term",
    }


def test_what_dmn_has_no_words_for_is_named() -> None:
    root = ET.fromstring(to_dmn(policy(SMALL).policy))  # noqa: S314 - the test's own file
    said = (root.findtext(f"{{{MODEL}}}description") or "").splitlines()
    assert said == [
        "Rule set small, version 1, profile standard.",
        "Read here as DMN: inputs, parameters, facts, tables, and the conditions of triggers and rules.",
        "Left out, since DMN has no words for them:",
        "- responses, with their families, ranks, parameters, reasons, notices and cool-downs: call_customer, write",
        "- the schedule of reviews and its adjustments",
        "- constraints: K-1",
        "- the days on which the policy is in force: from 2026-01-01 to further notice",
        "The expressions were written in a language that departs from the standard's FEEL in this:",
        *(f"- {line}" for line in DEPARTURES),
    ]


def test_a_table_with_days_gets_a_column_for_the_day() -> None:
    root = ET.fromstring(to_dmn(policy(SMALL).policy))  # noqa: S314 - the test's own file
    table = next(iter(root.iter(f"{{{MODEL}}}decisionTable")))
    cells = [
        [entry.findtext(f"{{{MODEL}}}text") for entry in rule] for rule in table.iter(f"{{{MODEL}}}rule")
    ]
    assert cells == [
        [">= late", "-", '[@"2026-01-01"..@"2026-06-30"]', "60", '"long"'],
        ["[1..late), 99", 'not("good")', '>= @"2026-07-01"', "12", '"short"'],
    ]
    columns = [node.findtext(f".//{{{MODEL}}}text") for node in table.findall(f"{{{MODEL}}}input")]
    assert columns == ["days_late", "grade", "as_of"]


CELLS = """
5|-5|>= 5|1, 2|not(1, 2)|null|(null)|not(null)|? > 3|1, ? > 3|not(? > 3)|[1..3)|not([1..3])|!= 3, < 1|? = null
? in (1, 2)|not(? = 1) and ? > 0|[1, 2]|= 3|not(? in (1, 2))|? in (1) or ? > 4|]1..3[|(< 3)
"""


@pytest.mark.parametrize("cell", CELLS.strip().replace("\n", "|").split("|"))
def test_a_cell_is_read_again_as_the_same_tests(cell: str) -> None:
    subject = Variable(NUMBER, unknown=True)
    first = check_tests(Text.of(cell), {}, subject=subject)
    second = check_tests(Text.of(cell_text(first)), {}, subject=subject)
    assert second.root == first.root


def test_a_trigger_that_fires_when_unknown_is_true_then_in_both_languages() -> None:
    written = "({}) in (true, null)"
    assert [evaluate(written.format(each)) for each in ("true", "false", "null")] == [True, False, True]


CARD = """
    inputs: {use: {type: ratio}, late: {type: days}}
    scorecards:
      warning:
        base: 100
        lost: points_below
        characteristics:
          use: {is: use, reason: a, baseline: 40, points: [["< 0.3", 40], ["[0.3..0.9)", 20], ["-", 0]], unknown: 15}
          late: {is: late, reason: b, baseline: 60, points: [["0", 60], ["[1..29]", 25], ["-", -5]]}
    triggers:
      low: {kind: condition, when: warning < 160, if_unknown: ignore}
"""


@pytest.mark.parametrize("use", [None, "0.1", "0.3", "0.95"])
@pytest.mark.parametrize("late", [None, 0, 5, 40])
def test_a_scorecard_is_tables_of_points_and_their_sum(use: str | None, late: int | None) -> None:
    first = policy(CARD).policy
    text = to_dmn(first)
    assert faults(text) == []
    assert literals(text)["warning"] == "100 + warning_use + warning_late"
    given = {name: each for name, each in (("use", use), ("late", late)) if each is not None}
    snapshot = customer(attributes=given)
    again = loaded(from_dmn(text, "card.dmn"))
    assert values(again, snapshot)[0]["warning"] == values(first, snapshot)[0]["warning"]


def test_two_names_that_differ_only_in_case_or_signs_have_ids_of_their_own() -> None:
    body = """
        facts: {a_b: {is: 1}, A_b: {is: 2}, 额度: {is: 3}}
        triggers: {t: {kind: condition, when: a_b + A_b + 额度 > 0}}
        responses: {call_customer: {family: help, rank: 10}}
        rules:
          - {id: X-1, if: t, then: [call_customer]}
          - {id: X 1, if: t, then: [call_customer]}
          - {id: X_1, if: t, then: [call_customer]}
        """
    assert faults(to_dmn(policy(body).policy)) == []


def test_the_page_names_every_departure() -> None:
    page = (Path(__file__).parents[3] / "docs" / "dmn.md").read_text(encoding="utf-8")
    assert all(f"- {line}\n" in page for line in DEPARTURES)


def test_the_page_explains_every_code() -> None:
    package = Path(policy_dmn.__file__).parent
    used = {
        code for file in package.glob("*.py") for code in re.findall(r"PR08\d\d", file.read_text("utf-8"))
    }
    page = (Path(__file__).parents[3] / "docs" / "dmn.md").read_text(encoding="utf-8")
    assert used == set(re.findall(r"^\| (PR08\d\d) ", page, re.MULTILINE))
