"""Which facts a policy makes use of: shared files of facts hold more than any one policy reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import Expression
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import ScoreUse, TableUse, That
from postloan_rules.policy.scorecards import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.policy.model import Constraint, Definition, Fact, Message, Response, Subject, Trigger
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["used_names"]


def used_names(
    facts: Iterable[Fact],
    triggers: Iterable[Trigger],
    responses: Mapping[str, Response],
    constraints: Iterable[Constraint],
    tables: Mapping[str, DecisionTable],
    subject: Subject | None,
) -> frozenset[str]:
    """Every name that a decision can read, directly or through facts; a table stands as `table name`."""
    by_name: dict[str, Fact] = {fact.name: fact for fact in facts}
    waiting = list(_direct(triggers, responses, constraints, subject))
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        if name.startswith("table "):
            waiting.extend(tables[name.removeprefix("table ")].reads)
        elif name in by_name:
            waiting.extend(_reads(by_name[name].definition))
    return frozenset(used)


def _reads(definition: Definition) -> Iterable[str]:
    if isinstance(definition, TableUse):
        return (f"table {definition.table}",)
    return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads


def _direct(
    triggers: Iterable[Trigger],
    responses: Mapping[str, Response],
    constraints: Iterable[Constraint],
    subject: Subject | None,
) -> Iterator[str]:
    if subject is not None and subject.where is not None:
        yield from subject.where.reads
    for trigger in triggers:
        for leaf in leaves(trigger.condition):
            yield from leaf.expression.reads
        if trigger.because is not None:
            yield from _of_message(trigger.because)
    for response in responses.values():
        for parameter in response.parameters:
            yield from _reads(parameter.definition)
        if response.reasons_from is not None:
            yield response.reasons_from + REASONS
    for constraint in constraints:
        if isinstance(constraint, That):
            yield from constraint.expression.reads


def _of_message(message: Message) -> Iterator[str]:
    for pieces in message.by_language.values():
        for piece in pieces:
            if isinstance(piece, Expression):
                yield from piece.reads
