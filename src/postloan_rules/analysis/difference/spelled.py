"""The pieces of a policy's decisions spelled out: equal texts, equal effect; and the names that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.analysis.proof.rebuilding import spelled
from postloan_rules.analysis.proof.spelling import Spelling
from postloan_rules.analysis.redeciding import reading_of
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.model import Never, ScoreUse, TableUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.analysis.redeciding import Reading
    from postloan_rules.policy.model import (
        Condition,
        Constraint,
        Definition,
        Policy,
        Response,
        ResponseParameter,
        Trigger,
    )
    from postloan_rules.policy.periods import Period
    from postloan_rules.policy.scorecards import Scorecard

__all__ = ["Spelled"]


@define(eq=False)
class Spelled:
    """A policy whose pieces are asked for as texts."""

    policy: Policy
    spelling: Spelling = field(init=False)
    reading: Reading = field(init=False)
    triggers: Mapping[str, Trigger] = field(init=False)
    constraints: Mapping[str, Constraint] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.spelling = Spelling.of(self.policy)
        self.reading = reading_of(self.policy)
        self.triggers = {each.name: each for each in self.policy.triggers}
        self.constraints = {each.id: each for each in self.policy.constraints}

    def scope(self, of: Trigger | Response) -> str:
        """Whether it is of each account or of the customer."""
        if self.policy.subject is None:
            return "all"
        return "account" if of.per_account else "customer"

    def subject(self) -> str:
        """Which accounts the policy is about."""
        if self.policy.subject is None:
            return "the customer"
        where = self.policy.subject.where
        # Fields of the account stand by themselves there, and come before all other names.
        return "all accounts" if where is None else f"accounts where {self.spelling.definition(where)}"

    def _called(self, name: str, *, bare: bool) -> list[str]:
        """The rules that call for a response."""
        of_accounts = {each.name for each in self.policy.triggers if each.per_account}
        return sorted(
            {
                f"{rule.since}..{rule.until}: {self.spelling.condition(rule.condition)}"
                for rule in self.policy.rules
                if name in rule.responses and not (bare and rule.triggers & of_accounts)
            }
        )

    def rivals(self, name: str) -> list[str]:
        """The responses that outrank one, the highest first."""
        return [each.name for each in self._rivals(name)]

    def _rivals(self, name: str) -> list[Response]:
        response = self.policy.responses.get(name)
        if response is None:
            return []
        found = [
            each
            for each in self.policy.responses.values()
            if each.family == response.family
            and each.per_account == response.per_account
            and each.rank > response.rank
        ]
        return sorted(found, key=lambda each: -each.rank)

    def choice(self, name: str, *, bare: bool = False) -> str:
        """When a response is called for, and what outranks it then."""
        response = self.policy.responses.get(name)
        if response is None or (bare and response.per_account):
            return ""
        rivals = [(each.name, self._called(each.name, bare=bare)) for each in self._rivals(name)]
        return f"{self._called(name, bare=bare)} {self.scope(response)} {rivals}"

    def choice_reads(self, name: str) -> frozenset[str]:
        """What a choice hangs on."""
        names = {name, *self.rivals(name)} if name in self.policy.responses else set()
        rules = [rule for rule in self.policy.rules if names.intersection(rule.responses)]
        return frozenset(names) | {each for rule in rules for each in (f"rule {rule.id}", *rule.triggers)}

    def _given(self, name: str, parameter: str) -> ResponseParameter | None:
        response = self.policy.responses[name]
        return next((each for each in response.parameters if each.name == parameter), None)

    def parameter(self, name: str, parameter: str) -> str:
        """A value that a response carries."""
        given = self._given(name, parameter)
        if given is None:
            return ""
        rounded = "" if given.round is None else f"{given.round.mode} {given.round.to.normalize():f}"
        return f"{given.type} {self.spelling.definition(given.definition)} {rounded}"

    def parameter_reads(self, name: str, parameter: str) -> frozenset[str]:
        """What it hangs on."""
        given = self._given(name, parameter)
        return frozenset({name}) | (self._defined(given.definition) if given is not None else frozenset())

    def _defined(self, definition: Definition) -> frozenset[str]:
        if isinstance(definition, TableUse):
            return self.policy.tables[definition.table].reads | {f"table {definition.table}"}
        return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads

    def attributes(self, name: str) -> str:
        """What a response is that is written out: its family, its reasons."""
        response = self.policy.responses[name]
        text = f"{response.family} {response.adverse} {response.reasons}"
        if response.reasons_from is None:
            return text
        card = self.card(response.reasons_from)
        return f"{text} {card.base} {card.lost}" + str(
            [(each.baseline, each.reason) for each in card.characteristics]
        )

    def card(self, name: str) -> Scorecard:
        """A scorecard."""
        for fact in self.policy.facts:
            if fact.name == name and isinstance(fact.definition, ScoreUse):
                return fact.definition.scorecard
        raise KeyError(name)

    def reasons(self, name: str) -> str:
        """The reasons of its scorecard."""
        from_ = self.policy.responses[name].reasons_from
        return "" if from_ is None else self.spelling.text(from_)

    def attribute_reads(self, name: str) -> frozenset[str]:
        """What its family and reasons hang on."""
        from_ = self.policy.responses[name].reasons_from
        return frozenset({name}) | ({from_} if from_ is not None else set())

    def _period(self, period: Period | None) -> str:
        return "" if period is None else self.spelling.within(period)

    def rest(self, name: str) -> str:
        """How long a response rests."""
        return self._period(self.policy.responses[name].cool_down)

    def rest_reads(self, name: str) -> frozenset[str]:
        """What that hangs on."""
        return frozenset({name}) | _parameters([self.policy.responses[name].cool_down])

    def constraint(self, name: str) -> str:
        """What a constraint says."""
        found = self.constraints.get(name)
        if found is None:
            return ""
        ranks = sorted((self.policy.responses[each].rank, each) for each in found.responses)
        names = [each for _, each in ranks]
        if isinstance(found, Never):
            return f"never {names}"
        text = canonical(spelled(found.expression.root, self.spelling.text))
        return f"{sorted(names)} {found.per_account} {text}"

    def constraint_reads(self, name: str) -> frozenset[str]:
        """What it hangs on."""
        found = self.constraints.get(name)
        if found is None:
            return frozenset()
        read = {f"constraint {name}", *found.responses}
        return frozenset(read if isinstance(found, Never) else read | found.expression.reads)

    def interval(self) -> str:
        """How long until the next review."""
        schedule = self.policy.schedule
        if schedule is None:
            return ""
        adjusted = sorted(
            f"{self.spelling.condition(each.condition)}: {self._period(each.every)}"
            for each in schedule.adjustments
        )
        bounds = [self._period(each) for each in (schedule.standard, schedule.shortest, schedule.longest)]
        return f"{bounds} {adjusted}"

    def interval_reads(self) -> frozenset[str]:
        """What that hangs on."""
        schedule = self.policy.schedule
        if schedule is None:
            return frozenset({"schedule"})
        read = {"schedule"}
        for each in schedule.adjustments:
            read |= _condition(each.condition)
        periods = [schedule.standard, schedule.shortest, schedule.longest]
        periods += [each.every for each in schedule.adjustments]
        return frozenset(read) | _parameters(periods)


def _condition(condition: Condition) -> set[str]:
    read = {name for leaf in leaves(condition) for name in leaf.expression.reads}
    return read | {each.trigger for each in named(condition)}


def _parameters(periods: Iterable[Period | None]) -> frozenset[str]:
    return frozenset(each.parameter for each in periods if each is not None and each.parameter is not None)
