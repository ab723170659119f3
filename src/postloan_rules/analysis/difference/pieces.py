"""The pieces of the decisions of two policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types

from postloan_rules.analysis.difference.aspects import Aspect, Keys, States, Valued
from postloan_rules.analysis.difference.intervals import interval_keys
from postloan_rules.analysis.difference.spelled import Spelled
from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.scopes import OfResponses
from postloan_rules.analysis.proof.tables import losses
from postloan_rules.analysis.proof.values import ALWAYS, NEVER, CannotSay, both, either, opposite
from postloan_rules.decisions.decide import concluded
from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.triggers import State
from postloan_rules.policy.model import (
    REFER,
    IfUnknown,
    Never,
    TriggerKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from postloan_rules.analysis.difference.aspects import Formulas
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula, Known, Truth
    from postloan_rules.decisions.decide import Candidate, Outcome
    from postloan_rules.policy.model import Policy, Response, Trigger
    from postloan_rules.policy.scorecards import Scorecard

__all__ = ["ABSENT", "FOR_CUSTOMER", "aspects_of", "attention_of", "happening"]

ABSENT = "absent"
"""What a parameter is that a policy does not have."""
FOR_CUSTOMER = " for the customer"
_Spelleds = tuple[Spelled, Spelled]


def aspects_of(old: Spelled, new: Spelled) -> Iterator[Aspect]:
    """All pieces but the attention that a decision is: that hangs on what the others come to."""
    both_ = (old, new)
    policies = (old.policy, new.policy)
    yield _subject(both_)
    for name in _names(policies, lambda each: [one.name for one in each.triggers]):
        yield _trigger(both_, name)
    responses = _names(policies, lambda each: list(each.responses))
    for name in responses:
        yield _choice(both_, name)
        if any(_about_customer(each, name) for each in policies):
            yield _bare_choice(both_, name)
    for name in responses:
        if all(name in each.responses for each in policies):
            yield from _of_response(both_, name)
    for name in _names(policies, lambda each: [one.id for one in each.constraints]):
        yield from _constraint(both_, name)
    yield from _orders(both_, responses)
    yield _interval(both_)


def _names(policies: tuple[Policy, Policy], of: Callable[[Policy], list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in policies for name in of(each)))


def _about_customer(policy: Policy, response: str) -> bool:
    """Whether a response is for the customer as a whole, of whom there may be several accounts."""
    found = policy.responses.get(response)
    return policy.subject is not None and found is not None and not found.per_account


# The subject


def _subject(spelled: _Spelleds) -> Aspect:
    def seen(found: Outcome, account_id: str | None) -> Hashable:
        if found.policy.subject is None:
            return None
        return "under" if any(each.account_id == account_id for each in found.accounts) else "not under"

    old, new = (each.subject() for each in spelled)
    return Aspect(
        "subject",
        "subject",
        "",
        (old, new),
        None,
        seen,
        per_account=True,
        reads=(frozenset({"subject"}), frozenset({"subject"})),
    )


# Triggers


def _trigger(spelled: _Spelleds, name: str) -> Aspect:
    found = [each.triggers.get(name) for each in spelled]

    def formulas(encoding: Encoding) -> Formulas:
        trigger = next((each for each in encoding.policy.triggers if each.name == name), None)
        if trigger is None:
            return States({"not fired": ALWAYS})
        truth = encoding.truth(trigger)
        suffix = _scope(trigger, encoding.policy)
        unknown = "referred" if trigger.if_unknown is IfUnknown.REFER else "unknown"
        return States(
            {"not fired": truth.no, f"fired{suffix}": truth.yes, f"{unknown}{suffix}": truth.unknown}
        )

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        trigger = next((each for each in outcome.policy.triggers if each.name == name), None)
        names = outcome.names(account_id)
        if trigger is None or names.get(name, False) is False:
            return "not fired"
        suffix = _scope(trigger, outcome.policy)
        if names[name] is True:
            return f"fired{suffix}"
        account = account_id if trigger.per_account else None
        referred = (name, account) in outcome.referrals
        return f"{'referred' if referred else 'unknown'}{suffix}"

    texts = tuple(
        f"{each.spelling.text(name)} {each.scope(trigger)}" if trigger is not None else ""
        for each, trigger in zip(spelled, found, strict=True)
    )
    reads = tuple(frozenset({name}) if each is not None else frozenset() for each in found)
    return Aspect(
        "trigger",
        name,
        "",
        (texts[0], texts[1]),
        formulas,
        seen,
        per_account=any(each is not None and each.per_account for each in found),
        reads=(reads[0], reads[1]),
    )


def _scope(of: Trigger | Response, policy: Policy) -> str:
    return "" if of.per_account or policy.subject is None else FOR_CUSTOMER


# What is called for, and what wins


def _choice(spelled: _Spelleds, name: str) -> Aspect:
    def formulas(encoding: Encoding) -> States:
        return States(_ways(encoding, name, encoding.put_forward))

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = _candidate(outcome, name, account_id)
        if candidate is None or not candidate.rules:
            return "not called for"
        withheld = candidate.withheld
        if withheld is not None and withheld.cause is Cause.OUTRANKED:
            return f"by {withheld.by}"
        return "stands" + _scope(candidate.response, outcome.policy)

    texts = tuple(each.choice(name) for each in spelled)
    ranks = [each.rivals(name) for each in spelled]
    reads = tuple(each.choice_reads(name) for each in spelled)
    return Aspect(
        "choice",
        name,
        "",
        (texts[0], texts[1]),
        formulas,
        seen,
        per_account=not any(_about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
        # What one account calls for can be outranked by what another one calls for.
        exact=ranks[0] == ranks[1] or not any(_about_customer(each.policy, name) for each in spelled),
    )


def _ways(encoding: Encoding, name: str, called: Callable[[str], Formula]) -> dict[str, Formula]:
    policy = encoding.policy
    response = policy.responses.get(name)
    if response is None:
        return {"not called for": ALWAYS}
    own = called(name)
    found = {"not called for": opposite(own)}
    left = own
    for rival in _rivals(policy, response):
        other = called(rival.name)
        found[f"by {rival.name}"] = both(left, other)
        left = both(left, opposite(other))
    found["stands" + _scope(response, policy)] = left
    return found


def _rivals(policy: Policy, response: Response) -> list[Response]:
    found = [
        each
        for each in policy.responses.values()
        if each.family == response.family
        and each.per_account == response.per_account
        and each.rank > response.rank
    ]
    return sorted(found, key=lambda each: -each.rank)


def _bare_choice(spelled: _Spelleds, name: str) -> Aspect:
    """The choice for customers without an account that the policy is about: some rules do not count."""

    def formulas(encoding: Encoding) -> States:
        of_accounts = {each.name for each in encoding.policy.triggers if each.per_account}

        def called(response: str) -> Formula:
            return either(
                *(
                    encoding.applies(rule)
                    for rule in encoding.policy.rules
                    if response in rule.responses and not rule.triggers & of_accounts
                )
            )

        response = encoding.policy.responses.get(name)
        if response is None or response.per_account:
            return States({"not called for": ALWAYS})
        return States(_ways(encoding, name, called))

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        return choice.seen(outcome, account_id) if not outcome.accounts else None

    choice = _choice(spelled, name)
    texts = tuple(each.choice(name, bare=True) for each in spelled)
    return Aspect(
        "bare choice", name, "", (texts[0], texts[1]), formulas, seen, per_account=False, reads=choice.reads
    )


def _candidate(outcome: Outcome, name: str, account_id: str | None) -> Candidate | None:
    response = outcome.policy.responses.get(name)
    if response is None:
        return None
    return outcome.candidates.get((name, account_id if response.per_account else None))


def _stands(encoding: Encoding, name: str) -> Formula:
    """When a response is called for and nothing outranks it. The built-in one comes otherwise, too."""
    if name == REFER:
        return ALWAYS
    ways = _ways(encoding, name, encoding.put_forward)
    return next((found for way, found in ways.items() if way.startswith("stands")), NEVER)


# What a response is like


def _of_response(spelled: _Spelleds, name: str) -> Iterator[Aspect]:
    old, new = (each.policy.responses[name] for each in spelled)
    for parameter in dict.fromkeys(each.name for one in (old, new) for each in one.parameters):
        yield _parameter(spelled, name, parameter)
    yield _attributes(spelled, name)
    yield _rest(spelled, name)


def _parameter(spelled: _Spelleds, name: str, parameter: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        response = encoding.policy.responses[name]
        given = next((each for each in response.parameters if each.name == parameter), None)
        when = _stands(encoding, name)
        return Valued(ABSENT if given is None else encoding.parameter(response, given), when)

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = _candidate(outcome, name, account_id)
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
        per_account=not any(_about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
    )


def _attributes(spelled: _Spelleds, name: str) -> Aspect:
    statics = [each.attributes(name) for each in spelled]

    def formulas(encoding: Encoding) -> Formulas:
        when = _stands(encoding, name)
        response = encoding.policy.responses[name]
        if statics[0] != statics[1] or response.reasons_from is None:
            return Keys(None if encoding.policy is spelled[0].policy else (), when)
        card = next(each for each in spelled if each.policy is encoding.policy).card(response.reasons_from)
        return Keys(_points(encoding, card), when)

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = _candidate(outcome, name, account_id)
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
        per_account=not any(_about_customer(each.policy, name) for each in spelled),
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


def _rest(spelled: _Spelleds, name: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        return Keys(None if encoding.policy is spelled[0].policy else (), _stands(encoding, name))

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = _candidate(outcome, name, account_id)
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
        per_account=not any(_about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
        labelled=False,
    )


# Constraints


def _constraint(spelled: _Spelleds, name: str) -> Iterator[Aspect]:
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
            exact=not any(_about_customer(each.policy, one) for each in spelled for one in named),
        )


def _withheld(name: str, response: str) -> Callable[[Encoding], Formulas]:
    return lambda encoding: _breaches(encoding, name, response)


def _breaches(encoding: Encoding, name: str, response: str) -> States:
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
        candidate = _candidate(outcome, response, account_id)
        if candidate is None or candidate.withheld is None or candidate.withheld.by != name:
            return "holds"
        if candidate.withheld.cause is not Cause.CONSTRAINT:
            return "holds"
        return "unknown" if any(subject == name for subject, _ in outcome.referrals) else "withheld"

    return seen


# The order in which responses and their reasons are told


def _orders(spelled: _Spelleds, responses: tuple[str, ...]) -> Iterator[Aspect]:
    policies = [each.policy for each in spelled]
    there = [name for name in responses if all(name in each.responses for each in policies)]
    for place, one in enumerate(there):
        for other in there[place + 1 :]:
            before, after = (
                (-each.responses[one].rank, one) < (-each.responses[other].rank, other) for each in policies
            )
            if before != after:
                yield _order(spelled, one, other)


def _order(spelled: _Spelleds, one: str, other: str) -> Aspect:
    def formulas(encoding: Encoding) -> Formulas:
        when = both(_stands(encoding, one), _stands(encoding, other))
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


# The next review


def _interval(spelled: _Spelleds) -> Aspect:
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
            both(_stands(encoding, name), opposite(_known(encoding.parameter(response, each))))
            for each in response.parameters
        ]
        breaches = [
            (state, found)
            for each in policy.constraints
            if name in each.responses
            for state, found in _breaches(encoding, each.id, name).when.items()
            if state != "holds"
        ]
        referred += [found for state, found in breaches if state == "unknown"]
        chosen.append(both(encoding.standing(name), *(opposite(each) for _, each in breaches)))
    rests = encoding.world.flag(f"resting {REFER}")
    return either(*happened, *chosen, both(either(*referred), opposite(rests)))


def _known(value: Truth | Known) -> Formula:
    return value.known
