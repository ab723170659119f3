"""A trace as a tree in the terminal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from postloan_rules.cli.page import title_of
from postloan_rules.cli.words import say
from postloan_rules.decisions import State
from postloan_rules.expressions import text_of

if TYPE_CHECKING:
    from rich.console import Console

    from postloan_rules.decisions import Decision, Step
    from postloan_rules.decisions.trace import RuleTrace, TriggerTrace
    from postloan_rules.policy import Policy
    from postloan_rules.problems import Span

__all__ = ["print_trace"]

_STYLE = {State.FIRED: "bold yellow", State.NOT_FIRED: "dim", State.UNKNOWN: "bold magenta"}
_RULE = {
    True: ("holds", "bold green"),
    False: ("does not hold", "dim"),
    None: ("unknown", "bold magenta"),
}


def print_trace(
    screen: Console,
    decision: Decision,
    policy: Policy,
    *,
    trigger: str | None,
    account_id: str | None,
    everything: bool,
    language: str,
) -> None:
    """Write the trace of a decision, or the part of it that is asked for."""
    drawing = _Drawing(policy, language)
    trace = decision.trace
    triggers = [
        each for each in trace.triggers if account_id in (None, each.account_id) or each.account_id is None
    ]
    rules = [each for each in trace.rules if account_id in (None, each.account_id) or each.account_id is None]
    if trigger is not None:
        triggers, rules, everything = [each for each in triggers if each.trigger == trigger], [], True
    shown = [each for each in triggers if everything or each.state is not State.NOT_FIRED]
    holding = [each for each in rules if everything or each.state is True]
    screen.print(Text(say("customer", language, decision.customer_id, decision.as_of), style="bold"))
    screen.print(
        Text(say("policy", language, decision.ruleset, decision.version, decision.profile), style="dim")
    )
    screen.print(drawing.triggers(shown))
    if trigger is None:
        screen.print(drawing.rules(holding))
    if not everything:
        left = say("left out", language, len(triggers) - len(shown), len(rules) - len(holding))
        screen.print(Text(left, style="dim"))


class _Drawing:
    def __init__(self, policy: Policy, language: str) -> None:
        self.policy = policy
        self.language = language

    def triggers(self, traces: list[TriggerTrace]) -> Tree:
        tree = Tree(Text(say("triggers", self.language), style="bold cyan"))
        for each in traces:
            title = title_of(self.policy, each.trigger, self.language)
            text = Text.assemble(
                (say(each.state.value, self.language), _STYLE[each.state]), " ", (each.trigger, "bold")
            )
            if title != each.trigger:
                text.append(f" · {title}")
            self._account(text, each.account_id)
            words = each.because.get(self.language) or each.because.get("en")
            if words:
                text.append(f": {words}")
            self._place(text, each.span)
            self._step(tree.add(text), each.step)
        return tree

    def rules(self, traces: list[RuleTrace]) -> Tree:
        tree = Tree(Text(say("rules head", self.language), style="bold cyan"))
        for each in traces:
            key, style = _RULE[each.state]
            text = Text(say(key, self.language), style=style)
            text.append(f" {each.rule}", style="bold")
            self._account(text, each.account_id)
            titles = [title_of(self.policy, name, self.language) for name in each.responses]
            text.append(f" → {', '.join(titles)}")
            self._place(text, each.span)
            self._step(tree.add(text), each.step)
        return tree

    def _account(self, text: Text, account_id: str | None) -> None:
        if account_id is not None:
            text.append(f" · {say('account', self.language, account_id)}")

    def _place(self, text: Text, span: Span | None) -> None:
        if span is not None:
            text.append(f"  {span.file}:{span.line}", style="dim")

    def _step(self, tree: Tree, step: Step) -> None:
        # A group of the YAML has no text but its own word; an expression has its author's.
        words = say(step.kind, self.language) if step.text == step.kind else step.text
        text = Text(" ".join(words.split()))
        text.append(" = ")
        text.append(*self._value(step.value))
        if step.kind not in ("field", "event"):
            self._place(text, step.span)
        branch = tree.add(text)
        # What an expression reads twice is shown once.
        for part in {(part.kind, part.text): part for part in step.parts}.values():
            self._step(branch, part)

    def _value(self, value: object) -> tuple[str, str]:
        match value:
            case True:
                return say("yes", self.language), "green"
            case False:
                return say("no", self.language), "red"
            case None:
                return say("unknown", self.language), "magenta"
            case tuple() if any(text_of(item) is None for item in value) or not value:
                return say("records", self.language, len(value)), "cyan"
            case dt.date():
                return value.isoformat(), "cyan"
            case _:
                return text_of(value) or say("a record", self.language), "cyan"
