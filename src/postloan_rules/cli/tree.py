"""An explanation as a tree in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from postloan_rules.decisions import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from postloan_rules.decisions.views import Line, Place, View, Wording
    from postloan_rules.decisions.views.reasons import ConditionView
    from postloan_rules.decisions.views.view import Truth

__all__ = ["print_tree"]

_STATES: Mapping[State, str] = {
    State.FIRED: "bold yellow",
    State.NOT_FIRED: "dim",
    State.UNKNOWN: "bold magenta",
}
_RULES: Mapping[Truth, str] = {"true": "bold green", "false": "dim", "unknown": "bold magenta"}
_VALUES: Mapping[Truth | None, str] = {"true": "green", "false": "red", "unknown": "magenta", None: "cyan"}


def print_tree(screen: Console, view: View, wording: Wording) -> None:
    """Write an explanation."""
    screen.print(Text(wording.head(view), style="bold"))
    screen.print(Text(wording.policy(view), style="dim"))
    drawing = _Drawing(wording)
    if any(each.reason is not None for each in view.responses):
        screen.print(drawing.reasons(view))
    if view.why_not:
        screen.print(drawing.why_not(view))
    screen.print(drawing.triggers(view))
    if view.whole:
        screen.print(drawing.rules(view))
    if any(view.left_out):
        screen.print(Text(wording.left_out(view), style="dim"))
    if view.masked:
        screen.print(Text(wording.hidden(), style="dim"))


class _Drawing:
    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def reasons(self, view: View) -> Tree:
        tree = Tree(Text(self.wording.say("What to do"), style="bold cyan"))
        for each in view.responses:
            text = Text(self.wording.words(each.title, each.name), style="bold")
            self._account(text, each.account)
            if each.reason is None:
                tree.add(text)
                continue
            text.append(self.wording.because(self.wording.enough(each.reason)))
            branch = tree.add(text)
            for condition in each.reason.conditions:
                branch.add(self._condition(condition))
        return tree

    def why_not(self, view: View) -> Tree:
        tree = Tree(Text(self.wording.say("Why not"), style="bold cyan"))
        for each in view.why_not:
            text = Text(self.wording.words(each.title, each.name), style="bold")
            self._account(text, each.account)
            branch = tree.add(text)
            for said in self.wording.why_not(each):
                branch.add(Text(said))
            for rule in each.rules:
                head = Text(rule.rule, style="bold")
                self._account(head, rule.account)
                head.append(self.wording.because(self.wording.lacks(rule)))
                _place(head, rule.place)
                lacking = branch.add(head)
                for gap in rule.needs:
                    lacking.add(self._condition(gap.condition)).add(Text(self.wording.gap(gap)))
        return tree

    def _condition(self, condition: ConditionView) -> Text:
        text = Text(condition.text)
        if condition.record is not None:
            text.append(f" {condition.record}")
        text.append(" = ")
        text.append(self.wording.truth(condition.truth), style=_VALUES[condition.truth])
        for name, value in condition.reads:
            text.append(f"  {name} = ")
            text.append(self.wording.value(value), style=_VALUES[value.truth])
        _place(text, condition.place)
        return text

    def triggers(self, view: View) -> Tree:
        tree = Tree(Text(self.wording.say("Triggers"), style="bold cyan"))
        for each in view.triggers:
            text = Text.assemble(
                (self.wording.state(each.state), _STATES[each.state]), " ", (each.name, "bold")
            )
            if each.title is not None:
                text.append(f" · {self.wording.words(each.title, each.name)}")
            self._account(text, each.account)
            said = self.wording.said(each)
            if said:
                text.append(self.wording.because(said))
            _place(text, each.place)
            self._line(tree.add(text), each.line)
        return tree

    def rules(self, view: View) -> Tree:
        tree = Tree(Text(self.wording.say("Rules"), style="bold cyan"))
        for each in view.rules:
            text = Text(self.wording.holds(each.state), style=_RULES[each.state])
            text.append(f" {each.name}", style="bold")
            self._account(text, each.account)
            titles = [self.wording.words(title, name) for name, title in each.responses]
            text.append(" → " + self.wording.say(", ").join(titles))
            _place(text, each.place)
            self._line(tree.add(text), each.line)
        return tree

    def _account(self, text: Text, account: str | None) -> None:
        if account is not None:
            text.append(f" · {self.wording.account(account)}")

    def _line(self, tree: Tree, line: Line) -> None:
        text = Text(self.wording.line(line))
        text.append(" = ")
        text.append(self.wording.value(line.value), style=_VALUES[line.value.truth])
        if line.kind not in ("field", "event"):
            _place(text, line.place)
        branch = tree.add(text)
        for part in line.parts:
            self._line(branch, part)


def _place(text: Text, place: Place | None) -> None:
    if place is not None:
        text.append(f"  {place}", style="dim")
