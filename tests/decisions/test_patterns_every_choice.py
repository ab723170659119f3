"""The judge of patterns finds what trying every choice of events finds; and the laws that it keeps."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import policy
from every_choice import InOrder, Many, NotFollowed, Time, Where, all_of, any_of, compare, expected
from postloan_rules.decisions.patterns import Completion, completions, ends_involving, longest_within
from postloan_rules.snapshot import Event, EventType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from every_choice import Chosen, Shape, Truth
    from postloan_rules.policy.model import Policy, Trigger

KINDS = (EventType.CASH_WITHDRAWAL, EventType.PAYMENT_RECEIVED, EventType.PAYMENT_MISSED)
FIRST_DAY = date(2026, 3, 1)
LAST = datetime.combine(date(2026, 3, 6), time.min)


def _equals(left: str | None, right: str) -> Truth:
    return None if left is None else left == right


def _same_known(chosen: Chosen) -> Truth:
    return all_of([chosen[-1].amount is not None, compare(chosen[-1].amount, "=", chosen[0].amount)])


ALONE = (
    None,
    Where("event.amount >= 3", lambda chosen: compare(chosen[-1].amount, ">=", Decimal(3))),
    Where('event.outcome = "a"', lambda chosen: _equals(chosen[-1].outcome, "a")),
    Where(
        'event.outcome = "a" or event.amount > 2',
        lambda chosen: any_of(
            [_equals(chosen[-1].outcome, "a"), compare(chosen[-1].amount, ">", Decimal(2))]
        ),
    ),
)
TOGETHER = (
    *ALONE,
    Where("event.amount >= first.amount", lambda chosen: compare(chosen[-1].amount, ">=", chosen[0].amount)),
    Where("event.amount != null and event.amount = first.amount", _same_known),
)
THIRD = (
    *TOGETHER,
    Where(
        "first.amount >= second.amount and event.amount > 1",
        lambda chosen: all_of(
            [
                compare(chosen[0].amount, ">=", chosen[1].amount),
                compare(chosen[-1].amount, ">", Decimal(1)),
            ]
        ),
    ),
)

times = st.one_of(
    st.builds(Time, st.integers(0, 3), st.just("days")),
    st.builds(Time, st.sampled_from([1, 3, 24, 30]), st.just("hours")),
)
kinds = st.sampled_from([KINDS[0].value, KINDS[0].value, KINDS[1].value, KINDS[2].value])


@st.composite
def sequences(draw: st.DrawFn) -> Shape:
    steps = [(draw(kinds), draw(st.sampled_from(ALONE)))]
    steps += [
        (draw(kinds), draw(st.sampled_from(TOGETHER if number == 0 else THIRD)))
        for number in range(draw(st.integers(1, 3)))
    ]
    return InOrder(tuple(steps), draw(times))


counts = st.builds(Many, kinds, st.sampled_from(ALONE), st.integers(2, 4), times)
absences = st.builds(
    NotFollowed,
    st.tuples(kinds, st.sampled_from(ALONE)),
    st.tuples(kinds, st.sampled_from(TOGETHER)),
    times,
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[Event, ...]:
    found = []
    # Few days and few types make for many events that stand in either order.
    days, types = draw(st.sampled_from([0, 1, 4])), draw(st.integers(1, 3))
    for number in range(draw(st.integers(0, 7))):
        day = FIRST_DAY + timedelta(days=draw(st.integers(0, days)))
        hour = draw(st.sampled_from([None, None, 0, 9, 12, 23]))
        amount = draw(st.sampled_from([None, 1, 2, 3, 4]))
        found.append(
            Event(
                id=f"E{number}",
                type=draw(st.sampled_from(KINDS[:types])),
                occurred_on=day,
                occurred_at=None if hour is None else datetime.combine(day, time(hour)),
                amount=None if amount is None else Decimal(amount),
                outcome=draw(st.sampled_from([None, "a", "b"])),
                account_id=draw(st.sampled_from([None, "A1", "A2"])),
            )
        )
    return tuple(found)


LOADED: dict[str, tuple[Trigger, Policy]] = {}


def loaded(shape: Shape) -> tuple[Trigger, Policy]:
    if shape.yaml() not in LOADED:
        LOADED[shape.yaml()] = read(shape)
    return LOADED[shape.yaml()]


def read(shape: Shape) -> tuple[Trigger, Policy]:
    body = f"triggers:\n  it: {{kind: pattern, {shape.yaml()}, if_unknown: ignore}}\n"
    if not may_be_unknown(shape):
        body = body.replace(", if_unknown: ignore", "")
    found = policy(body + "responses: {act: {family: f, rank: 1}}\nrules: [{id: R, if: it, then: [act]}]\n")
    made: Policy = found.policy
    return made.triggers[0], made


def may_be_unknown(shape: Shape) -> bool:
    return "hours" in shape.yaml() or "where" in shape.yaml()


def found_in(
    shape: Shape,
    events: Sequence[Event],
    account_id: str | None = None,
    *,
    until: datetime = LAST,
    ends: frozenset[str] | None = None,
) -> list[Completion]:
    trigger, made = loaded(shape)
    return list(completions(trigger, made, events, account_id, until=until, ends=ends))


def states(found: list[Completion]) -> dict[str, Truth]:
    return {each.end.id: each.state for each in found}


@settings(max_examples=600)
@given(
    shape=st.one_of(sequences(), sequences(), counts, absences),
    events=streams(),
    account=st.sampled_from([None, "A1"]),
)
def test_what_is_found_is_what_every_choice_finds(
    shape: Shape, events: tuple[Event, ...], account: str | None
) -> None:
    mine = [each for each in events if account is None or each.account_id in (None, account)]
    found = found_in(shape, events, account)
    shown = {each.end.id: (each.state, [event.id for event in each.events]) for each in found}
    assert len(shown) == len(found)
    assert shown == expected(shape, mine, LAST)


@settings(max_examples=150)
@given(shape=st.one_of(sequences(), counts, absences), events=streams(), data=st.data())
def test_neither_the_order_of_events_nor_duplicates_make_a_difference(
    shape: Shape, events: tuple[Event, ...], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))
    assert found_in(shape, shuffled) == found_in(shape, events)


@settings(max_examples=200)
@given(shape=st.one_of(sequences(), counts), events=streams(), data=st.data())
def test_what_is_complete_stays_so_with_more_events(
    shape: Shape, events: tuple[Event, ...], data: st.DataObject
) -> None:
    kept = [each for each in events if data.draw(st.booleans())]
    few, many = states(found_in(shape, kept)), states(found_in(shape, events))
    assert all(many.get(end, False) is not False for end in few)
    assert all(many[end] is True for end, state in few.items() if state is True)


@settings(max_examples=300)
@given(shape=st.one_of(sequences(), counts, absences), events=streams(), data=st.data())
def test_learning_a_value_settles_and_never_turns_an_answer(
    shape: Shape, events: tuple[Event, ...], data: st.DataObject
) -> None:
    learnt = [
        evolve(
            each,
            amount=each.amount if each.amount is not None else Decimal(data.draw(st.integers(1, 4))),
            outcome=each.outcome or data.draw(st.sampled_from(["a", "b"])),
        )
        if data.draw(st.booleans())
        else each
        for each in events
    ]
    before, after = states(found_in(shape, events)), states(found_in(shape, learnt))
    for event in events:
        was, now = before.get(event.id, False), after.get(event.id, False)
        assert was is None or now is was


@settings(max_examples=200)
@given(shape=st.one_of(sequences(), counts, absences), events=streams(), data=st.data())
def test_learning_the_time_of_day_settles_where_no_two_events_share_a_day(
    shape: Shape, events: tuple[Event, ...], data: st.DataObject
) -> None:
    apart = list({each.occurred_on: each for each in events}.values())
    learnt = [
        evolve(each, occurred_at=datetime.combine(each.occurred_on, time(data.draw(st.integers(0, 23)))))
        if each.occurred_at is None
        else each
        for each in apart
    ]
    late = LAST + timedelta(days=30)
    before, after = states(found_in(shape, apart, until=late)), states(found_in(shape, learnt, until=late))
    for event in apart:
        was, now = before.get(event.id, False), after.get(event.id, False)
        assert was is None or now is was


@settings(max_examples=300)
@given(shape=st.one_of(sequences(), counts), events=streams(), data=st.data())
def test_what_an_event_adds_ends_among_the_ends_that_it_may_bring(
    shape: Shape, events: tuple[Event, ...], data: st.DataObject
) -> None:
    fresh = {each.id for each in events if data.draw(st.booleans())}
    old = states(found_in(shape, [each for each in events if each.id not in fresh]))
    everything = found_in(shape, events)
    trigger, made = loaded(shape)
    ends = ends_involving(trigger, made, events, None, fresh)
    added = {end for end, state in states(everything).items() if state is not old.get(end, False)}
    assert added <= ends
    assert found_in(shape, events, ends=ends) == [each for each in everything if each.end.id in ends]


@settings(max_examples=200)
@given(shape=st.one_of(sequences(), counts), events=streams())
def test_no_match_takes_longer_than_is_said(shape: Shape, events: tuple[Event, ...]) -> None:
    trigger, made = loaded(shape)
    longest = longest_within(trigger, made)
    for each in found_in(shape, events):
        days = [event.occurred_on for event in each.events]
        assert max(days) - min(days) <= longest
