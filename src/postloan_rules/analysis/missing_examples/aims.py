"""Goals as formulas: what must be so of a customer who shows one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import evolve

from postloan_rules.analysis.goals import (
    Answered,
    AtLimit,
    Decides,
    InState,
    OfRule,
    OfTrigger,
    TakesRow,
)
from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.scopes import InCell
from postloan_rules.analysis.proof.tables import in_force
from postloan_rules.analysis.proof.values import (
    ALWAYS,
    NEVER,
    CannotSay,
    Known,
    Truth,
    both,
    compared,
    either,
    number,
    opposite,
)
from postloan_rules.decisions import State
from postloan_rules.policy.model import TriggerKind
from postloan_rules.policy.tables import HitPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.goals import Goal
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.analysis.questions import Question
    from postloan_rules.analysis.questions import Truth as State3
    from postloan_rules.analysis.thresholds import Step

__all__ = ["aim_of", "free_parts"]

_NO = Truth(NEVER, ALWAYS)
_YES = Truth(ALWAYS, NEVER)


def aim_of(goal: Goal, encoding: Encoding) -> Formula | None:
    """What is so of every customer who shows the goal; None where no formula says it.

    It may be so of others, too: whoever is found by it must be looked at.
    """
    try:
        return _aim(goal, encoding)
    except CannotSay:
        return None


def _aim(goal: Goal, encoding: Encoding) -> Formula:
    match goal.about:
        case OfTrigger(trigger=trigger, state=state):
            found = encoding.truth(trigger)
            return {State.FIRED: found.yes, State.NOT_FIRED: found.no, State.UNKNOWN: found.unknown}[state]
        case OfRule(rule=rule, applies=applies):
            formula = both(
                encoding.truth(rule).yes, in_force(encoding.world.as_of().term, rule.since, rule.until)
            )
            return formula if applies else opposite(formula)
        case TakesRow(table=table, row=row):
            return _row(table, row, encoding)
        case Answered(question=question, answer=answer):
            return both(_asked(question, encoding), _is(encoding.truth(question), answer))
        case InState(question=question, atom=atom, state=state):
            return both(_asked(question, encoding), _is(encoding.atom(question, atom), state))
        case Decides(question=question, atom=atom, state=state):
            return both(_asked(question, encoding), _alone(question, atom, encoding, state=state))
        case AtLimit():
            return _at_limit(goal.about, encoding)


def _is(truth: Truth, state: State3) -> Formula:
    return truth.unknown if state is None else truth.yes if state else truth.no


def _asked(question: Question, encoding: Encoding) -> Formula:
    """The condition of an event is asked only where there is one."""
    for trigger in encoding.policy.triggers:
        if question.owner == "trigger" and trigger.name == question.name:
            came = trigger.kind is TriggerKind.EVENT
            return encoding.world.flag(encoding.came(trigger)) if came else ALWAYS
    return ALWAYS


def _alone(question: Question, atom: int, encoding: Encoding, *, state: bool) -> Formula:
    atoms = [encoding.atom(question, each) for each in range(len(question.atoms))]
    one, other = (
        encoding.answer(question, [*atoms[:atom], fixed, *atoms[atom + 1 :]]) for fixed in (_YES, _NO)
    )
    return both(_is(atoms[atom], state), either(one.yes != other.yes, one.no != other.no))


def _row(name: str, row: int, encoding: Encoding) -> Formula:
    table = encoding.policy.tables[name]
    found = encoding.matches(name)
    before = [each.no for each in found.rows[:row]] if table.hit is HitPolicy.FIRST else []
    return both(found.allowed, *before, found.rows[row].yes)


def _at_limit(about: AtLimit, encoding: Encoding) -> Formula:
    threshold, question = about.threshold, about.question
    if threshold.column is not None:
        subject = encoding.value(threshold.column)
        encoder = Encoder(InCell(encoding, subject, threshold.column), threshold.functions)
        asked = ALWAYS
    elif question is not None:
        encoder = Encoder(encoding.scope_of(question), threshold.functions)
        asked = _asked(question, encoding)
    else:
        raise CannotSay
    left, right = encoder.value(threshold.left), encoder.value(threshold.right)
    if not isinstance(left, Known) or not isinstance(right, Known) or right.below is not None:
        raise CannotSay
    limit = right
    if about.side != "at":
        limit = evolve(right, term=_moved(right.term, _length(threshold.step, right.kind, about.side)))
    return both(asked, compared("=", left, limit).yes)


def _length(step: Step, kind: str, side: str) -> z3.ArithRef:
    sign = 1 if side == "above" else -1
    match step:
        case Decimal():
            return number(step * sign)
        case dt.timedelta():
            return z3.IntVal(sign * step.days) if kind == "date" else z3.RealVal(sign * step.days)
        case _:
            return z3.IntVal(sign * step.months)


def _moved(term: z3.ArithRef, length: z3.ArithRef) -> z3.ArithRef:
    """The term and so much more; a choice among numbers stays one."""
    found = z3.simplify(term)
    if z3.is_app_of(found, z3.Z3_OP_ITE):
        return z3.If(found.arg(0), _moved(found.arg(1), length), _moved(found.arg(2), length))
    return z3.simplify(found + length)


def free_parts(formula: Formula, world: World) -> Iterator[str]:
    """The expressions in a formula about which no more is known than their type."""
    texts = {f"[{each.key}]": each.text for each in world.frees.values()}
    waiting, seen = [formula], set[int]()
    while waiting:
        term = waiting.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        name = str(term.decl().name()) if z3.is_const(term) else ""
        if name in texts:
            yield texts[name]
        waiting += term.children()
