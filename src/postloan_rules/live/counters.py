"""How a monitor is getting on, in numbers; also as OpenTelemetry metrics, where that package is present."""

from __future__ import annotations

import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Counted", "Counters", "export"]


@frozen
class Counters:
    """Numbers since the journal was begun; only `restarted_workers` counts from the start of this monitor."""

    events_in: int = 0
    """Events that came in, whatever became of them."""
    matched: int = 0
    """Accepted events that have been matched."""
    duplicate: int = 0
    late: int = 0
    refused: int = 0
    completed: int = 0
    """Completions found."""
    undelivered: int = 0
    """Completions that no callback has taken yet."""
    waiting: int = 0
    """Events that are journalled and not matched yet."""
    lag: timedelta = timedelta(0)
    """How far the matching is behind the journal, in event time."""
    restarted_workers: int = 0


class Counted(Protocol):
    """Something that counts: a `Monitor`."""

    def counters(self) -> Counters:
        """The numbers at this moment."""
        ...


_SUMS = {
    "events_in": "Events that came in",
    "matched": "Accepted events that were matched",
    "duplicate": "Events that had been taken before",
    "late": "Events that were too old to be matched",
    "refused": "Events that could not be read",
    "completed": "Completions of pattern triggers",
    "restarted_workers": "Worker processes that were replaced",
}
_NOW = {
    "undelivered": "Completions that no callback has taken yet",
    "waiting": "Events that are journalled and not matched yet",
}


def export(monitor: Counted, *, ruleset: str = "") -> None:
    """Give a monitor's counters to OpenTelemetry, as `postloan.live.events_in` and so on.

    Needs the package `opentelemetry-api`; where they go is the business of the service that sets it up.
    The monitor can be forgotten as before: it is not kept alive.

    Raises:
        ModuleNotFoundError: when `opentelemetry-api` is not installed.
    """
    from opentelemetry import metrics  # noqa: PLC0415 - loaded where it is used
    from opentelemetry.metrics import CallbackOptions, Observation  # noqa: PLC0415 - as above

    meter = metrics.get_meter("postloan_rules.live")
    watched = weakref.ref(monitor)
    attributes = {"ruleset": ruleset}

    def reading(name: str) -> Callable[[CallbackOptions], Iterator[Observation]]:
        def read(_: CallbackOptions) -> Iterator[Observation]:
            found = watched()
            if found is None:
                return
            value = getattr(found.counters(), name)
            number = value.total_seconds() if isinstance(value, timedelta) else value
            yield Observation(number, attributes)

        return read

    for name, meaning in _SUMS.items():
        meter.create_observable_counter(f"postloan.live.{name}", [reading(name)], description=meaning)
    for name, meaning in _NOW.items():
        meter.create_observable_gauge(f"postloan.live.{name}", [reading(name)], description=meaning)
    meter.create_observable_gauge(
        "postloan.live.lag",
        [reading("lag")],
        unit="s",
        description="How far the matching is behind the journal, in event time",
    )
