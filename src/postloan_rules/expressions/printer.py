"""Tree → text, in one way only: the canonical form of an expression, whatever blanks and brackets it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

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
from postloan_rules.expressions.values import text_of

if TYPE_CHECKING:
    from decimal import Decimal

    from postloan_rules.expressions.nodes import Iterator

__all__ = ["canonical", "quoted"]

_OPEN, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _UNARY, _POSTFIX = range(9)
_POWERS = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def canonical(node: Node) -> str:
    """The text of a tree; read again, it gives the same tree."""
    return _text(node, _OPEN)


def quoted(text: str) -> str:
    """A text as it is written in an expression, in quotes."""
    return f'"{"".join(_character(character) for character in text)}"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:06X}"


def _number(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -40 <= exponent <= 0:
        return format(value, "f")
    return str(value)


def _text(node: Node, power: int) -> str:
    text, own = _written(node)
    return f"({text})" if own < power else text


def _written(node: Node) -> tuple[str, int]:  # the text, and how tightly it holds together
    match node:
        case Comparison(operator=operator, left=left, right=right):
            # A comparison beside a comparison keeps its brackets.
            return f"{_text(left, _ADD)} {operator} {_text(right, _ADD)}", _COMPARE
        case GlobalName(name=name) | LocalName(name=name) | ItemField(name=name):
            return name, _POSTFIX
        case Path(source=source, field=field):
            return f"{_text(source, _POSTFIX)}.{field}", _POSTFIX
        case NumberLiteral(value=value):
            return _number(value), _POSTFIX
        case And(operands=operands):
            return " and ".join(_text(operand, _COMPARE) for operand in operands), _AND
        case Or(operands=operands):
            return " or ".join(_text(operand, _AND) for operand in operands), _OR
        case Arithmetic(operator=operator, left=left, right=right):
            own = _POWERS[operator]
            return f"{_text(left, own)} {operator} {_text(right, own + 1)}", own
        case Call(function=function, arguments=arguments, names=names):
            labels = [f"{name}: " for name in names] or [""] * len(arguments)
            listed = ", ".join(
                label + _text(value, _OPEN) for label, value in zip(labels, arguments, strict=True)
            )
            return f"{function}({listed})", _POSTFIX
        case StringLiteral(value=value):
            return quoted(value), _POSTFIX
        case UnknownTest(operand=operand, negated=negated):
            return f"{_text(operand, _ADD)} {'!=' if negated else '='} null", _COMPARE
        case Filter(source=source, condition=inner) | Index(source=source, index=inner):
            return f"{_text(source, _POSTFIX)}[{_text(inner, _OPEN)}]", _POSTFIX
        case Not(operand=operand):
            return f"not({_text(operand, _OPEN)})", _POSTFIX
        case In(operand=operand, tests=tests):
            listed = ", ".join(_test(test) for test in tests)
            return f"{_text(operand, _ADD)} in ({listed})", _COMPARE
        case Between(operand=operand, low=low, high=high):
            parts = [_text(part, _ADD) for part in (operand, low, high)]
            return f"{parts[0]} between {parts[1]} and {parts[2]}", _COMPARE
        case EqualityTest():
            return _test(node), _OPEN
        case If(condition=condition, then=then, otherwise=otherwise):
            parts = [_text(part, _OPEN) for part in (condition, then, otherwise)]
            return f"if {parts[0]} then {parts[1]} else {parts[2]}", _OPEN
        case Quantified(kind=kind, iterators=iterators, condition=condition):
            listed = ", ".join(_iterator(iterator) for iterator in iterators)
            return f"{kind} {listed} satisfies {_text(condition, _OPEN)}", _OPEN
        case BooleanLiteral(value=truth):
            return ("true" if truth else "false"), _POSTFIX
        case NullLiteral():
            return "null", _POSTFIX
        case TemporalLiteral(value=moment):
            return f'@"{text_of(moment)}"', _POSTFIX
        case Negate(operand=operand):
            return f"-{_text(operand, _UNARY)}", _UNARY
        case ListLiteral(items=items):
            return f"[{', '.join(_text(item, _OPEN) for item in items)}]", _POSTFIX
        case RangeLiteral():
            return _range(node), _POSTFIX
        case RecordLiteral(entries=entries):
            listed = ", ".join(f"{quoted(entry.name)}: {_text(entry.value, _OPEN)}" for entry in entries)
            return f"{{{listed}}}", _POSTFIX
        case _:
            assert_never(node)


def _test(test: Node) -> str:
    match test:
        case EqualityTest(operator="=", value=NullLiteral()):
            return "null"
        case EqualityTest(operator=operator, value=value):
            return f"{operator} {_text(value, _ADD)}"
        case RangeLiteral(low=None) | RangeLiteral(high=None):
            return _half(test)
        case NullLiteral():
            return "(null)"
        case _:
            return _text(test, _OPEN)


def _half(node: RangeLiteral) -> str:
    if node.low is not None:
        return f"{'>=' if node.low_closed else '>'} {_text(node.low, _ADD)}"
    assert node.high is not None  # noqa: S101 - a range has at least one end
    return f"{'<=' if node.high_closed else '<'} {_text(node.high, _ADD)}"


def _range(node: RangeLiteral) -> str:
    if node.low is None or node.high is None:
        return f"({_half(node)})"
    opening, closing = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{opening}{_text(node.low, _ADD)}..{_text(node.high, _ADD)}{closing}"


def _iterator(iterator: Iterator) -> str:
    source = _text(iterator.source, _ADD)
    if iterator.stop is None:
        return f"{iterator.name} in {source}"
    return f"{iterator.name} in {source}..{_text(iterator.stop, _ADD)}"
