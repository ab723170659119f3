"""An explanation as Markdown (CommonMark): headings and lists, nothing that a renderer could run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postloan_rules.decisions.triggers import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions.views.reasons import ConditionView, WhyNotView
    from postloan_rules.decisions.views.view import Line, RuleView, TriggerView, View
    from postloan_rules.decisions.views.wording import Wording
    from postloan_rules.policy.model import Words

__all__ = ["to_markdown"]

_SPECIAL = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
_PLAIN = re.compile(r"(?<=\w)[.,:_\-/](?=\w)|[,:;/](?= )|[.,:]$|(?<=\w)['%)]|(?<= )[(=](?=\w)")


def to_markdown(view: View, wording: Wording) -> str:
    """The explanation as Markdown."""
    return "\n".join(_Page(view, wording).lines()) + "\n"


class _Page:
    def __init__(self, view: View, wording: Wording) -> None:
        self.view = view
        self.wording = wording

    def lines(self) -> Iterator[str]:
        view, say = self.view, self.wording.say
        yield f"# {_escaped(self.wording.head(view))}"
        yield ""
        yield _escaped(self.wording.policy(view))
        if view.whole:
            yield from self._outcome()
        yield from self._section(say("Triggers"))
        for trigger in view.triggers:
            yield from self._trigger(trigger)
        if view.whole:
            yield from self._section(say("Rules"))
            for rule in view.rules:
                yield from self._rule(rule)
        if any(view.left_out):
            yield ""
            yield _escaped(self.wording.left_out(view))
        if view.masked:
            yield ""
            yield _escaped(self.wording.hidden())

    def _section(self, title: str) -> Iterator[str]:
        yield ""
        yield f"## {_escaped(title)}"
        yield ""

    def _outcome(self) -> Iterator[str]:
        view, say, wording = self.view, self.wording.say, self.wording
        yield from self._section(say("What to do"))
        if not view.responses:
            yield f"- {_escaped(say('Nothing is called for'))}"
        for each in view.responses:
            adverse = f" ({_escaped(say('adverse'))})" if each.adverse else ""
            named = f"{_code(each.name)}, {_escaped(wording.rules(each.rules))}"
            yield f"- {self._titled(each.title, each.name, each.account)}{adverse}: {named}"
            for name, value in each.parameters:
                yield f"  - {_code(name)}: {_escaped(wording.value(value))}"
            if each.reason is not None:
                yield f"  - {_escaped(wording.enough(each.reason))}"
                for condition in each.reason.conditions:
                    yield f"    - {self._condition(condition)}"
        if view.withheld:
            yield from self._section(say("What is withheld"))
        for withheld in view.withheld:
            cause = _escaped(wording.cause(withheld))
            yield f"- {self._titled(withheld.title, withheld.name, withheld.account)}: {cause}"
        if view.why_not:
            yield from self._section(say("Why not"))
        for answer in view.why_not:
            yield from self._why_not(answer)
        if view.referrals:
            yield from self._section(say("For an officer to settle"))
        for referral in view.referrals:
            missing = f": {_escaped(wording.missing(referral.missing))}" if referral.missing else ""
            yield f"- {self._titled(referral.title, referral.subject, referral.account)}{missing}"
        yield from self._section(say("Next review"))
        yield _escaped(wording.next_review(view))
        if view.reasons:
            yield from self._section(say("Reasons to tell the customer"))
            yield say(", ").join(_code(each) for each in view.reasons)

    def _condition(self, condition: ConditionView) -> str:
        about = f" {_escaped(condition.record)}" if condition.record is not None else ""
        truth = _escaped(self.wording.truth(condition.truth))
        place = f" ({_code(str(condition.place))})" if condition.place is not None else ""
        reads = "".join(
            f", {_code(name)} = {_escaped(self.wording.value(value))}" for name, value in condition.reads
        )
        return f"{_code(condition.text)}{about} = **{truth}**{reads}{place}"

    def _why_not(self, answer: WhyNotView) -> Iterator[str]:
        yield f"- {self._titled(answer.title, answer.name, answer.account)}"
        for said in self.wording.why_not(answer):
            yield f"  - {_escaped(said)}"
        for rule in answer.rules:
            title = self._titled(None, rule.rule, rule.account)
            yield f"  - {title}: {_escaped(self.wording.lacks(rule))} ({_code(str(rule.place))})"
            for gap in rule.needs:
                yield f"    - {self._condition(gap.condition)}: {_escaped(self.wording.gap(gap))}"

    def _titled(self, title: Words | None, name: str, account: str | None) -> str:
        text = f"**{_escaped(self.wording.words(title, name))}**"
        return text + (f" · {_escaped(self.wording.account(account))}" if account is not None else "")

    def _trigger(self, trigger: TriggerView) -> Iterator[str]:
        state = _escaped(self.wording.state(trigger.state))
        title = self._titled(trigger.title, trigger.name, trigger.account)
        said = self.wording.said(trigger) if trigger.state is State.FIRED else ""
        because = _escaped(self.wording.because(said)) if said else ""
        yield f"- {title}: {state}{because} ({_code(str(trigger.place))})"
        yield from self._line(trigger.line, 1)

    def _rule(self, rule: RuleView) -> Iterator[str]:
        responses = self.wording.say(", ").join(
            _escaped(self.wording.words(title, name)) for name, title in rule.responses
        )
        title = self._titled(None, rule.name, rule.account)
        state = _escaped(self.wording.holds(rule.state))
        yield f"- {title}: {state} → {responses} ({_code(str(rule.place))})"
        yield from self._line(rule.line, 1)

    def _line(self, line: Line, depth: int) -> Iterator[str]:
        what = self.wording.line(line)
        # A group of the YAML has no text but its own word; an expression has its author's.
        text = _escaped(what) if what != line.text else _code(what)
        value = _escaped(self.wording.value(line.value))
        shown = f"**{value}**" if line.value.truth is not None else value
        place = f" ({_code(str(line.place))})" if line.place is not None and line.kind != "field" else ""
        yield f"{'  ' * depth}- {text} = {shown}{place}"
        for part in line.parts:
            yield from self._line(part, depth + 1)


def _escaped(text: str) -> str:
    """The text with every sign that Markdown or HTML could read put out of action."""
    plain = {match.start() for match in _PLAIN.finditer(text)}
    return "".join(
        letter if place in plain else _SPECIAL.sub(r"\\\1", letter) for place, letter in enumerate(text)
    ).replace("\\<", "&lt;")


def _code(text: str) -> str:
    """The text as code: fenced by more backticks than stand in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""
