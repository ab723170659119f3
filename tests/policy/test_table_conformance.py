"""The decision tables of the DMN conformance suite, where they are present beside the project."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from expressions.conformance import read_type, read_value
from postloan_rules.expressions import ANY, Type, Variable, check, check_tests, same
from postloan_rules.policy.tables import DecisionTable, HitPolicy, Input, Output, Row, look_up
from postloan_rules.problems import Source, Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLES = Path(__file__).resolve().parents[3] / "shared" / "feel" / "tables.jsonl"

pytestmark = pytest.mark.skipif(
    not TABLES.exists(), reason="the conformance tables are not present beside the project"
)

SPAN = Span(Source("table", ""), 0, 0)


def direct_cases() -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    if not TABLES.exists():
        return
    for line in TABLES.read_text(encoding="utf-8").splitlines():
        table = json.loads(line)
        for case in table["cases"]:
            if table["direct"] and case["direct"]:
                yield table, case


def usable(text: str, names: Mapping[str, Any]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", name.replace(" ", "_"), text)
    return text


def values_of(text: str | None, names: Mapping[str, Variable]) -> tuple[object, ...]:
    if text is None:
        return ()
    listed = check(Text.of(f"[{text}]"), names)
    from postloan_rules.expressions import value

    found = value(listed, {})
    assert isinstance(found, tuple)
    return found


def build(raw: Mapping[str, Any], given: Mapping[str, Any], types: Mapping[str, Type]) -> DecisionTable:
    names = {name: Variable(type_, unknown=True) for name, type_ in types.items()}
    hit = raw["hit_policy"].lower()
    if raw["aggregation"]:
        hit += f" {raw['aggregation'].lower()}"
    inputs = []
    for column in raw["inputs"]:
        expression = check(Text.of(usable(column["expr"], given)), names)
        allowed = None
        if column["values"] is not None:
            subject = Variable(expression.type, unknown=True)
            allowed = check_tests(Text.of(column["values"]), names, subject=subject)
        inputs.append(Input(expression, allowed))
    outputs = []
    for column in raw["outputs"]:
        default = check(Text.of(column["default"]), names) if column["default"] is not None else None
        name = (column["name"] or "out").replace("/", "_")
        outputs.append(Output(name, ANY, values_of(column["values"], names), default))
    rows = []
    for rule in raw["rules"]:
        tests = [
            None
            if cell == "-"
            else check_tests(
                Text.of(usable(cell, given)), names, subject=Variable(column.expression.type, unknown=True)
            )
            for cell, column in zip(rule["in"], inputs, strict=True)
        ]
        cells = [check(Text.of(usable(cell, given)), names) for cell in rule["out"]]
        rows.append(Row(tuple(tests), tuple(cells), span=SPAN))
    return DecisionTable("t", HitPolicy(hit), tuple(inputs), tuple(outputs), tuple(rows), SPAN)


@pytest.mark.parametrize(
    ("table", "case"), [pytest.param(t, c, id=f"{t['id']}/{c['case']}") for t, c in direct_cases()]
)
def test_a_table_of_the_suite_gives_what_the_suite_says(
    table: Mapping[str, Any], case: Mapping[str, Any]
) -> None:
    types = {name.replace(" ", "_"): read_type(each["type"]) for name, each in case["inputs"].items()}
    values = {name.replace(" ", "_"): read_value(each["value"]) for name, each in case["inputs"].items()}
    hit = look_up(build(table, case["inputs"], types), values)
    expected = read_value(case["expected"])
    if isinstance(expected, dict):
        expected = {name.replace("/", "_"): each for name, each in expected.items()}
        assert {name: same(each, hit.outputs[name]) for name, each in expected.items()} == dict.fromkeys(
            expected, True
        )
    else:
        (found,) = hit.outputs.values()
        assert same(found, expected), (found, expected)
