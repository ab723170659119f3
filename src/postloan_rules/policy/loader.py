"""YAML files in, one checked policy out, or all that is wrong with them."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.expressions import ANY, BOOLEAN, RecordType, Variable
from postloan_rules.policy import files
from postloan_rules.policy.checking import Checking, Names, in_dependency_order
from postloan_rules.policy.dates import Spell, in_sequence
from postloan_rules.policy.definitions import STANDARD, read_fact, read_inputs, read_parameters, with_profile
from postloan_rules.policy.fingerprint import fingerprint
from postloan_rules.policy.model import (
    REFER,
    Constraint,
    Fact,
    Input,
    Parameter,
    Policy,
    Response,
    Rule,
    Schedule,
    Subject,
    Trigger,
    TriggerKind,
    Words,
)
from postloan_rules.policy.reader import Entry, Node, Scalar, Section
from postloan_rules.policy.reading import Reading
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
from postloan_rules.policy.scorecard_reading import facts_of
from postloan_rules.policy.scorecards import REASONS
from postloan_rules.policy.table_reading import read_table
from postloan_rules.policy.triggers import EVENT, read_trigger
from postloan_rules.policy.usage import used_names
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.problems import Problem, Span, did_you_mean, in_order, nearest, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from postloan_rules.expressions import Type
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["RuleSetInvalid", "load_policy", "profiles_of"]

LANGUAGE = 1
_HEADER = (
    "ruleset",
    "version",
    "language",
    "title",
    "owner",
    "effective",
    "currency",
    "subject",
    "use",
    "note",
)
_NAMED = ("inputs", "parameters", "profiles", "facts", "tables", "scorecards", "triggers", "responses")
_LISTED = ("rules", "constraints")
_SECTIONS = (*_NAMED, *_LISTED, "schedule")
_REQUIRED = ("ruleset", "version", "language", "currency")


class RuleSetInvalid(Exception):  # noqa: N818 - the public name, as users say it
    """A policy that can't be used, with everything that is wrong with it, by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


def load_policy(path: Path, profile: str | None = None) -> Policy:
    """The policy in a folder or a file, under one of its profiles.

    Raises:
        RuleSetInvalid: with every problem found, each with its place.
    """
    loading = _Loading(path)
    policy = loading.policy(profile or STANDARD)
    errors = [problem for problem in loading.reading.problems if problem.severity == "error"]
    if policy is None or errors:
        raise RuleSetInvalid(loading.reading.problems)
    return policy


def profiles_of(path: Path) -> tuple[str, ...]:
    """The names of a policy's profiles, `standard` first."""
    loading = _Loading(path)
    loading.policy(STANDARD)
    return loading.profiles


@frozen
class _Head:
    """What the lines at the head of a policy say."""

    id: str
    version: str
    title: Words | None
    owner: str
    currency: str
    since: date | None
    until: date | None


