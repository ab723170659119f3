"""Counting decisions over a portfolio: how many customers, and how many of them went bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field

from postloan_rules.decisions import State
from postloan_rules.policy.model import REFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions import Decision

__all__ = ["GROUPS", "INTERVALS", "LONGEST", "Heads", "Key", "Subject", "Tally", "interval_of"]

Subject: TypeAlias = Literal["group", "trigger", "response", "cause", "review"]

Key: TypeAlias = tuple[Subject, str, str]
"""What is counted: a trigger that fired, a response that was withheld."""

GROUPS = (
    "all customers",
    "no response called for",
    "no adverse response",
    "an adverse response",
    "referred to an officer",
)
LONGEST = (
    (7, "within 7 days"),
    (14, "8 to 14 days"),
    (31, "15 to 31 days"),
    (92, "1 to 3 months"),
    (184, "3 to 6 months"),
    (275, "6 to 9 months"),
    (366, "9 to 12 months"),
)
INTERVALS = (*(name for _, name in LONGEST), "later", "none")


@define
class Heads:
    """So many customers; of `judged` it is known what became of them, and `bad` of those went bad."""

    customers: int = 0
    judged: int = 0
    bad: int = 0

    def add(self, *, bad: bool | None) -> None:
        """Count one more."""
        self.customers += 1
        self.judged += bad is not None
        self.bad += bad is True


def interval_of(decision: Decision) -> str:
    """How long until the next review, in words."""
    if decision.next_review is None:
        return "none"
    days = (decision.next_review - decision.as_of).days
    return next((name for longest, name in LONGEST if days <= longest), "later")


@define
class Tally:
    """The counts of a portfolio, in the memory of this process: for a few thousand customers."""

    heads: dict[Key, Heads] = field(factory=dict)

    def take(self, decision: Decision, *, bad: bool | None) -> None:
        """Count a decision. A customer counts once, however many accounts are decided."""
        for key in dict.fromkeys(_keys(decision)):
            self.heads.setdefault(key, Heads()).add(bad=bad)


def _keys(decision: Decision) -> Iterator[Key]:
    adverse = any(each.adverse for each in decision.responses)
    yield "group", GROUPS[0], ""
    if not decision.responses:
        yield "group", GROUPS[1], ""
    yield "group", GROUPS[3 if adverse else 2], ""
    chosen = {each.response for each in decision.responses}
    if REFER in chosen:
        yield "group", GROUPS[4], ""
    fired = {each.trigger for each in decision.triggers if each.state is State.FIRED}
    for trigger in decision.triggers:
        if trigger.state is State.FIRED:
            yield "trigger", trigger.trigger, "fired"
        elif trigger.state is State.UNKNOWN and trigger.trigger not in fired:
            yield "trigger", trigger.trigger, "unknown"
    for response in chosen:
        yield "response", response, "chosen"
    for withheld in decision.withheld:
        yield "cause", withheld.response, withheld.cause.value
        if withheld.response not in chosen:
            yield "response", withheld.response, "withheld"
    yield "review", interval_of(decision), ""
