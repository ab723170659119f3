"""The tree-walking evaluator once more, over a span of values of one field instead of one value.

What does not hang on the field is left to the judge. A value that can't be followed is `ANYTHING`: that is
wide, and never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from attrs import evolve, field, frozen

from postloan_rules.decisions.altered import Altered, Reads
from postloan_rules.decisions.certainty import all_over, any_over, not_over, open_ended, unknown_over
from postloan_rules.decisions.spans import (
    ANYTHING,
    Anything,
    Choice,
    Number,
    Span,
    Truths,
    among,
    as_number,
    hull,
    options,
    truths,
)
from postloan_rules.expressions import (
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
    Range,
    RangeLiteral,
    RecordLiteral,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
    add,
    evaluate_node,
    field_of,
    kind,
    subtract,
)
from postloan_rules.expressions.evaluator import plain
from postloan_rules.expressions.values import divide, multiply, negate, power

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postloan_rules.expressions import Expression, Function

__all__ = ["Names", "value_over"]

Names = Mapping[str, object]
_EVERY: Truths = frozenset({True, False, None})
_CONCRETE = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
_MODES = {"floor": "down", "ceiling": "up"}
_ROUNDINGS = ("floor", "ceiling", "decimal", "round up", "round down", "round half up", "round half down")
# They move items about and never look into them.
_STRUCTURAL = frozenset({"count", "concatenate", "append", "reverse", "sublist"})


@frozen
class _Frame:
    names: Names
    functions: Mapping[str, Function]
    span: Span
    reads: Reads
    local: Mapping[tuple[int, str], object] = field(factory=dict)

    def within(self, binder: int, name: str, value: object) -> _Frame:
        return evolve(self, local={**self.local, (binder, name): value})


def value_over(expression: Expression, names: Names, span: Span, reads: Reads) -> object:
    """What an expression can be on a span."""
    return _value(expression.root, _Frame(names, expression.functions, span, reads))


def _value(node: Node, frame: _Frame) -> object:
    match node:
        case GlobalName(name=name):
            return plain(frame.names[name])
        case NumberLiteral(value=number):
            return number
        case StringLiteral(value=text):
            return text
        case BooleanLiteral(value=truth):
            return truth
        case NullLiteral():
            return None
        case TemporalLiteral(value=moment):
            return moment
        case LocalName(name=name, binder=binder):
            return frame.local[binder, name]
        case ItemField(name=name, binder=binder):
            return _field(frame.local[binder, "item"], name)
    if frame.reads.settled(node, frame.names, open_ended):
        return evaluate_node(node, frame.names, frame.functions)
    match node:
        case Comparison(operator=operator, left=left, right=right):
            return among(_compared(frame, operator, _value(left, frame), _value(right, frame)))
        case Path(source=source, field=name):
            return _field(_value(source, frame), name)
        case And(operands=operands):
            return among(all_over(truths(_value(each, frame)) for each in operands))
        case Or(operands=operands):
            return among(any_over(truths(_value(each, frame)) for each in operands))
        case Not(operand=operand):
            return among(not_over(truths(_value(operand, frame))))
        case Arithmetic(operator=operator, left=left, right=right):
            return _calculated(frame, operator, _value(left, frame), _value(right, frame))
        case Negate(operand=operand):
            return _each(frame, _value(operand, frame), frame.span.negate, negate)
        case Call():
            return _called(node, frame)
        case UnknownTest(operand=operand, negated=negated):
            found = unknown_over(_value(operand, frame))
            return among(not_over(found) if negated else found)
        case If(condition=condition, then=then, otherwise=otherwise):
            return _branched(frame, condition, then, otherwise)
        case Between(operand=operand, low=low, high=high):
            subject, ends = _value(operand, frame), (_value(low, frame), _value(high, frame))
            within = (_compared(frame, ">=", subject, ends[0]), _compared(frame, "<=", subject, ends[1]))
            return among(all_over(within))
        case In(operand=operand, tests=tests):
            subject = _value(operand, frame)
            return among(any_over(_test(each, subject, frame) for each in tests))
        case Filter():
            return _filtered(node, frame)
        case Index(source=source, index=index):
            return _item(_value(source, frame), _value(index, frame))
        case Quantified():
            answers = _answers(node, 0, frame)
            return among(any_over(answers) if node.kind == "some" else all_over(answers))
        case ListLiteral(items=items):
            return tuple(_value(item, frame) for item in items)
        case RangeLiteral():
            return _range(node, frame)
        case RecordLiteral(entries=entries):
            return {entry.name: _value(entry.value, frame) for entry in entries}
        case EqualityTest():
            raise AssertionError(node)
        case _:
            assert_never(node)


def _field(record: object, name: str) -> object:
    match record:
        case Anything():
            return ANYTHING
        case Number() | Choice():
            return ANYTHING
        case Altered():
            return plain(record[name]) if name in record else None
        case tuple():
            return tuple(_field(each, name) for each in record)
        case _:
            return ANYTHING if open_ended(record) and type(record) is not dict else field_of(record, name)


def _compared(frame: _Frame, operator: str, left: object, right: object) -> Truths:
    for each in (left, right):
        if isinstance(each, tuple | Altered | Range | dict) and open_ended(each):
            return _EVERY
    return frame.span.compared(operator, left, right)


def _test(test: Node, subject: object, frame: _Frame) -> Truths:
    if not isinstance(test, EqualityTest):
        return _matches(frame, _value(test, frame), subject)
    if isinstance(test.value, NullLiteral):
        found = unknown_over(subject)
        return found if test.operator == "=" else not_over(found)
    return _compared(frame, test.operator, subject, _value(test.value, frame))


def _matches(frame: _Frame, candidate: object, subject: object) -> Truths:
    """Whether the subject is the candidate, or is in it."""
    if isinstance(candidate, Anything) or isinstance(subject, Anything | tuple | Altered):
        return _EVERY
    match candidate:
        case Range():
            return _within(frame, subject, candidate)
        case tuple():
            return any_over(_member(frame, each, subject) for each in candidate)
        case _:
            return _compared(frame, "=", subject, candidate)


def _member(frame: _Frame, item: object, subject: object) -> Truths:
    if isinstance(item, Range):
        return _within(frame, subject, item)
    found: set[bool | None] = set()
    for one in options(subject):
        for other in options(item):
            if one is None or other is None:
                found.add(None)
            elif _kind(one) != _kind(other):
                found.add(False)
            else:
                found |= _compared(frame, "=", one, other)
    return frozenset(found)


def _kind(value: object) -> str:
    return "number" if isinstance(value, Number) else kind(value)


def _within(frame: _Frame, subject: object, values: Range) -> Truths:
    low = _beyond(frame, subject, values.start, ">=" if values.start_closed else ">")
    high = _beyond(frame, subject, values.end, "<=" if values.end_closed else "<")
    return all_over((low, high))


def _beyond(frame: _Frame, subject: object, end: object, operator: str) -> Truths:
    if end is None:
        return frozenset(None if each else True for each in unknown_over(subject))
    return _compared(frame, operator, subject, end)


def _range(node: RangeLiteral, frame: _Frame) -> object:
    low = None if node.low is None else _value(node.low, frame)
    high = None if node.high is None else _value(node.high, frame)
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return None
    if any(unknown_over(end) != {False} for end in (low, high) if end is not None):
        return ANYTHING
    return Range(low, high, node.low_closed, node.high_closed)


# Numbers


def _calculated(frame: _Frame, operator: str, left: object, right: object) -> object:
    if isinstance(left, Anything) or isinstance(right, Anything):
        return ANYTHING
    return hull(
        (_one(frame.span, operator, one, other) for one in options(left) for other in options(right)),
        frame.span,
    )


def _one(span: Span, operator: str, left: object, right: object) -> object:
    if not open_ended(left) and not open_ended(right):
        return _CONCRETE[operator](left, right)
    ours, theirs = as_number(left), as_number(right)
    if ours is None or theirs is None:
        return ANYTHING if left is not None and right is not None else None
    match operator:
        case "+":
            return span.add(ours, theirs)
        case "-":
            return span.subtract(ours, theirs)
        case "*":
            return span.multiply(ours, theirs)
        case "/":
            return span.divide(ours, theirs)
        case _:
            return ANYTHING


def _each(
    frame: _Frame,
    value: object,
    of_number: Callable[[Number], object],
    of_other: Callable[[object], object],
) -> object:
    if isinstance(value, Anything):
        return ANYTHING
    results = [of_number(each) if isinstance(each, Number) else of_other(each) for each in options(value)]
    return hull(results, frame.span)


def _branched(frame: _Frame, condition: Node, then: Node, otherwise: Node) -> object:
    found = truths(_value(condition, frame))
    results: list[object] = []
    if True in found:
        results.append(_value(then, frame))
    if False in found:
        results.append(_value(otherwise, frame))
    if None in found:
        results.append(None)
    if len(results) > 1 and any(isinstance(each, tuple) for each in results):
        return ANYTHING
    return hull(results, frame.span) if len(results) > 1 else results[0]


# Lists


def _filtered(node: Filter, frame: _Frame) -> object:
    source = _value(node.source, frame)
    if isinstance(source, Anything | Number | Choice):
        return ANYTHING
    if source is None:
        return None
    kept: list[object] = []
    unsure = False
    unknown = False
    for item in source if isinstance(source, tuple) else (source,):
        found = truths(_value(node.condition, frame.within(node.id, "item", plain(item))))
        if len(found) > 1:
            unsure = True
        elif True in found:
            kept.append(plain(item))
        unknown = unknown or found == {None}
    if unknown:
        return None
    return ANYTHING if unsure else tuple(kept)


def _item(source: object, position: object) -> object:
    if isinstance(source, Anything) or open_ended(position):
        return ANYTHING
    if source is None or not isinstance(position, Decimal) or position != position.to_integral_value():
        return None
    items = source if isinstance(source, tuple) else (source,)
    if not 1 <= abs(position) <= len(items):
        return None
    number = int(position)
    return plain(items[number - 1] if number > 0 else items[number])


def _answers(node: Quantified, index: int, frame: _Frame) -> Iterator[Truths]:
    if index == len(node.iterators):
        yield truths(_value(node.condition, frame))
        return
    iterator = node.iterators[index]
    source = _value(iterator.source, frame)
    if iterator.stop is not None or isinstance(source, Anything | Number | Choice):
        yield _EVERY
        return
    if source is None:
        yield frozenset({None})
        return
    for item in source if isinstance(source, tuple) else (source,):
        yield from _answers(node, index + 1, frame.within(node.id, iterator.name, plain(item)))


# Functions


def _called(node: Call, frame: _Frame) -> object:
    values = [_value(argument, frame) for argument in node.arguments]
    function = frame.functions[node.function]
    if any(isinstance(each, Anything) for each in values):
        return ANYTHING
    loose = [each for each in values if open_ended(each)]
    if not loose:
        return function.apply(*values)
    if node.function in _STRUCTURAL:
        simple = all(isinstance(each, tuple) or not open_ended(each) for each in values[:1])
        return function.apply(*values) if simple else ANYTHING
    numeric = _numeric(node.function, values, frame)
    if not isinstance(numeric, Anything):
        return numeric
    if node.function in ("all", "any") and len(values) == 1 and isinstance(values[0], tuple):
        parts = tuple(truths(each) for each in values[0])
        return among(all_over(parts) if node.function == "all" else any_over(parts))
    return _opaque(function, values)


def _opaque(function: Function, values: Sequence[object]) -> object:
    """The function's own answer, where it does not look at what hangs on the field."""
    records = list(_records(values))
    if any(_loose_inside(each) for each in values):
        return ANYTHING
    for each in records:
        each.touched = False
    result = function.apply(*values)
    return ANYTHING if any(each.touched for each in records) or open_ended(result) else result


