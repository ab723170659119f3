"""The pages of reports as people meet them: at a desk and on a phone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from attrs import frozen

from postloan_rules.portfolio.html_report import to_html
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WIDTHS = (1280, 390)
SHARE = tuple(Column(name, name, "share") for name in ("a", "a_low", "a_high", "b", "b_low", "b_high"))
FINDINGS = Findings(
    name="simulation",
    title="a policy with a </script> in its name",
    said=("3 customers decided, none skipped",),
    sheets=(
        Sheet(
            "bars",
            "Responses",
            (
                Column("name", "Responses"),
                Column("chosen", "chosen", "count"),
                Column("owed", "balance", "money"),
            ),
            (
                ("a_response_with_a_name_that_is_very_long_indeed", 12_345, None),
                ("seal </b>", 3, None),
                ("none", 0, None),
            ),
            quiet=("chosen", "owed"),
        ),
        Sheet(
            "lines",
            "Values",
            (
                Column("value", "late", "number"),
                Column("hits", "hits", "count"),
                Column("near", "near", "count"),
            ),
            tuple((number, number * 10, 100 - number) for number in range(12)),
        ),
        Sheet(
            "matrix",
            "From month to month",
            (Column("before", "from"), Column("after", "to"), Column("rate", "share", "share")),
            (("nothing", "adverse", 1), ("adverse", "nothing", 1)),
        ),
        Sheet("shares", "Shares", (Column("what", "what"), *SHARE), (("bad rate", *(1, 0, 1) * 2),), shown=0),
    ),
    charts=(
        Chart("bars", "Bars", "bars", "name", ("chosen",), "Bars are to be seen."),
        Chart("lines", "Lines", "lines", "value", ("hits", "near"), "Lines are to be seen."),
        Chart("matrix", "Matrix", "matrix", "before", ("after", "rate"), "A matrix is to be seen."),
        Chart("intervals", "Intervals", "shares", "what", ("a", "b"), "Intervals are to be seen."),
    ),
    notes=("A note.",),
)


@frozen
class Opened:
    """A page in the browser, what it logged, and what it asked for."""

    page: Page
    logged: list[str]
    asked: list[str]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(to_html(FINDINGS), encoding="utf-8")
    return path


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": request.param, "height": 900}, color_scheme="light")
    page = context.new_page()
    logged: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    page.on("request", lambda made: asked.append(made.url))
    page.goto(report.as_uri())
    page.wait_for_function("document.querySelectorAll('.chart svg').length === 4")
    yield Opened(page, logged, asked)
    context.close()


def test_it_draws_every_chart_logs_nothing_and_asks_for_nothing_but_itself(opened: Opened) -> None:
    assert opened.logged == []
    assert opened.asked == [opened.page.url]


def test_the_page_is_never_wider_than_the_screen(opened: Opened) -> None:
    opened.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.page.evaluate(wider) <= 0
    charts = "[...document.querySelectorAll('.chart')].map(each => each.scrollWidth - each.clientWidth)"
    assert all(over <= 0 for over in opened.page.evaluate(charts))


def test_each_chart_has_a_title_a_meaning_and_a_table(opened: Opened) -> None:
    for figure in opened.page.locator("figure").all():
        assert figure.locator("h3").inner_text()
        assert "to be seen" in figure.locator("figcaption").inner_text()
        assert figure.locator("svg").get_attribute("aria-label") or figure.locator("[aria-label]").count()
        assert figure.locator("xpath=ancestor::section//table").count() == 1


def test_headings_are_in_order_and_landmarks_are_there(opened: Opened) -> None:
    levels = opened.page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert opened.page.locator(landmark).count() == 1


def test_numbers_stand_to_the_right_and_unknown_is_a_word(opened: Opened) -> None:
    cells = opened.page.locator("#sheet-bars tbody tr").first.locator("td")
    assert cells.all_inner_texts() == ["12,345", "unknown"]
    align = "each => getComputedStyle(each).textAlign"
    assert cells.first.evaluate(align) == "right"


def test_axe_finds_no_serious_violation(browser: Browser, report: Path, axe: str) -> None:
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
        page = context.new_page()
        page.goto(report.as_uri())
        page.wait_for_function("document.querySelectorAll('.chart svg').length === 4")
        page.evaluate(axe)
        found = page.evaluate("axe.run()")["violations"]
        context.close()
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
