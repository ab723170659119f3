"""YAML files in, one checked policy out, or all that is wrong with them."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.expressions import ANY, RecordType, Variable
from postloan_rules.limits import LIMITS
from postloan_rules.policy.checking import Checking, Names
from postloan_rules.policy.computed import read_facts, read_triggers
from postloan_rules.policy.dates import Spell, in_sequence
from postloan_rules.policy.definitions import STANDARD, read_inputs, read_parameters, with_profile
from postloan_rules.policy.fingerprint import fingerprint
from postloan_rules.policy.gathering import Gathered
from postloan_rules.policy.head import LANGUAGE, Head, check_required, read_head, read_subject
from postloan_rules.policy.model import (
    REFER,
    Constraint,
    Input,
    Parameter,
    Policy,
    Response,
    Rule,
    Schedule,
    Trigger,
    TriggerKind,
)
from postloan_rules.policy.pattern_reading import check_patterns
from postloan_rules.policy.reading import Enough, Reading
from postloan_rules.policy.reasons import catalogue_for, check_reasons
from postloan_rules.policy.responses import (
    ResponseReader,
    built_in_refer,
    check_ranks,
    read_constraint,
    read_rule,
)
from postloan_rules.policy.schedule import check_intervals, read_schedule
from postloan_rules.policy.scopes import check_scopes
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.usage import used_names
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.problems import Problem, did_you_mean, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from postloan_rules.expressions import Type
    from postloan_rules.limits import Limits
    from postloan_rules.policy.files import Document
    from postloan_rules.policy.reader import Entry, Scalar
    from postloan_rules.policy.tables import DecisionTable
    from postloan_rules.problems import Span

__all__ = ["Loaded", "RuleSetInvalid", "load_as_far_as_possible", "load_policy", "profiles_of"]


class RuleSetInvalid(Exception):  # noqa: N818 - the public name, as users say it
    """A policy that can't be used, with everything that is wrong with it, by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


def load_policy(path: Path, profile: str | None = None, limits: Limits = LIMITS) -> Policy:
    """The policy in a folder or a file, under one of its profiles, as far as the limits go.

    Raises:
        RuleSetInvalid: with every problem found, each with its place.
    """
    loading = _Loading(Gathered(path, Reading(limits=limits, patient=False)))
    policy = loading.policy(profile or STANDARD)
    errors = [problem for problem in loading.reading.problems if problem.severity == "error"]
    if policy is None or errors:
        raise RuleSetInvalid(loading.reading.told)
    return policy


def profiles_of(path: Path) -> tuple[str, ...]:
    """The names of a policy's profiles, `standard` first."""
    loading = _Loading(Gathered(path))
    loading.policy(STANDARD)
    return loading.profiles


@frozen
class Loaded:
    """What is known of a policy, however many mistakes are in it: for editors."""

    policy: Policy | None
    problems: tuple[Problem, ...]
    names: Mapping[str, Variable]
    """What expressions may read; a name whose definition is wrong is of any type."""
    documents: tuple[Document, ...]
    profiles: tuple[str, ...]


def load_as_far_as_possible(path: Path) -> Loaded:
    """A policy with all that is wrong with it, under the profile `standard`; mistakes are no exception."""
    loading = _Loading(Gathered(path))
    policy = loading.policy(STANDARD)
    problems = in_order(loading.reading.told)
    return Loaded(policy, problems, loading.known, tuple(loading.gathered.documents), loading.profiles)


