"""A decision as a page for people: what to do, what not and why, and when to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from postloan_rules.decisions import State
from postloan_rules.decisions.views import Wording, view_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType

    from postloan_rules.decisions import Decision
    from postloan_rules.decisions.views import View
    from postloan_rules.policy.model import Words

__all__ = ["print_page"]


def print_page(screen: Console, decision: Decision, language: str, show: Iterable[str] = ()) -> None:
    """Write the page of a decision; what tells who the customer is stays hidden unless `show` names it."""
    view = view_of(decision, show=show)
    for part in _Page(view, Wording(language, view.currency)).parts():
        screen.print(part)


class _Page:
    def __init__(self, view: View, wording: Wording) -> None:
        self.view = view
        self.wording = wording

    def parts(self) -> Iterator[RenderableType]:
        yield Text(self.wording.head(self.view), style="bold")
        yield Text(self.wording.policy(self.view), style="dim")
        yield from self._responses()
        yield from self._withheld()
        yield from self._fired()
        yield from self._referrals()
        yield self._head(self.wording.say("Next review"))
        yield self._line(Text(self.wording.next_review(self.view)))
        if self.view.reasons:
            yield self._head(self.wording.say("Reasons to tell the customer"))
            yield self._line(Text(self.wording.say(", ").join(self.view.reasons)))
        if self.view.masked:
            yield Text(f"\n{self.wording.hidden()}", style="dim")

    def _head(self, title: str) -> Text:
        return Text(f"\n{title}", style="bold cyan")

    def _line(self, text: Text, depth: int = 1) -> Padding:
        return Padding(text, (0, 0, 0, 2 * depth), expand=False)

    def _titled(self, mark: str, style: str, title: Words | None, name: str, account: str | None) -> Text:
        text = Text.assemble((f"{mark} ", style), (self.wording.words(title, name), style))
        if account is not None:
            text.append(f" · {self.wording.account(account)}")
        return text

    def _named(self, name: str, rules: tuple[str, ...]) -> Padding:
        return self._line(Text(f"{name}, {self.wording.rules(rules)}", style="dim"), 2)

    def _responses(self) -> Iterator[RenderableType]:
        yield self._head(self.wording.say("What to do"))
        if not self.view.responses:
            yield self._line(Text(self.wording.say("Nothing is called for")))
        for each in self.view.responses:
            style = "bold red" if each.adverse else "bold green"
            text = self._titled("■", style, each.title, each.name, each.account)
            if each.adverse:
                text.append(f" · {self.wording.say('adverse')}")
            yield self._line(text)
            yield self._named(each.name, each.rules)
            for name, value in each.parameters:
                yield self._line(Text(f"{name}: {self.wording.value(value)}"), 2)

    def _withheld(self) -> Iterator[RenderableType]:
        if self.view.withheld:
            yield self._head(self.wording.say("What is withheld"))
        for each in self.view.withheld:
            text = self._titled("□", "yellow", each.title, each.name, each.account)
            text.append(self.wording.because(self.wording.cause(each)))
            yield self._line(text)
            yield self._named(each.name, each.rules)

    def _fired(self) -> Iterator[RenderableType]:
        fired = [each for each in self.view.triggers if each.state is State.FIRED]
        if fired:
            yield self._head(self.wording.say("Why"))
        for each in fired:
            text = self._titled("▲", "yellow", each.title, each.name, each.account)
            said = self.wording.said(each)
            if said:
                text.append(self.wording.because(said))
            yield self._line(text)

    def _referrals(self) -> Iterator[RenderableType]:
        if self.view.referrals:
            yield self._head(self.wording.say("For an officer to settle"))
        for each in self.view.referrals:
            text = self._titled("?", "magenta", each.title, each.subject, each.account)
            if each.missing:
                text.append(self.wording.because(self.wording.missing(each.missing)))
            yield self._line(text)
