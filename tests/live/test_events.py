from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.small import cash
from live.test_sqlite_journal import events
from postloan_rules.live import StreamEvent, Unreadable, event_line, read_event, read_events
from postloan_rules.live.events import split_lines

if TYPE_CHECKING:
    from postloan_rules.snapshot import Event

GOOD = {"customer_id": "C1", "id": "E1", "type": "dormant", "occurred_on": "2026-11-30"}


def codes(line: str | bytes) -> list[tuple[str, str]]:
    found = read_event(line, "CNY", "f:7")
    assert isinstance(found, Unreadable)
    return [(problem.code, problem.path) for problem in found.problems]


def test_an_event_is_read() -> None:
    line = {
        **GOOD,
        "type": "cash_withdrawal",
        "amount": "12.50",
        "account_id": "A1",
        "attributes": {"atm": "x"},
    }
    found = read_event(json.dumps(line), "CNY")
    assert isinstance(found, StreamEvent)
    assert (found.customer_id, found.event.amount, found.event.account_id) == ("C1", Decimal("12.50"), "A1")
    assert dict(found.event.attributes) == {"atm": "x"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "dormantt"}, [("PR0711", "f:7: $.type")]),
        ({"customer_id": None}, [("PR0707", "f:7: $.customer_id")]),
        ({"customer_id": " C1"}, [("PR0714", "f:7: $.customer_id")]),
        ({"id": 7, "amount": 1.5}, [("PR0708", "f:7: $.amount"), ("PR0705", "f:7: $.id")]),
        ({"occurred_at": "2026-11-29T10:00:00"}, [("PR0720", "f:7: $.occurred_at")]),
        ({"recorded_on": "2026-11-29"}, [("PR0719", "f:7: $.recorded_on")]),
        ({"amount": "1.234"}, [("PR0713", "f:7: $.amount")]),
        ({"account_id": ""}, [("PR0714", "f:7: $.account_id")]),
        ({"shop": "x"}, [("PR0706", "f:7: $.shop")]),
    ],
)
def test_all_that_is_wrong_is_told_with_its_path(
    change: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert codes(json.dumps({**GOOD, **change})) == expected


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[]", "PR0705"),
        ('"x"', "PR0705"),
        ("{", "PR0702"),
        (json.dumps(GOOD) * 2, "PR0702"),
        (b"\xff\xfe", "PR0701"),
        ("[" * 100_000, "PR0703"),
        (json.dumps(GOOD).replace('"id"', '"id": "E0", "id"'), "PR0704"),
    ],
)
def test_a_line_that_is_no_event(line: str | bytes, code: str) -> None:
    assert [each for each, _ in codes(line)] == [code]


def test_a_bad_line_stops_nothing_and_says_its_number() -> None:
    good = json.dumps(GOOD)
    first, second, third = read_events([good, "", "  ", "{}", good], "CNY", "events.jsonl")
    assert isinstance(first, StreamEvent)
    assert isinstance(second, Unreadable)
    assert second.problems[0].path.startswith("events.jsonl:4: $")
    assert second.text == "{}"
    assert first == third


@given(events)
def test_an_event_written_is_read_again(event: Event) -> None:
    each = StreamEvent("C1", event)
    found = read_event(event_line(each, "CNY"), "CNY")
    # What a program builds may be what no reader takes; what it takes, it takes as it is.
    assert isinstance(found, Unreadable) or found == each


@given(st.text() | st.binary())
def test_whatever_comes_is_an_event_or_says_what_is_wrong(line: str | bytes) -> None:
    found = read_event(line, "CNY")
    assert isinstance(found, StreamEvent) or found.problems


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "amount", "account_id", "x"]), st.none() | st.integers() | st.text()
    )
)
def test_every_object_is_an_event_or_says_what_is_wrong(data: dict[str, object]) -> None:
    found = read_event(json.dumps({**GOOD, **data}), "CNY")
    assert isinstance(found, StreamEvent) or found.problems


def test_lines_are_put_together_from_chunks() -> None:
    text = "".join(f"{event_line(cash(f'E{number}', '2026-01-01'), 'CNY')}\n" for number in range(9)).encode()
    lines: list[bytes] = []
    begun = b""
    for at in range(0, len(text), 7):
        some, begun = split_lines(text[at : at + 7], begun)
        lines += some
    assert (b"\n".join(lines) + b"\n", begun) == (text, b"")


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    begun = b""
    for _ in range(50):
        lines, begun = split_lines(b"x" * 1_000_000, begun)
        assert lines == []
    assert len(begun) < 3_000_000
