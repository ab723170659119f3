"""A small policy and a customer whose explanation has something of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders import account, customer, event, policy

if TYPE_CHECKING:
    import postloan_rules as plr

HARMFUL = "<script>alert(1)</script>\"'`|]})*_#&amp;\\--><img src=x onerror=alert(2)>{{7*7}}[x](javascript:a)"
"""A name that means harm to HTML, Markdown, Mermaid and DOT."""

BODY = """\
parameters:
  late: {type: days, value: 90}
inputs:
  relationship_manager: {type: string}
facts:
  whose: account.account_id
  use: account.current_balance / account.credit_limit
triggers:
  overdue:
    kind: condition
    when: account.days_past_due >= late
    title: {en: Long overdue, zh: 长期逾期}
    because: {en: "{account.days_past_due} days, owing {account.current_balance} on {whose}", zh: "逾期{account.days_past_due}天"}
  full:
    kind: condition
    when: {any: [use > 0.9, overdue and account.days_past_due > 10]}
    if_unknown: refer
  cash:
    kind: event
    event: cash_withdrawal
    when: event.amount > 100
    if_unknown: ignore
  managed:
    kind: condition
    when: relationship_manager = "somebody" or whose = "A-9"
    if_unknown: ignore
  quiet:
    kind: condition
    when: account.days_past_due > 1000
responses:
  seal:
    family: use
    rank: 90
    adverse: true
    reasons: [delinquent_with_us]
    title: {en: Seal the card, zh: 封卡}
    parameters: {amount: {type: money, is: account.current_balance}, card: {type: string, is: whose}}
  block: {family: use, rank: 50}
rules:
  - {id: R-1, if: overdue, then: [seal, block]}
  - {id: R-2, if: {all: [full], none: [quiet]}, then: [block]}
schedule: {standard: 6 months}
"""


def decide(
    customer_id: str = "CUSTOMER-001", account_id: str = "ACCOUNT-001", **fields: object
) -> plr.Decision:
    """A decision about somebody who is late, with a cash withdrawal."""
    late = account(account_id, days_past_due=95, current_balance="12345.60", **fields)
    other = account("OTHER-00001", days_past_due=0, current_balance="0", credit_limit="1000")
    withdrawn = event("cash_withdrawal", "2026-11-20", "EVENT-00017", amount="500", account_id=account_id)
    about = {"customer_id": customer_id}
    attributes = {"relationship_manager": "Lin Meimei"}
    found = customer(late, other, customer=about, events=[withdrawn], attributes=attributes)
    return policy(BODY, subject=True).decide(found)
