"""The trace of a decision: the value of every condition that was looked at, with its place in the YAML.

It is made of two things: what each step is, which hangs on the policy alone, and a side table of values. The
evaluator makes a table by deciding again and recording; a compiled policy has code for it, and its steps are
put together when somebody reads them. Views (a tree in the terminal, JSON) are elsewhere.
A fact is looked at once for each account: all that hangs on it shares the same step.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from attrs import field, frozen

from postloan_rules.decisions.decide import outcome
from postloan_rules.decisions.pattern_matches import looked_at
from postloan_rules.decisions.patterns import shown_completion
from postloan_rules.decisions.trace_shapes import Shapes
from postloan_rules.decisions.triggers import State, due_on, new_events, pattern_completions
from postloan_rules.expressions import (
    Node,
    all_of,
    any_of,
    negated,
    text_of,
    value,
)
from postloan_rules.policy.model import Condition, Group, Leaf, Named, ScoreUse, TableUse, TriggerKind
from postloan_rules.policy.patterns import text_of_pattern
from postloan_rules.policy.scorecards import score
from postloan_rules.policy.tables import look_up
from postloan_rules.policy.vocabulary import ACCOUNT
from postloan_rules.snapshot import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from postloan_rules.decisions.trace_shapes import Shape
    from postloan_rules.expressions import Expression, Type
    from postloan_rules.policy.model import Definition, Fact, Message, Policy, Rule, Trigger
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.problems import Span
    from postloan_rules.snapshot import Snapshot

__all__ = ["RuleTrace", "Step", "Trace", "Tracer", "TriggerTrace", "trace"]

Names: TypeAlias = "MutableMapping[str, object]"
Kind: TypeAlias = Literal[
    "any",
    "all",
    "none",
    "condition",
    "fact",
    "parameter",
    "input",
    "field",
    "trigger",
    "event",
    "events",
    "pattern",
    "table",
    "row",
    "points",
    "due",
]


@frozen
class Step:
    """One thing that was looked at: what it is, as the author wrote it, its value, and what it hangs on."""

    kind: Kind
    text: str
    value: object
    span: Span | None = field(repr=False, eq=False)
    parts: tuple[Step, ...] = ()
    type: Type | None = field(default=None, repr=False, eq=False)
    """What kind of value it is, where the policy says."""
    node: Node | None = field(default=None, repr=False, eq=False)
    """The piece of an expression that it is; None for all else."""
    record_id: str | None = None
    """The event that it is."""

    def walk(self) -> Iterator[Step]:
        """This step and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@frozen
class TriggerTrace:
    """How a trigger came to its state, for an account or for the customer."""

    trigger: str
    account_id: str | None
    state: State
    because: Mapping[str, str]
    """What the policy says of it in each language, its values filled in; empty unless it fired."""
    step: Step
    span: Span = field(repr=False, eq=False)
    said: Mapping[str, tuple[str | Step, ...]] = field(factory=dict, repr=False, eq=False)
    """The same as `because`, in pieces: texts, and each value by itself."""


@frozen
class RuleTrace:
    """Whether a rule's condition holds, for an account or for the customer."""

    rule: str
    account_id: str | None
    state: bool | None
    responses: tuple[str, ...]
    step: Step
    span: Span = field(repr=False, eq=False)


class Recording(Protocol):
    """What a trace that nobody has read yet is made of."""

    def triggers(self) -> tuple[TriggerTrace, ...]:
        """The traces of the triggers."""

    def rules(self) -> tuple[RuleTrace, ...]:
        """The traces of the rules."""