@define
class _Loading:
    """One run of the loader, section by section."""

    gathered: Gathered
    profiles: tuple[str, ...] = (STANDARD,)
    known: Mapping[str, Variable] = field(factory=dict)

    @property
    def reading(self) -> Reading:
        """Where mistakes are noted."""
        return self.gathered.reading

    @property
    def header(self) -> dict[str, Entry]:
        """The lines of the head."""
        return self.gathered.header

    def policy(self, profile: str) -> Policy | None:
        """The whole policy; None where it lacks so much that it can't be put together."""
        try:
            self.gathered.gather()
            if "ruleset" not in self.header or self._too_many():
                return None
            return self._assemble(profile)
        except Enough:
            return None
        finally:
            self.reading.cut()

    def _too_many(self) -> bool:
        """Whether more is defined than is taken; that is noted then."""
        count, most = self.gathered.size(), self.reading.limits.definitions
        if count <= most:
            return False
        message = f"the policy defines {count:,} names and rules, and at most {most:,} are taken"
        help_ = "a table can take the place of rules that differ in their numbers only"
        self.reading.note("PR1002", message, self.header["ruleset"].key.span, help_)
        return True

    def _too_dear(self) -> None:
        """Note when all expressions together take too many steps."""
        steps, most = sum(self.reading.steps.values()), self.reading.limits.policy_steps
        if steps > most:
            message = f"the expressions take {steps:,} steps together, and {most:,} is the most"
            help_ = "make facts of what several of them look for in the same lists"
            self.reading.note("PR1011", message, self.header["ruleset"].key.span, help_)

    def _assemble(self, profile: str) -> Policy | None:
        reading = self.reading
        check_required(reading, self.header)
        inputs = read_inputs(reading, self.gathered.entries("inputs"))
        base = read_parameters(reading, self.gathered.entries("parameters"))
        parameters, self.profiles = with_profile(reading, base, self.gathered.entries("profiles"), profile)
        if profile not in self.profiles:
            help_ = did_you_mean(profile, self.profiles, what="the profiles are")
            span = self.header["ruleset"].key.span
            reading.note("PR0309", f"the policy has no profile `{profile}`", span, help_)
        self._one_namespace()
        checking = self._checking(inputs, parameters)
        self.known = checking.known
        subject = read_subject(checking, self.header)
        parameter_types: dict[str, Type] = {each.name: each.type for each in parameters.values()}
        facts, tables = read_facts(checking, self.gathered)
        names = Names(dict(checking.known))
        triggers = read_triggers(checking, self.gathered, parameter_types)
        scorecards = self.gathered.definitions("scorecards", "a scorecard")
        reader = ResponseReader(checking, names, tables, parameter_types, scorecards)
        responses = self._responses(reader)
        known_triggers = {entry.key.value for entry in self.gathered.entries("triggers")}
        rules = self._rules(checking, known_triggers, reader)
        constraints = self._constraints(checking, names, reader, responses)
        schedule = self._schedule(parameter_types, known_triggers)
        check_scopes(checking, triggers, responses.values(), tables)
        catalogue = catalogue_for(self.gathered.folder, reading)
        written = self.gathered.definitions("responses", "a response")
        check_reasons(reading, catalogue, responses, written, scorecards, facts)
        if schedule is not None:
            check_intervals(reading, schedule, parameters)
        check_patterns(reading, triggers, parameters)
        self._unused(rules, triggers, responses, schedule)
        self._too_dear()
        head = read_head(reading, self.header)
        self._dates(parameters, tables, head)
        if catalogue is None or any(problem.severity == "error" for problem in reading.problems):
            return None
        whole = {name: table for name, table in tables.items() if table is not None}
        used = used_names(facts, triggers, responses, constraints, whole, subject)
        policy = Policy(
            profile=profile,
            subject=subject,
            inputs=tuple(sorted(inputs.values(), key=lambda each: each.name)),
            parameters=tuple(sorted(parameters.values(), key=lambda each: each.name)),
            facts=tuple(fact for fact in facts if fact.name in used),
            tables={name: table for name, table in whole.items() if f"table {name}" in used},
            triggers=triggers,
            responses=responses,
            rules=rules,
            schedule=schedule,
            constraints=constraints,
            catalogue=catalogue,
            fingerprint="",
            sources=tuple(source for source, _ in self.gathered.documents),
            warnings=in_order(reading.told),
            id=head.id,
            version=head.version,
            language=LANGUAGE,
            title=head.title,
            owner=head.owner,
            currency=head.currency,
            effective_from=head.since,
            effective_to=head.until,
        )
        return evolve(policy, fingerprint=fingerprint(policy))

    def _one_namespace(self) -> None:
        """A name is used once, whatever it names: a reader never has to ask which one is meant."""
        kinds = {"inputs": "an input", "parameters": "a parameter", "facts": "a fact"}
        kinds |= {"scorecards": "a scorecard", "triggers": "a trigger", "responses": "a response"}
        taken: dict[str, tuple[str, Scalar]] = {}
        own = {*snapshot_names(), ACCOUNT, EVENT}
        for section, kind in kinds.items():
            for entry in self.gathered.entries(section):
                name = entry.key.value
                if name in own:
                    message = f"`{name}` already names a part of the snapshot"
                    self.reading.note("PR0308", message, entry.key.span, "choose another name")
                elif name in taken:
                    other, key = taken[name]
                    message = f"`{name}` is {kind} here and {other} at {key.span}"
                    self.reading.note("PR0308", message, entry.key.span, "give one of them another name")
                else:
                    taken[name] = (kind, entry.key)

    def _checking(self, inputs: Mapping[str, Input], parameters: Mapping[str, Parameter]) -> Checking:
        subject = "subject" in self.header
        known: dict[str, Variable] = dict(snapshot_names())
        account = record("Account") if subject else None
        if account is not None:
            known[ACCOUNT] = Variable(account, unknown=False, meaning="The account that is being decided")
        for entry in (*self.gathered.entries("inputs"), *self.gathered.entries("parameters")):
            # What is wrong itself is any value to those who read it: one mistake is told once.
            known[re.sub(r"\W+", "_", entry.key.value)] = Variable(ANY, unknown=False)
        for name, each in inputs.items():
            meaning = each.note.in_language("en") if each.note is not None else ""
            known[name] = Variable(each.type, unknown=not each.required, meaning=meaning)
        for name, parameter in parameters.items():
            meaning = parameter.note.in_language("en") if parameter.note is not None else ""
            known[name] = Variable(parameter.type, unknown=False, meaning=meaning)
        elsewhere = {entry.key.value: "a table" for entry in self.gathered.entries("tables")}
        elsewhere |= {entry.key.value: "a response" for entry in self.gathered.entries("responses")}
        elsewhere |= {entry.key.value: "a trigger" for entry in self.gathered.entries("triggers")}
        return Checking(self.reading, known, account, elsewhere, {ACCOUNT} if subject else set())

    def _responses(self, reader: ResponseReader) -> dict[str, Response]:
        found: dict[str, Response] = {}
        for entry in self.gathered.definitions("responses", "a response").values():
            response = reader.read(entry)
            if response is not None:
                found[response.name] = response
        if REFER not in reader.types:
            reader.types[REFER] = RecordType(REFER, {})
            found[REFER] = built_in_refer(self.header["ruleset"].key.span)
        check_ranks(reader.checking, found)
        return dict(sorted(found.items()))

    def _rules(self, checking: Checking, triggers: set[str], reader: ResponseReader) -> tuple[Rule, ...]:
        rules: dict[str, list[Rule]] = {}
        in_order = dict.fromkeys(sorted(triggers))
        for node in self.gathered.items("rules"):
            rule = read_rule(checking, node, in_order, reader.types)
            if rule is None:
                continue
            rules.setdefault(rule.id, []).append(rule)
        return tuple(rule for rule_id in sorted(rules) for rule in self._in_force(rules[rule_id]))

    def _in_force(self, versions: list[Rule]) -> list[Rule]:
        """The versions of one rule, each up to the day before the next."""
        first, *others = versions
        if all(rule.since is None and rule.until is None for rule in versions):
            for rule in others:
                message = f"the rule id `{rule.id}` is used twice, first at {first.span}"
                help_ = "give each rule an id of its own, or say with `from` and `to` when each is in force"
                self.reading.note("PR0308", message, rule.span, help_)
            return [first]
        spells = [Spell(rule.since, rule.until, rule.span) for rule in versions]
        closed = in_sequence(self.reading, spells, f"the rule `{first.id}`")
        found = [
            evolve(rule, since=spell.since, until=spell.until)
            for rule, spell in zip(versions, closed, strict=True)
        ]
        return sorted(found, key=lambda rule: rule.since or date.min)

    def _constraints(
        self,
        checking: Checking,
        names: Names,
        reader: ResponseReader,
        responses: Mapping[str, Response],
    ) -> tuple[Constraint, ...]:
        per_account = {
            name: responses[name].per_account if name in responses else checking.account is not None
            for name in reader.types
        }
        found: dict[str, Constraint] = {}
        for node in self.gathered.items("constraints"):
            constraint = read_constraint(checking, node, names, reader.types, per_account)
            if constraint is None:
                continue
            if constraint.id in found:
                message = (
                    f"the constraint id `{constraint.id}` is used twice, first at {found[constraint.id].span}"
                )
                self.reading.note("PR0308", message, constraint.span, "give each constraint an id of its own")
            found.setdefault(constraint.id, constraint)
        return tuple(sorted(found.values(), key=lambda constraint: constraint.id))

    def _schedule(self, parameters: dict[str, Type], triggers: set[str]) -> Schedule | None:
        entries = self.gathered.sections.get("schedule", [])
        for entry in entries[1:]:
            self.gathered.twice(entry.key, entries[0].key)
        if not entries:
            return None
        return read_schedule(self.reading, entries[0], parameters, sorted(triggers))

    def _unused(
        self,
        rules: tuple[Rule, ...],
        triggers: tuple[Trigger, ...],
        responses: Mapping[str, Response],
        schedule: Schedule | None,
    ) -> None:
        """Warn of responses that no rule calls for, and of a schedule trigger without a schedule."""
        if any(problem.severity == "error" for problem in self.reading.problems):
            return
        called = {name for rule in rules for name in rule.responses}
        for response in responses.values():
            if response.name not in called and response.name != REFER:
                message = f"no rule calls for the response `{response.name}`"
                help_ = "name it under `then` of a rule, or delete it"
                self.reading.problems.append(
                    Problem("PR0360", message, response.span, help_, severity="warning")
                )
        for trigger in triggers:
            if trigger.kind is TriggerKind.SCHEDULE and schedule is None:
                message = f"`{trigger.name}` waits for reviews to be due, and the policy has no `schedule`"
                self.reading.note("PR0361", message, trigger.span, "add a section `schedule:`")

    def _dates(
        self, parameters: Mapping[str, Parameter], tables: Mapping[str, DecisionTable | None], head: Head
    ) -> None:
        """What has dates must be given on every day on which the policy is in force."""
        for parameter in parameters.values():
            if parameter.values:
                first, last = parameter.values[0].since, parameter.values[-1].until
                self._covers(f"`{parameter.name}` has no value", first, last, head, parameter.span)
        for table in tables.values():
            if table is not None and table.dated:
                first = min(row.since or date.min for row in table.rows)
                last = max(row.until or date.max for row in table.rows)
                self._covers(f"the table `{table.name}` has no rows", first, last, head, table.span)

    def _covers(self, what: str, first: date | None, last: date | None, head: Head, span: Span) -> None:
        if first not in (None, date.min) and (head.since is None or head.since < first):
            start = f"from {head.since}" if head.since else "before it"
            help_ = f"start the first on {head.since}" if head.since else "add `effective: {from: ...}`"
            self.reading.note("PR0319", f"{what} before {first}; the policy is in force {start}", span, help_)
        if last not in (None, date.max) and (head.until is None or last < head.until):
            message = f"{what} after {last}, and the policy is in force then"
            self.reading.note("PR0319", message, span, "leave out the last `to`")
