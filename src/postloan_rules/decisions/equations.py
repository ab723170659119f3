"""The tree-walking evaluator once more, to equations: what an expression is, when several fields are open.

A value that hangs on open fields is a choice of cases: a condition in terms of the fields, and what the value
is under it, which is one single value or a linear term. What does not hang on them is left to the judge. What
can't be put so is left out, and whoever asks is told.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import evolve, field, frozen

from postloan_rules.decisions.altered import Altered, Reads
from postloan_rules.decisions.cases import (
    Cases,
    Formula,
    LeftOut,
    Quotient,
    cases_of,
    is_false,
    is_open,
    is_true,
    mapped,
    merged,
    term,
    truth,
)
from postloan_rules.expressions import (
    And,
    Arithmetic,
    Between,
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
    Or,
    Path,
    Quantified,
    Range,
    RangeLiteral,
    UnknownTest,
    add,
    compare,
    equal,
    evaluate_node,
    field_of,
    kind,
    subtract,
)
from postloan_rules.expressions.evaluator import plain
from postloan_rules.expressions.values import divide, multiply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from postloan_rules.expressions import Expression, Function

__all__ = ["calculated", "equations_of"]

_CONCRETE: Mapping[str, Callable[[object, object], object]]
_CONCRETE = {"+": add, "-": subtract, "*": multiply, "/": divide}
_STRUCTURAL = frozenset({"count", "concatenate", "append", "reverse", "sublist"})


@frozen
class _Frame:
    names: Mapping[str, object]
    functions: Mapping[str, Function]
    reads: Reads
    local: Mapping[tuple[int, str], object] = field(factory=dict)

    def within(self, binder: int, name: str, value: object) -> _Frame:
        return evolve(self, local={**self.local, (binder, name): value})


def equations_of(expression: Expression, names: Mapping[str, object], reads: Reads) -> object:
    """The value of an expression.

    Raises:
        LeftOut: where it can't be put into linear equations.
    """
    return _value(expression.root, _Frame(names, expression.functions, reads))


def _value(node: Node, frame: _Frame) -> object:
    match node:
        case GlobalName(name=name):
            return plain(frame.names[name])
        case LocalName(name=name, binder=binder):
            return frame.local[binder, name]
        case ItemField(name=name, binder=binder):
            return _field(frame.local[binder, "item"], name)
    if frame.reads.settled(node, frame.names, is_open):
        return evaluate_node(node, frame.names, frame.functions)
    match node:
        case Comparison(operator=operator, left=left, right=right):
            return _compared(operator, _value(left, frame), _value(right, frame))
        case Path(source=source, field=name):
            return _field(_value(source, frame), name)
        case And(operands=operands):
            return _all([_value(each, frame) for each in operands])
        case Or(operands=operands):
            return _any([_value(each, frame) for each in operands])
        case Not(operand=operand):
            return _not(_value(operand, frame))
        case Arithmetic(operator=operator, left=left, right=right):
            return mapped(_calculation(operator), _value(left, frame), _value(right, frame))
        case Negate(operand=operand):
            return mapped(_calculation("-"), Decimal(0), _value(operand, frame))
        case Call():
            return _called(node, frame)
        case UnknownTest(operand=operand, negated=negated):
            value = _value(operand, frame)
            return merged((guard, (each is None) is not negated) for guard, each in cases_of(value))
        case If(condition=condition, then=then, otherwise=otherwise):
            asked = _value(condition, frame)
            yes, no = is_true(asked), is_false(asked)
            parts = [(yes, _value(then, frame)), (no, _value(otherwise, frame))]
            return merged([*parts, (z3.Not(z3.Or(yes, no)), None)])
        case Between(operand=operand, low=low, high=high):
            subject = _value(operand, frame)
            ends = (_value(low, frame), _value(high, frame))
            return _all([_compared(">=", subject, ends[0]), _compared("<=", subject, ends[1])])
        case In(operand=operand, tests=tests):
            subject = _value(operand, frame)
            return _any([_test(each, subject, frame) for each in tests])
        case Filter():
            return _filtered(node, frame)
        case Index(source=source, index=index):
            return mapped(_item, _value(source, frame), _value(index, frame))
        case Quantified():
            answers = list(_answers(node, 0, frame))
            return _any(answers) if node.kind == "some" else _all(answers)
        case ListLiteral(items=items):
            return tuple(_value(item, frame) for item in items)
        case RangeLiteral():
            low_end = None if node.low is None else _value(node.low, frame)
            high_end = None if node.high is None else _value(node.high, frame)
            return Range(low_end, high_end, node.low_closed, node.high_closed)
        case _:
            raise LeftOut


def _field(record: object, name: str) -> object:
    match record:
        case Cases():
            return merged((guard, _field(each, name)) for guard, each in record.cases)
        case Altered():
            return plain(record[name]) if name in record else None
        case tuple():
            return tuple(_field(each, name) for each in record)
        case z3.ArithRef() | Quotient():
            raise LeftOut
        case _:
            return field_of(record, name)


# Three truth values


def _all(parts: Sequence[object]) -> object:
    return truth(z3.And([is_true(each) for each in parts]), z3.Or([is_false(each) for each in parts]))


def _any(parts: Sequence[object]) -> object:
    return truth(z3.Or([is_true(each) for each in parts]), z3.And([is_false(each) for each in parts]))


def _not(value: object) -> object:
    return truth(is_false(value), is_true(value))


_FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compared(operator: str, left: object, right: object) -> object:
    return mapped(lambda one, other: _comparison(operator, one, other), left, right)


def _comparison(operator: str, left: object, right: object) -> object:
    if not is_open(left) and not is_open(right):
        if operator in ("=", "!="):
            found = equal(left, right)
            return found if found is None or operator == "=" else not found
        order = compare(left, right)
        return None if order is None else _ordered(operator, order)
    if left is None or right is None:
        return None
    if isinstance(right, Quotient):
        return _comparison(_FLIPPED[operator], right, left)
    if isinstance(left, Quotient):
        if is_open(right):
            raise LeftOut
        bound = left.below * term(right)
        asked = z3.If(
            left.below > 0, _asked(operator, left.above, bound), _asked(operator, bound, left.above)
        )
    else:
        asked = _asked(operator, term(left), term(right))
    return truth(asked, z3.Not(asked))


def _ordered(operator: str, order: int) -> bool:
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _asked(operator: str, left: z3.ArithRef, right: z3.ArithRef) -> Formula:
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _test(test: Node, subject: object, frame: _Frame) -> object:
    if not isinstance(test, EqualityTest):
        return mapped(_matches, _value(test, frame), subject)
    if isinstance(test.value, NullLiteral):
        wanted = test.operator == "="
        return merged((guard, (each is None) is wanted) for guard, each in cases_of(subject))
    return _compared(test.operator, subject, _value(test.value, frame))


def _matches(candidate: object, subject: object) -> object:
    if isinstance(candidate, Range):
        return _within(subject, candidate)
    if not isinstance(candidate, tuple):
        return _compared("=", subject, candidate)
    if isinstance(subject, tuple):
        raise LeftOut
    return _any([mapped(_member, each, subject) for each in candidate])


def _member(item: object, subject: object) -> object:
    if isinstance(item, Range):
        return _within(subject, item)
    if item is None or subject is None:
        return None
    ours = "number" if is_open(subject) else kind(subject)
    theirs = "number" if is_open(item) else kind(item)
    return _compared("=", subject, item) if ours == theirs else False


def _within(subject: object, values: Range) -> object:
    parts: list[object] = []
    for end, closed, sign in ((values.start, values.start_closed, ">"), (values.end, values.end_closed, "<")):
        if end is None:
            parts.append(None if subject is None else True)
        else:
            parts.append(_compared(sign + "=" if closed else sign, subject, end))
    return _all(parts)


# Numbers


def calculated(operator: str, left: object, right: object) -> object:
    """The sum, difference, product or quotient of two values."""
    return mapped(_calculation(operator), left, right)


def _calculation(operator: str) -> Callable[[object, object], object]:
    def of_two(left: object, right: object) -> object:
        if left is None or right is None:
            return None
        if not is_open(left) and not is_open(right):
            if operator not in _CONCRETE:
                raise LeftOut
            return _CONCRETE[operator](left, right)
        match operator:
            case "+":
                return term(left) + term(right)
            case "-":
                return term(left) - term(right)
            case "*" if not (is_open(left) and is_open(right)):
                return term(left) * term(right)
            case "/":
                return _divided(left, right)
            case _:
                raise LeftOut

    return of_two


def _divided(left: object, right: object) -> object:
    if not is_open(right):
        return None if right == 0 else term(left) / term(right)
    below = term(right)
    return merged(((below == 0, None), (below != 0, Quotient(term(left), below))))


def _larger(left: object, right: object) -> object:
    if not is_open(left) and not is_open(right):
        order = compare(left, right)
        return None if order is None else (right if order < 0 else left)
    if left is None or right is None:
        return None
    one, other = term(left), term(right)
    return z3.If(one >= other, one, other)


def _smaller(left: object, right: object) -> object:
    if not is_open(left) and not is_open(right):
        order = compare(left, right)
        return None if order is None else (left if order < 0 else right)
    if left is None or right is None:
        return None
    one, other = term(left), term(right)
    return z3.If(one <= other, one, other)


# Lists and functions


def _filtered(node: Filter, frame: _Frame) -> object:
    return mapped(lambda source: _kept(node, frame, source), _value(node.source, frame))


def _kept(node: Filter, frame: _Frame, source: object) -> object:
    if source is None:
        return None
    kept: object = ()
    for item in source if isinstance(source, tuple) else (source,):
        each = plain(item)
        found = _value(node.condition, frame.within(node.id, "item", each))
        yes, no = is_true(found), is_false(found)

        def with_it(before: object, each: object = each) -> object:
            return None if before is None else (*_tuple(before), each)

        kept = merged(
            [(yes, mapped(with_it, kept)), (no, kept), (z3.Not(z3.Or(yes, no)), None)],
        )
    return kept


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _item(source: object, position: object) -> object:
    if source is None or not isinstance(position, Decimal) or position != position.to_integral_value():
        if is_open(position):
            raise LeftOut
        return None
    items = _tuple(source)
    if not 1 <= abs(position) <= len(items):
        return None
    number = int(position)
    return plain(items[number - 1] if number > 0 else items[number])


def _answers(node: Quantified, index: int, frame: _Frame) -> Iterator[object]:
    if index == len(node.iterators):
        yield _value(node.condition, frame)
        return
    iterator = node.iterators[index]
    source = _value(iterator.source, frame)
    if iterator.stop is not None or isinstance(source, Cases):
        raise LeftOut
    if source is None:
        yield None
        return
    for item in _tuple(source):
        yield from _answers(node, index + 1, frame.within(node.id, iterator.name, plain(item)))


def _called(node: Call, frame: _Frame) -> object:
    values = [_value(argument, frame) for argument in node.arguments]
    function = frame.functions[node.function]
    return mapped(lambda *each: _applied(function, each), *values)


def _applied(function: Function, values: Sequence[object]) -> object:
    if not any(is_open(each) for each in values) or function.name in _STRUCTURAL:
        return function.apply(*values)
    fold = {"max": _larger, "min": _smaller, "sum": _calculation("+"), "mean": _calculation("+")}
    if function.name in fold:
        items = _tuple(values[0]) if len(values) == 1 else tuple(values)
        if any(each is None for each in items):
            return None
        result: object = items[0]
        for each in items[1:]:
            result = mapped(fold[function.name], result, each)
        count = Decimal(len(items))
        return mapped(_calculation("/"), result, count) if function.name == "mean" else result
    if function.name in ("all", "any") and len(values) == 1:
        return (_all if function.name == "all" else _any)(_tuple(values[0]))
    if function.name == "abs":
        return _larger(values[0], _calculation("-")(Decimal(0), values[0]))
    if function.name in ("floor", "ceiling") and len(values) == 1:
        sign = 1 if function.name == "floor" else -1
        return sign * z3.ToReal(z3.ToInt(sign * term(values[0])))
    return _blind(function, values)


def _blind(function: Function, values: Sequence[object]) -> object:
    """The function's own answer, where it does not look at what is open."""
    if any(is_open(each) and not isinstance(each, Altered) for each in values):
        raise LeftOut
    records = [each for each in values if isinstance(each, Altered)]
    for each in records:
        each.touched = False
    result = function.apply(*values)
    if any(each.touched for each in records) or is_open(result):
        raise LeftOut
    return result
