"""What names stand for, spelled out: equal texts are equal values, in this policy and in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from attrs import define, field

from postloan_rules.analysis.proof.rebuilding import spelled
from postloan_rules.expressions import Expression, GlobalName, ListType, text_of
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import Condition, Group, Leaf, Named, ScoreUse, TableUse, TriggerKind
from postloan_rules.policy.patterns import EventAbsence, EventCount, EventSequence, Hours

if TYPE_CHECKING:
    from postloan_rules.expressions import Node
    from postloan_rules.policy.model import Definition, Fact, Policy, Trigger
    from postloan_rules.policy.patterns import PatternStep, Within

__all__ = ["Spelling"]


@define
class Spelling:
    """The texts of a policy's names."""

    policy: Policy
    facts: dict[str, Fact]
    triggers: dict[str, Trigger]
    known: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, policy: Policy) -> Spelling:
        """The spelling of a policy's names."""
        facts = {each.name: each for each in policy.facts}
        return cls(policy, facts, {each.name: each for each in policy.triggers})

    def text(self, name: str) -> str:
        """A name with all that it stands for."""
        if name not in self.known:
            self.known[name] = self._spelled(name)
        return self.known[name]

    def _spelled(self, name: str) -> str:
        if name in self.facts:
            return f"({self.definition(self.facts[name].definition)})"
        if name in self.triggers:
            return f"({self._trigger(self.triggers[name])})"
        for parameter in self.policy.parameters:
            if parameter.name == name:
                if len(parameter.values) == 1:
                    return _written(parameter.values[0].value)
                return "; ".join(f"{each.since}..{each.until}: {each.value}" for each in parameter.values)
        for each in self.policy.inputs:
            if each.name == name:
                return f"attributes.{name}"
        return name

    def definition(self, definition: Definition) -> str:
        """What a value is worked out by."""
        match definition:
            case TableUse():
                table = self.policy.tables[definition.table]
                columns = [
                    self.definition(each.expression)
                    + ("" if each.allowed is None else f" among {self.definition(each.allowed)}")
                    for each in table.inputs
                ]
                rows = [
                    f"{row.since}..{row.until}: "
                    + " | ".join("-" if each is None else self.definition(each) for each in row.tests)
                    + " -> "
                    + " | ".join(self.definition(each) for each in row.outputs)
                    for row in table.rows
                ]
                defaults = [
                    "" if each.default is None else self.definition(each.default) for each in table.outputs
                ]
                values = [str(each.values) for each in table.outputs if each.values]
                return f"table {table.hit} {columns} {rows} {defaults} {values} {definition.output}"
            case ScoreUse():
                card = definition.scorecard
                parts = [
                    f"{self.definition(each.expression)}: {each.unknown} {each.baseline} {each.reason}"
                    + str(
                        [
                            (None if one.test is None else self.definition(one.test), str(one.points))
                            for one in each.attributes
                        ]
                    )
                    for each in card.characteristics
                ]
                return f"score {definition.part} {card.base} {card.lost} {parts}"
            case Expression():
                return canonical(spelled(definition.root, self.text))

    def _trigger(self, trigger: Trigger) -> str:
        condition = "" if trigger.condition is None else self.condition(trigger.condition)
        more = self.schedule() if trigger.kind is TriggerKind.SCHEDULE else self.pattern(trigger)
        return f"{trigger.kind} {trigger.event} {condition} {more} {trigger.if_unknown}"

    def condition(self, condition: Condition) -> str:
        """A tree of conditions."""
        match condition:
            case Leaf(expression=expression):
                return self.definition(expression)
            case Named(trigger=trigger):
                return self.text(trigger)
            case Group(mode=mode, parts=parts):
                return f"{mode}({', '.join(sorted(self.condition(part) for part in parts))})"

    def pattern(self, trigger: Trigger) -> str:
        """The pattern of a trigger."""
        match trigger.pattern:
            case None:
                return ""
            case EventSequence(steps=steps, within=within):
                text = f"sequence {[self._step(each) for each in steps]}"
            case EventCount(step=step, at_least=at_least, within=within):
                least = self.text(at_least) if isinstance(at_least, str) else at_least
                text = f"at least {least} of {self._step(step)}"
            case EventAbsence(after=after, absent=absent, within=within):
                text = f"after {self._step(after)} no {self._step(absent)}"
            case _:
                assert_never(trigger.pattern)
        return f"{text} within {self.within(within)} {trigger.per_account}"

    def _step(self, step: PatternStep) -> str:
        where = "" if step.where is None else self.condition(step.where)
        return f"{step.event} {step.name or ''} ({where})"

    def within(self, within: Within) -> str:
        """A length of time."""
        if isinstance(within, Hours) or within.parameter is None:
            return str(within)
        return f"{self.text(within.parameter)} {within.unit}"

    def schedule(self) -> str:
        """How long after a review the next one is due."""
        schedule = self.policy.schedule
        if schedule is None:
            return ""
        return self.within(schedule.standard)

    def opened(self, node: Node) -> Node:
        """A list by what it is, where it is named."""
        while isinstance(node, GlobalName) and node.name in self.facts:
            fact = self.facts[node.name]
            if not isinstance(fact.type, ListType) or not isinstance(fact.definition, Expression):
                return node
            node = fact.definition.root
        return node


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else text_of(value) or str(value)
