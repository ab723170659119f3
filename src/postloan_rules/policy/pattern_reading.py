"""Reading a trigger of kind `pattern`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import NUMBER, Type, Variable
from postloan_rules.policy.checking import Checking, Names
from postloan_rules.policy.conditions import read_when
from postloan_rules.policy.patterns import (
    ORDINALS,
    EventAbsence,
    EventCount,
    EventSequence,
    Hours,
    Pattern,
    PatternStep,
    Within,
)
from postloan_rules.policy.reader import Entry, Node, Scalar, Section
from postloan_rules.policy.reading import shape
from postloan_rules.policy.vocabulary import ACCOUNT, EVENT, event_types, record
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.policy.model import Condition, Parameter, Trigger
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Span

__all__ = ["FORMS", "check_patterns", "read_event_type", "read_pattern"]

FORMS = ("sequence", "count", "absent")
"""What a pattern can be, by the key that says it."""

_HOURS = re.compile(r"(0|[1-9][0-9]{0,4}) hours?")
_FEWEST, _MOST = 2, 1000
_FORMS_HELP = (
    "write one of `sequence: [...]` (events in their order), `count: {event: ..., at_least: ...}` (many of "
    "one type) and `absent: ...` with `after: ...` (one that does not follow)"
)


def read_pattern(
    checking: Checking, keys: Mapping[str, Entry], what: str, key: Span, parameters: Mapping[str, Type]
) -> Pattern | None:
    """The pattern that a trigger's lines describe; None when it is wrong."""
    within = _within(checking.reading, keys["within"].value, what, parameters) if "within" in keys else None
    given = [form for form in FORMS if form in keys]
    if len(given) != 1:
        said = " and ".join(f"`{form}`" for form in given)
        message = f"{what} has {said} at once" if given else f"{what} does not say what happens"
        checking.reading.note("PR0339", message, keys[given[1]].key.span if given else key, _FORMS_HELP)
        return None
    if ("after" in keys) != (given == ["absent"]):
        _after(checking.reading, keys, what)
        return None
    reader = _Steps(checking, what, parameters)
    match given[0]:
        case "sequence":
            return _sequence(reader, keys["sequence"].value, within)
        case "count":
            return _count(reader, keys["count"].value, within)
        case _:
            after = reader.step(keys["after"].value, f"`after` of {what}")
            absent = reader.step(keys["absent"].value, f"`absent` of {what}")
            if after is None or absent is None or within is None:
                return None
            return EventAbsence(after, absent, within)


def _after(reading: Reading, keys: Mapping[str, Entry], what: str) -> None:
    if "after" in keys:
        help_ = "add `absent: ...` with the event that should have followed, or delete `after`"
        reading.note("PR0339", f"{what} has `after` without `absent`", keys["after"].key.span, help_)
    else:
        help_ = "add `after: ...` with the event after which it should have happened"
        reading.note("PR0339", f"{what} has `absent` without `after`", keys["absent"].key.span, help_)


def _sequence(reader: _Steps, node: Node, within: Within | None) -> Pattern | None:
    reading, what = reader.checking.reading, reader.what
    items = reading.items(node, f"`sequence` of {what}")
    if len(items) > len(ORDINALS):
        message = f"`sequence` of {what} has {len(items)} steps, and at most {len(ORDINALS)} are taken"
        reading.note("PR0334", message, node.span, "keep those that matter, or count one type with `count`")
        return None
    steps = [reader.step(item, f"a step of {what}") for item in items]
    if len(steps) == 1:
        help_ = "name the events in their order; for one event alone use `kind: event`"
        reading.note("PR0334", f"`sequence` of {what} has one step only", node.span, help_)
        return None
    whole = tuple(step for step in steps if step is not None)
    if within is None or not whole or len(whole) != len(steps):
        return None
    return EventSequence(whole, within)


def _count(reader: _Steps, node: Node, within: Within | None) -> Pattern | None:
    reading, what = reader.checking.reading, f"`count` of {reader.what}"
    if isinstance(node, Scalar):
        help_ = f"write `count: {{event: {node.value.strip() or '...'}, at_least: 3}}`"
        reading.note(
            "PR0303", f"{what} must be a section of `key: value` lines, not {shape(node)}", node.span, help_
        )
        return None
    keys = reading.section(node, what, ("event", "at_least", "where"), ("event", "at_least"))
    at_least = _at_least(reader, keys["at_least"].value) if "at_least" in keys else None
    step = reader.described(keys, node, what, counted=True)
    return EventCount(step, at_least, within) if step and at_least is not None and within else None


def _at_least(reader: _Steps, node: Node) -> int | str | None:
    reading, what = reader.checking.reading, f"`at_least` of {reader.what}"
    if isinstance(node, Scalar) and node.value in reader.parameters:
        if reader.parameters[node.value] == NUMBER:
            return node.value
        message = f"{what}: the parameter `{node.value}` is not of type number"
        reading.note("PR0312", message, node.span, "write a whole number such as 3")
        return None
    return reading.whole(node, what, _FEWEST, _MOST)


