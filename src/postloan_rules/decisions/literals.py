"""The conditions that a decision hangs on, each once, and how triggers and rules are put together of them.

Triggers and facts that are true or false are followed down to the comparisons that they are made of. Texts
that say the same, or the opposite, of the same values are one condition: `a >= b`, `b <= a`, `a < b`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, evolve, field, frozen

from postloan_rules.decisions.formula import (
    EVERY,
    FALSE,
    KNOWN,
    TRUE,
    UNKNOWN,
    Both,
    Branch,
    Either,
    Fires,
    Fixed,
    IsKnown,
    Label,
    Leaf,
    Opposite,
    Term,
    Titled,
)
from postloan_rules.decisions.patterns import shown_completion
from postloan_rules.decisions.triggers import due_on, new_events, pattern_completions
from postloan_rules.expressions import (
    BOOLEAN,
    And,
    Between,
    BooleanLiteral,
    Comparison,
    Expression,
    GlobalName,
    If,
    In,
    ListType,
    Node,
    Not,
    NullLiteral,
    Or,
    UnknownTest,
    any_of,
    children,
    evaluate_node,
    names_in,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import Condition, Group, IfUnknown, Named, TriggerKind
from postloan_rules.policy.model import Leaf as Written
from postloan_rules.policy.patterns import text_of_pattern
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from postloan_rules.decisions.decide import Outcome, Scope
    from postloan_rules.policy.model import Fact, Policy, Rule, Trigger
    from postloan_rules.problems import Span
    from postloan_rules.snapshot import Event, Snapshot

__all__ = ["Atom", "AtomKind", "Literals", "truth_bit", "turned"]

AtomKind: TypeAlias = Literal["condition", "event", "pattern", "due", "value"]

_DEEPEST = 120
"""Below so many steps, a condition is taken whole, so that no policy is too deep to be explained."""


@frozen(eq=False)
class Atom:
    """One condition: what it says, where, of whom, and its truth value."""

    kind: AtomKind
    text: str
    span: Span | None
    account_id: str | None
    event_id: str | None
    truth: int
    domain: int
    expression: Expression | None = None
    """Its own part of the author's expression, with the values it is looked at under; None for an event."""
    names: dict[str, object] = field(factory=dict, repr=False)
    opposite: bool = False
    """Whether the text says the opposite of what `truth` tells of."""
    value: object = None
    trigger: Trigger | None = None

    @property
    def shown(self) -> int:
        """The truth value of the text."""
        return turned(self.truth) if self.opposite else self.truth


@frozen
class _Setting:
    """Under which names a condition is looked at, and how deep in the tree."""

    names: dict[str, object] = field(repr=False)
    account_id: str | None
    event_id: str | None = None
    depth: int = 0

    def below(self) -> _Setting:
        return evolve(self, depth=self.depth + 1)


