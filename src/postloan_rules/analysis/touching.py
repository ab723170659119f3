"""Whether a change to one part of a policy can make a difference for a customer, without deciding again.

It looks at what the part itself, and what reads it at first hand, comes to before and after. What it is not
sure of counts as touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.redeciding import same
from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.triggers import state_of
from postloan_rules.decisions.values import definition_value
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import (
    Adjustment,
    Fact,
    IfUnknown,
    Parameter,
    Response,
    Rule,
    ScoreUse,
    TableUse,
    That,
    Trigger,
)
from postloan_rules.policy.patterns import parameters_of
from postloan_rules.policy.tables import DecisionTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.mutations import Mutant
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Definition, Policy

__all__ = ["touches"]


def touches(mutant: Mutant, example: Example, found: Outcome) -> bool:
    """Whether the change can make a difference for the customer of an example.

    Args:
        mutant: The change.
        example: Whose customer it is.
        found: What the policy as it is comes to for the customer.
    """
    before, after = mutant.before, mutant.after
    match before:
        case Fact() if isinstance(after, Fact):
            return any(
                not same(names[before.name], definition_value(after.definition, found.policy, names))
                for _, names in _scopes(found)
                if before.name in names
            )
        case Trigger() if isinstance(after, Trigger):
            return any(_otherwise(before, after, found, account, names) for account, names in _scopes(found))
        case Rule():
            return any(
                _rule(before, found, names) != _rule(after, found, names) for _, names in _scopes(found)
            )
        case DecisionTable():
            return _table(before, mutant.policy, found)
        case Parameter() if isinstance(after, Parameter):
            return _parameter(after, found)
        case Response():
            return any(response == before.name for response, _ in found.candidates)
        case Adjustment():
            return example.expect.next_review is not None
        case _:
            return True


def _scopes(found: Outcome) -> Iterator[tuple[str | None, dict[str, object]]]:
    for scope in (*found.accounts, found.customer):
        yield scope.account_id, scope.names


def _fact(fact: Fact, found: Outcome, names: dict[str, object], policy: Policy | None = None) -> object:
    """What a fact comes to; numbers that differ in their digits alone are told apart."""
    if fact.per_account and "account" not in names:
        return ()
    value = definition_value(fact.definition, policy or found.policy, names)
    return type(value), value, str(value)


def _trigger(trigger: Trigger, found: Outcome, account_id: str | None, names: dict[str, object]) -> object:
    if trigger.per_account is (account_id is None):
        return ()
    state = state_of(trigger, found.policy, found.snapshot, account_id, names)
    return state, trigger.if_unknown if state is None else None


def _otherwise(
    before: Trigger, after: Trigger, found: Outcome, account_id: str | None, names: dict[str, object]
) -> bool:
    if before.per_account is (account_id is None):
        return False
    was = names[before.name]
    if was is True and before.if_unknown is IfUnknown.FIRE:
        return _trigger(before, found, account_id, names) != _trigger(after, found, account_id, names)
    state = state_of(after, found.policy, found.snapshot, account_id, names)
    return state is not was or (state is None and after.if_unknown is not before.if_unknown)


def _rule(rule: object, found: Outcome, names: Mapping[str, object]) -> object:
    """The responses that a rule puts forward; None stands for a rule that is left out."""
    if not isinstance(rule, Rule) or not rule.triggers <= names.keys():
        return ()
    if not rule.holds_on(found.snapshot.as_of):
        return ()
    return rule.responses if holds(rule.condition, names) is True else ()


def _table(table: DecisionTable, changed: Policy, found: Outcome) -> bool:
    for response in found.policy.responses.values():
        uses = any(_uses(each.definition, table.name) for each in response.parameters)
        if uses and any(name == response.name for name, _ in found.candidates):
            return True
    users = [fact for fact in found.policy.facts if _uses(fact.definition, table.name)]
    return any(
        _fact(fact, found, names) != _fact(fact, found, names, changed)
        for fact in users
        for _, names in _scopes(found)
    )


def _uses(definition: Definition, table: str) -> bool:
    return isinstance(definition, TableUse) and definition.table == table


def _parameter(parameter: Parameter, found: Outcome) -> bool:
    policy, name = found.policy, parameter.name
    facts = [fact for fact in policy.facts if name in _reads(fact.definition, policy)]
    triggers = [each for each in policy.triggers if name in _names(each)]
    if _elsewhere(name, policy):
        return True
    value = parameter.on(found.snapshot.as_of)
    for account, names in _scopes(found):
        changed = {**names, name: value}
        if any(_fact(fact, found, names) != _fact(fact, found, changed) for fact in facts):
            return True
        for trigger in triggers:
            if _trigger(trigger, found, account, names) != _trigger(trigger, found, account, changed):
                return True
    return False


def _reads(definition: Definition, policy: Policy) -> frozenset[str]:
    if isinstance(definition, TableUse):
        return policy.tables[definition.table].reads
    return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads


def _names(trigger: Trigger) -> Iterable[str]:
    return {name for leaf in leaves(trigger.condition) for name in leaf.expression.reads}


def _elsewhere(name: str, policy: Policy) -> bool:
    """Whether anything but facts and conditions of triggers reads the parameter: then one has to decide."""
    read = {each.pattern and parameters_of(each.pattern) for each in policy.triggers}
    expressions = [each.expression for each in policy.constraints if isinstance(each, That)]
    if policy.subject is not None and policy.subject.where is not None:
        expressions.append(policy.subject.where)
    periods = [response.cool_down for response in policy.responses.values()]
    if policy.schedule is not None:
        schedule = policy.schedule
        periods += [schedule.standard, schedule.shortest, schedule.longest]
        periods += [each.every for each in schedule.adjustments]
    return (
        any(name in some for some in read if some)
        or any(name in each.reads for each in expressions)
        or any(each is not None and each.parameter == name for each in periods)
        or any(
            name in _reads(each.definition, policy)
            for response in policy.responses.values()
            for each in response.parameters
        )
    )
