"""What is called for and wins: the pieces of a decision that rules and ranks make."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from postloan_rules.analysis.difference.aspects import Aspect, States
from postloan_rules.analysis.proof.values import ALWAYS, NEVER, both, either, opposite
from postloan_rules.decisions.decision import Cause
from postloan_rules.policy.model import REFER

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from postloan_rules.analysis.difference.spelled import Spelled
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.decisions.decide import Candidate, Outcome
    from postloan_rules.policy.model import Policy, Response, Trigger

__all__ = [
    "FOR_CUSTOMER",
    "Spelleds",
    "about_customer",
    "bare_choice_of",
    "candidate_of",
    "choice_of",
    "scope_of",
    "stands",
]

FOR_CUSTOMER = " for the customer"
"""What is added to a state that is the customer's, where a policy is about accounts."""
Spelleds: TypeAlias = "tuple[Spelled, Spelled]"
"""Both policies."""


def about_customer(policy: Policy, response: str) -> bool:
    """Whether a response is for the customer as a whole, of whom there may be several accounts."""
    found = policy.responses.get(response)
    return policy.subject is not None and found is not None and not found.per_account


def scope_of(of: Trigger | Response, policy: Policy) -> str:
    """What is added to a state that is the customer's."""
    return "" if of.per_account or policy.subject is None else FOR_CUSTOMER


def choice_of(spelled: Spelleds, name: str) -> Aspect:
    """Whether a response is called for, and what outranks it then."""

    def formulas(encoding: Encoding) -> States:
        return States(_ways(encoding, name, encoding.put_forward))

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        candidate = candidate_of(outcome, name, account_id)
        if candidate is None or not candidate.rules:
            return "not called for"
        withheld = candidate.withheld
        if withheld is not None and withheld.cause is Cause.OUTRANKED:
            return f"by {withheld.by}"
        return "stands" + scope_of(candidate.response, outcome.policy)

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
        per_account=not any(about_customer(each.policy, name) for each in spelled),
        reads=(reads[0], reads[1]),
        # What one account calls for can be outranked by what another one calls for.
        exact=ranks[0] == ranks[1] or not any(about_customer(each.policy, name) for each in spelled),
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
    found["stands" + scope_of(response, policy)] = left
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


def bare_choice_of(spelled: Spelleds, name: str) -> Aspect:
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

    choice = choice_of(spelled, name)
    texts = tuple(each.choice(name, bare=True) for each in spelled)
    return Aspect(
        "bare choice", name, "", (texts[0], texts[1]), formulas, seen, per_account=False, reads=choice.reads
    )


def candidate_of(outcome: Outcome, name: str, account_id: str | None) -> Candidate | None:
    """A response that was put forward for an account, or for the customer."""
    response = outcome.policy.responses.get(name)
    if response is None:
        return None
    return outcome.candidates.get((name, account_id if response.per_account else None))


def stands(encoding: Encoding, name: str) -> Formula:
    """When a response is called for and nothing outranks it. The built-in one comes otherwise, too."""
    if name == REFER:
        return ALWAYS
    found_ways = _ways(encoding, name, encoding.put_forward)
    return next((found for way, found in found_ways.items() if way.startswith("stands")), NEVER)