@define
class _Loading:
    """One run of the loader, section by section."""

    path: Path
    reading: Reading = field(factory=Reading)
    documents: list[files.Document] = field(factory=list)
    sections: dict[str, list[Entry]] = field(factory=dict)
    header: dict[str, Entry] = field(factory=dict)
    profiles: tuple[str, ...] = (STANDARD,)

    @property
    def folder(self) -> Path:
        """Where the policy stands."""
        return self.path if self.path.is_dir() else self.path.parent

    def policy(self, profile: str) -> Policy | None:
        """The whole policy; None where it lacks so much that it can't be put together."""
        self._gather()
        if "ruleset" not in self.header:
            return None
        return self._assemble(profile)

    # Files and sections

    def _gather(self) -> None:
        own = files.find(self.path, self.reading)
        heads = [document for document in own if files.header_of(document) is not None]
        if len(heads) > 1:
            for source, node in heads[1:]:
                span = node.span if node is not None else Span(source, 0, 0)
                help_ = f"the first is {heads[0][0].name}: keep one policy in a folder"
                self.reading.note("PR0125", "a second policy in the same folder", span, help_)
        if not heads:
            readable = [document for document in own if document[1] is not None]
            sections = all(isinstance(node, Section) for _, node in readable)
            if (readable and sections) or (own and not self.reading.problems and sections):
                source = (readable or own)[0][0]
                help_ = (
                    "start the policy's file with `ruleset: a_name`, `version:`, `language: 1`, `currency:`"
                )
                self.reading.note("PR0126", "no file here has a `ruleset:` line", Span(source, 0, 0), help_)
        for document in own:
            if document not in heads[1:]:
                self._take(document, head=document in heads[:1] or not heads)
        for scalar in self._uses():
            file = files.used_file(scalar, self.folder, self.reading)
            if file is None:
                continue
            used = files.load_file(file, self.reading)
            if used is not None:
                self._take(used, head=False)

    def _take(self, document: files.Document, *, head: bool) -> None:
        source, node = document
        self.documents.append(document)
        if node is None:
            if not any(p.span is not None and p.span.source is source for p in self.reading.problems):
                help_ = "delete it, or write the policy in it"
                self.reading.note("PR0127", "the file is empty", Span(source, 0, 0), help_)
            return
        allowed = (*_HEADER, *_SECTIONS) if head else _SECTIONS
        if not head and isinstance(node, Section):
            for entry in node.entries:
                if entry.key.value in _HEADER:
                    message = f"`{entry.key.value}` belongs to the head of the policy"
                    help_ = "move it to the file with `ruleset:`"
                    self.reading.note("PR0128", message, entry.key.span, help_)
            left = tuple(entry for entry in node.entries if entry.key.value not in _HEADER)
            node = Section(left, node.span)
        entries = self.reading.section(node, "a policy", allowed)
        for entry in node.entries if isinstance(node, Section) else ():
            # A section whose name is misspelt is still read, so that the names it defines are known.
            name = nearest(entry.key.value, allowed) or ""
            if name in _SECTIONS:
                self.sections.setdefault(name, []).append(entry)
            elif entry.key.value in entries:
                self.header[name] = entry

    def _uses(self) -> list[Scalar]:
        entry = self.header.get("use")
        if entry is None:
            return []
        scalars = [
            self.reading.scalar(item, "an item of `use`") for item in self.reading.items(entry.value, "`use`")
        ]
        return [scalar for scalar in scalars if scalar is not None]

    def _entries(self, name: str) -> tuple[Entry, ...]:
        """The entries of a named section over all files, each name once."""
        seen: dict[str, Entry] = {}
        for section in self.sections.get(name, ()):
            for entry in self.reading.entries(section.value, f"`{name}`"):
                first = seen.setdefault(entry.key.value, entry)
                if first is not entry:
                    self._twice(entry.key, first.key)
        return tuple(seen.values())

    def _definitions(self, section: str, what: str) -> dict[str, Entry]:
        """The well-named entries of a section, sorted by name: the order of lines has no meaning."""
        entries = self._entries(section)
        named = {
            entry.key.value: entry for entry in entries if self.reading.name(entry.key, what) is not None
        }
        return dict(sorted(named.items()))

    def _items(self, name: str) -> tuple[Node, ...]:
        return tuple(
            item
            for section in self.sections.get(name, ())
            for item in self.reading.items(section.value, f"`{name}`")
        )

    def _twice(self, key: Scalar, first: Scalar) -> None:
        message = f"`{key.value}` is defined twice, first at {first.span}"
        self.reading.note("PR0308", message, key.span, "give one of them another name, or delete it")

    # The policy

    def _assemble(self, profile: str) -> Policy | None:
        reading = self.reading
        for name in _REQUIRED:
            if name not in self.header:
                span = self.header["ruleset"].key.span
                reading.note("PR0302", f"the policy lacks `{name}`", span, _header_help(name))
        inputs = read_inputs(reading, self._entries("inputs"))
        base = read_parameters(reading, self._entries("parameters"))
        parameters, self.profiles = with_profile(reading, base, self._entries("profiles"), profile)
        if profile not in self.profiles:
            help_ = did_you_mean(profile, self.profiles, what="the profiles are")
            span = self.header["ruleset"].key.span
            reading.note("PR0309", f"the policy has no profile `{profile}`", span, help_)
        self._one_namespace()
        checking = self._checking(inputs, parameters)
        subject = self._subject(checking)
        parameter_types: dict[str, Type] = {each.name: each.type for each in parameters.values()}
        facts, tables = self._facts(checking)
        names = Names(dict(checking.known))
        triggers = self._triggers(checking, parameter_types)
        scorecards = self._definitions("scorecards", "a scorecard")
        reader = ResponseReader(checking, names, tables, parameter_types, scorecards)
        responses = self._responses(reader)
        known_triggers = {entry.key.value for entry in self._entries("triggers")}
        rules = self._rules(checking, known_triggers, reader)
        constraints = self._constraints(checking, names, reader, responses)
        schedule = self._schedule(parameter_types, known_triggers)
        check_scopes(checking, triggers, responses.values(), tables)
        catalogue = catalogue_for(self.folder, reading)
        written = self._definitions("responses", "a response")
        check_reasons(reading, catalogue, responses, written, scorecards, facts)
        if schedule is not None:
            check_intervals(reading, schedule, parameters)
        self._unused(rules, triggers, responses, schedule)
        head = self._head()
        self._dates(parameters, head)
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
            sources=tuple(source for source, _ in self.documents),
            warnings=in_order(reading.problems),
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

    def _head(self) -> _Head:
        reading, header = self.reading, self.header

        def text(name: str) -> str:
            return reading.text(header[name].value, f"`{name}`") if name in header else ""

        if "language" in header:
            number = reading.number(header["language"].value, "`language`")
            if number is not None and number != LANGUAGE:
                span = header["language"].value.span
                message = f"the rule language {number} is not known here"
                reading.note("PR0312", message, span, f"write `language: {LANGUAGE}`")
        currency = text("currency")
        if currency and re.fullmatch("[A-Z]{3}", currency) is None:
            help_ = "write the three capital letters of ISO 4217, such as CNY"
            reading.note("PR0314", f"`{currency}` is no currency", header["currency"].value.span, help_)
        since = until = None
        if "effective" in header:
            keys = reading.section(header["effective"].value, "`effective`", ("from", "to"))
            since = reading.day(keys["from"].value, "`from` of `effective`") if "from" in keys else None
            until = reading.day(keys["to"].value, "`to` of `effective`") if "to" in keys else None
            if since is not None and until is not None and until < since:
                message = f"`effective` ends ({until}) before it begins ({since})"
                reading.note("PR0318", message, header["effective"].value.span, "exchange the dates")
        title: Words | None = None
        if "title" in header:
            title = reading.words(header["title"].value, "the title")
        ruleset = header["ruleset"].value
        scalar = reading.scalar(ruleset, "`ruleset`")
        name = reading.name(scalar, "a rule set") if scalar is not None else None
        return _Head(name or "", text("version"), title, text("owner"), currency, since, until)

    def _one_namespace(self) -> None:
        """A name is used once, whatever it names: a reader never has to ask which one is meant."""
        kinds = {"inputs": "an input", "parameters": "a parameter", "facts": "a fact"}
        kinds |= {"scorecards": "a scorecard", "triggers": "a trigger", "responses": "a response"}
        taken: dict[str, tuple[str, Scalar]] = {}
        own = {*snapshot_names(), ACCOUNT, EVENT}
        for section, kind in kinds.items():
            for entry in self._entries(section):
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
        for entry in (*self._entries("inputs"), *self._entries("parameters")):
            # What is wrong itself is any value to those who read it: one mistake is told once.
            known[re.sub(r"\W+", "_", entry.key.value)] = Variable(ANY, unknown=False)
        for name, each in inputs.items():
            meaning = each.note.in_language("en") if each.note is not None else ""
            known[name] = Variable(each.type, unknown=not each.required, meaning=meaning)
        for name, parameter in parameters.items():
            meaning = parameter.note.in_language("en") if parameter.note is not None else ""
            known[name] = Variable(parameter.type, unknown=False, meaning=meaning)
        elsewhere = {entry.key.value: "a table" for entry in self._entries("tables")}
        elsewhere |= {entry.key.value: "a response" for entry in self._entries("responses")}
        elsewhere |= {entry.key.value: "a trigger" for entry in self._entries("triggers")}
        return Checking(self.reading, known, account, elsewhere, {ACCOUNT} if subject else set())

    def _subject(self, checking: Checking) -> Subject | None:
        entry = self.header.get("subject")
        if entry is None:
            return None
        keys = self.reading.section(entry.value, "`subject`", ("each", "where"), ("each",))
        if "each" in keys:
            each = self.reading.text(keys["each"].value, "`each` of `subject`")
            if each and each != "accounts":
                help_ = "write `each: accounts`"
                span = keys["each"].value.span
                self.reading.note("PR0314", f"`{each}` can't be the subject of a policy", span, help_)
        where = None
        if "where" in keys and checking.account is not None:
            names = {**checking.known, **checking.account.fields}
            del names[ACCOUNT]
            what = "`where` of `subject`"
            where = checking.expression(keys["where"].value, what, Names(names), expected=BOOLEAN)
        return Subject(where, entry.key.span)

    def _facts(self, checking: Checking) -> tuple[list[Fact], dict[str, DecisionTable | None]]:
        """Facts and tables, each after what it reads."""
        entries = self._definitions("facts", "a fact")
        of_tables = {f"table {name}": entry for name, entry in self._definitions("tables", "a table").items()}
        cards = self._definitions("scorecards", "a scorecard")
        # A scorecard gives two facts, the score and its reasons; checking either checks both.
        cards |= {name + REASONS: entry for name, entry in cards.items()}
        everything = {**entries, **of_tables, **cards}
        facts: dict[str, Fact] = {}
        tables: dict[str, DecisionTable | None] = {key.removeprefix("table "): None for key in of_tables}
        names = Names(checking.known, everything)

        def check_card(name: str) -> Variable:
            found = facts_of(checking, cards[name], names)
            for fact in found or ():
                facts[fact.name] = fact
                checking.known[fact.name] = Variable(fact.type, unknown=fact.unknown)
            if found is None:
                checking.known[name] = Variable(ANY, unknown=False)
            return checking.known[name]

        def check_one(name: str) -> Variable:
            if name in cards:
                return check_card(name)
            if name in of_tables:
                tables[name.removeprefix("table ")] = read_table(checking, of_tables[name], names)
                variable = Variable(BOOLEAN, unknown=True)
            else:
                fact, variable = read_fact(checking, entries[name], names, tables)
                if fact is not None:
                    facts[name] = fact
            checking.known[name] = variable
            return variable

        def on_cycle(chain: tuple[str, ...]) -> Variable:
            kind = "table" if chain[0] in of_tables else "fact" if chain[0] in entries else "scorecard"
            what = f"the {kind} `{chain[0].removeprefix('table ')}`"
            checking.known[chain[0]] = checking.cycle(what, chain, everything[chain[0]].key.span)
            return checking.known[chain[0]]

        order = in_dependency_order(everything, check_one, on_cycle)
        for key in of_tables:
            checking.known.pop(key, None)
        return [facts[name] for name in order if name in facts], tables

    def _triggers(self, checking: Checking, parameters: Mapping[str, Type]) -> tuple[Trigger, ...]:
        entries = self._definitions("triggers", "a trigger")
        found: dict[str, Trigger] = {}
        known = dict(checking.known)
        names = Names(known, entries)

        def check_one(name: str) -> Variable:
            trigger, variable = read_trigger(checking, entries[name], names, parameters)
            if trigger is not None:
                found[name] = trigger
            known[name] = variable
            return variable

        def on_cycle(chain: tuple[str, ...]) -> Variable:
            what = f"the trigger `{chain[0]}`"
            known[chain[0]] = checking.cycle(what, chain, entries[chain[0]].key.span)
            return known[chain[0]]

        order = in_dependency_order(entries, check_one, on_cycle)
        return tuple(found[name] for name in order if name in found)

    def _responses(self, reader: ResponseReader) -> dict[str, Response]:
        found: dict[str, Response] = {}
        for entry in self._definitions("responses", "a response").values():
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
        for node in self._items("rules"):
            rule = read_rule(checking, node, sorted(triggers), reader.types)
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
        for node in self._items("constraints"):
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
        entries = self.sections.get("schedule", [])
        for entry in entries[1:]:
            self._twice(entry.key, entries[0].key)
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

    def _dates(self, parameters: Mapping[str, Parameter], head: _Head) -> None:
        """Every parameter must have a value on every day on which the policy is in force."""
        since, until = head.since, head.until
        for parameter in parameters.values():
            if not parameter.values:
                continue
            first, last = parameter.values[0], parameter.values[-1]
            if first.since is not None and (since is None or since < first.since):
                start = f"from {since}" if since else "before it"
                message = (
                    f"`{parameter.name}` has no value before {first.since}; the policy is in force {start}"
                )
                help_ = f"start its first value on {since}" if since else "add `effective: {from: ...}`"
                self.reading.note("PR0319", message, parameter.span, help_)
            if last.until is not None and (until is None or last.until < until):
                message = (
                    f"`{parameter.name}` has no value after {last.until}, and the policy is in force then"
                )
                self.reading.note("PR0319", message, parameter.span, "leave out `to` of its last value")


def _header_help(name: str) -> str:
    examples = {
        "version": 'add a line such as `version: "2026.12"`',
        "language": f"add the line `language: {LANGUAGE}`",
        "currency": "add a line such as `currency: CNY`",
    }
    return examples.get(name, f"add a line `{name}: ...`")
