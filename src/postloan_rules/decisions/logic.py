"""Three truth values over trees of conditions: true, false, and None for unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import value
from postloan_rules.policy.model import Condition, Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["all_of", "any_of", "holds", "negated"]


def any_of(states: Iterable[bool | None]) -> bool | None:
    """True if any is true; else unknown if any is unknown; else false."""
    result: bool | None = False
    for state in states:
        if state is True:
            return True
        if state is None:
            result = None
    return result


def all_of(states: Iterable[bool | None]) -> bool | None:
    """False if any is false; else unknown if any is unknown; else true."""
    result: bool | None = True
    for state in states:
        if state is False:
            return False
        if state is None:
            result = None
    return result


def negated(state: bool | None) -> bool | None:  # noqa: FBT001 - the operand of `not`
    """The opposite; unknown stays unknown."""
    return None if state is None else not state


def holds(condition: Condition, names: Mapping[str, object]) -> bool | None:
    """Whether a tree of conditions holds for these values; a trigger's name stands for its state."""
    match condition:
        case Leaf(expression=expression):
            result = value(expression, names)
            return result if isinstance(result, bool) else None
        case Named(trigger=trigger):
            state = names[trigger]
            return state if isinstance(state, bool) else None
        case Group(mode="all", parts=parts):
            return all_of(holds(part, names) for part in parts)
        case Group(mode="any", parts=parts):
            return any_of(holds(part, names) for part in parts)
        case Group(parts=parts):
            return negated(any_of(holds(part, names) for part in parts))
