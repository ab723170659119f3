"""What an example shows, in plain words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.analysis.coverage import parameters_seen
from postloan_rules.analysis.goals import (
    Answered,
    AtLimit,
    Decides,
    Goal,
    InState,
    OfRule,
    OfTrigger,
    TakesRow,
)
from postloan_rules.decisions import State
from postloan_rules.decisions.triggers import settings_of
from postloan_rules.expressions import DAYS, MONEY, MONTHS, text_of
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.missing_examples.changing import Edit
    from postloan_rules.analysis.missing_examples.making import Written
    from postloan_rules.analysis.questions import Question, Truth
    from postloan_rules.analysis.thresholds import Threshold
    from postloan_rules.decisions.decide import Outcome

__all__ = ["name_of", "sentence"]

_MOST = 2
"""So many changes are told in a name."""
_LONG = 70


def name_of(example: Written) -> str:
    """The name of an example: what it shows first, and what makes it so."""
    goal = _first(example)
    if isinstance(goal.about, AtLimit):
        return f"{_whose(goal.about, goal)} {_where(goal.about)}{_at(goal.about, example)}"
    said = sentence(goal).replace("`", "")
    changes = [_change(each) for each in example.edits]
    why = f": {', '.join(changes)}" if 0 < len(changes) <= _MOST else ""
    return f"{said}{why}" if len(why) <= _LONG else said


def _first(example: Written) -> Goal:
    """What tells most: a limit, or what happens; then the parts of conditions."""
    order = {"boundary": 0, "trigger": 1, "condition": 1, "row": 2, "rule": 3, "effect": 4, "atom": 5}
    return min(example.shows, key=lambda each: order[each.kind])


def sentence(goal: Goal) -> str:
    """What a goal says."""
    match goal.about:
        case OfTrigger(trigger=trigger, state=state):
            states = {State.FIRED: "fires", State.NOT_FIRED: "does not fire", State.UNKNOWN: "can't be told"}
            return f"{trigger.name} {states[state]}"
        case OfRule(rule=rule, applies=applies):
            return f"the rule {rule.id} {'applies' if applies else 'does not apply'}"
        case TakesRow(table=table, row=row):
            return f"row {row + 1} of the table {table} decides"
        case Answered(question=question, answer=answer):
            return _answered(question, answer, goal)
        case InState(question=question, state=state):
            return f"in {_owner(question)}, `{goal.text}` is {_word(state)}"
        case Decides(question=question, state=state):
            return f"{_owner(question)} hangs on `{goal.text}` alone, which is {_word(state)}"
        case AtLimit():
            return f"{_whose(goal.about, goal)}: `{goal.text}`, {_where(goal.about)}"


def _whose(about: AtLimit, goal: Goal) -> str:
    return _owner(about.question) if about.question is not None else goal.owner.replace("`", "")


def _where(about: AtLimit) -> str:
    if about.side == "at":
        return "at its limit"
    return f"{_step(about.threshold)} {'under' if about.side == 'below' else 'over'}"


def _owner(question: Question) -> str:
    match question.owner:
        case "trigger" | "fact":
            return question.name
        case "schedule":
            return f"the interval of {question.name}"
        case _:
            return f"the {question.owner} {question.name}"


def _answered(question: Question, answer: Truth, goal: Goal) -> str:
    match question.owner:
        case "trigger":
            words = {True: "fires", False: "does not fire", None: "can't be told"}
            return f"{question.name} {words[answer]}"
        case "schedule":
            words = {True: "holds", False: "does not hold", None: "can't be told"}
            return f"{_owner(question)} {words[answer]}"
        case "fact" if goal.text and goal.text != question.name:
            return f"in {question.name}, `{goal.text}` is {_word(answer)}"
        case _:
            return f"{_owner(question)} is {_word(answer)}"


def _word(state: Truth) -> str:
    return "unknown" if state is None else "true" if state else "false"


def _step(threshold: Threshold) -> str:
    """One step, in the unit of what is compared."""
    types = (threshold.left.type, threshold.right.type)
    step = threshold.step
    if isinstance(step, dt.timedelta) or DAYS in types:
        return "one day"
    if not isinstance(step, Decimal) or MONTHS in types:
        return "one month"
    return "one" if step == 1 and MONEY not in types else f"{step:f}"


def _at(about: AtLimit, example: Written) -> str:
    """With the value: `, days past due 30`."""
    threshold = about.threshold
    left = canonical(threshold.column.root) if threshold.column is not None else canonical(threshold.left)
    for names in _settings(about, example.found):
        if threshold.side(names) == about.side:
            return f": {_spoken(left)} {text_of(threshold.values(names)[0])}"
    return f": {_spoken(left)}"


def _settings(about: AtLimit, found: Outcome) -> Iterator[dict[str, object]]:
    """The values under which the limit is looked at: of the customer, of each account, of each new event."""
    name = about.question.name if about.question is not None and about.question.owner == "trigger" else None
    trigger = next((each for each in found.policy.triggers if each.name == name), None)
    for scope in (*found.accounts, found.customer):
        if trigger is not None:
            settings = settings_of(trigger, found.snapshot, scope.account_id, scope.names)
        else:
            settings = iter(({**scope.names, **parameters_seen(found, scope.account_id)},))
        yield from (names for names in settings if about.threshold.reads <= names.keys())


def _spoken(path: str) -> str:
    """A field or fact in words; any other expression as it is written."""
    last = path.rpartition(".")[2]
    return last.replace("_", " ") if path.replace(".", "").replace("_", "").isalnum() else path


def _change(edit: Edit) -> str:
    """One change in words."""
    last = edit.path.rpartition(".")[2]
    name, bracket, _ = last.partition("[")
    name = name.replace("_", " ")
    if edit.kind == "add" and isinstance(edit.value, list):
        kinds = list(dict.fromkeys(_kind(each) for each in edit.value))
        return f"{len(edit.value)} more of {name}" + (
            f" ({', '.join(filter(None, kinds))})" if any(kinds) else ""
        )
    if edit.kind == "remove":
        return f"without {name}" if bracket else f"{name} unknown"
    if edit.value is None:
        return f"{name} unknown"
    if isinstance(edit.value, list | dict):
        return f"no {name}" if not edit.value else f"other {name}"
    word = {True: "true", False: "false"}.get(edit.value) if isinstance(edit.value, bool) else edit.value
    return f"{name} {word}"


def _kind(record: object) -> str:
    return str(record.get("type", "")) if isinstance(record, dict) else ""
