"""A comparison as one HTML page that needs nothing else, fit for an approval paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.book.changes_page import cards_of
from postloan_rules.analysis.book.shell import page, phrase_html
from postloan_rules.decisions.views.markup import joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.difference.comparison import PartEffect, Verdict
    from postloan_rules.analysis.difference.paper import Paper, Shown
    from postloan_rules.decisions.views.markup import Content, Html

__all__ = ["to_html"]

_VERDICTS: Mapping[Verdict, str] = {
    "identical": "true",
    "equal": "true",
    "different": "false",
    "open": "unknown",
}
_EFFECTS: Mapping[PartEffect, str] = {"words": "", "none": "true", "effect": "false", "open": "unknown"}


def to_html(paper: Paper) -> str:
    """The paper as a page."""
    return _Page(paper).whole()


class _Page:
    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.telling = paper.telling
        self.say = paper.telling.wording.say

    def whole(self) -> str:
        title = self.telling.title()
        terms = [tag("div", tag("dt", term), tag("dd", words)) for term, words in self.paper.terms()]
        body: list[Content] = [
            tag("a", self.say("Skip to the changes"), class_="skip", href="#main"),
            tag("header", tag("h1", title), tag("dl", *terms, class_="facts")),
            tag("main", *self._main(), id="main"),
            tag("footer", *self._fingerprints()),
        ]
        return page(title, self.paper.language, body)

    def _main(self) -> Iterator[Html]:
        found = self.paper.found
        content = [tag("p", self.telling.summary())]
        if found.tried:
            content.append(tag("p", self.telling.tried(), class_="quiet"))
        yield self._section(
            "summary",
            self.say("Summary"),
            tag("div", *content, class_=f"card {_VERDICTS[found.verdict]}"),
            self._contents(),
        )
        if found.parts:
            yield self._section("parts", self.say("Changed parts"), self._parts())
        if self.paper.shown:
            cards = [self._card(each) for each in self.paper.shown]
            yield self._section("differences", self.say("Where the versions differ"), *cards)
        if found.open:
            items = [tag("li", self._phrase(self.telling.open(each))) for each in found.open]
            yield self._section("open", self.say("Not provable here"), tag("ul", *items))
        for number, (title, table) in enumerate(self.paper.impact, start=1):
            yield self._section(f"impact-{number}", title, _grid(table[0], table[1:]))
        cards_ = cards_of(self.paper.changes)
        texts = [cards_[part.change.key] for part in found.parts if part.change.key in cards_]
        if texts:
            yield self._section("words", self.say("The changed parts in words"), *texts)

    def _section(self, id_: str, title: str, *content: Content) -> Html:
        heading = tag("h2", title, id=f"{id_}-title")
        return tag("section", heading, *content, id=id_, aria_labelledby=f"{id_}-title")

    def _contents(self) -> Html | None:
        if not self.paper.shown:
            return None
        items = [
            tag("li", tag("a", self._phrase(each.heading), href=f"#difference-{each.number}"))
            for each in self.paper.shown
        ]
        return tag("ol", *items)

    def _parts(self) -> Html:
        cards = cards_of(self.paper.changes)
        entries = {(each.entry.kind, each.entry.name): each.entry.id for each in self.paper.changes.entries}
        rows = []
        for part in self.paper.found.parts:
            name: Content = self._phrase(self.telling.part(part.change))
            if part.change.key in cards:
                name = tag("a", name, href=f"#{entries[part.change.key]}")
            badge = tag("span", self.telling.effect(part.effect), class_=f"badge {_EFFECTS[part.effect]}")
            rows.append((name, self.telling.change(part.change), badge))
        return _grid((self.say("Part"), self.say("Change"), self.say("Effect on decisions")), rows)

    def _card(self, each: Shown) -> Html:
        heading = joined([f"{each.number}. ", self._phrase(each.heading)])
        conditions = [tag("li", self._phrase(line)) for line in each.conditions]
        by = joined([self.say("By: {parts}", parts=""), self._phrase(each.parts)]) if each.parts else None
        rows = [tuple(_lines(cell) for cell in row) for row in each.rows]
        return tag(
            "article",
            tag("header", tag("h3", heading)),
            tag("ul", *conditions) if conditions else None,
            tag("p", each.note, class_="quiet") if each.note else None,
            tag("p", by) if by is not None else None,
            tag("p", tag("strong", each.who)),
            _grid(("", self.say("Old version"), self.say("New version")), rows),
            tag(
                "details",
                tag("summary", self.say("The whole customer, as JSON")),
                tag("p", tag("code", each.fingerprint)),
                tag("p", tag("code", each.snapshot)),
            ),
            id=f"difference-{each.number}",
            class_="card",
        )

    def _phrase(self, phrase: Phrase) -> Html:
        return phrase_html(phrase)

    def _fingerprints(self) -> Iterator[Html]:
        found = self.paper.found
        for term, policy in ((self.say("Old version"), found.old), (self.say("New version"), found.new)):
            yield tag("p", term, " ", tag("code", policy.fingerprint))


def _lines(words: Content) -> Content:
    if not isinstance(words, str) or "\n" not in words:
        return words
    return joined(tag("div", line) for line in words.split("\n"))


def _grid(head: Iterable[Content], rows: Iterable[Iterable[Content]]) -> Html:
    heads = tag("tr", *(tag("th", each, scope="col") for each in head))
    body = []
    for row in rows:
        first, *rest = row
        body.append(tag("tr", tag("th", first, scope="row"), *(tag("td", each) for each in rest)))
    return tag("div", tag("table", tag("thead", heads), tag("tbody", *body)), class_="wide", tabindex="0")
