"""The catalogue of reasons, and what a policy may say of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import postloan_rules as plr
from postloan_rules.policy.reader import Section, decode, read

ROOT = Path(__file__).parents[2]
SHIPPED = plr.shipped("credit_card").policy.catalogue
C1 = {
    "income_insufficient",
    "excessive_obligations",
    "irregular_employment",
    "employment_unverified",
    "short_employment",
    "delinquent_with_others",
    "poor_performance_with_us",
    "limited_credit_experience",
    "recent_inquiries",
    "judgment_or_enforcement",
    "bankruptcy",
    "insufficient_collateral",
}
POLICY = """\
ruleset: small
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
triggers:
  overdue: {kind: condition, when: account.days_past_due > 30}
responses:
  seal: {family: line, rank: 1, adverse: true, REASONS}
rules:
  - {id: R, if: overdue, then: [seal]}
scorecards:
  behaviour:
    base: 500
    lost: points_below
    characteristics:
      late: {is: account.days_past_due, reason: delinquent_with_us, baseline: 80, points: [LATE]}
      share: {is: account.current_balance / account.credit_limit, reason: high_use_of_limit, baseline: 40, UNKNOWN points: [["< 0.5", 40], ["-", 0]]}
"""
OWN = """\
reasons:
  delinquent_with_us: {wording: {en: You are late., zh: 您已逾期。}}
complain:
  any: {en: Call us., zh: 请致电。}
