"""Who reads what: each name of a policy, table, scorecard, reason and field, with the entries that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from attrs import define, field

from postloan_rules.analysis.book.names import record_of
from postloan_rules.expressions import Expression, Filter, GlobalName, ItemField, Path, children
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.model import ScoreUse, TableUse, That
from postloan_rules.policy.patterns import parameters_of, steps_of
from postloan_rules.policy.scorecards import REASONS
from postloan_rules.policy.vocabulary import snapshot_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.expressions import Node
    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Condition, Definition
    from postloan_rules.policy.periods import Period

__all__ = ["References", "references_of"]


@define
class References:
    """For each (kind, name) that is used: the (kind, name) of the entries that use it, each once."""

    kinds: dict[str, str]
    users: dict[tuple[str, str], list[tuple[str, str]]] = field(factory=dict)

    def of(self, kind: str, name: str) -> list[tuple[str, str]]:
        """The entries that use something."""
        return self.users.get((kind, name), [])

    def add(self, kind: str, name: str, user: tuple[str, str]) -> None:
        """Note a use."""
        users = self.users.setdefault((kind, name), [])
        if user not in users and user != (kind, name):
            users.append(user)

    def name(self, name: str, user: tuple[str, str]) -> None:
        """Note a use of a name as expressions have it."""
        kind = self.kinds.get(name)
        if kind is not None:
            self.add(kind, name, user)

    def expression(
        self, expression: Expression | None, user: tuple[str, str], subject: str | None = None
    ) -> None:
        """Note all that an expression reads."""
        if expression is not None:
            self._node(expression.root, user, (), subject)

    def _node(
        self, node: Node, user: tuple[str, str], items: tuple[str | None, ...], subject: str | None
    ) -> None:
        match node:
            case GlobalName(name=name):
                self.name(name, user)
                if subject is not None and name not in self.kinds:
                    self.add("field", f"{subject}.{name}", user)
                elif name not in self.kinds and name in snapshot_names() and name != "bureau":
                    self.add("field", f"Snapshot.{name}", user)
            case Path(source=source, field=name) if record_of(source.type) is not None:
                self.add("field", f"{record_of(source.type)}.{name}", user)
            case ItemField(name=name) if items and items[-1] is not None:
                self.add("field", f"{items[-1]}.{name}", user)
            case Filter(source=source, condition=condition):
                self._node(source, user, items, subject)
                self._node(condition, user, (*items, record_of(source.type)), subject)
                return
            case _:
                pass
        for part in children(node):
            self._node(part, user, items, subject)

    def condition(self, condition: Condition | None, user: tuple[str, str]) -> None:
        """Note all that a condition reads."""
        for leaf in leaves(condition):
            self.expression(leaf.expression, user)
        for each in named(condition) if condition is not None else ():
            self.add("trigger", each.trigger, user)

    def definition(self, definition: Definition, user: tuple[str, str]) -> None:
        """Note what a value is computed from."""
        match definition:
            case Expression():
                self.expression(definition, user)
            case TableUse(table=table):
                self.add("table", table, user)
            case ScoreUse(scorecard=scorecard):
                self.add("scorecard", scorecard.name, user)
            case _:
                assert_never(definition)

    def period(self, period: Period | None, user: tuple[str, str]) -> None:
        """Note the parameter that gives a length of time."""
        if period is not None and period.parameter is not None:
            self.name(period.parameter, user)


def references_of(policy: Policy, kinds: dict[str, str]) -> References:
    """All uses in a policy."""
    found = References(kinds)
    if policy.subject is not None:
        found.expression(policy.subject.where, ("subject", "subject"), "Account")
    _definitions(policy, found)
    for trigger in policy.triggers:
        user = ("trigger", trigger.name)
        found.condition(trigger.condition, user)
        if trigger.pattern is not None:
            for step in steps_of(trigger.pattern):
                found.condition(step.where, user)
            for name in sorted(parameters_of(trigger.pattern)):
                found.name(name, user)
        if trigger.because is not None:
            for pieces in trigger.because.by_language.values():
                for piece in pieces:
                    found.expression(piece if isinstance(piece, Expression) else None, user)
    for rule in policy.rules:
        found.condition(rule.condition, ("rule", rule.id))
        for response in rule.responses:
            found.add("response", response, ("rule", rule.id))
    _responses(policy, found)
    _schedule(policy, found)
    return found


def _definitions(policy: Policy, found: References) -> None:
    cards = {}
    for fact in policy.facts:
        found.definition(fact.definition, ("fact", fact.name))
        if isinstance(fact.definition, ScoreUse):
            cards[fact.definition.scorecard.name] = fact.definition.scorecard
    for card in cards.values():
        user = ("scorecard", card.name)
        for characteristic in card.characteristics:
            found.expression(characteristic.expression, user)
            found.add("reason", characteristic.reason, user)
            for attribute in characteristic.attributes:
                found.expression(attribute.test, user)
    for table in policy.tables.values():
        user = ("table", table.name)
        cells: Iterable[Expression | None] = (
            *(part for column in table.inputs for part in (column.expression, column.allowed)),
            *(output.default for output in table.outputs),
            *(cell for row in table.rows for cell in (*row.tests, *row.outputs)),
        )
        for cell in cells:
            found.expression(cell, user)


def _responses(policy: Policy, found: References) -> None:
    for response in policy.responses.values():
        user = ("response", response.name)
        for parameter in response.parameters:
            found.definition(parameter.definition, user)
        for reason in response.reasons:
            found.add("reason", reason, user)
        if response.reasons_from is not None:
            found.add("scorecard", response.reasons_from, user)
            found.name(response.reasons_from + REASONS, user)
        found.period(response.cool_down, user)
        found.period(response.notice.before if response.notice is not None else None, user)
    for constraint in policy.constraints:
        user = ("constraint", constraint.id)
        for name in constraint.responses:
            found.add("response", name, user)
        found.expression(constraint.expression if isinstance(constraint, That) else None, user)


def _schedule(policy: Policy, found: References) -> None:
    if policy.schedule is None:
        return
    user = ("schedule", "schedule")
    for period in (policy.schedule.standard, policy.schedule.shortest, policy.schedule.longest):
        found.period(period, user)
    for adjustment in policy.schedule.adjustments:
        found.condition(adjustment.condition, user)
        found.period(adjustment.every, user)
