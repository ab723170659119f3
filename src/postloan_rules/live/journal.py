"""What is kept of the stream, whatever it is kept in: the protocol of a journal, and what goes into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from postloan_rules.live.events import StreamEvent
    from postloan_rules.live.outcomes import Completed, OutcomeKind
    from postloan_rules.snapshot import Event

__all__ = [
    "Arrival",
    "Deadline",
    "Journal",
    "JournalError",
    "JournalInUse",
    "JournalUnusable",
    "Kept",
    "Standing",
]

Kept = tuple[int, "Event"]
"""An event that is kept, with the number of its arrival."""


class JournalError(Exception):
    """The journal could not be read or written. What was being done is undone as a whole."""


class JournalInUse(JournalError):  # noqa: N818 - what it says reads better without
    """Another monitor writes to the journal."""


class JournalUnusable(JournalError):  # noqa: N818 - as above
    """The file is no journal, or one of a newer version."""


@frozen
class Arrival:
    """One event as it came in, and what became of it."""

    number: int
    """Arrivals are numbered from 1, without gaps."""
    outcome: OutcomeKind
    clock: datetime | None
    """The greatest event time seen by then, this event's included; None where no event was read yet."""
    event: StreamEvent | None
    note: str = ""
    """For one that was refused: the line, and why."""


@frozen
class Deadline:
    """The wait for an event that must not come: until when, and after which event."""

    due: datetime
    customer_id: str
    trigger: str
    after: str


@frozen
class Standing:
    """How far a journal has got."""

    last: int = 0
    """The number of the last arrival."""
    batch: int = 0
    """The number before those arrivals that were journalled last."""
    matched: int = 0
    """The number up to which arrivals have been matched, and what they completed was recorded."""
    clock: datetime | None = None
    """The greatest event time seen, or the moment to which the monitor was told to advance."""
    fingerprint: str | None = None
    """The policy under which events are matched."""
    completed: int = 0
    """How many completions were recorded."""
    undelivered: int = 0
    """How many of them no callback has taken yet."""
    outcomes: Mapping[OutcomeKind, int] = {}
    """How many arrivals had which outcome."""


class Journal(Protocol):
    """Where a monitor keeps events and completions. `SqliteJournal` is the one that comes with the library.

    Each method that writes does so as a whole or not at all, and what it has written stays. Methods are
    called by one thread at a time. A failure is a `JournalError`.
    """

    def standing(self) -> Standing:
        """How far it has got."""
        ...

    def known(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], StreamEvent]:
        """Those of the events, by customer and number, that are kept."""
        ...

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Write arrivals, with their outcomes."""
        ...

    def arrivals(self, after: int) -> Iterator[Arrival]:
        """The arrivals whose number is greater, in order."""
        ...

    def window(self, customer_id: str, since: date, until: int, types: frozenset[str]) -> list[Kept]:
        """A customer's accepted events of these types, from a day on and up to an arrival, as they came."""
        ...

    def accepted(self, since: date, types: frozenset[str]) -> Iterator[StreamEvent]:
        """The accepted events from a day on, of all customers, of these types."""
        ...

    def record(
        self,
        completions: Sequence[tuple[int, Completed]],
        *,
        waits: Sequence[Deadline] = (),
        over: Sequence[Deadline] = (),
        matched: int | None = None,
        clock: datetime | None = None,
    ) -> None:
        """Write completions, each with the arrival that brought it, and how far the matching has got.

        A completion whose id is there already is left as it is.
        """
        ...

    def reported(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the completions, by id, that are recorded."""
        ...

    def due(self, moment: datetime, most: int) -> list[Deadline]:
        """The waits that are over at a moment, the earliest first."""
        ...

    def undelivered(self, most: int) -> list[Completed]:
        """Completions that no callback has taken yet, the oldest first."""
        ...

    def delivered(self, ids: Collection[str]) -> None:
        """Write that completions were delivered. May be lost when the power fails, and is then done again."""
        ...

    def adopt(self, fingerprint: str, waits: Iterable[Deadline]) -> None:
        """Go on under a policy: these waits take the place of all that there are."""
        ...

    def prune(self, before: datetime, most: int) -> int:
        """Drop up to so many arrivals from before a moment, and what they brought, if it was delivered."""
        ...

    def close(self) -> None:
        """Let another monitor write."""
        ...
