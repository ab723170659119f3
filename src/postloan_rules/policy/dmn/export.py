"""A policy as a DMN 1.5 file: its inputs, parameters, facts and tables, and its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.expressions import BOOLEAN, STRING, ListType
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.dmn.cells import condition_text, own_functions
from postloan_rules.policy.dmn.constants import parameter_text
from postloan_rules.policy.dmn.decisions_out import Decisions
from postloan_rules.policy.dmn.markup import Element, document, element
from postloan_rules.policy.dmn.notices import description, noted
from postloan_rules.policy.dmn.scorecards_out import points_tables, score_text
from postloan_rules.policy.dmn.tables_out import days_text, table_element
from postloan_rules.policy.dmn.types_out import identifier, text
from postloan_rules.policy.dmn.words import FEEL, MODEL, OURS
from postloan_rules.policy.model import (
    Fact,
    Parameter,
    Policy,
    Rule,
    ScoreUse,
    TableUse,
    Trigger,
    TriggerKind,
)
from postloan_rules.policy.patterns import text_of_pattern
from postloan_rules.policy.tables import AS_OF, HitPolicy
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.expressions import Expression
    from postloan_rules.policy.tables import DecisionTable, Output

__all__ = ["to_dmn"]

_NEW_EVENTS = "Events of type {} that no review has looked at, as the engine finds them."
_DUE = "Whether a review is due, as the engine finds it."
_PATTERN = "Whether this happened, as the engine finds it among the events: {}."
_ADDED_UP = (HitPolicy.COLLECT_SUM, HitPolicy.COLLECT_MIN, HitPolicy.COLLECT_MAX, HitPolicy.COLLECT_COUNT)


def to_dmn(policy: Policy) -> str:
    """The DMN 1.5 file of a policy; the same policy gives the same bytes."""
    return document(_Export(policy).definitions())


@define
class _Export:
    """One run of the export."""

    policy: Policy
    out: Decisions = field(factory=Decisions)
    merged: set[str] = field(factory=set)
    """Facts that take the only output of the table of their own name: one decision is both."""
    tables: dict[tuple[str, str], tuple[str, str]] = field(factory=dict)
    """For each table and output: the decision that holds it, and the expression that reads it."""
    functions: set[str] = field(factory=set)

    def definitions(self) -> Element:
        """The whole file."""
        policy = self.policy
        self.out.taken = {*snapshot_names(), ACCOUNT, *(each.name for each in policy.inputs)}
        self.out.taken |= {each.name for each in policy.parameters} | {each.name for each in policy.facts}
        self.out.taken |= {each.name for each in policy.triggers}
        for given in policy.inputs:
            required = "true" if given.required else None
            notes = noted(given.note)
            self.out.read(
                given.name,
                given.type,
                *notes,
                plr_kind="input",
                plr_required=required,
                plr_source=given.source or None,
            )
        for parameter in policy.parameters:
            self._parameter(parameter)
        for name in sorted(policy.tables):
            self._table(policy.tables[name])
        for fact in policy.facts:
            if fact.name not in self.merged:
                self._fact(fact)
        for trigger in policy.triggers:
            self._trigger(trigger)
        for rule in policy.rules:
            self._rule(rule)
        return self._whole()

    def _whole(self) -> Element:
        policy = self.policy
        kept = element(
            "plr:ruleset",
            version=policy.version,
            language=str(policy.language),
            currency=policy.currency,
            profile=policy.profile,
            fingerprint=policy.fingerprint,
        )
        return element(
            "definitions",
            text("description", description(policy, frozenset(self.functions))),
            element("extensionElements", kept),
            *self.out.types.ordered(),
            *(self.out.inputs[name] for name in sorted(self.out.inputs)),
            *self.out.decisions,
            xmlns=MODEL,
            **{"xmlns:plr": OURS},
            id=identifier("ruleset", policy.id),
            name=policy.id,
            namespace=f"{OURS}:{identifier('ruleset', policy.id)}",
            expressionLanguage=FEEL,
            typeLanguage=FEEL,
            exporter="postloan_rules",
        )

    def _calls(self, expressions: Iterable[Expression | None]) -> None:
        for each in expressions:
            if each is not None:
                self.functions |= own_functions(each.root)

    def _parameter(self, parameter: Parameter) -> None:
        """A constant, or one that changes with the days."""
        written, reads = parameter_text(parameter), {AS_OF} if len(parameter.values) > 1 else set[str]()
        if parameter.values[0].since is not None:
            reads = {AS_OF}
        logic = self.out.literal(parameter.name, written, parameter.type)
        kind = {"plr_kind": "parameter", "plr_source": parameter.source or None}
        self.out.decide(parameter.name, logic, reads, *noted(parameter.note), **kind)

    def _fact(self, fact: Fact) -> None:
        reads: Iterable[str]
        match fact.definition:
            case TableUse(table, output):
                decision, written = self.tables[table, output]
                reads = (decision,)
            case ScoreUse(part="score"):
                written, reads = self._score(fact)
            case ScoreUse():
                self.out.read(fact.name, ListType(STRING), plr_kind="reasons")
                return
            case expression:
                self._calls((expression,))
                written, reads = expression.canonical, expression.reads
        logic = self.out.literal(fact.name, written, fact.type)
        kind = {"plr_kind": "fact", "plr_source": fact.source or None}
        self.out.decide(fact.name, logic, reads, *noted(fact.note), **kind)

    def _score(self, fact: Fact) -> tuple[str, Iterable[str]]:
        """A table for each characteristic; the score adds up what they give."""
        if not isinstance(fact.definition, ScoreUse):
            raise TypeError("a score comes from a scorecard")
        card = fact.definition.scorecard
        names: list[str] = []
        for table in points_tables(card):
            self._table(table)
            names.append(self.tables[table.name, table.outputs[0].name][0])
        return score_text(card, names), names

    # Tables

    def _table(self, table: DecisionTable) -> None:
        """A decision for a table; one for each output where what they give is counted or added up."""
        self._calls(cell for row in table.rows for cell in (*row.tests, *row.outputs))
        self._calls(each.expression for each in table.inputs)
        own = next((fact for fact in self.policy.facts if fact.name == table.name), None)
        only, *more = table.outputs
        if own is not None and own.definition == TableUse(table.name, only.name, own.span) and not more:
            self.merged.add(own.name)
            self._write_table(table, (only,), own.name, own)
            return
        if table.hit in _ADDED_UP and more:
            for output in table.outputs:
                self._write_table(table, (output,), self.out.free(f"{table.name}_{output.name}"))
        else:
            self._write_table(table, table.outputs, self.out.free(table.name))

    def _write_table(
        self, table: DecisionTable, outputs: tuple[Output, ...], name: str, own: Fact | None = None
    ) -> None:
        logic = table_element(table, outputs, self.out.types, f"{identifier('decision', name)}.table")
        for output in outputs:
            read = name if len(outputs) == 1 else f"{name}.{output.name}"
            self.tables[table.name, output.name] = (name, read)
        notes = noted(own.note) if own is not None else ()
        source = (own.source or None) if own is not None else None
        self.out.decide(name, logic, table.reads, *notes, plr_kind="table", plr_source=source)

    # Conditions

    def _trigger(self, trigger: Trigger) -> None:
        """A condition that DMN can compute, or an input where the engine looks at reviews and events."""
        condition = trigger.condition
        read = {name for leaf in leaves(condition) for name in leaf.expression.reads}
        self._calls(leaf.expression for leaf in leaves(condition))
        if trigger.kind is TriggerKind.EVENT:
            events = self.out.free(f"new_events_for_{trigger.name}")
            said = text("description", _NEW_EVENTS.format(trigger.event))
            self.out.read(events, ListType(record("Event")), said, plr_kind="events")
            written = f"count({events}) > 0"
            if condition is not None:
                written = f"some {EVENT} in {events} satisfies {condition_text(condition)}"
            read = {events, *read} - {EVENT}
        elif condition is None:
            said = text("description", _DUE)
            if trigger.pattern is not None:
                said = text("description", _PATTERN.format(text_of_pattern(trigger.pattern)))
            self.out.read(trigger.name, BOOLEAN, said, plr_kind=trigger.kind.value)
            return
        else:
            written = condition_text(condition)
        if trigger.if_unknown is not None and trigger.if_unknown.value == "fire":
            written = f"({written}) in (true, null)"
        logic = self.out.literal(trigger.name, written, BOOLEAN)
        if_unknown = trigger.if_unknown.value if trigger.if_unknown is not None else None
        kept = element("plr:trigger", kind=trigger.kind.value, event=trigger.event, if_unknown=if_unknown)
        kind = {"plr_kind": "trigger", "plr_source": trigger.source or None}
        self.out.decide(trigger.name, logic, read, *noted(trigger.note, kept), **kind)

    def _rule(self, rule: Rule) -> None:
        name = self.out.free(identifier("rule", rule.id).replace("-", "_"))
        read, written = {each.trigger for each in named(rule.condition)}, condition_text(rule.condition)
        days = days_text(rule.since, rule.until)
        if days:
            written, read = f"{AS_OF} in ({days}) and ({written})", {AS_OF, *read}
        logic = self.out.literal(name, written, BOOLEAN)
        kept = element(
            "plr:rule", *(element("plr:then", response=each) for each in rule.responses), id=rule.id
        )
        notes = noted(rule.note, kept, said=f"Calls for: {', '.join(rule.responses)}.")
        kind = {"plr_kind": "rule", "plr_source": rule.source or None}
        self.out.decide(name, logic, read, *notes, label=rule.id, **kind)