class _Steps:
    """Reads the steps of one pattern, each of which may speak of those before it."""

    def __init__(self, checking: Checking, what: str, parameters: Mapping[str, Type]) -> None:
        self.checking = checking
        self.what = what
        self.parameters = parameters
        self.names: list[tuple[str, ...]] = []
        """Of each step so far: what the conditions can call it."""

    def step(self, node: Node, what: str) -> PatternStep | None:
        """An event type, or a section with its conditions."""
        if isinstance(node, Section):
            keys = self.checking.reading.section(node, what, ("event", "where", "as"), ("event",))
            return self.described(keys, node, what)
        event = read_event_type(self.checking.reading, node, self.what)
        self.names.append((ORDINALS[len(self.names)],))
        return PatternStep(event, None, None, node.span) if event is not None else None

    def described(
        self, keys: Mapping[str, Entry], node: Node, what: str, *, counted: bool = False
    ) -> PatternStep | None:
        """A step from the lines of its section."""
        mistakes = len(self.checking.reading.problems)
        event = (
            read_event_type(self.checking.reading, keys["event"].value, self.what)
            if "event" in keys
            else None
        )
        name = self._name(keys["as"].value, what) if "as" in keys else None
        own = (ORDINALS[len(self.names)], *((name,) if name is not None else ()))
        self.names.append(() if counted else own)
        where = self._where(keys["where"].value, what) if "where" in keys else None
        if event is None or len(self.checking.reading.problems) > mistakes:
            return None
        return PatternStep(event, where, name, node.span)

    def _name(self, node: Node, what: str) -> str | None:
        reading = self.checking.reading
        scalar = reading.scalar(node, f"`as` of {what}")
        name = reading.name(scalar, "a step") if scalar is not None else None
        if scalar is None or name is None:
            return None
        taken = {EVENT, ACCOUNT, *ORDINALS, *self.checking.known, *self.checking.elsewhere}
        if name in taken or any(name in names for names in self.names):
            message = f"`{name}` already names something else, and can't be the name of a step"
            reading.note("PR0308", message, scalar.span, "choose another name")
            return None
        return name

    def _where(self, node: Node, what: str) -> Condition | None:
        reading = self.checking.reading
        start = len(reading.problems)
        event = Variable(record("Event"), unknown=False)
        steps = [name for names in self.names for name in names]
        known = {name: self.checking.known[name] for name in self.parameters if name in self.checking.known}
        clashes = [name for name in steps if name in known]
        names = Names({**known, **dict.fromkeys(steps, event), EVENT: event})
        condition = read_when(self.checking, node, f"`where` of {what}", names)
        for number in range(start, len(reading.problems)):
            problem = reading.problems[number]
            if problem.span is not None and problem.code in _UNREADABLE:
                word = problem.span.source.text[problem.span.start : problem.span.end]
                told = self._unreadable(word)
                if told is not None:
                    reading.problems[number] = evolve(problem, code="PR0338", message=told[0], help=told[1])
        for name in clashes:
            message = f"`{name}` is a parameter of the policy and a step of {self.what}"
            reading.note("PR0308", message, node.span, "give the parameter another name")
        return condition

    def _unreadable(self, word: str) -> tuple[str, str] | None:
        """Why a name that means something elsewhere can't be read here, and what to do."""
        known = self.checking
        if word in ORDINALS:
            steps = ", ".join(f"`{names[0]}`" for names in self.names if names)
            if not steps:
                return f"`{word}` can't be read in a `count`, whose events are alike", "write `event`"
            message = f"`{word}` comes after this step, and can't be read here"
            return message, f"this step can read {steps}: put the condition on a later step"
        if word != ACCOUNT and word not in known.known and word not in known.elsewhere:
            return None
        message = f"`{word}` can't be read in a pattern, which speaks of its own events alone"
        own = self.what.removeprefix("the trigger ").strip("`")
        if known.elsewhere.get(word) == "a trigger":
            return message, f"let a rule ask for both: `if: {{all: [{own}, {word}]}}`"
        help_ = (
            f"put what reads `{word}` in a trigger of kind `condition`, and let a rule ask for both, "
            f"as in `if: {{all: [{own}, other_trigger]}}`"
        )
        return message, help_


_UNREADABLE = frozenset({"PR0220", "PR0221", "PR0322"})


def read_event_type(reading: Reading, node: Node, what: str) -> str | None:
    """The name of a type of events."""
    scalar = reading.scalar(node, f"the event of {what}")
    if scalar is None:
        return None
    if scalar.value in event_types():
        return scalar.value
    help_ = did_you_mean(scalar.value, event_types(), what="the events are")
    reading.note("PR0333", f"`{scalar.value}` is no event", scalar.span, help_)
    return None


def _within(reading: Reading, node: Node, what: str, parameters: Mapping[str, Type]) -> Within | None:
    match = _HOURS.fullmatch(node.value) if isinstance(node, Scalar) else None
    if match is None:
        return reading.period(node, f"`within` of {what}", dict(parameters), hours=True)
    if int(match[1]) == 0:
        help_ = "write `1 hour` or more; `0 days` is the same day"
        reading.note("PR0501", f"`within` of {what} is no time at all", node.span, help_)
        return None
    return Hours(int(match[1]))


def check_patterns(
    reading: Reading, triggers: Iterable[Trigger], parameters: Mapping[str, Parameter]
) -> None:
    """What a parameter gives a pattern is a number that can be one, on whatever day."""
    for trigger in triggers:
        pattern = trigger.pattern
        if pattern is None:
            continue
        if not isinstance(pattern.within, Hours):
            _check(reading, parameters, pattern.within.parameter, f"`within` of `{trigger.name}`", 0, 99_999)
        if isinstance(pattern, EventCount) and isinstance(pattern.at_least, str):
            _check(reading, parameters, pattern.at_least, f"`at_least` of `{trigger.name}`", _FEWEST, _MOST)


def _check(
    reading: Reading, parameters: Mapping[str, Parameter], name: str | None, what: str, low: int, high: int
) -> None:
    parameter = parameters[name] if name is not None else None
    for dated in parameter.values if parameter is not None else ():
        number = dated.value
        if isinstance(number, Decimal) and not (low <= number <= high and number == int(number)):
            message = f"`{name}` is {number:f}, and {what} takes a whole number from {low} to {high}"
            span = parameter.span if parameter is not None else None
            if span is not None:
                reading.note("PR0347", message, span, "give it such a number")
