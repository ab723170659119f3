"""The tree of an expression: data only, a closed union of node classes.

The parser builds it; the checker gives each node its type and resolves its names. Every evaluator and
compiler is one `match` over `Node`. Equality looks at the shape alone, not at numbers, places and types.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - attrs classes show their fields' types at run time
from decimal import Decimal  # noqa: TC003 - as above
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.expressions.types import ANY, Type
from postloan_rules.expressions.values import Months  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "And",
    "Arithmetic",
    "ArithmeticOperator",
    "Between",
    "BooleanLiteral",
    "Call",
    "Comparison",
    "ComparisonOperator",
    "Entry",
    "EqualityTest",
    "Filter",
    "GlobalName",
    "If",
    "In",
    "Index",
    "ItemField",
    "Iterator",
    "ListLiteral",
    "LocalName",
    "Negate",
    "Node",
    "Not",
    "NullLiteral",
    "NumberLiteral",
    "Or",
    "Path",
    "Quantified",
    "RangeLiteral",
    "RecordLiteral",
    "StringLiteral",
    "TemporalLiteral",
    "UnknownTest",
    "children",
    "names_in",
]

ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/", "**"]
ComparisonOperator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@frozen(kw_only=True)
class _Placed:
    """What every node has: a dense number, its place in the text, its type, whether it may be unknown."""

    id: int = field(eq=False, repr=False)
    start: int = field(eq=False, repr=False)
    end: int = field(eq=False, repr=False)
    type: Type = field(eq=False, repr=False, default=ANY)
    unknown: bool = field(eq=False, repr=False, default=True)


@frozen(kw_only=True)
class NumberLiteral(_Placed):
    """`0.90`. Its type is the unit that the other side needs."""

    value: Decimal


@frozen(kw_only=True)
class StringLiteral(_Placed):
    """`"unemployed"`. Its type is an enumeration where it is compared with one."""

    value: str


@frozen(kw_only=True)
class BooleanLiteral(_Placed):
    """`true` or `false`."""

    value: bool


@frozen(kw_only=True)
class NullLiteral(_Placed):
    """`null`, the unknown value."""


@frozen(kw_only=True)
class TemporalLiteral(_Placed):
    """`@"2026-12-01"`, `@"P3M"`: a date, a date-time, a time or a duration."""

    value: dt.date | dt.datetime | dt.time | dt.timedelta | Months


@frozen(kw_only=True)
class GlobalName(_Placed):
    """A name that the caller gives: a fact, a parameter, `as_of`, `account`, `?` in a table cell."""

    name: str


@frozen(kw_only=True)
class LocalName(_Placed):
    """A variable of `some` or `every`, or `item` in a filter; `binder` is the id of that node."""

    name: str
    binder: int = field(eq=False)


@frozen(kw_only=True)
class ItemField(_Placed):
    """A field of the record that a filter looks at; `binder` is the id of the filter."""

    name: str
    binder: int = field(eq=False)


@frozen(kw_only=True)
class Path(_Placed):
    """`source.field`: of a record, of each record in a list, or a part of a date, duration or range."""

    source: Node
    field: str


@frozen(kw_only=True)
class Filter(_Placed):
    """`source[condition]`: the items for which the condition is true."""

    source: Node
    condition: Node


@frozen(kw_only=True)
class Index(_Placed):
    """`source[index]`: one item, counted from 1, or from the end with a negative index."""

    source: Node
    index: Node


@frozen(kw_only=True)
class Negate(_Placed):
    """`-operand`."""

    operand: Node


@frozen(kw_only=True)
class Arithmetic(_Placed):
    """`left + right` and the other operators on numbers, dates, durations and strings."""

    operator: ArithmeticOperator
    left: Node
    right: Node


@frozen(kw_only=True)
class Comparison(_Placed):
    """`left = right`, `left < right` …; unknown when either side is."""

    operator: ComparisonOperator
    left: Node
    right: Node


@frozen(kw_only=True)
class UnknownTest(_Placed):
    """`operand = null` (or `!=` when negated): true or false, never unknown."""

    operand: Node
    negated: bool


@frozen(kw_only=True)
class Between(_Placed):
    """`operand between low and high`, both ends included."""

    operand: Node
    low: Node
    high: Node


@frozen(kw_only=True)
class EqualityTest(_Placed):
    """A test of `in`: `= value` or `!= value`. With the literal `null` it asks whether it is unknown."""

    operator: Literal["=", "!="]
    value: Node


@frozen(kw_only=True)
class In(_Placed):
    """`operand in (test, test)`: true when any test holds.

    A test is an equality test, or a node whose value is a range, a list of values or ranges, or one value.
    """

    operand: Node
    tests: tuple[Node, ...]


@frozen(kw_only=True)
class And(_Placed):
    """`a and b and c`: false if any is false, else unknown if any is unknown, else true."""

    operands: tuple[Node, ...]


@frozen(kw_only=True)
class Or(_Placed):
    """`a or b or c`: true if any is true, else unknown if any is unknown, else false."""

    operands: tuple[Node, ...]


@frozen(kw_only=True)
class Not(_Placed):
    """`not(operand)`."""

    operand: Node


@frozen(kw_only=True)
class If(_Placed):
    """`if condition then then else otherwise`; unknown when the condition is."""

    condition: Node
    then: Node
    otherwise: Node


@frozen(kw_only=True)
class Iterator:
    """`name in source`, or `name in source..stop` over whole numbers, in `some` and `every`."""

    name: str
    source: Node
    stop: Node | None = None
    start: int = field(eq=False, repr=False)
    end: int = field(eq=False, repr=False)


@frozen(kw_only=True)
class Quantified(_Placed):
    """`some x in xs satisfies condition`, or `every`."""

    kind: Literal["some", "every"]
    iterators: tuple[Iterator, ...]
    condition: Node


@frozen(kw_only=True)
class ListLiteral(_Placed):
    """`[1, 2, 3]`."""

    items: tuple[Node, ...]


@frozen(kw_only=True)
class RangeLiteral(_Placed):
    """`[low..high)`, or `(>= low)` and `(< high)` with one end open."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool


