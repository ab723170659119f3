"""One snapshot in, one decision out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from attrs import define, field, frozen

from postloan_rules.decisions.decision import (
    Cause,
    ChosenResponse,
    Decision,
    Referral,
    TriggerState,
    Value,
    WithheldResponse,
)
from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.missing import (
    missing_for_condition,
    missing_for_definition,
    missing_for_names,
)
from postloan_rules.decisions.pattern_matches import missing_for_match
from postloan_rules.decisions.schedule import next_review
from postloan_rules.decisions.triggers import State, length_of, pattern_completions, settings_of, state_of
from postloan_rules.decisions.values import compute, response_value
from postloan_rules.expressions import value
from postloan_rules.policy.model import REFER, IfUnknown, Never, That, TriggerKind
from postloan_rules.policy.periods import after, before
from postloan_rules.policy.scorecards import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from postloan_rules.policy.model import Policy, Response, Rule, Trigger
    from postloan_rules.snapshot import Snapshot

__all__ = ["Outcome", "concluded", "decide", "outcome"]


@frozen
class Scope:
    """The customer (`account_id` is None) or one account, with its names and the states of its triggers."""

    account_id: str | None
    names: dict[str, object] = field(repr=False)


@define
class Candidate:
    """A response put forward for the customer or for an account, and what became of it."""

    response: Response
    scope: Scope
    rules: list[str] = field(factory=list)
    parameters: dict[str, Value] = field(factory=dict)
    withheld: WithheldResponse | None = None

    def withhold(self, cause: Cause, by: str | None, until: date | None = None) -> None:
        """Keep the first thing that stands in the way."""
        if self.withheld is None:
            self.withheld = WithheldResponse(
                self.response.name, self.scope.account_id, cause, by, until, tuple(sorted(self.rules))
            )


def decide(policy: Policy, snapshot: Snapshot) -> Decision:
    """What the policy says about a customer.

    Pure: the same policy and snapshot give the same decision, byte for byte.

    Raises:
        SnapshotInvalid: for a snapshot that the policy does not fit (currency, day, attributes).
    """
    return concluded(outcome(policy, snapshot), snapshot.fingerprint)


def concluded(found: Outcome, snapshot_fingerprint: str) -> Decision:
    """The decision that all steps together come to."""
    policy, snapshot = found.policy, found.snapshot
    chosen = [each for each in found.candidates.values() if each.withheld is None]
    chosen.sort(key=_order)
    withheld = [each.withheld for each in found.candidates.values() if each.withheld is not None]
    return Decision(
        ruleset=policy.id,
        version=policy.version,
        profile=policy.profile,
        ruleset_fingerprint=policy.fingerprint,
        snapshot_fingerprint=snapshot_fingerprint,
        customer_id=snapshot.customer.customer_id,
        as_of=snapshot.as_of,
        responses=tuple(_chosen(each) for each in chosen),
        withheld=tuple(sorted(withheld, key=lambda each: (each.response, each.account_id or ""))),
        triggers=tuple(sorted(found.states, key=lambda each: (each.trigger, each.account_id or ""))),
        referrals=tuple(found.referrals[key] for key in sorted(found.referrals, key=_key)),
        next_review=found.next_review(),
        reasons=_reasons(chosen),
        policy=policy,
        snapshot=snapshot,
    )


def outcome(policy: Policy, snapshot: Snapshot) -> Outcome:
    """Triggers, then rules, then the choice among what they call for: all that a decision is made of."""
    values = compute(policy, snapshot)
    customer = Scope(None, values.customer)
    accounts = [Scope(account.account_id, names) for account, names in values.accounts]
    found = Outcome(policy, snapshot, customer, accounts)
    found.settle_triggers()
    found.apply_rules()
    found.choose()
    found.compute_parameters()
    found.apply_cool_downs()
    found.apply_constraints()
    found.refer()
    return found


@define
class Outcome:
    """One decision under way, step by step."""

    policy: Policy
    snapshot: Snapshot
    customer: Scope
    accounts: list[Scope]
    states: list[TriggerState] = field(factory=list)
    referrals: dict[tuple[str, str | None], Referral] = field(factory=dict)
    candidates: dict[tuple[str, str | None], Candidate] = field(factory=dict)

    @property
    def scopes(self) -> list[Scope]:
        """What rules are applied to: each account, or the customer where the policy is about none."""
        return self.accounts or [self.customer]

    def names(self, account_id: str | None) -> dict[str, object]:
        """Every name and its value, for an account or for the customer."""
        return next(
            (each.names for each in self.accounts if each.account_id == account_id), self.customer.names
        )

    def settle_triggers(self) -> None:
        """The state of every trigger, kept under its name for what reads it."""
        for trigger in self.policy.triggers:
            for scope in self.accounts if trigger.per_account else [self.customer]:
                state = state_of(trigger, self.policy, self.snapshot, scope.account_id, scope.names)
                scope.names[trigger.name] = state
                self.states.append(TriggerState(trigger.name, scope.account_id, _word(state)))
                if state is None and trigger.if_unknown is IfUnknown.REFER:
                    self._refer_trigger(trigger, scope)
            if not trigger.per_account:
                for scope in self.accounts:
                    scope.names[trigger.name] = self.customer.names[trigger.name]

    def _refer_trigger(self, trigger: Trigger, scope: Scope) -> None:
        found: set[str] = set()
        for names in settings_of(trigger, self.snapshot, scope.account_id, scope.names):
            found.update(missing_for_condition(trigger.condition, self.policy, names))
        if trigger.pattern is not None:
            events = self.snapshot.events
            for match in pattern_completions(trigger, self.policy, self.snapshot, scope.account_id):
                found.update(missing_for_match(trigger.pattern, self.policy, match, events))
        self._refer_for(trigger.name, scope, tuple(sorted(found)))

    def _refer_for(self, subject: str, scope: Scope, missing: tuple[str, ...]) -> None:
        key = (subject, scope.account_id)
        self.referrals[key] = Referral(subject, scope.account_id, missing)

    def scopes_of(self, rule: Rule) -> list[Scope]:
        """Where a rule is applied. Without an account under the policy, one about accounts is not."""
        return [scope for scope in self.scopes if rule.triggers <= scope.names.keys()]

    def apply_rules(self) -> None:
        """Put forward the responses of every rule whose condition is known to hold."""
        for rule in self.policy.rules:
            if not rule.holds_on(self.snapshot.as_of):
                continue
            for scope in self.scopes_of(rule):
                if holds(rule.condition, scope.names) is True:
                    self._put_forward(rule, scope)

    def _put_forward(self, rule: Rule, scope: Scope) -> None:
        for name in rule.responses:
            response = self.policy.responses[name]
            if response.per_account and scope.account_id is None:
                continue
            candidate = self._candidate(response, scope if response.per_account else self.customer)
            if rule.id not in candidate.rules:
                candidate.rules.append(rule.id)

    def _candidate(self, response: Response, scope: Scope) -> Candidate:
        key = (response.name, scope.account_id)
        if key not in self.candidates:
            self.candidates[key] = Candidate(response, scope)
        return self.candidates[key]

    def choose(self) -> None:
        """In each family, for each account and for the customer, the highest rank wins."""
        winners: dict[tuple[str, str | None], Candidate] = {}
        for each in self.candidates.values():
            key = (each.response.family, each.scope.account_id)
            if key not in winners or each.response.rank > winners[key].response.rank:
                winners[key] = each
        for each in self.candidates.values():
            winner = winners[each.response.family, each.scope.account_id]
            if winner is not each:
                each.withhold(Cause.OUTRANKED, winner.response.name)

    def compute_parameters(self) -> None:
        """The parameters of what is chosen; a response with an unknown one waits for a person."""
        for each in self.candidates.values():
            if each.withheld is None:
                self._compute(each)

    def _compute(self, candidate: Candidate) -> None:
        for parameter in candidate.response.parameters:
            found = response_value(parameter, self.policy, candidate.scope.names)
            candidate.parameters[parameter.name] = cast("Value", found)
            if found is None and candidate.response.name != REFER:
                candidate.withhold(Cause.UNKNOWN, parameter.name)
                missing = missing_for_definition(parameter.definition, self.policy, candidate.scope.names)
                self._refer_for(candidate.response.name, candidate.scope, missing)

    def apply_cool_downs(self) -> None:
        """Withhold what was taken too short a time ago."""
        for each in self.candidates.values():
            if each.withheld is None:
                until = self.cool_until(each)
                if until is not None:
                    each.withhold(Cause.COOL_DOWN, None, until)

    def cool_until(self, candidate: Candidate) -> date | None:
        """The last day on which the response rests after it was taken; None if it does not rest today."""
        response, today = candidate.response, self.snapshot.as_of
        days: list[date] = []
        for review in self.snapshot.reviews:
            for taken in review.responses:
                if taken.response != response.name:
                    continue
                if response.per_account and taken.account_id not in (None, candidate.scope.account_id):
                    continue
                if taken.cool_down_until is not None:
                    days.append(taken.cool_down_until)
                elif response.cool_down is not None:
                    length = length_of(response.cool_down, candidate.scope.names)
                    days.append(before(after(taken.taken_on, length, response.cool_down.unit), 1, "days"))
        last = max(days, default=None)
        return last if last is not None and last >= today else None

    def apply_constraints(self) -> None:
        """A breach withholds what it names. All are judged on the same choice: their order has no effect."""
        breaches: list[tuple[Candidate, str]] = []
        for constraint in self.policy.constraints:
            for scope in self.scopes:
                chosen = self._chosen_for(constraint.responses, scope)
                match constraint:
                    case Never():
                        if len(chosen) > 1:
                            keep = max(chosen, key=lambda each: (each.response.rank, each.response.name))
                            breaches += [(each, constraint.id) for each in chosen if each is not keep]
                    case That():
                        if constraint.per_account and scope.account_id is None:
                            continue  # it is about an account, and there is none
                        if len(chosen) == len(constraint.responses):
                            breaches += self._breaches(constraint, chosen, scope)
        for candidate, constraint_id in sorted(breaches, key=lambda pair: pair[1]):
            candidate.withhold(Cause.CONSTRAINT, constraint_id)

    def _chosen_for(self, names: Iterable[str], scope: Scope) -> list[Candidate]:
        found = []
        for name in names:
            target = scope if self.policy.responses[name].per_account else self.customer
            candidate = self.candidates.get((name, target.account_id))
            if candidate is not None and candidate.withheld is None:
                found.append(candidate)
        return found

    def _breaches(
        self, constraint: That, chosen: list[Candidate], scope: Scope
    ) -> list[tuple[Candidate, str]]:
        records: Mapping[str, object] = {each.response.name: each.parameters for each in chosen}
        state = value(constraint.expression, {**scope.names, **records})
        if state is True:
            return []
        if state is None:
            reads = constraint.expression.reads - set(constraint.responses)
            missing = missing_for_names(reads, self.policy, scope.names)
            self._refer_for(constraint.id, scope, missing)
        return [(each, constraint.id) for each in chosen]

    def refer(self) -> None:
        """What is unknown and not passed over goes to a person."""
        if not self.referrals:
            return
        response = self.policy.responses[REFER]
        if (REFER, None) not in self.candidates:
            candidate = self._candidate(response, self.customer)
            self._compute(candidate)
            until = self.cool_until(candidate)
            if until is not None:
                candidate.withhold(Cause.COOL_DOWN, None, until)

    def next_review(self) -> date | None:
        """The earliest day that any account asks for."""
        if self.policy.subject is not None and not self.accounts:
            return None
        days = [
            next_review(
                self.policy,
                self.snapshot,
                scope.account_id,
                scope.names,
                attention=self._attention(scope.account_id),
            )
            for scope in self.scopes
        ]
        return min((day for day in days if day is not None), default=None)

    def _attention(self, account_id: str | None) -> bool:
        """Whether today is a review: one is due, something happened, or something is done."""
        happened = {
            trigger.name for trigger in self.policy.triggers if trigger.kind is not TriggerKind.CONDITION
        }
        return any(
            each.state is State.FIRED and each.trigger in happened and each.account_id in (None, account_id)
            for each in self.states
        ) or any(
            each.withheld is None and each.scope.account_id in (None, account_id)
            for each in self.candidates.values()
        )


def _word(state: bool | None) -> State:  # noqa: FBT001 - a truth value is the data here
    if state is None:
        return State.UNKNOWN
    return State.FIRED if state else State.NOT_FIRED


def _key(key: tuple[str, str | None]) -> tuple[str, str]:
    return key[0], key[1] or ""


def _order(candidate: Candidate) -> tuple[int, str, str]:
    return -candidate.response.rank, candidate.response.name, candidate.scope.account_id or ""


def _chosen(candidate: Candidate) -> ChosenResponse:
    response = candidate.response
    return ChosenResponse(
        response=response.name,
        account_id=candidate.scope.account_id,
        family=response.family,
        parameters=candidate.parameters,
        rules=tuple(sorted(candidate.rules)),
        adverse=response.adverse,
        reasons=_reasons_of(candidate),
    )


def _reasons_of(candidate: Candidate) -> tuple[str, ...]:
    """The response's own reason codes, then those of its scorecard."""
    response = candidate.response
    if response.reasons_from is None:
        return response.reasons
    scored = candidate.scope.names[response.reasons_from + REASONS]
    more = tuple(str(each) for each in scored) if isinstance(scored, tuple) else ()
    return tuple(dict.fromkeys((*response.reasons, *more)))


def _reasons(chosen: list[Candidate]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(reason for each in chosen if each.response.adverse for reason in _reasons_of(each))
    )
