"""Patterns in decisions: whose events, which are new, which parameters, what is told of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from builders import account, customer, event, policy, responses, review, states
from postloan_rules.decisions.patterns import (
    completions,
    ends_involving,
    longest_within,
    scopes,
    shown_completion,
)
from postloan_rules.decisions.views import Wording, view_of
from postloan_rules.decisions.views.as_html import to_html
from postloan_rules.decisions.views.as_markdown import to_markdown
from postloan_rules.snapshot import Event, EventType

if TYPE_CHECKING:
    import postloan_rules as plr


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - year, month, day, hour; no zone is meant


NINE_O_CLOCK = at(2026, 11, 1, 9)
CASH, LIMIT = "cash_withdrawal", "temporary_limit_requested"
STATEMENT, PAYMENT = "statement_issued", "payment_received"
TAIL = """
responses: {act: {family: f, rank: 1}}
rules: [{id: R, if: it, then: [act]}]
"""
ORDER = f"{{kind: pattern, sequence: [{CASH}, {LIMIT}], within: 30 days}}"
ABSENT = f"{{kind: pattern, after: {STATEMENT}, absent: {PAYMENT}, within: 25 days}}"
BURST = f"{{kind: pattern, count: {{event: {CASH}, at_least: 2}}, within: 30 days}}"


def rules(pattern: str, *, before: str = "", subject: bool = False, head: str = "") -> plr.RuleSet:
    body = f"{before}triggers:\n  it: {pattern}{TAIL}"
    return policy(body, subject=subject, head=head) if head else policy(body, subject=subject)


def state(found: plr.Decision) -> dict[str | None, str]:
    return states(found, "it")


def on(day: int, kind: str = CASH, number: str = "", **fields: object) -> dict[str, object]:
    return event(kind, f"2026-11-{day:02}", number or f"{kind}{day}", **fields)


# Whose events


def test_an_event_of_no_account_counts_for_each_account() -> None:
    found = rules(ORDER, subject=True)
    events = [on(1), on(2, LIMIT, account_id="A1")]
    assert state(found.decide(customer(account("A1"), account("A2"), events=events))) == {
        "A1": "fired",
        "A2": "not_fired",
    }


def test_events_of_two_accounts_are_no_pattern_of_either() -> None:
    found = rules(ORDER, subject=True)
    events = [on(1, account_id="A1"), on(2, LIMIT, account_id="A2")]
    decision = found.decide(customer(account("A1"), account("A2"), events=events))
    assert set(state(decision).values()) == {"not_fired"}


def test_per_customer_takes_the_events_of_all_accounts_together() -> None:
    found = rules(ORDER.replace("within", "per: customer, within"), subject=True)
    events = [on(1, account_id="A1"), on(2, LIMIT, account_id="A2")]
    assert state(found.decide(customer(account("A1"), account("A2"), events=events))) == {None: "fired"}


def test_without_a_subject_a_pattern_is_about_the_customer() -> None:
    events = [on(1, account_id="A1"), on(2, LIMIT, account_id="A2")]
    decision = rules(ORDER).decide(customer(account("A1"), account("A2"), events=events))
    assert state(decision) == {None: "fired"}


def test_the_scopes_are_the_accounts_that_events_name() -> None:
    per_account = rules(ORDER, subject=True).policy.triggers[0]
    per_customer = rules(ORDER).policy.triggers[0]
    named = [made("E1", account_id="A2"), made("E2", account_id="A1"), made("E3")]
    assert scopes(per_account, named) == ("A1", "A2")
    assert scopes(per_account, named[2:]) == (None,)
    assert scopes(per_customer, named) == (None,)


# What is new


def test_a_pattern_whose_end_a_review_has_looked_at_does_not_fire_again() -> None:
    events = [on(1), on(5, LIMIT)]
    assert (
        state(rules(ORDER).decide(customer(events=events, reviews=[review("2026-11-06")])))[None]
        == "not_fired"
    )
    assert (
        state(rules(ORDER).decide(customer(events=events, reviews=[review("2026-11-05")])))[None] == "fired"
    )
    seen = review("2026-11-05", considered_events=[f"{LIMIT}5"])
    assert state(rules(ORDER).decide(customer(events=events, reviews=[seen])))[None] == "not_fired"


def test_an_earlier_step_that_a_review_has_looked_at_still_counts() -> None:
    events = [on(1), on(9, LIMIT)]
    assert (
        state(rules(ORDER).decide(customer(events=events, reviews=[review("2026-11-06")])))[None] == "fired"
    )


def test_an_earlier_step_that_came_to_be_known_after_the_review_is_not_lost() -> None:
    events = [on(1, recorded_on="2026-11-10"), on(5, LIMIT)]
    assert (
        state(rules(ORDER).decide(customer(events=events, reviews=[review("2026-11-06")])))[None] == "fired"
    )


def test_one_more_earlier_step_of_a_match_that_was_known_is_nothing_new() -> None:
    events = [on(1), on(2, recorded_on="2026-11-10"), on(5, LIMIT)]
    decision = rules(ORDER).decide(customer(events=events, reviews=[review("2026-11-06")]))
    assert state(decision)[None] == "not_fired"


def test_a_late_event_that_makes_an_unknown_match_certain_is_new() -> None:
    pattern = (
        f"{{kind: pattern, sequence: [{{event: {CASH}, where: event.amount > 5}}, {LIMIT}], "
        "within: 30 days, if_unknown: ignore}"
    )
    events = [on(1), on(2, amount="6", recorded_on="2026-11-10"), on(5, LIMIT)]
    reviewed = [review("2026-11-06")]
    assert state(rules(pattern).decide(customer(events=events, reviews=reviewed)))[None] == "fired"
    assert state(rules(pattern).decide(customer(events=events[::2], reviews=reviewed)))[None] == "not_fired"
    assert state(rules(pattern).decide(customer(events=events[::2])))[None] == "unknown"


@pytest.mark.parametrize(
    ("day", "reviews", "expected"),
    [
        (4, [], "fired"),
        (5, [], "not_fired"),  # its last day is the day of the snapshot: the event may still come
        (4, ["2026-11-29"], "fired"),
        (4, ["2026-11-30"], "fired"),  # that review's own day: rather told twice than lost
        (3, ["2026-11-29"], "fired"),
        (3, ["2026-11-30"], "not_fired"),
    ],
)
def test_an_absence_is_new_from_its_deadline_on(day: int, reviews: list[str], expected: str) -> None:
    found = rules(ABSENT).decide(
        customer(events=[on(day, STATEMENT)], reviews=[review(each) for each in reviews])
    )
    assert state(found)[None] == expected


def test_an_absence_after_an_event_that_came_to_be_known_late_is_not_lost() -> None:
    events = [on(1, STATEMENT, recorded_on="2026-11-29")]
    found = rules(ABSENT).decide(customer(events=events, reviews=[review("2026-11-28")]))
    assert state(found)[None] == "fired"


def test_an_absence_waits_for_its_deadline() -> None:
    found = rules(ABSENT.replace("25 days", "24 hours, if_unknown: ignore"))
    trigger = found.policy.triggers[0]

    def complete(until: datetime, **fields: object) -> list[datetime | None]:
        events = [made("E1", STATEMENT, 1, **fields)]
        return [each.completed_at for each in completions(trigger, found.policy, events, None, until=until)]

    tick = timedelta(microseconds=1)
    over = at(2026, 11, 2, 10) + tick
    assert complete(over - tick, occurred_at=at(2026, 11, 1, 10)) == []
    assert complete(over, occurred_at=at(2026, 11, 1, 10)) == [over]
    # Without a time of day it may be the end of the day: then it is over a day after that.
    assert complete(at(2026, 11, 3) - tick) == []
    assert complete(at(2026, 11, 3)) == [at(2026, 11, 3)]
    events = [made("E1", STATEMENT, 1)]
    assert list(completions(trigger, found.policy, events, None)) == []


# Parameters


DATED = """
parameters:
  far: {type: days, value: [{from: 2026-01-01, value: 5}, {from: 2026-11-10, to: 2026-12-31, value: 10}]}
  many: {type: number, value: [{from: 2026-01-01, value: 2}, {from: 2026-11-10, value: 3}]}
  much: {type: money, value: [{from: 2026-01-01, value: 100}, {from: 2026-11-10, value: 200}]}
