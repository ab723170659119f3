"""Views hide who somebody is, and the decision itself does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from builders import account, customer, policy
from postloan_rules.cli.screen import plain_text
from postloan_rules.cli.tree import print_tree
from postloan_rules.decisions.views import Choice, Wording, shown_fields, view_of
from postloan_rules.decisions.views.as_dot import to_dot
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.decisions.views.as_json import to_json
from postloan_rules.decisions.views.as_markdown import to_markdown
from postloan_rules.decisions.views.as_mermaid import to_mermaid
from postloan_rules.decisions.views.masking import hidden_fields, masked
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    import postloan_rules as plr

SECRETS = {
    "CUSTOMER-001": ["customer", "customer_id"],
    "ACCOUNT-001": ["accounts", "account_id"],
    "EVENT-00017": ["events", "id"],
    "Lin Meimei": ["relationship_manager"],
}


def forms(decision: plr.Decision, show: tuple[str, ...] = ()) -> dict[str, str]:
    view = view_of(decision, show=show, choice=Choice(everything=True))
    wording = Wording("en", "CNY")
    return {
        "tree": plain_text(lambda screen: print_tree(screen, view, wording)),
        "json": to_json(view),
        "markdown": to_markdown(view, wording).replace("\\", ""),
        "html": to_html(view, wording),
        "mermaid": to_mermaid(view, wording),
        "dot": to_dot(view, wording),
    }


@pytest.mark.parametrize("form", ["tree", "json", "markdown", "html", "mermaid", "dot"])
def test_no_form_tells_who_somebody_is_unless_it_is_asked_to(decision: plr.Decision, form: str) -> None:
    hidden = forms(decision)[form]
    for secret, names in SECRETS.items():
        assert secret not in hidden
        for name in names:
            if names[0] == "customer" and form in ("mermaid", "dot"):
                continue  # a graph does not name the customer
            shown = forms(decision, (name,))[form]
            assert secret in shown
            assert not any(other in shown for other in SECRETS if other != secret)


def test_the_decision_itself_hides_nothing(decision: plr.Decision) -> None:
    before = decision.to_json()
    forms(decision)
    assert decision.to_json() == before
    assert "CUSTOMER-001" in before
    assert "ACCOUNT-001" in before


def test_what_is_left_tells_accounts_apart_and_is_never_the_whole(decision: plr.Decision) -> None:
    view = view_of(decision, choice=Choice(everything=True))
    assert {each.account for each in view.triggers} == {"•••001 (1)", "•••001 (2)"}
    assert [masked(text) for text in ("", "7", "A-1", "CARD-A", "6222021234567890")] == [
        "•••",
        "•••",
        "•••1",
        "•••-A",
        "•••890",
    ]


def test_every_protected_field_and_every_number_of_somebody_is_hidden() -> None:
    for info in catalogue.records().values():
        for each in info.fields:
            if each.protected or (each.identifier and each.kind == "string"):
                assert each.name in hidden_fields()
    assert {"birth_date", "sex", "marital_status", "nationality", "reviewer"} <= hidden_fields()
    assert "cycle_end" not in hidden_fields()


def test_what_can_be_shown_is_named_with_the_policys_own_texts(decision: plr.Decision) -> None:
    names = shown_fields(decision._policy)
    assert {"accounts", "customer", "protected", "birth_date", "relationship_manager"} <= set(names)


def test_a_number_of_somebody_stays_hidden_through_tables_lists_and_conditions() -> None:
    body = """\
    facts:
      ids: accounts.account_id
      first: ids[1]
      chosen: if account.days_past_due > 5 then account.account_id else "none"
      looked_up: {table: names}
    triggers:
      any_of_them: {kind: condition, if_unknown: ignore, when: "count(ids) > 0 and first != \\"x\\" and chosen != \\"y\\" and looked_up != \\"z\\"", because: "{first} {chosen} {looked_up}"}
    tables:
      names:
        hit: first
        inputs: [account.days_past_due]
        output: {name: string}
        rows:
          - [">= 0", account.account_id]
    """
    decision = policy(body, subject=True).decide(customer(account("ACCOUNT-001", days_past_due=9)))
    assert decision.fired() == ("any_of_them",)
    for text in forms(decision).values():
        assert "ACCOUNT-001" not in text
    assert "•••001 •••001 •••001" in forms(decision)["json"]


def test_signs_that_steer_a_terminal_are_spelled_out(decision: plr.Decision) -> None:
    steering = evolve(decision, customer_id="\x1b[2J\x9b\u202egnp\u2066\x07\x00")
    for form, text in forms(steering, ("customer",)).items():
        assert not set(text) & set("\x1b\x9b\u202e\u2066\x07\x00"), form
    assert "\\u001b[2J\\u009b\\u202egnp\\u2066\\u0007\\u0000" in forms(steering, ("customer",))["html"]


def test_signs_that_steer_a_terminal_are_spelled_out_in_the_policys_texts_too() -> None:
    body = """\
    triggers:
      late: {kind: condition, when: account.days_past_due > 1, title: "\\e[1mlate", because: "\\e[2J{account.days_past_due}"}
    responses:
      call: {family: use, rank: 1, title: "\\e]0;x\\a"}
    rules:
      - {id: "R\\e[5m", if: late, then: [call]}
    """
    decision = policy(body, subject=True).decide(customer(account(days_past_due=9)))
    for form, text in forms(decision).items():
        assert not set(text) & set("\x1b\x07"), form
