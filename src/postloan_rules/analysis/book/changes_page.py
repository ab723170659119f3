"""The difference of two versions of a policy as one HTML page of tracked changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.analysis.book.prose import Speech
from postloan_rules.analysis.book.shell import page, phrase_html
from postloan_rules.analysis.book.tracked import TrackedLine, changes_of
from postloan_rules.decisions.views.markup import joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.analysis.book.document import Book
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.tracked import Change, Marked, Run, State, TrackedGrid
    from postloan_rules.decisions.views.markup import Content, Html

__all__ = ["Changes", "cards_of", "changes_between", "changes_to_html"]


@frozen
class Changes:
    """What changed from one version to another."""

    old: Book
    new: Book
    entries: tuple[Change, ...]

    @property
    def with_effect(self) -> tuple[Change, ...]:
        """Those that decide otherwise now, or may."""
        return tuple(each for each in self.entries if each.has_effect)

    @property
    def of_words(self) -> tuple[Change, ...]:
        """Those that only read otherwise now."""
        return tuple(each for each in self.entries if not each.has_effect)


def changes_between(old: Book, new: Book) -> Changes:
    """What changed from one version to another, both written in the same language."""
    speech = Speech(new.language, new.policy.currency)
    return Changes(old, new, changes_of(old, new, lambda title: speech.say("Title: {text}", text=title)))


def changes_to_html(changes: Changes) -> str:
    """The changes as a page."""
    return _Page(changes).whole()


class _Page:
    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.speech = Speech(changes.new.language, changes.new.policy.currency)
        self.wording = self.speech.wording
        self.targets = frozenset(each.entry.id for each in changes.entries)
        say = self.wording.say
        self.marks: Mapping[State, str] = {
            "same": say("unchanged"),
            "added": say("added"),
            "removed": say("removed"),
            "changed": say("changed"),
        }

    def whole(self) -> str:
        say, new = self.wording.say, self.changes.new
        title = say("Changes to {policy}", policy=new.title)
        parts = [
            ("effect", say("Changes with an effect on decisions"), self.changes.with_effect),
            ("words", say("Changes of words only"), self.changes.of_words),
        ]
        body: list[Content] = [
            tag("a", say("Skip to the changes"), class_="skip", href="#main"),
            tag("header", tag("h1", title), tag("dl", *self._terms(), class_="facts")),
            tag(
                "main",
                self._summary(),
                *(self._section(id_, heading, entries) for id_, heading, entries in parts if entries),
                id="main",
            ),
            tag("footer", *self._fingerprints()),
        ]
        return page(title, new.language, body)

    def _terms(self) -> Iterator[Html]:
        say = self.wording.say
        for term, book in ((say("Old version"), self.changes.old), (say("New version"), self.changes.new)):
            version = f"{book.policy.id} {book.policy.version}"
            yield tag("div", tag("dt", term), tag("dd", version))

    def _fingerprints(self) -> Iterator[Html]:
        say = self.wording.say
        for term, book in ((say("Old version"), self.changes.old), (say("New version"), self.changes.new)):
            yield tag("p", term, " ", tag("code", book.policy.fingerprint))

    def _summary(self) -> Html:
        say = self.wording.say
        heading = tag("h2", say("Summary"), id="summary-title")
        if not self.changes.entries:
            content: list[Html] = [tag("p", say("Both versions say the same."))]
        else:
            content = [self._counts(), *self._lists()]
        return tag(
            "section", heading, *content, id="summary", aria_labelledby="summary-title", class_="summary"
        )

    def _counts(self) -> Html:
        say, number = self.wording.say, len
        titles = {
            chapter.entries[0].kind: chapter.title
            for chapter in (*self.changes.old.chapters, *self.changes.new.chapters)
        }
        columns = (say("added"), say("removed"), say("changed in effect"), say("changed in words only"))
        head = tag("tr", tag("th", "", scope="col"), *(tag("th", each, scope="col") for each in columns))
        rows = []
        for kind in dict.fromkeys(each.entry.kind for each in self.changes.entries):
            of_kind = [each for each in self.changes.entries if each.entry.kind == kind]
            counts = (
                number([each for each in of_kind if each.state == "added"]),
                number([each for each in of_kind if each.state == "removed"]),
                number([each for each in of_kind if each.state == "changed" and each.has_effect]),
                number([each for each in of_kind if not each.has_effect]),
            )
            cells = [tag("td", str(each)) for each in counts]
            rows.append(tag("tr", tag("th", titles[kind], scope="row"), *cells))
        return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide", tabindex="0")

    def _lists(self) -> Iterator[Html]:
        say = self.wording.say
        for heading, entries in (
            (say("Changes with an effect on decisions"), self.changes.with_effect),
            (say("Changes of words only"), self.changes.of_words),
        ):
            yield tag("h3", heading)
            items = [
                tag(
                    "li", self.marks[each.state], " ", tag("a", self._heading(each), href=f"#{each.entry.id}")
                )
                for each in entries
            ]
            yield tag("ul", *items) if items else tag("p", say("None."))

    def _section(self, id_: str, title: str, entries: Sequence[Change]) -> Html:
        heading = tag("h2", title, id=f"{id_}-title")
        cards = [self.card(each) for each in entries]
        return tag("section", heading, *cards, id=id_, aria_labelledby=f"{id_}-title", class_="chapter")

    def _heading(self, change: Change) -> Html:
        entry = change.entry
        name = tag("code", entry.name, class_="name")
        if entry.kind in ("subject", "schedule"):
            return joined([entry.title])
        return joined([entry.title, " ", name]) if entry.title else name

    def card(self, change: Change) -> Html:
        """An entry that changed."""
        badge = tag("span", self.marks[change.state], class_=f"badge {_BADGES[change.state]}")
        place = tag("span", change.entry.place, class_="place") if change.entry.place else None
        says = tag("div", *map(self._line, change.says), class_="says") if change.says else None
        return tag(
            "article",
            tag("header", tag("h3", badge, " ", self._heading(change)), place),
            *(
                self._line(each) if isinstance(each, TrackedLine) else self._grid(each)
                for each in change.does
            ),
            says,
            id=change.entry.id,
            class_=f"card {change.entry.kind}",
        )

    def _line(self, line: TrackedLine) -> Html:
        return joined([tag("p", self._mark(line.state), self._marked(line.marked)), self._parts(line)])

    def _parts(self, line: TrackedLine) -> Html | None:
        if not line.parts:
            return None
        items = [
            tag("li", self._mark(part.state), self._marked(part.marked), self._parts(part))
            for part in line.parts
        ]
        return tag("ol" if line.ordered else "ul", *items)

    def _grid(self, grid: TrackedGrid) -> Html:
        head = tag(
            "tr",
            tag("th", "", scope="col"),
            *(tag("th", phrase_html(self._known(each)), scope="col") for each in grid.head),
        )
        rows = [
            tag("tr", tag("td", self._mark(state)), *(tag("td", self._marked(cell)) for cell in cells))
            for state, cells in grid.rows
        ]
        return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide", tabindex="0")

    def _mark(self, state: State) -> Html | None:
        """What became of a whole line, in a word."""
        if state in ("same", "changed"):
            return None
        return joined([tag("span", self.marks[state], class_="mark"), " "])

    def _marked(self, marked: Marked) -> Html:
        return joined(self._run(each) for each in marked)

    def _run(self, run: Run) -> Html:
        phrase = phrase_html(self._known(run.phrase))
        match run.state:
            case "added":
                return tag("ins", self._unseen(run.state), phrase)
            case "removed":
                return tag("del", self._unseen(run.state), phrase)
            case "same" | "changed":
                return phrase

    def _unseen(self, state: State) -> Html:
        """What underlining and striking out mean, for whoever hears the page read."""
        return tag("span", f"{self.marks[state]}{self.wording.because('')}", class_="unseen")

    def _known(self, phrase: Phrase) -> Phrase:
        """The phrase without links to what this page does not show."""
        return tuple(each if each.target in self.targets else evolve(each, target=None) for each in phrase)


_BADGES: Mapping[State, str] = {"same": "", "added": "true", "removed": "false", "changed": "unknown"}


def cards_of(changes: Changes) -> Mapping[tuple[str, str], Html]:
    """Each changed entry as a card, by its kind and name."""
    shown = _Page(changes)
    return {(each.entry.kind, each.entry.name): shown.card(each) for each in changes.entries}
