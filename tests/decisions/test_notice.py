"""What customers are told: in words, in their language, and no more than the policy lets them see."""

from __future__ import annotations

import sys
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from builders import account, customer, policy
from postloan_rules.decisions.letter import letter
from postloan_rules.decisions.notice import Notice, NoticeInvalid, amount_of, masked, notice_of
from postloan_rules.expressions import scalar_type
from postloan_rules.problems import Source

if TYPE_CHECKING:
    from pathlib import Path

BODY = """\
parameters:
  very_late: {type: days, value: 60, note: {en: Days late that count, zh: 计为逾期的天数}}
  ahead: {type: days, value: 45}
triggers:
  late:
    kind: condition
    when: account.days_past_due >= very_late
    because: {en: "{account.days_past_due} days late", zh: "逾期{account.days_past_due}天"}
responses:
  reduce_limit:
    family: line
    rank: 40
    adverse: true
    reasons: [poor_performance_with_us, recent_inquiries, excessive_obligations]
    parameters:
      new_limit: {type: money, is: "0.7 * account.credit_limit"}
      part_kept: {type: ratio, is: "0.7"}
    notice: {before: ahead}
    title: {en: Lower the limit, zh: 下调额度}
    DISCLOSE
  seal:
    family: use
    rank: 90
    adverse: true
    reasons: [delinquent_with_us, bankruptcy]
  offer_help: {family: help, rank: 95, title: Offer help}
rules:
  - {id: R, if: late, then: [reduce_limit, seal, offer_help]}
"""
LATE = account("6225-8812-0042", days_past_due=61, credit_limit="12345.60")


def told(
    *accounts: dict[str, object], language: str = "en", disclose: str = "", jurisdiction: str = "CN"
) -> Notice | None:
    rules = policy(BODY.replace("DISCLOSE", disclose), subject=True)
    snapshot = customer(*accounts, jurisdiction=jurisdiction)
    return notice_of(rules.policy, snapshot, rules.decide(snapshot), language)


def text(*accounts: dict[str, object], language: str = "en", disclose: str = "") -> str:
    found = told(*accounts, language=language, disclose=disclose)
    assert found is not None
    return letter(found, "text")


def own(template: str, *, html: bool = False) -> str:
    found = told(LATE)
    assert found is not None
    return letter(found, "html" if html else "text", Source("own.txt", template))


def test_nothing_against_the_customer_is_no_notice() -> None:
    assert told(account(days_past_due=59)) is None


def test_what_was_done_stands_by_rank_and_what_helps_is_left_out() -> None:
    found = told(LATE)
    assert found is not None
    assert [action.title for action in found.actions] == ["Seal", "Lower the limit"]


def test_at_most_four_reasons_by_rank_then_as_listed_and_the_rest_counted() -> None:
    found = told(LATE)
    assert found is not None
    codes = ["delinquent_with_us", "bankruptcy", "poor_performance_with_us", "recent_inquiries"]
    assert [reason.code for reason in found.reasons] == codes
    assert found.more == 1
    assert "Other reasons that counted less: 1" in text(LATE)


def test_two_accounts_give_each_reason_once() -> None:
    found = told(LATE, account("6225-8812-0043", days_past_due=90, credit_limit="1000"))
    assert found is not None
    assert [action.account for action in found.actions] == ["****0042", "****0043"] * 2
    assert len(found.reasons) == 4
    assert found.more == 1


def test_the_notice_in_english() -> None:
    page = text(LATE)
    assert "Date: 30 November 2026" in page
    assert "- Lower the limit\n  Account: ****0042\n  New limit: CNY 8,641.92\n  Part kept: 70%" in page
    assert "In effect from: 14 January 2027" in page
    assert "1. Payments on your account with us are overdue." in page
    assert "service number on the back of your card" in page


def test_the_notice_in_chinese() -> None:
    page = text(LATE, language="zh")
    assert "日期：2026年11月30日" in page
    assert "- 下调额度\n  账户：****0042\n  新额度：人民币8,641.92元" in page
    assert "1. 您在本行的账户存在逾期。" in page


def test_how_to_complain_goes_by_the_jurisdiction() -> None:
    uk, other = told(LATE, jurisdiction="UK"), told(LATE, jurisdiction="other")
    assert uk is not None
    assert other is not None
    assert "debt advice" in uk.complain
    assert "debt advice" not in other.complain


@pytest.mark.parametrize("form", ["text", "html"])
def test_no_inner_threshold_unless_the_policy_discloses_it(form: str) -> None:
    for disclose, seen in (("", False), ("disclose: false", False), ("disclose: true", True)):
        found = told(LATE, disclose=disclose)
        assert found is not None
        page = letter(found, "html" if form == "html" else "text")
        assert ("61 days late" in page) is seen
        assert ("Days late that count: 60 days" in page) is seen


def test_no_regulation_and_no_code_is_printed() -> None:
    page = text(LATE)
    for word in ("FCRA", "MAS", "delinquent_with_us", "very_late", "C1"):
        assert word not in page


@pytest.mark.parametrize(
    ("account_id", "shown"),
    [("6225881200420042", "****0042"), ("A-123", "****-123"), ("1234", "****34"), ("A", "****")],
)
def test_of_an_account_the_last_four_characters_are_shown(account_id: str, shown: str) -> None:
    assert masked(account_id) == shown


