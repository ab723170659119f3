"""Calls of functions: which argument is which, what the result is, and literals that take a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.expressions.functions.signature import BARE
from postloan_rules.expressions.nodes import (
    Arithmetic,
    BooleanLiteral,
    Call,
    If,
    ListLiteral,
    Negate,
    Node,
    NullLiteral,
    NumberLiteral,
    RangeLiteral,
    StringLiteral,
    TemporalLiteral,
)
from postloan_rules.expressions.types import (
    ANY,
    NULL,
    NUMBER,
    STRING,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    Type,
    Variable,
    scalar_type,
)
from postloan_rules.expressions.values import kind, negate
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from postloan_rules.expressions.functions import Function, Parameter

__all__ = ["Misfit", "in_order", "in_unit", "is_bare", "result_of", "type_of"]


@frozen
class Misfit:
    """Why a call cannot be, and where when it is not the whole call."""

    code: str
    message: str
    help: str = ""
    place: tuple[int, int] | None = None


def is_bare(node: Node) -> bool:
    """Whether a node is made of numeric literals alone, and so takes the unit that the other side needs."""
    match node:
        case NumberLiteral(type=type_):
            return type_ == NUMBER
        case Negate(operand=operand):
            return is_bare(operand)
        case Arithmetic(left=left, right=right) | If(then=left, otherwise=right):
            return is_bare(left) and is_bare(right)
        case _:
            return False


def in_unit(node: Node, unit: Type) -> Node:
    """Bare numbers, in a unit."""
    match node:
        case Negate():
            return evolve(node, operand=in_unit(node.operand, unit), type=unit)
        case Arithmetic(operator="+" | "-"):
            return evolve(node, left=in_unit(node.left, unit), right=in_unit(node.right, unit), type=unit)
        case If():
            then, otherwise = in_unit(node.then, unit), in_unit(node.otherwise, unit)
            return evolve(node, then=then, otherwise=otherwise, type=unit)
        case Arithmetic(operator="*" | "/"):
            return evolve(node, left=in_unit(node.left, unit), type=unit)
        case _:
            return evolve(node, type=unit)


def type_of(value: object) -> Type:
    """The type of a single value that is at hand."""
    name = kind(value)
    return scalar_type(name) or ANY


def in_order(call: Call, function: Function) -> tuple[Node, ...] | Misfit:
    """The arguments by place, whether the author gave them by place or by name."""
    if call.names:
        return _by_name(call, function)
    count = len(call.arguments)
    if any(_takes(parameters, count) for parameters in function.overloads):
        return call.arguments
    given = "nothing" if count == 0 else str(count)
    return Misfit("PR0261", f"`{function.name}` takes {_counts(function)}, not {given}", _forms(function))


def _takes(parameters: tuple[Parameter, ...], count: int) -> bool:
    least = sum(not parameter.optional for parameter in parameters)
    return count >= least and (count <= len(parameters) or any(parameter.many for parameter in parameters))


def _counts(function: Function) -> str:
    counts: set[int] = set()
    more = False
    for parameters in function.overloads:
        least = sum(not parameter.optional for parameter in parameters)
        counts |= set(range(least, len(parameters) + 1))
        more = more or any(parameter.many for parameter in parameters)
    low, high = min(counts), max(counts)
    if more:
        return f"{low} value{'s' if low != 1 else ''} or more"
    if low == high:
        return f"{low} value{'s' if low != 1 else ''}"
    return f"{low} {'or' if high == low + 1 else 'to'} {high} values"


def _forms(function: Function) -> str:
    forms = []
    for parameters in function.overloads:
        names = ", ".join(f"{parameter.name}{', ...' if parameter.many else ''}" for parameter in parameters)
        forms.append(f"`{function.name}({names})`")
    return f"write {' or '.join(forms)}"


def _by_name(call: Call, function: Function) -> tuple[Node, ...] | Misfit:
    repeated = [name for index, name in enumerate(call.names) if name in call.names[:index]]
    if repeated:
        return Misfit("PR0263", f"`{repeated[0]}` is given twice", "give it once")
    for parameters in function.overloads:
        names = [parameter.name for parameter in parameters]
        needed = {parameter.name for parameter in parameters if not parameter.optional}
        if set(call.names) <= set(names) and needed <= set(call.names):
            return _placed(call, names)
    known = sorted({parameter.name for parameters in function.overloads for parameter in parameters})
    for name, argument in zip(call.names, call.arguments, strict=True):
        if name not in known:
            place = (argument.start, argument.end)
            help_ = did_you_mean(name, known, what="it has")
            return Misfit("PR0263", f"`{function.name}` has no value called `{name}`", help_, place)
    return Misfit("PR0261", f"`{function.name}` is not given all that it takes", _forms(function))


def _placed(call: Call, names: list[str]) -> tuple[Node, ...]:
    last = max(names.index(name) for name in call.names)
    given = dict(zip(call.names, call.arguments, strict=True))
    # A value that is left out before one that is given stands as `null`.
    return tuple(
        given.get(name) or NullLiteral(id=call.id, start=call.start, end=call.end)
        for name in names[: last + 1]
    )


def result_of(call: Call, function: Function) -> Variable | Misfit:
    """The type of a checked call; a call of literals alone is worked out at once."""
    result = function.typed([Variable(_argument_type(node), unknown=node.unknown) for node in call.arguments])
    if isinstance(result, str):
        message, _, help_ = result.partition("\n")
        return Misfit("PR0262", message, help_)
    type_ = _plain(result.type)
    constants = [_constant(node) for node in call.arguments]
    if not call.arguments or None in constants:
        return Variable(type_, unknown=result.unknown or type_ == ANY)
    value = function.apply(*(found[0] for found in constants if found is not None))
    if value is None:
        if function.unknown_help and not any(isinstance(node, NullLiteral) for node in call.arguments):
            return Misfit(
                "PR0264", f"`{function.name}` cannot be worked out from these values", function.unknown_help
            )
        return Variable(type_, unknown=True)
    return Variable(type_of(value) if type_ == ANY else type_, unknown=False)


def _constant(node: Node) -> tuple[object] | None:
    match node:
        case NumberLiteral(value=value) | StringLiteral(value=value) | TemporalLiteral(value=value):
            return (value,)
        case BooleanLiteral(value=truth):
            return (truth,)
        case NullLiteral():
            return (None,)
        case Negate(operand=NumberLiteral(value=number)):
            return (negate(number),)
        case _:
            return None


def _argument_type(node: Node) -> Type:
    """The type of an argument, in which literals are told apart: they suit several types."""
    if is_bare(node):
        return BARE
    match node:
        case StringLiteral(type=type_, value=value) if type_ == STRING:
            return EnumType("", (value,))
        case ListLiteral(items=items, type=ListType(unknown=unknown)) if items:
            if all(is_bare(item) for item in items):
                return ListType(BARE, unknown=unknown)
            words = [item.value for item in items if isinstance(item, StringLiteral) and item.type == STRING]
            if len(words) == len(items):
                return ListType(EnumType("", tuple(dict.fromkeys(words))), unknown=unknown)
            return node.type
        case RangeLiteral():
            ends = [end for end in (node.low, node.high) if end is not None]
            return RangeType(BARE) if all(is_bare(end) for end in ends) else node.type
        case _:
            return node.type


def _plain(type_: Type) -> Type:
    """A type without the marks of literals."""
    match type_:
        case ListType(item, unknown):
            return ListType(_plain(item), unknown=unknown)
        case RangeType(item):
            return RangeType(_plain(item))
        case EnumType(name=""):
            return STRING
        case RecordType():
            return type_
        case _:
            return NUMBER if type_ == BARE else ANY if type_ == NULL else type_
