"""Expressions in English and Chinese sentences; what can't be said plainly stays as it is written."""

from __future__ import annotations

import pytest

from builders import policy
from postloan_rules.analysis.book.prose import plain
from postloan_rules.analysis.book.telling import Telling

BODY = """
parameters:
  late: {type: days, value: 30}
  share: {type: ratio, value: 0.5}
inputs:
  salaried: {type: boolean}
facts:
  days_late: account.days_past_due
  asked:
    is: %s
triggers:
  overdue: {kind: condition, when: days_late >= late}
  seen: {kind: condition, when: asked != null}
"""


def said(expression: str, language: str) -> str:
    text = BODY % ("'" + expression.replace("'", "''") + "'")
    telling = Telling(policy(text, subject=True).policy, {}, language)
    asked = next(fact for fact in telling.policy.facts if fact.name == "asked")
    (line,) = [telling.definition(asked.definition)]
    parts = "; ".join(plain(part.phrase) for part in line.parts)
    return plain(line.phrase) + (f" {parts}" if parts else "")


@pytest.mark.parametrize(
    ("expression", "english", "chinese"),
    [
        ("days_late", "It is days_late.", "取值：days_late。"),
        (
            "account.current_balance - 100",
            "It is the current balance of the account minus CN¥100.00.",
            "取值：账户的当前余额减¥100.00。",
        ),
        (
            "(account.current_balance + 1) * share",
            "It is (the current balance of the account plus CN¥1.00) times share.",
            "取值：（账户的当前余额加¥1.00）乘以share。",
        ),
        (
            "days_late >= late",
            "It is true when days_late is at least late.",
            "在满足以下条件时为真：days_late不小于late。",
        ),
        (
            "days_late in [1..late)",
            "It is true when days_late is at least 1 day and less than late.",
            "在满足以下条件时为真：days_late不小于1天 且 小于late。",
        ),
        (
            "days_late between 1 and 5",
            "It is true when days_late is from 1 day to 5 days, both included.",
            "在满足以下条件时为真：days_late在1天至5天之间（含两端）。",
        ),
        (
            "account.date_closed = null",
            "It is true when the day of closing of the account is not known.",
            "在满足以下条件时为真：账户的销户日未知。",
        ),
        (
            'account.product in ("credit_card", "line")',
            "It is true when the product of the account is one of “credit_card” or “line”.",
            "在满足以下条件时为真：账户的产品为“credit_card” 或 “line”。",
        ),
        (
            "not(salaried)",
            "It is true when salaried is false.",
            "在满足以下条件时为真：salaried为假。",
        ),
        (
            "days_late > 3 and (salaried or share > 0.4)",
            "It is true when all of these hold: days_late is more than 3 days; at least one of these holds:",
            "在满足以下条件时为真：以下各项均成立： days_late大于3天; 以下至少一项成立：",
        ),
        (
            "not(days_late > 3 and salaried)",
            "It is true when it does not hold that (days_late is more than 3 days and salaried is true).",
            "在满足以下条件时为真：（days_late大于3天 且 salaried为真）不成立。",
        ),
        (
            "if salaried then 1 else 2",
            "It is the first of these that applies: 1 if salaried is true; otherwise 2",
            "取以下第一个适用者： 1，适用条件：salaried为真; 否则为2",
        ),
        (
            "count(account.statements[closing_balance > 0])",
            ("It is the number of items of the statements of the account for which "
            "(the item’s closing balance is more than CN¥0.00)."),
            "取值：账户的账单中符合（该项的期末余额大于¥0.00）的项数。",
        ),
        (
            'sum(account.statements[cycle_end > as_of - duration("P3M")].purchases)',
            ("It is the sum of (the purchases of each of (the items of the statements of the account for which "
            "(the item’s end of the cycle is after 3 months before the day of the decision)))."),
            "取值：（（账户的账单中符合（该项的账期末晚于决策日之前3个月）的各项）中各项的消费金额）之和。",
        ),
        (
            "account.statements[-1].closing_balance",
            "It is the closing balance of the last of the statements of the account.",
            "取值：账户的账单的最后一项的期末余额。",
        ),
        (
            "(as_of - account.date_opened).days",
            "It is the days from the day of opening of the account to the day of the decision.",
            "取值：从账户的开户日到决策日的天数。",
        ),
        (
            'years and months duration(account.date_opened, as_of) / duration("P1M")',
            "It is the complete months from the day of opening of the account to the day of the decision.",
            "取值：从账户的开户日到决策日的完整月数。",
        ),
        (
            'some e in events satisfies e.type = "bankruptcy"',
            "It is true when for at least one e of the events, (the type of e is “bankruptcy”).",
            "在满足以下条件时为真：事件中至少有一项e，使（e的类型为“bankruptcy”）成立。",
        ),
        (
            "max(account.current_balance, 0)",
            "It is the largest of the current balance of the account, 0.",
            "取值：账户的当前余额、0中的最大值。",
        ),
        # What has no plain words stays as it is written.
        ("2 ** 3", "It is 2 ** 3.", "取值：2 ** 3。"),
        ("late_months(account, 6)", "It is late_months(account, 6).", "取值：late_months(account, 6)。"),
        ("(days_late > 3) = salaried", "It is true when (days_late > 3) = salaried.", "在满足以下条件时为真：(days_late > 3) = salaried。"),
        (
            'count(reviews[count(responses[response = "x"]) > 0])',
            ("It is the number of items of the reviews for which "
            '((the number of items of responses[response = "x"]) is more than 0).'),
            '取值：复查记录中符合（（responses[response = "x"]的项数）大于0）的项数。',
        ),
        ("0.1234567 * share", "It is 0.1234567 times share.", "取值：0.1234567乘以share。"),
    ],
)  # fmt: skip
def test_a_value_in_words(expression: str, english: str, chinese: str) -> None:
    assert said(expression, "en") == english
    assert said(expression, "zh").replace(" 天", "天").replace(" 个月", "个月") == chinese
