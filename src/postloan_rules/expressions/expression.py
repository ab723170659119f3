"""A checked expression, and how it is made from a text."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from postloan_rules.expressions.checker import check_tree
from postloan_rules.expressions.cost import USUAL, parts_of, steps
from postloan_rules.expressions.evaluator import Names, evaluate_node
from postloan_rules.expressions.functions import FUNCTIONS, Function
from postloan_rules.expressions.kinds import of_type
from postloan_rules.expressions.nodes import GlobalName, Node, children
from postloan_rules.expressions.parser import Parsed, parse, parse_tests
from postloan_rules.expressions.printer import canonical
from postloan_rules.expressions.types import ANY, BOOLEAN, Type, Variable
from postloan_rules.limits import LIMITS
from postloan_rules.problems import Problem, Text, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from postloan_rules.limits import Limits

__all__ = ["INPUT", "Expression", "ExpressionInvalid", "check", "check_tests", "value"]

INPUT = "?"
"""The name of a table cell's input value."""


class ExpressionInvalid(Exception):  # noqa: N818 - the public name of the rule language
    """An expression that cannot be used, with all that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Expression:
    """An expression that has been read and checked."""

    text: Text
    root: Node = field(repr=False)
    """The tree: typed, numbered, its names resolved."""
    type: Type
    unknown: bool
    """Whether its value may be unknown."""
    reads: frozenset[str]
    """The names that it reads of those that the caller gives."""
    canonical: str = field(repr=False)
    """Its text in one way of writing, whatever blanks and brackets the author used."""
    functions: Mapping[str, Function] = field(repr=False, eq=False)
    steps: int = field(repr=False, eq=False, default=1)
    """The steps that it takes where each list has a hundred members."""
    warnings: tuple[Problem, ...] = field(repr=False, eq=False, default=())
    """What of it is deprecated."""


def check(
    text: Text,
    names: Mapping[str, Variable],
    *,
    expected: Type | None = None,
    functions: Mapping[str, Function] | None = None,
    limits: Limits = LIMITS,
) -> Expression:
    """The checked expression of a text.

    Args:
        text: What the author wrote, and where.
        names: What each name that it may use stands for.
        expected: The type that is needed; literals take its unit.
        functions: The functions that it may call; all of the language by default.
        limits: How much is taken.

    Raises:
        ExpressionInvalid: With every problem that was found.
    """
    known = FUNCTIONS if functions is None else functions
    return _checked(text, parse(text, known, names, limits), names, expected, known, limits)


def check_tests(
    text: Text,
    names: Mapping[str, Variable],
    *,
    subject: Variable,
    functions: Mapping[str, Function] | None = None,
    limits: Limits = LIMITS,
) -> Expression:
    """The checked tests of a table cell: `-`, `>= 5`, `[1..3)`, `"a", "b"`, `not(...)`, a condition on `?`.

    Args:
        text: The cell.
        names: What each name that it may use stands for.
        subject: What the input value, called `?`, stands for.
        functions: The functions that it may call; all of the language by default.
        limits: How much is taken.

    Raises:
        ExpressionInvalid: With every problem that was found.
    """
    known = FUNCTIONS if functions is None else functions
    # A view, not a copy: the caller's names may be found only as they are asked for.
    with_input = ChainMap({INPUT: subject}, cast("MutableMapping[str, Variable]", names))
    parsed = parse_tests(text, known, names, limits)
    return _checked(text, parsed, with_input, BOOLEAN, known, limits)


def _checked(
    text: Text,
    parsed: Parsed,
    names: Mapping[str, Variable],
    expected: Type | None,
    functions: Mapping[str, Function],
    limits: Limits,
) -> Expression:
    problems = list(parsed.problems)
    roots: list[Node] = []
    for tree in parsed.trees:
        # A part of a text that could not be read to its end is checked for what it says alone.
        needed = None if parsed.problems else expected
        root, found = check_tree(tree, text, names, functions, needed)
        roots.append(root)
        problems += found
    if problems:
        raise ExpressionInvalid(problems)
    root = roots[0]
    taken = steps(root, USUAL)
    problems = [*_too_dear(text, taken, limits), *_too_large(text, root.type, limits)]
    if problems:
        raise ExpressionInvalid(problems)
    type_ = root.type if expected is None or expected == ANY else expected
    return Expression(
        text=text,
        root=root,
        type=type_,
        unknown=root.unknown,
        reads=frozenset(_reads(root)),
        canonical=canonical(root),
        functions=functions,
        steps=taken,
        warnings=in_order(parsed.warnings),
    )


def _too_dear(text: Text, taken: int, limits: Limits) -> Iterator[Problem]:
    most = limits.expression_steps
    if taken > most:
        message = (
            f"the expression takes {taken:,} steps where lists have {USUAL} members, and {most:,} is the most"
        )
        help_ = "loops stand in loops, or lists in lists: make a fact of what an inner one gives"
        yield Problem("PR1010", message, text.span(0, len(text.value)), help_)


def _too_large(text: Text, type_: Type, limits: Limits) -> Iterator[Problem]:
    most = limits.type_parts
    if parts_of(type_, most) > most:
        message = f"the value has more than {most:,} parts, records and lists in one another counted"
        yield Problem("PR1012", message, text.span(0, len(text.value)), "keep what is needed of it only")


def _reads(root: Node) -> set[str]:
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, GlobalName):
            found.add(node.name)
        waiting += children(node)
    return found


def value(expression: Expression, names: Names, record: dict[int, object] | None = None) -> object:
    """The value of an expression; None is unknown.

    Args:
        expression: What was checked.
        names: The value of each name that it reads: a dict, or anything that gives values by name.
        record: Takes the value of each node that was looked at, by the node's id.
    """
    result = evaluate_node(expression.root, names, expression.functions, record)
    if expression.root.type == ANY and not of_type(result, expression.type):
        # Of data that has no declared type, a value of another type than was asked for is not known.
        return None
    return result
