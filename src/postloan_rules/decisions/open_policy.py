"""A policy as equations over fields that are open: when each trigger fires, when a response is chosen.

A part that can't be put into equations keeps its present value, and `left_out` says that there was one. Lists
of what has happened are as they are: only the fields themselves are open.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

import attrs
import z3  # type: ignore[import-untyped]  # it has no types

from postloan_rules.decisions.altered import Altered
from postloan_rules.decisions.cases import LeftOut, cases_of, is_false, is_open, is_true, merged, term, truth
from postloan_rules.decisions.equations import calculated, equations_of
from postloan_rules.decisions.triggers import new_events
from postloan_rules.decisions.values import finished
from postloan_rules.expressions import Expression
from postloan_rules.policy.model import (
    REFER,
    Group,
    IfUnknown,
    Leaf,
    Named,
    Never,
    Rounding,
    ScoreUse,
    TableUse,
    That,
    TriggerKind,
)
from postloan_rules.policy.tables import AS_OF, HitPolicy
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

    from postloan_rules.decisions.boundary import Target
    from postloan_rules.decisions.outlook import Place
    from postloan_rules.policy.model import (
        Condition,
        Constraint,
        Definition,
        Response,
        ResponseParameter,
        Trigger,
    )
    from postloan_rules.policy.scorecards import Characteristic
    from postloan_rules.policy.tables import DecisionTable, Row

__all__ = ["OpenPolicy"]

Formula: TypeAlias = z3.BoolRef

_ALWAYS = z3.BoolVal(True)
_NEVER = z3.BoolVal(False)
_SINGLE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY)


class _Scope(Mapping[str, object]):
    """The names of the customer or of an account, as equations, worked out as they are asked for."""

    def __init__(
        self, policy: OpenPolicy, account_id: str | None, present: Mapping[str, object], there: Formula
    ) -> None:
        self.policy = policy
        self.account_id = account_id
        self.present = present
        self.there = there
        self.known: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self.known:
            self.known[name] = self.policy.named(name, self)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


class OpenPolicy:
    """A policy with some fields of one customer open.

    Args:
        target: The response that is to come or go, with the policy and the customer.
        values: What each open field is, as equations.
    """

    def __init__(self, target: Target, values: Iterable[tuple[Place, object]]) -> None:
        self.policy = target.policy
        self.study = target.study
        self.snapshot = target.snapshot
        self.left_out = False
        self.open_names: set[str] = set()
        by_record: dict[str, dict[str, object]] = {}
        for place, value in values:
            by_record.setdefault(place.account_id or place.record, {})[place.name] = value
            self.open_names.add(place.name)
        self.customer = _Scope(self, None, self.study.found.customer.names, _ALWAYS)
        self.customer.known |= by_record.get("input", {})
        if "customer" in by_record:
            self.customer.known["customer"] = _altered(self.snapshot.customer, by_record["customer"])
        records = [
            _altered(each, by_record[each.account_id]) if each.account_id in by_record else each
            for each in self.snapshot.accounts
        ]
        self.customer.known["accounts"] = tuple(records)
        self.accounts = tuple(self._accounts(records))

    def _accounts(self, records: Sequence[object]) -> Iterator[_Scope]:
        if self.policy.subject is None:
            return
        present = {each.account_id: each.names for each in self.study.found.accounts}
        where = self.policy.subject.where
        for account, record in zip(self.snapshot.accounts, records, strict=True):
            there = _ALWAYS if account.account_id in present else _NEVER
            if where is not None:
                own = {
                    name: record[name] if isinstance(record, Altered) else getattr(record, name)
                    for name in where.reads
                    if hasattr(account, name)
                }
                if any(is_open(each) for each in own.values()):
                    there = self._there(where, own, there)
            if z3.is_false(there):
                continue
            scope = _Scope(self, account.account_id, present.get(account.account_id, {}), there)
            scope.known[ACCOUNT] = record
            yield scope

    def _there(self, where: Expression, own: dict[str, object], present: Formula) -> Formula:
        try:
            return is_true(equations_of(where, _with(self.customer, own), self.study.reads))
        except LeftOut:
            self.left_out = True
            return present

    # Names

    def named(self, name: str, scope: _Scope) -> object:
        """The value of a fact or a trigger, or of a name of the snapshot."""
        own = scope.account_id is not None
        fact = self.study.facts.get(name)
        trigger = self.study.triggers.get(name)
        if fact is None and trigger is None:
            return self.customer[name] if own else scope.present[name]
        per_account = fact.per_account if fact is not None else trigger is not None and trigger.per_account
        if per_account != own:
            return self.customer[name]
        if name in scope.present and all(self.study.touch.untouched(name, by) for by in self.open_names):
            return scope.present[name]
        try:
            if fact is not None:
                return self._defined(fact.definition, scope)
            return self._state(trigger, scope) if trigger is not None else None
        except LeftOut:
            self.left_out = True
            return scope.present.get(name)

    def _over(self, expression: Expression, names: Mapping[str, object]) -> object:
        return equations_of(expression, names, self.study.reads)

    def _defined(self, definition: Definition, scope: Mapping[str, object]) -> object:
        match definition:
            case TableUse(table=name, output=output):
                return self._looked_up(self.policy.tables[name], output, scope)
            case ScoreUse(scorecard=card, part="score"):
                total: object = card.base
                for each in card.characteristics:
                    total = calculated("+", total, self._points(each, scope))
                return total
            case ScoreUse():
                raise LeftOut
            case _:
                return self._over(definition, scope)

    def _points(self, characteristic: Characteristic, scope: Mapping[str, object]) -> object:
        subject = self._over(characteristic.expression, scope)
        result: object = None
        for attribute in reversed(characteristic.attributes):
            if attribute.test is None:
                result = attribute.points
                continue
            test = self._over(attribute.test, _with(scope, {"?": subject}))
            yes, no = is_true(test), is_false(test)
            unknown = (z3.Not(z3.Or(yes, no)), characteristic.unknown)
            result = merged(((yes, attribute.points), (no, result), unknown))
        missing = z3.Or([guard for guard, each in cases_of(subject) if each is None])
        return merged(((missing, characteristic.unknown), (z3.Not(missing), result)))

    def _looked_up(self, table: DecisionTable, output: str, scope: Mapping[str, object]) -> object:
        if table.hit is not HitPolicy.FIRST and table.hit not in _SINGLE:
            raise LeftOut
        if table.hit is not HitPolicy.FIRST or any(each.allowed is not None for each in table.inputs):
            self.left_out = True  # rows may clash, and the present answer is taken to be no clash
        index = [each.name for each in table.outputs].index(output)
        default = table.outputs[index].default
        result: object = None if default is None else self._over(default, scope)
        subjects = [self._over(each.expression, scope) for each in table.inputs]
        day = scope[AS_OF] if table.dated else None
        for row in reversed(table.rows):
            if row.holds_on(day):
                yes, no = self._matches(row, subjects, scope)
                given = self._over(row.outputs[index], scope)
                result = merged(((yes, given), (no, result), (z3.Not(z3.Or(yes, no)), None)))
        return result

    def _matches(
        self, row: Row, subjects: list[object], scope: Mapping[str, object]
    ) -> tuple[Formula, Formula]:
        tests = [
            self._over(test, _with(scope, {"?": subject}))
            for test, subject in zip(row.tests, subjects, strict=True)
            if test is not None
        ]
        return _both(tests)

    # Triggers

    def _state(self, trigger: Trigger, scope: _Scope) -> object:
        if trigger.kind is TriggerKind.CONDITION and trigger.condition is not None:
            found = self._holds(trigger.condition, scope)
        elif trigger.kind is TriggerKind.EVENT and trigger.condition is not None:
            events = new_events(self.snapshot, scope.account_id, trigger.event or "")
            found = _any([self._holds(trigger.condition, _with(scope, {EVENT: event})) for event in events])
        else:
            raise LeftOut
        if trigger.if_unknown is IfUnknown.FIRE:
            no = is_false(found)
            return truth(z3.Not(no), no)
        return found

    def _holds(self, condition: Condition, names: Mapping[str, object]) -> object:
        match condition:
            case Leaf(expression=expression):
                return self._over(expression, names)
            case Named(trigger=name):
                return names[name]
            case Group(mode="all", parts=parts):
                return truth(*_both([self._holds(part, names) for part in parts]))
            case Group(mode="any", parts=parts):
                return _any([self._holds(part, names) for part in parts])
            case Group(parts=parts):
                found = _any([self._holds(part, names) for part in parts])
                return truth(is_false(found), is_true(found))

    # Responses

    def chosen(self, response: Response, account_id: str | None) -> Formula:
        """When the response is chosen; cool-downs are left aside."""
        if response.name == REFER:
            return self._referred(response)
        scope = self._scope(account_id)
        if scope is None:
            return _NEVER
        parts = [self._standing(response, scope)]
        about = [each for each in self.policy.constraints if response.name in each.responses]
        return z3.And([*parts, *(self._lets(each, response, scope) for each in about)])

    def _scope(self, account_id: str | None) -> _Scope | None:
        if account_id is None:
            return self.customer
        return next((each for each in self.accounts if each.account_id == account_id), None)

    def _standing(self, response: Response, scope: _Scope) -> Formula:
        """When it is called for, of the highest rank, and its parameters are known."""
        parts = [scope.there, self._called(response, scope)]
        for other in self.policy.responses.values():
            same_choice = other.family == response.family and other.per_account == response.per_account
            if same_choice and other.rank > response.rank:
                parts.append(z3.Not(self._called(other, scope)))
        parts += [self._known(each, scope) for each in response.parameters]
        return z3.And(parts)

    def _called(self, response: Response, scope: _Scope) -> Formula:
        found: list[Formula] = []
        for rule in self.policy.rules:
            if response.name not in rule.responses or not rule.holds_on(self.snapshot.as_of):
                continue
            for each in (scope,) if response.per_account else self.accounts or (self.customer,):
                if each.account_id is None and any(
                    self.study.triggers[name].per_account for name in rule.triggers
                ):
                    continue
                found.append(z3.And(each.there, is_true(self._holds(rule.condition, each))))
        return z3.Or(found)

    def _known(self, parameter: ResponseParameter, scope: _Scope) -> Formula:
        try:
            value = self._defined(parameter.definition, scope)
        except LeftOut:
            self.left_out = True
            return _ALWAYS
        return z3.Not(z3.Or([guard for guard, each in cases_of(value) if each is None]))

    def _lets(self, constraint: Constraint, response: Response, scope: _Scope) -> Formula:
        """When a constraint does not withhold the response."""
        others = [self.policy.responses[name] for name in constraint.responses if name != response.name]
        if any(
            taken.response in constraint.responses
            for each in self.snapshot.reviews
            for taken in each.responses
        ):
            self.left_out = True  # whether one of the others rests is not put into equations
        if isinstance(constraint, Never):
            order = (response.rank, response.name)
            above = [each for each in others if (each.rank, each.name) > order]
            return z3.Not(z3.Or([self._standing_anywhere(each, scope) for each in above]))
        asked = z3.And([self._standing_anywhere(each, scope) for each in others])
        try:
            records: dict[str, object] = {}
            for each in (response, *others):
                target = scope if each.per_account else self.customer
                records[each.name] = {one.name: self._parameter(one, target) for one in each.parameters}
            holds = is_true(self._over(constraint.expression, _with(scope, records)))
        except (LeftOut, KeyError):
            self.left_out = True
            return _ALWAYS
        return z3.Or(z3.Not(asked), holds)

    def _standing_anywhere(self, response: Response, scope: _Scope) -> Formula:
        if response.per_account == (scope.account_id is not None):
            return self._standing(response, scope)
        if not response.per_account:
            return self._standing(response, self.customer)
        return z3.Or([self._standing(response, each) for each in self.accounts])

    def _parameter(self, parameter: ResponseParameter, scope: _Scope) -> object:
        value = self._defined(parameter.definition, scope)
        return merged((guard, self._finished(each, parameter)) for guard, each in cases_of(value))

    def _finished(self, value: object, parameter: ResponseParameter) -> object:
        if not is_open(value):
            return finished(value, parameter, self.policy.currency)
        up = {Rounding.UP: -1, Rounding.DOWN: 1}
        if parameter.round is None or parameter.round.mode not in up:
            raise LeftOut
        sign, unit = up[parameter.round.mode], term(parameter.round.to)
        # Away from zero and toward zero: the same as up and down for what is not below zero.
        down = sign * z3.ToReal(z3.ToInt(sign * term(value) / unit)) * unit
        other = -sign * z3.ToReal(z3.ToInt(-sign * term(value) / unit)) * unit
        return z3.If(term(value) >= 0, down, other)

    def _referred(self, response: Response) -> Formula:
        found = [self._called(response, self.customer)]
        for trigger in self.policy.triggers:
            if trigger.if_unknown is IfUnknown.REFER:
                for scope in self.accounts if trigger.per_account else (self.customer,):
                    state = scope[trigger.name]
                    found.append(z3.And(scope.there, z3.Not(z3.Or(is_true(state), is_false(state)))))
        # What is unknown inside a response or a constraint sends to a person, too.
        inside = [one.definition for each in self.policy.responses.values() for one in each.parameters]
        inside += [each.expression for each in self.policy.constraints if isinstance(each, That)]
        if any(not isinstance(each, Expression) or each.unknown for each in inside):
            self.left_out = True
        return z3.Or(found)


def _altered(record: attrs.AttrsInstance, values: Mapping[str, object]) -> Altered:
    names = [each.name for each in attrs.fields(type(record))]
    return Altered({**{each: getattr(record, each) for each in names}, **values}, frozenset(values))


def _with(names: Mapping[str, object], more: dict[str, object]) -> Mapping[str, object]:
    return ChainMap(more, cast("MutableMapping[str, object]", names))


def _any(parts: list[object]) -> object:
    return truth(z3.Or([is_true(each) for each in parts]), z3.And([is_false(each) for each in parts]))


def _both(parts: list[object]) -> tuple[Formula, Formula]:
    """When all are true; when any is false."""
    return z3.And([is_true(each) for each in parts]), z3.Or([is_false(each) for each in parts])
