"""`evaluate`: a text and some values in, a value out, and never anything but ExpressionInvalid raised."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expressions.backends import evaluate
from expressions.texts import changed_texts, texts
from postloan_rules.expressions import (
    MONEY,
    NUMBER,
    STRING,
    ExpressionInvalid,
    ListType,
    Months,
    Range,
    RecordType,
    Variable,
    kind,
)


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("count(list[item > 2]) > 1", {"list": [1, 3, 5]}, True),
        ("x + 1", {"x": 1}, Decimal(2)),
        ("0.1 + 0.2", {}, Decimal("0.3")),
        ("-2 ** 2", {}, Decimal(4)),
        ("2 ** 3 ** 2", {}, Decimal(64)),
        ("1 - 2 - 3", {}, Decimal(-4)),
        ("1 / 3 * 3", {}, Decimal("0.9999999999999999999999999999999999")),
        ("xs[-1]", {"xs": [1, 2, 3]}, Decimal(3)),
        ("xs[4]", {"xs": [1, 2, 3]}, None),
        ("xs[n]", {"xs": [1, 2, 3], "n": 2}, Decimal(2)),
        ("xs[n]", {"xs": [1, 2, 3], "n": Decimal("1.5")}, None),
        ("xs", {"xs": (1, [2])}, [Decimal(1), [Decimal(2)]]),
        ("r.a.b", {"r": {"a": {"b": "x"}}}, "x"),
        ("rs.a", {"rs": [{"a": 1}, {"b": 2}]}, [Decimal(1), None]),
        ("rs[a = 1].b", {"rs": [{"a": 1, "b": 5}, {"a": 2, "b": 6}]}, [Decimal(5)]),
        ("rs[count(ts[u > v]) = 1].v", {"rs": [{"v": 1, "ts": [{"u": 1}]}, {"v": 0, "ts": [{"u": 1}]}]}, [Decimal(0)]),
        ("xs[item in ys]", {"xs": [1, 2, 3], "ys": [2, 3]}, [Decimal(2), Decimal(3)]),
        ("a[count(b[item > lowest]) > 0]", {"a": [1], "b": [5], "lowest": 4}, [Decimal(1)]),
        ('day + duration("P1M")', {"day": dt.date(2026, 1, 31)}, dt.date(2026, 2, 28)),
        ("later - day", {"day": dt.date(2026, 1, 1), "later": dt.date(2026, 3, 1)}, dt.timedelta(days=59)),
        ("(later - day).days > 30", {"day": dt.date(2026, 1, 1), "later": dt.date(2026, 3, 1)}, True),
        ("m + m", {"m": Months(7)}, Months(14)),
        ("5 in r", {"r": Range(Decimal(1), Decimal(5), True, False)}, False),
        ("{a: 1, b: [2]}", {}, {"a": Decimal(1), "b": [Decimal(2)]}),
        ("{a: 1}.a + 1", {}, Decimal(2)),
        ("some x in xs, y in ys satisfies x = y", {"xs": [1, 2], "ys": [2, 3]}, True),
        ("every x in [] satisfies x > 1", {}, True),
        ("some row in rows satisfies some x in row satisfies x > 2", {"rows": [[1], [3]]}, True),
        ("x between 1 and 3", {"x": 3}, True),
        ("x in ]1..3[", {"x": 3}, False),
        ("x in (< 1, [2..3], 7)", {"x": 7}, True),
        ("x in (1, y)", {"x": 2, "y": None}, None),
        ("x in (2, y)", {"x": 2, "y": None}, True),
        ("x in xs", {"x": 2, "xs": [1, "a", 2]}, True),
        ("x in xs", {"x": 3, "xs": [1, "a", 2]}, False),
        ("mixed[1] > 0 and mixed[2] > 0", {"mixed": [1, "a"]}, None),
        ('"信用卡" + name', {"name": "甲"}, "信用卡甲"),
        ('"\\u4E2D\\n\\"" = "中\n\\""', {}, True),
        ("true and x", {"x": None}, None),
        ("null", {}, None),
    ],
)  # fmt: skip
def test_evaluate(text: str, values: dict[str, object], result: object) -> None:
    found = evaluate(text, values)
    assert found == result
    assert type(found) is type(result)


def test_types_may_be_given() -> None:
    assert evaluate("x = null", types={"x": NUMBER}) is True
    assert evaluate("x.a > 1", {"x": {"a": 2}}, {"x": RecordType("r", {"a": Variable(MONEY)})}) is True
    assert evaluate("count(xs)", {"xs": []}, {"xs": ListType(STRING)}) == 0
    with pytest.raises(ExpressionInvalid, match="cannot be compared"):
        evaluate("x > y", {"x": 1, "y": 2}, {"x": MONEY, "y": NUMBER})


@pytest.mark.parametrize(
    "held", [0.5, [1, 0.5], {"a": 0.5}, Fraction(1, 2), {1}, b"a", Decimal("NaN"), {1: 2}, object()]
)
def test_values_that_are_not_exact_or_not_of_the_language_are_refused(held: object) -> None:
    with pytest.raises(ExpressionInvalid):
        evaluate("x", {"x": held})


def test_values_that_hold_themselves_are_refused() -> None:
    held: list[object] = []
    held.append(held)
    with pytest.raises(ExpressionInvalid, match="nested too deep"):
        evaluate("x", {"x": held})


_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.one_of(st.none(), st.just(dt.UTC))),
    st.times(),
    st.timedeltas(),
    st.builds(Months, st.integers(-(10**12), 10**12)),
    st.builds(
        Range, st.one_of(st.none(), st.decimals(-5, 5)), st.one_of(st.none(), st.decimals(-5, 5), st.text())
    ),
    st.binary(max_size=2),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["a", "b", "f", "余额", "item"]), inner, max_size=3),
    ),
    max_leaves=6,
)
_held = st.dictionaries(
    st.sampled_from(["a", "b", "balance", "逾期天数", "item", "x1", "_y", "inside", "order", "?"]), _values
)
_OF_LANGUAGE = frozenset({"unknown", "list"})


def run(text: str, held: dict[str, object]) -> None:
    try:
        result = evaluate(text, held)
    except ExpressionInvalid:
        return
    known = isinstance(result, list) or result is None or kind(result) not in _OF_LANGUAGE
    assert known, repr(result)


@settings(max_examples=150)
@given(st.one_of(texts, changed_texts()), _held)
def test_evaluate_raises_nothing_but_expression_invalid(text: str, held: dict[str, object]) -> None:
    run(text, held)


@settings(max_examples=150)
@given(st.text())
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    run(text, {})


_words = st.sampled_from(
    ["a", "b", "1", "0", "-", "+", "*", "/", "**", "=", "<", ">=", "(", ")", "[", "]", ",", ".", "..", '"x"', "and", "or", "in", "not(", "if", "then", "else",
     "some", "every", "satisfies", "between", "null", "true", "sum(", "count(", "date(", "duration(", "item", '"P1M"', '"2026-01-31"', "substring(", "string join(",
     "max(", "sort(", "{", "}", ":", "?", "@", "years and months duration(", "modulo(", "round half up(", "1e6000", "index of(", "sublist(", "9999999999"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(_words, max_size=14).map(" ".join), _held)
def test_any_words_are_read_or_refused(text: str, held: dict[str, object]) -> None:
    run(text, held)


@pytest.mark.parametrize("name", ["sum", "count", "max", "mean", "abs", "string", "date", "duration", "number", "substring", "modulo", "list contains", "concatenate", "flatten", "sublist", "stddev", "mode", "before", "overlaps", "decimal", "round up", "exp", "log", "sqrt", "days between", "string join", "index of", "years and months duration", "date and time", "time"])  # fmt: skip
@settings(max_examples=15)
@given(arguments=st.lists(_values, max_size=4))
def test_functions_take_anything(name: str, arguments: list[object]) -> None:
    names = [f"v{index}" for index in range(len(arguments))]
    run(f"{name}({', '.join(names)})", dict(zip(names, arguments, strict=True)))
    listed = ", ".join(f"vs[{index + 1}]" for index in range(len(arguments)))
    run(f"{name}({listed})", {"vs": [*arguments, True, 1, "x"]})
