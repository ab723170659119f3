"""What has dates: parameters, rules, rows of tables."""

from __future__ import annotations

import pytest

from builders import codes, customer, event, policy, responses

DATED = """
    effective: {from: 2026-01-01}
    triggers: {missed: {kind: event, event: payment_missed}}
    tables:
      terms:
        hit: first
        inputs: [count(events)]
        output: {months: number}
        rows:
          - {from: 2026-01-01, rows: [["-", 6]]}
          - {from: 2026-11-01, rows: [["> 1", 24], ["-", 12]]}
    responses:
      call: {family: a, rank: 1, parameters: {months: {type: number, table: terms}}}
      write: {family: b, rank: 1}
    rules:
      - {id: R1, if: missed, then: [write], to: 2026-10-31}
      - {id: R1, if: missed, then: [call], from: 2026-11-01}
    """


@pytest.mark.parametrize(
    ("day", "done"),
    [("2026-10-31", [("write", {})]), ("2026-11-01", [("call", {"months": "12"})])],
)
def test_the_day_of_the_snapshot_chooses(day: str, done: list[tuple[str, dict[str, str]]]) -> None:
    decision = policy(DATED).decide(customer(as_of=day, events=[event("payment_missed", day)]))
    found = [(r.response, {k: str(v) for k, v in r.parameters.items()}) for r in decision.responses]
    assert found == done


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("to: 2026-10-31", "to: 2026-11-01", "PR0318"),
        ("to: 2026-10-31", "to: 2026-10-30", "PR0319"),
        ("{from: 2026-01-01, rows", "{from: 2026-01-01, to: 2026-03-31, rows", "PR0319"),
        ("{from: 2026-01-01, rows", "{from: 2026-02-01, rows", "PR0319"),
        ("{from: 2026-11-01, rows", "{from: 2026-11-01, to: 2026-12-31, rows", "PR0319"),
        ("{from: 2026-01-01, rows", "{from: 2026-01-01, to: 2026-12-31, rows", "PR0318"),
        (", from: 2026-11-01}\n", "}\n", "PR0318"),
    ],
)
def test_gaps_and_overlaps_are_told(old: str, new: str, code: str) -> None:
    assert old in DATED
    assert codes(DATED.replace(old, new)) == [code]


def test_a_rule_without_dates_is_always_in_force() -> None:
    body = DATED.replace("      - {id: R1, if: missed, then: [call], from: 2026-11-01}\n", "").replace(
        ", to: 2026-10-31", ""
    )
    decision = policy(body).decide(customer(events=[event("payment_missed", "2026-11-30")]))
    assert responses(decision) == [("write", None)]