profiles:
  strict: {far: 20}
"""
DATED_HEAD = 'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: CNY\neffective: {from: 2026-01-01, to: 2026-12-31}\n'


def shown(found: plr.RuleSet, *events: Event) -> list[list[str]]:
    trigger = found.policy.triggers[0]
    return [[one.id for one in each.events] for each in completions(trigger, found.policy, events, None)]


def ends(found: plr.RuleSet, *events: Event, until: datetime | None = None) -> list[str]:
    trigger = found.policy.triggers[0]
    return [each.end.id for each in completions(trigger, found.policy, events, None, until=until)]


def made(number: str, kind: str = CASH, day: int = 1, **fields: object) -> Event:
    return Event(id=number, type=EventType(kind), occurred_on=date(2026, 11, day), **fields)  # type: ignore[arg-type] # any field


def test_parameters_are_those_of_the_day_of_the_end() -> None:
    within = rules(
        f"{{kind: pattern, sequence: [{CASH}, {LIMIT}], within: far}}", before=DATED, head=DATED_HEAD
    )
    assert ends(within, made("E1", CASH, 3), made("E2", LIMIT, 9)) == []
    assert ends(within, made("E1", CASH, 3), made("E2", LIMIT, 10)) == ["E2"]
    count = rules(
        f"{{kind: pattern, count: {{event: {CASH}, at_least: many}}, within: 30 days}}",
        before=DATED,
        head=DATED_HEAD,
    )
    assert ends(count, made("E1", CASH, 8), made("E2", CASH, 9), made("E3", CASH, 11)) == ["E2", "E3"]
    assert ends(count, made("E1", CASH, 9), made("E2", CASH, 11)) == []
    where = rules(
        f"{{kind: pattern, sequence: [{CASH}, {{event: {LIMIT}, where: event.amount >= much}}], within: 20 days, "
        "if_unknown: ignore}",
        before=DATED,
        head=DATED_HEAD,
    )
    assert ends(where, made("E1"), made("E2", LIMIT, 9, amount=Decimal(100))) == ["E2"]
    assert ends(where, made("E1"), made("E2", LIMIT, 10, amount=Decimal(100))) == []
    assert ends(where, made("E1"), made("E2", LIMIT, 10, amount=Decimal(200))) == ["E2"]


def test_an_absence_takes_the_parameters_of_the_day_of_its_first_event() -> None:
    found = rules(
        f"{{kind: pattern, after: {STATEMENT}, absent: {PAYMENT}, within: far}}",
        before=DATED,
        head=DATED_HEAD,
    )
    assert ends(found, made("E1", STATEMENT, 9), until=at(2026, 11, 15)) == ["E1"]
    assert ends(found, made("E1", STATEMENT, 10), until=at(2026, 11, 15)) == []
    assert ends(found, made("E1", STATEMENT, 10), until=at(2026, 11, 21)) == ["E1"]


def test_events_outside_the_days_of_the_policy_take_its_first_and_its_last_values() -> None:
    found = rules(
        f"{{kind: pattern, sequence: [{CASH}, {LIMIT}], within: far}}", before=DATED, head=DATED_HEAD
    )

    def pair(first: date, last: date) -> list[str]:
        kinds = (EventType.CASH_WITHDRAWAL, EventType.TEMPORARY_LIMIT_REQUESTED)
        days = zip(kinds, (first, last), strict=True)
        return ends(found, *(Event(id=kind.value, type=kind, occurred_on=day) for kind, day in days))

    assert pair(date(2025, 5, 1), date(2025, 5, 6)) == [LIMIT]
    assert pair(date(2025, 5, 1), date(2025, 5, 7)) == []
    assert pair(date(2027, 5, 1), date(2027, 5, 11)) == [LIMIT]
    assert pair(date(2027, 5, 1), date(2027, 5, 12)) == []


def test_the_end_of_the_calendar_is_no_deadline() -> None:
    found = rules(ABSENT.replace("25 days", "99999 days"))
    far = Event(id="E1", type=EventType.STATEMENT_ISSUED, occurred_on=date(9999, 12, 1))
    assert ends(found, far, until=at(9999, 12, 31, 23)) == []
    hours = rules(ABSENT.replace("25 days", "99999 hours, if_unknown: ignore"))
    assert ends(hours, far, until=at(9999, 12, 31, 23)) == []
    early = Event(id="E1", type=EventType.CASH_WITHDRAWAL, occurred_on=date(1, 1, 1))
    assert ends(rules(BURST), early, Event(id="E2", type=early.type, occurred_on=date(1, 1, 2))) == ["E2"]


# What is unknown


REDRAWN = f"""
    kind: pattern
    sequence:
      - {{event: {PAYMENT}, where: event.outcome = "full", as: repaid}}
      - {{event: {CASH}, where: second.amount >= 0.8 * repaid.amount}}
    within: 24 hours
    if_unknown: """


def test_an_unknown_pattern_is_referred_with_what_is_missing() -> None:
    decision = rules(REDRAWN + "refer").decide(
        customer(events=[on(1, PAYMENT, outcome="full"), on(2, amount="9")])
    )
    assert state(decision)[None] == "unknown"
    assert responses(decision) == [("refer_to_officer", None)]
    (referral,) = decision.referrals
    assert referral.missing == ("first.occurred_at", "repaid.amount", "second.occurred_at")


def test_an_unknown_pattern_can_fire_or_be_passed_over() -> None:
    snapshot = customer(events=[on(1, PAYMENT, outcome="full"), on(1, amount="9")])
    assert responses(rules(REDRAWN + "fire").decide(snapshot)) == [("act", None)]
    assert responses(rules(REDRAWN + "ignore").decide(snapshot)) == []


def test_what_is_missing_of_a_count_and_of_an_absence() -> None:
    count = rules(
        f"{{kind: pattern, count: {{event: {CASH}, at_least: 2, where: event.amount > 1}}, within: 4 hours, "
        "if_unknown: refer}"
    )
    (referral,) = count.decide(customer(events=[on(1), on(1, CASH, "E2", amount="9")])).referrals
    assert referral.missing == ("event.amount", "event.occurred_at")
    absent = rules(
        f"{{kind: pattern, after: {STATEMENT}, absent: {{event: {PAYMENT}, where: event.amount >= first.amount}}, "
        "within: 5 days, if_unknown: refer}"
    )
    (referral,) = absent.decide(customer(events=[on(1, STATEMENT, amount="5"), on(3, PAYMENT)])).referrals
    assert referral.missing == ("event.amount",)


def test_another_trigger_reads_a_pattern_as_yes_no_or_unknown() -> None:
    body = f"""
    triggers:
      it: {{kind: pattern, count: {{event: {CASH}, at_least: 2, where: event.amount > 1}}, within: 30 days, if_unknown: ignore}}
      known: {{kind: condition, when: it != null and it}}
      quiet: {{kind: condition, when: not(it), if_unknown: fire}}
    responses: {{act: {{family: f, rank: 1}}}}
    rules: [{{id: R, if: {{all: [known]}}, then: [act]}}]
    """
    unknown = policy(body).decide(customer(events=[on(1), on(2)]))
    assert states(unknown, "known") == {None: "not_fired"}
    assert states(unknown, "quiet") == {None: "fired"}
    fired = policy(body).decide(customer(events=[on(1, amount="2"), on(2, amount="2")]))
    assert states(fired, "known") == {None: "fired"}
    assert states(fired, "quiet") == {None: "not_fired"}


def test_a_rule_asks_for_a_pattern_and_a_condition() -> None:
    body = f"""
    triggers:
      it: {ORDER}
      late: {{kind: condition, when: account.days_past_due > 0}}
    responses: {{act: {{family: f, rank: 1}}}}
    rules: [{{id: R, if: {{all: [it, late]}}, then: [act]}}]
    """
    events = [on(1), on(2, LIMIT)]
    snapshot = customer(account("A1", days_past_due=3), account("A2"), events=events)
    assert responses(policy(body, subject=True).decide(snapshot)) == [("act", "A1")]


def test_a_condition_on_a_step_can_be_a_tree() -> None:
    found = rules(
        f"""
    kind: pattern
    sequence:
      - {CASH}
      - event: {LIMIT}
        where: {{any: [event.amount >= first.amount, {{none: [event.outcome != "declined"]}}]}}
    within: 3 days
    if_unknown: ignore"""
    )
    declined = [on(1, amount="5"), on(2, LIMIT, amount="1", outcome="declined")]
    assert state(found.decide(customer(events=declined)))[None] == "fired"
    granted = [on(1, amount="5"), on(2, LIMIT, amount="1", outcome="granted")]
    assert state(found.decide(customer(events=granted)))[None] == "not_fired"


# What is told


def test_the_trace_shows_the_events_of_the_latest_match_with_their_conditions() -> None:
    events = [
        on(1, PAYMENT, outcome="full", amount="100"),
        on(1, CASH, "EARLY", amount="90"),
        on(9, PAYMENT, outcome="full", amount="100"),
        on(9, CASH, "LATE", amount="80"),
    ]
    decision = rules(REDRAWN + "refer").decide(customer(events=events))
    step = decision.trace.trigger("it").step
    assert (step.kind, step.value) == ("pattern", True)
    assert [(part.text, part.record_id) for part in step.parts] == [(PAYMENT, f"{PAYMENT}9"), (CASH, "LATE")]
    assert [part.parts[0].value for part in step.parts] == [True, True]
    assert "second.amount" in {each.text for each in step.walk()}


def test_why_names_the_events_of_a_match() -> None:
    decision = rules(ORDER).decide(customer(events=[on(1), on(2, LIMIT)]))
    (condition,) = decision.why("act").reason.conditions
    assert (condition.kind, condition.truth, condition.event_id) == ("pattern", True, f"{LIMIT}2")
    assert [each.event_id for each in condition.reads] == [f"{CASH}1", f"{LIMIT}2"]
    assert f"{CASH} [{CASH}1] = 2026-11-01" in str(condition)
    assert condition.to_dict()["reads"] == [
        {"name": CASH, "value": "2026-11-01", "event_id": f"{CASH}1"},
        {"name": LIMIT, "value": "2026-11-02", "event_id": f"{LIMIT}2"},
    ]


def test_why_not_says_that_a_pattern_did_not_happen() -> None:
    decision = rules(ORDER).decide(customer(events=[on(1)]))
    (gap,) = decision.why_not("act").rules[0].needs
    assert (gap.condition.kind, gap.condition.truth, gap.needed) == ("pattern", False, True)


def test_the_numbers_of_events_are_masked_in_views() -> None:
    events = [on(1, CASH, "SECRET-0001"), on(2, LIMIT, "SECRET-0002")]
    decision = rules(ORDER).decide(customer(events=events))
    view = view_of(decision)
    for shown_as in (to_markdown, to_html):
        page = shown_as(view, Wording("en", "CNY"))
        assert "SECRET" not in page
        assert "•••001" in page


def test_the_completion_that_is_told_is_the_latest_that_is_complete() -> None:
    found = rules(BURST)
    trigger = found.policy.triggers[0]
    events = [made("E1", CASH, 1), made("E2", CASH, 2), made("E3", CASH, 3)]
    told = shown_completion(list(completions(trigger, found.policy, events, None)))
    assert told is not None
    assert [each.id for each in told.events] == ["E2", "E3"]
    assert (told.completed_on, told.completed_at) == (date(2026, 11, 3), None)
    assert shown_completion([]) is None


# The ways of asking


def test_two_versions_of_an_event_count_as_one_whatever_comes_first() -> None:
    found = rules(BURST)
    trigger = found.policy.triggers[0]
    twice = [made("E1", CASH, 1), made("E1", CASH, 2)]
    assert list(completions(trigger, found.policy, twice, None)) == []
    three = [*twice, made("E2", CASH, 3)]
    assert list(completions(trigger, found.policy, three, None)) == list(
        completions(trigger, found.policy, three[::-1], None)
    )


def test_an_absence_is_asked_for_by_the_event_that_it_follows() -> None:
    found = rules(ABSENT)
    trigger = found.policy.triggers[0]
    events = [made("E1", STATEMENT, 1), made("E2", PAYMENT, 2), made("E3", STATEMENT, 3)]
    assert ends_involving(trigger, found.policy, events, None, {"E1", "E2"}) == {"E1"}


def test_the_longest_time_counts_every_value_of_a_parameter() -> None:
    dated = rules(
        f"{{kind: pattern, sequence: [{CASH}, {LIMIT}], within: far}}", before=DATED, head=DATED_HEAD
    )
    assert longest_within(dated.policy.triggers[0], dated.policy) == timedelta(days=10)
    months = rules(ORDER.replace("30 days", "2 months"))
    assert longest_within(months.policy.triggers[0], months.policy) == timedelta(days=62)
    hours = rules(ORDER.replace("30 days", "24 hours, if_unknown: ignore"))
    assert longest_within(hours.policy.triggers[0], hours.policy) == timedelta(days=2)


def test_a_trigger_of_another_kind_has_no_completions() -> None:
    found = policy(f"triggers: {{it: {{kind: event, event: {CASH}}}}}{TAIL}")
    trigger = found.policy.triggers[0]
    assert list(completions(trigger, found.policy, [made("E1")], None)) == []
    assert ends_involving(trigger, found.policy, [made("E1")], None, {"E1"}) == frozenset()
    assert longest_within(trigger, found.policy) == timedelta(0)


def test_a_choice_that_fails_does_not_rule_out_the_others_of_its_day() -> None:
    again = rules(
        f"{{kind: pattern, sequence: [{{event: {CASH}, where: event.amount >= 5}}, {CASH}, {LIMIT}], within: 30 days, "
        "if_unknown: ignore}"
    )
    one_day = [
        made("E1", CASH, 1, amount=Decimal(1)),
        made("E2", CASH, 1, amount=Decimal(9)),
        made("E3", LIMIT, 2),
    ]
    assert shown(again, *one_day) == [["E2", "E1", "E3"]]
    pair = rules(
        f"{{kind: pattern, sequence: [{PAYMENT}, {{event: {CASH}, where: event.amount = first.amount}}, {LIMIT}], "
        "within: 30 days, if_unknown: ignore}"
    )
    amounts = [made("E1", PAYMENT, 1, amount=Decimal(5)), made("E2", CASH, 2, amount=Decimal(5))]
    assert shown(pair, *amounts, made("E3", CASH, 2, amount=Decimal(6)), made("E4", LIMIT, 3)) == [
        ["E1", "E2", "E4"]
    ]


def test_an_event_without_a_time_on_the_last_day_of_hours_leaves_an_absence_open() -> None:
    found = rules(ABSENT.replace("25 days", "24 hours, if_unknown: ignore"))
    trigger = found.policy.triggers[0]
    first = made("E1", STATEMENT, 1, occurred_at=NINE_O_CLOCK)
    for day, answer in ((1, []), (2, [None]), (3, [True])):
        events = [first, made("E2", PAYMENT, day)]
        later = NINE_O_CLOCK + timedelta(days=5)
        assert [
            each.state for each in completions(trigger, found.policy, events, None, until=later)
        ] == answer


def test_a_search_in_vain_among_many_events_comes_to_an_end() -> None:
    steps = ", ".join([CASH] * 4 + [f"{{event: {CASH}, where: event.amount > first.amount}}"])
    found = rules(f"{{kind: pattern, sequence: [{steps}], within: 30 days, if_unknown: ignore}}")
    alike = [made(f"E{number:03}", CASH, 1 + number % 20) for number in range(120)]
    trigger = found.policy.triggers[0]
    assert {each.state for each in completions(trigger, found.policy, alike, None, ends={"E119"})} == {None}


# What is a policy of its own


@pytest.mark.parametrize(
    "other",
    [
        ORDER.replace("30 days", "31 days"),
        ORDER.replace("30 days", "30 hours, if_unknown: ignore"),
        f"{{kind: pattern, sequence: [{CASH}, {{event: {LIMIT}, where: event.amount != null}}], within: 30 days}}",
        ORDER.replace(CASH, PAYMENT),
        BURST,
        BURST.replace("2", "3"),
        ABSENT,
    ],
)
def test_another_pattern_is_another_policy(other: str) -> None:
    assert rules(other).fingerprint != rules(ORDER).fingerprint


def test_per_customer_is_another_policy_and_per_account_is_not() -> None:
    plain = rules(ORDER, subject=True).fingerprint
    assert rules(ORDER.replace("within", "per: account, within"), subject=True).fingerprint == plain
    assert rules(ORDER.replace("within", "per: customer, within"), subject=True).fingerprint != plain
