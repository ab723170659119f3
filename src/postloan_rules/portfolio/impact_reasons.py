"""Why two policies decide a customer differently, in their own words: from what changed down to its cause."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.decisions.decide import outcome
from postloan_rules.decisions.decision import Cause
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.model import ScoreUse, TableUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from postloan_rules.decisions.decide import Candidate, Outcome
    from postloan_rules.decisions.views.masking import Masking
    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Definition, Rule
    from postloan_rules.portfolio.differences import Difference, PartKind
    from postloan_rules.portfolio.hiding import Hiding
    from postloan_rules.snapshot import Snapshot

__all__ = ["Comparison"]

_SIDES = (0, 1)
_MOST = 2
"""So many causes of one change are told."""
_STATES: Mapping[object, str] = {True: "fired", False: "not fired", None: "unknown"}


@define
class Comparison:
    """One customer under two policies."""

    policies: tuple[Policy, Policy]
    snapshot: Snapshot
    differ: Mapping[tuple[PartKind, str], Difference]
    hiding: Hiding
    found: tuple[Outcome, Outcome] = field(init=False)
    masks: tuple[Masking, Masking] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.masks = (
            self.hiding.of(self.policies[0], self.snapshot),
            self.hiding.of(self.policies[1], self.snapshot),
        )
        self.found = (outcome(self.policies[0], self.snapshot), outcome(self.policies[1], self.snapshot))

    def of_response(self, name: str, account_id: str | None) -> str:
        """Why a response is chosen under one of the policies and not under the other."""
        return "; ".join(self._response(name, account_id, {name})) or "nothing that the policies name differs"

    def of_parameter(self, response: str, parameter: str, account_id: str | None) -> str:
        """Why a parameter of a response has another value."""
        definitions = [
            each.definition
            for policy in self.policies
            for each in policy.responses[response].parameters
            if each.name == parameter
        ]
        names = sorted({name for definition in definitions for name in _reads(definition)})
        told = self._causes(names, account_id)
        if ("response", response) in self.differ:
            told.append(f"{response} is written anew")
        return "; ".join(told)

    def of_review(self) -> str:
        """Why the next review is on another day."""
        asked = {
            name
            for policy in self.policies
            if policy.schedule is not None
            for each in policy.schedule.adjustments
            for name in (trigger.trigger for trigger in named(each.condition))
        }
        accounts = [scope.account_id for scope in self.found[1].accounts] or [None]
        told = [cause for account in accounts for cause in self._causes(sorted(asked), account)]
        if ("schedule", "schedule") in self.differ:
            told.append("the schedule is written anew")
        if not told:
            told = [cause for account in accounts for cause in self._causes(self._schedule_reads(), account)]
        if not told:
            keys = [set(_chosen(each)) for each in self.found]
            changed = sorted(keys[0] ^ keys[1], key=str)[:_MOST]
            told = [self.of_response(name, account) for name, account in changed]
        return "; ".join(dict.fromkeys(told))

    def _schedule_reads(self) -> list[str]:
        return sorted(
            period.parameter
            for policy in self.policies
            if policy.schedule is not None
            for period in (
                policy.schedule.standard,
                policy.schedule.shortest,
                policy.schedule.longest,
                *(each.every for each in policy.schedule.adjustments),
            )
            if period is not None and period.parameter is not None
        )

    def _response(self, name: str, account_id: str | None, told: set[str]) -> Iterator[str]:
        key = (name, account_id)
        before, after = (each.candidates.get(key) for each in self.found)
        rules = set(before.rules if before is not None else ()) ^ set(
            after.rules if after is not None else ()
        )
        called = [each is not None for each in (before, after)]
        if called[0] != called[1]:
            for rule_id in sorted(rules)[:_MOST]:
                yield self._rule(rule_id, account_id, holds=called[1])
            return
        for at, candidate in zip(_SIDES, (before, after), strict=True):
            if candidate is None or candidate.withheld is None:
                continue
            yield self._withheld(candidate, at)
            by = candidate.withheld.by
            if candidate.withheld.cause is Cause.OUTRANKED and by is not None and by not in told:
                yield from self._response(by, account_id, told | {by})
        if ("response", name) in self.differ:
            yield f"{name} is written anew"

    def _withheld(self, candidate: Candidate, at: int) -> str:
        held, side = candidate.withheld, "after" if at else "before"
        if held is None:
            return ""
        name = candidate.response.name
        match held.cause:
            case Cause.OUTRANKED:
                return f"{side}, {held.by} outranks {name}"
            case Cause.COOL_DOWN:
                return f"{side}, {name} rests until {held.until}"
            case Cause.CONSTRAINT:
                return f"{side}, the constraint {held.by} withholds {name}"
            case Cause.UNKNOWN:
                return f"{side}, the {held.by} of {name} is unknown"

    def _rule(self, rule_id: str, account_id: str | None, *, holds: bool) -> str:
        rules = [self._in_force(policy, rule_id) for policy in self.policies]
        head = f"rule {rule_id} {'holds now' if holds else 'holds no longer'}"
        if rules[0] is None or rules[1] is None:
            return f"rule {rule_id} is {'new' if rules[0] is None else 'gone'}"
        names = sorted(rules[0].triggers | rules[1].triggers)
        causes = self._causes(names, account_id)
        if ("rule", rule_id) in self.differ:
            causes.append("it is written anew")
        return f"{head}: {'; '.join(causes)}" if causes else head

    def _in_force(self, policy: Policy, rule_id: str) -> Rule | None:
        today = self.snapshot.as_of
        return next((each for each in policy.rules if each.id == rule_id and each.holds_on(today)), None)

    def _causes(self, names: Iterable[str], account_id: str | None) -> list[str]:
        found = []
        for name in names:
            path = self._path(name, account_id, set())
            if path:
                found.append(" because ".join(path))
            if len(found) == _MOST:
                break
        return found

    def _path(self, name: str, account_id: str | None, seen: set[str]) -> list[str]:
        """From a name whose value differs down to the first cause of it; empty where it does not differ."""
        values = [each.names(account_id).get(name, _ABSENT) for each in self.found]
        if name in seen or _same(*values):
            return []
        seen.add(name)
        kind = self._kind(name)
        before, after = (self._worded(kind, name, values[side], side) for side in _SIDES)
        step = f"{name} {before} → {after}"
        if (kind, name) in self.differ and kind != "parameter":
            step += {"new": " (new)", "gone": " (gone)", "changed": " (written anew)"}[
                self.differ[kind, name].change
            ]
        for below in self._reads(name):
            path = self._path(below, account_id, seen)
            if path:
                return [step + self._condition(name, below, account_id), *path]
        return [step]

    def _condition(self, name: str, changed: str, account_id: str | None) -> str:
        """The condition of a trigger that reads what changed, with the other values that it reads."""
        trigger = next((each for each in self.policies[1].triggers if each.name == name), None)
        for leaf in leaves(trigger.condition) if trigger is not None else ():
            if changed not in leaf.expression.reads or changed == leaf.expression.canonical:
                continue
            names = self.found[1].names(account_id)
            others = [
                f"{other} = {self._shown(other, names.get(other), 1)}"
                for other in sorted(leaf.expression.reads - {changed})
                if isinstance(names.get(other), Decimal | str | dt.date | None)
            ]
            return f" ({', '.join([leaf.expression.canonical, *others])})"
        return ""

    def _kind(self, name: str) -> PartKind:
        for policy in self.policies:
            if any(name == each.name for each in policy.triggers):
                return "trigger"
            if any(name == each.name for each in policy.parameters):
                return "parameter"
        return "fact"

    def _reads(self, name: str) -> list[str]:
        """What a trigger or a fact reads under either policy."""
        found: set[str] = set()
        for policy in self.policies:
            for trigger in policy.triggers:
                if trigger.name == name:
                    for leaf in leaves(trigger.condition):
                        found |= leaf.expression.reads
            for fact in policy.facts:
                if fact.name == name:
                    for read in _reads(fact.definition):
                        table = read.removeprefix("table ")
                        found |= policy.tables[table].reads if read != table else {read}
        return sorted(found)

    def _worded(self, kind: str, name: str, value: object, side: int) -> str:
        if value is _ABSENT:
            return "nothing"
        if kind == "trigger" and isinstance(value, bool | None):
            return _STATES[value]
        return self._shown(name, value, side)

    def _shown(self, name: str, value: object, side: int) -> str:
        """A value in short, or what stands in its place where it tells who somebody is."""
        mask = self.masks[side].of_name(value, None, name).mask
        return _short(value) if mask is None else mask


class _Absent:
    """A policy has nothing of the name."""


_ABSENT = _Absent()


def _same(before: object, after: object) -> bool:
    return type(before) is type(after) and before == after


def _short(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{round(value, 4).normalize():f}"
        case str() | dt.date():
            return str(value)
        case tuple():
            return f"{len(value)} entries"
        case _:
            return "another record"


def _reads(definition: Definition) -> Sequence[str]:
    if isinstance(definition, TableUse):
        return (f"table {definition.table}",)
    return sorted(definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads)


def _chosen(found: Outcome) -> Iterator[tuple[str, str | None]]:
    for key, candidate in found.candidates.items():
        if candidate.withheld is None:
            yield key
