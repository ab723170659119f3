"""A tree of an expression over changed parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions.nodes import (
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
    ListLiteral,
    Negate,
    Not,
    Or,
    Path,
    Quantified,
    RangeLiteral,
    RecordLiteral,
    UnknownTest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.expressions import Node

__all__ = ["rebuilt", "spelled"]


def spelled(node: Node, text: Callable[[str], str]) -> Node:
    """The tree with each name spelled out."""
    if isinstance(node, GlobalName):
        return evolve(node, name=text(node.name))
    return rebuilt(node, lambda part: spelled(part, text))


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same node over changed parts."""
    match node:
        case Comparison() | Arithmetic():
            return evolve(node, left=change(node.left), right=change(node.right))
        case And() | Or():
            return evolve(node, operands=tuple(change(each) for each in node.operands))
        case Path():
            return evolve(node, source=change(node.source))
        case Filter():
            return evolve(node, source=change(node.source), condition=change(node.condition))
        case Call():
            return evolve(node, arguments=tuple(change(each) for each in node.arguments))
        case Not() | Negate() | UnknownTest():
            return evolve(node, operand=change(node.operand))
        case In():
            return evolve(
                node, operand=change(node.operand), tests=tuple(change(each) for each in node.tests)
            )
        case Between():
            return evolve(node, operand=change(node.operand), low=change(node.low), high=change(node.high))
        case EqualityTest():
            return evolve(node, value=change(node.value))
        case If():
            return evolve(
                node,
                condition=change(node.condition),
                then=change(node.then),
                otherwise=change(node.otherwise),
            )
        case Quantified():
            iterators = tuple(
                evolve(
                    each,
                    source=change(each.source),
                    stop=None if each.stop is None else change(each.stop),
                )
                for each in node.iterators
            )
            return evolve(node, iterators=iterators, condition=change(node.condition))
        case ListLiteral():
            return evolve(node, items=tuple(change(each) for each in node.items))
        case RangeLiteral():
            return evolve(
                node,
                low=None if node.low is None else change(node.low),
                high=None if node.high is None else change(node.high),
            )
    return _rebuilt_rare(node, change)


def _rebuilt_rare(node: Node, change: Callable[[Node], Node]) -> Node:
    match node:
        case Index():
            return evolve(node, source=change(node.source), index=change(node.index))
        case RecordLiteral():
            entries = tuple(evolve(each, value=change(each.value)) for each in node.entries)
            return evolve(node, entries=entries)
        case _:
            return node
