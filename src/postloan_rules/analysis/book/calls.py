"""Functions in words, and the few forms in which policies reckon with days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.book.prose import code
from postloan_rules.expressions import (
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    Arithmetic,
    Call,
    Filter,
    ListType,
    Path,
    StringLiteral,
    TemporalLiteral,
    evaluate,
)
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.sentences import Sentences
    from postloan_rules.expressions import Node

__all__ = ["Calls"]

_DAYS = (DATE, DATE_TIME)
_OF_LISTS = frozenset({"count", "sum", "min", "max", "mean"})


class Calls:
    """Says calls of functions by means of the sentences that they stand in."""

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences

    def tight(self, node: Call) -> bool:
        """Whether the words for a call can be taken in one way only, whatever stands beside them."""
        if self._length(node) is not None:
            return True
        only = node.arguments[0] if len(node.arguments) == 1 else None
        return node.function in _OF_LISTS and only is not None and self.sentences.tight(only)

    def noun(self, node: Call) -> Phrase:
        """What a call gives, as a noun."""
        say, operand = self.sentences.speech.say, self.sentences.operand
        length = self._length(node)
        if length is not None:
            return length
        arguments = node.arguments
        match node.function:
            case "count" | "sum" | "min" | "max" | "mean" if len(arguments) == 1:
                return self._of_list(node.function, arguments[0]) or code(canonical(node))
            case "min" if self._are_single(arguments):
                return say("the smallest of {values}", values=self._all(arguments))
            case "max" if self._are_single(arguments):
                return say("the largest of {values}", values=self._all(arguments))
            case "ceiling" if len(arguments) == 1:
                return say("{value}, rounded up to a whole number", value=operand(arguments[0]))
            case "floor" if len(arguments) == 1:
                return say("{value}, rounded down to a whole number", value=operand(arguments[0]))
            case "abs" if len(arguments) == 1:
                return say("{value} without its sign", value=operand(arguments[0]))
            case _:
                return code(canonical(node))

    def _of_list(self, function: str, argument: Node) -> Phrase | None:
        say = self.sentences.speech.say
        if not isinstance(argument.type, ListType):
            return None
        of_days = argument.type.item in _DAYS
        if function == "count" and isinstance(argument, Filter):
            # Inside another filter the filter is told in the rule language, and counted as that.
            inner = self.sentences.noun(argument)
            if not (len(inner) == 1 and inner[0].is_code):
                filtered = self.sentences.filtered(argument)
                return say("the number of items of {list} for which {condition}", **filtered)
        items = self.sentences.operand(argument)
        match function:
            case "count":
                return say("the number of items of {list}", list=items)
            case "sum":
                return say("the sum of {list}", list=items)
            case "mean":
                return say("the average of {list}", list=items)
            case "max":
                return (
                    say("the latest of {list}", list=items)
                    if of_days
                    else say("the largest of {values}", values=items)
                )
            case _:
                return (
                    say("the earliest of {list}", list=items)
                    if of_days
                    else say("the smallest of {values}", values=items)
                )

    def _are_single(self, arguments: tuple[Node, ...]) -> bool:
        return len(arguments) > 1 and not any(
            isinstance(each.type, ListType) or each.type in _DAYS for each in arguments
        )

    def _all(self, arguments: tuple[Node, ...]) -> Phrase:
        return self.sentences.speech.listed([self.sentences.operand(each) for each in arguments])

    # Days and lengths of time

    def is_length(self, node: Node) -> bool:
        """Whether a node is written as a length of time in days or months."""
        if isinstance(node, TemporalLiteral):
            return self.sentences.length(node.value) is not None
        return isinstance(node, Call) and self._length(node) is not None

    def _length(self, node: Node) -> Phrase | None:
        """`duration("P30D")` as a length of time."""
        if not isinstance(node, Call) or node.function != "duration" or len(node.arguments) != 1:
            return None
        if not isinstance(node.arguments[0], StringLiteral):
            return None
        return self.sentences.length(evaluate(canonical(node)))

    def moved_day(self, node: Arithmetic) -> Phrase | None:
        """`as_of - duration("P30D")`: the day so long before; None for other sums."""
        if node.left.type not in _DAYS or not self.is_length(node.right):
            return None
        parts = {"day": self.sentences.operand(node.left), "length": self.sentences.noun(node.right)}
        say = self.sentences.speech.say
        match node.operator:
            case "-":
                return say("{length} before {day}", **parts)
            case "+":
                return say("{length} after {day}", **parts)
            case _:
                return None

    def days_between(self, node: Path) -> Phrase | None:
        """`(a - b).days`: the days from `b` to `a`; None for other paths."""
        source = node.source
        if node.field != "days" or source.type != DAYS_DURATION:
            return None
        if not isinstance(source, Arithmetic) or source.operator != "-":
            return None
        if source.left.type != DATE or source.right.type != DATE:
            return None
        operand = self.sentences.operand
        return self.sentences.speech.say(
            "the days from {start} to {end}", start=operand(source.right), end=operand(source.left)
        )

    def whole_months(self, node: Arithmetic) -> Phrase | None:
        """`years and months duration(a, b) / duration("P1M")`: the complete months from `a` to `b`."""
        left, right = node.left, node.right
        if node.operator != "/" or canonical(right) != 'duration("P1M")' or not isinstance(left, Call):
            return None
        if left.function != "years and months duration" or len(left.arguments) != 2:
            return None
        start, end = (self.sentences.operand(each) for each in left.arguments)
        return self.sentences.speech.say("the complete months from {start} to {end}", start=start, end=end)
