"""Patterns as rules of durable-rules: which it is given, in which shape, and what it is told of an event.

What is given to it is whole numbers and comparisons of sums of them, one rule a rule set. The conditions of a
policy are not: whether an event can be a step of a pattern is worked out here, by the evaluator.

INVARIANT: a rule matches whatever the judge of patterns (decisions/patterns.py) finds complete or unknown,
and it may match more. Conditions between steps are left to the judge.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import evolve, field, frozen

from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.pattern_terms import Terms, terms_by_day
from postloan_rules.expressions.nodes import And, names_in
from postloan_rules.live.worker import FACTS, Fact
from postloan_rules.policy.model import Group, Leaf, Trigger
from postloan_rules.policy.patterns import (
    EventAbsence,
    EventCount,
    Hours,
    PatternStep,
    parameters_of,
    step_names,
    steps_of,
)
from postloan_rules.policy.vocabulary import EVENT
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from postloan_rules.policy.model import Condition, Policy
    from postloan_rules.policy.patterns import Pattern
    from postloan_rules.snapshot import Event

__all__ = ["Marks", "Shape", "Unheld", "fact_of", "patterns_of", "shape_of", "unheld_patterns", "waits_of"]

_DAY = 24 * 60 * 60
_MONTH = 31
"""No month has more days."""

_Data: TypeAlias = dict[str, object]


@frozen
class Shape:
    """A pattern as durable-rules holds it."""

    trigger: str
    kind: Literal["sequence", "count"]
    steps: int
    """How many steps a sequence has; how many events are counted."""
    unit: Literal["days", "seconds"]
    within: int
    """The longest time that it can take, in the unit."""

    @property
    def rules(self) -> _Data:
        """The rule set as durable-rules reads it: data, without anything to be called."""
        patterns = self._sequence() if self.kind == "sequence" else self._count()
        return {"may": {"all": patterns, "cap": 64}}

    @property
    def slack(self) -> int:
        """By how much a step can be outside of the time: an end without a moment lies anywhere in its day."""
        return 0 if self.unit == "days" else _DAY

    def _sequence(self) -> list[_Data]:
        patterns: list[_Data] = [{"m0": {"s0": 1}}]
        last = self.steps - 1
        for step in range(1, self.steps):
            within = self.within + (self.slack if step < last else 0)
            tests: list[_Data] = [
                {f"s{step}": 1},
                {"$gte": {"h": {f"m{step - 1}": "l"}}},
                {"$lte": {"b": _plus({"m0": "a"}, within)}},
            ]
            if step == last:
                # One of them is new: what is old among itself was looked at when it came.
                fresh: _Data = {"m0": "n"}
                for other in range(1, last):
                    fresh = _plus(fresh, {f"m{other}": "n"})
                tests.append({"$gt": {"n": {"$sub": {"$l": 0, "$r": fresh}}}})
            patterns.append({f"m{step}": {"$and": [*tests, _TRUE]}})
        return patterns

    def _count(self) -> list[_Data]:
        # Facts are numbered in the order of time (r), so that two of them tell how many there are between.
        # Here `a` is the latest moment of any fact so far; p and c count the new ones before, and up to, it.
        tests: list[_Data] = [
            {"s0": 1},
            {"$eq": {"r": _plus({"m0": "r"}, self.steps - 1)}},
            {"$lte": {"b": _plus({"m0": "a"}, self.within + self.slack)}},
            {"$gt": {"c": {"m0": "p"}}},
        ]
        return [{"m0": {"s0": 1}}, {"m1": {"$and": [*tests, _TRUE]}}]


_TRUE: _Data = {"$gte": {"n": {"m0": "z"}}}
"""A comparison between facts that always holds (n is 0 or 1, z is 0).

