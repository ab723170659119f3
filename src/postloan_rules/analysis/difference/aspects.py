"""What decisions are made of, each piece as formulas and as the evaluator sees it.

A piece is compared by itself: triggers, what is called for and wins, parameters, reasons, rests, constraints,
order, the next review. Where all of them are the same in both policies, so are all decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import field, frozen

from postloan_rules.analysis.proof.values import NEVER, CannotSay, Known, Truth, both, compared, opposite

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula, Symbol
    from postloan_rules.decisions.decide import Outcome

__all__ = [
    "Aspect",
    "AspectKind",
    "Formulas",
    "Keys",
    "Seen",
    "States",
    "Transition",
    "Valued",
    "transitions",
]

AspectKind: TypeAlias = Literal[
    "trigger",
    "choice",
    "bare choice",
    "parameter",
    "attributes",
    "rest",
    "constraint",
    "order",
    "interval",
    "attention",
    "subject",
    "fact",
]
Seen: TypeAlias = "Callable[[Outcome, str | None], Hashable]"


@frozen(eq=False)
class States:
    """One of several states: when each of them is the case."""

    when: Mapping[str, Formula]


@frozen(eq=False)
class Valued:
    """A value that counts only under a condition. `value` is a text for what the policy lacks."""

    value: Symbol | str
    when: Formula


@frozen(eq=False)
class Keys:
    """Values that together say what comes out: the same values, the same result."""

    values: tuple[z3.ExprRef, ...] | None
    when: Formula


Formulas: TypeAlias = "States | Valued | Keys"


@frozen(eq=False)
class Aspect:
    """One piece of what is decided."""

    kind: AspectKind
    name: str
    of: str
    """The parameter of a response, the response of a constraint, the other one of an order."""
    texts: tuple[str, str]
    """It as it is spelled out in both policies: equal texts, equal effect."""
    formulas: Callable[[Encoding], Formulas] | None = field(repr=False)
    """It as formulas; None where it has none."""
    seen: Seen = field(repr=False)
    """It as the evaluator has it; None where it does not come up."""
    per_account: bool
    reads: tuple[frozenset[str], frozenset[str]]
    """The names, and `table x` and the like, that it reads in each policy."""
    exact: bool = True
    """Whether the formulas speak for customers with several accounts as well: else they prove nothing."""
    labelled: bool = True
    """Whether the evaluator sees the states by the names that the formulas give them."""


@frozen(eq=False)
class Transition:
    """From a state under the old policy to another one under the new policy, and for whom."""

    before: str
    after: str
    formula: Formula


def transitions(one: Formulas, other: Formulas) -> Iterator[Transition]:
    """The ways in which a piece can differ."""
    match one, other:
        case States(when=before), States(when=after):
            for was, old in before.items():
                for now, new in after.items():
                    found = both(old, new)
                    if was != now and not z3.is_false(found):
                        yield Transition(was, now, found)
        case Valued(), Valued():
            yield from _values(one, other)
        case Keys(values=before_values), Keys(values=after_values):
            when = both(one.when, other.when)
            if before_values is None or after_values is None:
                if before_values is not after_values:
                    yield Transition("", "", when)
            elif len(before_values) != len(after_values):
                yield Transition("", "", when)
            else:
                pairs = zip(before_values, after_values, strict=True)
                yield Transition("", "", both(when, z3.Or([old != new for old, new in pairs])))
        case _:
            raise TypeError(one)


def _values(one: Valued, other: Valued) -> Iterator[Transition]:
    when = both(one.when, other.when)
    if isinstance(one.value, str) or isinstance(other.value, str):
        if one.value != other.value:
            yield Transition(_said(one.value), _said(other.value), when)
        return
    left, right = _known(one.value), _known(other.value)
    differ = _differ(one.value, other.value)
    yield Transition("value", "value", both(when, differ))
    yield Transition("unknown", "value", both(when, opposite(left), right))
    yield Transition("value", "unknown", both(when, left, opposite(right)))


def _said(value: Symbol | str) -> str:
    return value if isinstance(value, str) else "value"


def _known(value: Symbol) -> Formula:
    return value.known if isinstance(value, Known | Truth) else NEVER


def _differ(one: Symbol, other: Symbol) -> Formula:
    """When both are known and are not the same."""
    if isinstance(one, Known) and isinstance(other, Known) and not (one.below is other.below is None):
        # Quotients are the same where both parts are: more may differ, so that what is proved holds.
        ours, theirs = (each.below if each.below is not None else z3.RealVal(1) for each in (one, other))
        return both(one.known, other.known, z3.Or(one.term != other.term, ours != theirs))
    try:
        return compared("!=", one, other).yes
    except CannotSay:
        return both(_known(one), _known(other))
