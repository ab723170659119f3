"""Comparisons in words: of numbers, of days, with sets and with ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from postloan_rules.analysis.book.prose import code
from postloan_rules.expressions import (
    DATE,
    DATE_TIME,
    NUMERIC,
    And,
    Between,
    BooleanLiteral,
    Comparison,
    EqualityTest,
    GlobalName,
    If,
    In,
    ListLiteral,
    ListType,
    Not,
    NullLiteral,
    NumberLiteral,
    Or,
    Quantified,
    RangeLiteral,
    RangeType,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
)
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.sentences import Sentences
    from postloan_rules.expressions import Node

__all__ = ["Comparisons"]

_DAYS = (DATE, DATE_TIME)
_CLAUSES = (Comparison, And, Or, Not, UnknownTest, Between, In, Quantified, If)
"""What is a condition itself: a comparison of it with something is told in the rule language."""


class Comparisons:
    """Says comparisons by means of the sentences that they stand in."""

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences

    def comparison(self, node: Comparison) -> Phrase:
        """`a >= b` in words."""
        say = self.sentences.speech.say
        if any(isinstance(side, _CLAUSES) for side in (node.left, node.right)):
            return code(canonical(node))
        left, right = self.sentences.operand(node.left), self.sentences.operand(node.right)
        of_days = node.left.type in _DAYS or node.right.type in _DAYS
        match node.operator:
            case "=":
                return say("{left} is {right}", left=left, right=right)
            case "!=":
                return say("{left} is not {right}", left=left, right=right)
            case "<" if of_days:
                return say("{left} is before {right}", left=left, right=right)
            case "<=" if of_days:
                return say("{left} is not after {right}", left=left, right=right)
            case ">" if of_days:
                return say("{left} is after {right}", left=left, right=right)
            case ">=" if of_days:
                return say("{left} is not before {right}", left=left, right=right)
            case "<":
                return say("{left} is less than {right}", left=left, right=right)
            case "<=":
                return say("{left} is at most {right}", left=left, right=right)
            case ">":
                return say("{left} is more than {right}", left=left, right=right)
            case ">=":
                return say("{left} is at least {right}", left=left, right=right)
            case _:
                assert_never(node.operator)

    def membership(self, node: In) -> Phrase:
        """`a in (b, [c..d))` in words."""
        say, operand = self.sentences.speech.say, self.sentences.operand(node.operand)
        tests = [
            item for test in node.tests for item in (test.items if isinstance(test, ListLiteral) else (test,))
        ]
        singles = [each for each in tests if self._is_single(each)]
        ranges = [each for each in tests if isinstance(each, RangeLiteral)]
        if len(singles) + len(ranges) != len(tests):
            if len(tests) == 1 and isinstance(tests[0].type, ListType) and isinstance(tests[0], GlobalName):
                return say("{value} is in the list {list}", value=operand, list=self.sentences.noun(tests[0]))
            return code(canonical(node))
        found: list[Phrase] = []
        if len(singles) == 1:
            found.append(say("{left} is {right}", left=operand, right=self.sentences.operand(singles[0])))
        elif singles:
            values = self.sentences.speech.any_of([self.sentences.operand(each) for each in singles])
            found.append(say("{value} is one of {values}", value=operand, values=values))
        found += [self._within(operand, each) for each in ranges]
        return self.sentences.speech.any_of(found)

    def _is_single(self, node: Node) -> bool:
        """Whether a test of `in` stands for itself: one value, and no list, range or condition."""
        if isinstance(node, EqualityTest | RangeLiteral | NullLiteral | ListLiteral):
            return False
        if isinstance(node, NumberLiteral | StringLiteral | TemporalLiteral | BooleanLiteral):
            return True
        return not isinstance(node.type, ListType | RangeType) and node.type in (*NUMERIC, DATE)

    def _within(self, value: Phrase, node: RangeLiteral) -> Phrase:
        say = self.sentences.speech.say
        of_days = any(end is not None and end.type in _DAYS for end in (node.low, node.high))
        bounds: list[Phrase] = []
        if node.low is not None:
            low = self.sentences.operand(node.low)
            if of_days:
                bounds.append(
                    say("not before {low}", low=low) if node.low_closed else say("after {low}", low=low)
                )
            else:
                bounds.append(
                    say("at least {low}", low=low) if node.low_closed else say("more than {low}", low=low)
                )
        if node.high is not None:
            high = self.sentences.operand(node.high)
            if of_days:
                bounds.append(
                    say("not after {high}", high=high)
                    if node.high_closed
                    else say("before {high}", high=high)
                )
            else:
                bounds.append(
                    say("at most {high}", high=high)
                    if node.high_closed
                    else say("less than {high}", high=high)
                )
        return say("{value} is {bounds}", value=value, bounds=self.sentences.speech.all_of(bounds))
