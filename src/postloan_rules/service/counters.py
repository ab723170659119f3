"""What has happened to the policies in service since they were first read."""

from __future__ import annotations

from threading import Lock

from attrs import fields, frozen

__all__ = ["Counters", "Tally"]


@frozen
class Counters:
    """How often each thing happened."""

    looks: int = 0
    """Times that the files were looked at."""
    loads: int = 0
    """Times that the files of a policy were read because they had changed."""
    swaps: int = 0
    """Times that other policies came into service."""
    refused: int = 0
    """Edits that did not come into service: they don't load, an example fails, two versions overlap."""
    unsettled: int = 0
    """Times that files changed while they were read, so that it was left to the next look."""
    shadow_decisions: int = 0
    """Decisions by shadows."""
    shadow_differences: int = 0
    """Those of them that differ from the answer."""
    shadow_failures: int = 0
    """Customers that a shadow could not decide."""
    shadow_dropped: int = 0
    """Customers that no shadow decided since too many were waiting."""
    callback_failures: int = 0
    """Callbacks that raised; nothing else came of it."""


class Tally:
    """Counters that grow, of one process."""

    def __init__(self) -> None:
        self._counts = {each.name: 0 for each in fields(Counters)}
        self._lock = Lock()

    def add(self, name: str) -> None:
        """One more of these."""
        with self._lock:
            self._counts[name] += 1

    def counters(self) -> Counters:
        """How many there are now."""
        with self._lock:
            return Counters(**self._counts)
