"""Trees of expressions, made and changed: what a policy says in its own words, said in those of expressions.

A table becomes a chain of `if … then … else`, a scorecard a sum, an event trigger a `some … satisfies`. So a
policy has no other meaning in SQL than its expressions have.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import (
    ANY,
    BOOLEAN,
    DATE,
    NULL,
    NUMBER,
    STRING,
    And,
    Arithmetic,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    EqualityTest,
    Filter,
    GlobalName,
    If,
    In,
    Index,
    ItemField,
    Iterator,
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
    RecordType,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
)
from postloan_rules.expressions.values import Months

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postloan_rules.expressions import ArithmeticOperator, ComparisonOperator, Node, Type

__all__ = ["Trees", "replaced"]


class Trees:
    """Makes nodes. INVARIANT: no number of theirs is one of a node that an author wrote."""

    def __init__(self) -> None:
        self._numbers = count(1_000_000)

    def _number(self) -> int:
        return next(self._numbers)

    def name(self, name: str, type_: Type = ANY) -> GlobalName:
        """A name."""
        return GlobalName(id=self._number(), start=0, end=0, type=type_, name=name)

    def literal(self, value: object, type_: Type) -> Node:
        """A value, of a type."""
        number = self._number()
        match value:
            case None:
                return NullLiteral(id=number, start=0, end=0, type=NULL)
            case bool():
                return BooleanLiteral(id=number, start=0, end=0, type=BOOLEAN, unknown=False, value=value)
            case Decimal() | int():
                amount = Decimal(value)
                return NumberLiteral(id=number, start=0, end=0, type=type_, unknown=False, value=amount)
            case str():
                return StringLiteral(id=number, start=0, end=0, type=type_, unknown=False, value=str(value))
            case dt.date() | dt.time() | dt.timedelta() | Months():
                return TemporalLiteral(id=number, start=0, end=0, type=type_, unknown=False, value=value)
            case _:
                raise TypeError(value)

    def day(self, day: dt.date) -> Node:
        """A date."""
        return self.literal(day, DATE)

    def whole(self, number: int) -> Node:
        """A whole number without a unit."""
        return self.literal(Decimal(number), NUMBER)

    def field(self, source: Node, field: str) -> Path:
        """A field of a record."""
        record = source.type
        if not isinstance(record, RecordType):
            raise TypeError(record)
        return Path(
            id=self._number(), start=0, end=0, type=record.fields[field].type, source=source, field=field
        )

    def item_field(self, binder: int, field: str, record: RecordType) -> ItemField:
        """A field of the record that a filter looks at."""
        type_ = record.fields[field].type
        return ItemField(id=self._number(), start=0, end=0, type=type_, name=field, binder=binder)

    def item(self, binder: int, type_: Type) -> LocalName:
        """What a filter looks at."""
        return LocalName(id=self._number(), start=0, end=0, type=type_, name="item", binder=binder)

    def both(self, parts: Iterable[Node]) -> Node:
        """All of these."""
        operands = tuple(parts)
        if not operands:
            return self.literal(True, BOOLEAN)
        if len(operands) == 1:
            return operands[0]
        return And(id=self._number(), start=0, end=0, type=BOOLEAN, operands=operands)

    def either(self, parts: Iterable[Node]) -> Node:
        """Any of these."""
        operands = tuple(parts)
        if not operands:
            return self.literal(False, BOOLEAN)
        if len(operands) == 1:
            return operands[0]
        return Or(id=self._number(), start=0, end=0, type=BOOLEAN, operands=operands)

    def negated(self, operand: Node) -> Node:
        """Not this."""
        return Not(id=self._number(), start=0, end=0, type=BOOLEAN, operand=operand)

    def unknown(self, operand: Node) -> Node:
        """Whether it is unknown."""
        return UnknownTest(
            id=self._number(), start=0, end=0, type=BOOLEAN, unknown=False, operand=operand, negated=False
        )

    def known(self, operand: Node) -> Node:
        """Whether it is known."""
        return UnknownTest(
            id=self._number(), start=0, end=0, type=BOOLEAN, unknown=False, operand=operand, negated=True
        )

    def surely(self, condition: Node) -> Node:
        """Whether a condition is known to hold."""
        return self.both((self.known(condition), condition))

    def compared(self, operator: ComparisonOperator, left: Node, right: Node) -> Node:
        """A comparison."""
        return Comparison(
            id=self._number(), start=0, end=0, type=BOOLEAN, operator=operator, left=left, right=right
        )

    def is_text(self, left: Node, text: str) -> Node:
        """Whether a text or a member of a set is this one."""
        return self.compared("=", left, self.literal(text, left.type if left.type != ANY else STRING))

    def call(self, function: str, arguments: tuple[Node, ...], type_: Type) -> Node:
        """A call of a function of the rule language."""
        return Call(
            id=self._number(), start=0, end=0, type=type_, function=function, arguments=arguments, name_end=0
        )

    def arithmetic(self, operator: ArithmeticOperator, left: Node, right: Node, type_: Type) -> Node:
        """A sum, product or the like."""
        return Arithmetic(
            id=self._number(), start=0, end=0, type=type_, operator=operator, left=left, right=right
        )

    def chosen(self, condition: Node, then: Node, otherwise: Node, type_: Type) -> Node:
        """`if condition then … else …`; unknown where the condition is."""
        return If(
            id=self._number(),
            start=0,
            end=0,
            type=type_,
            condition=condition,
            then=then,
            otherwise=otherwise,
        )

    def some(self, name: str, source: Node, condition: Callable[[LocalName], Node]) -> Node:
        """`some name in source satisfies condition`."""
        number = self._number()
        if not isinstance(source.type, ListType):
            raise TypeError(source.type)
        item = LocalName(id=self._number(), start=0, end=0, type=source.type.item, name=name, binder=number)
        iterator = Iterator(name=name, source=source, start=0, end=0)
        return Quantified(
            id=number,
            start=0,
            end=0,
            type=BOOLEAN,
            kind="some",
            iterators=(iterator,),
            condition=condition(item),
        )

    def filtered(self, source: Node, condition: Callable[[int], Node]) -> Node:
        """`source[condition]`; the condition is made for the filter's number."""
        number = self._number()
        return Filter(id=number, start=0, end=0, type=source.type, source=source, condition=condition(number))

    def latest(self, source: Node) -> Node:
        """`source[-1]`."""
        if not isinstance(source.type, ListType):
            raise TypeError(source.type)
        return Index(
            id=self._number(),
            start=0,
            end=0,
            type=source.type.item,
            source=source,
            index=self.whole(-1),
        )


