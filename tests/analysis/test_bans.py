"""Fields that may change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from builders import policy
from postloan_rules.analysis.bans import SHIPPED_BANS, Ban, BansInvalid, breaches, known_paths, load_bans
from postloan_rules.analysis.influence import influence_of

if TYPE_CHECKING:
    from pathlib import Path

BODY = """\
facts:
  retired: customer.employment_status = "retired"
triggers:
  watched: {kind: condition, when: WHEN, if_unknown: ignore}
responses:
  act: {family: f, rank: 10}
  rest: {family: g, rank: 10}
rules:
  - {id: R-1, if: watched, then: [act]}
"""


def found(when: str, *bans: Ban, more: str = "") -> list[tuple[str | None, str, tuple[str, ...]]]:
    rules = policy(BODY.replace("WHEN", when) + more).policy
    return [(each.response, each.path, each.way) for each in breaches(rules, influence_of(rules), bans)]


def test_a_banned_field_is_told_with_its_way() -> None:
    ban = Ban("customer.employment_status", "stands in for age")
    assert found("retired", ban) == [
        ("act", "customer.employment_status", ("fact retired", "trigger watched", "rule R-1"))
    ]
    assert found("customer.vulnerable", ban) == []


def test_the_next_review_counts_as_well() -> None:
    ban = Ban("customer.vulnerable", "house rule")
    schedule = "schedule: {standard: 6 months, adjust: [{if: watched, every: 1 month}]}\n"
    assert [each[0] for each in found("customer.vulnerable", ban, more=schedule)] == ["act", None]


def test_protected_attributes_are_always_banned() -> None:
    assert {path for _, path, _ in found("customer = customer")} == {
        "customer.protected",
        *(f"customer.protected.{name}" for name in ("birth_date", "sex", "marital_status", "nationality")),
    }
    for name in ("credit_card", "personal_loan"):
        rules = plr.shipped(name).policy
        assert breaches(rules, influence_of(rules), load_bans(SHIPPED_BANS)) == ()


@pytest.mark.parametrize(
    ("ban", "path", "covered"),
    [
        ("accounts[].credit_limit", "account.credit_limit", True),
        ("account.credit_limit", "accounts[].credit_limit", True),
        ("bureau.inquiries", "bureau_reports[].inquiries[].hard", True),
        ("bureau_reports", "bureau.score", True),
        ("customer", "customer.vulnerable", True),
        ("bureau.score", "bureau.score_model", False),
        ("accounts[].statements[].fees", "accounts[].statements", False),
        ("attributes.post", "attributes.postcode", False),
    ],
)
def test_a_ban_covers_a_field_and_all_below_it(ban: str, path: str, covered: bool) -> None:
    assert Ban(ban, "").covers(path) is covered


def test_a_list_of_bans_is_read_strictly(tmp_path: Path) -> None:
    file = tmp_path / "proxies.yaml"
    file.write_text("- {path: bureau.score, reason: x}\n- {path: attributes.postcode, reason: y}\n", "utf-8")
    assert load_bans(file) == (Ban("bureau.score", "x"), Ban("attributes.postcode", "y"))
    wrong = (
        "- {path: customer.employment, reason: x}\n- {path: bureau.score}\n- {pth: a, reason: b}\n- bureau\n"
    )
    file.write_text(wrong, "utf-8")
    with pytest.raises(BansInvalid) as caught:
        load_bans(file)
    codes = sorted(problem.code for problem in caught.value.problems)
    assert codes == ["PR0301", "PR0302", "PR0302", "PR0303", "PR0388"]
    assert caught.value.problems[0].help == "did you mean `customer.employment_status`?"
    with pytest.raises(BansInvalid):
        load_bans(tmp_path / "none.yaml")


def test_a_list_of_bans_that_is_no_list(tmp_path: Path) -> None:
    file = tmp_path / "proxies.yaml"
    file.write_text("path: bureau.score\n", "utf-8")
    with pytest.raises(BansInvalid) as caught:
        load_bans(file)
    assert [problem.code for problem in caught.value.problems] == ["PR0303"]


def test_the_problem_says_what_where_and_how() -> None:
    rules = policy(BODY.replace("WHEN", "retired")).policy
    (breach,) = breaches(rules, influence_of(rules), [Ban("customer.employment_status", "stands in for age")])
    problem = breach.problem()
    assert problem.code == "PR0389"
    assert problem.message.endswith("can change the response `act`, and may not: stands in for age")
    assert problem.help == "it does so by: fact retired → trigger watched → rule R-1"


def test_the_protected_attributes_are_known() -> None:
    assert ("customer.protected.sex", True) in known_paths()
    assert ("customer.vulnerable", False) in known_paths()
