"""An explanation as one HTML page that needs nothing else: no script, no font, no request.

What is folded is folded by `<details>`, so the page works without JavaScript, by keyboard and read aloud.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.decisions.triggers import State
from postloan_rules.decisions.views.markup import Html, joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.decisions.views.markup import Content
    from postloan_rules.decisions.views.reasons import ConditionView, ReasonView, RuleGapView, WhyNotView
    from postloan_rules.decisions.views.view import (
        Line,
        ResponseView,
        RuleView,
        TriggerView,
        Truth,
        Value,
        View,
        WithheldView,
    )
    from postloan_rules.decisions.views.wording import Wording
    from postloan_rules.policy.model import Words

__all__ = ["to_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser is told as well that the page may load nothing and run nothing."""

_TAGS = {"en": "en", "zh": "zh-CN"}
_TRUTHS: dict[State, Truth] = {State.FIRED: "true", State.NOT_FIRED: "false", State.UNKNOWN: "unknown"}
_FOLDED = frozenset({"fact", "points", "table"})
"""What these are made of is folded away at first."""

_GAP = "\0"
"""Where links go into a message; it stands in no other text."""


def to_html(view: View, wording: Wording) -> str:
    """The explanation as a page."""
    return _Page(view, wording).whole()


@cache
def _style() -> Html:
    # The style is the library's own text: it is the one piece that is not escaped.
    return Html(Path(__file__).with_name("explanation.css").read_text(encoding="utf-8"))


