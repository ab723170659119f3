"""Generated Python gives what the evaluator gives, for values of the language and for checked records."""

from __future__ import annotations

import ast
import datetime as dt
import re
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions.backends import alike
from expressions.conditions import NAMES, conditions, values
from expressions.test_limits import NESTED
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    MONEY,
    NUMBER,
    STRING,
    EnumType,
    ListType,
    RecordType,
    Variable,
    check,
    value,
)
from postloan_rules.expressions.compiled import Writer, compiled, expression_code
from postloan_rules.expressions.compiled_code import Code, Module
from postloan_rules.expressions.functions import FUNCTIONS
from postloan_rules.problems import Text

STATUS = EnumType("status", ("employed", "unemployed"))


@attrs.frozen
class Line:
    """A checked record, as the snapshot's are: amounts are Decimal, counts and days int."""

    balance: Decimal
    limit: Decimal | None
    overdue: int | None
    late: int
    opened: dt.date
    closed: dt.date | None
    kind: str
    hard: bool | None


@attrs.frozen
class Card:
    """A checked record with a list of others."""

    lines: tuple[Line, ...]
    notes: tuple[Line, ...] | None
    balance: Decimal
    overdue: int | None


LINE = RecordType(
    "line",
    {
        "balance": Variable(MONEY),
        "limit": Variable(MONEY, unknown=True),
        "overdue": Variable(DAYS, unknown=True),
        "late": Variable(NUMBER),
        "opened": Variable(DATE),
        "closed": Variable(DATE, unknown=True),
        "kind": Variable(STATUS),
        "hard": Variable(BOOLEAN, unknown=True),
    },
)
CARD = RecordType(
    "card",
    {
        "lines": Variable(ListType(LINE)),
        "notes": Variable(ListType(LINE), unknown=True),
        "balance": Variable(MONEY),
        "overdue": Variable(DAYS, unknown=True),
    },
)
RECORDS = {
    "card": Variable(CARD),
    "other": Variable(CARD, unknown=True),
    "cards": Variable(ListType(CARD)),
    "today": Variable(DATE),
    "word": Variable(STRING, unknown=True),
}
_list = st.sampled_from(["card.lines", "card.notes", "other.lines", "cards[1].lines", "cards[-1].notes"])
_filter = st.sampled_from(
    [
        "balance > 1",
        "limit > balance",
        "overdue >= 1",
        "late = 2",
        "closed = null",
        "closed != null and closed < today",
        'opened > today - duration("P1M")',
        "hard",
        "hard and late > 1",
        "limit != null and limit > 0",
        "limit > 0 or overdue > 0",
        'kind in ("employed")',
        "balance between 0 and limit",
        "late in [1..2)",
        "overdue in (null, 1)",
        "count(card.lines[late > 1]) > late",
        "not(balance / limit > 0.5)",
        "if limit = null then late > 1 else limit > 1",
    ]
)
_field = st.sampled_from(["balance", "limit", "overdue", "late"])
_source = st.one_of(
    _list,
    st.builds("{}[{}]".format, _list, _filter),
    st.builds("{}[{}][{}]".format, _list, _filter, _filter),
)
_numbers = st.one_of(
    st.builds("count({})".format, _source),
    st.builds("{}({}.{})".format, st.sampled_from(["sum", "max", "min", "mean"]), _source, _field),
    st.builds("{}[{}].{}".format, _source, st.sampled_from(["1", "-1", "2"]), _field),
    st.builds("max({}[1].balance, {}.balance)".format, _list, st.sampled_from(["card", "other"])),
    st.sampled_from(["card.overdue", "other.balance", "card.balance - other.balance", "-other.balance"]),
    st.builds("({}.balance * {}) / card.balance".format, st.sampled_from(["card", "other"]), st.sampled_from(["0", "2", "0.5"])),
    st.builds("days between(max({}.opened), today)".format, _source),
    st.builds("(today - min({}.closed)).days".format, _source),
)  # fmt: skip
_over_records = st.one_of(
    _numbers,
    _source,
    st.builds("{}.{}".format, _source, st.sampled_from(["balance", "late", "closed", "kind"])),
    st.builds("some l in {} satisfies l.late > 1 and l.limit > 1".format, _source),
    st.builds("every l in {}, m in {} satisfies l.balance >= m.balance".format, _list, _list),
    st.builds("word in {}.kind".format, _list),
    st.builds("{} > 0".format, st.builds("count({})".format, _source)),
)
_amount = st.sampled_from([Decimal(0), Decimal("0.00"), Decimal("-1.50"), Decimal(1), Decimal("1.01"), Decimal("0.99"), Decimal(2)])  # fmt: skip
_day = st.sampled_from(
    [dt.date(2026, 11, 30), dt.date(2026, 10, 30), dt.date(2026, 10, 31), dt.date(2025, 2, 28)]
)
_maybe_amount, _maybe_day = st.none() | _amount, st.none() | _day
_line = st.builds(
    Line,
    _amount,
    _maybe_amount,
    st.none() | st.integers(0, 2),
    st.integers(0, 3),
    _day,
    _maybe_day,
    st.sampled_from(STATUS.members),
    st.none() | st.booleans(),
)
_lines = st.lists(_line, max_size=3).map(tuple)
_card = st.builds(Card, _lines, st.none() | _lines, _amount, st.none() | st.integers(0, 2))
_records = st.fixed_dictionaries(
    {
        "card": _card,
        "other": st.none() | _card,
        "cards": st.lists(_card, max_size=2).map(tuple),
        "today": _day,
        "word": st.sampled_from([None, "employed", "x"]),
    }
)


