"""What a policy with one change comes to: only what the change reaches is worked out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

from postloan_rules.decisions import State
from postloan_rules.decisions.decide import Outcome, Scope, outcome
from postloan_rules.decisions.decision import Referral, TriggerState
from postloan_rules.decisions.triggers import state_of
from postloan_rules.decisions.values import definition_value
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.model import (
    Adjustment,
    Fact,
    IfUnknown,
    Parameter,
    Response,
    Rule,
    ScoreUse,
    TableUse,
    Trigger,
    TriggerKind,
)
from postloan_rules.policy.patterns import parameters_of
from postloan_rules.policy.tables import DecisionTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.mutations import Mutant
    from postloan_rules.policy.model import Definition, Policy

__all__ = ["Reading", "reading_of", "redecided", "same"]

Reading: TypeAlias = "Mapping[str, frozenset[str]]"
"""What each fact and trigger of a policy reads: names, and tables as `table name`."""


def reading_of(policy: Policy) -> Reading:
    """What each fact and trigger reads, at first hand."""
    found = {fact.name: _definition(fact.definition, policy) for fact in policy.facts}
    for trigger in policy.triggers:
        found[trigger.name] = _trigger(trigger, policy)
    return found


def _definition(definition: Definition, policy: Policy) -> frozenset[str]:
    if isinstance(definition, TableUse):
        return policy.tables[definition.table].reads | {f"table {definition.table}"}
    return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads


def _trigger(trigger: Trigger, policy: Policy) -> frozenset[str]:
    read = {name for leaf in leaves(trigger.condition) for name in leaf.expression.reads}
    if trigger.condition is not None:
        read |= {each.trigger for each in named(trigger.condition)}
    if trigger.pattern is not None:
        read |= parameters_of(trigger.pattern)
    schedule = policy.schedule
    if trigger.kind is TriggerKind.SCHEDULE and schedule is not None and schedule.standard.parameter:
        read.add(schedule.standard.parameter)
    return frozenset(read)


def redecided(mutant: Mutant, found: Outcome, reading: Reading) -> Outcome | None:
    """What the changed policy comes to for a customer; None where all is surely as before.

    The fields that referrals say are missing are left out: no example can expect them.

    Args:
        mutant: The change.
        found: What the policy as it is comes to for the customer.
        reading: What the facts and triggers of the policy as it is read.
    """
    policy = mutant.policy
    subject = policy.subject
    where = subject.where.reads if subject is not None and subject.where is not None else frozenset()
    if isinstance(mutant.before, Parameter) and mutant.before.name in where:
        return outcome(policy, found.snapshot)
    redoing = _Redoing(mutant, found, reading)
    redoing.facts()
    redoing.triggers()
    if not redoing.reached() and not _chooses(mutant, found):
        return None
    again = Outcome(policy, found.snapshot, redoing.customer, redoing.accounts, redoing.states)
    for state in redoing.states:
        if state.state is State.UNKNOWN and redoing.refers[state.trigger]:
            key = (state.trigger, state.account_id)
            again.referrals[key] = Referral(*key, ())
    again.apply_rules()
    again.choose()
    again.compute_parameters()
    again.apply_cool_downs()
    again.apply_constraints()
    again.refer()
    return again


def _chooses(mutant: Mutant, found: Outcome) -> bool:
    """Whether the change is one to what follows from triggers, for a response that was put forward."""
    match mutant.before:
        case None | Rule() | Adjustment() | Response() | Parameter():
            return True
        case DecisionTable(name=table):
            return any(
                isinstance(each.definition, TableUse) and each.definition.table == table
                for candidate in found.candidates.values()
                for each in candidate.response.parameters
            )
        case _:
            return False


def same(one: object, other: object) -> bool:
    """Whether two values are the same; numbers that differ in their digits alone are told apart."""
    if one is other:
        return True
    return type(one) is type(other) and one == other and str(one) == str(other)


@define
class _Redoing:
    mutant: Mutant
    found: Outcome
    reading: Reading
    customer: Scope = field(init=False)
    accounts: list[Scope] = field(init=False)
    changed: dict[str | None, set[str]] = field(init=False)
    """The names that have another value, for the customer and for each account."""
    states: list[TriggerState] = field(factory=list)
    refers: dict[str, bool] = field(factory=dict)
    first: set[str] = field(init=False)
    """What is redone in any case."""
    referral: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        found, before, after = self.found, self.mutant.before, self.mutant.after
        self.customer = Scope(None, dict(found.customer.names))
        self.accounts = [Scope(each.account_id, dict(each.names)) for each in found.accounts]
        self.changed = {scope.account_id: set() for scope in self._scopes()}
        self.first = {before.name} if isinstance(before, Fact | Trigger) else set()
        self.referral = isinstance(before, Trigger) and before.if_unknown is not getattr(
            after, "if_unknown", None
        )
        if isinstance(before, DecisionTable):
            table = f"table {before.name}"
            self.first = {name for name, read in self.reading.items() if table in read}
        if self.mutant.before is None:
            self.first = {each.name for each in found.policy.triggers if each.kind is TriggerKind.SCHEDULE}
        if isinstance(after, Parameter):
            value = after.on(found.snapshot.as_of)
            for scope in self._scopes():
                self._put(scope, after.name, value)

    def _scopes(self) -> tuple[Scope, ...]:
        return (*self.accounts, self.customer)

    def reached(self) -> bool:
        """Whether any name has another value, or what is unknown is taken otherwise."""
        return self.referral or any(self.changed.values())

    def _put(self, scope: Scope, name: str, value: object) -> None:
        if not same(scope.names.get(name), value):
            scope.names[name] = value
            self.changed[scope.account_id].add(name)

    def _due(self, name: str, scope: Scope) -> bool:
        return name in self.first or not self.reading[name].isdisjoint(self.changed[scope.account_id])

    def facts(self) -> None:
        """Work out again the facts that the change reaches, each after what it reads."""
        policy = self.mutant.policy
        for fact in policy.facts:
            for scope in self.accounts if fact.per_account else (self.customer,):
                if self._due(fact.name, scope):
                    self._put(scope, fact.name, definition_value(fact.definition, policy, scope.names))
            if not fact.per_account:
                self._hand_on(fact.name)

    def triggers(self) -> None:
        """Settle again the triggers that the change reaches."""
        policy, snapshot = self.mutant.policy, self.found.snapshot
        for trigger in policy.triggers:
            self.refers[trigger.name] = trigger.if_unknown is IfUnknown.REFER
            for scope in self.accounts if trigger.per_account else (self.customer,):
                if self._due(trigger.name, scope):
                    state = state_of(trigger, policy, snapshot, scope.account_id, scope.names)
                    self._put(scope, trigger.name, state)
                word = _WORDS[scope.names[trigger.name]]
                self.states.append(TriggerState(trigger.name, scope.account_id, word))
            if not trigger.per_account:
                self._hand_on(trigger.name)

    def _hand_on(self, name: str) -> None:
        """What is known of the customer is known of each account."""
        if name in self.changed[None]:
            for scope in self.accounts:
                self._put(scope, name, self.customer.names[name])


_WORDS: Mapping[object, State] = {True: State.FIRED, False: State.NOT_FIRED, None: State.UNKNOWN}
