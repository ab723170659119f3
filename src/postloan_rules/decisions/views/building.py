"""From a decision and its trace to what a view shows: built once, whatever views are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.decisions.decision import Cause, WithheldResponse
from postloan_rules.decisions.triggers import State
from postloan_rules.decisions.views.answering import Answering, truth_of
from postloan_rules.decisions.views.masking import Masking
from postloan_rules.decisions.views.reasons import ReasonView, WhyNotView
from postloan_rules.decisions.views.view import (
    Line,
    ReferralView,
    ResponseView,
    RuleView,
    TriggerView,
    Value,
    View,
    WithheldView,
    place_of,
)
from postloan_rules.decisions.views.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.decisions.decision import ChosenResponse, Decision, Referral
    from postloan_rules.decisions.trace import RuleTrace, Step, TriggerTrace
    from postloan_rules.decisions.why_not import Obstacle
    from postloan_rules.policy.model import Policy, Words

__all__ = ["Choice", "view_of"]


@frozen
class Choice:
    """Which part of a trace is shown."""

    trigger: str | None = None
    """This trigger only, whatever its state."""
    account: str | None = None
    """What concerns this account only, and the customer."""
    everything: bool = False
    """Also what did not fire and does not hold."""
    reasons: bool = False
    """Also, for each response, the fewest conditions that alone call for it."""
    why_not: tuple[str, ...] = ()
    """Responses that are not chosen: what each of their rules lacks."""


def view_of(decision: Decision, *, show: Iterable[str] = (), choice: Choice | None = None) -> View:
    """What a view shows of a decision; protected fields and identifiers are hidden where not in `show`."""
    return _Building(decision, show, choice or Choice()).view()


class _Building:
    def __init__(self, decision: Decision, show: Iterable[str], choice: Choice) -> None:
        self.decision = decision
        self.policy: Policy = decision._policy  # noqa: SLF001 - a decision keeps what it was made of for its room
        self.masking = Masking(self.policy, decision._snapshot, show)  # noqa: SLF001 - as above
        self.choice = choice
        self.titles = {each.name: each.title for each in self.policy.triggers}
        self.titles.update({each.name: each.title for each in self.policy.responses.values()})
        self.answering = Answering(self.masking)
        self._lines: dict[int, Line] = {}

    def view(self) -> View:
        decision, choice = self.decision, self.choice
        trace = decision.trace
        triggers = [each for each in trace.triggers if self._concerned(each.account_id)]
        rules = [each for each in trace.rules if self._concerned(each.account_id)]
        if choice.trigger is not None:
            shown = [each for each in triggers if each.trigger == choice.trigger]
            holding: list[RuleTrace] = []
        elif choice.everything:
            shown, holding = triggers, rules
        else:
            shown = [each for each in triggers if each.state is not State.NOT_FIRED]
            holding = [each for each in rules if each.state is True]
        whole = choice.trigger is None
        return View(
            ruleset=decision.ruleset,
            version=visible(decision.version),
            profile=decision.profile,
            title=self.policy.title,
            currency=self.policy.currency,
            customer=visible(self.masking.customer(decision.customer_id)),
            as_of=decision.as_of,
            responses=tuple(
                self._response(each) for each in decision.responses if self._concerned(each.account_id)
            ),
            withheld=tuple(
                self._withheld(each) for each in decision.withheld if self._concerned(each.account_id)
            ),
            triggers=tuple(self._trigger(each) for each in shown),
            rules=tuple(self._rule(each) for each in holding),
            referrals=tuple(
                self._referral(each) for each in decision.referrals if self._concerned(each.account_id)
            ),
            next_review=decision.next_review,
            reasons=_visible(decision.reasons),
            ruleset_fingerprint=decision.ruleset_fingerprint,
            snapshot_fingerprint=decision.snapshot_fingerprint,
            masked=self.masking.active,
            whole=whole,
            left_out=(len(triggers) - len(shown), len(rules) - len(holding)) if whole else (0, 0),
            why_not=tuple(self._why_not(name) for name in choice.why_not),
        )

    def _concerned(self, account_id: str | None) -> bool:
        return self.choice.account is None or account_id in (None, self.choice.account)

    def _account(self, account_id: str | None) -> str | None:
        shown = self.masking.account(account_id)
        return visible(shown) if shown is not None else None

    def _title(self, name: str | None) -> Words | None:
        return self.titles.get(name) if name is not None else None

    def _response(self, response: ChosenResponse) -> ResponseView:
        defined = self.policy.responses[response.response]
        parameters = tuple(
            (
                each.name,
                self.masking.of_definition(response.parameters.get(each.name), each.type, each.definition),
            )
            for each in defined.parameters
            if each.name in response.parameters
        )
        return ResponseView(
            name=response.response,
            title=defined.title,
            account=self._account(response.account_id),
            family=response.family,
            adverse=response.adverse,
            parameters=parameters,
            rules=_visible(response.rules),
            reasons=_visible(response.reasons),
            place=place_of(defined.span),
            reason=self._reason(response) if self.choice.reasons else None,
        )

    def _reason(self, response: ChosenResponse) -> ReasonView:
        return self.answering.reason(self.decision.why(response.response, response.account_id).reason)

    def _why_not(self, name: str) -> WhyNotView:
        found = self.decision.why_not(name, self.choice.account)
        withheld = [
            each
            for each in self.decision.withheld
            if (each.response, each.account_id) == (name, found.account_id)
        ]
        return WhyNotView(
            name=name,
            title=self._title(name),
            account=self._account(found.account_id),
            withheld=self._withheld(withheld[0]) if withheld else None,
            even_then=tuple(self._obstacle(name, found.account_id, each) for each in found.even_then),
            rules=tuple(
                self.answering.rule(each)
                for each in found.rules
                if not each.holds and each.rule not in found.called_for
            ),
            note=visible(found.note),
        )

    def _obstacle(self, name: str, account_id: str | None, obstacle: Obstacle) -> WithheldView:
        by, until, rules = obstacle.by, obstacle.until, obstacle.rules
        return self._withheld(WithheldResponse(name, account_id, obstacle.cause, by, until, rules))

    def _withheld(self, withheld: WithheldResponse) -> WithheldView:
        return WithheldView(
            name=withheld.response,
            title=self._title(withheld.response),
            account=self._account(withheld.account_id),
            cause=withheld.cause,
            by=visible(withheld.by) if withheld.by is not None else None,
            by_title=self._title(withheld.by) if withheld.cause is Cause.OUTRANKED else None,
            until=withheld.until,
            rules=_visible(withheld.rules),
        )

    def _trigger(self, trace: TriggerTrace) -> TriggerView:
        return TriggerView(
            name=trace.trigger,
            title=self._title(trace.trigger),
            account=self._account(trace.account_id),
            state=trace.state,
            said={
                language: tuple(piece if isinstance(piece, str) else self._value(piece) for piece in pieces)
                for language, pieces in trace.said.items()
            },
            line=self._line(trace.step),
            place=place_of(trace.span),
        )

    def _rule(self, trace: RuleTrace) -> RuleView:
        title = next((each.title for each in self.policy.rules if each.id == trace.rule), None)
        return RuleView(
            name=visible(trace.rule),
            title=title,
            account=self._account(trace.account_id),
            state=truth_of(trace.state),
            responses=tuple((name, self._title(name)) for name in trace.responses),
            line=self._line(trace.step),
            place=place_of(trace.span),
        )

    def _referral(self, referral: Referral) -> ReferralView:
        missing = _visible(referral.missing)
        account = self._account(referral.account_id)
        return ReferralView(visible(referral.subject), self._title(referral.subject), account, missing)

    def _line(self, step: Step) -> Line:
        # INVARIANT: the trace keeps every step while this runs, so that no two steps have the same id().
        if id(step) in self._lines:
            return self._lines[id(step)]
        parts = step.parts
        if len(parts) > 1:
            # What an expression reads twice is shown once.
            parts = tuple({(part.kind, part.text, part.record_id): part for part in parts}.values())
        record = self.masking.record(step.record_id)
        line = Line(
            kind=step.kind,
            text=visible(" ".join(step.text.split())),
            value=self._value(step),
            span=step.span,
            parts=tuple(self._line(part) for part in parts),
            record=visible(record) if record is not None else None,
        )
        self._lines[id(step)] = line
        return line

    def _value(self, step: Step) -> Value:
        if step.value is None or isinstance(step.value, bool):
            return Value(step.value, step.type)
        if step.node is not None:
            return self.masking.of_node(step.value, step.type, step.node)
        match step.kind:
            case "fact" | "input":
                return self.masking.of_name(step.value, step.type, step.text)
            case "table":
                return self.masking.of_table(step.value, step.text)
            case _:
                return Value(step.value, step.type)


def _visible(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(visible(each) for each in texts)