@frozen
class Trace:
    """Every trigger and every rule of a decision, with the values that made it so."""

    triggers: tuple[TriggerTrace, ...]
    rules: tuple[RuleTrace, ...]
    _recording: Recording | None = field(init=False, default=None, repr=False, eq=False)

    def __getattr__(self, name: str) -> object:
        # Reached for a part that is not there yet. Two threads that make it make the same.
        if name not in ("triggers", "rules") or self._recording is None:
            raise AttributeError(name)
        found = self._recording.triggers() if name == "triggers" else self._recording.rules()
        object.__setattr__(self, name, found)
        return found

    def __getstate__(self) -> dict[str, object]:
        """Both parts: a copy elsewhere has nothing to make them of."""
        return {"triggers": self.triggers, "rules": self.rules, "_recording": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, part in state.items():
            object.__setattr__(self, name, part)

    def trigger(self, name: str, account_id: str | None = None) -> TriggerTrace:
        """The trace of one trigger; for an account, or the first there is.

        Raises:
            KeyError: when no such trigger was looked at.
        """
        for each in self.triggers:
            if each.trigger == name and account_id in (None, each.account_id):
                return each
        raise KeyError(name)


def trace(policy: Policy, snapshot: Snapshot) -> Trace:
    """Decide again, and record every value on the way."""
    found = outcome(policy, snapshot)
    tracer = Tracer(policy, snapshot, Shapes())
    states = {(each.trigger, each.account_id): each.state for each in found.states}
    triggers = (
        tracer.trigger(name, account_id, state, found.names(account_id))
        for (name, account_id), state in sorted(
            states.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")
        )
    )
    scopes = [(scope.account_id, scope.names) for scope in found.scopes]
    return Trace(tuple(triggers), tuple(tracer.rules(scopes)))


class Tracer:
    """Puts a trace together, from the values of names and of conditions."""

    def __init__(self, policy: Policy, snapshot: Snapshot, shapes: Shapes) -> None:
        self.policy = policy
        self.snapshot = snapshot
        self.shapes = shapes
        self.facts = {fact.name: fact for fact in policy.facts}
        self.by_name = {trigger.name: trigger for trigger in policy.triggers}
        self.parameters = {parameter.name: parameter for parameter in policy.parameters}
        self.inputs = {each.name: each for each in policy.inputs}
        self.seen: dict[tuple[str, str | None], Step] = {}

    def recorded(self, expression: Expression, names: Names) -> dict[int, object]:
        """The values of the nodes of an expression that are looked at, by their ids."""
        record: dict[int, object] = {}
        value(expression, names, record)
        return record

    def trigger(self, name: str, account_id: str | None, state: State, names: Names) -> TriggerTrace:
        """The trace of a trigger."""
        trigger = self.by_name[name]
        said: Mapping[str, tuple[str | Step, ...]] = {}
        if state is State.FIRED and trigger.because is not None:
            said = _said(trigger.because, names)
        because = {language: _joined(pieces) for language, pieces in said.items()}
        step = self._trigger(trigger, account_id, names)
        return TriggerTrace(name, account_id, state, because, step, trigger.span, said)

    def rules(self, scopes: Iterable[tuple[str | None, Names]]) -> Iterator[RuleTrace]:
        """The traces of the rules in force. Without an account, one about accounts is not applied."""
        scopes = tuple(scopes)
        for rule in self.policy.rules:
            if not rule.holds_on(self.snapshot.as_of):
                continue
            for account_id, names in scopes:
                if rule.triggers <= names.keys():
                    yield self._rule(rule, account_id, names)

    def _rule(self, rule: Rule, account_id: str | None, names: Names) -> RuleTrace:
        step = self._condition(rule.condition, names)
        return RuleTrace(rule.id, account_id, _state(step), rule.responses, step, rule.span)

    def _trigger(self, trigger: Trigger, account_id: str | None, names: Names) -> Step:
        match trigger.kind:
            case TriggerKind.CONDITION:
                if trigger.condition is None:
                    raise AssertionError("a trigger of kind condition has one")
                return self._condition(trigger.condition, names)
            case TriggerKind.SCHEDULE:
                due = due_on(self.policy, self.snapshot, account_id, names)
                return Step("due", "the next review is due", due, trigger.span)
            case TriggerKind.EVENT:
                return self._events(trigger, account_id, names)
            case TriggerKind.PATTERN:
                return self._pattern(trigger, account_id, names)

    def _events(self, trigger: Trigger, account_id: str | None, names: Names) -> Step:
        events = tuple(new_events(self.snapshot, account_id, trigger.event or ""))
        parts = []
        for event in events:
            inner: tuple[Step, ...] = ()
            if trigger.condition is not None:
                inner = (self._condition(trigger.condition, ChainMap({"event": event}, names)),)
            parts.append(Step("event", event.type, event.occurred_on, None, inner, record_id=event.id))
        return Step("events", trigger.event or "", names[trigger.name], trigger.span, tuple(parts))

    def _pattern(self, trigger: Trigger, account_id: str | None, names: Names) -> Step:
        """The pattern, with the events of the latest match; of one that is complete where there is one."""
        if trigger.pattern is None:
            raise AssertionError("a trigger of kind pattern has one")
        shown = shown_completion(pattern_completions(trigger, self.policy, self.snapshot, account_id))
        parts = []
        for each in looked_at(trigger.pattern, self.policy, shown, self.snapshot.events) if shown else ():
            inner = (self._condition(each.condition, each.names),) if each.condition is not None else ()
            event = each.event
            parts.append(Step("event", event.type, event.occurred_on, None, inner, record_id=event.id))
        return Step(
            "pattern", text_of_pattern(trigger.pattern), names[trigger.name], trigger.span, tuple(parts)
        )

    def _condition(self, condition: Condition, names: Names) -> Step:
        match condition:
            case Leaf(expression=expression):
                return self._expression(expression, names)
            case Named(trigger=name):
                return Step("trigger", name, names[name], condition.span)
            case Group(mode=mode, parts=parts):
                inner = tuple(self._condition(part, names) for part in parts)
                states = [_state(part) for part in inner]
                found = all_of(states) if mode == "all" else any_of(states)
                held = negated(found) if mode == "none" else found
                return Step(mode, mode, held, condition.span, inner)

    def _expression(self, expression: Expression, names: Names) -> Step:
        return self._node(self.shapes.of(expression), names, self.recorded(expression, names))

    def _node(self, shape: Shape, names: Names, record: Mapping[int, object]) -> Step:
        """A condition and what it hangs on: `and`, `or` and `not` part by part, the rest with its names."""
        node = shape.node
        result = record.get(node.id)
        if shape.kind == "field":
            named = self._name(shape.names[0], names)
            return named or Step("field", shape.text, result, shape.span, (), node.type, node)
        looked_at = [part for part in shape.parts if part.node.id in record]
        if shape.kind != "condition":
            parts = tuple([self._node(part, names, record) for part in looked_at])
            return Step(shape.kind, shape.text, result, shape.span, parts, node.type, node)
        reads = [step for name in shape.names if (step := self._name(name, names)) is not None]
        fields = [
            Step("field", each.text, record[each.node.id], None, (), each.node.type, each.node)
            for each in looked_at
        ]
        return Step("condition", shape.text, result, shape.span, (*reads, *fields), node.type, node)

    def _name(self, name: str, names: Names) -> Step | None:
        """What is known of a name: a fact with what it is made of, a parameter, an input, a trigger."""
        if name in self.facts:
            return self._fact(self.facts[name], names)
        if name in self.parameters:
            parameter = self.parameters[name]
            return Step("parameter", name, names[name], parameter.span, (), parameter.type)
        if name in self.inputs:
            given = self.inputs[name]
            return Step("input", name, names[name], given.span, (), given.type)
        if name in self.by_name:
            return Step("trigger", name, names[name], self.by_name[name].span)
        return None

    def _fact(self, fact: Fact, names: Names) -> Step:
        account = names.get(ACCOUNT) if fact.per_account else None
        key = (fact.name, account.account_id if isinstance(account, Account) else None)
        if key not in self.seen:
            parts = self._definition(fact.definition, names)
            self.seen[key] = Step("fact", fact.name, names[fact.name], fact.span, parts, fact.type)
        return self.seen[key]

    def _definition(self, definition: Definition, names: Names) -> tuple[Step, ...]:
        if isinstance(definition, TableUse):
            table = self.policy.tables[definition.table]
            hit = look_up(table, names)
            rows = tuple(Step("row", str(number + 1), True, table.rows[number].span) for number in hit.rows)
            found = hit.outputs[definition.output]
            return (Step("table", definition.table, found, table.span, rows),)
        if isinstance(definition, ScoreUse):
            return tuple(self._scored(definition.scorecard, names))
        return (self._expression(definition, names),)

    def _scored(self, card: Scorecard, names: Names) -> Iterator[Step]:
        found = score(card, names)
        for each, points in zip(card.characteristics, found.points, strict=True):
            inner = self._expression(each.expression, names)
            yield Step("points", each.name, points, each.span, (inner,))


def _state(step: Step) -> bool | None:
    return step.value if isinstance(step.value, bool) else None


def _said(message: Message, names: Names) -> Mapping[str, tuple[str | Step, ...]]:
    return {
        language: tuple(piece if isinstance(piece, str) else _piece(piece, names) for piece in pieces)
        for language, pieces in message.by_language.items()
    }


def _piece(expression: Expression, names: Names) -> Step:
    root = expression.root
    return Step("field", expression.text.value, value(expression, names), None, (), root.type, root)


def _joined(pieces: tuple[str | Step, ...]) -> str:
    return "".join(piece if isinstance(piece, str) else text_of(piece.value) or "?" for piece in pieces)