class _Page:
    def __init__(self, view: View, wording: Wording) -> None:
        self.view = view
        self.wording = wording
        self.rule_ids = {
            (each.name, each.account): f"rule-{number}" for number, each in enumerate(view.rules)
        }
        self.trigger_ids = {
            (each.name, each.account): f"trigger-{number}" for number, each in enumerate(view.triggers)
        }

    def whole(self) -> str:
        say = self.wording.say
        sections = list(self._sections())
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("title", self.wording.head(self.view)),
            tag("style", _style()),
        )
        links = [tag("li", tag("a", title, href=f"#{name}")) for name, title, content in sections if content]
        body = tag(
            "body",
            tag("a", say("Skip to the explanation"), class_="skip", href="#main"),
            self._header(tag("nav", tag("ul", *links), aria_label=say("On this page"))),
            tag(
                "main",
                *(self._section(name, title, content) for name, title, content in sections if content),
                id="main",
            ),
            self._footer(),
        )
        page = tag("html", head, body, lang=_TAGS[self.wording.language])
        return f"<!doctype html>\n{page.text}\n"

    def _header(self, nav: Html) -> Html:
        view, wording, say = self.view, self.wording, self.wording.say
        terms = [
            (say("Day"), wording.numerals.day(view.as_of)),
            (say("Policy"), wording.words(view.title, view.ruleset)),
            (say("Version"), view.version),
            (say("Profile"), view.profile),
            *([(say("Next review"), wording.next_review(view))] if view.whole else []),
        ]
        listed = [tag("div", tag("dt", term), tag("dd", text)) for term, text in terms]
        heading = tag("h1", say("Decision for customer {customer}", customer=view.customer))
        return tag("header", heading, tag("dl", *listed, class_="facts"), nav)

    def _footer(self) -> Html:
        view, wording, say = self.view, self.wording, self.wording.say
        lines = []
        if any(view.left_out):
            lines.append(tag("p", wording.left_out(view)))
        if view.masked:
            lines.append(tag("p", wording.hidden()))
        lines.append(tag("p", say("Policy"), " ", tag("code", view.ruleset_fingerprint)))
        lines.append(tag("p", say("Snapshot"), " ", tag("code", view.snapshot_fingerprint)))
        return tag("footer", *lines)

    def _sections(self) -> Iterator[tuple[str, str, list[Html]]]:
        view, say = self.view, self.wording.say
        if view.whole:
            nothing = tag("p", say("Nothing is called for"))
            yield "to-do", say("What to do"), [self._response(each) for each in view.responses] or [nothing]
            yield "withheld", say("What is withheld"), [self._withheld(each) for each in view.withheld]
            yield "why-not", say("Why not"), [self._why_not(each) for each in view.why_not]
            yield "officer", say("For an officer to settle"), list(self._referrals())
            yield "reasons", say("Reasons to tell the customer"), list(self._reasons())
        yield "triggers", say("Triggers"), [self._trigger(each) for each in view.triggers]
        yield "rules", say("Rules"), [self._rule(each) for each in view.rules]

    def _section(self, name: str, title: str, content: list[Html]) -> Html:
        heading = tag("h2", title, id=f"{name}-title")
        return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")

    def _titled(self, title: Words | None, name: str, account: str | None) -> Html:
        parts: list[Content] = [tag("h3", self.wording.words(title, name))]
        if account is not None:
            parts += [" · ", tag("span", self.wording.account(account), class_="account")]
        return joined(parts)

    def _badge(self, truth: Truth, words: str) -> Html:
        return tag("span", words, class_=f"badge {truth}")

    def _response(self, response: ResponseView) -> Html:
        say = self.wording.say
        title = self._titled(response.title, response.name, response.account)
        badge = self._badge("false", say("adverse")) if response.adverse else None
        parameters = [
            joined([tag("dt", tag("code", name)), tag("dd", self.wording.value(value))])
            for name, value in response.parameters
        ]
        return tag(
            "article",
            title,
            " " if badge else None,
            badge,
            tag("dl", *parameters) if parameters else None,
            self._called(response),
            self._reason(response.reason) if response.reason is not None else None,
            class_=f"card {'false' if response.adverse else 'true'}",
        )

    def _called(self, response: ResponseView | WithheldView) -> Html:
        links = self._rule_links(response.rules, response.account)
        return tag("p", tag("code", response.name), ", ", links, class_="quiet")

    def _reason(self, reason: ReasonView) -> Html:
        conditions = [tag("li", *self._condition(each)) for each in reason.conditions]
        summary = tag("summary", self.wording.enough(reason))
        return tag("details", summary, tag("ul", *conditions, class_="tree"))

    def _condition(self, condition: ConditionView) -> Iterator[Content]:
        yield tag("code", condition.text)
        yield f" {condition.record} = " if condition.record is not None else " = "
        yield self._badge(condition.truth, self.wording.truth(condition.truth))
        if condition.place is not None:
            yield joined([" ", tag("span", str(condition.place), class_="place")])
        reads = [tag("li", tag("code", name), " = ", self._value(value)) for name, value in condition.reads]
        yield tag("ul", *reads, class_="reads") if reads else None

    def _why_not(self, answer: WhyNotView) -> Html:
        title = self._titled(answer.title, answer.name, answer.account)
        said = [tag("p", each) for each in self.wording.why_not(answer)]
        return tag("article", title, *said, *map(self._rule_gap, answer.rules), class_="card")

    def _rule_gap(self, rule: RuleGapView) -> Html:
        account = f" · {self.wording.account(rule.account)}" if rule.account is not None else None
        place = tag("span", str(rule.place), class_="place")
        head = tag("p", tag("strong", rule.rule), account, " ", self.wording.lacks(rule), " ", place)
        needs = [
            tag("li", *self._condition(each.condition), tag("div", self.wording.gap(each), class_="said"))
            for each in rule.needs
        ]
        return joined([head, tag("ul", *needs, class_="tree")])

    def _rule_links(self, rules: Sequence[str], account: str | None) -> Html:
        """Which rules called for it, each leading to where it is explained."""
        if not rules:
            return joined([self.wording.rules(())])
        before, _, after = self.wording.say("by {rules}", rules=_GAP).partition(_GAP)
        links: list[Content] = []
        for name in rules:
            found = [key for key in self.rule_ids if key[0] == name and account in (None, key[1])]
            link = tag("a", name, href=f"#{self.rule_ids[found[0]]}") if found else name
            links += [self.wording.say(", "), link] if links else [link]
        return joined([before, *links, after])

    def _withheld(self, withheld: WithheldView) -> Html:
        title = self._titled(withheld.title, withheld.name, withheld.account)
        cause = tag("p", self.wording.cause(withheld))
        return tag("article", title, cause, self._called(withheld), class_="card")

    def _referrals(self) -> Iterator[Html]:
        for each in self.view.referrals:
            missing = tag("p", self.wording.missing(each.missing)) if each.missing else None
            title = self._titled(each.title, each.subject, each.account)
            yield tag("article", title, missing, class_="card unknown")

    def _reasons(self) -> Iterator[Html]:
        if self.view.reasons:
            yield tag("ul", *(tag("li", tag("code", each)) for each in self.view.reasons))

    def _trigger(self, trigger: TriggerView) -> Html:
        truth = _TRUTHS[trigger.state]
        said = self.wording.said(trigger) if trigger.state is State.FIRED else ""
        summary = tag(
            "summary",
            self._badge(truth, self.wording.state(trigger.state)),
            " ",
            self._titled(trigger.title, trigger.name, trigger.account),
            tag("span", self.wording.because(said), class_="said") if said else None,
            " ",
            tag("span", str(trigger.place), class_="place"),
        )
        name = self.trigger_ids[trigger.name, trigger.account]
        tree = tag("ul", self._line(trigger.line, trigger.account), class_="tree")
        details = tag("details", summary, tree, open=trigger.state is not State.NOT_FIRED)
        return tag("article", details, class_=f"card {truth}", id=name)

    def _rule(self, rule: RuleView) -> Html:
        titles = self.wording.say(", ").join(
            self.wording.words(title, name) for name, title in rule.responses
        )
        title = self.wording.words(rule.title, "") if rule.title is not None else ""
        summary = tag(
            "summary",
            self._badge(rule.state, self.wording.holds(rule.state)),
            " ",
            self._titled(None, rule.name, rule.account),
            f" {title}" if title else None,
            f" → {titles} ",
            tag("span", str(rule.place), class_="place"),
        )
        tree = tag("ul", self._line(rule.line, rule.account), class_="tree")
        details = tag("details", summary, tree, open=rule.state != "false")
        name = self.rule_ids[rule.name, rule.account]
        return tag("article", details, class_=f"card {rule.state}", id=name)

    def _line(self, line: Line, account: str | None) -> Html:
        content = self._content(line, account)
        if not line.parts:
            return tag("li", tag("span", *content, class_="leaf"))
        parts = tag("ul", *(self._line(part, account) for part in line.parts))
        return tag("li", tag("details", tag("summary", *content), parts, open=line.kind not in _FOLDED))

    def _content(self, line: Line, account: str | None) -> list[Content]:
        what = self.wording.line(line)
        # A group of the YAML has no text but its own word; an expression has its author's.
        name: Html = tag("span", what) if what != line.text else tag("code", what)
        if line.kind == "trigger":
            target = self.trigger_ids.get((line.text, account)) or self.trigger_ids.get((line.text, None))
            name = tag("a", name, href=f"#{target}") if target else name
        value = self._value(line.value)
        content: list[Content] = [name, tag("span", " = ", class_="is"), value]
        kind = self.wording.kind(line.kind)
        if kind is not None and what == line.text and line.kind not in ("any", "all", "none"):
            content += [" ", tag("span", kind, class_="kind")]
        if line.place is not None and line.kind != "field":
            content += [" ", tag("span", str(line.place), class_="place")]
        return content

    def _value(self, value: Value) -> Html:
        words = self.wording.value(value)
        return (
            self._badge(value.truth, words) if value.truth is not None else tag("span", words, class_="value")
        )
