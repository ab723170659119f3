"""Patterns found by trying every choice of events: slow, plain, and apart from the engine's own way."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from postloan_rules.snapshot import Event

Truth = bool | None
Chosen = tuple["Event", ...]


@frozen
class Where:
    """A condition as an author writes it, and what it means for the events up to its own."""

    text: str
    holds: Callable[[Chosen], Truth] = field(repr=False, eq=False)


class Shape(Protocol):
    """A pattern: the text that an author writes, and what it comes to."""

    def yaml(self) -> str: ...

    def matches(self, events: Sequence[Event], until: datetime) -> Iterator[tuple[Chosen, Truth]]: ...


def all_of(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return False if False in known else None if None in known else True


def any_of(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return True if True in known else None if None in known else False


def compare(left: object, sign: str, right: object) -> Truth:
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    return {">=": left >= right, ">": left > right, "<=": left <= right, "=": left == right}[sign]


def moments(event: Event) -> tuple[datetime, datetime]:
    if event.occurred_at is not None:
        return event.occurred_at, event.occurred_at
    return datetime.combine(event.occurred_on, time.min), datetime.combine(event.occurred_on, time.max)


def ordered(chosen: Chosen) -> bool:
    return all(moments(a)[0] <= moments(b)[1] for a, b in itertools.combinations(chosen, 2))


@frozen
class Time:
    """So many days or hours."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"

    def holds(self, first: Event, last: Event) -> Truth:
        if self.unit == "days":
            return last.occurred_on <= first.occurred_on + timedelta(days=self.number)
        limit = timedelta(hours=self.number)
        if moments(last)[1] - moments(first)[0] <= limit:
            return True
        return False if moments(last)[0] - moments(first)[1] > limit else None

    def over(self, first: Event) -> datetime:
        if self.unit == "days":
            day: date = first.occurred_on + timedelta(days=self.number + 1)
            return datetime.combine(day, time.min)
        return moments(first)[1] + timedelta(hours=self.number, microseconds=1)


def step(kind: str, where: Where | None) -> str:
    return kind if where is None else f"{{event: {kind}, where: '{where.text}'}}"


def _truth(where: Where | None, chosen: Chosen) -> Truth:
    return True if where is None else where.holds(chosen)


@frozen
class InOrder:
    """Steps in their order."""

    steps: tuple[tuple[str, Where | None], ...]
    within: Time

    def yaml(self) -> str:
        return f"sequence: [{', '.join(step(*each) for each in self.steps)}], within: {self.within}"

    def matches(self, events: Sequence[Event], until: datetime) -> Iterator[tuple[Chosen, Truth]]:
        del until
        for chosen in itertools.permutations(events, len(self.steps)):
            fits = all(event.type == kind for event, (kind, _) in zip(chosen, self.steps, strict=True))
            if fits and ordered(chosen):
                truths = [_truth(where, chosen[: n + 1]) for n, (_, where) in enumerate(self.steps)]
                yield chosen, all_of([*truths, self.within.holds(chosen[0], chosen[-1])])


@frozen
class Many:
    """So many of a type."""

    kind: str
    where: Where | None
    at_least: int
    within: Time

    def yaml(self) -> str:
        where = f", where: '{self.where.text}'" if self.where is not None else ""
        count = f"{{event: {self.kind}, at_least: {self.at_least}{where}}}"
        return f"count: {count}, within: {self.within}"

    def matches(self, events: Sequence[Event], until: datetime) -> Iterator[tuple[Chosen, Truth]]:
        del until
        mine = [event for event in events if event.type == self.kind]
        for end in mine:
            others = [event for event in mine if event is not end and ordered((event, end))]
            for chosen in itertools.combinations(others, self.at_least - 1):
                truths = [_truth(self.where, (event,)) for event in (*chosen, end)]
                yield (
                    (*sorted(chosen, key=when), end),
                    all_of([*truths, *(self.within.holds(event, end) for event in chosen)]),
                )


@frozen
class NotFollowed:
    """One event that no other follows."""

    after: tuple[str, Where | None]
    absent: tuple[str, Where | None]
    within: Time

    def yaml(self) -> str:
        return f"after: {step(*self.after)}, absent: {step(*self.absent)}, within: {self.within}"

    def matches(self, events: Sequence[Event], until: datetime) -> Iterator[tuple[Chosen, Truth]]:
        for first in events:
            if first.type != self.after[0] or self.within.over(first) > until:
                continue
            followed = [
                all_of([self.within.holds(first, event), _truth(self.absent[1], (first, event))])
                for event in events
                if event.type == self.absent[0] and event is not first and ordered((first, event))
            ]
            none = {True: False, False: True, None: None}[any_of(followed)]
            yield (first,), all_of([_truth(self.after[1], (first,)), none])


def when(event: Event) -> tuple[datetime, datetime, str]:
    """By time; an event without a moment comes at the end of its day."""
    return moments(event)[1], moments(event)[0], event.id


def expected(shape: Shape, events: Sequence[Event], until: datetime) -> dict[str, tuple[Truth, list[str]]]:
    """By the id of the end: whether the pattern is complete, and by which events."""
    by_end: dict[str, list[tuple[Chosen, Truth]]] = {}
    for chosen, truth in shape.matches(events, until):
        by_end.setdefault(chosen[-1].id, []).append((chosen, truth))
    found: dict[str, tuple[Truth, list[str]]] = {}
    for end, matches in by_end.items():
        truth = any_of(truth for _, truth in matches)
        if truth is False:
            continue
        fitting = [chosen for chosen, other in matches if other is True or (truth is None and other is None)]
        shown = max(fitting, key=lambda chosen: [when(event) for event in reversed(chosen)])
        found[end] = truth, [event.id for event in shown]
    return found
