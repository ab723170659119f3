"""A decision as a page for people: what to do, what not and why, and when to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from postloan_rules.cli.words import say
from postloan_rules.decisions import Cause, State
from postloan_rules.expressions import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from postloan_rules.decisions import ChosenResponse, Decision, WithheldResponse
    from postloan_rules.policy import Policy

__all__ = ["print_page", "title_of"]


def print_page(screen: Console, decision: Decision, policy: Policy, language: str) -> None:
    """Write the page of a decision."""
    for part in _Page(decision, policy, language).parts():
        screen.print(part)


def title_of(policy: Policy, name: str, language: str) -> str:
    """The title of a response or a trigger in a language; its name where it has none."""
    if name in policy.responses:
        title = policy.responses[name].title
    else:
        title = next((each.title for each in policy.triggers if each.name == name), None)
    return title.in_language(language) if title is not None else name


class _Page:
    def __init__(self, decision: Decision, policy: Policy, language: str) -> None:
        self.decision = decision
        self.policy = policy
        self.language = language

    def parts(self) -> Iterator[RenderableType]:
        decision = self.decision
        yield Text(self.say("customer", decision.customer_id, decision.as_of), style="bold")
        policy = self.say("policy", decision.ruleset, decision.version, decision.profile)
        yield Text(policy, style="dim")
        yield from self._responses()
        yield from self._withheld()
        yield from self._fired()
        yield from self._referrals()
        yield self._head("next")
        yield self._line(Text(self._next()))
        if decision.reasons:
            yield self._head("reasons")
            yield self._line(Text(", ".join(decision.reasons)))

    def say(self, key: str, *parts: object) -> str:
        return say(key, self.language, *parts)

    def _head(self, key: str) -> Text:
        return Text(f"\n{self.say(key)}", style="bold cyan")

    def _line(self, text: Text, depth: int = 1) -> Padding:
        return Padding(text, (0, 0, 0, 2 * depth), expand=False)

    def _titled(self, mark: str, style: str, name: str, account_id: str | None) -> Text:
        text = Text.assemble((f"{mark} ", style), (title_of(self.policy, name, self.language), style))
        if account_id is not None:
            text.append(f" · {self.say('account', account_id)}")
        return text

    def _responses(self) -> Iterator[RenderableType]:
        yield self._head("to do")
        if not self.decision.responses:
            yield self._line(Text(self.say("nothing")))
        for each in self.decision.responses:
            style = "bold red" if each.adverse else "bold green"
            text = self._titled("■", style, each.response, each.account_id)
            if each.adverse:
                text.append(f" · {self.say('adverse')}")
            yield self._line(text)
            yield self._line(Text(f"{each.response}, {self._rules(each)}", style="dim"), 2)
            for name, value in each.parameters.items():
                yield self._line(Text(f"{name}: {_shown(value)}"), 2)

    def _rules(self, response: ChosenResponse | WithheldResponse) -> str:
        if not response.rules:
            return self.say("by itself")
        return self.say("rules", ", ".join(response.rules))

    def _withheld(self) -> Iterator[RenderableType]:
        if self.decision.withheld:
            yield self._head("withheld")
        for each in self.decision.withheld:
            text = self._titled("□", "yellow", each.response, each.account_id)
            text.append(f": {self._cause(each)}")
            yield self._line(text)
            yield self._line(Text(f"{each.response}, {self._rules(each)}", style="dim"), 2)

    def _cause(self, withheld: WithheldResponse) -> str:
        match withheld.cause:
            case Cause.OUTRANKED:
                return self.say("outranked", title_of(self.policy, withheld.by or "", self.language))
            case Cause.COOL_DOWN:
                return self.say("cool_down", withheld.until)
            case Cause.CONSTRAINT:
                return self.say("constraint", withheld.by)
            case Cause.UNKNOWN:
                return self.say("unknown value", withheld.by)

    def _fired(self) -> Iterator[RenderableType]:
        fired = [each for each in self.decision.triggers if each.state is State.FIRED]
        if not fired:
            return
        yield self._head("why")
        because = {(each.trigger, each.account_id): each.because for each in self.decision.trace.triggers}
        for each in fired:
            text = self._titled("▲", "yellow", each.trigger, each.account_id)
            said = because.get((each.trigger, each.account_id), {})
            words = said.get(self.language) or said.get("en") or next(iter(said.values()), "")
            if words:
                text.append(f": {words}")
            yield self._line(text)

    def _referrals(self) -> Iterator[RenderableType]:
        if self.decision.referrals:
            yield self._head("for an officer")
        for each in self.decision.referrals:
            text = self._titled("?", "magenta", each.subject, each.account_id)
            if each.missing:
                text.append(f": {self.say('missing', ', '.join(each.missing))}")
            yield self._line(text)

    def _next(self) -> str:
        day = self.decision.next_review
        if day is None:
            return self.say("no next")
        days = (day - self.decision.as_of).days
        return self.say("in days", day, days) if days else self.say("today", day)


def _shown(value: object) -> str:
    return text_of(value) or "?"
