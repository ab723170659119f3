from __future__ import annotations

import math
import statistics
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.expressions.functions import FUNCTIONS

D = Decimal
amounts = st.decimals(-(10**9), 10**9, places=2)
lists = st.lists(amounts, max_size=8).map(tuple)
some = st.lists(amounts, min_size=1, max_size=8).map(tuple)
texts = st.text(max_size=8)


def call(name: str, *arguments: object) -> object:
    return FUNCTIONS[name].apply(*arguments)


@given(lists)
def test_sum_count_min_and_max_are_those_of_python(items: tuple[Decimal, ...]) -> None:
    assert call("sum", items) == sum(items, D(0))
    assert call("count", items) == len(items)
    assert call("min", items) == min(items, default=None)
    assert call("max", items) == max(items, default=None)


@given(some)
def test_mean_median_and_mode_are_those_of_statistics(items: tuple[Decimal, ...]) -> None:
    mean = call("mean", items)
    assert isinstance(mean, Decimal)
    assert abs(Fraction(mean) - statistics.mean(map(Fraction, items))) < Fraction(1, 10**20)
    assert call("median", items) == statistics.median(items)
    assert call("mode", items) == tuple(sorted(statistics.multimode(items)))
    assert call("sum", *items) == call("sum", items)


@given(st.lists(amounts, min_size=2, max_size=8).map(tuple))
def test_stddev_is_that_of_statistics(items: tuple[Decimal, ...]) -> None:
    deviation = call("stddev", items)
    assert isinstance(deviation, Decimal)
    variance = statistics.variance(map(Fraction, items))
    assert math.isclose(Fraction(deviation) ** 2, variance, rel_tol=1e-15, abs_tol=1e-15)


@given(amounts, st.integers(-3, 3))
def test_rounding_is_that_of_decimal(value: Decimal, scale: int) -> None:
    step = D(1).scaleb(-scale)
    for name, rounding in (
        ("decimal", ROUND_HALF_EVEN),
        ("round half up", ROUND_HALF_UP),
        ("floor", ROUND_FLOOR),
        ("ceiling", ROUND_CEILING),
    ):
        assert call(name, value, D(scale)) == value.quantize(step, rounding=rounding)
    assert call("floor", value) == math.floor(value)


@given(amounts, amounts)
def test_modulo_is_that_of_fractions(dividend: Decimal, divisor: Decimal) -> None:
    rest = call("modulo", dividend, divisor)
    if divisor:
        assert isinstance(rest, Decimal)
        assert Fraction(rest) == Fraction(dividend) % Fraction(divisor)
    else:
        assert rest is None


def test_modulo_of_numbers_far_apart_is_exact() -> None:
    assert call("modulo", D("1e6000"), D("7e-6000")) == D(10**12000 % 7).scaleb(-6000)


@given(st.integers(-(10**20), 10**20))
def test_a_whole_number_is_odd_or_even(value: int) -> None:
    assert call("odd", D(value)) is (value % 2 == 1)
    assert call("even", D(value)) is (value % 2 == 0)


@given(texts, texts)
def test_text_functions_are_those_of_python(value: str, match: str) -> None:
    assert call("contains", value, match) is (match in value)
    assert call("starts with", value, match) is value.startswith(match)
    assert call("ends with", value, match) is value.endswith(match)
    assert call("string length", value) == len(value)
    if match and match in value:
        assert call("substring before", value, match) == value.split(match, 1)[0]
        assert call("substring after", value, match) == value.split(match, 1)[1]


@given(texts, st.integers(-9, 9), st.integers(-1, 9))
def test_a_substring_counts_from_1_or_from_the_end(value: str, start: int, length: int) -> None:
    found = call("substring", value, D(start), D(length))
    if start == 0 or abs(start) > len(value) or length < 1:
        assert found is None
    else:
        first = start - 1 if start > 0 else len(value) + start
        assert found == value[first : first + length]


@given(lists, st.integers(-9, 9))
def test_lists_are_cut_as_in_python(items: tuple[Decimal, ...], n: int) -> None:
    assert call("latest", items, D(n)) == (items[-n:] if n > 0 else ())
    assert call("reverse", items) == items[::-1]
    assert call("distinct values", items) == tuple(dict.fromkeys(items))
    assert call("union", items, items) == tuple(dict.fromkeys(items))
    if 0 < abs(n) <= len(items):
        place = n - 1 if n > 0 else n
        left = list(items)
        del left[place]
        assert call("remove", items, D(n)) == tuple(left)
        assert call("sublist", items, D(n)) == items[place:]
    else:
        assert call("remove", items, D(n)) is None
        assert call("sublist", items, D(n)) is None


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("list contains", ((D(1), None), D(1)), True),
        ("list contains", ((D(1), None), D(2)), None),
        ("list contains", ((D(1), "a"), D(2)), False),
        ("list contains", ((D(1),), None), None),
        ("list contains", ((), None), False),
        ("list contains", ((D(1), None), None), True),
        ("list contains", ((True,), D(1)), False),
        ("list contains", (None, D(1)), None),
        ("index of", ((D(1), None), D(1)), None),
        ("index of", ((None, D(1), None), None), (D(1), D(3))),
        ("distinct values", ((True, D(1), D("1.0"), "1", None, None),), (True, D(1), "1", None)),
        ("append", ((D(1),), None), (D(1), None)),
        ("concatenate", ((D(1),), None), None),
        ("count", ((None, None),), D(2)),
        ("count", (None,), None),
        ("sum", ((D(1), None),), None),
        ("max", ((D(1), "a"),), None),
        ("max", ((True,),), None),
        ("mode", ((),), ()),
        ("stddev", ((D(1),),), None),
        ("all", ((True, None),), None),
        ("all", ((False, None),), False),
        ("all", ((True, D(1)),), None),
        ("all", (None,), None),
        ("any", ((True, None),), True),
        ("any", ((False, None),), None),
        ("any", ((),), False),
        ("string join", (("a", None, "b"), "-"), "a-b"),
        ("string join", (("a", D(1)), "-"), None),
        ("string join", ((), "-"), ""),
        ("string", (None,), None),
        ("sqrt", (D(-1),), None),
        ("log", (D(0),), None),
        ("exp", (D(10**6),), None),
        ("decimal", (D("5.5"), D(6176)), D("5.5")),
        ("decimal", (D("5.5"), D(6177)), None),
        ("decimal", (D("5.5"), D(-6111)), D(0)),
        ("decimal", (D(1) / D(3), D("2.5")), D("0.33")),
        ("string length", ("😀信",), D(2)),
        ("substring", ("😀信用", D(2), D(1)), "信"),
        ("time", (D(9), D(30), D("59.9999999")), FUNCTIONS["time"].apply("09:30:59.999999")),
        ("date", (D(2026), D("1.5"), D(1)), None),
        ("date", (D("1e6000"), D(1), D(1)), None),
        ("number", ("1.000,5", ".", ","), D("1000.5")),
        ("number", ("1.000,5", ",", "."), D("1.0005")),
        ("number", ("1000,5", None, None), None),
        ("number", ("1,5", {}, "."), None),
    ],
)
def test_the_edges_of_a_function(name: str, arguments: tuple[object, ...], result: object) -> None:
    assert call(name, *arguments) == result
    assert isinstance(call(name, *arguments), bool) is isinstance(result, bool)


def test_a_list_cannot_grow_past_any_memory() -> None:
    many = tuple(map(D, range(60_000)))
    assert call("concatenate", many, many) is None
    assert call("append", many, D(1)) is not None
