"""Names that mean harm do none, in any form."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from explained import HARMFUL
from postloan_rules.decisions.views import Choice, Wording, view_of
from postloan_rules.decisions.views.as_dot import to_dot
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.decisions.views.as_markdown import _code, _escaped, to_markdown
from postloan_rules.decisions.views.as_mermaid import to_mermaid
from postloan_rules.decisions.views.visible import visible

if TYPE_CHECKING:
    import postloan_rules as plr

SHOW = ("customer", "accounts")
TEXTS = st.text(alphabet="<>&\"'`*_[]()#!|\\{}~-+.:/=; 1a\n客", max_size=30)


class Tags(HTMLParser):
    """The elements, attributes and texts of a page, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_harmful_names_are_plain_text_on_the_page(harmful: plr.Decision) -> None:
    page = Tags(to_html(view_of(harmful, show=SHOW), Wording("en", "CNY")))
    assert not page.tags & {"script", "img"}
    assert not any(name.startswith("on") for name in page.names)
    assert any(HARMFUL in text for text in page.texts)


def test_harmful_names_are_plain_text_in_markdown(harmful: plr.Decision) -> None:
    text = to_markdown(view_of(harmful, show=SHOW), Wording("en", "CNY"))
    page = Tags(MarkdownIt("commonmark", {"html": True}).render(text))
    assert page.tags <= {"h1", "h2", "p", "ul", "li", "strong", "code"}
    assert any(HARMFUL in text for text in page.texts) or HARMFUL in "".join(page.texts)


def test_harmful_names_stay_inside_their_labels_in_graphs(harmful: plr.Decision) -> None:
    view = view_of(harmful, show=SHOW, choice=Choice(everything=True))
    for line in to_mermaid(view, Wording("zh", "CNY")).splitlines():
        assert re.fullmatch(
            r'flowchart LR|  n\d+ --> n\d+|  classDef .*|  n\d+\W+"[^"<>`{}\[\]]*(<br>[^"<>`{}\[\]]*)*"\W+\w+',
            line,
        ), line
    for line in to_dot(view, Wording("zh", "CNY")).splitlines():
        assert re.fullmatch(
            r"digraph explanation \{|\}|  rankdir=LR;|  node \[.*\];|  n\d+ -> n\d+;"
            r'|  n\d+ \[label="([^"\\]|\\.)*", shape=\w+, fillcolor="[#\w]+", color="[#\w]+"(, style="filled,dashed")?\];',
            line,
        ), line


@given(TEXTS)
def test_escaped_markdown_reads_as_it_was(text: str) -> None:
    shown = visible(text)
    page = Tags(MarkdownIt("commonmark", {"html": True}).render(f"- x {_escaped(shown)} x"))
    assert page.tags == {"ul", "li"}
    assert re.sub(r"\s+", " ", "".join(page.texts)).strip() == re.sub(r"\s+", " ", f"x {shown} x")


@given(TEXTS)
def test_code_in_markdown_reads_as_it_was(text: str) -> None:
    shown = " ".join(visible(text).split())
    page = Tags(MarkdownIt("commonmark", {"html": True}).render(f"- x {_code(shown)} x"))
    assert page.tags <= {"ul", "li", "code"}
    assert " ".join("".join(page.texts).split()) == " ".join(f"x {shown} x".split())


@given(st.text())
def test_visible_text_is_on_one_line_and_steers_nothing(text: str) -> None:
    assert all(
        letter.isprintable() for letter in visible(text) if letter != "\u3000" and not letter.isspace()
    )
    assert "\n" not in visible(text)
    assert visible(visible(text)) == visible(text)
