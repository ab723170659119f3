"""Scorecards: points, unknowns, and reasons by points lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from builders import account, codes, customer, policy, responses, states

CARD = """
    facts: {utilisation: account.current_balance / account.credit_limit}
    scorecards:
      warning_score:
        base: 100
        lost: points_below
        characteristics:
          use:
            is: utilisation
            reason: excessive_obligations
            baseline: 40
            points: [["< 0.3", 40], ["[0.3..0.9)", 20], ["-", 0]]
            unknown: 15
          late:
            is: account.days_past_due
            reason: delinquent_with_us
            baseline: 60
            points: [["0", 60], ["[1..29]", 25], ["-", 0]]
          stage:
            is: account.ifrs9_stage
            reason: poor_performance_with_us
            baseline: 10
            points: [["1", 10], ["-", 0]]
            unknown: 10
    triggers:
      low: {kind: condition, when: warning_score < 160}
      late_reason: {kind: condition, when: 'list contains(warning_score_reasons, "delinquent_with_us")'}
    responses:
      watch: {family: a, rank: 1, adverse: true, reasons_from: warning_score, parameters: {score: {type: number, is: warning_score}}}
    rules: [{id: R1, if: low, then: [watch]}]
    """


@pytest.mark.parametrize(
    ("fields", "score", "reasons"),
    [
        ({"current_balance": "0", "credit_limit": "100"}, 210, None),
        (
            {"current_balance": "90", "credit_limit": "100", "days_past_due": 5},
            135,
            ("excessive_obligations", "delinquent_with_us"),
        ),
        (
            {"current_balance": "30", "credit_limit": "100", "days_past_due": 30},
            130,
            ("delinquent_with_us", "excessive_obligations"),
        ),
        (
            {"days_past_due": 30, "ifrs9_stage": 3},
            115,
            ("delinquent_with_us", "excessive_obligations", "poor_performance_with_us"),
        ),
    ],
)
def test_points_add_up_and_reasons_rank_by_points_lost(
    fields: dict[str, object], score: int, reasons: tuple[str, ...] | None
) -> None:
    decision = policy(CARD, subject=True).decide(customer(account(**fields)))
    if reasons is None:
        assert responses(decision) == []
        return
    (watch,) = decision.responses
    assert watch.parameters == {"score": Decimal(score)}
    assert watch.reasons == reasons
    assert states(decision, "late_reason") == {"A1": "fired"}
    assert any(step.kind == "points" for step in decision.trace.trigger("low").step.walk())


def test_without_points_for_it_an_unknown_makes_the_score_unknown() -> None:
    body = CARD.replace("            unknown: 15\n", "")
    assert codes(body, subject=True) == ["PR0335", "PR0335"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("lost: points_below", "lost: below", "PR0314"),
        ('["< 0.3", 40]', '["< 0.3"]', "PR0401"),
        ('["0", 60]', '["\\"none\\"", 60]', "PR0223"),
        ('["[1..29]", 25], ["-", 0]', '["-", 0], ["[1..29]", 25]', "PR0405"),
        ("base: 100", "base: ten", "PR0311"),
        ("reasons_from: warning_score", "reasons_from: warning", "PR0327"),
    ],
)
def test_mistakes_are_told(old: str, new: str, code: str) -> None:
    assert old in CARD
    assert code in codes(CARD.replace(old, new), subject=True)