@define
class Literals:
    """All conditions of one decision, numbered in the order in which they are first met."""

    policy: Policy
    snapshot: Snapshot
    found: Outcome
    atoms: list[Atom] = field(factory=list, init=False)
    _numbers: dict[tuple[str, ...], int] = field(factory=dict, init=False)
    _terms: dict[tuple[str, str | None], Term] = field(factory=dict, init=False)
    _known_with: dict[int, set[tuple[str, ...]]] = field(factory=dict, init=False)
    """By condition: the keys of the tests for unknown that it settles when it is known itself."""

    def __attrs_post_init__(self) -> None:
        self.triggers = {each.name: each for each in self.policy.triggers}
        self.facts = {each.name: each for each in self.policy.facts}
        self.of_account = {
            ACCOUNT,
            *(each.name for each in self.policy.facts if each.per_account),
            *(each.name for each in self.policy.triggers if each.per_account),
        }

    triggers: dict[str, Trigger] = field(init=False)
    facts: dict[str, Fact] = field(init=False)
    of_account: set[str] = field(init=False)

    @property
    def domains(self) -> dict[int, int]:
        """By condition: the truth values that it can have."""
        return {number: each.domain for number, each in enumerate(self.atoms)}

    @property
    def truths(self) -> dict[int, int]:
        """By condition: the truth value that it has."""
        return {number: each.truth for number, each in enumerate(self.atoms)}

    def implied(self, numbers: Iterable[int]) -> set[int]:
        """The tests for unknown that are settled by these conditions being known."""
        keys = {key for number in numbers for key in self._known_with.get(number, ())}
        return {self._numbers[key] for key in keys if key in self._numbers}

    # Rules and triggers

    def rule(self, rule: Rule, scope: Scope) -> Term:
        """What a rule says of an account or of the customer."""
        setting = _Setting(scope.names, scope.account_id)
        label = Label("rule", rule.id, scope.account_id, rule.span)
        return Titled(label, self.condition(rule.condition, setting))

    def trigger(self, name: str, scope_id: str | None, names: dict[str, object], depth: int = 0) -> Term:
        """What makes a trigger fire; one and the same term each time it is asked for."""
        trigger = self.triggers[name]
        account_id = scope_id if trigger.per_account else None
        key = (name, account_id)
        if key not in self._terms:
            inner = self._trigger(trigger, _Setting(names, account_id, depth=depth))
            if trigger.if_unknown is IfUnknown.FIRE:
                inner = Fires(inner)
            self._terms[key] = Titled(Label("trigger", name, account_id, trigger.span), inner)
        return self._terms[key]

    def unsettled(self, trigger: Trigger, scope: Scope) -> Term:
        """A trigger's condition, which a person must look at when it is unknown."""
        return self.trigger(trigger.name, scope.account_id, scope.names)

    def given(self, text: str, span: Span | None, account_id: str | None) -> Term:
        """Something that is so in this decision, taken whole."""
        key = ("value", text, account_id or "")
        atom = Atom("value", text, span, account_id, None, TRUE, KNOWN)
        return Leaf(self._number(key, atom))

    def _trigger(self, trigger: Trigger, setting: _Setting) -> Term:
        match trigger.kind:
            case TriggerKind.CONDITION:
                return self.condition(trigger.condition, setting) if trigger.condition else Fixed(FALSE)
            case TriggerKind.SCHEDULE:
                due = due_on(self.policy, self.snapshot, setting.account_id, setting.names)
                return self._due(trigger, setting, due)
            case TriggerKind.EVENT:
                return self._event(trigger, setting)
            case TriggerKind.PATTERN:
                return self._pattern(trigger, setting)

    def _due(self, trigger: Trigger, setting: _Setting, due: date | None) -> Term:
        text = "the next review is due"
        truth = TRUE if setting.names[trigger.name] is True else FALSE
        account_id, names = setting.account_id, setting.names
        atom = Atom(
            "due", text, trigger.span, account_id, None, truth, KNOWN, names=names, value=due, trigger=trigger
        )
        return Leaf(self._number(("due", text, account_id or ""), atom))

    def _pattern(self, trigger: Trigger, setting: _Setting) -> Term:
        """That a pattern is complete; its value is the match that is told of."""
        if trigger.pattern is None:
            raise AssertionError("a trigger of kind pattern has one")
        account_id = setting.account_id
        found = pattern_completions(trigger, self.policy, self.snapshot, account_id)
        shown = shown_completion(found)
        atom = Atom(
            "pattern",
            text_of_pattern(trigger.pattern),
            trigger.span,
            account_id,
            shown.end.id if shown is not None else None,
            truth_bit(any_of(each.state for each in found)),
            EVERY if trigger.if_unknown is not None else KNOWN,
            names=setting.names,
            value=shown.events if shown is not None else None,
            trigger=trigger,
        )
        return Leaf(self._number(("pattern", trigger.name, account_id or ""), atom))

    def _event(self, trigger: Trigger, setting: _Setting) -> Term:
        """That there is a new event for which the condition holds; without one, what it would have to be."""
        kind = trigger.event or ""
        events: list[Event | None] = list(new_events(self.snapshot, setting.account_id, kind))
        parts = [self._one_event(trigger, setting, kind, event) for event in events or [None]]
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _one_event(self, trigger: Trigger, setting: _Setting, kind: str, event: Event | None) -> Term:
        event_id = event.id if event is not None else ""
        atom = Atom(
            "event",
            f"event: {kind}",
            trigger.span,
            setting.account_id,
            event_id or None,
            TRUE if event is not None else FALSE,
            KNOWN,
            value=event.occurred_on if event is not None else None,
            trigger=trigger,
        )
        happened = Leaf(self._number(("event", kind, event_id, setting.account_id or ""), atom))
        if trigger.condition is None:
            return happened
        inner = evolve(setting, names={**setting.names, EVENT: event}, event_id=event_id or f"no {kind}")
        return Both((happened, self.condition(trigger.condition, inner)))

    # Conditions

    def condition(self, condition: Condition, setting: _Setting) -> Term:
        """A tree of conditions."""
        match condition:
            case Written(expression=expression):
                return self._node(expression.root, expression, setting)
            case Named(trigger=name):
                return self.trigger(name, setting.account_id, setting.names, setting.depth + 1)
            case Group(mode="all", parts=parts):
                return Both(self._parts(parts, setting))
            case Group(mode="any", parts=parts):
                return Either(self._parts(parts, setting))
            case Group(parts=parts):
                return Opposite(Either(self._parts(parts, setting)))

    def _parts(self, parts: tuple[Condition, ...], setting: _Setting) -> tuple[Term, ...]:
        return tuple(self.condition(part, setting.below()) for part in parts)

    def _node(self, node: Node, expression: Expression, setting: _Setting) -> Term:
        below = setting.below()
        if setting.depth > _DEEPEST:
            return self._atom(node, expression, setting)
        match node:
            case BooleanLiteral(value=truth):
                return Fixed(TRUE if truth else FALSE)
            case NullLiteral():
                return Fixed(UNKNOWN)
            case And(operands=operands):
                return Both(tuple(self._node(each, expression, below) for each in operands))
            case Or(operands=operands):
                return Either(tuple(self._node(each, expression, below) for each in operands))
            case Not(operand=operand):
                return Opposite(self._node(operand, expression, below))
            case If() if node.type == BOOLEAN:
                parts = (node.condition, node.then, node.otherwise)
                return Branch(*(self._node(each, expression, below) for each in parts))
            case UnknownTest(operand=operand, negated=negated) if operand.type == BOOLEAN:
                known = IsKnown(self._node(operand, expression, below))
                return known if negated else Opposite(known)
            case Comparison(operator="=" | "!=", left=left, right=right) if left.type == BOOLEAN:
                return self._equal(node, left, right, expression, below)
            case GlobalName(name=name):
                return self._name(node, name, expression, below)
            case _:
                return self._atom(node, expression, setting)

    def _equal(
        self, node: Comparison, left: Node, right: Node, expression: Expression, setting: _Setting
    ) -> Term:
        """`x = true`, `x != false` …: x, or its opposite."""
        literal, other = (left, right) if isinstance(left, BooleanLiteral) else (right, left)
        if not isinstance(literal, BooleanLiteral) or other.type != BOOLEAN:
            return self._atom(node, expression, setting)
        inner = self._node(other, expression, setting)
        return inner if literal.value is (node.operator == "=") else Opposite(inner)

    def _name(self, node: GlobalName, name: str, expression: Expression, setting: _Setting) -> Term:
        if name in self.triggers and name in setting.names:
            return self.trigger(name, setting.account_id, setting.names, setting.depth)
        fact = self.facts.get(name)
        if fact is not None and fact.type == BOOLEAN and isinstance(fact.definition, Expression):
            account_id = setting.account_id if fact.per_account else None
            label = Label("fact", name, account_id, fact.span)
            inner = evolve(setting, event_id=None)
            return Titled(label, self._node(fact.definition.root, fact.definition, inner))
        return self._atom(node, expression, setting)

    def _atom(self, node: Node, expression: Expression, setting: _Setting) -> Term:
        base, opposite = _base(node)
        read = set(names_in(node))
        account_id = setting.account_id if read & self.of_account else None
        event_id = setting.event_id if EVENT in read else None
        place = (account_id or "", event_id or "")
        key = ("condition", base, *place)
        if key in self._numbers:
            number = self._numbers[key]
            return Leaf(number, opposite)
        truth = truth_bit(evaluate_node(node, setting.names, expression.functions))
        own = evolve(expression, root=node, type=node.type, unknown=node.unknown, reads=frozenset(read))
        atom = Atom(
            "condition",
            expression.text.value[node.start : node.end],
            expression.text.span(node.start, node.end),
            account_id,
            event_id,
            turned(truth) if opposite else truth,
            EVERY if node.unknown else KNOWN,
            expression=own,
            names=setting.names,
            opposite=opposite,
        )
        number = self._number(key, atom)
        self._known_with[number] = {("condition", f"{side} = null", *place) for side in _sides(node)}
        return Leaf(number, opposite)

    def _number(self, key: tuple[str, ...], atom: Atom) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.atoms)
            self.atoms.append(atom)
        return self._numbers[key]


