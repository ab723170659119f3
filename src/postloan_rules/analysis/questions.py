"""The conditions of a policy as questions: each a tree of atoms that are true, false or unknown alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field, frozen

from postloan_rules.expressions import (
    BOOLEAN,
    And,
    Filter,
    GlobalName,
    If,
    Not,
    Or,
    Quantified,
    all_of,
    any_of,
    children,
    evaluate_node,
    negated,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import Condition, Group, IfUnknown, Leaf, Named, ScoreUse, TableUse, That

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.expressions import Expression, Node
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Span

__all__ = ["Atom", "Question", "Truth", "ask", "questions_of"]

Truth: TypeAlias = "bool | None"
Owner: TypeAlias = Literal["fact", "trigger", "rule", "schedule", "constraint"]


@frozen
class _Part:
    """`all`, `any` or `none` (with one part: `not`) over parts."""

    mode: Literal["all", "any", "none"]
    parts: tuple[_Tree, ...]


_Tree: TypeAlias = "int | _Part"
"""An atom by its number, or parts taken together."""


@frozen
class Atom:
    """A condition that is not made of others: a comparison, a test, the state of a trigger."""

    text: str
    may_be_unknown: bool
    span: Span = field(repr=False, eq=False)
    node: Node | None = field(repr=False, eq=False)
    expression: Expression | None = field(repr=False, eq=False)
    trigger: str | None = None

    def state(self, names: Mapping[str, object]) -> Truth:
        """Its truth value for these values."""
        if self.node is None or self.expression is None:
            found = names[self.trigger or ""]
        else:
            found = evaluate_node(self.node, names, self.expression.functions)
        return found if isinstance(found, bool) else None


@frozen
class Question:
    """One condition of the policy, as a whole and in its atoms. An atom that is written twice is one."""

    owner: Owner
    name: str
    """Of the fact, trigger, rule or constraint; for the schedule, the interval."""
    span: Span = field(repr=False, eq=False)
    atoms: tuple[Atom, ...]
    tree: _Tree = field(repr=False)
    may_be_unknown: bool = True
    """Whether the whole can be unknown: `x != null and x > 1` leaves nothing open."""

    def states(self, names: Mapping[str, object]) -> tuple[Truth, ...]:
        """The truth value of each atom for these values."""
        return tuple(atom.state(names) for atom in self.atoms)

    def answer(self, states: Sequence[Truth]) -> Truth:
        """The truth value of the whole, given those of its atoms."""
        return _answer(self.tree, states)

    def turns_on(self, atom: int, states: Sequence[Truth]) -> bool:
        """Whether the whole would be another if this atom alone were the opposite, the others as they are."""
        with_true, with_false = ([*states[:atom], truth, *states[atom + 1 :]] for truth in (True, False))
        return self.answer(with_true) is not self.answer(with_false)


def _answer(tree: _Tree, states: Sequence[Truth]) -> Truth:
    if isinstance(tree, int):
        return states[tree]
    parts = (_answer(part, states) for part in tree.parts)
    match tree.mode:
        case "all":
            return all_of(parts)
        case "any":
            return any_of(parts)
        case "none":
            return negated(any_of(parts))


def questions_of(policy: Policy) -> tuple[Question, ...]:
    """Every condition of a policy, in the order of its sections."""
    return tuple(_questions(policy))


def _questions(policy: Policy) -> Iterator[Question]:
    for fact in policy.facts:
        if isinstance(fact.definition, TableUse | ScoreUse):
            continue
        if fact.type == BOOLEAN:
            yield ask("fact", fact.name, Leaf(fact.definition), policy)
        for node in _choices(fact.definition.root):
            yield _of_node("fact", fact.name, node, fact.definition)
    for trigger in policy.triggers:
        if trigger.condition is not None:
            yield ask("trigger", trigger.name, trigger.condition, policy)
    for rule in policy.rules:
        yield ask("rule", rule.id, rule.condition, policy)
    if policy.schedule is not None:
        for adjustment in policy.schedule.adjustments:
            yield ask("schedule", str(adjustment.every), adjustment.condition, policy)
    for constraint in policy.constraints:
        if isinstance(constraint, That):
            yield ask("constraint", constraint.id, Leaf(constraint.expression), policy)


def _choices(node: Node) -> Iterator[Node]:
    """The conditions of each `if`; not inside filters and quantifiers, where they have many values."""
    if isinstance(node, Filter | Quantified):
        return
    if isinstance(node, If):
        yield node.condition
    for part in children(node):
        yield from _choices(part)


def ask(owner: Owner, name: str, condition: Condition, policy: Policy) -> Question:
    """A condition as a question."""
    asking = _Asking({trigger.name: _open(trigger.if_unknown) for trigger in policy.triggers})
    tree = asking.condition(condition)
    return Question(owner, name, condition.span, tuple(asking.atoms), tree, asking.open_in(condition))


def _open(if_unknown: IfUnknown | None) -> bool:
    """Whether a trigger's state can be unknown."""
    return if_unknown in (IfUnknown.IGNORE, IfUnknown.REFER)


def _of_node(owner: Owner, name: str, node: Node, expression: Expression) -> Question:
    asking = _Asking({})
    tree = asking.node(node, expression)
    span = expression.text.span(node.start, node.end)
    return Question(owner, name, span, tuple(asking.atoms), tree, node.unknown)


@define
class _Asking:
    """One question being taken apart."""

    triggers: Mapping[str, bool]
    """Whether each can be unknown."""
    atoms: list[Atom] = field(factory=list)

    def condition(self, condition: Condition) -> _Tree:
        match condition:
            case Leaf(expression=expression):
                return self.node(expression.root, expression)
            case Named(trigger=trigger, span=span):
                return self._number(Atom(trigger, self.triggers[trigger], span, None, None, trigger))
            case Group(mode=mode, parts=parts):
                return _Part(mode, tuple(self.condition(part) for part in parts))

    def node(self, node: Node, expression: Expression) -> _Tree:
        match node:
            case And(operands=operands):
                return _Part("all", tuple(self.node(each, expression) for each in operands))
            case Or(operands=operands):
                return _Part("any", tuple(self.node(each, expression) for each in operands))
            case Not(operand=operand):
                return _Part("none", (self.node(operand, expression),))
            case GlobalName(name=name) if name in self.triggers:
                span = expression.text.span(node.start, node.end)
                return self._number(Atom(name, self.triggers[name], span, None, None, name))
        span = expression.text.span(node.start, node.end)
        return self._number(Atom(canonical(node), node.unknown, span, node, expression))

    def open_in(self, condition: Condition) -> bool:
        """Whether a condition can be unknown."""
        match condition:
            case Leaf(expression=expression):
                return expression.unknown
            case Named(trigger=trigger):
                return self.triggers[trigger]
            case Group(parts=parts):
                return any(self.open_in(part) for part in parts)

    def _number(self, atom: Atom) -> int:
        for number, known in enumerate(self.atoms):
            if known.text == atom.text:
                return number
        self.atoms.append(atom)
        return len(self.atoms) - 1
