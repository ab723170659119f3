"""A pattern as it reads on a day: the values of its parameters, and its conditions on events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.moments import Days, Length
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.patterns import (
    EventCount,
    Hours,
    Pattern,
    PatternStep,
    parameters_of,
    step_names,
    steps_of,
)
from postloan_rules.policy.vocabulary import EVENT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from postloan_rules.decisions.moments import Timed
    from postloan_rules.policy.model import Parameter, Policy

__all__ = ["Terms", "terms_by_day"]


@define
class Terms:
    """A pattern under the parameters of some days."""

    pattern: Pattern
    values: Mapping[str, object]
    length: Length = field(init=False)
    at_least: int = field(init=False)
    doubtful: bool = field(init=False)
    """Whether any of its conditions can be unknown."""
    settled_by: tuple[tuple[int, ...], ...] = field(init=False)
    """For each step: the conditions that can be looked at once it is chosen, the later ones being so."""
    needed_below: tuple[tuple[int, ...], ...] = field(init=False)
    """For each step: the later steps that the choice of it, and of those before it, hangs on."""
    _steps: tuple[PatternStep, ...] = field(init=False)
    _named: tuple[tuple[tuple[str, int], ...], ...] = field(init=False)
    _reads: tuple[tuple[int, ...], ...] = field(init=False)
    _truths: dict[tuple[object, ...], bool | None] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        pattern = self.pattern
        self._steps = steps_of(pattern)
        within = pattern.within
        if isinstance(within, Hours):
            self.length = within
        else:
            given = within.length if within.parameter is None else self.values[within.parameter]
            self.length = Days(int(str(given)), within.unit)
        counted = pattern.at_least if isinstance(pattern, EventCount) else len(self._steps)
        self.at_least = int(str(self.values[counted])) if isinstance(counted, str) else counted
        unknown = (leaf.expression.unknown for step in self._steps for leaf in leaves(step.where))
        self.doubtful = isinstance(within, Hours) or any(unknown)
        names = tuple(step_names(pattern))
        self._named = tuple(tuple(one for one in names if one[0] in step.reads) for step in self._steps)
        self._reads = tuple(
            tuple(sorted({number, *(other for _, other in self._named[number])}))
            for number in range(len(self._steps))
        )
        self.settled_by = tuple(
            tuple(
                each
                for each, reads in enumerate(self._reads)
                if reads[0] == number and self._steps[each].where is not None
            )
            for number in range(len(self._steps))
        )
        self.needed_below = tuple(self._needed(number) for number in range(len(self._steps)))

    def _needed(self, number: int) -> tuple[int, ...]:
        read = {
            other
            for step in range(number + 1)
            for each in self.settled_by[step]
            for other in self._reads[each]
        }
        kinds = {step.event for step in self._steps[: number + 1]}
        later = range(number + 1, len(self._steps))
        return tuple(other for other in later if other in read or self._steps[other].event in kinds)

    def holds(self, number: int, chosen: Mapping[int, Timed]) -> bool | None:
        """Whether the condition of a step holds of the events that it reads; without one, it does."""
        where = self._steps[number].where
        if where is None:
            return True
        key = (number, *(chosen[each].event.id for each in self._reads[number]))
        if key not in self._truths:
            self._truths[key] = holds(where, self.names(number, chosen))
        return self._truths[key]

    def names(self, number: int, chosen: Mapping[int, Timed]) -> dict[str, object]:
        """The names that the condition of a step reads, and their values."""
        events = {name: chosen[each].event for name, each in self._named[number]}
        return {**self.values, **events, EVENT: chosen[number].event}


def terms_by_day(pattern: Pattern, policy: Policy) -> Callable[[dt.date], Terms]:
    """The pattern as it reads on a day; days with the same values share one and the same."""
    read = parameters_of(pattern)
    parameters: list[Parameter] = [each for each in policy.parameters if each.name in read]
    known: dict[tuple[object, ...], Terms] = {}

    def on(day: dt.date) -> Terms:
        # Values are there for the days on which the policy is in force. An event before that is taken by its
        # first values, one after it by its last.
        if policy.effective_from is not None:
            day = max(day, policy.effective_from)
        if policy.effective_to is not None:
            day = min(day, policy.effective_to)
        values = {each.name: each.on(day) for each in parameters}
        key = tuple(values.values())
        if key not in known:
            known[key] = Terms(pattern, values)
        return known[key]

    return on
