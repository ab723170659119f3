"""A match of a pattern taken apart: the condition on each event, and what is missing where it is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.decisions.missing import missing_for_condition
from postloan_rules.decisions.moments import between, in_order, timed
from postloan_rules.decisions.pattern_terms import terms_by_day
from postloan_rules.policy.patterns import ORDINALS, EventAbsence, EventCount, steps_of
from postloan_rules.policy.vocabulary import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.decisions.moments import Timed
    from postloan_rules.decisions.pattern_terms import Terms
    from postloan_rules.decisions.patterns import Completion
    from postloan_rules.policy.model import Condition, Policy
    from postloan_rules.policy.patterns import Pattern
    from postloan_rules.snapshot import Event

__all__ = ["LookedAt", "looked_at", "missing_for_match"]


@frozen
class LookedAt:
    """An event that a pattern looked at, with the condition on it and the values that this reads."""

    event: Event
    condition: Condition | None
    names: dict[str, object]


def looked_at(
    pattern: Pattern, policy: Policy, found: Completion, events: Sequence[Event]
) -> tuple[LookedAt, ...]:
    """The events of a match; of an absence that is unknown, also those that may be what did not follow."""
    terms = terms_by_day(pattern, policy)(found.end.occurred_on)
    steps = steps_of(pattern)
    return tuple(
        LookedAt(chosen[number].event, steps[number].where, terms.names(number, chosen))
        for number, chosen in _choices(pattern, terms, found, events)
    )


def missing_for_match(
    pattern: Pattern, policy: Policy, found: Completion, events: Sequence[Event]
) -> tuple[str, ...]:
    """The fields for want of which it is unknown whether a pattern is complete, sorted."""
    terms = terms_by_day(pattern, policy)(found.end.occurred_on)
    missing: set[str] = set()
    for each in looked_at(pattern, policy, found, events):
        missing.update(missing_for_condition(each.condition, policy, each.names))
    for number, chosen in _choices(pattern, terms, found, events):
        first, last = (chosen[0], chosen[number]) if len(chosen) > 1 else (chosen[number], timed(found.end))
        if between(first, last, terms.length) is None:
            names = (EVENT, EVENT) if isinstance(pattern, EventCount) else (ORDINALS[0], ORDINALS[number])
            missing.update(
                f"{name}.occurred_at"
                for name, each in zip(names, (first, last), strict=True)
                if each.event.occurred_at is None
            )
    return tuple(sorted(missing))


def _choices(
    pattern: Pattern, terms: Terms, found: Completion, events: Sequence[Event]
) -> Iterator[tuple[int, dict[int, Timed]]]:
    """The number of a step, and the events that stand for it and for the steps around it."""
    match = [timed(event) for event in found.events]
    if isinstance(pattern, EventCount):
        yield from ((0, {0: each}) for each in match)
        return
    if not isinstance(pattern, EventAbsence):
        chosen = dict(enumerate(match))
        yield from ((number, chosen) for number in chosen)
        return
    first = match[0]
    yield 0, {0: first}
    for event in events:
        each = timed(event)
        mine = found.account_id is None or event.account_id in (None, found.account_id)
        other = event.type == pattern.absent.event and event.id != first.event.id
        if mine and other and in_order(first, each) and between(first, each, terms.length) is not False:
            yield 1, {0: first, 1: each}
