"""Every part of a policy is in its book once, every link leads somewhere, and no text breaks out of it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from builders import policy
from postloan_rules.analysis.book import book_of, load_book, to_html
from postloan_rules.analysis.book.document import Line
from postloan_rules.analysis.book.field_words import FIELD_WORDS
from postloan_rules.analysis.book.prose import plain
from postloan_rules.policy.model import ScoreUse
from postloan_rules.snapshot import catalogue

RULES = Path(__file__).parents[3] / "rules"
SHIPPED = ("credit_card", "personal_loan")


class Page(HTMLParser):
    """What a page has: its elements, ids and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.attributes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.attributes += values
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if values.get("href"):
            self.links.append(str(values["href"]))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SHIPPED)
def test_every_part_is_an_entry_once_and_every_link_resolves(name: str, language: str) -> None:
    book = load_book(RULES / name, language)
    entries = Counter((entry.kind, entry.name) for entry in book.entries)
    model = book.policy
    cards = {each.definition.scorecard.name for each in model.facts if isinstance(each.definition, ScoreUse)}
    expected = {
        ("subject", "subject"),
        ("schedule", "schedule"),
        *(("trigger", each.name) for each in model.triggers),
        *(("rule", each.id) for each in model.rules),
        *(("response", name) for name in model.responses),
        *(("constraint", each.id) for each in model.constraints),
        *(("parameter", each.name) for each in model.parameters),
        *(("fact", each.name) for each in model.facts),
        *(("table", name) for name in model.tables),
        *(("scorecard", name) for name in cards),
        *(("input", each.name) for each in model.inputs),
    }
    found = {key for key in entries if key[0] not in ("reason", "field")}
    assert found == expected
    assert set(entries.values()) == {1}
    page = Page(to_html(book))
    assert Counter(page.ids).most_common(1)[0][1] == 1
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()
    assert all(entry.id in page.ids for entry in book.entries)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_needs_nothing_else_and_is_well_built(name: str) -> None:
    text = to_html(load_book(RULES / name, "en"))
    page = Page(text)
    assert page.open == []
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert all(link.startswith("#") for link in page.links)
    assert "<script" not in text
    assert not re.search(r"url\(|@import|src=", text)
    assert not any(name.startswith("on") for name in page.attributes)


BODY = """
effective: {from: 2026-01-01}
title: '<script>alert("policy")</script>'
parameters:
  late: {type: days, value: [{from: 2026-01-01, to: 2026-06-30, value: 30}, {from: 2026-07-01, value: 20}], note: "<b>note</b> & more", source: "</style>"}
triggers:
  overdue:
    kind: condition
    when: count(accounts[block_reason = "</article><script>"]) > late.days
    title: '"><img src=x onerror=alert(1)>'
    if_unknown: ignore
  late_now: {kind: condition, when: max(accounts.days_past_due) >= late, if_unknown: refer}
responses:
  letter: {family: letters, rank: 1, title: "<svg onload=alert(1)>"}
rules:
  - {id: 'R 1/"x"&<y>', if: {all: [overdue], none: [late_now]}, then: [letter]}
"""


def test_no_text_of_a_policy_breaks_out() -> None:
    text = to_html(book_of(policy(BODY.replace("late.days", "3")).policy, {}, "en"))
    page = Page(text)
    assert page.open == []
    assert "<script" not in text
    assert "<img" not in text
    assert "<svg onload" not in text
    assert {link for link in page.links if link.removeprefix("#") not in page.ids} == set()


def test_dated_values_and_profiles_are_told() -> None:
    body = BODY.replace("late.days", "3")
    base = policy(body).policy
    book = book_of(base, {"strict": policy(body.replace("value: 20", "value: 10")).policy}, "en")
    entry = next(each for each in book.entries if each.name == "late")
    lines = [plain(part.phrase) for line in entry.does if isinstance(line, Line) for part in line.parts]
    assert lines == [
        "from Jan 1, 2026 to Jun 30, 2026: 30 days",
        "from Jul 1, 2026 on: 20 days",
        "from Jan 1, 2026 to Jun 30, 2026: 30 days",
        "from Jul 1, 2026 on: 10 days",
    ]


def test_every_field_has_words_of_its_own() -> None:
    names = {
        each.name for name, info in catalogue.records().items() if name != "Protected" for each in info.fields
    }
    assert names - {"protected"} == set(FIELD_WORDS)
    assert len(set(FIELD_WORDS.values())) == len(FIELD_WORDS)


def test_long_families_are_drawn_by_response_and_all_rules_are_drawn() -> None:
    triggers = "\n".join(f"  t{number}: {{kind: condition, when: true}}" for number in range(60))
    rules = "\n".join(f"  - {{id: R{number}, if: t{number}, then: [a{number % 3}]}}" for number in range(60))
    responses = "\n".join(f"  a{number}: {{family: all, rank: {number}}}" for number in range(3))
    body = f"triggers:\n{triggers}\nresponses:\n{responses}\nrules:\n{rules}\n"
    text = to_html(book_of(policy(body).policy, {}, "en"))
    assert text.count("<svg") == 3
    for number in range(60):
        assert text.count(f">R{number}</text>") == 1
