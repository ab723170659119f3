"""Tracked changes: what stayed is no change, and each side of the page reads as its version does."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from builders import policy
from postloan_rules.analysis.book import book_of, changes_between, changes_to_html, load_book
from postloan_rules.analysis.book.document import Line
from postloan_rules.analysis.book.prose import plain
from postloan_rules.analysis.book.tracked import TrackedLine
from postloan_rules.analysis.mutations import mutants
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book import Book, Changes
    from postloan_rules.analysis.book.document import Entry
    from postloan_rules.analysis.book.tracked import Change

RULES = Path(__file__).parents[3] / "rules"
SHIPPED = ("credit_card", "personal_loan")

BODY = """
parameters:
  late: {type: days, value: 30, note: when a letter is sent}
  later: {type: days, value: 60}
triggers:
  overdue: {kind: condition, when: max(accounts.days_past_due) >= late, if_unknown: ignore, title: Overdue}
  deep:
    kind: condition
    when: {any: [max(accounts.days_past_due) >= later, customer.vulnerable != null]}
    if_unknown: refer
responses:
  letter: {family: letters, rank: 1, title: Send a letter}
  call: {family: calls, rank: 1}
rules:
  - {id: R-1, if: overdue, then: [letter]}
  - {id: R-2, if: {all: [overdue, deep]}, then: [call, letter]}
