from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from builders import policy
from live import small
from live.small import cash, event, limit, moment, other, statement
from postloan_rules.decisions import State
from postloan_rules.live import (
    Completed,
    JournalError,
    Monitor,
    MonitorBusy,
    MonitorClosed,
    OutcomeKind,
    SqliteJournal,
    StreamEvent,
    Unreadable,
    read_event,
)

if TYPE_CHECKING:
    from pathlib import Path

    import postloan_rules as plr


def names(completions: tuple[Completed, ...]) -> list[tuple[str, str]]:
    return [(each.trigger, each.end) for each in completions]


def opened(ruleset: plr.RuleSet, journal: SqliteJournal | None = None, **options: timedelta) -> Monitor:
    return Monitor(ruleset, journal=journal, workers=0, **options)  # type: ignore[arg-type]  # passed on


def other_rules(triggers: dict[str, str]) -> plr.RuleSet:
    return policy(small.text(triggers), head="")


def test_a_completion_has_what_a_service_needs(ruleset: plr.RuleSet) -> None:
    with opened(ruleset) as monitor:
        assert monitor.observe(cash("E1", "2026-01-01")).completions == ()
        outcome = monitor.observe(limit("E2", "2026-01-31", occurred_at="2026-01-31T10:00:00"))
    assert outcome.kind is OutcomeKind.ACCEPTED
    (found,) = outcome.completions
    assert (found.customer_id, found.account_id, found.trigger) == ("C1", "A1", "cash_then_limit")
    assert [each.id for each in found.events] == ["E1", "E2"]
    assert found.state is State.FIRED
    assert found.completed_at == moment("2026-01-31T10:00")
    assert found.fingerprint == ruleset.fingerprint
    assert found.words() == "Cash and then a higher limit"
    assert found.words("zh") == "取现后申请临时额度"


def test_each_event_has_one_outcome(ruleset: plr.RuleSet) -> None:
    wrong = read_event('{"id": "E9"}', "CNY", "events.jsonl:7")
    assert isinstance(wrong, Unreadable)
    events: list[StreamEvent | Unreadable] = [
        cash("E1", "2026-01-01"),
        cash("E1", "2026-01-01"),
        cash("E1", "2026-01-02"),
        cash("E1", "2026-01-02", customer="C2"),
        wrong,
        cash("E2", "2027-01-02"),
        cash("E2", "2028-06-02", customer="C2"),
        limit("E3", "2026-01-05"),
        limit("E3", "2026-01-05"),
    ]
    with opened(ruleset) as monitor:
        outcomes = list(monitor.observe_many(events))
        counters = monitor.counters()
    kinds = [each.kind.value for each in outcomes]
    assert kinds == [
        "accepted",
        "duplicate",
        "refused",
        "accepted",
        "refused",
        "accepted",
        "refused",
        "late",
        "duplicate",
    ]
    assert [problem.code for problem in outcomes[2].problems] == ["PR0901"]
    assert len(outcomes[4].problems) == 3
    assert [problem.code for problem in outcomes[6].problems] == ["PR0902"]
    assert outcomes[7].completions == ()
    assert (counters.events_in, counters.matched, counters.duplicate) == (9, 3, 2)
    assert (counters.late, counters.refused, counters.waiting) == (1, 3, 0)


def test_a_year_without_events_can_be_advanced_over(ruleset: plr.RuleSet) -> None:
    with opened(ruleset) as monitor:
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.advance_to(moment("2028-01-01"))
        assert monitor.observe(cash("E2", "2028-06-02")).kind is OutcomeKind.ACCEPTED


def test_what_did_not_happen_waits_for_the_lateness(ruleset: plr.RuleSet) -> None:
    with opened(ruleset, lateness=timedelta(days=2)) as monitor:
        monitor.observe(statement("S1", "2026-01-01"))
        monitor.observe(statement("S1", "2026-01-01", customer="C2"))
        assert monitor.observe(other("X1", "2026-01-28")).completions == ()
        monitor.observe(event("C2", "P1", "payment_received", "2026-01-26"))
        outcome = monitor.observe(other("X2", "2026-01-29"))
        assert names(outcome.completions) == [("no_payment", "S1")]
        assert outcome.completions[0].customer_id == "C1"
        assert monitor.advance_to(moment("2027-01-01")) == ()


