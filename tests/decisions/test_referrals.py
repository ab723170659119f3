"""Nothing keeps a person from looking."""

from __future__ import annotations

import pytest

from builders import AS_OF, customer, policy

REFERRING = """
    inputs:
      watch_list: {type: boolean}
      officer: {type: string}
    triggers:
      watched: {kind: condition, when: watch_list, if_unknown: refer}
    responses:
      refer_to_officer: {parameters: {officer: {type: string, is: officer}}}
    rules:
      - {id: R1, if: watched, then: [refer_to_officer]}
    """


@pytest.mark.parametrize("watched", [True, None])
@pytest.mark.parametrize("officer", ["Li", None])
def test_a_referral_carries_its_parameters_and_is_made_though_one_is_unknown(
    watched: bool | None, officer: str | None
) -> None:
    attributes = {"watch_list": watched, "officer": officer}
    decision = policy(REFERRING).decide(customer(attributes=attributes))
    (referral,) = decision.responses
    assert (referral.response, dict(referral.parameters)) == ("refer_to_officer", {"officer": officer})
    assert decision.withheld == ()


def test_a_trigger_that_reads_an_unknown_trigger_about_events_names_it_as_missing() -> None:
    rules = policy(
        """
        triggers:
          drew_cash: {kind: event, event: cash_withdrawal, when: event.amount >= 500, if_unknown: ignore}
          worth_a_look: {kind: condition, when: drew_cash, if_unknown: refer}
        """
    )
    decision = rules.decide(customer(events=[{"id": "E1", "type": "cash_withdrawal", "occurred_on": AS_OF}]))
    assert [(each.subject, each.missing) for each in decision.referrals] == [("worth_a_look", ("drew_cash",))]
