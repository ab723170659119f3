"""Policies that answer while their files change: a good edit comes into service whole, a bad one never."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.limits import LIMITS
from postloan_rules.service.arrangement import Arrangement
from postloan_rules.service.counters import Tally
from postloan_rules.service.faults import log_fault
from postloan_rules.service.looking import Looking
from postloan_rules.service.shadowing import Shadowing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date
    from os import PathLike
    from typing import Self

    from postloan_rules.decisions import Decision
    from postloan_rules.limits import Limits
    from postloan_rules.problems import Problem
    from postloan_rules.service.arrangement import Version
    from postloan_rules.service.counters import Counters
    from postloan_rules.service.loading import Reader
    from postloan_rules.service.looking import Findings
    from postloan_rules.service.shadowing import ShadowDifference
    from postloan_rules.snapshot import Snapshot

__all__ = ["Change", "Policies"]


@frozen
class Change:
    """What a look at the files brought into service, and what it took out."""

    came: tuple[Version, ...]
    went: tuple[Version, ...]


class _Process:
    """What belongs to one process and can't be taken along by a fork: locks, threads, counts."""

    def __init__(
        self, told_of_shadows: Callable[[ShadowDifference], object] | None, most_waiting: int
    ) -> None:
        self.looking = Lock()
        self.tally = Tally()
        self.shadowing = Shadowing(self.tally, told_of_shadows, most_waiting)
        self.stop = Event()
        self.watcher: Thread | None = None


