"""What looks for candidates never misses a completion that the judge of patterns finds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from live.matching_cases import event, missed, patterns, policy_of, policy_text, work
from postloan_rules.cli import main
from postloan_rules.live.matching import Judge, Work
from postloan_rules.live.shapes import Marks, Shape, Unheld, patterns_of, shape_of, unheld_patterns, waits_of
from postloan_rules.live.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.live.matching import Candidates
    from postloan_rules.policy.model import Policy

CASH_THEN_LIMIT = "sequence: [cash_withdrawal, temporary_limit_requested], within: 30 days"
THREE = "count: {event: cash_withdrawal, at_least: 3}, within: 30 days"


def candidates(policy: Policy, *batch: Work) -> Candidates:
    with Workers(policy, 1) as workers:
        found = workers.candidates(batch)
        assert workers.restarts == 0
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(patterns(), min_size=2, max_size=4), st.booleans(), work())
def test_every_completion_is_among_the_candidates_of_durable_rules(
    bodies: list[str], accounts: bool, batches: list[list[Work]]
) -> None:
    policy = policy_of({f"p{number}": body for number, body in enumerate(bodies)}, accounts=accounts)
    # Two sessions for three customers: they are dropped and built up again all the time.
    with Workers(policy, 1, sessions=2) as workers:
        for batch in batches:
            found = workers.candidates(batch)
            for each in batch:
                assert missed(policy, each, found) == []
        assert workers.restarts == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(patterns(), min_size=2, max_size=4), st.booleans(), work())
def test_every_completion_is_among_the_candidates_of_the_evaluator(
    bodies: list[str], accounts: bool, batches: list[list[Work]]
) -> None:
    policy = policy_of({f"p{number}": body for number, body in enumerate(bodies)}, accounts=accounts)
    judge = Judge(policy)
    for batch in batches:
        found = judge.candidates(batch)
        for each in batch:
            assert missed(policy, each, found) == []


def test_a_sequence_within_its_time_is_a_candidate_and_a_later_one_is_not() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT})
    cash = event("cash", "cash_withdrawal", 0)
    on_time, too_late = (event(f"limit{day}", "temporary_limit_requested", day) for day in (30, 31))
    found = candidates(policy, Work("c", (cash,), (on_time, too_late)))
    assert found == {("c", "limit30"): {"cash_then_limit"}}


def test_steps_in_the_wrong_order_are_no_candidate() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT})
    limit = event("limit", "temporary_limit_requested", 0)
    assert candidates(policy, Work("c", (limit,), (event("cash", "cash_withdrawal", 1),))) == {}


def test_an_event_that_comes_late_helps_a_later_one_to_complete() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT, "three": THREE})
    window = tuple(event(f"c{day}", "cash_withdrawal", day) for day in (10, 14))
    limit = event("limit", "temporary_limit_requested", 8)
    late = event("late", "cash_withdrawal", 7)
    found = candidates(policy, Work("c", (*window, limit), (late,)))
    assert found == {("c", "late"): {"cash_then_limit", "three"}}


def test_an_event_that_comes_late_stands_between_the_ends_of_a_count() -> None:
    policy = policy_of({"three": THREE})
    window = tuple(event(f"c{day}", "cash_withdrawal", day) for day in (0, 30))
    found = candidates(policy, Work("c", window, (event("late", "cash_withdrawal", 15),)))
    assert found == {("c", "late"): {"three"}}


def test_conditions_on_one_event_are_looked_at_and_those_between_events_are_not() -> None:
    policy = policy_of(
        {
            "larger": "sequence: [cash_withdrawal, {event: payment_missed, "
            'where: "event.amount >= 100 and event.amount > first.amount"}], within: 9 days, if_unknown: refer'
        }
    )
    cash = event("cash", "cash_withdrawal", 0, amount=5000)
    new = tuple(event(f"m{amount}", "payment_missed", 1, amount=amount) for amount in (99, 100, None))
    found = candidates(policy, Work("c", (cash,), new))
    assert found == {("c", "m100"): {"larger"}, ("c", "mNone"): {"larger"}}


def test_a_parameter_is_taken_with_whatever_value_it_has_on_some_day() -> None:
    policy = policy_of(
        {
            "several": "count: {event: cash_withdrawal, at_least: many}, within: soon",
            "larger": "sequence: [payment_missed, {event: cash_withdrawal, where: event.amount >= large}], "
            "within: soon, if_unknown: refer",
        }
    )
    shapes = {each.name: shape_of(each, policy) for each in patterns_of(policy)}
    assert shapes["several"] == Shape("several", "count", 2, "days", 9)
    (larger,) = (each for each in patterns_of(policy) if each.name == "larger")
    marks = Marks.of(larger, policy)
    assert [marks.steps(event("e", "cash_withdrawal", 0, amount=amount)) for amount in (19, 20, 60)] == [
        0,
        2,
        2,
    ]


def test_accounts_are_told_apart_and_an_event_of_no_account_counts_for_each() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT}, accounts=True)
    window = (event("a1", "cash_withdrawal", 0, account="a"),)
    other = event("b1", "temporary_limit_requested", 1, account="b")
    for_all = event("n1", "temporary_limit_requested", 1)
    assert candidates(policy, Work("c", window, (other,))) == {}
    assert candidates(policy, Work("c", window, (other, for_all))) == {("c", "n1"): {"cash_then_limit"}}


def test_customers_may_use_the_same_numbers_for_their_events() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT})
    cash, limit = event("1", "cash_withdrawal", 0), event("2", "temporary_limit_requested", 1)
    found = candidates(policy, Work("c", (cash,), (limit,)), Work("d", (), (limit,)), Work("e", (), (cash,)))
    assert found == {("c", "2"): {"cash_then_limit"}}


def test_the_same_event_twice_is_one() -> None:
    policy = policy_of({"three": THREE})
    one = event("1", "cash_withdrawal", 0)
    other = event("2", "cash_withdrawal", 0)
    assert candidates(policy, Work("c", (one, one), (one, other, other))) == {}


def test_an_hour_is_counted_from_moment_to_moment_where_both_are_known() -> None:
    policy = policy_of(
        {"at_once": "sequence: [cash_withdrawal, payment_missed], within: 1 hours, if_unknown: refer"}
    )
    cash = event("cash", "cash_withdrawal", 0, dt.time(10, 0, 0, 1))
    times = (dt.time(11, 0, 0, 1), dt.time(11, 0, 2), None)
    new = tuple(event(f"m{number}", "payment_missed", 0, time) for number, time in enumerate(times))
    assert candidates(policy, Work("c", (cash,), new)).keys() == {("c", "m0"), ("c", "m2")}


def test_ten_steps_are_held() -> None:
    kinds = ("cash_withdrawal", "payment_missed") * 5
    policy = policy_of({"long": f"sequence: [{', '.join(kinds)}], within: 30 days"})
    events = tuple(event(f"e{day}", kind, day) for day, kind in enumerate(kinds))
    with Workers(policy, 1) as workers:
        assert workers.held == ("long",)
        found = workers.candidates([Work("c", events[:-1], events[-1:])])
        assert workers.crowded == 0
        assert workers.restarts == 0
    assert found == {("c", "e9"): {"long"}}


def test_what_is_not_held_is_run_by_the_evaluator_and_the_check_says_so() -> None:
    policy = policy_of(
        {
            "no_payment": "after: {event: over_limit}, absent: {event: payment_missed}, within: 25 days",
            "very_many": "count: {event: cash_withdrawal, at_least: 200}, within: 30 days",
            "three": THREE,
        }
    )
    unheld = {
        each.name for each in policy.triggers if each.pattern and isinstance(shape_of(each, policy), Unheld)
    }
    assert unheld == {"no_payment", "very_many"}
    assert waits_of(policy) == ("no_payment",)
    (problem,) = unheld_patterns(policy)
    assert (problem.code, problem.severity) == ("PR0911", "warning")
    assert problem.message == (
        "live, the pattern `very_many` is run by the evaluator: it counts 200 events, and durable-rules is given "
        "128 of a customer at most"
    )
    with Workers(policy, 1) as workers:
        assert workers.held == ("three",)
        many = tuple(event(f"e{number}", "cash_withdrawal", number % 30) for number in range(200))
        assert workers.candidates([Work("c", many[:-1], many[-1:])])["c", "e199"] == {"three", "very_many"}


def test_more_events_than_durable_rules_is_given_are_left_to_the_evaluator() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT, "three": THREE})
    window = tuple(event(f"e{number}", "cash_withdrawal", number % 30) for number in range(500))
    new = (event("limit", "temporary_limit_requested", 29), event("cash", "cash_withdrawal", 29))
    with Workers(policy, 1) as workers:
        found = workers.candidates([Work("c", window, new)])
        assert workers.crowded == 2
        assert workers.pids == ()
    assert found == {("c", "limit"): {"cash_then_limit"}, ("c", "cash"): {"cash_then_limit", "three"}}


@pytest.mark.parametrize("body", [CASH_THEN_LIMIT, THREE])
def test_no_event_is_no_work(body: str) -> None:
    policy = policy_of({"pattern": body})
    assert candidates(policy) == {}
    assert candidates(policy, Work("c", (event("1", "cash_withdrawal", 0),), ())) == {}


def test_check_says_which_patterns_durable_rules_is_not_given(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        policy_text(
            {
                "no_payment": "after: {event: over_limit}, absent: {event: payment_missed}, within: 25 days",
                "very_many": "count: {event: cash_withdrawal, at_least: 200}, within: 30 days",
            }
        ),
        encoding="utf-8",
    )
    checked = CliRunner().invoke(main, ["check", str(file)])
    assert checked.exit_code == 0
    assert "looked for by the evaluator, not by durable-rules: `no_payment`\n" in checked.stdout
    assert "warning PR0911: live, the pattern `very_many` is run by the evaluator" in checked.stdout
    assert checked.stdout.endswith("\n1 warning\n")
