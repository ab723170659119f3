"""What is about the customer and what is about an account, where the two meet."""

from __future__ import annotations

from builders import account, customer, policy, responses

CONSTRAINED = """
    triggers:
      many_accounts: {kind: condition, when: count(accounts) >= 0}
    responses:
      write_letter: {family: letters, rank: 1, scope: customer, parameters: {pages: {type: number, is: count(accounts)}}}
    rules:
      - {id: R1, if: many_accounts, then: [write_letter]}
    constraints:
      - {id: K1, that: write_letter.pages * 30 >= account.days_past_due / duration_of_a_day}
    parameters:
      duration_of_a_day: {type: days, value: 1}
    """


def test_a_constraint_on_accounts_asks_nothing_of_a_customer_who_has_none() -> None:
    decision = policy(CONSTRAINED, subject=True).decide(customer())
    assert responses(decision) == [("write_letter", None)]


def test_a_constraint_on_accounts_holds_for_each_of_them() -> None:
    accounts = [account("A", days_past_due=0), account("B", days_past_due=61)]
    decision = policy(CONSTRAINED, subject=True).decide(customer(*accounts))
    assert [(each.response, each.by) for each in decision.withheld] == [("write_letter", "K1")]
