"""How many steps an expression may take at most, told from its tree and from how long lists can be.

A step is one node looked at once. A loop in a loop multiplies; a loop over what the item of the loop around
it holds (`accounts[count(statements[...]) > 1]`) does not, since no record belongs to two others.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from attrs import define

from postloan_rules.expressions.evaluator import MOST_STEPS
from postloan_rules.expressions.nodes import (
    Call,
    Comparison,
    Filter,
    In,
    Index,
    ItemField,
    ListLiteral,
    LocalName,
    Node,
    NumberLiteral,
    Path,
    Quantified,
    RecordLiteral,
    children,
)
from postloan_rules.expressions.types import ANY, ListType, RangeType, RecordType, Type

if TYPE_CHECKING:
    from postloan_rules.expressions.nodes import Iterator

__all__ = ["USUAL", "parts_of", "steps"]

USUAL = 100
"""The members of a list by which steps are counted: a customer of some years has fewer of most things."""


def steps(root: Node, members: int) -> int:
    """The most steps that a checked tree takes where no list of the data has more members than that."""
    return _Counting(members).of(root, frozenset())


@define
class _Counting:
    members: int

    def of(self, node: Node, free: frozenset[int]) -> int:
        """The steps of a node. `free` are the loops around whose items no loop below has gone into yet."""
        match node:
            case Filter(source=source, condition=condition):
                times, inside = self._loop(source, free, node.id)
                return 1 + self.of(source, free) + times * (1 + self.of(condition, inside))
            case Quantified(iterators=iterators, condition=condition):
                return 1 + self._quantified(iterators, condition, free, node.id)
            case _:
                return self._own(node) + sum(self.of(child, free) for child in children(node))

    def _quantified(
        self, iterators: tuple[Iterator, ...], condition: Node, free: frozenset[int], binder: int
    ) -> int:
        if not iterators:
            return self.of(condition, free)
        first, *rest = iterators
        before = self.of(first.source, free) + (self.of(first.stop, free) if first.stop is not None else 0)
        if first.stop is None:
            times, inside = self._loop(first.source, free, binder)
        else:
            times, inside = _counted(first.source, first.stop), free
        return before + times * (1 + self._quantified(tuple(rest), condition, inside, binder))

    def _loop(self, source: Node, free: frozenset[int], binder: int) -> tuple[int, frozenset[int]]:
        """How often a loop over a list runs, and the loops that are free within it."""
        base = _base(source)
        inner = _binder(base)
        if inner in free and (base is not source or isinstance(base, ItemField)) and _of_records(source.type):
            return 1, (free - {inner}) | {binder}
        if isinstance(base, ListLiteral) and base is source:
            return len(base.items), free
        return self._length(source.type), free | {binder}

    def _length(self, type_: Type) -> int:
        return self.members if isinstance(type_, ListType) or type_ == ANY else 1

    def _own(self, node: Node) -> int:
        """The steps of a node itself, over the lists that it looks through."""
        match node:
            case Call(arguments=arguments):
                return 1 + sum(map(self._size, arguments))
            case Comparison(left=left, right=right):
                return self._size(left) + self._size(right)
            case In(tests=tests):
                return sum(self._size(test) for test in tests)
            case Path(source=source):
                return self._size(source)
            case ListLiteral() | RecordLiteral():
                return self._held(node)
            case _:
                return 1

    def _held(self, node: Node) -> int:
        """How many values a literal holds: who shows it or compares it goes through them all."""
        match node:
            case ListLiteral(items=items):
                return 1 + sum(map(self._held, items))
            case RecordLiteral(entries=entries):
                return 1 + sum(self._held(entry.value) for entry in entries)
            case _:
                return self._whole(node.type)

    def _whole(self, type_: Type) -> int:
        """How many values there are in one of a type; records of the data count as one."""
        match type_:
            case ListType(item=item):
                return self.members * self._whole(item)
            case RecordType(name="", fields=fields):
                return 1 + sum(self._whole(field.type) for field in fields.values())
            case _:
                return 1

    def _size(self, node: Node) -> int:
        """How many values a value is made of; of an untyped one, a list."""
        if isinstance(node, ListLiteral):
            return 1 + len(node.items)
        type_, size = node.type, 1
        while isinstance(type_, ListType):
            type_, size = type_.item, size * self.members
        return size


def _counted(first: Node, last: Node) -> int:
    if isinstance(first, NumberLiteral) and isinstance(last, NumberLiteral):
        return min(int(min(abs(last.value - first.value), Decimal(MOST_STEPS))) + 1, MOST_STEPS)
    return MOST_STEPS


def _base(node: Node) -> Node:
    """Where a path through fields, filters and positions begins."""
    while isinstance(node, Path | Filter | Index):
        node = node.source
    return node


def _binder(node: Node) -> int:
    return node.binder if isinstance(node, LocalName | ItemField) else -1


def _of_records(type_: Type) -> bool:
    return isinstance(type_, ListType) and isinstance(type_.item, RecordType) and bool(type_.item.name)


def parts_of(type_: Type, most: int) -> int:
    """What a type is made of: itself, its fields and items, theirs. Counted up to one more than `most`."""
    waiting, count = [type_], 0
    while waiting and count <= most:
        count += 1
        each = waiting.pop()
        match each:
            case ListType(item=item) | RangeType(item=item):
                waiting.append(item)
            case RecordType(fields=fields):
                waiting += [field.type for field in islice(fields.values(), most + 1)]
            case _:
                pass
    return count
