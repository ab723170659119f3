"""What follows for a response that is called for: parameters, reasons, rests, constraints, its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types

from postloan_rules.analysis.difference.aspects import Aspect, Keys, States, Valued
from postloan_rules.analysis.difference.choices import about_customer, candidate_of, stands
from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.scopes import OfResponses
from postloan_rules.analysis.proof.tables import losses
from postloan_rules.analysis.proof.values import ALWAYS, CannotSay, both, either, opposite
from postloan_rules.decisions.decide import concluded
from postloan_rules.decisions.decision import Cause
from postloan_rules.policy.model import Never

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from postloan_rules.analysis.difference.aspects import Formulas
    from postloan_rules.analysis.difference.choices import Spelleds
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.scorecards import Scorecard

__all__ = ["breaches", "of_constraint", "of_response", "orders_of"]

ABSENT = "absent"
"""What a parameter is that a policy does not have."""


def of_response(spelled: Spelleds, name: str) -> Iterator[Aspect]:
    """What a response is like that both policies have."""
    old, new = (each.policy.responses[name] for each in spelled)
    for parameter in dict.fromkeys(each.name for one in (old, new) for each in one.parameters):
        yield _parameter(spelled, name, parameter)
    yield _attributes(spelled, name)
    yield _rest(spelled, name)


def _parameter(spelled: Spelleds, name: str, parameter: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        response = encoding.policy.responses[name]
        given = next((each for each in response.parameters if each.name == parameter), None)
        when = stands(encoding, name)
        return Valued(ABSENT if given is None else encoding.parameter(response, given), when)

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = candidate_of(outcome, name, account_id)
        if candidate is None or (
            candidate.withheld is not None and candidate.withheld.cause is Cause.OUTRANKED
        ):
            return None
        if all(each.name != parameter for each in candidate.response.parameters):
            return (ABSENT, None)
        value = candidate.parameters[parameter]
        return ("unknown", None) if value is None else ("value", value)

    texts = tuple(each.parameter(name, parameter) for each in spelled)
    reads = tuple(each.parameter_reads(name, parameter) for each in spelled)
    return Aspect(
        "parameter",
        name,
        parameter,
        (texts[0], texts[1]),
        formulas,
        seen,
        per_account=not any(about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
    )


def _attributes(spelled: Spelleds, name: str) -> Aspect:
    statics = [each.attributes(name) for each in spelled]

    def formulas(encoding: Encoding) -> Formulas:
        when = stands(encoding, name)
        response = encoding.policy.responses[name]
        if statics[0] != statics[1] or response.reasons_from is None:
            return Keys(None if encoding.policy is spelled[0].policy else (), when)
        card = next(each for each in spelled if each.policy is encoding.policy).card(response.reasons_from)
        return Keys(_points(encoding, card), when)

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = candidate_of(outcome, name, account_id)
        if candidate is None or candidate.withheld is not None:
            return None
        chosen = next(
            each
            for each in concluded(outcome, "").responses
            if (each.response, each.account_id) == (name, candidate.scope.account_id)
        )
        return (chosen.family, chosen.adverse, chosen.reasons)

    texts = tuple(each.attributes(name) + each.reasons(name) for each in spelled)
    reads = tuple(each.attribute_reads(name) for each in spelled)
    return Aspect(
        "attributes",
        name,
        "",
        (texts[0], texts[1]),
        formulas,
        seen,
        per_account=not any(about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
        labelled=False,
    )


def _points(encoding: Encoding, card: Scorecard) -> tuple[z3.ExprRef, ...] | None:
    """What the reasons of a scorecard hang on, beside what is written in it."""
    try:
        found = losses(card, encoding.value, encoding.test)
    except CannotSay:
        return None
    return tuple(part for each in found for part in (z3.If(each.known, each.term, 0), each.known))


def _rest(spelled: Spelleds, name: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        return Keys(None if encoding.policy is spelled[0].policy else (), stands(encoding, name))

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = candidate_of(outcome, name, account_id)
        if candidate is None:
            return None
        withheld = candidate.withheld
        if withheld is None:
            return "chosen"
        return ("rests", withheld.until) if withheld.cause is Cause.COOL_DOWN else None

    texts = tuple(each.rest(name) for each in spelled)
    reads = tuple(each.rest_reads(name) for each in spelled)
    return Aspect(
        "rest",
        name,
        "",
        (texts[0], texts[1]),
        formulas,
        seen,
        per_account=not any(about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
        labelled=False,
    )


# Constraints


def of_constraint(spelled: Spelleds, name: str) -> Iterator[Aspect]:
    """What a constraint withholds, response by response."""
    found = [each.constraints.get(name) for each in spelled]
    named = dict.fromkeys(one for each in found if each is not None for one in each.responses)
    texts = tuple(each.constraint(name) for each in spelled)
    reads = tuple(each.constraint_reads(name) for each in spelled)
    for response in sorted(named):
        yield Aspect(
            "constraint",
            name,
            response,
            (texts[0], texts[1]),
            _withheld(name, response),
            _seen_withheld(name, response),
            per_account=True,
            reads=(reads[0], reads[1]),
            exact=not any(about_customer(each.policy, one) for each in spelled for one in named),
        )


def _withheld(name: str, response: str) -> Callable[[Encoding], Formulas]:
    return lambda encoding: breaches(encoding, name, response)


def breaches(encoding: Encoding, name: str, response: str) -> States:
    """When a constraint withholds a response."""
    constraint = next((each for each in encoding.policy.constraints if each.id == name), None)
    if constraint is None or response not in constraint.responses:
        return States({"holds": ALWAYS})
    policy = encoding.policy
    if isinstance(constraint, Never):
        rank = {each: (policy.responses[each].rank, each) for each in constraint.responses}
        others = [encoding.standing(each) for each in constraint.responses if rank[each] > rank[response]]
        breach = both(encoding.standing(response), either(*others))
        return States({"withheld": breach, "holds": opposite(breach)})
    together = both(*(encoding.standing(each) for each in constraint.responses))
    expression = constraint.expression
    truth = Encoder(OfResponses(encoding), expression.functions).truth(expression.root)
    return States(
        {
            "withheld": both(together, truth.no),
            "unknown": both(together, truth.unknown),
            "holds": either(opposite(together), truth.yes),
        }
    )


def _seen_withheld(name: str, response: str) -> Callable[[Outcome, str | None], Hashable]:
    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = candidate_of(outcome, response, account_id)
        if candidate is None or candidate.withheld is None or candidate.withheld.by != name:
            return "holds"
        if candidate.withheld.cause is not Cause.CONSTRAINT:
            return "holds"
        return "unknown" if any(subject == name for subject, _ in outcome.referrals) else "withheld"

    return seen


# The order in which responses and their reasons are told


def orders_of(spelled: Spelleds, responses: tuple[str, ...]) -> Iterator[Aspect]:
    """The order of each two responses that changed places by their ranks."""
    policies = [each.policy for each in spelled]
    there = [name for name in responses if all(name in each.responses for each in policies)]
    for place, one in enumerate(there):
        for other in there[place + 1 :]:
            before, after = (
                (-each.responses[one].rank, one) < (-each.responses[other].rank, other) for each in policies
            )
            if before != after:
                yield _order(spelled, one, other)


def _order(spelled: Spelleds, one: str, other: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        when = both(stands(encoding, one), stands(encoding, other))
        return Keys(None if encoding.policy is spelled[0].policy else (), when)

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:  # noqa: ARG001 - an order is of all
        names = [each.response for each in concluded(outcome, "").responses if each.response in (one, other)]
        return tuple(dict.fromkeys(names)) if {one, other} <= set(names) else None

    reads = frozenset({one, other})
    return Aspect(
        "order",
        one,
        other,
        ("before", "after"),
        formulas,
        seen,
        per_account=False,
        reads=(reads, reads),
        exact=all(each.policy.subject is None for each in spelled),
        labelled=False,
    )
