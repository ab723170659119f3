"""Which names of a policy a change can reach, and which an example expects something of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.policy.model import Fact, Parameter, Response, Rule, Trigger
from postloan_rules.policy.tables import DecisionTable

if TYPE_CHECKING:
    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.mutations import Part
    from postloan_rules.analysis.redeciding import Reading
    from postloan_rules.policy.model import Policy

__all__ = ["mentioned", "reach_of"]

NEXT_REVIEW = "next review"


def mentioned(example: Example) -> frozenset[str]:
    """The triggers, responses and reasons that an example expects something of."""
    names = {mention.name for mention in example.expect.all_mentions()}
    if example.expect.next_review is not None:
        names.add(NEXT_REVIEW)
    return frozenset(names)


def reach_of(part: Part | None, policy: Policy, reading: Reading) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a change to a part reaches nearest, and all that it reaches.

    Both hold triggers and responses only: these are what an example can speak of.
    """
    triggers = {trigger.name for trigger in policy.triggers}
    match part:
        case Trigger(name=name):
            near = {name}
        case Rule(responses=responses):
            return frozenset(responses), frozenset(responses)
        case Response(name=name):
            return frozenset({name}), frozenset({name})
        case Parameter(name=name) | Fact(name=name):
            near = {name}
        case DecisionTable(name=table):
            near = {f"table {table}"}
        case _:
            return frozenset({NEXT_REVIEW}), frozenset({NEXT_REVIEW})
    far = set(near)
    first: set[str] = near & triggers
    waiting = set(near)
    while waiting:
        waiting = {name for name, read in reading.items() if read & waiting} - far
        far |= waiting
        first = first or waiting & triggers
    for rule in policy.rules:
        if rule.triggers & far:
            far |= set(rule.responses)
    return frozenset(first), frozenset(far - (reading.keys() - triggers))
