"""The pieces of the decisions of two policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.difference.aspects import Aspect, States
from postloan_rules.analysis.difference.choices import about_customer, bare_choice_of, choice_of, scope_of
from postloan_rules.analysis.difference.consequences import of_constraint, of_response, orders_of
from postloan_rules.analysis.difference.next_reviews import interval_of
from postloan_rules.analysis.proof.values import ALWAYS
from postloan_rules.policy.model import IfUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from postloan_rules.analysis.difference.aspects import Formulas
    from postloan_rules.analysis.difference.choices import Spelleds
    from postloan_rules.analysis.difference.spelled import Spelled
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy

__all__ = ["aspects_of"]


def aspects_of(old: Spelled, new: Spelled) -> Iterator[Aspect]:
    """All pieces but the attention that a decision is: that hangs on what the others come to."""
    both_ = (old, new)
    policies = (old.policy, new.policy)
    yield _subject(both_)
    for name in _names(policies, lambda each: [one.name for one in each.triggers]):
        yield _trigger(both_, name)
    responses = _names(policies, lambda each: list(each.responses))
    for name in responses:
        yield choice_of(both_, name)
        if any(about_customer(each, name) for each in policies):
            yield bare_choice_of(both_, name)
    for name in responses:
        if all(name in each.responses for each in policies):
            yield from of_response(both_, name)
    for name in _names(policies, lambda each: [one.id for one in each.constraints]):
        yield from of_constraint(both_, name)
    yield from orders_of(both_, responses)
    yield interval_of(both_)


def _names(policies: tuple[Policy, Policy], of: Callable[[Policy], list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in policies for name in of(each)))


# The subject


def _subject(spelled: Spelleds) -> Aspect:
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


def _trigger(spelled: Spelleds, name: str) -> Aspect:
    found = [each.triggers.get(name) for each in spelled]

    def formulas(encoding: Encoding) -> Formulas:
        trigger = next((each for each in encoding.policy.triggers if each.name == name), None)
        if trigger is None:
            return States({"not fired": ALWAYS})
        truth = encoding.truth(trigger)
        suffix = scope_of(trigger, encoding.policy)
        unknown = "referred" if trigger.if_unknown is IfUnknown.REFER else "unknown"
        return States(
            {"not fired": truth.no, f"fired{suffix}": truth.yes, f"{unknown}{suffix}": truth.unknown}
        )

    def seen(outcome: Outcome, account_id: str | None) -> Hashable:
        trigger = next((each for each in outcome.policy.triggers if each.name == name), None)
        names = outcome.names(account_id)
        if trigger is None or names.get(name, False) is False:
            return "not fired"
        suffix = scope_of(trigger, outcome.policy)
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
