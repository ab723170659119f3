"""Every form shows each condition as its author wrote it, with value, place and state in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from markdown_it import MarkdownIt

from postloan_rules.decisions.views import Choice, Wording, view_of
from postloan_rules.decisions.views.as_dot import to_dot
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.decisions.views.as_json import to_dict, to_json
from postloan_rules.decisions.views.as_markdown import to_markdown
from postloan_rules.decisions.views.as_mermaid import to_mermaid
from postloan_rules.decisions.views.explanation_schema import json_schema
from postloan_rules.decisions.views.graph import graph_of

if TYPE_CHECKING:
    import postloan_rules as plr
    from postloan_rules.decisions.views import View

EVERYTHING = Choice(everything=True)


def text_of_markdown(text: str) -> str:
    """What a reader of the page sees."""
    return " ".join(child.content for token in MarkdownIt().parse(text) for child in token.children or [])


def whole(decision: plr.Decision) -> View:
    return view_of(decision, choice=EVERYTHING, show=["customer", "accounts"])


def test_json_keeps_to_its_schema_and_says_the_same_twice(decision: plr.Decision) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    validator = jsonschema.Draft202012Validator(json_schema())
    for view in (view_of(decision), whole(decision)):
        validator.validate(json.loads(to_json(view)))
    assert to_json(view_of(decision)) == to_json(view_of(decision))


def test_json_has_exact_values_types_and_places(decision: plr.Decision) -> None:
    data = to_dict(whole(decision))
    triggers = data["triggers"]
    assert isinstance(triggers, list)
    late = next(
        each for each in triggers if each["trigger"] == "overdue" and each["account"] == "ACCOUNT-001"
    )
    assert late["state"] == "fired"
    condition = late["condition"]
    assert (condition["kind"], condition["text"], condition["value"]) == (
        "condition",
        "account.days_past_due >= late",
        True,
    )
    assert condition["place"]["line"] == 16
    parameter, read = condition["parts"]
    assert (parameter["text"], parameter["value"], parameter["type"]) == ("late", "90", "days")
    assert (read["text"], read["value"]) == ("account.days_past_due", "95")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["account.days_past_due >= late", "95 days", "CN¥12,345.60", "true", "false", "unknown", "fired"],
        ),
        (
            "zh",
            [
                "account.days_past_due >= late",
                "95 天",
                "¥12,345.60",
                "是",
                "否",
                "未知",
                "已触发",
                "2026年11月30日",
            ],
        ),
    ],
)
def test_markdown_and_html_show_conditions_values_and_states_in_words(
    decision: plr.Decision, language: str, words: list[str]
) -> None:
    view, wording = whole(decision), Wording(language, "CNY")
    markdown = text_of_markdown(to_markdown(view, wording))
    page = to_html(view, wording)
    for word in words:
        assert word in markdown
        assert word.replace(">", "&gt;") in page
    assert "policy.yaml:16" in markdown
    assert "policy.yaml:16" in page
    titles = {"en": "Seal the card", "zh": "封卡"}
    assert titles[language] in markdown
    assert titles[language] in page


def test_the_policys_words_have_its_values_in_the_form_of_the_language(decision: plr.Decision) -> None:
    view = whole(decision)
    late = next(each for each in view.triggers if each.name == "overdue" and each.state == "fired")
    assert Wording("en", "CNY").said(late) == "95 days, owing CN¥12,345.60 on ACCOUNT-001"
    assert Wording("zh", "CNY").said(late) == "逾期95天"


def test_the_page_asks_for_nothing_and_runs_nothing(decision: plr.Decision) -> None:
    page = to_html(view_of(decision), Wording("en", "CNY"))
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src &#x27;none&#x27;" in page


def test_a_fact_that_is_read_twice_is_one_node_of_the_graph(decision: plr.Decision) -> None:
    graph = graph_of(whole(decision), Wording("en", "CNY"))
    uses = [node for node in graph.nodes if node.texts[0] == "whose" and "•" not in node.texts[1]]
    assert len(uses) == len({node.texts for node in uses})
    targets = {edge.target for edge in graph.edges}
    responses = [node.number for node in graph.nodes if node.shape == "response"]
    assert responses
    assert set(responses) <= targets


def test_graphs_name_a_node_once_and_join_known_nodes(decision: plr.Decision) -> None:
    view, wording = whole(decision), Wording("en", "CNY")
    graph = graph_of(view, wording)
    numbers = [node.number for node in graph.nodes]
    assert numbers == list(range(len(numbers)))
    assert all(edge.source in numbers and edge.target in numbers for edge in graph.edges)
    assert to_mermaid(view, wording).count(" --> ") == len(graph.edges)
    assert to_dot(view, wording).count(" -> ") == len(graph.edges)


def test_one_trigger_alone_is_shown_without_the_rest(decision: plr.Decision) -> None:
    view = view_of(decision, choice=Choice(trigger="quiet"))
    assert {each.name for each in view.triggers} == {"quiet"}
    page = to_html(view, Wording("en", "CNY"))
    assert "What to do" not in page
    assert "not fired" in page


def test_the_style_of_the_page_comes_along_with_the_library() -> None:
    import postloan_rules

    folder = Path(postloan_rules.__file__).parent
    assert (folder / "decisions/views/explanation.css").is_file()
    assert (folder / "locale/zh/LC_MESSAGES/postloan_rules.mo").is_file()
