"""What a name means inside a filter or a quantifier: the innermost meaning wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from postloan_rules.expressions.nodes import GlobalName, ItemField, LocalName
from postloan_rules.expressions.types import ANY, RecordType, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ItemScope", "LoopScope", "Scope", "find"]

ITEM = "item"


@frozen
class ItemScope:
    """Inside a filter: `item`, and the fields of the item when it is a record."""

    binder: int
    item: Variable

    def names(self) -> tuple[str, ...]:
        """The names that mean something here."""
        fields = self.item.type.fields if isinstance(self.item.type, RecordType) else {}
        return (ITEM, *fields)


@frozen
class LoopScope:
    """Inside `some` or `every`: its variable."""

    binder: int
    name: str
    variable: Variable

    def names(self) -> tuple[str, ...]:
        """The names that mean something here."""
        return (self.name,)


Scope: TypeAlias = ItemScope | LoopScope


def find(
    node: GlobalName, scopes: Sequence[Scope], names: Mapping[str, Variable]
) -> tuple[GlobalName | LocalName | ItemField, Variable] | None:
    """What a name stands for, or None.

    Over items of which nothing is known, a name that the caller gives wins; any other is a field of the item.
    """
    for scope in reversed(scopes):
        found = _within(node, scope)
        if found is not None:
            return found
    if node.name in names:
        return node, names[node.name]
    for scope in reversed(scopes):
        if isinstance(scope, ItemScope) and scope.item.type == ANY and node.name != "?":
            return _field(node, scope), Variable(ANY, unknown=True)
    return None


def _within(node: GlobalName, scope: Scope) -> tuple[LocalName | ItemField, Variable] | None:
    if isinstance(scope, LoopScope):
        return (_local(node, scope.binder), scope.variable) if node.name == scope.name else None
    # A record that has a field called `item` hides the name `item`, as in the standard.
    if isinstance(scope.item.type, RecordType) and node.name in scope.item.type.fields:
        variable = scope.item.type.fields[node.name]
        return _field(node, scope), Variable(variable.type, unknown=variable.unknown or scope.item.unknown)
    return (_local(node, scope.binder), scope.item) if node.name == ITEM else None


def _local(node: GlobalName, binder: int) -> LocalName:
    return LocalName(id=node.id, start=node.start, end=node.end, name=node.name, binder=binder)


def _field(node: GlobalName, scope: ItemScope) -> ItemField:
    return ItemField(id=node.id, start=node.start, end=node.end, name=node.name, binder=scope.binder)
