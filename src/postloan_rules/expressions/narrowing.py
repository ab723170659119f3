"""What is known once a condition has held: in `x != null and x > 3`, x is known in `x > 3`."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve

from postloan_rules.expressions.nodes import (
    And,
    Arithmetic,
    Between,
    Comparison,
    EqualityTest,
    Filter,
    GlobalName,
    In,
    Index,
    ItemField,
    LocalName,
    Negate,
    Node,
    Not,
    NullLiteral,
    NumberLiteral,
    Or,
    Path,
    UnknownTest,
)
from postloan_rules.expressions.types import ListType, RecordType, Type

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Key", "facts", "key", "narrowed", "nonzero", "rank"]

Key: TypeAlias = tuple[str, ...]
"""What names a value: a name, then the fields and positions that lead to it."""

_NOTHING: frozenset[Key] = frozenset()
_NOT_ZERO = "!= 0"


def key(node: Node) -> Key | None:
    """The key of a name, a path, or an item at a fixed position; None for anything else."""
    match node:
        case GlobalName():
            return (node.name,)
        case LocalName():
            return (f"{node.binder}:{node.name}",)
        case ItemField():
            return (f"{node.binder}:item", f".{node.name}")
        case Path():
            source = key(node.source)
            return None if source is None else (*source, f".{node.field}")
        case Index(index=NumberLiteral() | Negate(operand=NumberLiteral())):
            source = key(node.source)
            position = node.index
            sign = "-" if isinstance(position, Negate) else ""
            number = position.operand if isinstance(position, Negate) else position
            assert isinstance(number, NumberLiteral)  # noqa: S101 - the pattern above has matched it
            return None if source is None else (*source, f"[{sign}{number.value}]")
        case _:
            return None


def _known(node: Node) -> frozenset[Key]:
    """What is known when the value of this node is known."""
    match node:
        case Arithmetic():
            return _known(node.left) | _known(node.right)
        case Negate():
            return _known(node.operand)
        case GlobalName() | LocalName() | ItemField() | Path() | Index():
            found = key(node)
            # A known field belongs to a known record.
            return (
                _NOTHING
                if found is None
                else frozenset(found[:length] for length in range(1, len(found) + 1))
            )
        case _:
            return _NOTHING


def facts(condition: Node, truth: bool) -> frozenset[Key]:  # noqa: FBT001 - the truth value is the question
    """What is known when the condition is true (or false)."""
    match condition:
        case And() | Or():
            parts = [facts(operand, truth) for operand in condition.operands]
            if isinstance(condition, And) is truth:
                return frozenset().union(*parts)
            return reduce(frozenset.intersection, parts)
        case Not():
            return facts(condition.operand, not truth)
        case UnknownTest():
            return _known(condition.operand) if condition.negated is truth else _NOTHING
        case Comparison():
            return _known(condition.left) | _known(condition.right) | _not_zero(condition, truth)
        case Between():
            both = _known(condition.low) | _known(condition.high) if truth else _NOTHING
            return _known(condition.operand) | both
        case In():
            maybe = truth and any(_tests_for_unknown(test) for test in condition.tests)
            return _NOTHING if maybe else _known(condition.operand)
        case GlobalName() | LocalName() | ItemField() | Path() | Index():
            return _known(condition)
        case _:
            return _NOTHING


def _tests_for_unknown(test: Node) -> bool:
    return isinstance(test, EqualityTest) and isinstance(test.value, NullLiteral)


_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _not_zero(condition: Comparison, truth: bool) -> frozenset[Key]:  # noqa: FBT001 - as above
    """What is not zero when a comparison with a number holds (or does not)."""
    for value, bound, operator in (
        (condition.left, condition.right, condition.operator),
        (condition.right, condition.left, _MIRRORED[condition.operator]),
    ):
        found, limit = key(value), _literal(bound)
        if found is None or limit is None:
            continue
        match operator if truth else _OPPOSITE[operator]:
            case ">":
                excluded = limit >= 0
            case ">=":
                excluded = limit > 0
            case "<":
                excluded = limit <= 0
            case "<=":
                excluded = limit < 0
            case "=":
                excluded = limit != 0
            case _:
                excluded = limit == 0
        if excluded:
            return frozenset({(*found, _NOT_ZERO)})
    return _NOTHING


def _literal(node: Node) -> Decimal | None:
    if isinstance(node, Negate) and isinstance(node.operand, NumberLiteral):
        return -node.operand.value
    return node.value if isinstance(node, NumberLiteral) else None


def nonzero(node: Node, known: frozenset[Key]) -> bool:
    """Whether a condition has made sure that a number is not zero."""
    found = key(node)
    return found is not None and (*found, _NOT_ZERO) in known


def rank(node: Node, truth: bool) -> int:  # noqa: FBT001 - as above
    """Which parts of `and` (or of `or`, where they are false) to look at first: those that tell most."""
    if isinstance(node, Not):
        return rank(node.operand, not truth)
    if not isinstance(node, Comparison):
        return 2
    sides = (node.left, node.right)
    if any(isinstance(side, NullLiteral) for side in sides):
        return 0 if node.operator == ("!=" if truth else "=") else 2
    named = any(isinstance(side, GlobalName | Path | Filter) for side in sides)
    return 1 if named and any(_literal(side) is not None for side in sides) else 2


def narrowed(source: Type, binder: int, known: frozenset[Key]) -> Type:
    """The type of the items that a filter has kept: the fields that its condition asked for are known."""
    if not isinstance(source, ListType):
        return source
    item, root = source.item, f"{binder}:item"
    if isinstance(item, RecordType):
        fields = {
            name: evolve(variable, unknown=variable.unknown and (root, f".{name}") not in known)
            for name, variable in item.fields.items()
        }
        item = RecordType(item.name, fields)
    return ListType(item, unknown=source.unknown and (root,) not in known)
