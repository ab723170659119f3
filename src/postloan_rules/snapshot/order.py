"""The one order of the members of a list, so that the order in which they arrive never matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Protocol, runtime_checkable

import attrs

__all__ = ["OrderKey", "Ordered", "in_order"]

OrderKey = tuple[str, str]


@runtime_checkable
class Ordered(Protocol):
    """A record that stands in a list: by its day, then by its identifier."""

    def order(self) -> OrderKey:
        """The day as ISO text (empty when unknown), then the identifier (empty when there is none)."""
        ...


def in_order(items: object) -> object:
    """The members in canonical order, as a tuple; anything that is not a list of them as it is."""
    if items is None or isinstance(items, str) or not isinstance(items, Iterable):
        return items
    members = tuple(items)
    if len(members) < 2:
        return members
    if not all(hasattr(member, "order") for member in members):
        return tuple(sorted(members, key=_total))
    keys = [member.order() for member in members]
    if len(set(keys)) == len(keys):
        return tuple(member for _, member in sorted(zip(keys, members, strict=True), key=_first))
    # Members that share day and identifier are told apart by everything else that they hold.
    return tuple(sorted(members, key=lambda member: (member.order(), _total(member))))


def _first(pair: tuple[OrderKey, object]) -> OrderKey:
    return pair[0]


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(item.name for item in attrs.fields(cls))


def _total(value: object) -> tuple[object, ...]:
    """A key that orders any two values that differ, of whatever kinds."""
    match value:
        case None:
            return (0,)
        case bool() | int() | Decimal():
            return (1, value)
        case str():
            return (2, str(value))
        case date():
            return (3, value.isoformat())
        case tuple() | list():
            return (4, tuple(_total(item) for item in value))
        case Mapping():
            return (5, tuple((_total(key), type(item).__name__, _total(item)) for key, item in value.items()))
        case Ordered():
            return (6, tuple(_total(getattr(value, name)) for name in _names(type(value))))
        case _:
            return (7, repr(value))
