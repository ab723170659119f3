"""The page of an explanation as people meet it: both languages, a desk and a phone, light and dark."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from attrs import frozen

import postloan_rules as plr
from explained import decide
from postloan_rules.decisions.views import Choice, Wording, view_of
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser, Page

LANGUAGES = ("en", "zh")
WIDTHS = (1280, 390)


@frozen
class Opened:
    """A page in the browser, what it logged, and what it asked for."""

    page: Page
    logged: list[str]
    asked: list[str]


@pytest.fixture(scope="session")
def decision() -> plr.Decision:
    """One of the shipped policy, with much to tell."""
    ruleset = plr.shipped("credit_card")
    decisions = [ruleset.decide(each) for each in sample(60, seed=1)]
    return max(decisions, key=lambda each: len(each.responses) + len(each.withheld))


@pytest.fixture(scope="session")
def pages(decision: plr.Decision, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of that decision and, for what looks at each element, the one of a small policy."""
    folder = tmp_path_factory.mktemp("pages")
    everything = Choice(everything=True, reasons=True, why_not=("block",))
    views = {"": view_of(decision), "small-": view_of(decide(), choice=everything)}
    found = {}
    for (kind, view), language in itertools.product(views.items(), LANGUAGES):
        found[kind + language] = folder / f"{kind}{language}.html"
        page = to_html(view, Wording(language, view.currency))
        found[kind + language].write_text(page, encoding="utf-8")
    return found


@pytest.fixture(params=list(itertools.product(LANGUAGES, WIDTHS)), ids=lambda pair: f"{pair[0]}-{pair[1]}")
def opened(request: pytest.FixtureRequest, browser: Browser, pages: dict[str, Path]) -> Iterator[Opened]:
    language, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=True)
    page = context.new_page()
    logged: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    page.on("request", lambda made: asked.append(made.url))
    page.goto(pages[language].as_uri())
    yield Opened(page, logged, asked)
    context.close()


def test_it_logs_nothing_and_asks_for_nothing_but_itself(opened: Opened) -> None:
    assert opened.logged == []
    assert opened.asked == [opened.page.url]


def test_nothing_has_to_be_scrolled_sideways_even_unfolded(opened: Opened) -> None:
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.page.evaluate(wider) <= 0
    opened.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert opened.page.evaluate(wider) <= 0


def test_headings_are_in_order_and_landmarks_are_there(opened: Opened) -> None:
    levels = opened.page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert opened.page.locator(landmark).count() == 1
    for link in opened.page.locator("a[href^='#']").evaluate_all(
        "each => each.map(one => one.hash.slice(1))"
    ):
        assert opened.page.evaluate("name => document.getElementById(name) !== null", link)


def test_what_is_folded_unfolds_by_keyboard(opened: Opened) -> None:
    folded = opened.page.locator("details:not([open]) > summary").first
    fold = folded.element_handle()
    assert fold is not None
    folded.evaluate(
        "one => { for (let at = one.parentElement.parentElement; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true }"
    )
    fold.focus()
    opened.page.keyboard.press("Enter")
    assert fold.evaluate("one => one.parentElement.open") is True


def test_the_first_stop_of_the_keyboard_skips_to_the_content(opened: Opened) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    box = opened.page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_no_serious_violation(
    browser: Browser,
    pages: dict[str, Path],
    axe: str,
    language: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(pages[f"small-{language}"].as_uri())
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    context.close()
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_it_is_whole_on_paper_and_without_javascript(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["en"].as_uri())
    folded = page.locator("details:not([open]) > ul").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    height = folded.bounding_box()
    context.close()
    assert height is not None
    assert height["height"] > 0


def test_a_harmful_name_does_nothing(browser: Browser, decision: plr.Decision) -> None:
    from attrs import evolve

    name = "<script>document.title='harmed'</script><img src=x onerror=\"document.title='harmed'\">"
    view = view_of(evolve(decision, customer_id=name), show=["customer"])
    page = browser.new_page()
    page.set_content(to_html(view, Wording("en", "CNY")))
    assert page.locator("h1").inner_text() == f"Decision for customer {name}"
    assert page.locator("img,script").count() == 0
    assert "harmed" not in page.title().replace(name, "")
    page.close()
