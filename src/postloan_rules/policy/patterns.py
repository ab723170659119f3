"""What a pattern is once it is read: events in an order, many of one type, or one that does not follow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, assert_never

from attrs import field, frozen

from postloan_rules.policy.conditions import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.policy.model import Condition
    from postloan_rules.policy.periods import Period
    from postloan_rules.problems import Span

__all__ = [
    "ORDINALS",
    "EventAbsence",
    "EventCount",
    "EventSequence",
    "Hours",
    "Pattern",
    "PatternStep",
    "Within",
    "parameters_of",
    "step_names",
    "steps_of",
    "text_of_pattern",
]

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
"""The names by which the conditions of a pattern read its steps; a pattern has no more steps than these."""


@frozen
class Hours:
    """So many hours, from moment to moment."""

    length: int

    @property
    def span(self) -> timedelta:
        """As a length of time."""
        return timedelta(hours=self.length)

    def __str__(self) -> str:
        return f"{self.length} {'hour' if self.length == 1 else 'hours'}"


Within: TypeAlias = "Period | Hours"
"""How much time a pattern may take: days and months from day to day, hours from moment to moment."""


@frozen
class PatternStep:
    """One event of a pattern: its type, and what must hold of it and of the events before it."""

    event: str
    where: Condition | None
    name: str | None
    """The name that the author gives the step, besides `first`, `second` and so on."""
    span: Span = field(repr=False, eq=False)

    @property
    def reads(self) -> frozenset[str]:
        """The names that the condition reads: steps and parameters."""
        return frozenset(name for leaf in leaves(self.where) for name in leaf.expression.reads)

    def __str__(self) -> str:
        conditions = [" ".join(leaf.expression.text.value.split()) for leaf in leaves(self.where)]
        return f"{self.event} ({'; '.join(conditions)})" if conditions else self.event


@frozen
class EventSequence:
    """Two steps or more, in this order, the last no later than `within` after the first."""

    steps: tuple[PatternStep, ...]
    within: Within


@frozen
class EventCount:
    """So many events of one type, the last no later than `within` after the first."""

    step: PatternStep
    at_least: int | str
    """How many: a number, or the name of the parameter that gives it."""
    within: Within


@frozen
class EventAbsence:
    """That no event `absent` follows an event `after`, for as long as `within`."""

    after: PatternStep
    absent: PatternStep
    within: Within


Pattern: TypeAlias = EventSequence | EventCount | EventAbsence


def steps_of(pattern: Pattern) -> tuple[PatternStep, ...]:
    """The steps of a pattern in their order, as its conditions name them."""
    match pattern:
        case EventSequence(steps=steps):
            return steps
        case EventCount(step=step):
            return (step,)
        case EventAbsence(after=after, absent=absent):
            return (after, absent)
        case _:
            assert_never(pattern)


def step_names(pattern: Pattern) -> Iterator[tuple[str, int]]:
    """Every name by which a condition can read a step other than its own, with the number of the step."""
    if isinstance(pattern, EventCount):
        return
    for number, step in enumerate(steps_of(pattern)):
        yield ORDINALS[number], number
        if step.name is not None:
            yield step.name, number


def parameters_of(pattern: Pattern) -> frozenset[str]:
    """The parameters that a pattern reads."""
    read = {name for step in steps_of(pattern) for name in step.reads}
    read -= {"event", *(name for name, _ in step_names(pattern))}
    if isinstance(pattern, EventCount) and isinstance(pattern.at_least, str):
        read.add(pattern.at_least)
    if not isinstance(pattern.within, Hours) and pattern.within.parameter is not None:
        read.add(pattern.within.parameter)
    return frozenset(read)


def text_of_pattern(pattern: Pattern) -> str:
    """The pattern in one line, as an explanation shows it."""
    match pattern:
        case EventSequence(steps=steps, within=within):
            return f"{' then '.join(str(step) for step in steps)} within {within}"
        case EventCount(step=step, at_least=at_least, within=within):
            return f"at least {at_least} of {step} within {within}"
        case EventAbsence(after=after, absent=absent, within=within):
            return f"{after} then no {absent} within {within}"
        case _:
            assert_never(pattern)
