"""What a decision is: triggers, rules, families and ranks, cool-downs, constraints, unknowns, next review."""

from __future__ import annotations

from decimal import Decimal

import pytest

import postloan_rules as plr
from builders import account, codes, customer, event, policy, responses, review, states, withheld

CARDS = """
    triggers:
      overdue: {kind: condition, when: account.days_past_due >= 30}
      much_used: {kind: condition, when: account.current_balance >= 0.9 * account.credit_limit, if_unknown: ignore}
    responses:
      reduce_limit:
        family: credit_line
        rank: 40
        adverse: true
        reasons: [poor_performance_with_us]
        parameters:
          new_limit: {type: money, is: "max(account.current_balance, 0.7 * account.credit_limit)", round: {to: 100, mode: up}}
      seal_card: {family: credit_line, rank: 90, adverse: true, reasons: [delinquent_with_us]}
      call_customer: {family: contact, rank: 10, scope: customer}
    rules:
      - {id: R1, if: overdue, then: [seal_card, call_customer]}
      - {id: R2, if: {any: [overdue, much_used]}, then: [reduce_limit]}
    """


def test_two_cards_of_one_customer_are_decided_apart() -> None:
    good = account("GOOD", days_past_due=0, current_balance="100", credit_limit="10000")
    late = account("LATE", days_past_due=45, current_balance="9500", credit_limit="10000")
    decision = policy(CARDS, subject=True).decide(customer(good, late))
    assert states(decision, "overdue") == {"GOOD": "not_fired", "LATE": "fired"}
    assert responses(decision) == [("seal_card", "LATE"), ("call_customer", None)]
    assert withheld(decision) == [("reduce_limit", "LATE", "outranked", "seal_card")]
    assert decision.reasons == ("delinquent_with_us",)


def test_a_customer_response_is_put_forward_once_with_all_its_rules() -> None:
    late = [account(name, days_past_due=45, current_balance="0", credit_limit="100") for name in "AB"]
    decision = policy(CARDS, subject=True).decide(customer(*late))
    calls = [each for each in decision.responses if each.response == "call_customer"]
    assert [(each.account_id, each.rules) for each in calls] == [(None, ("R1",))]


def test_parameters_are_exact_and_rounded_as_told() -> None:
    card = account(days_past_due=0, current_balance="9000.01", credit_limit="10000")
    decision = policy(CARDS, subject=True).decide(customer(card))
    (reduce,) = decision.responses
    assert reduce.parameters == {"new_limit": Decimal("9100.00")}
    assert reduce.rules == ("R2",)


def test_an_unknown_condition_is_referred_with_what_is_missing() -> None:
    rules = policy(
        """
        facts: {utilisation: account.current_balance / account.credit_limit}
        triggers:
          much_used: {kind: condition, when: utilisation >= 0.9, if_unknown: refer}
          forborne: {kind: condition, when: account.forborne_since < as_of, if_unknown: ignore}
        """,
        subject=True,
    )
    decision = rules.decide(customer(account()))
    assert states(decision, "much_used") == {"A1": "unknown"}
    assert states(decision, "forborne") == {"A1": "unknown"}
    assert responses(decision) == [("refer_to_officer", None)]
    assert [(each.subject, each.account_id, each.missing) for each in decision.referrals] == [
        ("much_used", "A1", ("account.credit_limit",))
    ]


@pytest.mark.parametrize(
    ("if_unknown", "state", "done"),
    [("ignore", "unknown", []), ("fire", "fired", ["act"]), ("refer", "unknown", ["refer_to_officer"])],
)
def test_each_trigger_says_what_an_unknown_does(if_unknown: str, state: str, done: list[str]) -> None:
    rules = policy(
        f"""
        triggers:
          poor: {{kind: condition, when: customer.monthly_income < 1000, if_unknown: {if_unknown}}}
        responses:
          act: {{family: a, rank: 1}}
          stay: {{family: b, rank: 1}}
        rules:
          - {{id: R1, if: poor, then: [act]}}
          - {{id: R2, if: {{none: [poor]}}, then: [stay]}}
        """
    )
    decision = rules.decide(customer())
    assert states(decision, "poor") == {None: state}
    # An unknown is neither true nor false: it calls for nothing, and it clears nothing.
    assert [each.response for each in decision.responses] == done


