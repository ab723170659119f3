"""What an example expects: what the policy says of its customer now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.analysis.goals import Answered, AtLimit, Decides, InState, OfRule, OfTrigger
from postloan_rules.decisions import State
from postloan_rules.decisions.decide import concluded
from postloan_rules.expressions import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.analysis.goals import Goal
    from postloan_rules.analysis.missing_examples.making import Written
    from postloan_rules.decisions import Decision
    from postloan_rules.policy.model import Policy

__all__ = ["expected"]


def expected(example: Written) -> dict[str, object]:
    """What to write under `expect`."""
    found = example.found
    decision = concluded(found, found.snapshot.fingerprint)
    several = len(found.accounts) > 1
    result: dict[str, object] = {}
    for key, state in (("fired", State.FIRED), ("unknown", State.UNKNOWN)):
        names = _in_state(decision, state)
        if names:
            result[key] = names
    about = set(_triggers(example.shows, found.policy))
    rests = [each for each in _in_state(decision, State.NOT_FIRED) if each.partition("@")[0] in about]
    if rests:
        result["not_fired"] = rests
    chosen = [_at(each.response, each.account_id, several=several) for each in decision.responses]
    result["responses"] = chosen
    withheld = [_at(each.response, each.account_id, several=several) for each in decision.withheld]
    not_there = [
        each
        for each in dict.fromkeys(_responses(example.shows))
        if not any(each == one.partition("@")[0] for one in (*chosen, *withheld))
    ]
    if not_there and chosen:
        result["not_responses"] = not_there
    if withheld:
        result["withheld"] = withheld
    if decision.reasons:
        result["reasons"] = list(decision.reasons)
    parameters = {
        f"{_at(each.response, each.account_id, several=several)}.{name}": _constant(value)
        for each in decision.responses
        for name, value in each.parameters.items()
        if text_of(value)
    }
    if parameters:
        result["parameters"] = parameters
    if decision.next_review is not None:
        result["next_review"] = decision.next_review.isoformat()
    return result


def _at(name: str, account_id: str | None, *, several: bool) -> str:
    return f"{name}@{account_id}" if several and account_id is not None else name


def _in_state(decision: Decision, state: State) -> list[str]:
    """The triggers in a state: with the account, where they are so on one and not on another."""
    found: list[str] = []
    for name in dict.fromkeys(each.trigger for each in decision.triggers):
        of = [each for each in decision.triggers if each.trigger == name]
        there = [each for each in of if each.state is state]
        if len(there) == len(of):
            found.append(name)
        else:
            found += [f"{name}@{each.account_id}" for each in there]
    return found


def _triggers(goals: Iterable[Goal], policy: Policy) -> Iterator[str]:
    """The triggers that the goals are about, directly or by a fact that they read."""
    for goal in goals:
        match goal.about:
            case OfTrigger(trigger=trigger):
                yield trigger.name
            case OfRule(rule=rule):
                yield from rule.triggers
            case Answered(question=question) | InState(question=question) | Decides(question=question):
                yield from _read_by(question.name, policy)
            case AtLimit(question=question) if question is not None:
                yield from _read_by(question.name, policy)
            case _:
                continue


def _read_by(name: str, policy: Policy) -> Iterator[str]:
    from postloan_rules.policy.conditions import leaves  # noqa: PLC0415 - a small thing, used here alone

    for trigger in policy.triggers:
        if trigger.name == name or any(name in leaf.expression.reads for leaf in leaves(trigger.condition)):
            yield trigger.name
    for rule in policy.rules:
        if rule.id == name:
            yield from rule.triggers


def _responses(goals: Iterable[Goal]) -> Iterator[str]:
    """The responses of rules that do not apply."""
    for goal in goals:
        if isinstance(goal.about, OfRule) and not goal.about.applies:
            yield from goal.about.rule.responses


def _constant(value: object) -> object:
    if isinstance(value, bool | int | Decimal):
        return value
    return text_of(value)
