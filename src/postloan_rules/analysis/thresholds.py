"""The thresholds of a policy: what is compared with a limit, and how far the next value lies from it."""

from __future__ import annotations

import datetime as dt
from collections import ChainMap
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.expressions import (
    CONTEXT,
    DATE,
    DAYS,
    DAYS_DURATION,
    INPUT,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMERIC,
    RATIO,
    Between,
    Comparison,
    In,
    Months,
    NumberLiteral,
    RangeLiteral,
    children,
    evaluate_node,
    names_in,
    value,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import ScoreUse
from postloan_rules.policy.periods import after
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from postloan_rules.analysis.questions import Question
    from postloan_rules.expressions import Expression, Function, Node, Type
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Span

__all__ = ["SIDES", "Side", "Step", "Threshold", "of_columns", "of_question", "shifted"]

Side: TypeAlias = Literal["at", "below", "above"]
"""Just at the limit, one step below it, one step above."""
SIDES: tuple[Side, ...] = ("below", "at", "above")

Step: TypeAlias = "Decimal | dt.timedelta | Months"


@frozen
class Threshold:
    """A value that is compared with a limit, such as `account.days_past_due >= late`."""

    text: str
    left: Node = field(repr=False, eq=False)
    right: Node = field(repr=False, eq=False)
    """The limit."""
    step: Step
    functions: Mapping[str, Function] = field(repr=False, eq=False)
    column: Expression | None = field(repr=False, eq=False)
    """What `?` stands for, in a cell of a table or a scorecard."""
    span: Span = field(repr=False, eq=False)

    @property
    def reads(self) -> frozenset[str]:
        """The names that it reads."""
        names = {*names_in(self.left), *names_in(self.right)} - {INPUT}
        return frozenset(names) | (self.column.reads if self.column is not None else frozenset())

    def values(self, names: Mapping[str, object]) -> tuple[object, object]:
        """The value and its limit."""
        if self.column is not None:
            given: MutableMapping[str, object] = {INPUT: value(self.column, names)}
            names = ChainMap(given, dict(names))
        return tuple(evaluate_node(each, names, self.functions) for each in (self.left, self.right))  # type: ignore[return-value]  # two of them

    def side(self, names: Mapping[str, object]) -> Side | None:
        """On which side of the limit the value lies, no more than one step away; None anywhere else."""
        left, right = self.values(names)
        if left is None or right is None:
            return None
        if left == right:
            return "at"
        return next((side for side in ("below", "above") if left == shifted(right, self.step, side)), None)


def shifted(limit: object, step: Step, side: Side) -> object:
    """The value on that side of a limit."""
    sign = {"at": 0, "below": -1, "above": 1}[side]
    match limit, step:
        case Decimal(), Decimal():
            return CONTEXT.add(limit, CONTEXT.multiply(step, Decimal(sign)))
        case (dt.date(), dt.timedelta()) if not isinstance(limit, dt.datetime):
            return after(limit, sign * step.days, "days")
        case dt.timedelta(), dt.timedelta():
            return limit + sign * step
        case Months(months=months), Months():
            return Months(months + sign * step.months)
        case _:
            return None


def of_question(question: Question, policy: Policy) -> Iterator[Threshold]:
    """The thresholds in the atoms of a question."""
    for atom in question.atoms:
        if atom.node is not None and atom.expression is not None:
            for one, other, text in _compared(atom.node):
                yield from _threshold(one, other, text, atom.expression, policy, None, atom.span)


def of_columns(policy: Policy, tables: Iterator[str]) -> Iterator[tuple[str, Threshold]]:
    """The thresholds in the cells of these tables, and of the scorecards in use, each with whose it is."""
    seen: set[tuple[str, str]] = set()
    for owner, column, cells in _cells(policy, tables):
        for cell in cells:
            for one, other, _ in _compared(cell.root):
                text = f"{canonical(column.root)} against {canonical(other)}"
                if (owner, text) in seen:
                    continue
                seen.add((owner, text))
                span = cell.text.span(0, len(cell.text.value))
                for each in _threshold(one, other, text, cell, policy, column, span):
                    yield owner, each


def _cells(policy: Policy, tables: Iterator[str]) -> Iterator[tuple[str, Expression, tuple[Expression, ...]]]:
    for name in tables:
        table = policy.tables[name]
        for number, column in enumerate(table.inputs):
            cells = tuple(row.tests[number] for row in table.rows)
            yield (
                f"the table `{name}`",
                column.expression,
                tuple(each for each in cells if each is not None),
            )
    cards = {
        fact.definition.scorecard.name: fact.definition.scorecard
        for fact in policy.facts
        if isinstance(fact.definition, ScoreUse)
    }
    for name, card in cards.items():
        for each in card.characteristics:
            tests = tuple(one.test for one in each.attributes if one.test is not None)
            yield f"the scorecard `{name}`", each.expression, tests


def _compared(node: Node) -> Iterator[tuple[Node, Node, str]]:
    """What is compared with what, by order."""
    match node:
        case Comparison(operator=operator, left=left, right=right) if operator not in ("=", "!="):
            yield left, right, canonical(node)
        case Between(operand=operand, low=low, high=high):
            for limit in (low, high):
                yield operand, limit, f"{canonical(operand)} against {canonical(limit)}"
        case In(operand=operand, tests=tests):
            for test in tests:
                for end in (test.low, test.high) if isinstance(test, RangeLiteral) else ():
                    if end is not None:
                        yield operand, end, f"{canonical(operand)} against {canonical(end)}"
        case _:
            # A cell may join several tests.
            for part in children(node) if _joins(node) else ():
                yield from _compared(part)


def _joins(node: Node) -> bool:
    return type(node).__name__ in ("And", "Or", "Not")


def _threshold(
    one: Node,
    other: Node,
    text: str,
    expression: Expression,
    policy: Policy,
    column: Expression | None,
    span: Span,
) -> Iterator[Threshold]:
    constants = {each.name for each in policy.parameters}
    fixed = [set(names_in(each)) <= constants for each in (one, other)]
    if all(fixed):
        return
    left, right = (other, one) if fixed[0] else (one, other)
    step = _step(left.type, right.type, list(_limits(right, policy)) if any(fixed) else [], policy.currency)
    if step is not None:
        yield Threshold(text, left, right, step, expression.functions, column, span)


def _limits(node: Node, policy: Policy) -> Iterator[Decimal]:
    """The numbers that a limit is written with."""
    if isinstance(node, NumberLiteral):
        yield node.value
    names = set(names_in(node))
    for parameter in policy.parameters:
        if parameter.name in names:
            yield from (each.value for each in parameter.values if isinstance(each.value, Decimal))
    for part in children(node):
        yield from _limits(part, policy)


def _step(left: Type, right: Type, limits: list[Decimal], currency: str) -> Step | None:
    types = {left, right}
    if MONEY in types:
        return Decimal(1).scaleb(-minor_digits(currency))
    if types & {DAYS, MONTHS}:
        return Decimal(1)
    if DATE in types:
        return dt.timedelta(days=1)
    if DAYS_DURATION in types:
        return dt.timedelta(days=1)
    if MONTHS_DURATION in types:
        return Months(1)
    if not types & NUMERIC:
        return None
    digits = max((_digits(each) for each in limits), default=0)
    return Decimal(1).scaleb(-max(digits, 2 if RATIO in types else 0))


def _digits(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