schedule: {standard: 6 months, adjust: [{if: overdue, every: 1 month}, {if: deep, every: 7 days}]}
"""


def changed(*replaced: tuple[str, str], language: str = "en") -> Changes:
    body = BODY
    for old, new in replaced:
        assert old in body
        body = body.replace(old, new)
    one, two = (book_of(policy(each).policy, {}, language) for each in (BODY, body))
    return changes_between(one, two)


def names(changes: tuple[Change, ...]) -> list[str]:
    return [f"{change.state} {change.entry.name}" for change in changes]


def test_a_threshold_is_one_change_where_it_is_given() -> None:
    found = changed(("value: 30", "value: 31"))
    assert names(found.with_effect) == ["changed late"]
    assert found.of_words == ()
    (line,) = (each for each in found.entries[0].does if isinstance(each, TrackedLine))
    said = [(run.state, plain(run.phrase)) for run in line.marked]
    assert ("removed", "30") in said
    assert ("added", "31") in said


def test_words_alone_stand_apart() -> None:
    found = changed(("a letter is sent", "a letter goes out"), ("title: Overdue", "title: Past due"))
    assert found.with_effect == ()
    # The rules and the schedule that mention the trigger say what they said.
    assert names(found.of_words) == ["changed overdue", "changed late"]


def test_what_comes_and_goes() -> None:
    found = changed(
        ("  - {id: R-1, if: overdue, then: [letter]}\n", ""),
        ("rules:\n", "rules:\n  - {id: R-3, if: deep, then: [letter]}\n"),
    )
    assert names(found.with_effect) == ["added R-3", "removed R-1"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[call, letter]", "[letter, call]"),
        ("all: [overdue, deep]", "all: [deep, overdue]"),
        (
            "[{if: overdue, every: 1 month}, {if: deep, every: 7 days}]",
            "[{if: deep, every: 7 days}, {if: overdue, every: 1 month}]",
        ),
        ("max(accounts.days_past_due) >= late,", "max( accounts.days_past_due )>=late,"),
    ],
)
def test_what_stands_elsewhere_or_is_spaced_otherwise_is_no_change(old: str, new: str) -> None:
    assert changed((old, new)).entries == ()


def test_entries_in_another_order_are_no_change() -> None:
    head, _, tail = BODY.partition("rules:\n")
    first, second, rest = tail.split("\n", 2)
    one = book_of(policy(BODY).policy, {}, "en")
    two = book_of(policy(f"{head}rules:\n{second}\n{first}\n{rest}").policy, {}, "en")
    assert changes_between(one, two).entries == ()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_has_no_changes_against_itself(name: str, language: str) -> None:
    one, two = load_book(RULES / name, language), load_book(RULES / name, language)
    found = changes_between(one, two)
    assert found.entries == ()
    page = changes_to_html(found)
    assert "<ins" not in page
    assert "<del" not in page


@pytest.mark.parametrize("name", SHIPPED)
def test_every_small_change_of_a_policy_is_told_in_its_entry_alone(name: str) -> None:
    whole = load_policy(RULES / name)
    book = book_of(whole, {}, "en")
    changes = list(mutants(whole))
    for mutant in changes[:: len(changes) // 60]:
        found = changes_between(book, book_of(mutant.policy, {}, "en"))
        assert len(found.with_effect) == 1, mutant
        assert found.of_words == ()
        entry = found.with_effect[0].entry
        assert entry.kind == "schedule" or entry.name in mutant.owner
        for change in found.with_effect:
            if change.state == "changed":
                check_sides(change, book, found.new)


class Sides(HTMLParser):
    """The text of a page's entries by id, once with what went and once with what came; links by their names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.old: dict[str, list[str]] = {}
        self.new: dict[str, list[str]] = {}
        self.entry: str | None = None
        self.around: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "article":
            self.entry = values["id"]
            self.old[self.entry], self.new[self.entry] = [], []
        if tag != "meta":
            self.around.append((tag, values.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.around.pop()[0] == tag
        if tag == "article":
            self.entry = None

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self.around}
        classes = {class_ for _, class_ in self.around}
        if self.entry is None or "header" in tags or classes & {"mark", "unseen", "title"}:
            return
        if "ins" not in tags:
            self.old[self.entry].append(data)
        if "del" not in tags:
            self.new[self.entry].append(data)


def words(entry: Entry, *, titled: bool) -> Iterator[str]:
    """All that an entry says, as its page has it."""
    for block in entry.does:
        if isinstance(block, Line):
            yield from lines(block)
        else:
            yield from (plain(each) for each in block.head)
            yield from (plain(cell) for row in block.rows for cell in row)
    if titled:
        yield f"Title: {entry.title}"
    for line in entry.says:
        yield from lines(line)


def lines(line: Line) -> Iterator[str]:
    yield plain(line.phrase)
    for part in line.parts:
        yield from lines(part)


def letters(texts: list[str] | Iterator[str]) -> str:
    """All letters of some texts in one order: lines whose order has no meaning stand as the new version has them."""
    return "".join(sorted("".join("".join(texts).split())))


def check_sides(change: Change, old: Book, new: Book) -> None:
    page = Sides(changes_to_html(changes_between(old, new)))
    one, two = (next(each for each in book.entries if each.id == change.entry.id) for book in (old, new))
    titled = one.title != two.title
    assert letters(page.old[one.id]) == letters(words(one, titled=titled))
    assert letters(page.new[two.id]) == letters(words(two, titled=titled))


def test_each_side_of_the_page_reads_as_its_version_does() -> None:
    found = changed(
        ("value: 30", "value: 31"),
        ("title: Overdue", "title: Past due"),
        ("a letter is sent", "a letter goes out"),
        (
            "{any: [max(accounts.days_past_due) >= later, customer.vulnerable != null]}",
            "max(accounts.days_past_due) > later",
        ),
        ("[call, letter]", "[call]"),
        ("every: 7 days", "every: 14 days"),
    )
    assert len(found.entries) == 5
    for change in found.entries:
        check_sides(change, found.old, found.new)


def test_the_new_side_keeps_the_order_of_the_new_version() -> None:
    found = changed(("all: [overdue, deep]", "any: [deep, overdue]"))
    (change,) = found.entries
    page = Sides(changes_to_html(found))
    (entry,) = (each for each in found.new.entries if each.id == change.entry.id)
    assert "".join("".join(page.new[entry.id]).split()) == "".join(
        "".join(words(entry, titled=False)).split()
    )


def test_texts_of_both_versions_are_escaped() -> None:
    found = changed(
        ("title: Overdue", 'title: "<script>alert(1)</script>"'), ("a letter is sent", "<img src=x>")
    )
    page = changes_to_html(found)
    assert "<script" not in page
    assert "<img" not in page


def test_links_of_the_page_lead_somewhere() -> None:
    found = changed(("value: 30", "value: 31"), ("[call, letter]", "[call]"))
    page = changes_to_html(found)
    ids = {part.split('"')[0] for part in page.split(' id="')[1:]}
    links = {part.split('"')[0] for part in page.split('href="#')[1:]}
    assert links <= ids


def test_a_profile_that_changed_is_told() -> None:
    base = policy(BODY).policy
    light = policy(BODY.replace("value: 60", "value: 90")).policy
    lighter = policy(BODY.replace("value: 60", "value: 120")).policy
    found = changes_between(book_of(base, {"light": light}, "en"), book_of(base, {"light": lighter}, "en"))
    assert names(found.with_effect) == ["changed later"]


def test_the_version_is_in_the_head() -> None:
    base = policy(BODY).policy
    found = changes_between(book_of(base, {}, "en"), book_of(evolve(base, version="2"), {}, "en"))
    assert found.entries == ()
    assert "<dd>small 2</dd>" in changes_to_html(found)
