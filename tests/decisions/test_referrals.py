"""Nothing keeps a person from looking."""

from __future__ import annotations

import pytest

from builders import customer, policy

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
