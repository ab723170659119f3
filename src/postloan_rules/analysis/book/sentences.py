"""Expressions in words.

What can't be said plainly stays as it is written, in the rule language: a sentence is never a guess.
A part that two readers could take apart differently stands in brackets.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from postloan_rules.analysis.book.calls import Calls
from postloan_rules.analysis.book.comparisons import Comparisons
from postloan_rules.analysis.book.names import record_of
from postloan_rules.analysis.book.prose import code, text
from postloan_rules.decisions.views.view import Value
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    INPUT,
    NUMERIC,
    And,
    Arithmetic,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    Filter,
    GlobalName,
    If,
    In,
    Index,
    ItemField,
    ListLiteral,
    ListType,
    LocalName,
    Negate,
    Not,
    NullLiteral,
    NumberLiteral,
    Or,
    Path,
    Quantified,
    RangeLiteral,
    RecordLiteral,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
)
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from postloan_rules.analysis.book.names import Names
    from postloan_rules.analysis.book.prose import Phrase, Speech
    from postloan_rules.expressions import Expression, Node

__all__ = ["Sentences"]

_DAYS = (DATE, DATE_TIME)


class Sentences:
    """Says the expressions of one policy in one language.

    Args:
        speech: The language.
        names: The names of the policy.
        subject: The record whose fields an expression reads by their bare names, where it does.
    """

    def __init__(self, speech: Speech, names: Names, subject: str | None = None) -> None:
        self.speech = speech
        self.names = names
        self.subject = subject
        self.calls = Calls(self)
        self.comparisons = Comparisons(self)
        self._items: list[str | None] = []
        """The records that the filters around the present node look at, the innermost last."""

    def value(self, expression: Expression) -> Phrase:
        """What an expression gives."""
        return self.noun(expression.root)

    def condition(self, expression: Expression) -> Phrase:
        """What must hold for an expression to be true."""
        return self.clause(expression.root)

    # Conditions

    def clause(self, node: Node) -> Phrase:
        """A condition as a clause: `the balance is more than 1,000`."""
        say = self.speech.say
        match node:
            case Comparison():
                return self.comparisons.comparison(node)
            case And(operands=operands):
                return self.speech.all_of([self.part(each) for each in operands])
            case Or(operands=operands):
                return self.speech.any_of([self.part(each) for each in operands])
            case Not(operand=operand):
                return self._denied(operand)
            case UnknownTest(operand=operand, negated=negated):
                return (
                    say("{value} is known", value=self.operand(operand))
                    if negated
                    else say("{value} is not known", value=self.operand(operand))
                )
            case Between(operand=operand, low=low, high=high):
                return say(
                    "{value} is from {low} to {high}, both included",
                    value=self.operand(operand),
                    low=self.operand(low),
                    high=self.operand(high),
                )
            case In():
                return self.comparisons.membership(node)
            case Quantified():
                return self._quantified(node)
            case BooleanLiteral(value=value):
                return say("always") if value else say("never")
            case If() | Filter() | Index() | RecordLiteral() | ListLiteral() | RangeLiteral():
                return code(canonical(node))
            case _:
                return self._yes(node)

    def part(self, node: Node) -> Phrase:
        """A condition beside others: in brackets where one could take it apart differently."""
        phrase = self.clause(node)
        closed = not isinstance(node, And | Or | Quantified | If) and not _opens(node)
        return phrase if closed else self.speech.bracketed(phrase)

    def _yes(self, node: Node) -> Phrase:
        say = self.speech.say
        if isinstance(node, GlobalName) and self.names.kinds.get(node.name) == "trigger":
            return say("{trigger} has fired", trigger=self.noun(node))
        if node.type != BOOLEAN:
            return code(canonical(node))
        return say("{name} is true", name=self.operand(node))

    def _denied(self, operand: Node) -> Phrase:
        say = self.speech.say
        if isinstance(operand, GlobalName) and self.names.kinds.get(operand.name) == "trigger":
            return say("{trigger} has not fired", trigger=self.noun(operand))
        if isinstance(operand, GlobalName | Path | ItemField | LocalName) and operand.type == BOOLEAN:
            return say("{name} is false", name=self.operand(operand))
        return say("it does not hold that {clause}", clause=self.speech.bracketed(self.clause(operand)))

    def _quantified(self, node: Quantified) -> Phrase:
        say = self.speech.say
        if len(node.iterators) != 1 or node.iterators[0].stop is not None:
            return code(canonical(node))
        (iterator,) = node.iterators
        parts = {
            "name": code(iterator.name),
            "list": self.operand(iterator.source),
            "clause": self.speech.bracketed(self.clause(node.condition)),
        }
        if node.kind == "some":
            return say("for at least one {name} of {list}, {clause}", **parts)
        return say("for every {name} of {list}, {clause}", **parts)

    # Values

    def noun(self, node: Node) -> Phrase:
        """What a node gives, as a noun: `the sum of the balances`."""
        say = self.speech.say
        match node:
            case NumberLiteral() | TemporalLiteral():
                return self.literal(node)
            case StringLiteral(value=value):
                return say("“{text}”", text=value)
            case BooleanLiteral(value=value):
                return text(self.speech.wording.truth("true" if value else "false"))
            case NullLiteral():
                return say("an unknown value")
            case GlobalName():
                return self._name(node)
            case LocalName(name=name):
                return say("the item") if name == "item" else code(name)
            case ItemField(name=name):
                return say("the item’s {field}", field=self._field_of_item(name))
            case Path():
                return self._path(node)
            case Index():
                return self._index(node)
            case Filter():
                if self._items:
                    # Inside another filter nobody could tell whose field is meant.
                    return code(canonical(node))
                return say("the items of {list} for which {condition}", **self.filtered(node))
            case Negate(operand=operand):
                return say("minus {value}", value=self.operand(operand))
            case Arithmetic():
                return self._arithmetic(node)
            case If() if not isinstance(node.otherwise, If) and not isinstance(node.then, If):
                return say(
                    "{then} if {condition}, and otherwise {otherwise}",
                    then=self.operand(node.then),
                    condition=self.part(node.condition),
                    otherwise=self.operand(node.otherwise),
                )
            case Call():
                return self.calls.noun(node)
            case _:
                return code(canonical(node))

    def filtered(self, node: Filter) -> dict[str, Phrase]:
        """The list that is filtered, and what must hold of an item."""
        source = self.operand(node.source)
        self._items.append(record_of(node.source.type))
        condition = self.speech.bracketed(self.clause(node.condition))
        self._items.pop()
        return {"list": source, "condition": condition}

    def operand(self, node: Node) -> Phrase:
        """A value beside others: in brackets where it is made of several."""
        phrase = self.noun(node)
        return phrase if self._tight(node) or _is_code(phrase) else self.speech.bracketed(phrase)

    def _tight(self, node: Node) -> bool:
        """Whether what a node gives can be taken in one way only, whatever stands beside it."""
        match node:
            case Path(source=source):
                return self._tight(source)
            case Index(source=source, index=index):
                return self._tight(source) and isinstance(index, NumberLiteral | Negate)
            case Call():
                return self.calls.tight(node)
            case (
                GlobalName()
                | LocalName()
                | ItemField()
                | NumberLiteral()
                | StringLiteral()
                | TemporalLiteral()
                | NullLiteral()
                | BooleanLiteral()
            ):
                return True
            case Arithmetic(left=left, right=right):
                # A day so long before or after another.
                return left.type in _DAYS and self.calls.is_length(right) and self._tight(left)
            case _:
                return False

    def tight(self, node: Node) -> bool:
        """Whether what a node gives needs no brackets."""
        return self._tight(node)

    def literal(self, node: NumberLiteral | TemporalLiteral) -> Phrase:
        """A number, day or length of time as the language writes it, if that is all of it."""
        if isinstance(node, NumberLiteral):
            written = self.speech.wording.value(Value(node.value, node.type))
            return code(canonical(node)) if written.startswith("≈") else text(written)
        if isinstance(node.value, dt.date):
            return text(self.speech.wording.value(Value(node.value, node.type)))
        return self.length(node.value) or code(canonical(node))

    def length(self, length: object) -> Phrase | None:
        """A length of time in whole days or months; None for others."""
        count = self.speech.wording.count
        match length:
            case dt.timedelta() if length == dt.timedelta(days=length.days) and length.days >= 0:
                return text(count("{n} day", "{n} days", length.days))
            case _:
                months = getattr(length, "months", None)
                if isinstance(months, int) and months >= 0:
                    return text(count("{n} month", "{n} months", Decimal(months)))
                return None

    def _name(self, node: GlobalName) -> Phrase:
        say = self.speech.say
        own = self.names.named(node.name)
        if own is not None:
            return own
        match node.name:
            case "?" if node.name == INPUT:
                return say("the value")
            case "as_of":
                return say("the day of the decision")
            case "account":
                return say("the account")
            case "customer":
                return say("the customer")
            case "bureau":
                return say("the latest bureau report")
            case "event":
                return say("the event")
        if self.subject is not None:
            return say("the account’s {field}", field=self.names.field(self.subject, node.name))
        field = self.names.field("Snapshot", node.name)
        return say("the {field}", field=field) if field[0].target is not None else code(node.name)

    def _field_of_item(self, name: str) -> Phrase:
        return self.names.field(self._items[-1] if self._items else None, name)

    def _path(self, node: Path) -> Phrase:
        say = self.speech.say
        days = self.calls.days_between(node)
        if days is not None:
            return days
        if isinstance(node.source, GlobalName) and self.names.kinds.get(node.source.name) == "response":
            return say("{value} of {response}", value=code(node.field), response=self.noun(node.source))
        record = record_of(node.source.type)
        if record is None:
            return code(canonical(node))
        field = self.names.field(record, node.field)
        source = self.operand(node.source)
        if isinstance(node.source.type, ListType):
            return say("the {field} of each of {list}", field=field, list=source)
        return say("the {field} of {record}", field=field, record=source)

    def _index(self, node: Index) -> Phrase:
        say, source = self.speech.say, self.operand(node.source)
        negative = isinstance(node.index, Negate)
        number = node.index.operand if isinstance(node.index, Negate) else node.index
        if not isinstance(number, NumberLiteral) or number.value != number.value.to_integral_value():
            return code(canonical(node))
        if number.value == 1:
            return (
                say("the last of {list}", list=source)
                if negative
                else say("the first of {list}", list=source)
            )
        place = self.speech.wording.numerals.number(abs(number.value))
        if negative or number.value < 0:
            return say("number {place} of {list}, counted from the end", place=place, list=source)
        return say("number {place} of {list}", place=place, list=source)

    def _arithmetic(self, node: Arithmetic) -> Phrase:
        say = self.speech.say
        special = self.calls.moved_day(node) or self.calls.whole_months(node)
        if special is not None:
            return special
        numbers = all(side.type in NUMERIC for side in (node.left, node.right))
        if not numbers:
            return code(canonical(node))
        left, right = self.operand(node.left), self.operand(node.right)
        match node.operator:
            case "+":
                return say("{left} plus {right}", left=left, right=right)
            case "-":
                return say("{left} minus {right}", left=left, right=right)
            case "*":
                return say("{left} times {right}", left=left, right=right)
            case "/":
                return say("{left} divided by {right}", left=left, right=right)
            case "**":
                return code(canonical(node))
            case _:
                assert_never(node.operator)


def _opens(node: Node) -> bool:
    """Whether a clause ends in something that takes in what follows."""
    return isinstance(node, In) and len(node.tests) > 1


def _is_code(phrase: Phrase) -> bool:
    return len(phrase) == 1 and phrase[0].is_code