def replaced(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with some of its nodes exchanged: those for which `change` gives another one."""
    other = change(node)
    if other is not None:
        return other

    def again(part: Node) -> Node:
        return replaced(part, change)

    match node:
        case Comparison() | Arithmetic():
            return evolve(node, left=again(node.left), right=again(node.right))
        case And() | Or():
            return evolve(node, operands=tuple(again(each) for each in node.operands))
        case Path():
            return evolve(node, source=again(node.source))
        case Filter():
            return evolve(node, source=again(node.source), condition=again(node.condition))
        case Index():
            return evolve(node, source=again(node.source), index=again(node.index))
        case Call():
            return evolve(node, arguments=tuple(again(each) for each in node.arguments))
        case Not() | Negate() | UnknownTest():
            return evolve(node, operand=again(node.operand))
        case In():
            return evolve(node, operand=again(node.operand), tests=tuple(again(each) for each in node.tests))
        case Between():
            return evolve(node, operand=again(node.operand), low=again(node.low), high=again(node.high))
        case EqualityTest():
            return evolve(node, value=again(node.value))
        case If():
            return evolve(
                node,
                condition=again(node.condition),
                then=again(node.then),
                otherwise=again(node.otherwise),
            )
        case Quantified():
            iterators = tuple(
                evolve(
                    each,
                    source=again(each.source),
                    stop=again(each.stop) if each.stop is not None else None,
                )
                for each in node.iterators
            )
            return evolve(node, iterators=iterators, condition=again(node.condition))
        case ListLiteral():
            return evolve(node, items=tuple(again(each) for each in node.items))
        case RangeLiteral():
            return evolve(
                node,
                low=again(node.low) if node.low is not None else None,
                high=again(node.high) if node.high is not None else None,
            )
        case RecordLiteral():
            entries = tuple(evolve(each, value=again(each.value)) for each in node.entries)
            return evolve(node, entries=entries)
        case (
            GlobalName()
            | ItemField()
            | LocalName()
            | NumberLiteral()
            | StringLiteral()
            | BooleanLiteral()
            | NullLiteral()
            | TemporalLiteral()
        ):
            return node
