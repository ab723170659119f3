"""What the policy team's examples should show of a policy: each thing by itself, with what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.analysis.questions import Question, Truth, questions_of
from postloan_rules.analysis.thresholds import SIDES, Side, Threshold, of_columns, of_question
from postloan_rules.decisions import State
from postloan_rules.policy.model import IfUnknown, Policy, Rule, TableUse, Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.problems import Span

__all__ = [
    "Answered",
    "AtLimit",
    "Decides",
    "Goal",
    "InState",
    "Kind",
    "OfRule",
    "OfTrigger",
    "Subject",
    "TakesRow",
    "goals_of",
    "owner_of",
    "tables_used",
]

Kind: TypeAlias = Literal["trigger", "rule", "row", "condition", "atom", "effect", "boundary"]


@frozen
class OfTrigger:
    """A trigger is in this state."""

    trigger: Trigger
    state: State


@frozen
class OfRule:
    """A rule applies, or does not."""

    rule: Rule
    applies: bool


@frozen
class TakesRow:
    """A table takes this row, counted from 0."""

    table: str
    row: int


@frozen
class Answered:
    """A whole condition is true, false or unknown."""

    question: Question
    answer: Truth


@frozen
class InState:
    """A part of a condition is."""

    question: Question
    atom: int
    state: Truth


@frozen
class Decides:
    """A part of a condition makes the whole what it is, by itself (MC/DC)."""

    question: Question
    atom: int
    state: bool


@frozen
class AtLimit:
    """A value lies at a limit, or one step beside it. Without a question that is in a table or scorecard."""

    threshold: Threshold
    side: Side
    question: Question | None


Subject: TypeAlias = "OfTrigger | OfRule | TakesRow | Answered | InState | Decides | AtLimit"


@frozen
class Goal:
    """One thing that the examples should show."""

    kind: Kind
    """`trigger` and `rule`: each state; `row`: that it decides; `condition` and `atom`: each truth value;
    `effect`: that the atom alone makes the whole what it is, true or false (MC/DC); `boundary`: that a value
    lies at a limit, or one step beside it."""
    owner: str
    """What it belongs to, in the policy team's words, such as "the trigger `job_lost`"."""
    wanted: str
    """What should be seen: `fired`, `unknown`, `true`, `decides` …"""
    text: str
    """The condition as it is written; empty for a whole trigger, rule or row."""
    span: Span = field(repr=False, eq=False)
    about: Subject = field(repr=False, eq=False)


_WORDS: Mapping[Truth, str] = {True: "true", False: "false", None: "unknown"}
_SIDES: Mapping[Side, str] = {"at": "at the limit", "below": "one step below", "above": "one step above"}


def goals_of(policy: Policy, *, boundaries: bool = False) -> Iterator[Goal]:
    """Everything there is to show, in the order of the policy.

    Args:
        policy: The policy.
        boundaries: Whether each limit is to be met, and each value one step beside it.
    """
    for trigger in policy.triggers:
        for state in _states(trigger):
            yield trigger_goal(trigger, state)
    for rule in policy.rules:
        for applies in (True, False):
            yield rule_goal(rule, applies=applies)
    for name in tables_used(policy):
        for number in range(len(policy.tables[name].rows)):
            yield row_goal(policy, name, number)
    for question in questions_of(policy):
        if question.owner == "constraint":
            yield answer_goal(question, True)  # a breach is what the policy must not let happen
        elif question.owner != "rule":
            yield from _answers(question)
        if len(question.atoms) > 1:
            yield from _sides(question)
        if boundaries:
            for threshold in of_question(question, policy):
                for side in SIDES:
                    yield limit_goal(owner_of(question), threshold, side, question)
    if boundaries:
        for owner, threshold in of_columns(policy, tables_used(policy)):
            for side in SIDES:
                yield limit_goal(owner, threshold, side, None)


def _states(trigger: Trigger) -> Iterator[State]:
    if trigger.condition is None or trigger.kind is TriggerKind.EVENT:
        yield State.FIRED
        yield State.NOT_FIRED
    if trigger.if_unknown in (IfUnknown.IGNORE, IfUnknown.REFER) and trigger.condition is None:
        yield State.UNKNOWN


def tables_used(policy: Policy) -> Iterator[str]:
    """The tables that a fact or a parameter of a response reads."""
    used = {fact.definition.table for fact in policy.facts if isinstance(fact.definition, TableUse)}
    for response in policy.responses.values():
        for parameter in response.parameters:
            if isinstance(parameter.definition, TableUse):
                used.add(parameter.definition.table)
    return (name for name in policy.tables if name in used)


def trigger_goal(trigger: Trigger, state: State) -> Goal:
    """A trigger in a state."""
    owner, wanted = f"the trigger `{trigger.name}`", state.value.replace("_", " ")
    return Goal("trigger", owner, wanted, "", trigger.span, OfTrigger(trigger, state))


def rule_goal(rule: Rule, *, applies: bool) -> Goal:
    """A rule that applies or does not."""
    return Goal("rule", f"the rule `{rule.id}`", _WORDS[applies], "", rule.span, OfRule(rule, applies))


def row_goal(policy: Policy, table: str, number: int) -> Goal:
    """A row of a table, counted from 0."""
    span = policy.tables[table].rows[number].span
    owner = f"row {number + 1} of the table `{table}`"
    return Goal("row", owner, "decides", "", span, TakesRow(table, number))


def owner_of(question: Question) -> str:
    """Whose condition it is."""
    if question.owner == "schedule":
        return f"the interval `{question.name}`"
    return f"the {question.owner} `{question.name}`"


def answer_goal(question: Question, answer: Truth) -> Goal:
    """A whole condition with an answer."""
    text = question.atoms[0].text if len(question.atoms) == 1 else ""
    about = Answered(question, answer)
    return Goal("condition", owner_of(question), _WORDS[answer], text, question.span, about)


def state_goal(question: Question, number: int, state: Truth) -> Goal:
    """A part of a condition in a state."""
    atom = question.atoms[number]
    about = InState(question, number, state)
    return Goal("atom", owner_of(question), _WORDS[state], atom.text, atom.span, about)


def effect_goal(question: Question, number: int, *, state: bool) -> Goal:
    """A part of a condition that decides alone."""
    atom = question.atoms[number]
    about = Decides(question, number, state)
    return Goal("effect", owner_of(question), _WORDS[state], atom.text, atom.span, about)


def limit_goal(owner: str, threshold: Threshold, side: Side, question: Question | None) -> Goal:
    """A value at a limit or beside it."""
    about = AtLimit(threshold, side, question)
    return Goal("boundary", owner, _SIDES[side], threshold.text, threshold.span, about)


def _answers(question: Question) -> Iterator[Goal]:
    yield answer_goal(question, True)
    yield answer_goal(question, False)
    if question.may_be_unknown:
        yield answer_goal(question, None)


def _sides(question: Question) -> Iterator[Goal]:
    for number, atom in enumerate(question.atoms):
        yield state_goal(question, number, True)
        yield state_goal(question, number, False)
        if atom.may_be_unknown:
            yield state_goal(question, number, None)
    for number in range(len(question.atoms)):
        yield effect_goal(question, number, state=True)
        yield effect_goal(question, number, state=False)
