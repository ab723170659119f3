"""Counting decisions over a portfolio: how many customers, and how many of them went bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field

from postloan_rules.decisions import State
from postloan_rules.policy.model import REFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions import Decision
    from postloan_rules.problems import Problem

__all__ = ["GROUPS", "INTERVALS", "Heads", "Subject", "Tally", "interval_of"]

Subject: TypeAlias = Literal["group", "trigger", "response", "cause", "review"]

GROUPS = (
    "all customers",
    "no response called for",
    "no adverse response",
    "an adverse response",
    "referred to an officer",
)
_LONGEST = (
    (7, "within 7 days"),
    (14, "8 to 14 days"),
    (31, "15 to 31 days"),
    (92, "1 to 3 months"),
    (184, "3 to 6 months"),
    (275, "6 to 9 months"),
    (366, "9 to 12 months"),
)
INTERVALS = (*(name for _, name in _LONGEST), "later", "none")
MOST_PROBLEMS = 200


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

    def merge(self, other: Heads) -> None:
        """Count those of another count as well."""
        self.customers += other.customers
        self.judged += other.judged
        self.bad += other.bad


def interval_of(decision: Decision) -> str:
    """How long until the next review, in words."""
    if decision.next_review is None:
        return "none"
    days = (decision.next_review - decision.as_of).days
    return next((name for longest, name in _LONGEST if days <= longest), "later")


@define
class Tally:
    """The counts of a part of a portfolio. Merging is the same in any order."""

    heads: dict[tuple[Subject, str, str], Heads] = field(factory=dict)
    refused: int = 0
    problems: list[tuple[int, Problem]] = field(factory=list)
    """By line; the first ones only where there are many."""

    def take(self, decision: Decision, *, bad: bool | None) -> None:
        """Count a decision. A customer counts once, however many accounts are decided."""
        for key in dict.fromkeys(_keys(decision)):
            self.heads.setdefault(key, Heads()).add(bad=bad)

    def refuse(self, line: int, problems: tuple[Problem, ...]) -> None:
        """Count a customer that could not be decided."""
        self.refused += 1
        self.problems += [(line, problem) for problem in problems]
        self._shorten()

    def merge(self, other: Tally) -> None:
        """Count those of another tally as well."""
        for key, heads in other.heads.items():
            self.heads.setdefault(key, Heads()).merge(heads)
        self.refused += other.refused
        self.problems += other.problems
        self._shorten()

    def _shorten(self) -> None:
        if len(self.problems) > MOST_PROBLEMS:
            self.problems.sort(key=lambda pair: (pair[0], pair[1].path, pair[1].code, pair[1].message))
            del self.problems[MOST_PROBLEMS:]


def _keys(decision: Decision) -> Iterator[tuple[Subject, str, str]]:
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
