"""The next review: the interval that is asked for, and the day that it runs from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.difference.aspects import Aspect, Keys, States
from postloan_rules.analysis.difference.choices import stands
from postloan_rules.analysis.difference.consequences import breaches
from postloan_rules.analysis.difference.intervals import interval_keys
from postloan_rules.analysis.proof.values import ALWAYS, both, either, opposite
from postloan_rules.decisions.triggers import State
from postloan_rules.policy.model import REFER, IfUnknown, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from postloan_rules.analysis.difference.aspects import Formulas
    from postloan_rules.analysis.difference.choices import Spelleds
    from postloan_rules.analysis.difference.spelled import Spelled
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula, Known, Truth
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy

__all__ = ["attention_of", "happening", "interval_of"]


def interval_of(spelled: Spelleds) -> Aspect:
    """How long until the next review."""

    def formulas(encoding: Encoding) -> Formulas:
        return Keys(interval_keys(encoding), ALWAYS)

    texts = tuple(each.interval() for each in spelled)
    reads = tuple(each.interval_reads() for each in spelled)
    return Aspect(
        "interval",
        "next review",
        "",
        (texts[0], texts[1]),
        formulas,
        seen_review,
        per_account=True,
        reads=(reads[0], reads[1]),
        labelled=False,
    )


def seen_review(outcome: Outcome, account_id: str | None) -> Hashable:  # noqa: ARG001 - it is of all accounts
    """The day of the next review."""
    return (outcome.next_review(),)


def happening(policy: Policy) -> tuple[str, ...]:
    """The triggers that make the day one of a review: something happened, or a review is due."""
    return tuple(each.name for each in policy.triggers if each.kind is not TriggerKind.CONDITION)


def attention_of(old: Spelled, new: Spelled, unsettled: Iterable[Aspect]) -> Aspect:
    """Whether today is a review, which the next review is reckoned from.

    Args:
        old: The one policy.
        new: The other one.
        unsettled: The pieces that are not known to be the same.
    """
    refers = {
        each.name for one in (old, new) for each in one.policy.triggers if each.if_unknown is IfUnknown.REFER
    }
    several = any(
        (each.kind in ("choice", "parameter", "rest") and not each.per_account)
        or (each.kind == "trigger" and each.name in refers)
        or each.kind in ("parameter", "constraint")
        for each in unsettled
    )
    reads = tuple(
        frozenset({*happening(each.policy)}).union(
            *(each.choice_reads(name) for name in each.policy.responses)
        )
        for each in (old, new)
    )

    def formulas(encoding: Encoding) -> States:
        found = _attention(encoding)
        return States({"attention": found, "no attention": opposite(found)})

    return Aspect(
        "attention",
        "next review",
        "",
        ("before", "after"),
        formulas,
        _seen_attention,
        per_account=True,
        reads=(reads[0], reads[1]),
        # What one account calls for is done for the customer, and so counts for another account as well.
        exact=not several or all(each.policy.subject is None for each in (old, new)),
    )


def _seen_attention(outcome: Outcome, account_id: str | None) -> Hashable:
    happened = {
        each.trigger
        for each in outcome.states
        if each.state is State.FIRED and each.account_id in (None, account_id)
    }
    attention = bool(happened.intersection(happening(outcome.policy))) or any(
        each.withheld is None and each.scope.account_id in (None, account_id)
        for each in outcome.candidates.values()
    )
    return ("attention" if attention else "no attention", outcome.next_review())


def _attention(encoding: Encoding) -> Formula:
    policy = encoding.policy
    happened = [
        encoding.truth(each).yes for each in policy.triggers if each.kind is not TriggerKind.CONDITION
    ]
    chosen = []
    referred = [
        encoding.truth(each).unknown for each in policy.triggers if each.if_unknown is IfUnknown.REFER
    ]
    for name, response in policy.responses.items():
        if name == REFER:
            referred.append(encoding.put_forward(name))
            continue
        referred += [
            both(stands(encoding, name), opposite(_known(encoding.parameter(response, each))))
            for each in response.parameters
        ]
        broken = [
            (state, found)
            for each in policy.constraints
            if name in each.responses
            for state, found in breaches(encoding, each.id, name).when.items()
            if state != "holds"
        ]
        referred += [found for state, found in broken if state == "unknown"]
        chosen.append(both(encoding.standing(name), *(opposite(each) for _, each in broken)))
    rests = encoding.world.flag(f"resting {REFER}")
    return either(*happened, *chosen, both(either(*referred), opposite(rests)))


def _known(value: Truth | Known) -> Formula:
    return value.known