def _records(values: Sequence[object]) -> Iterator[Altered]:
    for value in values:
        if isinstance(value, Altered):
            yield value
        elif isinstance(value, tuple):
            yield from _records(value)


def _loose_inside(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_loose_inside(each) for each in value)
    return open_ended(value) and not isinstance(value, Altered)


def _numeric(function: str, values: Sequence[object], frame: _Frame) -> object:
    span = frame.span
    if function in _ROUNDINGS:
        return _rounded(function, values, span)
    if function == "abs":
        number = as_number(values[0])
        return ANYTHING if number is None else span.larger(number, span.negate(number))
    if function not in ("min", "max", "sum", "mean"):
        return ANYTHING
    items = values[0] if len(values) == 1 else tuple(values)
    if not isinstance(items, tuple):
        items = (items,)
    if any(each is None for each in items):
        return None
    numbers = [number for each in items if (number := as_number(each)) is not None]
    if len(numbers) < len(items) or not numbers:
        return ANYTHING
    result = numbers[0]
    for each in numbers[1:]:
        match function:
            case "min":
                result = span.smaller(result, each)
            case "max":
                result = span.larger(result, each)
            case _:
                result = span.add(result, each)
    if function == "mean":
        return _one(span, "/", result, Decimal(len(numbers)))
    return result


def _rounded(function: str, values: Sequence[object], span: Span) -> object:
    number = as_number(values[0])
    scale = values[1] if len(values) > 1 else Decimal(0)
    if number is None or not isinstance(scale, Decimal) or abs(scale) > 30 or scale != int(scale):
        return ANYTHING
    unit = Fraction(10) ** -int(scale)
    match _MODES.get(function):
        case "down":
            return span.rounded(number, unit, "down")
        case "up":
            return span.rounded(number, unit, "up")
        case _:
            return span.rounded(number, unit, "near")
