"""What every page of a book has around its content, and how phrases, lines and grids are written in HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.decisions import views
from postloan_rules.decisions.views.markup import Html, joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postloan_rules.analysis.book.document import Grid, Line
    from postloan_rules.analysis.book.prose import Phrase, Piece
    from postloan_rules.decisions.views.markup import Content

__all__ = ["grid_html", "line_html", "page", "phrase_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser is told as well that the page may load nothing and run nothing."""

_TAGS = {"en": "en", "zh": "zh-CN"}


@cache
def _style() -> Html:
    # The style is the library's own text: it is the one piece that is not escaped.
    files = (Path(views.__file__).with_name("explanation.css"), Path(__file__).with_name("book.css"))
    return Html("".join(file.read_text(encoding="utf-8") for file in files))


def page(title: str, language: str, body: Sequence[Content]) -> str:
    """A whole page that needs nothing else: no script, no font, no request."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", _style()),
    )
    whole = tag("html", head, tag("body", *body), lang=_TAGS[language])
    return f"<!doctype html>\n{whole.text}\n"


def piece_html(piece: Piece) -> Content:
    """A piece: words, code, or a link with the title before the name."""
    shown: Content = tag("code", piece.text) if piece.is_code else piece.text
    if piece.title:
        shown = joined([tag("span", piece.title, class_="title"), " ", shown])
    return tag("a", shown, href=f"#{piece.target}") if piece.target is not None else shown


def phrase_html(phrase: Phrase) -> Html:
    """A phrase."""
    return joined(piece_html(piece) for piece in phrase)


def line_html(line: Line) -> Html:
    """A line, and the list of its parts."""
    return (
        tag("p", phrase_html(line.phrase))
        if not line.parts
        else joined([tag("p", phrase_html(line.phrase)), parts_html(line)])
    )


def parts_html(line: Line) -> Html:
    """The parts of a line as a list."""
    items = [
        tag("li", phrase_html(part.phrase), parts_html(part) if part.parts else None) for part in line.parts
    ]
    return tag("ol" if line.ordered else "ul", *items)


def grid_html(grid: Grid) -> Html:
    """A table. What is the same in several rows is written in each, for whoever hears it read."""
    head = tag("thead", tag("tr", *(tag("th", phrase_html(each), scope="col") for each in grid.head)))
    body = tag("tbody", *(row_html(tag("td", phrase_html(cell)) for cell in row) for row in grid.rows))
    return tag("div", tag("table", head, body), class_="wide", tabindex="0")


def row_html(cells: Iterable[Html]) -> Html:
    """A row of a table."""
    return tag("tr", *cells)
