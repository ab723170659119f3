"""What the policy team's examples exercise: triggers, rules, rows of tables, each side of each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field, frozen

from postloan_rules.analysis.questions import Question, Truth, questions_of
from postloan_rules.decisions import State
from postloan_rules.decisions.decide import outcome
from postloan_rules.decisions.triggers import settings_of
from postloan_rules.policy.model import IfUnknown, TableUse, TriggerKind
from postloan_rules.policy.tables import look_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.examples import Example
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.problems import Span

__all__ = ["Coverage", "Goal", "Met", "cover"]

Kind: TypeAlias = Literal["trigger", "rule", "row", "condition", "atom", "effect"]


@frozen
class Goal:
    """One thing that the examples should show."""

    kind: Kind
    """`trigger` and `rule`: each state; `row`: that it decides; `condition` and `atom`: each truth value;
    `effect`: that the atom alone makes the whole what it is, true or false (MC/DC)."""
    owner: str
    """What it belongs to, in the policy team's words, such as "the trigger `job_lost`"."""
    wanted: str
    """What should be seen: `fired`, `unknown`, `true`, `decides` …"""
    text: str
    """The condition as it is written; empty for a whole trigger, rule or row."""
    span: Span = field(repr=False, eq=False)


@frozen
class Met:
    """A goal, and the name of the first example that meets it; None where none does."""

    goal: Goal
    example: str | None


@frozen
class Coverage:
    """Every goal, in the order of the policy, and what meets it."""

    met: tuple[Met, ...]

    @property
    def missing(self) -> tuple[Goal, ...]:
        """The goals that no example meets."""
        return tuple(each.goal for each in self.met if each.example is None)

    def share(self, *kinds: Kind) -> tuple[int, int]:
        """How many goals of these kinds (of all, when none is named) are met, and of how many."""
        of = [each for each in self.met if not kinds or each.goal.kind in kinds]
        return sum(each.example is not None for each in of), len(of)


def cover(policy: Policy, examples: Iterable[Example]) -> Coverage:
    """What the examples show of a policy.

    Decides each example again with the evaluator, and looks at every atom of every condition for each account
    and event, also those that the decision itself had no need to look at.
    """
    covering = _Covering(policy)
    for goal in covering.goals():
        covering.seen[goal] = None
    for example in examples:
        covering.look(example)
    return Coverage(tuple(Met(goal, example) for goal, example in covering.seen.items()))


_WORDS: Mapping[Truth, str] = {True: "true", False: "false", None: "unknown"}