@pytest.mark.parametrize(
    ("value", "kind", "currency", "english", "chinese"),
    [
        ("1234567.5", "money", "CNY", "CNY 1,234,567.50", "人民币1,234,567.50元"),
        ("1200", "money", "JPY", "JPY 1,200", "JPY 1,200"),
        ("0.125", "ratio", "CNY", "12.5%", "12.5%"),
        ("1", "days", "CNY", "1 day", "1天"),
        ("36", "months", "CNY", "36 months", "36个月"),
        ("1000", "number", "CNY", "1,000", "1,000"),
    ],
)
def test_values_have_the_form_of_the_language(
    value: str, kind: str, currency: str, english: str, chinese: str
) -> None:
    type_ = scalar_type(kind)
    assert type_ is not None
    assert amount_of(Decimal(value), type_, currency, "en") == english
    assert amount_of(Decimal(value), type_, currency, "zh") == chinese


def test_a_reason_that_is_not_for_this_jurisdiction_stops_the_notice(tmp_path: Path) -> None:
    words = "{en: You are late., zh: 您已逾期。}"
    catalogue = (
        f"reasons: {{late: {{wording: {words}, jurisdictions: [US, UK]}}}}\ncomplain: {{any: {words}}}\n"
    )
    body = """\
        ruleset: small
        version: "1"
        language: 1
        currency: CNY
        triggers: {late_now: {kind: condition, when: count(accounts) > 0}}
        responses: {seal: {family: f, rank: 1, adverse: true, reasons: [late]}}
        rules: [{id: R, if: late_now, then: [seal]}]
        """
    (tmp_path / "reasons.yaml").write_text(catalogue, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(body, encoding="utf-8")
    rules = plr.load(tmp_path)
    for jurisdiction, code in (("US", None), ("CN", "PR0385")):
        snapshot = customer(account(), jurisdiction=jurisdiction)
        decision = rules.decide(snapshot)
        if code is None:
            assert notice_of(rules.policy, snapshot, decision, "en") is not None
            continue
        with pytest.raises(NoticeInvalid) as caught:
            notice_of(rules.policy, snapshot, decision, "en")
        assert [problem.code for problem in caught.value.problems] == [code]
        assert "not one for customers in CN" in str(caught.value)


# Pages


class Balanced(HTMLParser):
    """Every tag is closed by its own end, in order, and nothing is loaded from elsewhere."""

    void = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.language: str | None = None
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        names = dict(attrs)
        if tag == "html":
            self.language = names.get("lang")
        assert not {"src", "href", "onclick"} & set(names)
        assert tag not in ("script", "link", "img")
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("language", "lang"), [("en", "en"), ("zh", "zh-Hans")])
@pytest.mark.parametrize("disclose", ["", "disclose: true"])
def test_the_page_is_whole_and_says_its_language(language: str, lang: str, disclose: str) -> None:
    found = told(LATE, language=language, disclose=disclose)
    assert found is not None
    page = letter(found, "html")
    reader = Balanced()
    reader.feed(page)
    assert page.startswith("<!doctype html>\n")
    assert reader.open == []
    assert reader.language == lang
    assert {"title", "main", "h1", "ol"} <= set(reader.seen)
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page


def test_values_are_escaped_in_the_page_and_not_in_the_text() -> None:
    found = told(account('<b>"&x', days_past_due=61, credit_limit="1"))
    assert found is not None
    assert "<b>" not in letter(found, "html")
    assert "****&gt;&#34;&amp;x" in letter(found, "html")
    assert '****>"&x' in letter(found, "text")


def test_a_template_of_the_banks_own_may_extend_the_one_that_ships() -> None:
    page = own('{% extends "notice.txt" %}{% block letterhead %}First Bank\n\n{% endblock %}')
    assert page.startswith("First Bank\n\nNotice of a decision")
    escaped = own("{{ notice.reasons[0].text }} {{ '<i>' }}", html=True)
    assert escaped == "Payments on your account with us are overdue. &lt;i&gt;\n"


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("Dear customer\n{% if %}", 2),
        ("{{ notice.customer_name }}", 1),
        ("one\ntwo\n{{ customer.birth_date }}", 3),
        ("{{ notice.__class__.__mro__ }}", 1),
        ("\n{{ ''.__class__.mro() }}", 2),
        ('{% include "/etc/passwd" %}', 1),
        ("{{ 1 / 0 }}", 1),
        ("{% for n in range(10 ** 9) %}x{% endfor %}", 1),
        ("{{ notice.date + 1 }}", 1),
        ("{{ words.clear() }}{{ words.nothing }}", 1),
        ("{{ words.greeting }}", 1),
    ],
)
def test_a_template_that_asks_for_what_it_may_not_see_is_told_with_its_line(template: str, line: int) -> None:
    with pytest.raises(NoticeInvalid) as caught:
        own(template)
    (problem,) = caught.value.problems
    assert problem.code == "PR0386"
    assert problem.span is not None
    assert (problem.span.file, problem.span.line) == ("own.txt", line)


def test_without_what_reads_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(NoticeInvalid) as caught:
        text(LATE)
    assert [problem.code for problem in caught.value.problems] == ["PR0387"]


def test_writing_a_notice_is_repeatable() -> None:
    assert text(LATE) == text(LATE)
