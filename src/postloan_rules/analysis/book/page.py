"""A book as one HTML page, for the screen, the phone and paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.book.document import Line
from postloan_rules.analysis.book.figures import figures_of
from postloan_rules.analysis.book.prose import Speech
from postloan_rules.analysis.book.shell import grid_html, line_html, page, phrase_html
from postloan_rules.decisions.views.markup import joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book.document import Book, Chapter, Entry
    from postloan_rules.decisions.views.markup import Content, Html

__all__ = ["to_html"]


def to_html(book: Book) -> str:
    """The book as a page."""
    return _Page(book).whole()


class _Page:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.speech = Speech(book.language, book.policy.currency)
        self.wording = self.speech.wording

    def whole(self) -> str:
        say = self.wording.say
        parts = list(self._order(self._drawings()))
        links = [tag("li", tag("a", title, href=f"#{id_}")) for id_, title, _ in parts]
        contents = tag("nav", tag("h2", say("Contents")), tag("ol", *links), class_="contents")
        body: list[Content] = [
            tag("a", say("Skip to the policy"), class_="skip", href="#main"),
            self._header(contents),
            tag("main", *(content for _, _, content in parts), id="main"),
            self._footer(),
        ]
        return page(self.book.title, self.book.language, body)

    def _order(self, drawings: Html | None) -> Iterator[tuple[str, str, Html]]:
        """The parts of the page: the drawings come after the policy's head, the index last."""
        say = self.wording.say
        for number, chapter in enumerate(self.book.chapters):
            yield chapter.id, chapter.title, self._chapter(chapter)
            if not number and drawings is not None:
                yield "drawings", say("At a glance"), drawings
        yield "index", say("Index"), self._index()

    def _header(self, contents: Html) -> Html:
        policy, say, day = self.book.policy, self.wording.say, self.wording.numerals.day
        terms = [
            (say("Policy"), policy.id),
            (say("Version"), policy.version),
            *([(say("Owner"), policy.owner)] if policy.owner else []),
            *(
                [(say("In force from"), day(policy.effective_from))]
                if policy.effective_from is not None
                else []
            ),
            *([(say("In force until"), day(policy.effective_to))] if policy.effective_to is not None else []),
        ]
        listed = [tag("div", tag("dt", term), tag("dd", words)) for term, words in terms]
        return tag("header", tag("h1", self.book.title), tag("dl", *listed, class_="facts"), contents)

    def _footer(self) -> Html:
        say = self.wording.say
        return tag(
            "footer",
            tag("p", say("Fingerprint of the policy"), " ", tag("code", self.book.policy.fingerprint)),
        )

    def _section(self, id_: str, title: str, *content: Content) -> Html:
        heading = tag("h2", title, id=f"{id_}-title")
        return tag("section", heading, *content, id=id_, aria_labelledby=f"{id_}-title", class_="chapter")

    def _chapter(self, chapter: Chapter) -> Html:
        about = tag("p", phrase_html(chapter.about), class_="about") if chapter.about else None
        return self._section(chapter.id, chapter.title, about, *map(self.entry, chapter.entries))

    def entry(self, entry: Entry) -> Html:
        """One entry: its heading, what it does, its words, and where it is used."""
        return tag("article", *self._entry(entry), id=entry.id, class_=f"card {entry.kind}")

    def _entry(self, entry: Entry) -> Iterator[Html]:
        name = tag("code", entry.name, class_="name")
        heading = joined([entry.title, " ", name]) if entry.title else name
        if entry.kind in ("subject", "schedule"):
            heading = joined([entry.title])
        place = tag("span", entry.place, class_="place") if entry.place else None
        yield tag("header", tag("h3", heading), place)
        for block in entry.does:
            yield line_html(block) if isinstance(block, Line) else grid_html(block)
        if entry.says:
            yield tag("div", *map(line_html, entry.says), class_="says")
        if entry.where:
            yield tag("div", *map(line_html, entry.where), class_="where")

    def _drawings(self) -> Html | None:
        say = self.wording.say
        figures = [
            tag(
                "figure",
                tag("figcaption", tag("h3", say("Family"), " ", tag("code", each.title))),
                tag("div", each.drawing, class_="wide", tabindex="0"),
            )
            for each in figures_of(self.book, self.wording)
        ]
        if not figures:
            return None
        about = tag(
            "p",
            say("From the left: triggers, the rules that look at them, the responses that these call for."),
            " ",
            say("A broken line marks a trigger that must not have fired."),
            class_="about",
        )
        return self._section("drawings", say("At a glance"), about, *figures)

    def _index(self) -> Html:
        rows = sorted(
            (entry for entry in self.book.entries if entry.kind not in ("field", "subject", "schedule")),
            key=lambda each: (each.name.lower(), each.kind),
        )
        items = [
            tag(
                "li",
                tag("a", tag("code", each.name), href=f"#{each.id}"),
                f" {each.title}" if each.title else None,
                " ",
                tag("span", self._kind(each.kind), class_="kind"),
            )
            for each in rows
        ]
        return self._section("index", self.wording.say("Index"), tag("ul", *items, class_="index"))

    def _kind(self, kind: str) -> str:
        say = self.wording.say
        words = {
            "trigger": say("trigger"),
            "rule": say("rule"),
            "response": say("response"),
            "constraint": say("constraint"),
            "parameter": say("parameter"),
            "fact": say("fact"),
            "table": say("table"),
            "scorecard": say("scorecard"),
            "input": say("input"),
            "reason": say("reason"),
        }
        return words[kind]
