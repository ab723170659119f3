"""Live events and the history of them say the same, in whatever order and however often events come."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.small import moment
from live.streams import KINDS, delayed, essence, history, monitored, patterns, rules, said, streams
from postloan_rules.live.events import StreamEvent
from postloan_rules.live.outcomes import Completed, OutcomeKind

LATENESS = timedelta(days=3)
END = moment("2026-06-01")
patient = settings(suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no reason to fail."""
some_patterns = st.lists(patterns(), min_size=1, max_size=3)


def live(
    triggers: list[str], events: list[StreamEvent], batch: int, held: int = 1_000
) -> tuple[list[Completed], list[OutcomeKind]]:
    found: list[Completed] = []
    kinds = []
    with monitored(rules(triggers), lateness=LATENESS, held=held) as monitor:
        for outcome in monitor.observe_many(events, batch=batch):
            found += outcome.completions
            kinds.append(outcome.kind)
        found += monitor.advance_to(END + LATENESS)
    return found, kinds


@patient
@given(some_patterns, streams(), st.sampled_from([1, 3, 100]), st.sampled_from([0, 1_000]))
def test_in_order(triggers: list[str], events: list[StreamEvent], batch: int, held: int) -> None:
    found, _ = live(triggers, events, batch, held)
    assert len({each.id for each in found}) == len(found)
    assert essence(said(found)) == history(rules(triggers), events, END)


@patient
@given(some_patterns, streams(), st.data(), st.sampled_from([1, 3, 100]))
def test_within_the_lateness_and_twice(
    triggers: list[str], events: list[StreamEvent], data: st.DataObject, batch: int
) -> None:
    coming = data.draw(delayed(events, LATENESS))
    found, kinds = live(triggers, coming, batch)
    assert len({each.id for each in found}) == len(found)
    assert kinds.count(OutcomeKind.ACCEPTED) == len(events)
    assert essence(said(found)) == history(rules(triggers), events, END)


@patient
@given(some_patterns, streams(), st.data())
def test_batches_do_not_matter(triggers: list[str], events: list[StreamEvent], data: st.DataObject) -> None:
    coming = data.draw(st.permutations(events))
    one, kinds = live(triggers, coming, 1)
    many, kinds_of_many = live(triggers, coming, data.draw(st.integers(2, 20)))
    assert sorted(one, key=lambda each: each.id) == sorted(many, key=lambda each: each.id)
    assert kinds == kinds_of_many


@patient
@given(some_patterns.filter(lambda each: not any("absent" in one for one in each)), streams(), st.data())
def test_positive_patterns_in_any_order(
    triggers: list[str], events: list[StreamEvent], data: st.DataObject
) -> None:
    coming = data.draw(st.permutations(events))
    found, kinds = live(triggers, coming, 4)
    taken = [each for each, kind in zip(coming, kinds, strict=True) if kind is OutcomeKind.ACCEPTED]
    assert essence(said(found)) == history(rules(triggers), taken, END)


@settings(patient, max_examples=25)
@given(some_patterns, streams(most=30))
def test_a_journal_that_forgets_what_is_old(triggers: list[str], events: list[StreamEvent]) -> None:
    """The same events again and again, months apart: what is dropped has no part in anything."""
    again = [
        StreamEvent(each.customer_id, _later(each, 60 * number)) for number in range(3) for each in events
    ]
    found: list[Completed] = []
    with monitored(rules(triggers), lateness=LATENESS) as monitor:
        monitor._stream._unpruned = 10_000
        for each in again:
            found += monitor.observe(each).completions
            monitor._stream._unpruned = 10_000
        found += monitor.advance_to(END + LATENESS)
    assert essence(said(found)) == history(rules(triggers), again, END)


def _later(each: StreamEvent, days: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - an event
    from attrs import evolve

    event, length = each.event, timedelta(days=days)
    return evolve(
        event,
        id=f"{event.id}+{days}",
        occurred_on=event.occurred_on + length,
        occurred_at=event.occurred_at + length if event.occurred_at is not None else None,
    )


def test_the_kinds_are_event_types() -> None:
    assert len(KINDS) == 3
