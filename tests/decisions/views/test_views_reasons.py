"""Views say, where it is asked, why a response is chosen and what another one lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from markdown_it import MarkdownIt

from explained import decide
from postloan_rules.decisions.views import Choice, Wording, view_of
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.decisions.views.as_json import to_json
from postloan_rules.decisions.views.as_markdown import to_markdown
from postloan_rules.decisions.views.explanation_schema import json_schema

if TYPE_CHECKING:
    import postloan_rules as plr

ASKED = Choice(account="ACCOUNT-001", reasons=True)
NOT_CHOSEN = Choice(account="OTHER-00001", why_not=("seal",))


def markdown(decision: plr.Decision, choice: Choice, language: str) -> str:
    text = to_markdown(view_of(decision, choice=choice), Wording(language, "CNY"))
    return " ".join(child.content for token in MarkdownIt().parse(text) for child in token.children or [])


def test_the_fewest_conditions_stand_under_the_response(decision: plr.Decision) -> None:
    view = view_of(decision, choice=ASKED)
    (sealed,) = view.responses
    assert sealed.reason is not None
    assert [each.text for each in sealed.reason.conditions] == ["account.days_past_due >= late"]
    assert "1 condition is enough" in markdown(decision, ASKED, "en")
    assert "1 项条件即已足够" in markdown(decision, ASKED, "zh")
    page = to_html(view, Wording("en", "CNY"))
    assert "1 condition is enough" in page
    assert '<code>late</code> = <span class="value">90 days</span>' in page


@pytest.mark.parametrize(
    ("language", "lacks"),
    [
        ("en", "account.days_past_due would have to be 90 days more, to 90 days"),
        ("zh", "account.days_past_due 须增加 90 天，达到 90 天"),
    ],
)
def test_what_a_rule_lacks_is_told_with_its_distance(
    decision: plr.Decision, language: str, lacks: str
) -> None:
    assert lacks in markdown(decision, NOT_CHOSEN, language)
    assert lacks in to_html(view_of(decision, choice=NOT_CHOSEN), Wording(language, "CNY"))


def test_a_withheld_response_says_by_what(decision: plr.Decision) -> None:
    withheld = Choice(account="ACCOUNT-001", why_not=("block",))
    assert "outranked by Seal the card" in markdown(decision, withheld, "en")


def test_reasons_hide_what_all_views_hide(decision: plr.Decision) -> None:
    for choice in (ASKED, NOT_CHOSEN):
        view = view_of(decision, choice=choice)
        for text in (
            to_json(view),
            to_html(view, Wording("en", "CNY")),
            to_markdown(view, Wording("zh", "CNY")),
        ):
            assert not any(
                secret in text for secret in ("ACCOUNT-001", "OTHER-00001", "CUSTOMER-001", "Lin Meimei")
            )


def test_the_json_of_reasons_keeps_to_the_schema(decision: plr.Decision) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for choice in (ASKED, NOT_CHOSEN):
        validator.validate(json.loads(to_json(view_of(decision, choice=choice))))
    data = json.loads(to_json(view_of(decision, choice=NOT_CHOSEN)))
    distance = data["why_not"][0]["rules"][0]["needs"][0]["distance"]
    assert (distance["amount"], distance["unit"], distance["direction"]) == ("90", "days", "more")


def test_nothing_is_asked_where_it_is_not_wanted() -> None:
    view = view_of(decide())
    assert all(each.reason is None for each in view.responses)
    assert view.why_not == ()
