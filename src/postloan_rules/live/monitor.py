"""The monitor: takes events as they happen, and says which pattern triggers they complete."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Protocol, Self

from attrs import evolve

from postloan_rules.live.counters import Counters
from postloan_rules.live.outcomes import Completed, Outcome, OutcomeKind
from postloan_rules.live.sqlite import SqliteJournal
from postloan_rules.live.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from types import TracebackType

    from postloan_rules.live.events import StreamEvent, Unreadable
    from postloan_rules.live.journal import Journal
    from postloan_rules.live.matching import Matcher
    from postloan_rules.policy.model import Policy

__all__ = ["Monitor", "MonitorBusy", "MonitorClosed"]

_BATCH = 10_000
_AT_ONCE = 500


class HasPolicy(Protocol):
    """A rule set."""

    @property
    def policy(self) -> Policy:
        """The policy, checked."""
        ...


class MonitorBusy(RuntimeError):  # noqa: N818 - what it says reads better without
    """A callback asked the monitor that called it to do something; that would never end well."""


class MonitorClosed(RuntimeError):  # noqa: N818 - as above
    """The monitor was closed and is asked to do something."""


class Monitor:
    """Watches customers' events, and tells which pattern triggers of a rule set they complete.

    Each event is journalled before anything else is done with it, then matched, and what it completes is
    recorded, together with the fact that it is matched. A monitor that is opened over the journal of one that
    was killed goes on where that one was: it finds the same completions, each once.

    Methods can be called from several threads; they take turns. Callbacks are called in the thread that
    handed in the event, one at a time, before its outcome is returned.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        rules: HasPolicy,
        *,
        journal: Journal | None = None,
        lateness: timedelta = timedelta(0),
        workers: int | None = None,
        keep: timedelta = timedelta(0),
        ahead: timedelta | None = timedelta(days=366),
        held: int = 100_000,
        matcher: Matcher | None = None,
    ) -> None:
        """Open a monitor; what the journal holds and is not matched yet is matched now.

        Args:
            rules: The rule set.
            journal: Where events and completions are kept; without one, in memory. The monitor closes it.
            lateness: How much later than the events that follow it an event may come.
            workers: How many worker processes match events, on durable-rules (the extra `live`); by default
                as many as there are cores. With 0, the evaluator does all in this process.
            keep: For how long events are kept for the sake of duplicates; no shorter than patterns need them.
            ahead: An event so much later than all that came before is refused as a slip; None takes any.
            held: How many events are held in memory; others are read from the journal when they are needed.
            matcher: What looks for candidates, in place of worker processes.

        Raises:
            JournalError: the journal can't be read or written, or another monitor has it open.
        """
        self._lock = threading.RLock()
        self._working = False
        self._closed = False
        self._callbacks: list[Callable[[Completed], object]] = []
        self._counts = Counters()
        self._journal: Journal = SqliteJournal() if journal is None else journal
        self._matcher: Matcher | None = None
        try:
            self._matcher = matcher if matcher is not None else _matcher(rules.policy, workers)
            self._stream = Stream(
                rules.policy,
                self._journal,
                self._matcher,
                lateness=lateness,
                keep=keep,
                ahead=ahead,
                held=held,
            )
            self.resumed: tuple[Completed, ...] = self._stream.resume()
        except BaseException:
            self._shut()
            raise
        self._count()

    def observe(self, event: StreamEvent | Unreadable) -> Outcome:
        """Take one event.

        Raises:
            JournalError: it could not be journalled, or not matched; handed in again, it is taken once.
        """
        with self._turn():
            (outcome,) = self._take([event])
            self._deliver()
            return outcome

    def observe_many(
        self, events: Iterable[StreamEvent | Unreadable], *, batch: int = _BATCH
    ) -> Iterator[Outcome]:
        """Take events, so many at a time, which is faster; the outcomes are those of taking them one by one.

        Nothing is taken before the outcomes are asked for. Callbacks are called, and what was taken is safe,
        before the first outcome of a batch is given. When a callback raises, the events of that batch have
        been taken, and whoever goes on with the events after it loses nothing.
        """
        source = iter(events)
        while some := list(islice(source, batch)):
            with self._turn():
                outcomes = self._take(some)
                self._deliver()
            yield from outcomes

    def advance_to(self, moment: datetime) -> tuple[Completed, ...]:
        """Say that it is later, though no event came: waits for an event that are over complete.

        As after an event at that moment, the lateness is allowed for.
        """
        with self._turn():
            found = self._stream.advance_to(moment)
            self._count()
            self._deliver()
            return found

    def on_trigger(self, callback: Callable[[Completed], object]) -> None:
        """Have a callback told of each completion, also of those that wait for one from an earlier run.

        A completion counts as delivered once every callback has returned. What a callback raises goes through
        to whoever handed in the event; the completion is told again with the next event, or by `deliver`.
        Between the callback's return and the note of it the process may be killed: then it is told again. A
        callback that must not act twice keeps the `id` of what it has done.
        """
        with self._turn():
            self._callbacks.append(callback)

    def deliver(self) -> int:
        """Tell the callbacks of all completions that wait for them; how many those were."""
        with self._turn():
            return self._deliver()

    def undelivered(self) -> tuple[Completed, ...]:
        """The completions that no callback has taken yet, the oldest first; 10,000 at most."""
        with self._turn():
            return tuple(map(self._stream.titled, self._journal.undelivered(10_000)))

    def acknowledge(self, completions: Iterable[Completed]) -> None:
        """Count completions as delivered, in place of a callback that takes them."""
        with self._turn():
            self._delivered(list(completions))

    def counters(self) -> Counters:
        """How the monitor is getting on, as of the last event or batch. Waits for nothing."""
        matcher = self._matcher
        return evolve(self._counts, restarted_workers=matcher.restarts if matcher is not None else 0)

    def close(self) -> None:
        """End the worker processes, and free the journal. Closing twice is no mistake."""
        with self._lock:
            self._shut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _shut(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if self._matcher is not None:
                self._matcher.close()
        finally:
            self._journal.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            if self._working:
                raise MonitorBusy("a callback can't call the monitor that it was called by")
            if self._closed:
                raise MonitorClosed("the monitor is closed")
            self._working = True
            try:
                yield
            finally:
                self._working = False

    def _take(self, events: list[StreamEvent | Unreadable]) -> list[Outcome]:
        try:
            return self._stream.take(events)
        finally:
            self._count()

    def _count(self) -> None:
        standing = self._stream.standing
        outcomes = standing.outcomes
        waiting = self._stream.waiting
        self._counts = Counters(
            events_in=standing.last,
            matched=outcomes.get(OutcomeKind.ACCEPTED, 0) - waiting,
            duplicate=outcomes.get(OutcomeKind.DUPLICATE, 0),
            late=outcomes.get(OutcomeKind.LATE, 0),
            refused=outcomes.get(OutcomeKind.REFUSED, 0),
            completed=standing.completed,
            undelivered=standing.undelivered,
            waiting=waiting,
            lag=self._stream.lag,
        )

    def _deliver(self) -> int:
        told = 0
        while self._callbacks and self._stream.standing.undelivered:
            for each in self._journal.undelivered(_AT_ONCE):
                completed = self._stream.titled(each)
                for callback in self._callbacks:
                    callback(completed)
                self._delivered([each])
                told += 1
        return told

    def _delivered(self, completions: list[Completed]) -> None:
        self._journal.delivered([each.id for each in completions])
        self._stream.delivered(len(completions))
        self._count()


def _matcher(policy: Policy, workers: int | None) -> Matcher:
    """What looks for candidates: worker processes, or the evaluator in this one."""
    if workers == 0:
        from postloan_rules.live.matching import Judge  # noqa: PLC0415 - only what is used is loaded

        return Judge(policy)
    from postloan_rules.live.workers import Workers  # noqa: PLC0415 - needs the extra `live`

    return Workers(policy, workers)