def test_a_response_whose_parameter_is_unknown_waits_for_a_person() -> None:
    rules = policy(
        """
        triggers:
          gone: {kind: event, event: payment_missed}
        responses:
          ask: {family: a, rank: 1, parameters: {amount: {type: money, is: customer.monthly_income / 2}}}
        rules: [{id: R1, if: gone, then: [ask]}]
        """
    )
    decision = rules.decide(customer(events=[event("payment_missed", "2026-11-01")]))
    assert responses(decision) == [("refer_to_officer", None)]
    assert withheld(decision) == [("ask", None, "unknown", "amount")]
    assert decision.referrals[0].missing == ("customer.monthly_income",)


EVENTS = """
    triggers:
      drew_cash: {kind: event, event: cash_withdrawal, when: event.amount >= 500, if_unknown: refer}
      missed: {kind: event, event: payment_missed}
      cash_then_limit: {kind: pattern, sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days}
    responses: {look: {family: a, rank: 1}}
    rules: [{id: R1, if: {any: [drew_cash, missed, cash_then_limit]}, then: [look]}]
    """


@pytest.mark.parametrize(
    ("amount", "state"), [("499.99", "not_fired"), ("500.00", "fired"), (None, "unknown")]
)
def test_an_event_trigger_reads_its_event(amount: str | None, state: str) -> None:
    fields = {} if amount is None else {"amount": amount}
    drawn = event("cash_withdrawal", "2026-11-20", **fields)
    decision = policy(EVENTS, subject=True).decide(customer(account(), events=[drawn]))
    assert states(decision, "drew_cash") == {"A1": state}


def test_an_event_belongs_to_its_account_and_one_without_to_all() -> None:
    events = [
        event("payment_missed", "2026-11-20", account_id="A2"),
        event("cash_withdrawal", "2026-11-20", "E2", amount="900"),
    ]
    decision = policy(EVENTS, subject=True).decide(customer(account("A1"), account("A2"), events=events))
    assert states(decision, "missed") == {"A1": "not_fired", "A2": "fired"}
    assert states(decision, "drew_cash") == {"A1": "fired", "A2": "fired"}


@pytest.mark.parametrize(
    ("occurred", "recorded", "considered", "state"),
    [
        ("2026-10-31", None, None, "not_fired"),
        ("2026-11-02", None, None, "fired"),
        ("2026-11-01", None, None, "fired"),
        ("2026-11-01", None, ["E1"], "not_fired"),
        ("2026-11-01", None, ["E9"], "fired"),
        ("2026-10-15", "2026-11-05", None, "fired"),
    ],
)
def test_an_event_is_looked_at_once_and_never_lost(
    occurred: str, recorded: str | None, considered: list[str] | None, state: str
) -> None:
    late = {} if recorded is None else {"recorded_on": recorded}
    seen = {} if considered is None else {"considered_events": considered}
    missed = [event("payment_missed", occurred, **late)]
    snapshot = customer(account(), events=missed, reviews=[review("2026-11-01", **seen)])
    decision = policy(EVENTS, subject=True).decide(snapshot)
    assert states(decision, "missed") == {"A1": state}


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("2026-10-30", "2026-11-29", "fired"),
        ("2026-10-29", "2026-11-29", "not_fired"),
        ("2026-11-29", "2026-11-29", "fired"),
        ("2026-11-29", "2026-11-28", "not_fired"),
    ],
)
def test_a_pattern_needs_its_order_and_its_time(first: str, second: str, state: str) -> None:
    events = [event("cash_withdrawal", first, amount="1"), event("temporary_limit_requested", second, "E2")]
    decision = policy(EVENTS, subject=True).decide(customer(account(), events=events))
    assert states(decision, "cash_then_limit") == {"A1": state}


