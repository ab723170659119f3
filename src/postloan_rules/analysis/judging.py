"""Comparing a decision with what an example expects of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.analysis.expectation import shown
from postloan_rules.decisions import Cause, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.expectation import Expectation, ExpectedParameter, Kind, Mention
    from postloan_rules.decisions import Decision, WithheldResponse
    from postloan_rules.problems import Span

__all__ = ["Difference", "differences"]

_STATE = {State.FIRED: "fired", State.NOT_FIRED: "did not fire", State.UNKNOWN: "is unknown"}
_WANTED = {"fired": State.FIRED, "not_fired": State.NOT_FIRED, "unknown": State.UNKNOWN}


@frozen
class Difference:
    """One thing that is not as expected."""

    subject: str
    expected: str
    actual: str
    span: Span = field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.subject}: expected {self.expected}, but {self.actual}"


def differences(expect: Expectation, decision: Decision) -> tuple[Difference, ...]:
    """All that is not as expected, in the order of the expectation's kinds."""
    return tuple(_differences(expect, decision))


def _differences(expect: Expectation, decision: Decision) -> Iterator[Difference]:
    for kind, mentions, span in expect.mentions:
        if kind == "reasons":
            yield from _reasons(mentions, span, decision)
        elif not mentions:
            yield from _none(kind, span, decision)
        else:
            for mention in mentions:
                yield from _mention(kind, mention, decision)
    for parameter in expect.parameters:
        yield from _parameter(parameter, decision)
    if expect.next_review is not None and expect.next_review_span is not None:
        actual = decision.next_review
        if actual != expect.next_review:
            found = f"it is {actual}" if actual is not None else "there is none"
            yield Difference("next review", str(expect.next_review), found, expect.next_review_span)


def _mention(kind: Kind, mention: Mention, decision: Decision) -> Iterator[Difference]:
    match kind:
        case "fired" | "not_fired" | "unknown":
            yield from _trigger(kind, mention, decision)
        case "responses":
            if not _chosen(mention, decision):
                yield _difference(mention, "to be called for", _why_not(mention, decision))
        case "not_responses":
            chosen = _chosen(mention, decision)
            if chosen:
                yield _difference(mention, "not to be called for", f"it is, by {_rules(chosen[0])}")
        case "withheld":
            if not any(_same(mention, each.response, each.account_id) for each in decision.withheld):
                chosen = _chosen(mention, decision)
                actual = f"it is chosen, by {_rules(chosen[0])}" if chosen else "no rule calls for it"
                yield _difference(mention, "to be withheld", actual)
        case "reasons":
            return


def _difference(mention: Mention, expected: str, actual: str) -> Difference:
    return Difference(f"`{mention}`", expected, actual, mention.span)


def _rules(chosen: tuple[str, ...]) -> str:
    return ", ".join(chosen) if chosen else "the policy's own referral"


def _same(mention: Mention, name: str, account_id: str | None) -> bool:
    return mention.name == name and mention.account_id in (None, account_id)


def _chosen(mention: Mention, decision: Decision) -> list[tuple[str, ...]]:
    """The rules behind each choice of the response."""
    return [each.rules for each in decision.responses if _same(mention, each.response, each.account_id)]


def _trigger(kind: Kind, mention: Mention, decision: Decision) -> Iterator[Difference]:
    states = {
        each.account_id: each.state
        for each in decision.triggers
        if _same(mention, each.trigger, each.account_id)
        # What is decided for the customer as a whole holds for each account.
        or (each.trigger == mention.name and each.account_id is None)
    }
    wanted = _WANTED[kind]
    # Without an account, not to fire means on none of them; to fire or to be unknown, on any.
    every = wanted is State.NOT_FIRED and mention.account_id is None
    met = all(state is wanted for state in states.values()) if every else wanted in states.values()
    if met:
        return
    if not states:
        actual = "no account of this customer is under the policy"
    elif len(states) == 1:
        actual = f"it {_STATE[next(iter(states.values()))]}"
    else:
        actual = "; ".join(f"it {_STATE[state]} on {account_id}" for account_id, state in states.items())
    yield _difference(
        mention, {"fired": "to fire", "not_fired": "not to fire", "unknown": "to be unknown"}[kind], actual
    )


def _why_not(mention: Mention, decision: Decision) -> str:
    withheld = [each for each in decision.withheld if _same(mention, each.response, each.account_id)]
    return "; ".join(reason(each) for each in withheld) if withheld else "no rule calls for it"


def reason(withheld: WithheldResponse) -> str:
    """Why a response is withheld, in words."""
    match withheld.cause:
        case Cause.OUTRANKED:
            return f"it is withheld: `{withheld.by}` outranks it"
        case Cause.COOL_DOWN:
            return f"it is withheld: it was taken lately, and rests until {withheld.until}"
        case Cause.CONSTRAINT:
            return f"it is withheld by the constraint {withheld.by}"
        case Cause.UNKNOWN:
            return f"it is withheld: its parameter `{withheld.by}` is unknown"


def _none(kind: Kind, span: Span, decision: Decision) -> Iterator[Difference]:
    """An empty list says that there are none."""
    found: list[str] = []
    match kind:
        case "fired" | "unknown" | "not_fired":
            found = [each.trigger for each in decision.triggers if each.state is _WANTED[kind]]
        case "responses":
            found = [each.response for each in decision.responses]
        case "withheld":
            found = [each.response for each in decision.withheld]
        case "not_responses" | "reasons":
            pass
    if found:
        yield Difference(f"`{kind}`", "none", f"there are {', '.join(dict.fromkeys(found))}", span)


def _reasons(mentions: tuple[Mention, ...], span: Span, decision: Decision) -> Iterator[Difference]:
    """Reasons are what the customer is told, so the list must be whole; its order follows the ranks."""
    expected, actual = sorted(each.name for each in mentions), sorted(decision.reasons)
    if expected != actual:
        found = f"they are {', '.join(actual)}" if actual else "there are none"
        yield Difference("reasons", ", ".join(expected) or "none", found, span)


def _parameter(expected: ExpectedParameter, decision: Decision) -> Iterator[Difference]:
    subject = f"`{expected.response}.{expected.parameter}`"
    chosen = [each for each in decision.responses if _same(expected.response, each.response, each.account_id)]
    if not chosen:
        actual = _why_not(expected.response, decision)
        yield Difference(subject, shown(expected.value), actual, expected.span)
    for each in chosen:
        found = each.parameters[expected.parameter]
        if found != expected.value:
            yield Difference(subject, shown(expected.value), f"it is {shown(found)}", expected.span)
