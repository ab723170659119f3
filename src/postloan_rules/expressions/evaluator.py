"""The tree-walking evaluator: the judge of every other backend. Small and plain; it never raises.

Unknown is None. It is never zero and never false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, assert_never

import attrs
from attrs import frozen

from postloan_rules.expressions.functions.properties import property_value
from postloan_rules.expressions.nodes import (
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
    ListLiteral,
    LocalName,
    Negate,
    Node,
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
from postloan_rules.expressions.truth import all_of, any_of, negated
from postloan_rules.expressions.values import (
    Months,
    Range,
    add,
    compare,
    divide,
    equal,
    kind,
    multiply,
    negate,
    power,
    subtract,
    within,
)

if TYPE_CHECKING:
    from postloan_rules.expressions.functions import Function

__all__ = [
    "MOST_STEPS",
    "Names",
    "compared",
    "counted",
    "evaluate_node",
    "field_of",
    "item_at",
    "items_of",
    "matches",
    "plain",
]

MOST_STEPS = 10_000
"""How many whole numbers `some` and `every` count through at most; past them the answer is unknown."""

_ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


class Names(Protocol):
    """Where the values of names come from: a dict, or something that works them out when asked."""

    def __getitem__(self, name: str, /) -> object:
        """The value of the name; None when it is unknown."""


@frozen
class _Frame:
    """What an evaluation reads and writes."""

    names: Names
    functions: Mapping[str, Function]
    record: dict[int, object] | None
    # Item or variable by binder and name. What is bound here differs from item to item, and is not recorded.
    local: Mapping[tuple[int, str], object] = attrs.field(factory=dict)

    def within(self, binder: int, name: str, value: object) -> _Frame:
        return _Frame(self.names, self.functions, None, {**self.local, (binder, name): value})


def evaluate_node(
    node: Node,
    names: Names,
    functions: Mapping[str, Function],
    record: dict[int, object] | None = None,
) -> object:
    """The value of a checked tree; None is unknown.

    Args:
        node: The tree.
        names: The values of the names it reads.
        functions: The functions it calls, by name.
        record: Takes the value of each node that was looked at, by the node's id. What stands inside a filter
            or a quantifier has many values, and is left out.
    """
    return _value(node, _Frame(names, functions, record))


def plain(value: object) -> object:
    """A value as the language has it: whole numbers are Decimal, lists are tuples."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, list):
        return tuple(value)
    return value


def field_of(record: object, name: str) -> object:
    """A field of a record, or a part of a date, duration or range; None when it is not there."""
    if isinstance(record, Mapping):
        return plain(record.get(name))
    if isinstance(record, tuple):
        return tuple(field_of(item, name) for item in record)
    if attrs.has(type(record)) and not isinstance(record, Months | Range):
        return plain(getattr(record, name, None))
    return property_value(record, name)


def _value(node: Node, frame: _Frame) -> object:
    value = _look(node, frame)
    if frame.record is not None:
        frame.record[node.id] = value
    return value


def _look(node: Node, frame: _Frame) -> object:
    match node:
        case Comparison(operator=operator, left=left, right=right):
            return compared(operator, _value(left, frame), _value(right, frame))
        case GlobalName(name=name):
            return plain(frame.names[name])
        case Path(source=source, field=field):
            return field_of(_value(source, frame), field)
        case ItemField(name=name, binder=binder):
            return field_of(frame.local[binder, "item"], name)
        case NumberLiteral(value=number):
            return number
        case And(operands=operands):
            return all_of(_value(operand, frame) for operand in operands)
        case Or(operands=operands):
            return any_of(_value(operand, frame) for operand in operands)
        case Arithmetic(operator=operator, left=left, right=right):
            return _ARITHMETIC[operator](_value(left, frame), _value(right, frame))
        case Call(function=function, arguments=arguments):
            values = [_value(argument, frame) for argument in arguments]
            return frame.functions[function].apply(*values)
        case StringLiteral(value=text):
            return text
        case LocalName(name=name, binder=binder):
            return frame.local[binder, name]
        case UnknownTest(operand=operand, negated=inverted):
            return (_value(operand, frame) is None) is not inverted
        case Filter():
            return _filtered(node, frame)
        case Index(source=source, index=index):
            return item_at(_value(source, frame), _value(index, frame))
        case Not(operand=operand):
            return negated(_value(operand, frame))
        case In(operand=operand, tests=tests):
            subject = _value(operand, frame)
            return any_of(_test(test, subject, frame) for test in tests)
        case Between(operand=operand, low=low, high=high):
            subject = _value(operand, frame)
            ends = (_value(low, frame), _value(high, frame))
            return all_of((compared(">=", subject, ends[0]), compared("<=", subject, ends[1])))
        case If(condition=condition, then=then, otherwise=otherwise):
            holds = _value(condition, frame)
            if holds is True:
                return _value(then, frame)
            return _value(otherwise, frame) if holds is False else None
        case Quantified():
            return _quantified(node, frame)
        case BooleanLiteral(value=truth):
            return truth
        case NullLiteral():
            return None
        case TemporalLiteral(value=moment):
            return moment
        case Negate(operand=operand):
            return negate(_value(operand, frame))
        case ListLiteral(items=items):
            return tuple(_value(item, frame) for item in items)
        case RangeLiteral():
            return _range(node, frame)
        case RecordLiteral(entries=entries):
            return {entry.name: _value(entry.value, frame) for entry in entries}
        case EqualityTest():
            # Looked at by the `in` around it, which knows what is tested.
            raise AssertionError(node)
        case _:
            assert_never(node)