COOL = """
    triggers: {missed: {kind: event, event: payment_missed}}
    responses: {write: {family: a, rank: 1, cool_down: 30 days}, call: {family: b, rank: 1, scope: customer, cool_down: 1 month}}
    rules: [{id: R1, if: missed, then: [write, call]}]
    """


@pytest.mark.parametrize(
    ("taken", "until"), [("2026-11-01", "2026-11-30"), ("2026-10-31", None), ("2026-11-29", "2026-12-28")]
)
def test_a_cool_down_rests_the_response_for_its_account(taken: str, until: str | None) -> None:
    done = [{"response": "write", "account_id": "A1", "taken_on": taken}]
    snapshot = customer(
        account("A1"),
        account("A2"),
        events=[event("payment_missed", "2026-11-30")],
        reviews=[review(taken, responses=done, account_id="A1")],
    )
    decision = policy(COOL, subject=True).decide(snapshot)
    found = {(each.account_id, str(each.until)) for each in decision.withheld}
    assert found == (set() if until is None else {("A1", until)})
    assert ("write", "A2") in responses(decision)


def test_a_constraint_withholds_what_breaches_it_and_says_which() -> None:
    rules = policy(
        """
        triggers: {missed: {kind: event, event: payment_missed}}
        responses:
          cut: {family: a, rank: 1, parameters: {to: {type: money, is: 0.5 * account.credit_limit}}}
          seal: {family: b, rank: 9}
          raise: {family: c, rank: 5}
        rules: [{id: R1, if: missed, then: [cut, seal, raise]}]
        constraints:
          - {id: K-1, that: cut.to >= account.current_balance}
          - {id: K-2, never: [seal, raise]}
        """,
        subject=True,
    )
    card = account(credit_limit="1000", current_balance="500.01")
    decision = rules.decide(customer(card, events=[event("payment_missed", "2026-11-30")]))
    assert responses(decision) == [("seal", "A1")]
    assert withheld(decision) == [("cut", "A1", "constraint", "K-1"), ("raise", "A1", "constraint", "K-2")]
    at_the_edge = account(credit_limit="1000", current_balance="500.00")
    decision = rules.decide(customer(at_the_edge, events=[event("payment_missed", "2026-11-30")]))
    assert responses(decision) == [("seal", "A1"), ("cut", "A1")]


SCHEDULE = """
    parameters: {often: {type: months, value: 1}}
    triggers:
      due: {kind: schedule}
      watched: {kind: condition, when: account.days_past_due >= 1}
      calm: {kind: condition, when: "count(complaints[topic = \\"review_too_frequent\\"]) > 0"}
    schedule:
      standard: 6 months
      bounds: {shortest: 7 days, longest: 12 months}
      adjust:
        - {if: watched, every: often}
        - {if: {all: [calm], none: [watched]}, every: 24 months}
    """
COMPLAINT = {"id": "K1", "opened_on": "2026-11-01", "topic": "review_too_frequent", "status": "open"}


@pytest.mark.parametrize(
    ("days_late", "complaints", "reviews", "expected"),
    [
        (0, [], [], "2027-05-30"),
        (0, [], [review("2026-08-31")], "2027-02-28"),
        (0, [], [review("2026-05-30")], "2027-05-30"),
        (1, [], [review("2026-08-31")], "2026-11-30"),
        (1, [], [review("2026-11-15")], "2026-12-15"),
        (0, [COMPLAINT], [review("2026-08-31")], "2027-08-31"),
        (0, [COMPLAINT], [review("2026-08-31", next_due="2027-02-01")], "2027-02-01"),
        (1, [COMPLAINT], [review("2026-11-15")], "2026-12-15"),
    ],
)
def test_the_next_review_is_the_earliest_that_is_asked_for(
    days_late: int, complaints: list[object], reviews: list[object], expected: str
) -> None:
    snapshot = customer(account(days_past_due=days_late), complaints=complaints, reviews=reviews)
    assert str(policy(SCHEDULE, subject=True).decide(snapshot).next_review) == expected


