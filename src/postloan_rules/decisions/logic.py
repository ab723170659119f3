"""Trees of conditions, in three truth values: true, false, and None for unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import all_of, any_of, negated, value
from postloan_rules.policy.model import Condition, Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["holds"]


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
