"""docs/language.md is the definition of the language: every example on it is tried."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from expressions.backends import evaluate, value
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    ArithmeticOperator,
    EnumType,
    ExpressionInvalid,
    ListType,
    RecordType,
    Type,
    Variable,
    check,
    check_tests,
    fits,
    text_of,
)
from postloan_rules.expressions.operations import arithmetic
from postloan_rules.problems import Text

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
OWN = PAGE[: PAGE.index("## Functions\n")]
_ROW = re.compile(r"^\| `(.+?)` \| (?:`(.*)`|(PR\d{4})) \|$", re.MULTILINE)

TYPES: dict[str, Type] = {
    "as_of": DATE,
    "limit": MONEY,
    "balance": MONEY,
    "utilisation": RATIO,
    "days_past_due": DAYS,
    "months_out": MONTHS,
    "score": NUMBER,
    "watched": BOOLEAN,
    "status": EnumType("status", ("employed", "unemployed")),
    "account": RecordType("account", {"balance": Variable(MONEY), "limit": Variable(MONEY)}),
    "payments": ListType(RecordType("payment", {"amount": Variable(MONEY), "returned": Variable(BOOLEAN)})),
    "reports": ListType(RecordType("report", {"score": Variable(NUMBER, unknown=True)})),
    "amounts": ListType(MONEY),
}


def _tables(head: str) -> list[str]:
    """The rows of the tables that have that head."""
    return re.findall(rf"^{re.escape(head)}\n\|[-|]+\|\n((?:\|.*\n)+)", OWN, re.MULTILINE)


def _values() -> dict[str, object]:
    (table,) = _tables("| name | type | value |")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| `(.+)` \|$", table, re.MULTILINE)
    return {name: evaluate(text) for name, text in rows}


VALUES = _values()
NAMES = {name: Variable(type_, unknown=VALUES[name] is None) for name, type_ in TYPES.items()}
EXAMPLES = [row for table in _tables("| expression | value |") for row in _ROW.findall(table)]


def test_the_page_has_examples_and_values_for_all_names() -> None:
    assert VALUES.keys() == TYPES.keys()
    assert len(EXAMPLES) > 60
    assert OWN.count("\n| `") >= len(EXAMPLES)


@pytest.mark.parametrize(("text", "result", "code"), EXAMPLES)
def test_an_example_of_the_page(text: str, result: str, code: str) -> None:
    if code:
        with pytest.raises(ExpressionInvalid) as caught:
            check(Text.of(text), NAMES)
        assert [problem.code for problem in caught.value.problems] == [code]
    else:
        found = value(check(Text.of(text), NAMES), VALUES)
        expected = "null" if found is None else text_of(found)
        assert expected == text_of(_number(result))


def _number(result: str) -> object:
    """The value on the page, so that `7000.0` and `7000` are one."""
    return evaluate(result) if re.fullmatch(r"-?[\d.]+", result) else result


@pytest.mark.parametrize("written", re.findall(r"`([^`]+)`", _tables("| kind | how it is written |")[0]))
def test_every_way_of_writing_a_value_is_taken(written: str) -> None:
    if not written.startswith("\\"):
        evaluate(written)
    else:
        assert len(str(evaluate(f'"{written}"'))) == 1


@pytest.mark.parametrize("text", re.findall(r"`((?:score|if score)[^`]*(?:600|false)[^`]*)`", OWN.split("## Unknown")[1].split("| expression")[0]))  # fmt: skip
def test_what_the_page_calls_never_unknown(text: str) -> None:
    assert check(Text.of(text), NAMES).unknown is False


@pytest.mark.parametrize(
    ("cell", "held", "holds"),
    [
        ("-", None, True),
        (">= 30", 35, True),
        ("[1..30)", 30, False),
        ("1, 2", 2, True),
        ("not(1, 2)", 2, False),
        ("not(> 3)", None, None),
        ("? > limit * 0.5", 6000, True),
        ("? > limit * 0.5, 1", 1, True),
        ("not(? > 5) and ? > 2", 3, True),
        ("null", None, True),
        ("not(null)", None, False),
        ("[1, 2]", 2, True),
    ],
)
def test_cells(cell: str, held: int | None, holds: bool | None) -> None:
    subject = Variable(MONEY, unknown=True)
    expression = check_tests(Text.of(cell), NAMES, subject=subject)
    assert expression.type == BOOLEAN
    assert value(expression, {**VALUES, "?": held}) is holds
    again = check(Text.of(expression.canonical), {**NAMES, "?": subject})
    assert again.root == expression.root


WORDS: dict[str, list[Type]] = {
    "date": [DATE],
    "money": [MONEY],
    "ratio": [RATIO],
    "number": [NUMBER],
    "days": [DAYS],
    "months": [MONTHS],
}


def test_the_table_of_units_is_the_one_that_is_checked() -> None:
    (table,) = _tables("| left | operator | right | result |")
    told: set[tuple[str, Type, Type]] = set()
    for row in table.splitlines():
        left, signs, right, result = (cell.strip() for cell in row.strip("|").split("|"))
        for sign in re.findall(r"`(.+?)`", signs):
            for ours in _types(left):
                for theirs in _types(right):
                    told |= {(sign, ours, theirs)} | ({(sign, theirs, ours)} if sign == "*" else set())
                    found = arithmetic(_sign(sign), ours, theirs)
                    assert found is not None, row
                    if result in WORDS:
                        assert fits(found, WORDS[result][0]), row
    units = [MONEY, RATIO, NUMBER, DAYS, MONTHS]
    for sign in ("+", "-", "*", "/"):
        for ours in units:
            for theirs in units:
                result_type = arithmetic(_sign(sign), ours, theirs)
                assert (result_type is not None) == ((sign, ours, theirs) in told), (sign, ours, theirs)


def _types(words: str) -> list[Type]:
    return [type_ for word in words.split(", ") for type_ in WORDS.get(word, [])]


def _sign(written: str) -> ArithmeticOperator:
    return cast("ArithmeticOperator", written)