@pytest.mark.parametrize(("next_due", "state"), [("2026-11-30", "fired"), ("2026-12-01", "not_fired")])
def test_a_review_is_due_when_the_last_one_said(next_due: str, state: str) -> None:
    snapshot = customer(account(), reviews=[review("2026-06-01", next_due=next_due)])
    assert states(policy(SCHEDULE, subject=True).decide(snapshot), "due") == {"A1": state}


def test_a_customer_without_an_account_under_the_policy_has_nothing_to_review() -> None:
    decision = policy(CARDS, subject=True).decide(customer())
    assert (decision.responses, decision.next_review) == ((), None)


def test_a_policy_without_subject_is_about_the_customer() -> None:
    rules = policy(
        """
        triggers: {missed: {kind: event, event: payment_missed}}
        responses: {write: {family: a, rank: 1}}
        rules: [{id: R1, if: missed, then: [write]}]
        """
    )
    missed = event("payment_missed", "2026-11-30", account_id="A1")
    assert responses(rules.decide(customer(account("A1"), events=[missed]))) == [("write", None)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "USD"}, "PR0750"),
        ({"as_of": "2025-12-31"}, "PR0751"),
        ({"attributes": {"wach": True}}, "PR0752"),
        ({"attributes": {"watch": "yes"}}, "PR0754"),
        ({"attributes": {"income": True}}, "PR0754"),
        ({"attributes": {"income": "1e3"}}, "PR0754"),
    ],
)
def test_a_snapshot_that_the_policy_does_not_fit_is_refused(change: dict[str, object], code: str) -> None:
    rules = policy(
        """
        effective: {from: 2026-01-01}
        inputs: {watch: {type: boolean}, income: {type: money}}
        triggers: {on_list: {kind: condition, when: watch, if_unknown: ignore}}
        """
    )
    with pytest.raises(plr.SnapshotInvalid) as caught:
        rules.decide(customer(**change))
    assert [problem.code for problem in caught.value.problems] == [code]


def test_inputs_are_typed() -> None:
    rules = policy(
        """
        inputs: {income: {type: money}, grade: {type: [low, high]}, seen: {type: date}, share: {type: ratio}}
        triggers:
          all_there:
            kind: condition
            when: income = 1000 and grade = "low" and seen = date("2026-11-01") and share = 0.25
            if_unknown: ignore
        """
    )
    given = {"income": "1000.00", "grade": "low", "seen": "2026-11-01", "share": "0.25"}
    assert states(rules.decide(customer(attributes=given)), "all_there") == {None: "fired"}
    assert states(rules.decide(customer()), "all_there") == {None: "unknown"}


def test_parameters_follow_the_day_and_the_profile() -> None:
    body = """
        effective: {from: 2026-01-01}
        parameters:
          most: {type: days, value: [{from: 2026-01-01, value: 60}, {from: 2026-11-30, value: 45}]}
        profiles: {strict: {most: 10}}
        triggers: {late: {kind: condition, when: "some a in accounts satisfies a.days_past_due >= most"}}
        """
    late = account(days_past_due=45)
    rules = policy(body)
    assert states(rules.decide(customer(late)), "late") == {None: "fired"}
    assert states(rules.decide(customer(late, as_of="2026-11-29")), "late") == {None: "not_fired"}
    strict = policy(body, profile="strict")
    assert states(strict.decide(customer(account(days_past_due=10))), "late") == {None: "fired"}
    assert strict.fingerprint != rules.fingerprint


def test_two_responses_of_a_family_need_ranks_of_their_own() -> None:
    assert codes("responses: {a: {family: x, rank: 1}, b: {family: x, rank: 1}}") == ["PR0343"]


def test_a_decision_is_the_same_bytes_each_time() -> None:
    card = account(days_past_due=45, current_balance="9000.01", credit_limit="10000")
    rules = policy(CARDS, subject=True)
    assert (
        rules.decide(customer(card)).to_json() == policy(CARDS, subject=True).decide(customer(card)).to_json()
    )
