"""What is sure of values that come from lists: bounds by what they are, and order between counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import frozen

from postloan_rules.analysis.proof.values import Known, both
from postloan_rules.analysis.proof.world import least
from postloan_rules.expressions import (
    And,
    Arithmetic,
    Call,
    Comparison,
    Filter,
    GlobalName,
    Index,
    ItemField,
    ListType,
    NumberLiteral,
    Path,
    RecordType,
    evaluate_node,
    names_in,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.expressions.values import Months

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from postloan_rules.analysis.proof.values import Formula, Truth
    from postloan_rules.expressions import Function, Node, Type

__all__ = ["Counted", "bounds", "counted", "order"]

_COUNTS = frozenset({"late_months", "clean_months", "minimum_payments", "worst_days_late"})
_LIKE_ITEMS = frozenset({"sum", "max", "min", "mean", "median"})


def bounds(node: Node, symbol: Truth | Known) -> Iterator[Formula]:
    """What holds of a free value, whatever the lists."""
    if not isinstance(symbol, Known) or symbol.kind != "number":
        return
    match node:
        case Call(function="count"):
            yield symbol.term >= 0
            yield z3.IsInt(symbol.term)
        case Call(function=function) if function in _COUNTS:
            yield symbol.term >= 0
            yield z3.IsInt(symbol.term)
        case Call(function=function, arguments=(Path() as path,)) if function in _LIKE_ITEMS:
            floor = _least(path)
            if floor is not None and (floor == 0 or function != "sum"):
                yield symbol.term >= floor
        case Path():
            floor = _least(node)
            if floor is not None:
                yield symbol.term >= floor


def _least(path: Path) -> int | None:
    of = path.source.type
    record = of.item if isinstance(of, ListType) else of
    return least(record, path.field) if isinstance(record, RecordType) else None


# Counts


@frozen
class Counted:
    """What is counted: a list by its key, and the conditions that its items meet."""

    base: str
    conditions: tuple[tuple[str, Node], ...]
    """Each as a text and as a tree, with the names spelled out."""
    item: Type


def counted(node: Node, spelled: Callable[[Node], Node], opened: Callable[[Node], Node]) -> Counted | None:
    """What `count(list[condition])` counts; None where it is no such count."""

    def key(part: Node) -> str:
        return canonical(spelled(part))

    match node:
        case Call(function="count", arguments=(argument,)):
            found: list[tuple[str, Node]] = []
            source = opened(argument)
            while isinstance(source, Filter):
                parts = (
                    source.condition.operands if isinstance(source.condition, And) else (source.condition,)
                )
                found += [(key(part), spelled(part)) for part in parts]
                source = opened(source.source)
            if isinstance(source, Index):
                return None
            item = source.type.item if isinstance(source.type, ListType) else source.type
            return Counted(key(source), tuple(found), item)
    return None


def order(
    one: Counted, other: Counted, terms: tuple[Known, Known], functions: Mapping[str, Function]
) -> Formula | None:
    """That the one is no more than the other, where each item of the one is surely an item of the other."""
    if one.base != other.base:
        return None
    pairs = [_met(each, one, functions) for each in other.conditions]
    if None in pairs:
        return None
    left, right = terms
    fewer = z3.Implies(both(left.known, right.known), left.term <= right.term)
    if len(set(pairs)) == len(one.conditions):
        # Each condition of the one answers to one of the other: where the other knows it of each item, so
        # does the one.
        return both(fewer, z3.Implies(right.known, left.known))
    return fewer


def _met(wanted: tuple[str, Node], given: Counted, functions: Mapping[str, Function]) -> int | None:
    """Which of the conditions that are given makes the one that is wanted true."""
    for number, (text, node) in enumerate(given.conditions):
        if text == wanted[0] or _narrower(node, wanted[1], given.item, functions):
            return number
    return None


def _narrower(one: Node, other: Node, item: Type, functions: Mapping[str, Function]) -> bool:
    """Whether one comparison of a field makes another one true: `day > as_of - short`, `amount >= more`.

    Both know of the same items whether they hold.
    """
    if not isinstance(one, Comparison) or not isinstance(other, Comparison):
        return False
    if one.operator[0] not in "<>" or one.operator[0] != other.operator[0]:
        return False
    if canonical(one.left) != canonical(other.left):
        return False
    near, far = _back(one.right, functions), _back(other.right, functions)
    strict = one.operator == other.operator or other.operator.endswith("=")
    if near is not None and far is not None:
        # The further back a day lies, the less it asks for.
        less = near[1] <= far[1] if one.operator[0] == ">" else near[1] >= far[1]
        return near[0] == far[0] and less and strict
    ours, theirs = _multiple(one.right), _multiple(other.right)
    if ours is None or theirs is None or ours[1] != theirs[1]:
        return False
    if ours[1] is not None and not _no_less_than_zero(ours[2], item):
        return False
    more = ours[0] >= theirs[0] if one.operator[0] == ">" else ours[0] <= theirs[0]
    # Of nothing, all multiples are the same.
    return more and (strict or (ours[0] != theirs[0] and ours[1] is None))


def _multiple(node: Node) -> tuple[Decimal, str | None, Node] | None:
    """A number that is written out, or so many times something."""
    number = _written(node)
    if number is not None:
        return number, None, node
    if isinstance(node, Arithmetic) and node.operator == "*":
        for factor, of in ((node.left, node.right), (node.right, node.left)):
            number = _written(factor)
            if number is not None:
                return number, canonical(of), of
    return None


def _written(node: Node) -> Decimal | None:
    if isinstance(node, NumberLiteral):
        return Decimal(node.value)
    if isinstance(node, GlobalName):
        # A parameter that is spelled out.
        try:
            found = Decimal(node.name)
        except InvalidOperation:
            return None
        return found if found.is_finite() else None
    return None


def _no_less_than_zero(node: Node, item: Type) -> bool:
    if not isinstance(node, ItemField) or not isinstance(item, RecordType):
        return False
    floor = least(item, node.name)
    return floor is not None and floor >= 0


def _back(node: Node, functions: Mapping[str, Function]) -> tuple[type, int] | None:
    """How far before `as_of` a day lies, by the kind of the duration."""
    match node:
        case Arithmetic(operator="-", left=GlobalName(name="as_of"), right=length) if not list(
            names_in(length)
        ):
            found = evaluate_node(length, {}, functions)
            if isinstance(found, Months):
                return Months, found.months
            if isinstance(found, dt.timedelta):
                return dt.timedelta, found // dt.timedelta(microseconds=1)
    return None