@settings(max_examples=400)
@given(conditions, st.lists(values, min_size=1, max_size=4))
def test_conditions_over_values_of_the_language(text: str, given_values: list[dict[str, object]]) -> None:
    expression = check(Text.of(text), NAMES)
    generated = compiled(expression)
    for each in given_values:
        assert alike(value(expression, each), generated(each))


@settings(max_examples=600)
@given(_over_records, st.lists(_records, min_size=1, max_size=4))
def test_values_over_checked_records(text: str, given_values: list[dict[str, object]]) -> None:
    expression = check(Text.of(text), RECORDS)
    generated = compiled(expression, {"line", "card"})
    for each in given_values:
        assert alike(value(expression, each), generated(each))


@pytest.mark.parametrize("kind", NESTED)
def test_what_is_deep_is_compiled(kind: str) -> None:
    names = {"n": Variable(NUMBER), "b": Variable(BOOLEAN), "xs": Variable(ListType(NUMBER))}
    before, middle, after = NESTED[kind]
    deepest = None
    for depth in (20, 45, 90):
        try:
            deepest = check(Text.of(before * depth + middle + after * depth), names)
        except Exception:  # noqa: BLE001 - too deep for the language, or not of one type: then there is nothing to compile
            break
    if deepest is not None:
        held = {"n": Decimal(1), "b": True, "xs": (Decimal(1),)}
        assert alike(value(deepest, held), compiled(deepest)(held))


@pytest.mark.parametrize("word", ["and", "or"])
def test_what_is_long_is_compiled(word: str) -> None:
    names = {"n": Variable(NUMBER, unknown=True), "b": Variable(BOOLEAN)}
    expression = check(Text.of(f" {word} ".join(["n >= 1"] * 600 + ["b"])), names)
    generated = compiled(expression)
    for number in (None, Decimal(0), Decimal(1)):
        for truth in (True, False):
            held = {"n": number, "b": truth}
            assert generated(held) is value(expression, held)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('class = "x"', "class"),
        ('__import__ = "os"', "__import__"),
        ('s = "\\"); import os; (\\""', "s"),
        ("s = \"'''\\n{0} {s} %s\"", "s"),
        ('逾期 = "x"', "逾期"),
        ('names = "k1"', "names"),
        ('D = "finite"', "D"),
        ('lambda in ("def", "}}")', "lambda"),
    ],
)
def test_no_word_of_an_author_gets_into_the_code(text: str, name: str) -> None:
    expression = check(Text.of(text), {name: Variable(STRING)})
    module = Module()

    class Given:
        direct: frozenset[str] = frozenset()
        of_the_day: frozenset[str] = frozenset()

        def code(self, name: str) -> Code:
            return Code(f"names[{module.constant(name)}]", frozenset({"names"}))

    code = expression_code(Writer(module, Given(), FUNCTIONS), expression)
    read = {node.id for node in ast.walk(ast.parse(code.text)) if isinstance(node, ast.Name)}
    assert all(each == "names" or re.fullmatch("[kt][0-9]+", each) for each in read)
    assert not [
        node
        for node in ast.walk(ast.parse(code.text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for held in ("x", "os", "def", '"); import os; ("', "", None):
        assert compiled(expression)({name: held}) is value(expression, {name: held})


def test_numbers_keep_their_digits_and_zero_has_no_sign() -> None:
    names = {"a": Variable(NUMBER), "b": Variable(NUMBER)}
    for text in ("a * b", "a - a", "-a", "a / b", "a + b", "max(a, b)", "min(b, a)", "sum([a, b])", "abs(a)"):
        expression = check(Text.of(text), names)
        for left in ("0", "-0", "0.00", "1.10", "1E+3", "-2.50", "1E-6000", "9E+6000"):
            for right in ("0", "1.1", "1000", "-1", "1E+6144", "1E-6143"):
                held = {"a": Decimal(left), "b": Decimal(right)}
                assert alike(value(expression, held), compiled(expression)(held)), (text, held)


def test_what_does_not_hang_on_the_item_is_worked_out_once() -> None:
    names = {"xs": Variable(ListType(NUMBER)), "day": Variable(DATE), "days": Variable(ListType(DATE))}
    expression = check(Text.of('count(days[item > day - duration("P1M")])'), names)
    looked_up: list[str] = []

    class Counting(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            looked_up.append(name)
            return super().__getitem__(name)

    days = tuple(dt.date(2026, month, 1) for month in range(1, 13))
    assert compiled(expression)(Counting(days=days, day=dt.date(2026, 6, 15))) == Decimal(7)
    assert looked_up.count("day") == 1