# Comparisons


def compared(operator: str, left: object, right: object) -> bool | None:
    """Whether `left operator right` holds; None where either is unknown or the two cannot be compared."""
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        return negated(equal(left, right))
    order = compare(left, right)
    if order is None:
        return None
    match operator:
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
        case _:
            return order >= 0


def _test(test: Node, subject: object, frame: _Frame) -> bool | None:
    if isinstance(test, EqualityTest):
        result = _equality(test, subject, frame)
        if frame.record is not None:
            frame.record[test.id] = result
        return result
    return matches(_value(test, frame), subject)


def _equality(test: EqualityTest, subject: object, frame: _Frame) -> bool | None:
    if isinstance(test.value, NullLiteral):
        return (subject is None) is (test.operator == "=")
    return compared(test.operator, subject, _value(test.value, frame))


def matches(candidate: object, subject: object) -> bool | None:
    """Whether the subject is the candidate, or is in it: a range, or a list of values and ranges."""
    match candidate:
        case Range():
            return within(subject, candidate)
        case tuple():
            whole = equal(subject, candidate) if isinstance(subject, tuple) else False
            return True if whole else any_of(_member(item, subject) for item in candidate)
        case _:
            return equal(subject, candidate)


def _member(item: object, subject: object) -> bool | None:
    if isinstance(item, Range) and not isinstance(subject, Range):
        return within(subject, item)
    if subject is None or item is None:
        return None
    # In a list of several kinds of value, one of another kind is not the one.
    found = equal(subject, item)
    return found if found is not None else _unlike(subject, item)


def _unlike(subject: object, item: object) -> bool | None:
    return False if kind(subject) != kind(item) else None


def _range(node: RangeLiteral, frame: _Frame) -> Range | None:
    low = None if node.low is None else _value(node.low, frame)
    high = None if node.high is None else _value(node.high, frame)
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return None
    return Range(low, high, node.low_closed, node.high_closed)


# Lists


def items_of(source: object) -> tuple[object, ...] | None:
    """The items of a list; a single value is a list of one, as in the standard."""
    if source is None:
        return None
    return tuple(plain(item) for item in source) if isinstance(source, tuple) else (source,)


def _filtered(node: Filter, frame: _Frame) -> tuple[object, ...] | None:
    items = items_of(_value(node.source, frame))
    if items is None:
        return None
    kept: list[object] = []
    unknown = False
    for item in items:
        holds = _value(node.condition, frame.within(node.id, "item", item))
        if holds is True:
            kept.append(item)
        unknown = unknown or not isinstance(holds, bool)
    # With one item undecided, neither the list nor its length is known.
    return None if unknown else tuple(kept)


def item_at(source: object, position: object) -> object:
    """The item at a position, from 1 or from the end; None where there is none."""
    items = items_of(source)
    if items is None or not isinstance(position, Decimal) or position != position.to_integral_value():
        return None
    if not 1 <= abs(position) <= len(items):
        return None
    number = int(position)
    return items[number - 1] if number > 0 else items[number]


def _quantified(node: Quantified, frame: _Frame) -> bool | None:
    answers = _answers(node, 0, frame)
    return any_of(answers) if node.kind == "some" else all_of(answers)


def _answers(node: Quantified, index: int, frame: _Frame) -> Iterator[object]:
    """The condition's value for each choice of items."""
    if index == len(node.iterators):
        yield _value(node.condition, frame)
        return
    iterator = node.iterators[index]
    source = _value(iterator.source, frame)
    items = items_of(source) if iterator.stop is None else counted(source, _value(iterator.stop, frame))
    if items is None:
        yield None
        return
    for item in items:
        yield from _answers(node, index + 1, frame.within(node.id, iterator.name, item))


def counted(first: object, last: object) -> tuple[object, ...] | None:
    """The whole numbers from the first to the last, down as well as up."""
    if not isinstance(first, Decimal) or not isinstance(last, Decimal):
        return None
    if first != first.to_integral_value() or last != last.to_integral_value():
        return None
    if abs(last - first) >= MOST_STEPS:
        return None
    start, end = int(first), int(last)
    step = 1 if start <= end else -1
    return tuple(Decimal(number) for number in range(start, end + step, step))
