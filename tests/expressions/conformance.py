"""The DMN conformance cases as the language reads them, and how a result is compared with what a case expects."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from expressions.backends import evaluate
from postloan_rules.expressions import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NUMBER,
    STRING,
    TIME,
    ExpressionInvalid,
    ListType,
    Months,
    Range,
    RecordType,
    Type,
    Variable,
    equal,
    kind,
    number_from_text,
)
from postloan_rules.expressions.values import (
    date_from_text,
    date_time_from_text,
    duration_from_text,
    time_from_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = Path(__file__).resolve().parents[3] / "shared" / "feel" / "cases.jsonl"
LEFT_OUT = Path(__file__).with_name("not_in_language.txt")

_TYPES: dict[str, Type] = {
    "number": NUMBER,
    "string": STRING,
    "boolean": BOOLEAN,
    "date": DATE,
    "date and time": DATE_TIME,
    "time": TIME,
    "days and time duration": DAYS_DURATION,
    "years and months duration": MONTHS_DURATION,
    "Any": ANY,
}
_READERS = {
    "number": number_from_text,
    "date": date_from_text,
    "date and time": date_time_from_text,
    "time": time_from_text,
    "days and time duration": duration_from_text,
    "years and months duration": duration_from_text,
    "duration": duration_from_text,
}


@frozen
class Case:
    """One case: an expression, the values and types of its names, and what comes out."""

    id: str
    expression: str
    values: Mapping[str, object]
    types: Mapping[str, Type]
    expected: object
    # An expected value that the language has no way to hold, such as a date before the year 1.
    unheld: bool
    result_type: Any
    gives_value: bool


def cases() -> list[Case]:
    with CASES.open(encoding="utf-8") as lines:
        return [_case(json.loads(line)) for line in lines]


def left_out() -> dict[str, str]:
    """The value cases that are not in the language: their ids, and why."""
    listed: dict[str, str] = {}
    reason = ""
    for line in LEFT_OUT.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line.strip():
            listed[line.strip()] = reason
    return listed


def _case(raw: Mapping[str, Any]) -> Case:
    expression: str = raw["expression"]
    values: dict[str, object] = {}
    types: dict[str, Type] = {}
    for name, given in raw["inputs"].items():
        usable = name.replace(" ", "_")
        expression = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", usable, expression)
        values[usable] = read_value(given["value"])
        types[usable] = read_type(given["type"])
    gives_value = not (raw["expects_null"] or raw["expects_error"])
    expected = read_value(raw["expected"]) if gives_value else None
    return Case(
        id=raw["id"],
        expression=expression,
        values=values,
        types=types,
        expected=expected,
        unheld=gives_value and expected is None,
        result_type=raw["result_type"],
        gives_value=gives_value,
    )


def read_value(typed: Mapping[str, Any] | None) -> object:
    if typed is None or typed["t"] == "null":
        return None
    text = typed["v"]
    match typed["t"]:
        case "list":
            return tuple(read_value(item) for item in text)
        case "context":
            return {name.replace(" ", "_"): read_value(item) for name, item in text}
        case name if name in _READERS:
            return _READERS[name](text)
        case _:
            return text


def read_type(written: object) -> Type:
    match written:
        case {"list": item}:
            return ListType(read_type(item), unknown=True)
        case {"context": fields}:
            return RecordType(
                "",
                {
                    name.replace(" ", "_"): Variable(read_type(type_), unknown=True)
                    for name, type_ in fields.items()
                },
            )
        case {"base": base}:
            return read_type(base)
        case _:
            return _TYPES.get(str(written), ANY)


def outcome(case: Case) -> object:
    """What the language gives: the value, None, or the problems."""
    try:
        result = evaluate(case.expression, case.values, case.types)
    except ExpressionInvalid as invalid:
        return invalid
    # The standard turns a list of one into its item where the result has a type of single values.
    single = case.result_type is not None and not (
        isinstance(case.result_type, dict) and "list" in case.result_type
    )
    if single and isinstance(result, list) and len(result) == 1 and not isinstance(case.expected, tuple):
        return result[0]
    return result


def agrees(case: Case, result: object) -> bool:
    """Whether a result is what the case expects: exactly, but for numbers, which the suite rounds."""
    if not case.gives_value:
        return result is None or isinstance(result, ExpressionInvalid)
    if case.unheld or isinstance(result, ExpressionInvalid):
        return False
    return _same(case.expected, result)


def _same(expected: object, result: object) -> bool:
    match expected, result:
        case tuple(), list():
            return len(expected) == len(result) and all(map(_same, expected, result))
        case dict(), dict():
            return expected.keys() == result.keys() and all(
                _same(item, result[name]) for name, item in expected.items()
            )
        case Decimal(), Decimal():
            exponent = expected.as_tuple().exponent
            places = max(0, -exponent) if isinstance(exponent, int) else 0
            # Long fractions in the suite come from binary arithmetic; it compares them to 8 places.
            return round(result, min(places, 8)) == round(expected, min(places, 8))
        case None, None:
            return True
        case (Months() | Range(), _):
            return expected == result
        case _:
            return kind(expected) == kind(result) and equal(expected, result) is True


def _table() -> str:
    listed = left_out()
    rows: dict[str, list[int]] = {}
    for case in cases():
        row = rows.setdefault(case.id.split("/")[1], [0, 0, 0, 0])
        good = agrees(case, outcome(case))
        row[0 if case.gives_value else 2] += good
        row[1 if case.gives_value else 3] += 1
    lines = ["| folder | value cases | null or error cases |", "|---|---|---|"]
    for folder in sorted(rows):
        value, values, other, others = rows[folder]
        lines.append(f"| {folder} | {value} of {values} | {other} of {others} |")
    value, values, other, others = (sum(column) for column in zip(*rows.values(), strict=True))
    lines.append(f"| **all** | **{value} of {values}** | **{other} of {others}** |")
    outside = [f"\n{len(listed)} value cases are not in the language:\n", "| case | why |", "|---|---|"]
    return "\n".join([*lines, *outside, *(f"| {id_} | {reason} |" for id_, reason in sorted(listed.items()))])


if __name__ == "__main__":
    print(_table())