def test_time_can_pass_without_events(ruleset: plr.RuleSet) -> None:
    with opened(ruleset) as monitor:
        monitor.observe(statement("S1", "2026-01-01"))
        assert monitor.advance_to(moment("2026-01-26T23:59")) == ()
        assert names(monitor.advance_to(moment("2026-01-27"))) == [("no_payment", "S1")]


def test_a_customers_events_without_account_are_told_for_the_customer() -> None:
    rules = other_rules(
        {"t": "{kind: pattern, sequence: [employment_changed, cash_withdrawal], within: 30 days}"}
    )
    with opened(rules) as monitor:
        monitor.observe(event("C1", "E1", "employment_changed", "2026-01-01", account_id=None))
        (of_account,) = monitor.observe(cash("E2", "2026-01-02", account_id="A7")).completions
        (of_customer,) = monitor.observe(cash("E3", "2026-01-03", account_id=None)).completions
    assert (of_account.account_id, of_customer.account_id) == ("A7", None)


@pytest.mark.parametrize(
    ("if_unknown", "states"), [("ignore", []), ("refer", [State.UNKNOWN]), ("fire", [State.FIRED])]
)
def test_an_unknown_pattern_does_what_the_policy_says(if_unknown: str, states: list[State]) -> None:
    rules = other_rules(
        {
            "t": "{kind: pattern, count: {event: cash_withdrawal, at_least: 2, where: event.amount >= 100},"
            f" within: 1 days, if_unknown: {if_unknown}}}"
        }
    )
    with opened(rules) as monitor:
        monitor.observe(cash("E1", "2026-01-01", amount="100"))
        found = monitor.observe(cash("E2", "2026-01-02")).completions
    assert [each.state for each in found] == states


def test_callbacks_are_told_before_the_outcome_is_returned(ruleset: plr.RuleSet) -> None:
    told: list[Completed] = []
    with opened(ruleset) as monitor:
        monitor.on_trigger(told.append)
        monitor.observe(cash("E1", "2026-01-01"))
        outcome = monitor.observe(limit("E2", "2026-01-02"))
        assert told == list(outcome.completions)
        assert monitor.counters().undelivered == 0
        assert monitor.deliver() == 0


def test_a_callback_that_raises_is_heard_and_told_again(ruleset: plr.RuleSet) -> None:
    told = []
    broken = True

    def callback(completed: Completed) -> None:
        if broken:
            raise ConnectionError("the decision service is down")
        told.append(completed.end)

    with opened(ruleset) as monitor:
        monitor.on_trigger(callback)
        monitor.observe(cash("E1", "2026-01-01"))
        with pytest.raises(ConnectionError, match="is down"):
            monitor.observe(limit("E2", "2026-01-02"))
        assert monitor.counters().undelivered == 1
        with pytest.raises(ConnectionError):
            monitor.observe(limit("E3", "2026-01-03"))
        assert monitor.counters().matched == 3
        with pytest.raises(ConnectionError):
            monitor.deliver()
        broken = False
        assert monitor.observe(other("X1", "2026-01-04")).kind is OutcomeKind.ACCEPTED
        assert told == ["E2", "E3"]


def test_the_events_of_a_batch_are_taken_though_a_callback_raises(ruleset: plr.RuleSet) -> None:
    def callback(_: Completed) -> None:
        raise ConnectionError

    events = iter([cash("E1", "2026-01-01"), limit("E2", "2026-01-02"), limit("E3", "2026-01-03")])
    told = []
    with opened(ruleset) as monitor:
        monitor.on_trigger(callback)
        with pytest.raises(ConnectionError):
            list(monitor.observe_many(events, batch=2))
        monitor._callbacks.clear()
        monitor.on_trigger(lambda completed: told.append(completed.end))
        assert len(list(monitor.observe_many(events, batch=2))) == 1
    assert told == ["E2", "E3"]