@frozen(kw_only=True)
class Entry:
    """`name: value` in a record literal."""

    name: str
    value: Node
    start: int = field(eq=False, repr=False)
    end: int = field(eq=False, repr=False)


@frozen(kw_only=True)
class RecordLiteral(_Placed):
    """`{name: value, …}`."""

    entries: tuple[Entry, ...]


@frozen(kw_only=True)
class Call(_Placed):
    """`function(argument, …)`. `names` holds the names that the author gave; a checked call has none."""

    function: str
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()
    name_end: int = field(eq=False, repr=False)
    """Where the function's name ends in the text."""


Node: TypeAlias = (
    Comparison
    | GlobalName
    | Path
    | ItemField
    | NumberLiteral
    | And
    | Or
    | Arithmetic
    | Call
    | StringLiteral
    | LocalName
    | UnknownTest
    | Filter
    | Index
    | Not
    | In
    | Between
    | EqualityTest
    | If
    | Quantified
    | BooleanLiteral
    | NullLiteral
    | TemporalLiteral
    | Negate
    | ListLiteral
    | RangeLiteral
    | RecordLiteral
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes just below this one, as they stand in the text."""
    match node:
        case Comparison() | Arithmetic():
            return (node.left, node.right)
        case And() | Or():
            return node.operands
        case Path():
            return (node.source,)
        case Filter():
            return (node.source, node.condition)
        case Index():
            return (node.source, node.index)
        case Call():
            return node.arguments
        case Not() | Negate() | UnknownTest():
            return (node.operand,)
        case In():
            return (node.operand, *node.tests)
        case Between():
            return (node.operand, node.low, node.high)
        case EqualityTest():
            return (node.value,)
        case If():
            return (node.condition, node.then, node.otherwise)
        case Quantified():
            sources = [
                part
                for iterator in node.iterators
                for part in (iterator.source, iterator.stop)
                if part is not None
            ]
            return (*sources, node.condition)
        case ListLiteral():
            return node.items
        case RangeLiteral():
            return tuple(part for part in (node.low, node.high) if part is not None)
        case RecordLiteral():
            return tuple(entry.value for entry in node.entries)
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
            return ()


def names_in(node: Node) -> Iterable[str]:
    """The names of the caller's that a part of an expression reads, in the order of writing."""
    if isinstance(node, GlobalName):
        yield node.name
    for part in children(node):
        yield from names_in(part)