@define
class _Covering:
    policy: Policy
    seen: dict[Goal, str | None] = field(factory=dict)
    questions: tuple[Question, ...] = field(init=False)
    triggers: Mapping[str, Trigger] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.questions = questions_of(self.policy)
        self.triggers = {trigger.name: trigger for trigger in self.policy.triggers}

    # What should be seen

    def goals(self) -> Iterator[Goal]:
        """Everything there is to show, in the order of the policy."""
        for trigger in self.policy.triggers:
            for state in self._states(trigger):
                yield _trigger(trigger, state)
        for rule in self.policy.rules:
            for truth in (True, False):
                yield _whole("rule", f"the rule `{rule.id}`", _WORDS[truth], rule.span)
        for name in self._tables_used():
            for number, row in enumerate(self.policy.tables[name].rows, 1):
                yield _row(name, number, row.span)
        for question in self.questions:
            if question.owner == "constraint":
                yield _answer(question, True)  # a breach is what the policy must not let happen
            elif question.owner != "rule":
                yield from _answers(question)
            if len(question.atoms) > 1:
                yield from _sides(question)

    def _states(self, trigger: Trigger) -> Iterator[State]:
        if trigger.condition is None or trigger.kind is TriggerKind.EVENT:
            yield State.FIRED
            yield State.NOT_FIRED
        if trigger.if_unknown in (IfUnknown.IGNORE, IfUnknown.REFER) and trigger.condition is None:
            yield State.UNKNOWN

    def _tables_used(self) -> Iterator[str]:
        used = {fact.definition.table for fact in self.policy.facts if isinstance(fact.definition, TableUse)}
        for response in self.policy.responses.values():
            for parameter in response.parameters:
                if isinstance(parameter.definition, TableUse):
                    used.add(parameter.definition.table)
        return (name for name in self.policy.tables if name in used)

    # What an example shows

    def look(self, example: Example) -> None:
        """Take in what an example shows. One under another profile shows the same conditions."""
        found = outcome(example.policy, example.snapshot)
        for state in found.states:
            self._show(_trigger(self.triggers[state.trigger], state.state), example)
        for rule in self.policy.rules:
            fired = any(rule.id in candidate.rules for candidate in found.candidates.values())
            goal = _whole("rule", f"the rule `{rule.id}`", _WORDS[fired], rule.span)
            self._show(goal, example)
        for question in self.questions:
            for names in self._settings(question, found):
                self._ask(question, names, example)
        for name in self._tables_used():
            self._look_up(name, found, example)

    def _show(self, goal: Goal, example: Example) -> None:
        if self.seen.get(goal, "") is None:
            self.seen[goal] = example.name

    def _settings(self, question: Question, found: Outcome) -> Iterator[Mapping[str, object]]:
        """The values under which the condition is asked: for the customer, each account, each new event."""
        for scope in (*found.accounts, found.customer):
            names = scope.names
            if question.owner == "constraint":
                names = {**names, **_parameters(found, scope.account_id)}
            if question.owner == "trigger":
                trigger = self.triggers[question.name]
                if trigger.per_account is (scope.account_id is None):
                    continue
                yield from settings_of(trigger, found.snapshot, scope.account_id, names)
            elif _reads(question) <= names.keys():
                yield names

    def _ask(self, question: Question, names: Mapping[str, object], example: Example) -> None:
        states = question.states(names)
        answer = question.answer(states)
        if question.owner != "rule":
            self._show(_answer(question, answer), example)
        if len(question.atoms) == 1:
            return
        for number, state in enumerate(states):
            self._show(_side(question, number, state), example)
            if state is not None and question.turns_on(number, states):
                self._show(_effect(question, number, state), example)

    def _look_up(self, name: str, found: Outcome, example: Example) -> None:
        table = self.policy.tables[name]
        for scope in (*found.accounts, found.customer):
            if table.reads <= scope.names.keys():
                for number in look_up(table, scope.names).rows:
                    self._show(_row(name, number + 1, table.rows[number].span), example)


def _parameters(found: Outcome, account_id: str | None) -> Mapping[str, object]:
    """What constraints read of the responses that are put forward for an account and for the customer."""
    return {
        response: candidate.parameters
        for (response, of), candidate in found.candidates.items()
        if of in (None, account_id)
    }


def _reads(question: Question) -> frozenset[str]:
    read: set[str] = set()
    for atom in question.atoms:
        if atom.trigger is not None:
            read.add(atom.trigger)
        elif atom.expression is not None:
            read |= atom.expression.reads
    return frozenset(read)


def _whole(kind: Kind, owner: str, wanted: str, span: Span) -> Goal:
    return Goal(kind, owner, wanted, "", span)


def _trigger(trigger: Trigger, state: State) -> Goal:
    return _whole("trigger", f"the trigger `{trigger.name}`", state.value.replace("_", " "), trigger.span)


def _row(table: str, number: int, span: Span) -> Goal:
    return _whole("row", f"row {number} of the table `{table}`", "decides", span)


def _owner(question: Question) -> str:
    if question.owner == "schedule":
        return f"the interval `{question.name}`"
    return f"the {question.owner} `{question.name}`"


def _answer(question: Question, answer: Truth) -> Goal:
    text = question.atoms[0].text if len(question.atoms) == 1 else ""
    return Goal("condition", _owner(question), _WORDS[answer], text, question.span)


def _side(question: Question, number: int, state: Truth) -> Goal:
    atom = question.atoms[number]
    return Goal("atom", _owner(question), _WORDS[state], atom.text, atom.span)


def _effect(question: Question, number: int, state: Truth) -> Goal:
    atom = question.atoms[number]
    return Goal("effect", _owner(question), _WORDS[state], atom.text, atom.span)


def _answers(question: Question) -> Iterator[Goal]:
    yield _answer(question, True)
    yield _answer(question, False)
    if question.may_be_unknown:
        yield _answer(question, None)


def _sides(question: Question) -> Iterator[Goal]:
    for number, atom in enumerate(question.atoms):
        yield _side(question, number, True)
        yield _side(question, number, False)
        if atom.may_be_unknown:
            yield _side(question, number, None)
    for number in range(len(question.atoms)):
        yield _effect(question, number, True)
        yield _effect(question, number, False)
