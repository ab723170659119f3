"""The canonical text of an expression is read again as the same expression."""

from __future__ import annotations

import pytest
from hypothesis import given

from expressions.conditions import NAMES, conditions
from expressions.texts import texts
from postloan_rules.expressions import FUNCTIONS, check, children
from postloan_rules.expressions.parser import parse
from postloan_rules.expressions.printer import canonical
from postloan_rules.problems import Text


@given(texts)
def test_a_printed_tree_is_read_as_the_same_tree(text: str) -> None:
    tree = parse(Text.of(text), FUNCTIONS).trees[0]
    printed = canonical(tree)
    read = parse(Text.of(printed), FUNCTIONS)
    assert read.problems == ()
    assert read.trees[0] == tree
    assert canonical(read.trees[0]) == printed


@given(conditions)
def test_a_checked_expression_is_stable(text: str) -> None:
    expression = check(Text.of(text), NAMES)
    again = check(Text.of(expression.canonical), NAMES)
    assert again.canonical == expression.canonical
    assert again.root == expression.root
    assert _facts(again.root) == _facts(expression.root)
    assert (again.type, again.unknown, again.reads) == (
        expression.type,
        expression.unknown,
        expression.reads,
    )


def _facts(node: object) -> list[tuple[object, ...]]:
    """What the checker says of each node, in the order of the text."""
    found: list[tuple[object, ...]] = []
    waiting = [node]
    while waiting:
        each = waiting.pop()
        found.append((type(each).__name__, each.id, each.type, each.unknown, getattr(each, "binder", None)))  # type: ignore[attr-defined]  # every node has them
        waiting += reversed(children(each))  # type: ignore[arg-type]  # nodes all the way down
    return found


@given(conditions)
def test_node_numbers_are_dense(text: str) -> None:
    numbers = sorted(facts[1] for facts in _facts(check(Text.of(text), NAMES).root))  # type: ignore[type-var]  # ids are whole numbers
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a  and(b)", "a and b"),
        ("(a and b) or c", "a and b or c"),
        ("a and (b or c)", "a and (b or c)"),
        ("not( a )", "not(a)"),
        ("-(2 ** 2)", "-(2 ** 2)"),
        ("(1 + 2) * 3", "(1 + 2) * 3"),
        ("1 + (2 * 3)", "1 + 2 * 3"),
        ("1 - (2 - 3)", "1 - (2 - 3)"),
        ("x in [1 .. 3[", "x in ([1..3))"),
        ("x in > 5", "x in (> 5)"),
        ("x in (null, 1)", "x in (null, 1)"),
        ('if a then "b" else "c"', 'if a then "b" else "c"'),
        ("(if a then b else c) + 1", "(if a then b else c) + 1"),
        ('{a: 1, "b c": 2}', '{"a": 1, "b c": 2}'),
        ("0.90", "0.90"),
        ('@"P1Y6M"', '@"P1Y6M"'),
        ('"tab\\tend\\u00AD"', '"tab\\tend\\u00AD"'),
        ("some x in 1..3,y in ys satisfies x>y", "some x in 1..3, y in ys satisfies x > y"),
    ],
)
def test_printed(text: str, printed: str) -> None:
    assert canonical(parse(Text.of(text), FUNCTIONS).trees[0]) == printed
