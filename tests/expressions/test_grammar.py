"""The hand-written parser and the grammar agree on what the language is."""

from __future__ import annotations

import pytest
from hypothesis import given

from expressions.second_parser import parsed, shape
from expressions.texts import changed_texts, texts
from postloan_rules.expressions import FUNCTIONS
from postloan_rules.expressions.parser import parse
from postloan_rules.problems import Text

# What the grammar does not look into: escapes, the digits of numbers, dates, limits.
_BEYOND_GRAMMAR = frozenset({"PR0203", "PR0204", "PR0211", "PR0290", "PR0291"})


def agree(text: str) -> None:
    read = parse(Text.of(text), FUNCTIONS)
    codes = {problem.code for problem in read.problems}
    if codes & _BEYOND_GRAMMAR:
        return
    expected = parsed(text)
    if expected is None:
        assert codes
    else:
        assert codes == set()
        assert shape(read.trees[0]) == expected


@given(texts)
def test_both_read_the_same_tree(text: str) -> None:
    assert parsed(text) is not None
    agree(text)


@given(changed_texts())
def test_both_take_and_refuse_the_same_texts(text: str) -> None:
    agree(text)


@pytest.mark.parametrize(
    "text",
    [
        "-2 ** 2", "2 ** 3 ** 2", "1 - 2 - 3", "8 / 4 / 2", "a or b and c", "a and b or c and d",
        "not(a) and b", "a = b and c", "1 < x < 5", "x in [1..3[ and y", "x in ]1..3]", "xs[1][a > 2].b",
        "if a then b else c + 1", "1 + if a then b else c", "a and if b then c else d or e",
        "some x in 1..3, y in ys satisfies x > y", "x in (1..3)", "x in (< 5, [1..2], null)", "x in (a) + 1",
        "f(a: 1, b c: 2)", "f(1, b: 2)", "f(1,)", "{a: 1,}", "[1..2", "()", "a b", "date and time (x)", "x in -5",
        "in", "a.in", "IF", "a.b c", "x.time offset", "[[]]", "[]", "(a)[1]", "5.a", "1..2", "x between 1 and 2 and y",
    ],
)  # fmt: skip
def test_both_agree_on_the_corners(text: str) -> None:
    agree(text)
