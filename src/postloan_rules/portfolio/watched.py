"""Which triggers hang on a parameter: by their own conditions, and the facts, tables, scorecards in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import attrs

from postloan_rules.expressions import Expression
from postloan_rules.policy.model import Named, TableUse
from postloan_rules.policy.periods import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.policy import Policy

__all__ = ["hanging_on"]


def hanging_on(policy: Policy, parameters: Iterable[str]) -> tuple[str, ...]:
    """The triggers whose own conditions read the parameters, by name; not those that read these triggers."""
    triggers = {trigger.name for trigger in policy.triggers}
    reads: dict[str, set[str]] = {}
    for name, table in policy.tables.items():
        reads[f"table {name}"] = set(table.reads)
    reads |= {fact.name: set(_reads(fact)) for fact in policy.facts}
    reads |= {trigger.name: set(_reads(trigger)) for trigger in policy.triggers}
    reached = set(parameters)
    growing = True
    while growing:
        more = {name for name, read in reads.items() if name not in reached and read & (reached - triggers)}
        reached |= more
        growing = bool(more)
    return tuple(sorted(reached & triggers))


def _reads(part: object) -> Iterator[str]:
    """Every name that a part of a policy reads, wherever in it the name stands."""
    match part:
        case Expression():
            yield from part.reads
        case TableUse():
            yield f"table {part.table}"
        case Named():
            yield part.trigger
        case Period():
            if part.parameter is not None:
                yield part.parameter
        case tuple():
            for each in part:
                yield from _reads(each)
        case Mapping():
            for each in part.values():
                yield from _reads(each)
        case _ if attrs.has(type(part)):
            for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(part))):
                if field.eq is not False and field.name not in _FOR_PEOPLE:
                    yield from _reads(getattr(part, field.name))


_FOR_PEOPLE = frozenset({"because", "title", "note", "source", "type"})
"""What these read decides nothing."""
