"""What a policy comes to over a span of values of one field: certainly yes, certainly no, or not settled."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, cast

import attrs
from attrs import define, field, frozen

from postloan_rules.decisions.altered import Altered, Reads
from postloan_rules.decisions.certainty import all_over, any_over, not_over, open_ended, unknown_over
from postloan_rules.decisions.spanned_tables import Spanned
from postloan_rules.decisions.spans import ANYTHING, Number, Span, among, truths
from postloan_rules.decisions.triggers import new_events, state_of
from postloan_rules.decisions.values import definition_value, finished
from postloan_rules.policy.model import (
    REFER,
    Group,
    IfUnknown,
    Leaf,
    Named,
    Never,
    ScoreUse,
    TableUse,
    That,
    TriggerKind,
)
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.decisions.spans import Truths
    from postloan_rules.decisions.touch import Touch
    from postloan_rules.policy.model import (
        Condition,
        Definition,
        Fact,
        Policy,
        Response,
        ResponseParameter,
        Trigger,
    )
    from postloan_rules.snapshot import Snapshot

__all__ = ["Outlook", "Place", "Study"]

_YES: Truths = frozenset({True})
_NO: Truths = frozenset({False})
_EITHER: Truths = frozenset({True, False})


@frozen
class Place:
    """Where a field stands: in the customer's record, in an account's, or among the inputs."""

    record: Literal["customer", "account", "input"]
    name: str
    account_id: str | None = None


@define
class Study:
    """A policy and a customer that are looked at again and again."""

    policy: Policy
    snapshot: Snapshot
    found: Outcome
    """What it comes to at present."""
    touch: Touch
    reads: Reads = field(factory=Reads)
    facts: dict[str, Fact] = field(init=False)
    triggers: dict[str, Trigger] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.facts = {each.name: each for each in self.policy.facts}
        self.triggers = {each.name: each for each in self.policy.triggers}


class _Scope(Mapping[str, object]):
    """The names of the customer or of an account on a span, worked out as they are asked for."""

    def __init__(self, outlook: Outlook, account_id: str | None, known: dict[str, object]) -> None:
        self.outlook = outlook
        self.account_id = account_id
        self.known = known

    def __getitem__(self, name: str) -> object:
        if name not in self.known:
            self.known[name] = self.outlook.named(name, self)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def settled(self) -> dict[str, object]:
        """What is one single value on the span, and so on every part of it."""
        return {name: each for name, each in self.known.items() if not open_ended(each)}


class Outlook:
    """A policy on one span of one field.

    Args:
        study: The policy and the customer.
        place: Where the field stands.
        value: What the field can be on the span.
        span: The span.
        wider: The outlook on a span around this one; what is settled there is settled here.
    """

    def __init__(
        self, study: Study, place: Place, value: object, span: Span, wider: Outlook | None = None
    ) -> None:
        self.study = study
        self.policy = study.policy
        self.span = span
        self.part = Spanned(span, study.reads)
        self.unsure_of_accounts = False
        self.place = place
        known = self._untouched(study.found.customer.names)
        if wider is not None:
            known = {**known, **wider.customer.settled()}
        self.changed = _changed(study.snapshot, place, value)
        self.customer: _Scope = _Scope(self, None, {**known, **self.changed})
        self.accounts: tuple[_Scope, ...] = tuple(self._accounts(wider))

    def _accounts(self, wider: Outlook | None) -> Iterator[_Scope]:
        if self.policy.subject is None:
            return
        before = {each.account_id: each for each in wider.accounts} if wider is not None else {}
        present = {each.account_id: each.names for each in self.study.found.accounts}
        where = self.policy.subject.where
        records = cast("tuple[object, ...]", self.customer["accounts"])
        for account, record in zip(self.study.snapshot.accounts, records, strict=True):
            if where is not None:
                own = {name: _of(record, name) for name in where.reads if hasattr(account, name)}
                chosen = truths(self.part.over(where, _with(self.customer, own)))
                if True not in chosen:
                    continue
                self.unsure_of_accounts = self.unsure_of_accounts or chosen != _YES
            known = before.get(account.account_id)
            if known is not None:
                start = known.settled()
            else:
                start = self._untouched(present.get(account.account_id, {}))
            yield _Scope(self, account.account_id, {**start, **self.changed, ACCOUNT: record})

    def _untouched(self, names: Mapping[str, object]) -> dict[str, object]:
        """What of the present names does not hang on the field; of the snapshot, all."""
        study, by = self.study, self.place.name
        return {
            name: each
            for name, each in names.items()
            if (name not in study.facts and name not in study.triggers) or study.touch.untouched(name, by)
        }

    # Names

    def named(self, name: str, scope: _Scope) -> object:
        """The value of a fact or a trigger, or of a name that the customer's scope has."""
        own = scope.account_id is not None
        fact = self.study.facts.get(name)
        if fact is not None and fact.per_account == own:
            return self._defined(fact.definition, scope)
        trigger = self.study.triggers.get(name)
        if trigger is not None and trigger.per_account == own:
            return among(self._state(trigger, scope))
        if not own:
            raise KeyError(name)
        return self.customer[name]

    def _defined(self, definition: Definition, scope: Mapping[str, object]) -> object:
        match definition:
            case TableUse(table=name):
                table = self.policy.tables[name]
                if any(open_ended(scope[each]) for each in table.reads):
                    return self.part.looked_up(table, definition.output, scope)
            case ScoreUse(scorecard=card):
                if any(open_ended(scope[each]) for each in card.reads):
                    return self.part.score(card, scope) if definition.part == "score" else ANYTHING
            case _:
                return self.part.over(definition, scope)
        return definition_value(definition, self.policy, cast("MutableMapping[str, object]", scope))

    # Triggers

    def _state(self, trigger: Trigger, scope: _Scope) -> Truths:
        match trigger.kind:
            case TriggerKind.CONDITION:
                found = self._holds(trigger.condition, scope)
            case TriggerKind.EVENT if trigger.condition is not None:
                events = new_events(self.study.snapshot, scope.account_id, trigger.event or "")
                found = any_over(
                    tuple(self._holds(trigger.condition, _with(scope, {EVENT: event})) for event in events)
                )
            case _:
                state = state_of(
                    trigger, self.policy, self.study.snapshot, scope.account_id, self.customer.known
                )
                found = frozenset({state})
        if trigger.if_unknown is IfUnknown.FIRE:
            return frozenset(each is None or each for each in found)
        return found

    def _holds(self, condition: Condition | None, names: Mapping[str, object]) -> Truths:
        match condition:
            case Leaf(expression=expression):
                return truths(self.part.over(expression, names))
            case Named(trigger=name):
                return truths(names[name])
            case Group(mode="all", parts=parts):
                return all_over(self._holds(part, names) for part in parts)
            case Group(mode="any", parts=parts):
                return any_over(self._holds(part, names) for part in parts)
            case Group(parts=parts):
                return not_over(any_over(self._holds(part, names) for part in parts))
            case None:
                return _NO

    # Responses

    def chosen(self, response: Response, account_id: str | None) -> bool | None:
        """Whether the response is certainly chosen, certainly not, or neither; cool-downs left aside."""
        if response.name == REFER:
            return self._referred(response)
        scope = self._scope(account_id)
        if scope is None:
            return False
        called = self._called(response, scope)
        if called == _NO:
            return False
        for other in self.policy.responses.values():
            if (
                other.family != response.family
                or other.rank <= response.rank
                or other.per_account != response.per_account
            ):
                continue
            outranked = self._called(other, scope)
            if outranked == _YES:
                return False
            if True in outranked:
                called |= _NO
        states = [self._known(response, scope), *self._constrained(response, scope)]
        if any(state == _NO for state in states):
            return False
        return True if called == _YES and all(state == _YES for state in states) else None

    def _referred(self, response: Response) -> bool | None:
        """Whether a person must look: rules say so, or something is unknown that is not passed over."""
        if self.unsure_of_accounts:
            return None
        found = [self._called(response, self.customer)]
        for trigger in self.policy.triggers:
            if trigger.if_unknown is IfUnknown.REFER:
                scopes = self.accounts if trigger.per_account else (self.customer,)
                states = [truths(scope[trigger.name]) for scope in scopes]
                found += [frozenset(each is None for each in state) for state in states]
        if _YES in found:
            return True
        if any(True in each for each in found):
            return None
        return None if self._unknown_inside() else False

    def _unknown_inside(self) -> bool:
        """Whether a parameter of a response or a constraint could be unknown."""
        for response in self.policy.responses.values():
            for scope in self.accounts if response.per_account else (self.customer,):
                called = response.parameters and True in self._called(response, scope)
                if called and False in self._known(response, scope):
                    return True
        for constraint in self.policy.constraints:
            if isinstance(constraint, That) and all(map(self._called_anywhere, constraint.responses)):
                scopes: Sequence[_Scope] = self.accounts or (self.customer,)
                if any(None in self._breached(constraint, scope) for scope in scopes):
                    return True
        return False

    def _scope(self, account_id: str | None) -> _Scope | None:
        if account_id is None:
            return self.customer
        return next((each for each in self.accounts if each.account_id == account_id), None)

    def _called(self, response: Response, scope: _Scope) -> Truths:
        """Whether rules call for a response for an account, or for the customer."""
        found = any_over(self._calls(response, scope))
        called: Truths = frozenset(state is True for state in found)
        return called | _NO if self.unsure_of_accounts else called

    def _calls(self, response: Response, scope: _Scope) -> Iterator[Truths]:
        for rule in self.policy.rules:
            if response.name not in rule.responses or not rule.holds_on(self.study.snapshot.as_of):
                continue
            for each in (scope,) if response.per_account else self.accounts or (self.customer,):
                if each.account_id is None and any(
                    self.study.triggers[name].per_account for name in rule.triggers
                ):
                    continue
                yield self._holds(rule.condition, each)

    def _called_anywhere(self, name: str) -> bool:
        response = self.policy.responses[name]
        scopes = self.accounts if response.per_account else (self.customer,)
        return any(True in self._called(response, scope) for scope in scopes)

    def _known(self, response: Response, scope: _Scope) -> Truths:
        """Whether all its parameters are known."""
        parts = [unknown_over(self._defined(each.definition, scope)) for each in response.parameters]
        return not_over(any_over(tuple(parts)))

    def _constrained(self, response: Response, scope: _Scope) -> Iterator[Truths]:
        """Whether each constraint lets the response be; where that hangs on another response, perhaps."""
        for constraint in self.policy.constraints:
            if response.name not in constraint.responses:
                continue
            others = [each for each in constraint.responses if each != response.name]
            if isinstance(constraint, Never):
                yield _EITHER if any(self._called_anywhere(each) for each in others) else _YES
            elif not others and response.per_account:
                found = self._breached(constraint, scope)
                yield frozenset(each is True for each in found)
            else:
                yield _EITHER if all(self._called_anywhere(each) for each in others) else _YES

    def _breached(self, constraint: That, scope: _Scope) -> Truths:
        records: dict[str, object] = {}
        for name in constraint.responses:
            response = self.policy.responses[name]
            target = scope if response.per_account else self.customer
            records[name] = {each.name: self._parameter(each, target) for each in response.parameters}
        return truths(self.part.over(constraint.expression, _with(scope, records)))

    def _parameter(self, parameter: ResponseParameter, scope: _Scope) -> object:
        value = self._defined(parameter.definition, scope)
        if isinstance(value, Number):
            return self.part.finished(value, parameter, self.policy.currency)
        return ANYTHING if open_ended(value) else finished(value, parameter, self.policy.currency)

    # Whether one look at any step is enough

    def uniform(self) -> bool:
        """Whether nothing that the choice of responses hangs on changes anywhere on the span."""
        if self.unsure_of_accounts:
            return False
        for trigger in self.policy.triggers:
            for scope in self.accounts if trigger.per_account else (self.customer,):
                if open_ended(scope[trigger.name]):
                    return False
        for response in self.policy.responses.values():
            for scope in self.accounts if response.per_account else (self.customer,):
                if True in self._called(response, scope) and len(self._known(response, scope)) > 1:
                    return False
        return all(self._judged(each) for each in self.policy.constraints if isinstance(each, That))

    def _judged(self, constraint: That) -> bool:
        """Whether a constraint comes to the same on the whole span, or is never asked."""
        if not all(self._called_anywhere(name) for name in constraint.responses):
            return True
        scopes: Sequence[_Scope] = self.accounts or (self.customer,)
        return all(len(self._breached(constraint, scope)) == 1 for scope in scopes)


def _changed(snapshot: Snapshot, place: Place, value: object) -> dict[str, object]:
    """The names of the customer that the field stands under."""
    if place.record == "input":
        return {place.name: value}
    if place.record == "customer":
        return {"customer": _altered(snapshot.customer, place.name, value)}
    return {
        "accounts": tuple(
            _altered(each, place.name, value) if each.account_id == place.account_id else each
            for each in snapshot.accounts
        )
    }


def _altered(record: attrs.AttrsInstance, name: str, value: object) -> Altered:
    names = [each.name for each in attrs.fields(type(record))]
    return Altered({**{each: getattr(record, each) for each in names}, name: value}, frozenset({name}))


def _of(record: object, name: str) -> object:
    return record[name] if isinstance(record, Altered) else getattr(record, name)


def _with(names: Mapping[str, object], more: dict[str, object]) -> Mapping[str, object]:
    return ChainMap(more, cast("MutableMapping[str, object]", names))
