"""Truth values that are not settled on a span: `and`, `or`, `not` and tests for unknown over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.altered import Altered
from postloan_rules.decisions.spans import Anything, Choice, Number, Truths
from postloan_rules.expressions import Range

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["all_over", "any_over", "not_over", "open_ended", "unknown_over"]


def open_ended(value: object) -> bool:
    """Whether the value is not one single value on the span."""
    match value:
        case Number() | Choice() | Anything() | Altered():
            return True
        case tuple():
            return any(open_ended(each) for each in value)
        case Range():
            return open_ended(value.start) or open_ended(value.end)
        case _:
            return type(value) is dict and any(open_ended(each) for each in value.values())


def all_over(parts: Iterable[Truths]) -> Truths:
    """`and`: false wins over unknown, unknown over true. After a certain false, nothing is looked at."""
    can_be_true, can_be_unknown, can_be_false = True, False, False
    for part in parts:
        if part == {False}:
            return part
        can_be_unknown = can_be_unknown or None in part
        can_be_true = can_be_true and True in part
        can_be_false = can_be_false or False in part
    found: set[bool | None] = set()
    if can_be_true:
        found.add(True)
    if can_be_false:
        found.add(False)
    if can_be_unknown:
        found.add(None)
    return frozenset(found)


def not_over(found: Truths) -> Truths:
    """`not`; unknown stays unknown."""
    return frozenset(None if each is None else not each for each in found)


def any_over(parts: Iterable[Truths]) -> Truths:
    """`or`: true wins over unknown, unknown over false."""
    return not_over(all_over(not_over(each) for each in parts))


def unknown_over(value: object) -> Truths:
    """Whether the value is unknown."""
    match value:
        case Anything():
            return frozenset({True, False})
        case Number():
            return frozenset({True, False}) if value.unknown else frozenset({False})
        case Choice():
            return frozenset(each is None or None in unknown_over(each) for each in value.options)
        case _:
            return frozenset({value is None})
