"""Shadows: versions that are decided beside those in service, off the way of the answer."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from postloan_rules.service.faults import log_fault
from postloan_rules.snapshot import SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.decisions import Decision
    from postloan_rules.problems import Problem
    from postloan_rules.service.arrangement import Version
    from postloan_rules.service.counters import Tally
    from postloan_rules.snapshot import Snapshot

__all__ = ["ShadowDifference", "Shadowing"]

_PARTS = ("responses", "withheld", "triggers", "referrals", "next_review", "reasons")
_Work: TypeAlias = "tuple[Version, Snapshot, Decision, tuple[Version, ...]]"


@frozen
class ShadowDifference:
    """What a shadow decides otherwise than the version that answered."""

    answered: Version
    shadow: Version
    snapshot: Snapshot = field(repr=False)
    decision: Decision = field(repr=False)
    shadow_decision: Decision | None = field(repr=False)
    """None where the shadow can't decide the customer."""
    parts: tuple[str, ...]
    """Which parts differ: responses, withheld, triggers, referrals, next_review, reasons."""
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    """Why the shadow can't decide the customer."""


class Shadowing:
    """One thread that decides for the shadows what has been answered already. Of one process."""

    def __init__(
        self, tally: Tally, told: Callable[[ShadowDifference], object] | None, most_waiting: int
    ) -> None:
        self._tally = tally
        self._told = told
        self._most_waiting = most_waiting
        self._waiting: SimpleQueue[_Work | Event | None] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def add(self, work: _Work) -> None:
        """Let the shadows decide this as well, some time; nothing here waits or fails."""
        if self._waiting.qsize() >= self._most_waiting:
            self._tally.add("shadow_dropped")
            return
        self._waiting.put(work)
        if self._thread is None:
            self._start()

    def wait(self, seconds: float) -> bool:
        """Wait until all that was added so far is decided; whether it is."""
        if self._thread is None:
            return True
        done = Event()
        self._waiting.put(done)
        return done.wait(seconds)

    def close(self) -> None:
        """Decide what waits, and end."""
        thread = self._thread
        if thread is not None:
            self._waiting.put(None)
            thread.join()
            self._thread = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = Thread(target=self._run, name="postloan-shadows", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while True:
            work = self._waiting.get()
            if work is None:
                return
            if isinstance(work, Event):
                work.set()
                continue
            answered, snapshot, decision, shadows = work
            for shadow in shadows:
                try:
                    self._decide(answered, snapshot, decision, shadow)
                except Exception as error:  # noqa: BLE001 - a shadow must never stop the next one
                    self._tally.add("shadow_failures")
                    log_fault("a shadow decided", error)

    def _decide(self, answered: Version, snapshot: Snapshot, decision: Decision, shadow: Version) -> None:
        try:
            other = shadow.ruleset.decide(snapshot)
        except SnapshotInvalid as invalid:
            self._tally.add("shadow_failures")
            self._tell(ShadowDifference(answered, shadow, snapshot, decision, None, (), invalid.problems))
            return
        self._tally.add("shadow_decisions")
        parts = tuple(part for part in _PARTS if getattr(decision, part) != getattr(other, part))
        if parts:
            self._tally.add("shadow_differences")
            self._tell(ShadowDifference(answered, shadow, snapshot, decision, other, parts))

    def _tell(self, difference: ShadowDifference) -> None:
        if self._told is None:
            return
        try:
            self._told(difference)
        except Exception as error:  # noqa: BLE001 - a callback is not ours, and must break nothing
            self._tally.add("callback_failures")
            log_fault("a callback was told of a shadow", error)
