"""What the author is told: the code, the exact place, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given

import postloan_rules.expressions as room
from expressions.backends import evaluate
from expressions.texts import changed_texts
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    STRING,
    EnumType,
    ExpressionInvalid,
    ListType,
    RecordType,
    Variable,
    check,
    check_tests,
)
from postloan_rules.problems import Problem, Source, Text

STATUS = EnumType("employment status", ("employed", "unemployed"))
OTHER = EnumType("block code", ("none", "frozen"))
ACCOUNT = RecordType(
    "account",
    {
        "balance": Variable(MONEY),
        "credit_limit": Variable(MONEY, unknown=True),
        "days_past_due": Variable(DAYS),
        "opened_on": Variable(DATE),
        "status": Variable(STATUS),
    },
)
NAMES = {
    "n": Variable(NUMBER),
    "utilisation": Variable(RATIO),
    "months_out": Variable(MONTHS),
    "flag": Variable(BOOLEAN),
    "title": Variable(STRING),
    "status": Variable(STATUS),
    "block": Variable(OTHER),
    "as_of": Variable(DATE),
    "seen_at": Variable(DATE_TIME),
    "account": Variable(ACCOUNT),
    "accounts": Variable(ListType(ACCOUNT)),
}


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ExpressionInvalid) as caught:
        check(Text.of(text), NAMES)
    return caught.value.problems


# The text, the code, the words that the place covers, and a part of the help.
WRONG = [
    ("n § 3", "PR0201", "§", "take it out"),
    ('title = "abc', "PR0202", '"abc', 'write `"`'),
    ('title = "a\\d"', "PR0203", "\\d", "\\\\"),
    ("n > 1,000", "PR0204", "1,000", "write `1000`"),
    ("max(n, 1,500)", "PR0204", "1,500", "`1, 500`"),
    ("n > 1_000", "PR0204", "1_000", "write `1000`"),
    ("n > 30days", "PR0204", "30days", "write `30`"),
    ("n > 12345678901234567890123456789012345", "PR0204", "12345678901234567890123456789012345", "fewer digits"),
    ("n >", "PR0205", ">", "value"),
    ("> 5", "PR0205", ">", "table cell"),
    ("n + * 2", "PR0205", "*", "value before `*`"),
    ("if flag then 2", "PR0205", "", "else"),
    ("n between 1", "PR0205", "", "between 1 and 10"),
    ("some x of accounts satisfies flag", "PR0205", "of", "in list satisfies"),
    ("n > 3 5", "PR0206", "5", "operator before"),
    ("1 + if flag then 1 else 2", "PR0206", "if", "brackets around"),
    ("count(accounts", "PR0207", "(", "write `)`"),
    ("(n > 3 and flag", "PR0207", "(", "write `)`"),
    ("not flag", "PR0207", "not", "not(condition)"),
    ("n == 3", "PR0208", "==", "write `=`"),
    ("flag && flag", "PR0208", "&&", "write `and`"),
    ("flag || flag", "PR0208", "||", "write `or`"),
    ("!flag", "PR0208", "!", "not(...)"),
    ("n <> 3", "PR0208", "<>", "write `!=`"),
    ("title = 'abc'", "PR0208", "'abc'", 'write `"abc"`'),
    ("title = “信用卡”", "PR0208", "“信用卡”", 'write `"信用卡"`'),
    ("utilisation > 90%", "PR0208", "90%", "write `0.9`"),
    ("n ＞ 3", "PR0208", "＞", "write `>`"),
    ("n ＞＝ 3", "PR0208", "＞＝", "write `>=`"),
    ("max（n, 3)", "PR0208", "（", "write `(`"),
    ("max(n，3)", "PR0208", "，", "write `,`"),
    ("flag AND flag", "PR0208", "AND", "write `and`"),
    ("flag = True", "PR0208", "True", "write `true`"),
    ("n = NULL", "PR0208", "NULL", "write `null`"),
    ("n is null", "PR0208", "is null", "write `= null`"),
    ("n is not null", "PR0208", "is not null", "write `!= null`"),
    ("n not in (1, 2)", "PR0208", "not in", "not(x in (...))"),
    ('title like "a"', "PR0208", "like", "contains"),
    ("days past due > 3", "PR0206", "past", "days_past"),
    ("n > $5", "PR0208", "$", "amount alone"),
    ("as_of > 2026-12-01", "PR0208", "2026-12-01", 'date("2026-12-01")'),
    ("account.days_past_due > 30 days", "PR0208", "days", "write `30` alone"),
    ("flag and n > 3)", "PR0206", ")", "take it out"),
    ('status in "employed", "unemployed"', "PR0206", ",", "in brackets"),
    ("for x in accounts return x", "PR0209", "for", "path"),
    ("function(x) x", "PR0209", "function", "named fact"),
    ('@"soon" > as_of', "PR0211", '@"soon"', "2026-12-01"),
    ("1 < n < 5", "PR0212", "1 < n < 5", "1 < n and n < 5"),
    ("1 <= n <= 5", "PR0212", "1 <= n <= 5", "n between 1 and 5"),
    ("", "PR0213", "", "write a condition"),
    ("  ", "PR0213", "", "write a condition"),
    ("utilization > 1", "PR0220", "utilization", "did you mean `utilisation`"),
    ("status = unemployed", "PR0220", "unemployed", 'write `"unemployed"`, in quotes'),
    ("count > 3", "PR0220", "count", "count(...)"),
    ("today > as_of", "PR0220", "today", "as_of"),
    ("account.credit_limt > 3", "PR0221", "credit_limt", "did you mean `credit_limit`"),
    ("accounts . balanse = null", "PR0221", "balanse", "did you mean `balance`"),
    ("as_of.yaer", "PR0221", "yaer", "did you mean `year`"),
    ("n.value", "PR0221", "value", "take the field away"),
    ('status = "unemploy"', "PR0222", '"unemploy"', 'did you mean `"unemployed"`'),
    ('status in ("employed", "retired")', "PR0222", '"retired"', "the words are"),
    ('n = "5"', "PR0223", 'n = "5"', "write `5` without quotes"),
    ('as_of > "2026-12-01"', "PR0223", 'as_of > "2026-12-01"', 'date("2026-12-01")'),
    ("as_of > seen_at", "PR0223", "as_of > seen_at", "date(...)"),
    ("status = block", "PR0223", "status = block", "different words"),
    ('flag = "true"', "PR0223", 'flag = "true"', "without quotes"),
    ("status > block", "PR0223", "status > block", ""),
    ('status > "employed"', "PR0224", "status", "`=` or `!=`"),
    ("flag < true", "PR0224", "flag", "`=` or `!=`"),
    ("as_of - 30", "PR0224", "as_of - 30", "duration"),
    ("-flag", "PR0224", "-flag", "sign"),
    ("account.balance > utilisation", "PR0225", "account.balance > utilisation", "multiply the ratio"),
    ("account.balance + n", "PR0225", "account.balance + n", "declare"),
    ("account.days_past_due > months_out", "PR0225", "account.days_past_due > months_out", "both in days"),
    ("account.balance * account.balance", "PR0225", "account.balance * account.balance", "ratio or a number"),
    ("n and flag", "PR0226", "n", "compare it"),
    ('status = "employed" or "unemployed"', "PR0226", '"unemployed"', 'status in ("employed", "unemployed")'),
    ("accounts[title]", "PR0226", "accounts[title]", "list[1]"),
    ("accounts = 3", "PR0228", "accounts = 3", "count"),
    ("accounts.balance > 100", "PR0228", "accounts.balance > 100", "one item"),
    ('if flag then "a" else 2', "PR0229", 'if flag then "a" else 2', "same type"),
    ("accounts[0]", "PR0230", "accounts[0]", "first item is `[1]`"),
    ("accounts[days_past_due]", "PR0230", "accounts[days_past_due]", "condition"),
    ("some x in n satisfies x > 1", "PR0230", "n", "list"),
    ("n in [1..null]", "PR0232", "null", ">= 1"),
    ("{a: 1, a: 2}.a = 1", "PR0233", "a", "once"),
    ("? > 3", "PR0234", "?", "write a name"),
    ("n > null", "PR0235", "null", "= null"),
    ("n + null", "PR0235", "null", "write a value"),
    ("sume(accounts.balance)", "PR0260", "sume", "did you mean `sum`"),
    ('matches(title, "a.*")', "PR0260", "matches", "regular expressions"),
    ("abs(n, 2)", "PR0261", "abs(n, 2)", "write `abs(n)`"),
    ("abs()", "PR0261", "abs()", "write `abs(n)`"),
    ("abs(title)", "PR0262", "title", ""),
    ("substring(string: title, begin: 2)", "PR0263", "2", "it has"),
    ("substring(title, start position: 2)", "PR0263", "title, start position: 2", "name all"),
    ('date("2026-02-30") > as_of', "PR0264", '"2026-02-30"', "existing day"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "marked", "help_"), WRONG)
def test_a_slip_is_told_with_its_place_and_what_to_write(
    text: str, code: str, marked: str, help_: str
) -> None:
    told = [problem for problem in problems_of(text) if problem.code == code]
    assert told, [str(problem) for problem in problems_of(text)]
    span = told[0].span
    assert span is not None
    assert text[span.start : span.end] == marked
    assert help_ in told[0].help


def test_other_problems_are_told_too() -> None:
    with pytest.raises(ExpressionInvalid, match=r"PR0227.*a boolean is needed"):
        check(Text.of("n + 1"), NAMES, expected=BOOLEAN)
    with pytest.raises(ExpressionInvalid, match="`x` is a floating-point number"):
        evaluate("x", {"x": 0.1})
    with pytest.raises(ExpressionInvalid, match="the value of `x` is not money"):
        evaluate("x", {"x": "a"}, {"x": MONEY})
    with pytest.raises(ExpressionInvalid, match="PR0290"):
        check(Text.of("n " * 6_000), NAMES)
    with pytest.raises(ExpressionInvalid, match="PR0291"):
        check(Text.of("(" * 101 + "n" + ")" * 101), NAMES)
    with pytest.raises(ExpressionInvalid, match="PR1010: the expression takes 500,0"):
        check(Text.of("some x in 1..10000, y in 1..10000 satisfies x = y"), NAMES)
    many = ", ".join(f"{letter}: 1" for letter in "abcdefghijklmnopqrstuvwxyz")
    with pytest.raises(ExpressionInvalid, match="PR1012: the value has more than 1,000 parts"):
        check(Text.of(f"{{{', '.join(f'r{number}: {{{many}}}' for number in range(40))}}}"), NAMES)


def test_what_is_deprecated_is_taken_and_warned_of() -> None:
    (warning,) = check(Text.of("n in ]1..5["), NAMES).warnings
    assert (warning.code, warning.severity, str(warning.span)) == ("PR0270", "warning", "expression:1:6")
    assert warning.help.startswith("write `(1..5)`")
    assert check(Text.of("n in (1..5)"), NAMES).warnings == ()


DEAR = {"PR1010", "PR1012"}


def test_every_code_of_the_room_has_an_example() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(room.__path__[0]).rglob("*.py"))
    used = set(re.findall(r"PR\d{4}", source))
    shown = {code for _, code, _, _ in WRONG} | {
        "PR0227",
        "PR0236",
        "PR0237",
        "PR0270",
        "PR0290",
        "PR0291",
        *DEAR,
    }
    assert used == shown


def test_all_problems_are_told_at_once() -> None:
    text = 'utilization > 90% and status = "retird" or account.limit > n && sume(accounts.balanse) > 1'
    assert [problem.code for problem in problems_of(text)] == [
        "PR0220", "PR0208", "PR0222", "PR0221", "PR0208", "PR0260", "PR0221",
    ]  # fmt: skip


def test_what_stands_after_a_broken_part_is_checked_too() -> None:
    assert [problem.code for problem in problems_of("nope > 1 and n > > 3 and nada = 2")] == [
        "PR0220",
        "PR0205",
        "PR0220",
    ]


def test_one_slip_is_told_once() -> None:
    assert len(problems_of("nope + 1 > 3 and nope.field[1] = 2 or sum(nope) > nope")) == 4


def test_places_follow_the_source_of_the_text() -> None:
    source = Source("policy.yaml", 'when: "n > 1 and\\u0020utilization > 2"')
    value = "n > 1 and utilization > 2"
    places = (*range(7, 16), 16, *range(22, 38))
    with pytest.raises(ExpressionInvalid) as caught:
        check(Text(value, source, places), NAMES)
    span = caught.value.problems[0].span
    assert span is not None
    assert source.text[span.start : span.end] == "utilization"


@given(changed_texts())
def test_messages_are_for_people(text: str) -> None:
    try:
        check(Text.of(text), NAMES)
    except ExpressionInvalid as invalid:
        for problem in invalid.problems:
            assert problem.span is not None
            assert 0 <= problem.span.start <= problem.span.end <= len(text)
            first = problem.message[0]
            assert first == "`" or first.islower()
            assert not problem.message.endswith(".")
            assert "\n" not in problem.message or "\n" in text
            assert not re.search(r"(Type|Literal|Node|Token|Decimal)\b", problem.message)


def test_cells() -> None:
    with pytest.raises(ExpressionInvalid, match="PR0225"):
        check_tests(Text.of(">= utilisation"), NAMES, subject=Variable(MONEY))
    with pytest.raises(ExpressionInvalid, match="PR0222"):
        check_tests(Text.of('"retired"'), NAMES, subject=Variable(STATUS))
