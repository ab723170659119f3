"""The patterns in docs/language.md find in the examples beside them what the page says."""

from __future__ import annotations

import re
import textwrap
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from builders import policy
from postloan_rules.decisions.patterns import completions
from postloan_rules.snapshot import Event, EventType

LATER = datetime.combine(date(2027, 1, 1), time.min)
PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Patterns\n") : PAGE.index("## What differs from the standard\n")]
_FENCE = re.compile(
    r"```yaml\n(.*?)```\n\n\| events \| complete by \|\n\|---\|---\|\n((?:\|[^\n]*\n)+)", re.DOTALL
)
_ROW = re.compile(r"^\| `(.+)` \| `(.+)` \|$", re.MULTILINE)
EXAMPLES = [
    (pattern, events, answer)
    for pattern, rows in _FENCE.findall(SECTION)
    for events, answer in _ROW.findall(rows)
]


def _event(number: int, text: str) -> Event:
    kind, day, *more = text.split()
    on = date(2026, 2, 28) + timedelta(days=int(day))
    at = datetime.combine(on, time.fromisoformat(more.pop(0))) if more and ":" in more[0] else None
    amount = more.pop(0) if more else "?"
    outcome = more.pop(0) if more else "?"
    return Event(
        id=f"E{number}",
        type=EventType(kind),
        occurred_on=on,
        occurred_at=at,
        amount=None if amount == "?" else Decimal(amount),
        outcome=None if outcome == "?" else outcome,
    )


def test_the_page_has_all_forms() -> None:
    assert len(_FENCE.findall(SECTION)) == 5
    assert len(EXAMPLES) > 45


@pytest.mark.parametrize(("pattern", "events", "answer"), EXAMPLES)
def test_an_example_of_the_page(pattern: str, events: str, answer: str) -> None:
    body = "triggers:\n  it:\n" + textwrap.indent(pattern, "    ")
    found = policy(body + "responses: {act: {family: f, rank: 1}}\nrules: [{id: R, if: it, then: [act]}]\n")
    stream = [_event(number, text) for number, text in enumerate(events.split(", "), start=1)]
    for each in (stream, stream[::-1]):
        made = completions(found.policy.triggers[0], found.policy, each, None, until=LATER)
        shown = [
            ("" if one.state else "unknown: ") + " ".join(event.id.removeprefix("E") for event in one.events)
            for one in made
        ]
        assert "; ".join(shown) == answer.replace("none", "")
