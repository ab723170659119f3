"""An expression is bounded in length and depth, and reading it takes time in proportion to its length."""

from __future__ import annotations

import contextlib
import time

import pytest

from expressions.backends import evaluate, value
from postloan_rules.expressions import BOOLEAN, NUMBER, ExpressionInvalid, ListType, Variable, check
from postloan_rules.problems import Text

NAMES = {"n": Variable(NUMBER), "b": Variable(BOOLEAN), "xs": Variable(ListType(NUMBER))}
NESTED = {
    "brackets": ("(", "n", ")"),
    "minus": ("-", "n", ""),
    "bracketed minus": ("-(", "n", ")"),
    "sums": ("1 + (", "n", ")"),
    "left sums": ("", "n", " + 1"),
    "products": ("", "n", " * 1"),
    "not": ("not(", "b", ")"),
    "lists": ("[", "n", "]"),
    "records": ("{a: ", "n", "}"),
    "calls": ("abs(", "n", ")"),
    "if": ("if b then ", "n", " else 1"),
    "else if": ("if b then 1 else ", "n", ""),
    "conditions of if": ("if if b then ", "b", " else b then b else b"),
    "filters": ("xs[count(", "xs", ") > 1]"),
    "chained filters": ("", "xs", "[true]"),
    "some": ("some x in xs satisfies ", "b", ""),
    "every": ("every x in [n] satisfies (", "b", ")"),
    "in": ("b in (", "b", ")"),
    "ranges": ("n in [1..(", "n", ")]"),
    "and in or": ("b or (b and (", "b", "))"),
    "or in and": ("(b and b or ", "b", ") and b"),
    "paths": ("", "n", ".f"),
}


@pytest.mark.parametrize("kind", NESTED)
def test_too_deep_is_a_problem_whatever_is_nested(kind: str) -> None:
    before, middle, after = NESTED[kind]
    with pytest.raises(ExpressionInvalid) as caught:
        check(Text.of(before * 300 + middle + after * 300), NAMES)
    assert caught.value.problems[0].code == "PR0291"


@pytest.mark.parametrize("kind", ["brackets", "minus", "left sums", "not", "lists", "calls", "else if"])
def test_ninety_deep_is_taken(kind: str) -> None:
    before, middle, after = NESTED[kind]
    expression = check(Text.of(before * 90 + middle + after * 90), NAMES)
    value(expression, {"n": 1, "b": True, "xs": ()})
    assert check(Text.of(expression.canonical), NAMES).root == expression.root


def test_a_long_chain_of_conditions_is_not_deep() -> None:
    text = " and ".join(["n >= 1"] * 900)
    assert value(check(Text.of(text), NAMES), {"n": 1}) is True


def test_past_ten_kilobytes_is_a_problem() -> None:
    with pytest.raises(ExpressionInvalid, match="PR0290"):
        check(Text.of("n = 1 and " * 1_500 + "b"), NAMES)


def _time(text: str) -> float:
    """The least of three times, which other work on the machine disturbs least."""
    times = []
    for _ in range(3):
        start = time.process_time()
        with contextlib.suppress(ExpressionInvalid):
            check(Text.of(text), NAMES)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    "piece",
    ["n >= 1 and ", "b or ", "n > ", "(((", "[1, ", '"a" ', "xs[", "if b then ", "1,000 ", "not(", "n is null and ", "a.b "],
)  # fmt: skip
def test_reading_takes_time_in_proportion_to_length(piece: str) -> None:
    short, long = (piece * (length // len(piece)) + "b" for length in (1_250, 10_000))
    # Eight times the length; a square would be sixty-four times.
    assert _time(long) < 24 * _time(short) + 0.05


def test_counting_is_bounded() -> None:
    assert evaluate("some x in 1..10000 satisfies x > 9999") is True
    assert evaluate("some x in 1..n satisfies x > 0", {"n": 10**30}) is None
    assert evaluate("every x in 3..1 satisfies x > 0") is True
