"""A whole policy as formulas: the customer and one account, triggers, rules, responses, constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, field

from postloan_rules.analysis.proof.amounts import finished
from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.lists import Counted, bounds, counted, order
from postloan_rules.analysis.proof.rebuilding import spelled
from postloan_rules.analysis.proof.scopes import RESPONSE, InCell, OfEvent, OfResponses, OfSubject
from postloan_rules.analysis.proof.spelling import Spelling
from postloan_rules.analysis.proof.tables import (
    Matches,
    dated,
    in_force,
    lookup,
    matches,
    scored,
)
from postloan_rules.analysis.proof.values import (
    ALWAYS,
    NEVER,
    CannotSay,
    Known,
    Record,
    Symbol,
    Truth,
    all_of,
    any_of,
    both,
    either,
    literal,
    negated,
    opposite,
)
from postloan_rules.analysis.proof.world import World
from postloan_rules.analysis.questions import Question
from postloan_rules.expressions import Expression, ListType, RecordType
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import (
    REFER,
    Condition,
    Group,
    IfUnknown,
    Leaf,
    Named,
    Rule,
    ScoreUse,
    TableUse,
    Trigger,
    TriggerKind,
)
from postloan_rules.policy.vocabulary import ACCOUNT, snapshot_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.expressions import Function, Node, Path, Type
    from postloan_rules.policy.model import Definition, Policy, Response, ResponseParameter

__all__ = ["Encoding"]

_RECORDS: Mapping[str, str] = {
    "customer": "Customer",
    "account": "Account",
    "bureau report": "BureauReport",
    "event": "Event",
    "snapshot": "Snapshot",
}
_SNAPSHOT = Record("", ALWAYS)


@define(eq=False)
class Encoding:
    """A policy as formulas over the fields of a customer and of one account that it is about.

    Two encodings over one `world` speak of the same customer.
    """

    policy: Policy
    world: World
    spelling: Spelling
    symbols: dict[str, Symbol] = field(factory=dict)
    tables: dict[str, Matches] = field(factory=dict)
    counts: list[tuple[Counted, Known, Mapping[str, Function]]] = field(factory=list)
    applied: dict[int, Formula] = field(factory=dict)
    """When each rule of the policy applies, by its identity."""

    @classmethod
    def of(cls, policy: Policy, world: World | None = None) -> Encoding:
        """The encoding of a policy, over variables of its own or those of another encoding."""
        found = cls(policy, world if world is not None else World(policy.currency), Spelling.of(policy))
        day = found.world.as_of().term
        found.world.axioms.append(in_force(day, policy.effective_from, policy.effective_to))
        if policy.subject is not None and policy.subject.where is not None:
            where = policy.subject.where
            found.world.axioms.append(Encoder(OfSubject(found), where.functions).truth(where.root).yes)
        return found

    # What expressions read

    def symbol(self, name: str) -> Symbol:
        """The value of a name. Raises CannotSay for lists and the like."""
        if name not in self.symbols:
            self.symbols[name] = self._named(name)
        return self.symbols[name]

    def text(self, name: str) -> str:
        """The name with all that it stands for."""
        return self.spelling.text(name)

    def _named(self, name: str) -> Symbol:
        if name == "as_of":
            return self.world.as_of()
        if name == "currency":
            return literal(self.policy.currency, self.world.code(self.policy.currency))
        if name == ACCOUNT and self.policy.subject is not None:
            return Record(ACCOUNT, ALWAYS)
        given = snapshot_names().get(name)
        if given is not None:
            return self._of_snapshot(name, given.type)
        for each in self.policy.inputs:
            if each.name == name:
                return self.world.input(name, each.type, optional=not each.required)
        for parameter in self.policy.parameters:
            if parameter.name == name:
                values = [(each.since, each.until, self._literal(each.value)) for each in parameter.values]
                return dated(self.world.as_of().term, values)
        for fact in self.policy.facts:
            if fact.name == name:
                if isinstance(fact.type, ListType | RecordType):
                    raise CannotSay
                return self.defined(fact.definition, f"fact {name}", fact.type, unknown=fact.unknown)
        for trigger in self.policy.triggers:
            if trigger.name == name:
                return self._triggered(trigger)
        raise CannotSay

    def _of_snapshot(self, name: str, type_: Type) -> Symbol:
        if isinstance(type_, ListType):
            raise CannotSay
        if isinstance(type_, RecordType):
            return Record(name, self.world.flag("bureau?") if name == "bureau" else ALWAYS)
        return self.world.field(_SNAPSHOT, "Snapshot", name, type_, optional=False)

    def _literal(self, value: object) -> Symbol:
        if isinstance(value, int) and not isinstance(value, bool):
            return Known("number", z3.RealVal(value), ALWAYS)
        return literal(value, self.world.code(value) if isinstance(value, str) else None)

    def record_field(self, of: Record, node: Path) -> Symbol:
        """A field of a record."""
        kind = node.source.type
        if not isinstance(kind, RecordType) or kind.name not in _RECORDS or node.field not in kind.fields:
            raise CannotSay
        variable = kind.fields[node.field]
        if isinstance(variable.type, ListType):
            raise CannotSay
        return self.world.field(of, _RECORDS[kind.name], node.field, variable.type, optional=variable.unknown)

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula, with what is sure of it."""
        return self.freed_for(node, key, functions, None, None)

    def freed_for(
        self,
        node: Node,
        key: str,
        functions: Mapping[str, Function],
        subject: Expression | None,
        trigger: str | None,
    ) -> Truth | Known:
        """The same, where `?` stands for a subject or `event` for one of a trigger's."""
        if not node.unknown:
            # It may be known only where it stands: with another place of the same text it is not one.
            key = f"{key} (known)"
        new = key not in self.world.frees
        symbol = self.world.free(
            key,
            canonical(node),
            node.type,
            unknown=node.unknown,
            node=node,
            functions=functions,
            subject=subject,
            trigger=trigger,
        )
        if new:
            self.world.axioms += bounds(node, symbol)
        if isinstance(symbol, Known) and trigger is None and subject is None:
            self._count(node, symbol, functions)
        return symbol

    def _count(self, node: Node, symbol: Known, functions: Mapping[str, Function]) -> None:
        encoder = Encoder(self, functions)
        found = counted(node, lambda part: spelled(part, encoder.scope.text), self.spelling.opened)
        if found is None or any(known is symbol for _, known, _ in self.counts):
            return
        for other, known, _ in self.counts:
            for one, two, terms in ((found, other, (symbol, known)), (other, found, (known, symbol))):
                fact = order(one, two, terms, functions)
                if fact is not None:
                    self.world.axioms.append(fact)
        self.counts.append((found, symbol, functions))

    # Definitions

    def value(self, expression: Expression) -> Symbol:
        """The formula of an expression."""
        return Encoder(self, expression.functions).value(expression.root)

    def test(self, cell: Expression, subject: Symbol, column: Expression) -> Truth:
        """The formula of a cell of a table."""
        return Encoder(InCell(self, subject, column), cell.functions).truth(cell.root)

    def matches(self, table: str) -> Matches:
        """When each row of a table matches."""
        if table not in self.tables:
            day = self.world.as_of().term
            self.tables[table] = matches(self.policy.tables[table], self.value, self.test, day)
        return self.tables[table]

    def defined(self, definition: Definition, key: str, type_: Type, *, unknown: bool) -> Symbol:
        """What an expression, a table or a scorecard gives."""
        try:
            return self._exactly(definition)
        except CannotSay:
            text = self.spelling.definition(definition)
            return self.world.free(text, key, type_, unknown=unknown)

    def _exactly(self, definition: Definition) -> Symbol:
        match definition:
            case TableUse():
                table = self.policy.tables[definition.table]
                return lookup(table, definition.output, self.matches(definition.table), self.value)
            case ScoreUse(part="score"):
                return scored(definition.scorecard, self.value, self.test)
            case Expression():
                return self.value(definition)
            case _:
                raise CannotSay

    # Triggers, rules, questions

    def condition(self, of: Trigger | Rule | Question) -> tuple[Formula, Formula]:
        """When a trigger fires (a rule's or a question's condition is true), and when it is unknown."""
        found = self.truth(of)
        return found.yes, found.unknown

    def truth(self, of: Trigger | Rule | Question) -> Truth:
        """When it is true and when it is false."""
        match of:
            case Trigger():
                found = self.symbol(of.name)
                if not isinstance(found, Truth):
                    raise TypeError(of.name)
                return found
            case Rule():
                return self.holds(of.condition, self)
            case Question():
                return self.answer(of, [self.atom(of, number) for number in range(len(of.atoms))])
            case _:
                assert_never(of)

    def atom(self, question: Question, number: int) -> Truth:
        """One atom of a question."""
        atom = question.atoms[number]
        if atom.node is None or atom.expression is None:
            found = self.symbol(atom.trigger or "")
            return found if isinstance(found, Truth) else Truth(NEVER, NEVER)
        return Encoder(self.scope_of(question), atom.expression.functions).truth(atom.node)

    def scope_of(self, question: Question) -> Encoding | OfEvent | OfResponses:
        """What names stand for in a question."""
        if question.owner == "constraint":
            return OfResponses(self)
        for trigger in self.policy.triggers:
            if question.owner == "trigger" and trigger.name == question.name:
                return OfEvent(self, trigger.name, "yes") if trigger.kind is TriggerKind.EVENT else self
        return self

    def answer(self, question: Question, atoms: list[Truth]) -> Truth:
        """A question's answer, given those of its atoms."""
        return _answer(question.tree, atoms)

    def _triggered(self, trigger: Trigger) -> Truth:
        found = self._state(trigger)
        if trigger.if_unknown is IfUnknown.FIRE:
            return Truth(opposite(found.no), found.no)
        return found

    def _state(self, trigger: Trigger) -> Truth:
        match trigger.kind:
            case TriggerKind.CONDITION:
                if trigger.condition is None:
                    return Truth(NEVER, ALWAYS)
                return self.holds(trigger.condition, self)
            case TriggerKind.SCHEDULE:
                due = self.world.flag(self._due(trigger))
                return Truth(due, opposite(due))
            case TriggerKind.EVENT:
                return self._event(trigger)
            case TriggerKind.PATTERN:
                key = self._pattern(trigger)
                yes = self.world.flag(key)
                if trigger.if_unknown is None:
                    return Truth(yes, opposite(yes))
                unknown = self.world.flag(f"{key} unknown")
                return Truth(both(yes, opposite(unknown)), both(opposite(yes), opposite(unknown)))

    def _event(self, trigger: Trigger) -> Truth:
        """Any of the new events: one stands for those that are true, one for those that are unknown."""
        came = self.world.flag(self.came(trigger))
        if trigger.condition is None:
            return Truth(came, opposite(came))
        one = self.holds(trigger.condition, OfEvent(self, trigger.name, "yes"))
        other = self.holds(trigger.condition, OfEvent(self, trigger.name, "unknown"))
        yes = both(came, one.yes)
        unknown = both(came, opposite(one.yes), other.unknown)
        return Truth(yes, opposite(either(yes, unknown)))

    def _due(self, trigger: Trigger) -> str:
        return f"due {trigger.per_account} {self.spelling.schedule()}"

    def _pattern(self, trigger: Trigger) -> str:
        return f"pattern {self.spelling.pattern(trigger)}"

    def state_flag(self, trigger: Trigger, name: str, state: object) -> bool | None:
        """What the flag of a schedule or a pattern is in this state; None where it is not this trigger's."""
        if trigger.kind is TriggerKind.SCHEDULE:
            return state is True if name == self._due(trigger) else None
        key = self._pattern(trigger)
        if name == key:
            return state is True
        return state is None if name == f"{key} unknown" else None

    @staticmethod
    def came(trigger: Trigger) -> str:
        """The name of the flag that says that an event of a trigger's came."""
        return f"new {trigger.event}" + (" of the account" if trigger.per_account else "")

    def holds(self, condition: Condition, scope: Encoding | OfEvent) -> Truth:
        """When a tree of conditions is true and when it is false."""
        match condition:
            case Leaf(expression=expression):
                return Encoder(scope, expression.functions).truth(expression.root)
            case Named(trigger=trigger):
                found = self.symbol(trigger)
                return found if isinstance(found, Truth) else Truth(NEVER, NEVER)
            case Group(mode=mode, parts=parts):
                return _together(mode, [self.holds(part, scope) for part in parts])

    # Responses

    def applies(self, rule: Rule) -> Formula:
        """When a rule puts its responses forward."""
        if id(rule) not in self.applied:
            spell = in_force(self.world.as_of().term, rule.since, rule.until)
            self.applied[id(rule)] = both(self.truth(rule).yes, spell)
        return self.applied[id(rule)]

    def put_forward(self, response: str, *, without: Rule | None = None) -> Formula:
        """When a rule calls for a response, for this account (or by it, where it is for the customer)."""
        rules = [each for each in self.policy.rules if response in each.responses and each is not without]
        return either(*(self.applies(each) for each in rules))

    def outranked(self, response: Response) -> Formula:
        """When another response of the family is put forward that ranks higher."""
        rivals = [
            each.name
            for each in self.policy.responses.values()
            if each.family == response.family
            and each.per_account == response.per_account
            and each.rank > response.rank
        ]
        return either(*(self.put_forward(name) for name in rivals))

    def standing(self, response: str) -> Formula:
        """When a response is chosen but for constraints: it wins, is known, and does not rest."""
        found = self.policy.responses[response]
        parts = [self.put_forward(response), opposite(self.outranked(found))]
        if response != REFER:
            parts += [self.parameter(found, each).known for each in found.parameters]
        return both(*parts, opposite(self.world.flag(f"resting {response}")))

    def parameter(self, response: Response, parameter: ResponseParameter) -> Truth | Known:
        """A value that a response carries, as it is rounded."""
        key = f"{RESPONSE}{response.name}.{parameter.name}"
        if key not in self.symbols:
            given = self.defined(parameter.definition, key, parameter.type, unknown=True)
            try:
                self.symbols[key] = finished(given, parameter, self.policy.currency, self.world)
            except CannotSay:
                text = f"{self.spelling.definition(parameter.definition)} {parameter.round}"
                self.symbols[key] = self.world.free(text, key, parameter.type, unknown=True)
        found = self.symbols[key]
        if isinstance(found, Truth | Known):
            return found
        return Truth(NEVER, NEVER)


def _together(mode: str, parts: list[Truth]) -> Truth:
    match mode:
        case "all":
            return all_of(parts)
        case "any":
            return any_of(parts)
        case _:
            return negated(any_of(parts))


def _answer(tree: object, atoms: list[Truth]) -> Truth:
    if isinstance(tree, int):
        return atoms[tree]
    parts = [_answer(part, atoms) for part in tree.parts]  # type: ignore[attr-defined]  # a part of a question
    return _together(tree.mode, parts)  # type: ignore[attr-defined]  # as above