def truth_bit(value: object) -> int:
    """A truth value as a bit; anything but true and false counts as unknown."""
    if value is True:
        return TRUE
    return FALSE if value is False else UNKNOWN


def turned(truth: int) -> int:
    """True for false and false for true; unknown stays."""
    return {TRUE: FALSE, FALSE: TRUE}.get(truth, truth)


def _base(node: Node) -> tuple[str, bool]:
    """The one text for a condition, its mirror images and their opposites; whether this one is the opposite.

    `a < b` is unknown exactly where `a >= b` is, and else its opposite.
    """
    match node:
        case UnknownTest(operand=operand, negated=negated):
            return f"{canonical(operand)} = null", negated
        case Comparison(operator=operator, left=left, right=right):
            one, other = canonical(left), canonical(right)
            match operator:
                case "=" | "!=":
                    return " = ".join(sorted((one, other))), operator == "!="
                case ">=" | "<":
                    return f"{one} >= {other}", operator == "<"
                case "<=" | ">":
                    return f"{other} >= {one}", operator == ">"
        case _:
            return canonical(node), False


def _sides(node: Node) -> Iterator[str]:
    """What must be known for a condition to be known."""
    match node:
        case Comparison(left=left, right=right):
            yield canonical(left)
            yield canonical(right)
        case Between(operand=operand):
            yield canonical(operand)
        case In(operand=operand, tests=tests) if not any(_settles_unknown(test) for test in tests):
            yield canonical(operand)
        case _:
            return


def _settles_unknown(test: Node) -> bool:
    """Whether a test of `in` may settle an unknown value: `null` does, and so does an empty list."""
    return isinstance(test.type, ListType) or any(
        isinstance(each, NullLiteral) for each in (test, *children(test))
    )
