from __future__ import annotations

import pytest

from expressions.backends import evaluate
from postloan_rules.expressions import ExpressionInvalid
from postloan_rules.expressions.functions import FUNCTIONS
from postloan_rules.expressions.values import text_of

EXAMPLES = [(text, value) for function in FUNCTIONS.values() for text, value in function.examples]


def _value(text: str) -> object:
    found = evaluate(text)
    return tuple(found) if isinstance(found, list) else found


@pytest.mark.parametrize(("text", "value"), [pair for pair in EXAMPLES if pair[1] != "null"])
def test_each_example_has_the_value_that_it_shows(text: str, value: str) -> None:
    assert text_of(_value(text)) == value


@pytest.mark.parametrize("text", [text for text, value in EXAMPLES if value == "null"])
def test_each_unknown_example_is_unknown_or_a_problem_at_once(text: str) -> None:
    try:
        assert evaluate(text) is None
    except ExpressionInvalid as invalid:
        assert [problem.code for problem in invalid.problems] == ["PR0264"]  # noqa: PT017  # either way is right
