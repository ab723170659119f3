"""Customers with a record just at an edge: the lists that an expression filters can't be solved for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import attrs
from attrs import evolve

from postloan_rules.expressions import (
    And,
    Comparison,
    Expression,
    Filter,
    Node,
    Not,
    Or,
    children,
    evaluate_node,
    names_in,
)
from postloan_rules.expressions.nodes import ItemField
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import Fact, Trigger
from postloan_rules.snapshot import SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.expressions import Function
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["Edges"]

_Path: TypeAlias = "tuple[str | int, ...]"


class Edges:
    """The edges of what changed between two policies: fields of records, and what they are compared with."""

    def __init__(self, old: Policy, new: Policy, changes: Iterable[PartChange]) -> None:
        self._policies = (old, new)
        names = {each.name for each in changes if not each.of_words}
        self._compared = [each for policy in (old, new) for each in _of(_expressions(policy, names))]
        read = {fact.name for policy in (old, new) for fact in policy.facts if _reads(fact, policy, names)}
        self._then = [each for policy in (old, new) for each in _of(_expressions(policy, read))]
        """What those are compared with that read what changed: a record must often meet both."""

    def __bool__(self) -> bool:
        return bool(self._compared)

    def around(self, snapshot: Snapshot, *, exactly: bool) -> Iterator[Snapshot]:
        """The customer with one record moved just to an edge, or else to either side of it."""
        names = [
            {"as_of": snapshot.as_of, **{each.name: each.on(snapshot.as_of) for each in policy.parameters}}
            for policy in self._policies
        ]
        first, then = (_wanted(compared, names) for compared in (self._compared, self._then))
        for field, values in first.items():
            for path in _places(snapshot, field):
                for value, at_edge in values.items():
                    if at_edge is not exactly:
                        continue
                    moved = _set(snapshot, path, {field: value})
                    others = [
                        {},
                        *({name: one} for name, ones in then.items() if name != field for one in ones),
                    ]
                    for more in others:
                        try:
                            yield _set(moved, path, more).checked()  # type: ignore[attr-defined]  # a snapshot again
                        except (SnapshotInvalid, TypeError, ValueError, AttributeError):
                            continue


_Compared: TypeAlias = "tuple[str, Node, Mapping[str, Function]]"
"""A field, what it is compared with, and the functions to work that out."""


def _of(expressions: Iterable[Expression]) -> Iterator[_Compared]:
    for expression in expressions:
        for field, right in _comparisons(expression.root):
            yield field, right, expression.functions


def _reads(fact: Fact, policy: Policy, names: set[str]) -> bool:
    """Whether a fact is one that changed, or reads what changed."""
    parameters = {each.name for each in policy.parameters} & names
    read = fact.definition.reads if isinstance(fact.definition, Expression) else frozenset()
    return fact.name in names or bool(read & (parameters | names))


def _wanted(
    compared: Iterable[_Compared], names: Iterable[dict[str, object]]
) -> dict[str, dict[object, bool]]:
    """Values at the edges and beside them, by field; true for those just at one."""
    found: dict[str, dict[object, bool]] = {}
    for known in names:
        for field, right, functions in compared:
            if set(names_in(right)) <= known.keys():
                value = evaluate_node(right, known, functions)
                near = found.setdefault(field, {})
                near |= {each: near.get(each, False) or each == value for each in _near(value)}
    return found


def _near(value: object) -> tuple[object, ...]:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        day = dt.timedelta(days=1)
        return (value, value - day, value + day)
    if isinstance(value, Decimal):
        return (value, value - 1, value + 1)
    return ()


def _expressions(policy: Policy, names: set[str]) -> Iterator[Expression]:
    """The expressions that changed, and those that read a changed parameter."""
    parameters = {each.name for each in policy.parameters} & names
    facts = {each.name for each in policy.facts} & names
    parts: list[Fact | Trigger] = [*policy.facts, *policy.triggers]
    for part in parts:
        if isinstance(part, Fact):
            found = [part.definition] if isinstance(part.definition, Expression) else []
        else:
            found = [leaf.expression for leaf in leaves(part.condition)]
        for expression in found:
            if part.name in names or expression.reads & (parameters | facts):
                yield expression


def _comparisons(node: Node, *, inside: bool = False) -> Iterator[tuple[str, Node]]:
    """Fields of the items of a list, with what they are compared with, where that is no item itself."""
    if inside and isinstance(node, Comparison):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, ItemField) and not _of_items(other):
                yield one.name, other
    within = inside or isinstance(node, Filter)
    if not within or isinstance(node, Filter | And | Or | Not) or not isinstance(node, Comparison):
        for part in children(node):
            yield from _comparisons(part, inside=within)


def _of_items(node: Node) -> bool:
    return isinstance(node, ItemField) or any(_of_items(part) for part in children(node))


def _places(record: object, field: str, path: _Path = ()) -> Iterator[_Path]:
    """Where records with such a field stand: the first and the last one of each list."""
    for attribute in attrs.fields(type(record)):  # type: ignore[arg-type]  # a record
        value = getattr(record, attribute.name)
        if not isinstance(value, tuple) or not value or not attrs.has(type(value[0])):
            continue
        for place in sorted({0, len(value) - 1}):
            here = (*path, attribute.name, place)
            if field in {each.name for each in attrs.fields(type(value[place]))}:
                yield here
            yield from _places(value[place], field, here)


def _set(record: object, path: _Path, values: Mapping[str, object]) -> object:
    """The record with fields of another one in it changed."""
    if not values:
        return record
    if not path:
        given = {}
        for field, value in values.items():
            old = getattr(record, field)
            counts = isinstance(old, int) and not isinstance(old, bool) and isinstance(value, Decimal)
            given[field] = int(str(value)) if counts else value
        return evolve(record, **given)  # type: ignore[misc]  # a record
    name, place, *rest = path
    items = list(getattr(record, str(name)))
    items[int(place)] = _set(items[int(place)], tuple(rest), values)
    return evolve(record, **{str(name): tuple(items)})  # type: ignore[misc]  # as above
