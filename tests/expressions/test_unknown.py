"""Unknown is never zero and never false: the three truth values, and what the checker says of them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from expressions.backends import evaluate, value
from expressions.conditions import NAMES, conditions, values
from postloan_rules.expressions import BOOLEAN, MONEY, NUMBER, ListType, RecordType, Variable, check
from postloan_rules.problems import Text

TRUTHS = (True, False, None)
TYPES = {"a": BOOLEAN, "b": BOOLEAN}


def least(a: bool | None, b: bool | None) -> bool | None:
    return False if False in (a, b) else None if None in (a, b) else True


@pytest.mark.parametrize(("a", "b"), list(product(TRUTHS, TRUTHS)))
def test_and_or_not_some_every_have_three_values(a: bool | None, b: bool | None) -> None:
    def negated(truth: bool | None) -> bool | None:
        return None if truth is None else not truth

    both = least(a, b)
    either = negated(least(negated(a), negated(b)))
    given_values = {"a": a, "b": b}
    assert evaluate("a and b", given_values, TYPES) is both
    assert evaluate("a or b", given_values, TYPES) is either
    assert evaluate("not(a)", given_values, TYPES) is negated(a)
    assert evaluate("every x in [a, b] satisfies x", given_values, TYPES) is both
    assert evaluate("some x in [a, b] satisfies x", given_values, TYPES) is either
    assert evaluate("all([a, b])", given_values, TYPES) is both
    assert evaluate("any([a, b])", given_values, TYPES) is either
    assert evaluate("not(a and b) = (not(a) or not(b))", given_values, TYPES) is (
        None if both is None else True
    )


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_an_unknown_value_is_unknown(sign: str) -> None:
    types = {"x": NUMBER, "y": NUMBER}
    assert evaluate(f"x {sign} y", {"x": None, "y": 1}, types) is None
    assert evaluate(f"y {sign} x", {"x": None, "y": 1}, types) is None
    assert evaluate(f"x {sign} x", {"x": None}, types) is None


@pytest.mark.parametrize(("held", "is_unknown"), [(None, True), (0, False), (1, False)])
def test_only_the_literal_null_asks_whether_a_value_is_unknown(held: int | None, is_unknown: bool) -> None:
    values_ = {"x": held}
    assert evaluate("x = null", values_) is is_unknown
    assert evaluate("null = x", values_) is is_unknown
    assert evaluate("x != null", values_) is not is_unknown
    assert evaluate("x in (null)", values_) is is_unknown
    assert evaluate("x in (!= null)", values_) is not is_unknown


def test_an_unknown_condition_of_if_is_neither_branch() -> None:
    assert evaluate("if x then 1 else 2", {"x": None}) is None


def test_a_filter_with_one_undecided_item_is_unknown() -> None:
    items = {"xs": [{"f": 1}, {"f": None}, {"f": 3}]}
    assert evaluate("xs[f > 2]", items) is None
    assert evaluate("count(xs[f > 2])", items) is None
    assert evaluate("xs[f > 2 and f != null].f", items) == [3]
    assert evaluate("xs[f = null or f > 2].f", items) == [None, 3]


def test_undefined_arithmetic_is_unknown() -> None:
    assert evaluate("1 / x", {"x": 0}) is None
    assert evaluate("10 ** 7000") is None
    assert evaluate("(0 - 1) ** 0.5") is None


@settings(max_examples=400)
@given(conditions, values)
def test_what_cannot_be_unknown_never_is(text: str, held: dict[str, object]) -> None:
    expression = check(Text.of(text), NAMES)
    result = value(expression, held)
    assert result is None or isinstance(result, bool)
    if not expression.unknown:
        assert result is not None


@settings(max_examples=200)
@given(conditions, values)
def test_recording_changes_nothing(text: str, held: dict[str, object]) -> None:
    expression = check(Text.of(text), NAMES)
    record: dict[int, object] = {}
    assert value(expression, held, record) is value(expression, held)
    assert record[expression.root.id] is value(expression, held)


LIMIT = RecordType("account", {"balance": Variable(MONEY), "limit": Variable(MONEY, unknown=True)})


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("x > 3", True),
        ("y > 3", False),
        ("x != null and x > 3", False),
        ("x > 3 and x != null", False),
        ("x = null or x > 3", False),
        ("x > 3 or x = null", False),
        ("x = null and x > 3", True),
        ("x != null or x > 3", True),
        ("not(x = null) and x > 3", False),
        ("not(x = null or x > 3)", False),
        ("if x = null then false else x > 3", False),
        ("if x != null then x > 3 else y > 3", False),
        ("if x > 3 then true else false", True),
        ("1 / y > 3", True),
        ("y != 0 and 1 / y > 3", False),
        ("y > 0 and 1 / y > 3", False),
        ("1 / y > 3 and y > 0", False),
        ("if y = 0 then false else 1 / y > 3", False),
        ("account.limit > 1", True),
        ("account.limit != null and account.limit > 1", False),
        ("account.limit != null and account.limit > 0 and account.balance / account.limit > 0.9", False),
        ("sum(accounts.balance) > 1", False),
        ("sum(accounts.limit) > 1", True),
        ("sum(accounts[limit != null].limit) > 1", False),
        ("sum(accounts[limit > 3].limit) > 1", True),
        ("accounts[-1].balance > 1", True),
        ("accounts[-1] != null and accounts[-1].balance > 1", False),
        ("some a in accounts satisfies a.limit > 1", True),
        ("some a in accounts satisfies a.limit != null and a.limit > 1", False),
        ("x in (null, 1)", False),
        ("x in (1, 2)", True),
        ("x != null and x in (1, 2)", False),
        ("x between 1 and 2", True),
        ('date("2026-01-31") + duration("P1M") > date("2026-02-01")', False),
    ],
)  # fmt: skip
def test_what_may_be_unknown(text: str, unknown: bool) -> None:
    names = {
        "x": Variable(NUMBER, unknown=True),
        "y": Variable(NUMBER),
        "account": Variable(LIMIT),
        "accounts": Variable(ListType(LIMIT)),
    }
    assert check(Text.of(text), names).unknown is unknown
