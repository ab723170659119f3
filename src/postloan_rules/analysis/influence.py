"""The influence map: which fields of the snapshot can change which response, told from the rule set alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.analysis.reads import (
    NOTHING,
    Flow,
    Reads,
    Record,
    flow_of,
    joined,
    of_paths,
    order,
    through,
)
from postloan_rules.expressions import INPUT, Expression
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.model import REFER, IfUnknown, ScoreUse, TableUse, That, TriggerKind
from postloan_rules.policy.patterns import EventAbsence, step_names, steps_of
from postloan_rules.policy.scorecards import REASONS
from postloan_rules.policy.tables import AS_OF, HitPolicy
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, record
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from postloan_rules.policy.model import (
        Condition,
        Constraint,
        Definition,
        Parameter,
        Policy,
        Response,
        Trigger,
    )
    from postloan_rules.policy.periods import Period
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["INPUTS", "Influence", "Influences", "canonical", "influence_of"]

INPUTS = "attributes"
"""Inputs are passed under this key of the snapshot, and have their paths below it."""

_SUBJECT = Record(ACCOUNT, "Account")
_NUMBER = f"{ACCOUNT}.account_id"
_COMPARING = (HitPolicy.ANY, HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
"""Hit policies under which one output of a table hangs on the others."""


@frozen
class Influence:
    """What can change one response."""

    response: str
    fields: Reads
    """What can bring it, or take it away."""
    parameters: Mapping[str, Reads]
    """What can change each of its parameters, once it is chosen."""
    reasons: Reads
    """What can change the reasons that it takes from a scorecard."""

    def all_fields(self) -> Reads:
        """What can change anything about it."""
        return joined([self.fields, *self.parameters.values(), self.reasons])


@frozen
class Influences:
    """What can change each response, and the day of the next review."""

    responses: Mapping[str, Influence]
    next_review: Reads


def canonical(path: str) -> str:
    """The path in the snapshot: the subject is one of `accounts`, `bureau` is one of `bureau_reports`."""
    head, dot, rest = path.partition(".")
    lists = {ACCOUNT: "accounts", "bureau": "bureau_reports"}
    if head not in lists:
        return path
    return f"{lists[head]}[].{rest}" if dot else lists[head]


def influence_of(policy: Policy) -> Influences:
    """The fields that can change each response of a policy."""
    mapping = _Map(policy)
    return Influences({name: mapping.influence(name) for name in policy.responses}, mapping.next_review())


@define
class _Map:
    policy: Policy
    known: dict[str, Flow] = field(factory=dict)

    # Names

    def flow(self, name: str) -> Flow:
        """What a name that expressions read hangs on."""
        if name not in self.known:
            self.known[name] = self._named(name)
        return self.known[name]

    def _named(self, name: str) -> Flow:
        if name == ACCOUNT and self.policy.subject is not None:
            return Flow(NOTHING.reads, frozenset([_SUBJECT]))
        if name == "bureau":
            reads = of_paths(["bureau", "bureau.pulled_on", "bureau.source"])
            return Flow(reads, frozenset([Record("bureau", "BureauReport")]))
        if name in record("Snapshot").fields:
            return _at_the_top(name)
        for fact in self.policy.facts:
            if fact.name == name:
                given = self._definition(fact.definition)
                return Flow(through(f"fact {name}", given.reads), given.records, given.order)
        for parameter in self.policy.parameters:
            if parameter.name == name:
                return Flow(_of_parameter(parameter))
        for trigger in self.policy.triggers:
            if trigger.name == name:
                return Flow(through(f"trigger {name}", self._trigger(trigger)))
        # INVARIANT: the loader lets no other name through than those of inputs.
        return Flow(of_paths([f"{INPUTS}.{name}"]))

    def _reads(self, name: str) -> Reads:
        return self.flow(name).used()

    def _definition(self, definition: Definition) -> Flow:
        if isinstance(definition, TableUse):
            table = self.policy.tables[definition.table]
            return Flow(through(f"table {table.name}", joined(self._table(table, definition.output))))
        if isinstance(definition, ScoreUse):
            return Flow(joined(self._scorecard(definition.scorecard)))
        return flow_of(definition, self.flow)

    def _tested(self, subject: Expression) -> Callable[[str], Flow]:
        """The names of a table's cell, in which `?` stands for what the cell tests."""
        given = flow_of(subject, self.flow)
        return lambda name: given if name == INPUT else self.flow(name)

    def _table(self, table: DecisionTable, output: str) -> Iterator[Reads]:
        if table.dated:
            yield of_paths([AS_OF])
        for number, column in enumerate(table.inputs):
            names = self._tested(column.expression)
            yield names(INPUT).used()
            tests = [row.tests[number] for row in table.rows]
            for test in (column.allowed, *tests):
                if test is not None:
                    yield flow_of(test, names).used()
        for number, each in enumerate(table.outputs):
            if each.name == output or table.hit in _COMPARING:
                for cell in (*(row.outputs[number] for row in table.rows), each.default):
                    if cell is not None:
                        yield flow_of(cell, self.flow).used()

    def _scorecard(self, card: Scorecard) -> Iterator[Reads]:
        for each in card.characteristics:
            names = self._tested(each.expression)
            yield names(INPUT).used()
            for attribute in each.attributes:
                if attribute.test is not None:
                    yield flow_of(attribute.test, names).used()

    # Triggers

    def _trigger(self, trigger: Trigger) -> Reads:
        match trigger.kind:
            case TriggerKind.CONDITION:
                return self._when(trigger.condition, self.flow)
            case TriggerKind.SCHEDULE:
                return joined(
                    [self._last_review(), of_paths([AS_OF, "reviews[].next_due"]), self._standard()]
                )
            case TriggerKind.EVENT:
                return joined([self._new_events(), self._when(trigger.condition, self._of_event)])
            case TriggerKind.PATTERN:
                return joined(self._pattern(trigger))

    def _when(self, condition: Condition | None, names: Callable[[str], Flow]) -> Reads:
        return joined(flow_of(leaf.expression, names).used() for leaf in leaves(condition))

    def _of_event(self, name: str) -> Flow:
        return (
            Flow(NOTHING.reads, frozenset([Record("events[]", "Event")]))
            if name == EVENT
            else self.flow(name)
        )

    def _pattern(self, trigger: Trigger) -> Iterator[Reads]:
        pattern = trigger.pattern
        if pattern is None:
            return
        yield self._new_events()
        # What a parameter is goes by the day of an event, which is there already.
        yield of_paths(["events[].occurred_at"])
        if isinstance(pattern, EventAbsence):
            yield of_paths([AS_OF])
        steps = {EVENT, *(name for name, _ in step_names(pattern))}
        for step in steps_of(pattern):
            yield self._when(step.where, lambda name: self._of_step(name, steps))

    def _of_step(self, name: str, steps: Collection[str]) -> Flow:
        return self._of_event(EVENT) if name in steps else NOTHING

    def _last_review(self) -> Reads:
        fields = ["reviews", "reviews[].reviewed_on", "reviews[].id"]
        if self.policy.subject is not None:
            fields += ["reviews[].account_id", _NUMBER]
        return of_paths(fields)

    def _new_events(self) -> Reads:
        names = ["type", "occurred_on", "recorded_on", "id"]
        if self.policy.subject is not None:
            names.append("account_id")
        # Whose event it is goes by the account's number, which the last review has among its fields.
        events = of_paths(["events", *(f"events[].{name}" for name in names)])
        return joined([events, self._last_review(), of_paths(["reviews[].considered_events"])])

    def _period(self, period: Period | None) -> Reads:
        if period is None or period.parameter is None:
            return NOTHING.reads
        return self._reads(period.parameter)

    def _standard(self) -> Reads:
        schedule = self.policy.schedule
        return self._period(schedule.standard) if schedule is not None else NOTHING.reads

    # Responses

    def influence(self, name: str) -> Influence:
        """What can change a response."""
        response = self.policy.responses[name]
        reasons: Reads = NOTHING.reads
        if response.reasons_from is not None:
            reasons = self._reads(response.reasons_from + REASONS)
        parameters = {each.name: self._definition(each.definition).used() for each in response.parameters}
        return Influence(name, self._final(response), parameters, reasons)

    def _final(self, response: Response) -> Reads:
        """What decides whether it is among the chosen in the end."""
        found = [self._subject(), self._base(response)]
        found += [
            through(f"constraint {each.id}", self._constraint(each))
            for each in self.policy.constraints
            if response.name in each.responses
        ]
        if response.name == REFER:
            found += self._referrals()
        return joined(found)

    def _subject(self) -> Reads:
        """What decides which accounts the policy is about."""
        subject = self.policy.subject
        if subject is None:
            return NOTHING.reads
        found = [of_paths(["accounts"])]
        if subject.where is not None:
            found.append(through("subject", flow_of(subject.where, self._own_field).used()))
        return joined(found)

    def _own_field(self, name: str) -> Flow:
        """In `where` the account's fields stand by themselves, before all else."""
        return _SUBJECT.field(name) if name in record("Account").fields else self.flow(name)

    def _base(self, response: Response) -> Reads:
        """What decides whether it is chosen before constraints are looked at."""
        return joined([self._chosen(response), through("cool-down", self._cool_down(response))])

    def _chosen(self, response: Response) -> Reads:
        """What decides whether it is put forward, wins in its family, and has known parameters."""
        found = [self._put_forward(response)]
        for other in self.policy.responses.values():
            rivals = other.family == response.family and other.per_account == response.per_account
            if rivals and other.rank > response.rank:
                found.append(through(f"response {other.name}, of a higher rank", self._put_forward(other)))
        if response.name != REFER:
            found += [self._definition(each.definition).used() for each in response.parameters]
        return joined(found)

    def _put_forward(self, response: Response) -> Reads:
        found: list[Reads] = []
        for rule in self.policy.rules:
            if response.name not in rule.responses:
                continue
            reads = [self._reads(trigger) for trigger in rule.triggers]
            if rule.since is not None or rule.until is not None:
                reads.append(of_paths([AS_OF]))
            found.append(through(f"rule {rule.id}", joined(reads)))
        return joined(found)

    def _cool_down(self, response: Response) -> Reads:
        taken = "reviews[].responses"
        names = ["response", "cool_down_until"]
        own = of_paths([_NUMBER]) if response.per_account else NOTHING.reads
        if response.per_account:
            names.append("account_id")
        if response.cool_down is not None:
            names.append("taken_on")
        fields = of_paths([AS_OF, "reviews", taken, *(f"{taken}[].{name}" for name in names)])
        return joined([fields, own, self._period(response.cool_down)])

    def _constraint(self, constraint: Constraint) -> Reads:
        found = [self._base(self.policy.responses[name]) for name in constraint.responses]
        if isinstance(constraint, That):
            names = set(constraint.responses)
            found.append(
                flow_of(
                    constraint.expression,
                    lambda name: self._parts(name) if name in names else self.flow(name),
                ).used()
            )
        return joined(found)

    def _parts(self, response: str) -> Flow:
        """The parameters of a response, as a constraint reads them."""
        parts = self.policy.responses[response].parameters
        return Flow(joined(self._definition(each.definition).used() for each in parts))

    def _referrals(self) -> Iterator[Reads]:
        """What can be unknown in such a way that a person must look."""
        for trigger in self.policy.triggers:
            if trigger.if_unknown is IfUnknown.REFER:
                yield self._reads(trigger.name)
        for response in self.policy.responses.values():
            if response.parameters and response.name != REFER:
                yield through(f"response {response.name}", self._chosen(response))
        for constraint in self.policy.constraints:
            if isinstance(constraint, That):
                yield through(f"constraint {constraint.id}", self._constraint(constraint))

    # The next review

    def next_review(self) -> Reads:
        """What decides when to look again."""
        schedule = self.policy.schedule
        if schedule is None:
            return NOTHING.reads
        periods = [schedule.standard, schedule.shortest, schedule.longest]
        periods += [each.every for each in schedule.adjustments]
        found = [self._period(period) for period in periods]
        found += [self._subject(), self._last_review(), of_paths([AS_OF, "reviews[].next_due"])]
        for each in schedule.adjustments:
            found += [self._reads(name) for name in (leaf.trigger for leaf in named(each.condition))]
        # A day on which something happened, or is done, is a review by itself.
        happened = [each for each in self.policy.triggers if each.kind is not TriggerKind.CONDITION]
        found += [self._reads(trigger.name) for trigger in happened]
        found += [
            through(f"response {each.name}", self._final(each)) for each in self.policy.responses.values()
        ]
        return joined(found)


def _of_parameter(parameter: Parameter) -> Reads:
    dated = any(each.since is not None or each.until is not None for each in parameter.values)
    return through(f"parameter {parameter.name}", of_paths([AS_OF])) if dated else NOTHING.reads


def _at_the_top(name: str) -> Flow:
    """A field of the snapshot itself."""
    info = catalogue.records()["Snapshot"].by_name[name]
    if info.record is None:
        return Flow(of_paths([name]))
    if not info.many:
        return Flow(NOTHING.reads, frozenset([Record(name, info.record)]))
    held = Record(f"{name}[]", info.record)
    return Flow(of_paths([name]), frozenset([held]), order(held))
