"""What the policy team's examples exercise: triggers, rules, rows of tables, each side of each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.analysis.goals import (
    Answered,
    AtLimit,
    Decides,
    Goal,
    InState,
    Kind,
    OfRule,
    OfTrigger,
    TakesRow,
    answer_goal,
    effect_goal,
    goals_of,
    limit_goal,
    owner_of,
    row_goal,
    rule_goal,
    state_goal,
    tables_used,
    trigger_goal,
)
from postloan_rules.analysis.questions import Question, questions_of
from postloan_rules.decisions.decide import outcome
from postloan_rules.decisions.triggers import settings_of
from postloan_rules.policy.tables import look_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.thresholds import Threshold
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy

__all__ = ["Coverage", "Goal", "Kind", "Met", "Showing", "cover", "parameters_seen"]


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


def cover(policy: Policy, examples: Iterable[Example], *, boundaries: bool = False) -> Coverage:
    """What the examples show of a policy.

    Decides each example again with the evaluator, and looks at every atom of every condition for each account
    and event, also those that the decision itself had no need to look at.

    Args:
        policy: The policy.
        examples: Its examples.
        boundaries: Whether limits count as well: each value at its limit, and one step to either side.
    """
    showing = Showing(policy, boundaries=boundaries)
    seen: dict[Goal, str | None] = dict.fromkeys(showing.goals)
    for example in examples:
        # One under another profile shows the same conditions.
        for goal in showing.of(outcome(example.policy, example.snapshot)):
            if seen.get(goal, "") is None:
                seen[goal] = example.name
    return Coverage(tuple(Met(goal, example) for goal, example in seen.items()))


@define
class Showing:
    """What a customer shows of a policy."""

    policy: Policy
    boundaries: bool = field(kw_only=True)
    goals: tuple[Goal, ...] = field(init=False)
    _questions: tuple[Question, ...] = field(init=False)
    _thresholds: Mapping[str, tuple[Threshold, ...]] = field(init=False)
    """By whose they are."""

    def __attrs_post_init__(self) -> None:
        self.goals = tuple(goals_of(self.policy, boundaries=self.boundaries))
        self._questions = questions_of(self.policy)
        found: dict[str, dict[Threshold, None]] = {}
        for goal in self.goals:
            if isinstance(goal.about, AtLimit):
                found.setdefault(goal.owner, {})[goal.about.threshold] = None
        self._thresholds = {owner: tuple(each) for owner, each in found.items()}

    def of(self, found: Outcome) -> Iterator[Goal]:
        """All that it shows, some of it more than once."""
        for state in found.states:
            trigger = next(each for each in self.policy.triggers if each.name == state.trigger)
            yield trigger_goal(trigger, state.state)
        applied = {rule for candidate in found.candidates.values() for rule in candidate.rules}
        for rule in self.policy.rules:
            yield rule_goal(rule, applies=rule.id in applied)
        for question in self._questions:
            for names in self.settings(question, found):
                yield from self._asked(question, names)
        for name in tables_used(self.policy):
            yield from self._looked_up(name, found)
        yield from self._columns(found)

    def shows(self, goal: Goal, found: Outcome) -> bool:
        """Whether a customer shows this goal; the others are not looked at."""
        match goal.about:
            case OfTrigger(trigger=trigger, state=state):
                return any(each.trigger == trigger.name and each.state is state for each in found.states)
            case OfRule(rule=rule, applies=applies):
                return applies is any(rule.id in each.rules for each in found.candidates.values())
            case TakesRow(table=table):
                return goal in self._looked_up(table, found)
            case Answered(question=question) | InState(question=question) | Decides(question=question):
                return any(goal in self._asked(question, names) for names in self.settings(question, found))
            case AtLimit(question=question):
                if question is None:
                    return goal in self._columns(found)
                return any(goal in self._asked(question, names) for names in self.settings(question, found))

    def settings(self, question: Question, found: Outcome) -> Iterator[Mapping[str, object]]:
        """The values under which the condition is asked: for the customer, each account, each new event."""
        for scope in (*found.accounts, found.customer):
            names = scope.names
            if question.owner == "constraint":
                names = {**names, **parameters_seen(found, scope.account_id)}
            if question.owner == "trigger":
                trigger = next(each for each in self.policy.triggers if each.name == question.name)
                if trigger.per_account is (scope.account_id is None):
                    continue
                yield from settings_of(trigger, found.snapshot, scope.account_id, names)
            elif _reads(question) <= names.keys():
                yield names

    def _asked(self, question: Question, names: Mapping[str, object]) -> Iterator[Goal]:
        owner = owner_of(question)
        for threshold in self._thresholds.get(owner, ()):
            side = threshold.side(names) if _within(threshold, question) else None
            if side is not None:
                yield limit_goal(owner, threshold, side, question)
        states = question.states(names)
        answer = question.answer(states)
        if question.owner != "rule":
            yield answer_goal(question, answer)
        if len(question.atoms) == 1:
            return
        for number, state in enumerate(states):
            yield state_goal(question, number, state)
            if state is not None and question.turns_on(number, states):
                yield effect_goal(question, number, state=state)

    def _looked_up(self, name: str, found: Outcome) -> Iterator[Goal]:
        table = self.policy.tables[name]
        for scope in (*found.accounts, found.customer):
            if table.reads <= scope.names.keys():
                for number in look_up(table, scope.names).rows:
                    yield row_goal(self.policy, name, number)

    def _columns(self, found: Outcome) -> Iterator[Goal]:
        for owner, thresholds in self._thresholds.items():
            for threshold in thresholds:
                if threshold.column is None:
                    continue
                for scope in (*found.accounts, found.customer):
                    side = threshold.side(scope.names) if threshold.reads <= scope.names.keys() else None
                    if side is not None:
                        yield limit_goal(owner, threshold, side, None)


def _within(threshold: Threshold, question: Question) -> bool:
    """Whether a threshold of this owner stands in this question: a fact may hold several."""
    return any(atom.span == threshold.span for atom in question.atoms)


def parameters_seen(found: Outcome, account_id: str | None) -> Mapping[str, object]:
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
