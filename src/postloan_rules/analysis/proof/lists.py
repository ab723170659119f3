"""What is sure of values that come from lists: bounds by what they are, and order between counts."""

from __future__ import annotations

import datetime as dt
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
    Path,
    RecordType,
    evaluate_node,
    names_in,
)
from postloan_rules.expressions.values import Months

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from postloan_rules.analysis.proof.values import Formula, Truth
    from postloan_rules.expressions import Function, Node

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


def counted(node: Node, key: Callable[[Node], str], opened: Callable[[Node], Node]) -> Counted | None:
    """What `count(list[condition])` counts; None where it is no such count."""
    match node:
        case Call(function="count", arguments=(argument,)):
            found: list[tuple[str, Node]] = []
            source = opened(argument)
            while isinstance(source, Filter):
                parts = (
                    source.condition.operands if isinstance(source.condition, And) else (source.condition,)
                )
                found += [(key(part), part) for part in parts]
                source = opened(source.source)
            if isinstance(source, Index):
                return None
            return Counted(key(source), tuple(found))
    return None


def order(
    one: Counted, other: Counted, terms: tuple[Known, Known], functions: Mapping[str, Function]
) -> Formula | None:
    """That the one is no more than the other, where each item of the one is surely an item of the other."""
    if one.base != other.base or not all(_follows(each, one, functions) for each in other.conditions):
        return None
    left, right = terms
    return z3.Implies(both(left.known, right.known), left.term <= right.term)


def _follows(wanted: tuple[str, Node], given: Counted, functions: Mapping[str, Function]) -> bool:
    return any(text == wanted[0] or _narrower(node, wanted[1], functions) for text, node in given.conditions)


def _narrower(one: Node, other: Node, functions: Mapping[str, Function]) -> bool:
    """Whether `day > as_of - short` makes `day > as_of - long` true."""
    match one, other:
        case (
            Comparison(operator=operator, left=ItemField(name=field), right=near),
            Comparison(operator=other_operator, left=ItemField(name=other_field), right=far),
        ) if operator == other_operator and operator in (">", ">=") and field == other_field:
            ours, theirs = _back(near, functions), _back(far, functions)
            return ours is not None and theirs is not None and ours[0] == theirs[0] and ours[1] <= theirs[1]
    return False


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
