"""Patterns of events as expressions: `some` event that ends one, and `some` before it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, assert_never

from attrs import define, evolve, field

from postloan_rules.decisions.patterns import longest_within
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS_DURATION,
    MONTHS_DURATION,
    NUMBER,
    GlobalName,
    LocalName,
    Node,
)
from postloan_rules.expressions.values import Months
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.patterns import (
    EventAbsence,
    EventCount,
    EventSequence,
    Hours,
    step_names,
    steps_of,
)
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import record, snapshot_names
from postloan_rules.portfolio.sql.refusal import refusal
from postloan_rules.portfolio.sql.trees import Trees, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from postloan_rules.policy.model import Trigger
    from postloan_rules.policy.patterns import Pattern, PatternStep
    from postloan_rules.policy.periods import Period
    from postloan_rules.portfolio.sql.definitions import Definitions

__all__ = ["may_be_complete", "pattern_tree"]

_LONGEST = {"days": 40_000, "months": 1_200}
"""A longer time could leave the calendar, where dates of expressions and of periods part."""


def pattern_tree(definitions: Definitions, trigger: Trigger) -> Node | None:
    """Whether a pattern is complete that no review has seen complete; None where SQL does not look for it.

    It does not where a condition may be unknown (to tell `unknown` from `no`, every choice of events counts),
    where hours count (an event without a moment lies somewhere in its day), and where many events of a type
    do. Such a pattern may be complete only where `may_be_complete` holds: there Python decides.
    """
    pattern = trigger.pattern
    if pattern is None:
        return definitions.trees.literal(False, BOOLEAN)
    within = pattern.within
    unsure = any(leaf.expression.unknown for step in steps_of(pattern) for leaf in leaves(step.where))
    if isinstance(within, Hours) or isinstance(pattern, EventCount) or unsure:
        return None
    looked_for = _Looking(definitions, trigger, pattern, within).tree()
    # Events by two and two are costly to look at, and most customers have none of the kinds.
    trees = definitions.trees
    there = definitions.add(f"may/{trigger.name}", may_be_complete(definitions, trigger))
    return trees.chosen(evolve(there, unknown=False), looked_for, trees.literal(False, BOOLEAN), BOOLEAN)


def may_be_complete(definitions: Definitions, trigger: Trigger) -> Node:
    """Whether there are events for all steps of a pattern, one of them new."""
    pattern, trees = trigger.pattern, definitions.trees
    if pattern is None:
        return trees.literal(False, BOOLEAN)
    needed = steps_of(pattern)[:1] if isinstance(pattern, EventAbsence) else steps_of(pattern)
    types = sorted({step.event for step in needed})
    every = definitions.of_scope("events", per_account=trigger.per_account)
    fresh = definitions.new_events(per_account=trigger.per_account)

    def among(source: Node, kinds: Sequence[str]) -> Node:
        return trees.some(
            "e",
            source,
            lambda one: trees.either(trees.is_text(trees.field(one, "type"), each) for each in kinds),
        )

    there = [among(every, [each]) for each in types]
    if isinstance(pattern, EventCount):
        return trees.both((among(fresh, types), _enough(definitions, trigger, pattern, every)))
    if isinstance(pattern, EventAbsence):
        # Its time may have run out since, without any new event.
        return trees.both(there)
    return trees.both((among(fresh, types), *there))


def _enough(definitions: Definitions, trigger: Trigger, pattern: EventCount, every: Node) -> Node:
    """Whether there are events enough for a pattern that counts them, in a time that may be short enough."""
    trees, event = definitions.trees, record("Event")
    kind = pattern.step.event
    least = _at_least(definitions, pattern)
    longest = trees.literal(longest_within(trigger, definitions.policy), DAYS_DURATION)

    def counted(items: Node) -> Node:
        return trees.compared(">=", trees.call("count", (items,), NUMBER), trees.whole(least))

    def of_kind(binder: int) -> Node:
        return trees.is_text(trees.item_field(binder, "type", event), kind)

    def close(end: LocalName) -> Node:
        last = trees.field(end, "occurred_on")

        def between(binder: int) -> Node:
            first = trees.item_field(binder, "occurred_on", event)
            reach = trees.arithmetic("+", first, longest, DATE)
            return trees.both(
                (of_kind(binder), trees.compared("<=", first, last), trees.compared(">=", reach, last))
            )

        return trees.both(
            (trees.is_text(trees.field(end, "type"), kind), counted(trees.filtered(every, between)))
        )

    # Events by two and two are costly to look at, and few customers have so many.
    there = definitions.add(f"many/{trigger.name}", counted(trees.filtered(every, of_kind)))
    none = trees.literal(False, BOOLEAN)
    return trees.chosen(evolve(there, unknown=False), trees.some("end", every, close), none, BOOLEAN)


def _at_least(definitions: Definitions, pattern: EventCount) -> int:
    """How many events a pattern counts, on the day on which it counts the fewest."""
    if isinstance(pattern.at_least, int):
        return pattern.at_least
    named = next(each for each in definitions.policy.parameters if each.name == pattern.at_least)
    return min(int(str(dated.value)) for dated in named.values)


@define
class _Looking:
    definitions: Definitions
    trigger: Trigger
    pattern: Pattern
    within: Period
    trees: Trees = field(init=False)
    steps: tuple[PatternStep, ...] = field(init=False)
    names: dict[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.trees = self.definitions.trees
        self.steps = steps_of(self.pattern)
        self.names = dict(step_names(self.pattern))

    def tree(self) -> Node:
        per_account = self.trigger.per_account
        every = self.definitions.of_scope("events", per_account=per_account)
        fresh = self.definitions.new_events(per_account=per_account)
        match self.pattern:
            case EventSequence():
                return self._ended(every, fresh, self._sequence)
            case EventCount():
                raise TypeError(self.pattern)
            case EventAbsence():
                return self._absent(every, fresh)
            case _:
                assert_never(self.pattern)

    def _ended(self, every: Node, fresh: Node, state: Callable[[LocalName, Node], Node]) -> Node:
        """A new event ends it; or an old one, and it was not so complete with the old events alone."""
        trees = self.trees
        last = self.steps[-1].event
        seen = self.definitions.seen_events(per_account=self.trigger.per_account)

        def new(end: LocalName) -> Node:
            return trees.both((trees.is_text(trees.field(end, "type"), last), state(end, every)))

        def late(end: LocalName) -> Node:
            before = state(end, seen)
            kind = trees.is_text(trees.field(end, "type"), last)
            return trees.both((kind, state(end, every), trees.negated(before)))

        return trees.either((trees.some("end", fresh, new), trees.some("end", seen, late)))

    # Sequences

    def _sequence(self, end: LocalName, among: Node) -> Node:
        last = len(self.steps) - 1
        return self._step(last - 1, {last: end}, among)

    def _step(self, number: int, chosen: dict[int, LocalName], among: Node) -> Node:
        """That the conditions hold which the steps chosen so far settle, and some event is the next one."""
        trees = self.trees
        settled = [
            self._where(each, chosen)
            for each in range(len(self.steps))
            if self.steps[each].where is not None and min(self._reads(each)) == number + 1
        ]
        if number < 0:
            return trees.both(settled)
        last = len(self.steps) - 1

        def one(event: LocalName) -> Node:
            conditions = [trees.is_text(trees.field(event, "type"), self.steps[number].event)]
            conditions += [self._apart(event, other) for other in chosen.values()]
            conditions += [self._in_order(event, other) for other in chosen.values()]
            if number == 0:
                conditions.append(self._between(event, chosen[last], chosen[last]))
            return trees.both((*conditions, self._step(number - 1, {**chosen, number: event}, among)))

        return trees.both((*settled, trees.some(f"step{number}", among, one)))

    def _reads(self, number: int) -> set[int]:
        return {number, *(self.names[name] for name in self.steps[number].reads if name in self.names)}

    def _where(self, number: int, chosen: Mapping[int, LocalName], day_of: LocalName | None = None) -> Node:
        """The condition of a step, of the events that are chosen."""
        where = self.steps[number].where
        if where is None:
            return self.trees.literal(True, BOOLEAN)
        end = day_of if day_of is not None else chosen[max(chosen)]
        parameters = {each.name: each for each in self.definitions.policy.parameters}

        def change(node: Node) -> Node | None:
            match node:
                case GlobalName(name=name) if name == EVENT:
                    return chosen[number]
                case GlobalName(name=name) if name in self.names:
                    return chosen[self.names[name]]
                case GlobalName(name=name) if name in parameters:
                    kind = parameters[name].type
                    return self._by_day(name, end, lambda value: self.trees.literal(value, kind))
                case _:
                    return None

        return replaced(self.definitions.condition(where), change)

    # Absence

    def _absent(self, every: Node, fresh: Node) -> Node:
        trees = self.trees
        today = trees.name("as_of", snapshot_names()["as_of"].type)
        day = self.definitions.review_day(per_account=self.trigger.per_account)
        after, absent = self.steps

        def over(first: LocalName, length: Node) -> Node:
            last = trees.arithmetic("+", trees.field(first, "occurred_on"), length, DATE)
            return trees.arithmetic("+", last, trees.literal(dt.timedelta(days=1), DAYS_DURATION), DATE)

        def followed(first: LocalName) -> Node:
            return trees.some(
                "other",
                every,
                lambda other: trees.both(
                    (
                        trees.is_text(trees.field(other, "type"), absent.event),
                        self._apart(first, other),
                        self._in_order(first, other),
                        self._between(first, other, first),
                        self._where(1, {0: first, 1: other}, first),
                    )
                ),
            )

        def alone(first: LocalName) -> list[Node]:
            return [
                trees.is_text(trees.field(first, "type"), after.event),
                self._for_length(first, lambda length: trees.compared("<=", over(first, length), today)),
                self._where(0, {0: first}),
                trees.negated(followed(first)),
            ]

        def late(first: LocalName) -> Node:
            since = self._for_length(first, lambda length: trees.compared(">=", over(first, length), day))
            return trees.both((trees.known(day), since, *alone(first)))

        return trees.either(
            (
                trees.some("first", fresh, lambda first: trees.both(alone(first))),
                trees.some("first", every, late),
            )
        )

    # Time

    def _apart(self, one: LocalName, other: LocalName) -> Node:
        return self.trees.compared("!=", self.trees.field(one, "id"), self.trees.field(other, "id"))

    def _in_order(self, first: LocalName, second: LocalName) -> Node:
        """By moment where both have one, else by day."""
        trees = self.trees
        moments = [trees.field(each, "occurred_at") for each in (first, second)]
        days = [trees.field(each, "occurred_on") for each in (first, second)]
        return trees.chosen(
            trees.both(trees.known(each) for each in moments),
            trees.compared("<=", *moments),
            trees.compared("<=", *days),
            BOOLEAN,
        )

    def _between(self, first: LocalName, last: LocalName, day_of: LocalName) -> Node:
        trees = self.trees
        start, end = trees.field(first, "occurred_on"), trees.field(last, "occurred_on")
        return self._for_length(
            day_of,
            lambda length: trees.compared(">=", trees.arithmetic("+", start, length, DATE), end),
        )

    def _for_length(self, end: LocalName, make: Callable[[Node], Node]) -> Node:
        """What holds for the time that a pattern may take, as it is on the day of an event."""
        unit = self.within.unit

        def of(value: object) -> Node:
            number = int(str(value))
            if number > _LONGEST[unit]:
                what = f"the pattern `{self.trigger.name}`, which takes {number} {unit},"
                raise refusal(what, self.definitions.engine, self.trigger.span)
            if unit == "days":
                return make(self.trees.literal(dt.timedelta(days=number), DAYS_DURATION))
            return make(self.trees.literal(Months(number), MONTHS_DURATION))

        if self.within.parameter is None:
            return of(self.within.length or 0)
        return self._by_day(self.within.parameter, end, of)

    def _by_day(self, parameter: str, end: LocalName, make: Callable[[object], Node]) -> Node:
        """What a parameter's value makes, by the day of an event."""
        trees, policy = self.trees, self.definitions.policy
        found = next(each for each in policy.parameters if each.name == parameter)
        if len(found.values) == 1 and found.values[0].since is None and found.values[0].until is None:
            return make(found.values[0].value)
        day: Node = trees.field(end, "occurred_on")
        first, last = policy.effective_from, policy.effective_to
        if first is not None:
            day = trees.chosen(trees.compared("<", day, trees.day(first)), trees.day(first), day, DATE)
        if last is not None:
            day = trees.chosen(trees.compared(">", day, trees.day(last)), trees.day(last), day, DATE)
        result: Node | None = None
        for dated in sorted(found.values, key=lambda each: each.since or dt.date.min, reverse=True):
            value = make(dated.value)
            if result is None:
                result = value
            elif dated.until is not None:
                result = trees.chosen(
                    trees.compared("<=", day, trees.day(dated.until)), value, result, value.type
                )
        if result is None:
            raise AssertionError("a parameter has a value")
        return result
