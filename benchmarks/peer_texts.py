# ruff: noqa: INP001 - scripts, not a package
"""The conditions of a policy in the languages of other engines, made from our own checked trees.

Only what flat policies use is here: names, literals, comparisons, `between`, `in`, `and`, `or`. All else is
an error, so that no peer is ever measured on another condition than ours.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from postloan_rules.expressions import nodes as tree
from postloan_rules.policy.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.policy import Policy

__all__ = ["Value", "conditions", "durable", "infix", "json_logic"]

Value: TypeAlias = "bool | int | float | str"


def conditions(policy: Policy) -> dict[str, tree.Node]:
    """The condition of each trigger, by name."""
    found: dict[str, tree.Node] = {}
    for trigger in policy.triggers:
        if not isinstance(trigger.condition, Leaf):
            raise TypeError(trigger)
        found[trigger.name] = trigger.condition.expression.root
    return found


def plain(node: tree.Node) -> Value:
    """A literal as a peer takes it: whole numbers as int, others as float."""
    match node:
        case tree.NumberLiteral(value=number):
            return int(number) if number == number.to_integral_value() else float(number)
        case tree.StringLiteral(value=text):
            return text
        case tree.BooleanLiteral(value=truth):
            return truth
    raise TypeError(node)


@frozen
class Style:
    """How a language with operators between their operands writes a condition."""

    conjunction: str
    disjunction: str
    equal: str
    unequal: str
    quote: Callable[[Value], str]
    brackets: str


def _double_quoted(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _single_quoted(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else _double_quoted(value)


STYLES = {
    "python": Style("and", "or", "==", "!=", repr, "()"),
    "zen": Style("and", "or", "==", "!=", _double_quoted, "[]"),
    "rule-engine": Style("and", "or", "==", "!=", _double_quoted, "[]"),
    "cel": Style("&&", "||", "==", "!=", _double_quoted, "[]"),
    "sql": Style("and", "or", "=", "<>", _single_quoted, "()"),
}


def infix(node: tree.Node, style: Style, name: Callable[[str], str] = str) -> str:
    """A condition in a language with operators between their operands."""

    def text(part: tree.Node) -> str:
        return infix(part, style, name)

    match node:
        case tree.GlobalName(name=read):
            return name(read)
        case tree.And(operands=operands):
            return "(" + f" {style.conjunction} ".join(text(part) for part in operands) + ")"
        case tree.Or(operands=operands):
            return "(" + f" {style.disjunction} ".join(text(part) for part in operands) + ")"
        case tree.Comparison(operator=operator, left=left, right=right):
            sign = {"=": style.equal, "!=": style.unequal}.get(operator, operator)
            return f"{text(left)} {sign} {text(right)}"
        case tree.Between(operand=operand, low=low, high=high):
            return f"({text(operand)} >= {text(low)} {style.conjunction} {text(operand)} <= {text(high)})"
        case tree.In(operand=operand, tests=tests):
            items = ", ".join(text(test) for test in tests)
            return f"{text(operand)} in {style.brackets[0]}{items}{style.brackets[1]}"
    return style.quote(plain(node))


def json_logic(node: tree.Node) -> object:
    """A condition in JSON Logic."""
    match node:
        case tree.GlobalName(name=read):
            return {"var": read}
        case tree.And(operands=operands):
            return {"and": [json_logic(part) for part in operands]}
        case tree.Or(operands=operands):
            return {"or": [json_logic(part) for part in operands]}
        case tree.Comparison(operator=operator, left=left, right=right):
            return {{"=": "=="}.get(operator, operator): [json_logic(left), json_logic(right)]}
        case tree.Between(operand=operand, low=low, high=high):
            return {"<=": [json_logic(low), json_logic(operand), json_logic(high)]}
        case tree.In(operand=operand, tests=tests):
            return {"in": [json_logic(operand), [json_logic(test) for test in tests]]}
    return plain(node)


_DURABLE = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt", "!=": "$neq"}


def durable(node: tree.Node) -> dict[str, object]:
    """A condition as durable-rules has it as data."""
    match node:
        case tree.GlobalName(name=read):
            return {read: True}
        case tree.And(operands=operands):
            return {"$and": [durable(part) for part in operands]}
        case tree.Or(operands=operands):
            return {"$or": [durable(part) for part in operands]}
        case tree.Comparison(operator="=", left=tree.GlobalName(name=read), right=right):
            return {read: plain(right)}
        case tree.Comparison(operator=operator, left=tree.GlobalName(name=read), right=right):
            return {_DURABLE[operator]: {read: plain(right)}}
        case tree.Between(operand=tree.GlobalName(name=read), low=low, high=high):
            return {"$and": [{"$gte": {read: plain(low)}}, {"$lte": {read: plain(high)}}]}
        case tree.In(operand=tree.GlobalName(name=read), tests=tests):
            return {"$or": [{read: plain(test)} for test in tests]}
    raise TypeError(node)


def as_float(value: object) -> Value:
    """A value of a customer as peers take it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(value)
