"""From when to when: the days on which a value, a rule or the rows of a table are in force."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.policy.reader import Entry
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Span

__all__ = ["Spell", "covers", "in_sequence", "read_spell"]


@frozen
class Spell:
    """The days from `since` to `until`, both included; None is open."""

    since: date | None
    until: date | None
    span: Span


def covers(since: date | None, until: date | None, day: date) -> bool:
    """Whether the days from `since` to `until`, both included, hold this one; None is open."""
    return (since is None or since <= day) and (until is None or day <= until)


def read_spell(reading: Reading, keys: Mapping[str, Entry], what: str, span: Span) -> Spell:
    """The days that `from` and `to` give."""
    since = reading.day(keys["from"].value, f"`from` of {what}") if "from" in keys else None
    until = reading.day(keys["to"].value, f"`to` of {what}") if "to" in keys else None
    if since is not None and until is not None and until < since:
        reading.note("PR0318", f"{what}: `to` {until} is before `from` {since}", span, "exchange the dates")
    return Spell(since, until, span)


def in_sequence(reading: Reading, spells: Sequence[Spell], what: str) -> list[Spell]:
    """The spells as they are in force: each ends the day before the next begins.

    Gaps and overlaps are mistakes. The result stands in the order given.
    """
    order = sorted(range(len(spells)), key=lambda index: spells[index].since or date.min)
    found = list(spells)
    for here, there in itertools.pairwise(order):
        current, following = spells[here], spells[there]
        start = following.since
        if start is None or start == (current.since or date.min):
            message = f"{what} is given twice for {start or 'the same days'}"
            reading.note(
                "PR0318", message, following.span, "add `from`, and let one end before the next begins"
            )
            continue
        day_before = start - timedelta(days=1)
        if current.until is not None and current.until > day_before:
            message = f"{what} is given twice on {start}"
            reading.note("PR0318", message, following.span, "let one end before the next begins")
        elif current.until is not None and current.until < day_before:
            message = f"{what} is not given from {current.until + timedelta(days=1)} to {day_before}"
            help_ = f"let this one end on {day_before}, or leave out `to`"
            reading.note("PR0319", message, current.span, help_)
        found[here] = evolve(current, until=day_before)
    return found