def test_completions_wait_for_a_callback_over_a_restart(ruleset: plr.RuleSet, tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with opened(ruleset, SqliteJournal(file)) as monitor:
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.observe(limit("E2", "2026-01-02"))
        monitor.observe(limit("E3", "2026-01-03"))
    told: list[Completed] = []
    with opened(ruleset, SqliteJournal(file)) as monitor:
        first, second = monitor.undelivered()
        monitor.acknowledge([first])
        assert monitor.counters().undelivered == 1
        monitor.on_trigger(told.append)
        assert monitor.deliver() == 1
        assert told == [second]
        assert second.words() == "Cash and then a higher limit"


def test_a_callback_can_not_call_its_monitor(ruleset: plr.RuleSet) -> None:
    with opened(ruleset) as monitor:
        monitor.on_trigger(lambda _: monitor.observe(other("X1", "2026-01-04")))
        monitor.observe(cash("E1", "2026-01-01"))
        with pytest.raises(MonitorBusy):
            monitor.observe(limit("E2", "2026-01-02"))


def test_a_closed_monitor_says_so(ruleset: plr.RuleSet) -> None:
    monitor = opened(ruleset)
    monitor.close()
    monitor.close()
    with pytest.raises(MonitorClosed):
        monitor.observe(other("X1", "2026-01-04"))


def test_threads_take_turns(ruleset: plr.RuleSet) -> None:
    told: list[str] = []

    def work(customer: str) -> None:
        for number in range(30):
            monitor.observe(cash(f"E{number}", f"2026-01-{number % 28 + 1:02}", customer=customer))

    with opened(ruleset) as monitor:
        monitor.on_trigger(lambda completed: told.append(completed.id))
        threads = [threading.Thread(target=work, args=(f"C{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert monitor.counters().matched == 120
        assert monitor.counters().completed == len(told) == len(set(told)) == 4 * 28


def test_a_changed_policy_goes_on_over_the_old_journal(ruleset: plr.RuleSet, tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with opened(ruleset, SqliteJournal(file)) as monitor:
        monitor.observe(statement("S1", "2026-01-01"))
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.observe(cash("E2", "2026-01-02"))
    changed = other_rules(
        {
            "no_payment": small.TRIGGERS["no_payment"].replace("25 days", "10 days"),
            "two": "{kind: pattern, count: {event: cash_withdrawal, at_least: 2}, within: 30 days}",
        }
    )
    with opened(changed, SqliteJournal(file)) as monitor:
        # Nothing is told of events that had all come before the change; with a new one, the old ones count.
        assert monitor.resumed == ()
        found = monitor.observe(cash("E3", "2026-01-05")).completions
        assert names(found) == [("two", "E3")]
        assert names(monitor.advance_to(moment("2026-01-12"))) == [("no_payment", "S1")]
        assert monitor.advance_to(moment("2026-02-12")) == ()


def test_outcomes_are_those_of_a_monitor_that_was_never_closed(ruleset: plr.RuleSet, tmp_path: Path) -> None:
    events = [cash(f"E{number}", f"2026-01-{number + 1:02}") for number in range(6)]
    with opened(ruleset) as monitor:
        whole = [monitor.observe(each) for each in events]
    parts = []
    for each in events:
        with opened(ruleset, SqliteJournal(tmp_path / "journal")) as monitor:
            parts.append(monitor.observe(each))
    assert parts == whole


def test_a_journal_that_fails_leaves_nothing_half_done(ruleset: plr.RuleSet, tmp_path: Path) -> None:
    """At every write of it in turn, the first event's and the second's."""
    for step in range(6):
        journal = _Failing(tmp_path / f"journal{step}")
        failed = 0
        with opened(ruleset, journal) as monitor:
            journal.left = step
            for each in (cash("E1", "2026-01-01"), limit("E2", "2026-01-02")):
                try:
                    monitor.observe(each)
                except JournalError:
                    failed += 1
                    journal.left = 1_000
                    assert monitor.observe(each).kind in (OutcomeKind.ACCEPTED, OutcomeKind.DUPLICATE)
            assert names(monitor.undelivered()) == [("cash_then_limit", "E2")]
            assert monitor.counters().matched == 2
            assert monitor.counters().completed == 1
        assert failed == (step < 4)


class _Failing(SqliteJournal):
    """Fails once, after so many writes."""

    left = 1_000

    def _writing(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as the one it takes the place of
        self.left -= 1
        if self.left == -1:
            raise JournalError("the disk is full")
        return super()._writing()