It ends each `$and`: where the last comparison of one is false, the engine reads on behind the list, through
whatever the memory holds, until it finds what looks like an end.
"""


def _plus(left: object, right: object) -> _Data:
    return {"$add": {"$l": left, "$r": right}}


@frozen
class Unheld:
    """A pattern that durable-rules is not given."""

    trigger: str
    reason: str
    help: str


def patterns_of(policy: Policy) -> tuple[Trigger, ...]:
    """The triggers whose patterns an event can complete: all but those of an event that does not follow."""
    return tuple(
        each
        for each in policy.triggers
        if each.pattern is not None and not isinstance(each.pattern, EventAbsence)
    )


def shape_of(trigger: Trigger, policy: Policy) -> Shape | Unheld:
    """The pattern of a trigger in the shape in which durable-rules holds it, or why it is not given to it."""
    pattern = trigger.pattern
    if pattern is None or isinstance(pattern, EventAbsence):
        return Unheld(
            trigger.name,
            "an event that does not follow is no event",
            "the monitor looks at it when its time is over; nothing is to be done",
        )
    terms = _all_terms(pattern, policy)
    within = max(_length(each) for each in terms)
    unit: Literal["days", "seconds"] = "seconds" if isinstance(pattern.within, Hours) else "days"
    if not isinstance(pattern, EventCount):
        return Shape(trigger.name, "sequence", len(pattern.steps), unit, within)
    # On whatever day: the fewest that are ever asked for.
    counted = min(each.at_least for each in terms)
    if counted < 2:
        return Unheld(
            trigger.name,
            "one event is enough for it",
            "write a trigger of kind `event`, or ask for two events or more",
        )
    if counted > FACTS:
        return Unheld(
            trigger.name,
            f"it counts {counted} events, and durable-rules is given {FACTS} of a customer at most",
            "ask for fewer events; or leave it: the evaluator finds the same, with more work",
        )
    return Shape(trigger.name, "count", counted, unit, within)


def waits_of(policy: Policy) -> tuple[str, ...]:
    """The triggers of an event that does not follow: they are never the affair of durable-rules."""
    return tuple(each.name for each in policy.triggers if isinstance(each.pattern, EventAbsence))


def unheld_patterns(policy: Policy) -> tuple[Problem, ...]:
    """A warning for each pattern that durable-rules would find, were it not too large for it."""
    found = []
    for trigger in patterns_of(policy):
        if isinstance(shape := shape_of(trigger, policy), Unheld):
            message = f"live, the pattern `{trigger.name}` is run by the evaluator: {shape.reason}"
            found.append(Problem("PR0911", message, trigger.span, shape.help, severity="warning"))
    return tuple(found)


def _all_terms(pattern: Pattern, policy: Policy) -> tuple[Terms, ...]:
    """The pattern under the parameters of every day."""
    read = parameters_of(pattern)
    days = {dt.date.min}
    for parameter in policy.parameters:
        if parameter.name in read:
            for dated in parameter.values:
                if dated.since is not None:
                    days.add(dated.since)
                if dated.until is not None and dated.until < dt.date.max:
                    days.add(dated.until + dt.timedelta(days=1))
    on = terms_by_day(pattern, policy)
    return tuple({id(terms): terms for terms in map(on, sorted(days))}.values())


def _length(terms: Terms) -> int:
    match terms.length:
        case Hours(length=hours):
            return hours * 60 * 60
        case days:
            return days.number * (_MONTH if days.unit == "months" else 1)


@frozen
class Marks:
    """Which steps of a pattern an event can be, by its type and what is known of it alone."""

    trigger: str
    all_steps: int
    """Every step, each a bit."""
    _by_type: Mapping[str, tuple[_Step, ...]] = field(repr=False)
    _values: tuple[Mapping[str, object], ...] = field(repr=False)

    @classmethod
    def of(cls, trigger: Trigger, policy: Policy) -> Marks:
        """The marks of a trigger of kind `pattern`."""
        pattern = trigger.pattern
        if pattern is None:
            raise ValueError(trigger.name)
        by_type: dict[str, list[_Step]] = {}
        named = dict(step_names(pattern))
        steps = steps_of(pattern)
        for number, step in enumerate(steps):
            own = (EVENT, *(name for name, other in named.items() if other == number))
            conditions = tuple(_alone(step, named.keys() - set(own)))
            by_type.setdefault(step.event, []).append(_Step(1 << number, own, conditions))
        return cls(
            trigger.name,
            (1 << len(steps)) - 1,
            {kind: tuple(found) for kind, found in by_type.items()},
            tuple(terms.values for terms in _all_terms(pattern, policy)),
        )

    @property
    def types(self) -> AbstractSet[str]:
        """The types of the steps' events."""
        return self._by_type.keys()

    def steps(self, event: Event) -> int:
        """The steps that the event can be, each a bit: where that is true or unknown on some day."""
        found = 0
        for step in self._by_type.get(event.type, ()):
            if not step.conditions or any(step.may_be(event, values) for values in self._values):
                found |= step.bit
        return found


@frozen
class _Step:
    """A step: its bit, the names under which its conditions read its event, and those on this event alone."""

    bit: int
    own: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def may_be(self, event: Event, values: Mapping[str, object]) -> bool:
        names = {**values, **dict.fromkeys(self.own, event)}
        return all(holds(each, names) is not False for each in self.conditions)


def _alone(step: PatternStep, others: Collection[str]) -> Iterator[Condition]:
    """The conditions of a step that can be looked at without the other steps; all of them must hold."""
    waiting: list[Condition] = [step.where] if step.where is not None else []
    while waiting:
        condition = waiting.pop()
        match condition:
            case Group(mode="all", parts=parts):
                waiting += parts
            case Leaf(expression=expression) if isinstance(expression.root, And):
                waiting += (Leaf(evolve(expression, root=each)) for each in expression.root.operands)
            case _:
                if not any(name in others for name in _read(condition)):
                    yield condition


def _read(condition: Condition) -> Iterator[str]:
    match condition:
        case Leaf(expression=expression):
            yield from names_in(expression.root)
        case Group(parts=parts):
            for part in parts:
                yield from _read(part)
        case _:
            return


def fact_of(shape: Shape, event: Event, steps: int) -> Fact:
    """What durable-rules is told of an event: when it can have happened, and which steps it can be."""
    day = event.occurred_on.toordinal()
    at = event.occurred_at
    # Whole seconds, cut off: what holds of moments, in their order or within a time, then holds of these.
    if at is None:
        earliest = day * _DAY
        latest = earliest + _DAY - 1
    else:
        earliest = latest = day * _DAY + at.hour * 3600 + at.minute * 60 + at.second
    opens, closes = (day, day) if shape.unit == "days" else (latest, earliest)
    return Fact(event.id, earliest, latest, opens, closes, steps)
