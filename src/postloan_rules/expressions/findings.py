"""What the checker has found in one text, and how it speaks of types."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from postloan_rules.expressions.nodes import Node
from postloan_rules.expressions.types import (
    ANY,
    DAYS,
    MONEY,
    MONTHS,
    NULL,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    Type,
    Variable,
    type_name,
)
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions.functions import Function
    from postloan_rules.expressions.narrowing import Key
    from postloan_rules.expressions.scopes import Scope
    from postloan_rules.problems import Text

__all__ = ["AnyNode", "Findings", "an", "either_unknown", "loose", "searched"]

AnyNode = TypeVar("AnyNode", bound=Node)
_SHOWN = 40
_FEW = 5


class Findings:
    """The problems and the numbers of nodes of one text, and what is known at the part that is checked."""

    def __init__(self, text: Text, names: Mapping[str, Variable], functions: Mapping[str, Function]) -> None:
        self.text = text
        self.names = names
        self.functions = functions
        self.problems: list[Problem] = []
        self.scopes: list[Scope] = []
        self.known: frozenset[Key] = frozenset()
        # The words of the enumeration that the part at hand is compared with.
        self.words: tuple[str, ...] = ()
        self.count = 0

    def report(self, code: str, message: str, start: int, end: int, help_: str = "") -> None:
        """Note a problem; its place is a stretch of the text."""
        self.problems.append(Problem(code, message, self.text.span(start, end), help_))

    def wrong(self, node: AnyNode, code: str, message: str, help_: str = "") -> AnyNode:
        """Note a problem with a part, and give the part the type that goes with everything."""
        self.report(code, message, node.start, node.end, help_)
        return evolve(node, type=ANY, unknown=True)

    def shown(self, node: Node) -> str:
        """The author's words for a part, shortened."""
        written = " ".join(self.text.value[node.start : node.end].split())
        return written if len(written) <= _SHOWN else f"{written[: _SHOWN - 1]}…"

    def number(self, node: AnyNode) -> AnyNode:
        """The node with the next number."""
        self.count += 1
        return evolve(node, id=self.count - 1)


def an(type_: Type) -> str:
    """The type with its article."""
    name = type_name(type_)
    if isinstance(type_, EnumType):
        return name if len(type_.members) <= _FEW else f"one of the words of {type_.name}"
    if type_ == NULL:
        return "unknown"
    if type_ in (MONEY, DAYS, MONTHS):
        return name
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def searched(type_: Type) -> Type:
    """The type of the values in a range, or in a list of values or ranges."""
    if isinstance(type_, ListType):
        type_ = type_.item
    return type_.item if isinstance(type_, RangeType) else type_


def loose(type_: Type) -> bool:
    """Whether values of the type may turn out not to be comparable, or to hold something unknown."""
    match type_:
        case ListType(item, unknown):
            return unknown or loose(item)
        case RangeType(item):
            return loose(item)
        case RecordType():
            return True
        case _:
            return type_ in (ANY, NULL)


def either_unknown(left: Node, right: Node) -> bool:
    """Whether a comparison of two values may be unknown."""
    return left.unknown or right.unknown or loose(left.type) or loose(right.type)