class Policies:
    """The policies in a directory, which answer while their files change.

    Each folder in the directory that holds a policy is one version of a product; the product is the name in
    its `ruleset:` line. The snapshot's `as_of` and the policies' `effective` choose the version. Policies in
    the folder `shadow` are decided too, and never answered with.

    `decide` reads no file and takes no lock: it uses what was in service when it was called, to its end.
    """

    def __init__(  # noqa: PLR0913 - each says one thing of the service
        self,
        directory: str | PathLike[str],
        *,
        profiles: Mapping[str, str] | None = None,
        shadows: Iterable[str] = (),
        on_problem: Callable[[str, tuple[Problem, ...]], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        on_shadow: Callable[[ShadowDifference], object] | None = None,
        bundle: Reader | None = None,
        folders: bool = True,
        most_waiting: int = 1_000,
        limits: Limits = LIMITS,
    ) -> None:
        """Read the policies of a directory for the first time.

        Args:
            directory: A folder with policies, each in a folder of its own; or the folder of one policy.
            profiles: By product, the profile of parameters that it is decided under.
            shadows: The names of more folders whose policies are shadows.
            on_problem: Told once of each edit that does not come into service: the folder, and what is wrong.
            on_change: Told of each change of what is in service.
            on_shadow: Told what shadows decide otherwise, in a thread of its own.
            bundle: Reads a bundle (`*.plr`) under a profile; without it, bundles are passed over.
            folders: Whether policies in folders are served; without them, bundles only.
            most_waiting: So many customers may wait for the shadows; more are passed over and counted.
            limits: How much is taken of a policy in a folder; a bundle's reader has its own.

        Raises:
            NotADirectoryError: where there is no such directory.
        """
        self.directory = Path(directory)
        if not self.directory.is_dir():
            raise NotADirectoryError(f"there is no directory {self.directory}")
        self._told_of_problems = on_problem
        self._told_of_changes = on_change
        self._told_of_shadows = on_shadow
        self._most_waiting = most_waiting
        self._looking = Looking(
            self.directory, dict(profiles or {}), frozenset(shadows), bundle, folders, limits
        )
        self._processes: dict[int, _Process] = {}
        self._now = Arrangement()
        self._was_complete = False
        self.refresh()

    # Answering

    def decide(
        self, snapshot: Snapshot, product: str | None = None, now: Arrangement | None = None
    ) -> Decision:
        """What the policy in service says about a customer.

        Args:
            snapshot: The customer.
            product: The name of the policy; it may be left out where there is one product.
            now: What was in service at another moment (`policies.now`), so that many customers are decided by
                the same policies.

        Raises:
            NotServed: where no policy answers for the product on the day of the snapshot.
            SnapshotInvalid: for a snapshot that the policy does not fit.
        """
        now = now or self._now
        version = now.choose(product, snapshot.as_of)
        decision = version.ruleset.decide(snapshot)
        if now.shadows:
            shadows = now.shadows.get(version.product)
            if shadows:
                self._own().shadowing.add((version, snapshot, decision, shadows))
        return decision

    def at(self, day: date, product: str | None = None) -> Version:
        """The version of a product that answers on a day.

        Raises:
            NotServed: where there is none.
        """
        return self._now.choose(product, day)

    @property
    def now(self) -> Arrangement:
        """What is in service at this moment; it never changes, a later look makes another."""
        return self._now

    @property
    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """What keeps files from coming into service, by folder, as of the last look."""
        return self._looking.problems

    @property
    def ready(self) -> bool:
        """Whether it can answer: each folder has had a good policy once, and one at least is in service.

        An edit can't undo it: what was good goes on answering.
        """
        return self._was_complete and bool(self._now.products)

    def counters(self) -> Counters:
        """What has happened in this process so far."""
        return self._own().tally.counters()

    # Looking at the files

    def refresh(self) -> Arrangement:
        """Look at the files, and bring what has changed and is good into service. What is in service then."""
        return self._refresh(patient=False)

    def watch(self, every: float = 2.0) -> Self:
        """Look at the files again and again, in a thread of its own, until `close`.

        An edit is taken up when two looks in a row have found the same, so that files that are saved one
        after another come in together. A process that was forked watches when it calls this itself.

        Args:
            every: Seconds from the end of one look to the next.
        """
        own = self._own()
        with own.looking:
            if own.watcher is None:
                own.stop.clear()
                own.watcher = Thread(
                    target=self._watch, args=(own, every), name="postloan-policies", daemon=True
                )
                own.watcher.start()
        return self

    def wait_for_shadows(self, seconds: float = 10.0) -> bool:
        """Wait until the shadows have decided what was answered before; whether they have."""
        return self._own().shadowing.wait(seconds)

    def close(self) -> None:
        """Stop watching, and let the shadows finish. Deciding still works."""
        own = self._own()
        own.stop.set()
        watcher = own.watcher
        if watcher is not None:
            watcher.join()
            own.watcher = None
        own.shadowing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _own(self) -> _Process:
        """What belongs to this process; anew after a fork, which takes no locks and threads along."""
        number = os.getpid()
        process = self._processes.get(number)
        if process is None:
            # Of two threads that come here at once, both get the one that was put in.
            process = self._processes.setdefault(number, _Process(self._told_of_shadows, self._most_waiting))
        return process

    def _watch(self, own: _Process, every: float) -> None:
        while not own.stop.wait(every):
            try:
                self._refresh(patient=True)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong in a look, the next one is taken
                log_fault("the policies were looked at", error)

    def _refresh(self, *, patient: bool) -> Arrangement:
        own = self._own()
        with own.looking:
            before = self._now
            found = self._looking.look(before, own.tally, patient=patient)
            # INVARIANT: one assignment of an immutable object; a request sees the old or the new, never both.
            self._now = found.arrangement
            self._was_complete = self._was_complete or self._looking.complete
        self._tell(own, before, found)
        return found.arrangement

    def _tell(self, own: _Process, before: Arrangement, found: Findings) -> None:
        for source, problems in found.problems:
            if self._told_of_problems is not None:
                self._safely(own, self._told_of_problems, source, problems)
        if not found.changed:
            return
        old, new = set(map(_identity, before.all())), set(map(_identity, found.arrangement.all()))
        came = tuple(each for each in found.arrangement.all() if _identity(each) not in old)
        went = tuple(each for each in before.all() if _identity(each) not in new)
        if self._told_of_changes is not None:
            self._safely(own, self._told_of_changes, Change(came, went))

    @staticmethod
    def _safely(own: _Process, told: Callable[..., object], *arguments: object) -> None:
        try:
            told(*arguments)
        except Exception as error:  # noqa: BLE001 - a callback is not ours, and must break nothing
            own.tally.add("callback_failures")
            log_fault("a callback was told of the policies", error)


def _identity(version: Version) -> tuple[str, str, str, date | None, date | None, bool]:
    return version.source, version.version, version.content, version.since, version.until, version.gone
