"""Which new events may complete a pattern: the seam between a monitor and what looks for candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from attrs import define, field, frozen

from postloan_rules.live.shapes import Marks, patterns_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Event

__all__ = ["Candidates", "Judge", "Key", "Matcher", "Work"]

Key: TypeAlias = tuple[str, str]
"""A customer and one of the customer's events."""

Candidates: TypeAlias = "Mapping[Key, frozenset[str]]"
"""For each new event that may complete a pattern, or help to: the triggers whose patterns these are."""


@frozen
class Work:
    """New events of one customer, and the kept ones that they may be matched with."""

    customer_id: str
    window: tuple[Event, ...]
    new: tuple[Event, ...]


class Matcher(Protocol):
    """What looks for candidates.

    INVARIANT: no completion that a new event has a part in is missed. A candidate may turn out to be none:
    each is confirmed by the judge of patterns before anybody hears of it.
    """

    @property
    def restarts(self) -> int:
        """How often a process that died or hung was replaced."""
        ...

    def candidates(self, batch: Sequence[Work]) -> Candidates:
        """The triggers that each new event may complete or help to, among the window and the new ones."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


@define
class Judge:
    """Looks for candidates in this process, without durable-rules: by what each step asks of its event alone.

    An event is a candidate where it can be a step of the pattern, and each other step has an event, too.
    """

    policy: Policy
    only: Collection[str] | None = None
    """The triggers whose patterns are looked at; None for all."""
    restarts: int = field(default=0, init=False)
    _marks: tuple[Marks, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._marks = tuple(
            Marks.of(trigger, self.policy)
            for trigger in patterns_of(self.policy)
            if self.only is None or trigger.name in self.only
        )

    def candidates(self, batch: Sequence[Work]) -> Candidates:
        """The triggers that each new event may complete or help to complete."""
        found: dict[Key, set[str]] = {}
        for marks in self._marks:
            for work in batch:
                new = [(event, marks.steps(event)) for event in work.new]
                if not any(steps for _, steps in new):
                    continue
                seen = 0
                for _, steps in new:
                    seen |= steps
                for event in work.window:
                    if seen == marks.all_steps:
                        break
                    seen |= marks.steps(event)
                if seen == marks.all_steps:
                    for event, steps in new:
                        if steps:
                            found.setdefault((work.customer_id, event.id), set()).add(marks.trigger)
        return {key: frozenset(triggers) for key, triggers in found.items()}

    def close(self) -> None:
        """Nothing was started."""
