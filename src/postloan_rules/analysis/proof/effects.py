"""Conditions without effect: parts that could be left out, and nobody would be decided otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.values import ALWAYS, NEVER, Formula, Truth, both, either, opposite
from postloan_rules.analysis.questions import questions_of
from postloan_rules.decisions.triggers import settings_of
from postloan_rules.policy.model import IfUnknown, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.analysis.questions import Question

    Truths = list[bool | None]

__all__ = ["effects"]

_FIXED = {True: Truth(ALWAYS, NEVER), False: Truth(NEVER, ALWAYS)}


def effects(study: Study) -> None:
    """Look at each part of each condition that has several."""
    told = {each.subject for each in study.findings}
    for question in questions_of(study.policy):
        if question.owner == "constraint" or len(question.atoms) < 2:
            continue
        subject = f"{question.owner} {question.name}"
        if subject in told and question.owner in ("trigger", "rule"):
            continue  # what never changes has no part with an effect
        names = [name for atom in question.atoms for name in _names(atom.trigger, atom.expression)]
        if not study.hangs_on_constant({*names} - {question.name}):
            _question(study, question, subject)


def _names(trigger: str | None, expression: object) -> list[str]:
    return [trigger] if trigger is not None else list(getattr(expression, "reads", ()))


def _question(study: Study, question: Question, subject: str) -> None:
    seen = _seen(study, question)
    fixed: dict[int, bool] = {}
    for number in reversed(range(len(question.atoms))):
        for value in (True, False):
            if (number, value) in seen:
                continue
            if not study.has_time(f"{subject}: a part without effect"):
                return
            if study.witnesses.refuted(_differs(study, question, {**fixed, number: value}, fixed)):
                fixed[number] = value
                study.proved += 1
                _tell(study, question, subject, number, value=value)
                break


def _tell(study: Study, question: Question, subject: str, number: int, *, value: bool) -> None:
    atom = question.atoms[number]
    kind = question.owner if question.owner != "schedule" else "review interval"
    what = f"`{atom.text}` has no effect in the {kind} `{question.name}`"
    why = "where it counts it always holds" if value else "where it counts it never holds"
    help_ = "leave it out, or change it: no customer is decided otherwise with it"
    study.note("PR0974", subject, f"{what}: {why}", atom.span, help_)


def _differs(
    study: Study, question: Question, changed: Mapping[int, bool], before: Mapping[int, bool]
) -> Formula:
    """That the whole is another with more of its parts fixed."""
    atoms = [study.encoding.atom(question, number) for number in range(len(question.atoms))]
    ours, theirs = (
        study.encoding.answer(
            question, [_FIXED[fixed[n]] if n in fixed else each for n, each in enumerate(atoms)]
        )
        for fixed in (before, changed)
    )
    mode = _matters(study, question)
    parts = []
    if mode in ("yes", "both"):
        parts += [_other(ours.yes, theirs.yes)]
    if mode in ("no", "both"):
        parts += [_other(ours.no, theirs.no)]
    return either(*parts)


def _other(one: Formula, another: Formula) -> Formula:
    return either(both(one, opposite(another)), both(opposite(one), another))


def _matters(study: Study, question: Question) -> str:
    """Which of a whole's truth values matter: of a rule's, only when it is true."""
    if question.owner in ("rule", "schedule"):
        return "yes"
    if question.owner == "trigger":
        trigger = next(each for each in study.policy.triggers if each.name == question.name)
        return "no" if trigger.if_unknown is IfUnknown.FIRE else "both"
    return "both"


def _seen(study: Study, question: Question) -> set[tuple[int, bool]]:
    """For which parts a customer shows that the whole is another with the part fixed to a value."""
    wanted = {(number, value) for number in range(len(question.atoms)) for value in (True, False)}
    seen: set[tuple[int, bool]] = set()
    mode = _matters(study, question)
    for case in study.cases:
        for names in _settings(study, question, case):
            states = list(question.states(names))
            answer = _as(question.answer(states), mode)
            for number, value in wanted - seen:
                changed: Truths = [*states[:number], value, *states[number + 1 :]]
                if _as(question.answer(changed), mode) is not answer:
                    seen.add((number, value))
        if seen == wanted:
            break
    return seen


def _as(answer: bool | None, mode: str) -> bool | None:  # noqa: FBT001 - a truth value is the data here
    if mode == "yes":
        return answer is True
    return answer is False if mode == "no" else answer


def _settings(study: Study, question: Question, case: Case) -> Iterator[Mapping[str, object]]:
    if question.owner == "trigger":
        trigger = next(each for each in study.policy.triggers if each.name == question.name)
        if trigger.kind is TriggerKind.EVENT:
            account = case.account_id if trigger.per_account else None
            yield from settings_of(trigger, case.snapshot, account, case.names)
            return
    yield case.names