"""


def write(
    folder: Path, reasons: str, *, late: str = '["0", 80], ["-", 0]', unknown: str = "unknown: 20,"
) -> Path:
    text = POLICY.replace("REASONS", reasons).replace("LATE", late).replace("UNKNOWN", unknown)
    folder.mkdir(exist_ok=True)
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    return folder


def found(path: Path) -> list[tuple[str, str]]:
    try:
        return [(each.code, each.severity) for each in plr.load(path).warnings]
    except plr.RuleSetInvalid as invalid:
        return [(each.code, each.severity) for each in invalid.problems]


def test_the_catalogue_that_ships_knows_every_reason_of_the_form_and_of_the_shipped_policies() -> None:
    assert set(SHIPPED.reasons) >= C1
    for name in ("credit_card", "personal_loan"):
        responses = plr.shipped(name).policy.responses.values()
        assert {code for each in responses for code in each.reasons} <= set(SHIPPED.reasons)


def test_every_reason_says_in_both_languages_what_it_is_and_what_would_change_it() -> None:
    for reason in SHIPPED.reasons.values():
        assert set(reason.wording.by_language) == {"en", "zh"}
        assert reason.improve is not None
        assert set(reason.improve.by_language) == {"en", "zh"}
        assert all(each.source for each in reason.regulation)


def test_how_to_complain_is_that_of_the_jurisdiction_or_that_of_any() -> None:
    assert SHIPPED.how_to_complain("UK") is SHIPPED.complain["UK"]
    assert SHIPPED.how_to_complain("other") is SHIPPED.complain["any"]


@pytest.mark.parametrize("where", ["policy", "."])
def test_a_catalogue_beside_the_policy_or_above_it_stands_in_for_the_one_that_ships(
    where: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    (tmp_path / where / "reasons.yaml").write_text(OWN, encoding="utf-8")
    catalogue = plr.load(path).policy.catalogue
    assert set(catalogue.reasons) == {"delinquent_with_us"}
    assert catalogue.reasons["delinquent_with_us"].wording.in_language("zh") == "您已逾期。"
    write(path, "reasons: [recent_inquiries]")
    assert found(path) == [("PR0380", "error")]


def test_the_words_for_customers_leave_the_fingerprint_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    before = plr.load(path).fingerprint
    (path / "reasons.yaml").write_text(OWN, encoding="utf-8")
    assert plr.load(path).fingerprint == before


def test_what_is_disclosed_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    closed = plr.load(write(tmp_path / "closed", "reasons: [delinquent_with_us]"))
    same = plr.load(write(tmp_path / "same", "reasons: [delinquent_with_us], disclose: false"))
    openly = plr.load(write(tmp_path / "open", "reasons: [delinquent_with_us], disclose: true"))
    assert closed.fingerprint == same.fingerprint != openly.fingerprint


def test_a_catalogue_that_is_wrong_is_told_at_its_own_places(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    (path / "reasons.yaml").write_text(OWN.replace(", zh: 您已逾期。", ""), encoding="utf-8")
    with pytest.raises(plr.RuleSetInvalid) as caught:
        plr.load(path)
    (problem,) = caught.value.problems
    assert problem.code == "PR0384"
    assert problem.span is not None
    assert problem.span.file.endswith("reasons.yaml")


def test_an_empty_catalogue_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    (path / "reasons.yaml").write_text("# nothing\n", encoding="utf-8")
    assert found(path) == [("PR0127", "error")]


@pytest.mark.parametrize(
    ("late", "unknown", "expected"),
    [
        ('["-", 10]', "unknown: 20,", []),
        ('["0", 80], ["-", 0]', "unknown: 20,", [("PR0383", "warning")]),
        ('["0", 80], ["-", 0]', "", [("PR0383", "warning")]),
        ('["0", 80]', "unknown: 20,", [("PR0383", "warning")]),
    ],
    ids=["always lost", "perhaps none lost", "unknown share", "no line for a value"],
)
def test_reasons_of_a_scorecard_alone_may_be_none(
    late: str, unknown: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = write(tmp_path / "policy", "reasons_from: behaviour", late=late, unknown=unknown)
    assert found(path) == expected


def test_a_reason_of_its_own_is_enough_beside_a_scorecard(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [poor_performance_with_us], reasons_from: behaviour")
    assert found(path) == []


def test_a_scorecard_of_which_no_points_can_be_lost(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons_from: behaviour", late='["-", 80]')
    text = (path / "policy.yaml").read_text(encoding="utf-8").replace("baseline: 40", "baseline: 0")
    (path / "policy.yaml").write_text(text, encoding="utf-8")
    assert found(path) == [("PR0382", "error")]


def test_a_code_of_a_scorecard_counts_only_where_customers_are_told_it(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    file = path / "policy.yaml"
    text = file.read_text(encoding="utf-8").replace("reason: high_use_of_limit", "reason: high_use")
    file.write_text(text, encoding="utf-8")
    assert found(path) == []
    file.write_text(
        text.replace("adverse: true,", "adverse: true, reasons_from: behaviour,"), encoding="utf-8"
    )
    assert found(path) == [("PR0380", "error")]


def test_four_reasons_are_enough_and_five_are_too_many(tmp_path: Path) -> None:
    codes = sorted(C1)[:5]
    assert found(write(tmp_path / "policy", f"reasons: [{', '.join(codes[:4])}]")) == []
    assert found(write(tmp_path / "policy", f"reasons: [{', '.join(codes)}]")) == [("PR0381", "error")]


def test_the_file_of_reasons_is_in_the_wheel_with_the_rules() -> None:
    source, problems = decode("reasons.yaml", (ROOT / "rules" / "reasons.yaml").read_bytes())
    assert not problems
    node, _ = read(source)
    assert isinstance(node, Section)
    assert '"rules" = "postloan_rules/rules"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_slip_in_the_catalogue_is_told_and_never_crashes(tmp_path: Path) -> None:
    path = write(tmp_path / "policy", "reasons: [delinquent_with_us]")
    lines = (ROOT / "rules" / "reasons.yaml").read_text(encoding="utf-8").splitlines()
    choose = random.Random("slips")
    pieces = ("[", "}", ": ", "- ", '"', "null", "&a", "zh", "  ", "{en: x}", "CN", "\t", "?")
    for _ in range(40):
        slips = list(lines)
        at, cut = choose.randrange(len(slips)), choose.randint(0, 40)
        slips[at] = slips[at][:cut] + choose.choice(pieces) + slips[at][cut + choose.randint(0, 3) :]
        (path / "reasons.yaml").write_text("\n".join(slips), encoding="utf-8")
        said = "it loads"
        try:
            plr.load(path)
        except plr.RuleSetInvalid as invalid:
            said = str(invalid)
        assert said
