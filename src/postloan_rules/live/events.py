"""Events as services send them: one JSON object a line, read strictly, with all that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.problems import Problem, Source, Span
from postloan_rules.snapshot import Event, Snapshot, SnapshotInvalid
from postloan_rules.snapshot.decoding import Repeated, decode
from postloan_rules.snapshot.refusal import found
from postloan_rules.snapshot.writing import to_data, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "StreamEvent",
    "Unreadable",
    "earliest",
    "event_line",
    "latest",
    "read_event",
    "read_events",
    "split_lines",
]

LONGEST_LINE = 1_000_000
"""As many bytes of a line are read; an event has a few hundred."""
_KEPT = 2_000
"""As much of an unreadable line is kept, to be looked at."""
_EVENT = "$.events[0]"
_CUSTOMER = "$.customer.customer_id"
_NO_SNAPSHOT = {
    "as_of": "2199-12-31",
    "jurisdiction": "other",
    "bureau_reports": [],
    "complaints": [],
    "reviews": [],
}
"""What an event is read inside of, since the snapshot's reader knows how events are read."""
_ACCOUNT = {"product": "credit_card", "current_balance": 0, "days_past_due": 0}


@frozen
class StreamEvent:
    """An event of a customer, as it comes in.

    Like a snapshot that a program builds field by field, one that a program builds is taken as it is;
    `read_event` checks everything. An event's `id` tells it from the customer's other events.
    """

    customer_id: str
    event: Event


@frozen
class Unreadable:
    """A line that holds no event: what is wrong with it, and its beginning."""

    problems: tuple[Problem, ...]
    text: str = ""


def earliest(event: Event) -> datetime:
    """The first moment at which the event can have happened: its own, or the start of its day."""
    if event.occurred_at is not None:
        return event.occurred_at
    return datetime.combine(event.occurred_on, time.min)


def latest(event: Event) -> datetime:
    """The last moment at which the event can have happened: its own, or the end of its day."""
    if event.occurred_at is not None:
        return event.occurred_at
    return datetime.combine(event.occurred_on, time.max)


def read_event(text: str | bytes, currency: str, name: str = "event") -> StreamEvent | Unreadable:
    """The event in a line of JSON, or all that is wrong with it.

    Args:
        text: an object with the fields of an event, and `customer_id`.
        currency: that of the policy; amounts have no more decimals than it has.
        name: what problems call the line, such as `events.jsonl:12`.
    """
    data = decode(text)
    if isinstance(data, Problem):
        return _unreadable((_placed(_of_a_line(data), name),), text)
    if not isinstance(data, Mapping):
        message = f"expected an object with the fields of an event, found {found(data)}"
        return _unreadable((Problem("PR0705", message, path=f"{name}: $"),), text)
    try:
        return _event(data, currency)
    except SnapshotInvalid as invalid:
        return _unreadable(tuple(_placed(problem, name) for problem in _own(invalid.problems)), text)


def _event(data: Mapping[str, object], currency: str) -> StreamEvent:
    fields = {key: value for key, value in data.items() if key != "customer_id"}
    customer = {"customer_id": data["customer_id"]} if "customer_id" in data else {}
    account_id = data.get("account_id")
    accounts = [] if account_id is None else [{"account_id": account_id, **_ACCOUNT}]
    if isinstance(data, Repeated):
        repeated = Repeated(fields)
        repeated.twice = data.twice
        fields = repeated
    snapshot = Snapshot.from_dict(
        {
            **_NO_SNAPSHOT,
            "currency": currency,
            "customer": customer,
            "accounts": accounts,
            "events": [fields],
        }
    )
    return StreamEvent(snapshot.customer.customer_id, snapshot.events[0])


def _own(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems of the event and its customer, with paths as they stand in the line."""
    for problem in problems:
        if problem.path.startswith(_EVENT):
            yield evolve(problem, path="$" + problem.path.removeprefix(_EVENT))
        elif problem.path == _CUSTOMER:
            yield evolve(problem, path="$.customer_id")


def _of_a_line(problem: Problem) -> Problem:
    """A problem of the JSON, in words for an event."""
    help_ = problem.help
    if "snapshot" in help_ or "as_of" in help_:
        help_ = "each event is one object on a line of its own"
    return evolve(problem, message=problem.message.replace("a snapshot", "an event"), help=help_)


def _placed(problem: Problem, name: str) -> Problem:
    if problem.span is not None:
        source = Source(name, problem.span.source.text)
        return evolve(problem, span=Span(source, problem.span.start, problem.span.end))
    return evolve(problem, path=f"{name}: {problem.path}")


def _unreadable(problems: tuple[Problem, ...], text: str | bytes) -> Unreadable:
    beginning = text[:_KEPT]
    if isinstance(beginning, bytes):
        beginning = beginning.decode("utf-8", "replace")
    return Unreadable(problems, beginning.rstrip("\r\n"))


def read_events(
    lines: Iterable[str | bytes], currency: str, name: str = "events", first: int = 1
) -> Iterator[StreamEvent | Unreadable]:
    """The events of JSON lines in their order. A line that can't be read stops nothing; empty ones are none.

    Args:
        lines: the lines of a file, or whatever gives lines.
        currency: that of the policy.
        name: the name of the file, for problems.
        first: the number of the first line.
    """
    for number, line in enumerate(lines, start=first):
        if line.strip():
            yield read_event(line, currency, f"{name}:{number}")


def split_lines(chunk: bytes, begun: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines of what was read so far, and the line that has only begun.

    A line that is longer than any event is cut, so that it never fills the memory; its beginning is given as
    a line when it ends.
    """
    *whole, rest = (begun + chunk).split(b"\n")
    return whole, rest[: LONGEST_LINE + 1]


def event_line(each: StreamEvent, currency: str) -> str:
    """The one JSON text of an event: equal events have equal texts."""
    return to_text({"customer_id": each.customer_id, **to_data(each.event, currency)})
