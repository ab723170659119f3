"""The matcher of a monitor: patterns that durable-rules can hold are its, the others are the evaluator's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from attrs import define

from postloan_rules.live.matching import Judge
from postloan_rules.live.pool import Pool, default_count
from postloan_rules.live.shapes import Marks, Shape, fact_of, patterns_of, shape_of
from postloan_rules.live.worker import FACTS, Held, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.live.matching import Candidates, Key, Work
    from postloan_rules.live.worker import Ask, Fact
    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.snapshot import Event

__all__ = ["Workers"]


_CAN_RUN = os.name == "posix"
"""Workers speak through sockets that they inherit. Where there are none, the evaluator has all patterns."""


class Workers:
    """A matcher that gives patterns to durable-rules, in worker processes, and the rest to the evaluator.

    Not for several threads at once. Close it, or use it with `with`; the processes go when this one does.

    Args:
        policy: The policy whose patterns are looked for.
        count: How many worker processes; by default as many as there are processors besides this one's.
        patience: So many seconds a worker may take for an answer before it is replaced.
        sessions: For so many customers at one time a worker keeps what durable-rules has worked out.

    Raises:
        WorkersUnavailable: durable-rules is not installed, and there is a pattern for it.
    """

    def __init__(
        self, policy: Policy, count: int | None = None, *, patience: int = 30, sessions: int = 32
    ) -> None:
        held: list[_Held] = []
        judged: list[str] = []
        for trigger in patterns_of(policy):
            shape = shape_of(trigger, policy)
            if isinstance(shape, Shape) and _CAN_RUN:
                held.append(_Held(len(held), trigger, shape, Marks.of(trigger, policy)))
            else:
                judged.append(trigger.name)
        self.held = tuple(each.shape.trigger for each in held)
        """The triggers whose patterns durable-rules runs."""
        self.crowded = 0
        """Questions that were too large for durable-rules, and are left to the evaluator."""
        self._held = held
        self._judge = Judge(policy, judged)
        self.pool: Pool | None = None
        """The processes; None where durable-rules has no pattern."""
        if held:
            patterns = [each.told for each in held]
            self.pool = Pool(patterns, count or default_count(), patience=patience, sessions=sessions)

    @property
    def restarts(self) -> int:
        """How often a worker that died or hung was replaced."""
        return self.pool.restarts if self.pool is not None else 0

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker processes that are running."""
        return self.pool.pids if self.pool is not None else ()

    def candidates(self, batch: Sequence[Work]) -> Candidates:
        """The triggers that each new event may complete or help to complete."""
        found: dict[Key, set[str]] = {
            key: set(triggers) for key, triggers in self._judge.candidates(batch).items()
        }
        asks: list[Ask] = []
        asked: list[tuple[str, str, Sequence[Fact]]] = []
        for work in batch:
            types = {event.type for event in work.new}
            for held in self._held:
                if held.marks.types.isdisjoint(types):
                    continue
                for scope, known, new in held.facts(work):
                    asked.append((held.shape.trigger, work.customer_id, new))
                    asks.append((held.number, scope, known, new))
        self._ask(asks, asked, found)
        return {key: frozenset(triggers) for key, triggers in found.items()}

    def _ask(
        self,
        asks: Sequence[Ask],
        asked: Sequence[tuple[str, str, Sequence[Fact]]],
        found: dict[Key, set[str]],
    ) -> None:
        small = [
            index for index, (number, _, known, new) in enumerate(asks) if self._held[number].fits(known, new)
        ]
        self.crowded += len(asks) - len(small)
        answers: dict[int, Sequence[int] | None] = {}
        if self.pool is not None and small:
            answers = dict(zip(small, self.pool.ask([asks[index] for index in small]), strict=True))
        for index, (trigger, customer_id, new) in enumerate(asked):
            places = answers.get(index)
            # No answer: each may be one, and the judge of patterns will say.
            for fact in new if places is None else (new[place] for place in places):
                found.setdefault((customer_id, fact.event), set()).add(trigger)

    def close(self) -> None:
        """End the worker processes."""
        if self.pool is not None:
            self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@define
class _Held:
    """A pattern that durable-rules holds, and how events are told to it."""

    number: int
    trigger: Trigger
    shape: Shape
    marks: Marks

    @property
    def told(self) -> Held:
        return Held(
            name=self.shape.trigger,
            rules=self.shape.rules,
            kind=self.shape.kind,
            steps=self.shape.steps,
        )

    def facts(self, work: Work) -> Iterator[tuple[str, Sequence[Fact], Sequence[Fact]]]:
        """For each account (or for the customer): a name for it, the facts known before, and the new ones.

        Nothing where no new event can be a step, or a step has no event.
        """
        new = self._marked(work.new)
        if not new:
            return
        known = self._marked(work.window)
        if not self._all_steps(known, new):
            return
        accounts: set[str | None] = set()
        if self.trigger.per_account:
            accounts = {event.account_id for event, _ in (*known, *new)} - {None}
        if len(accounts) < 2:
            yield f"{len(work.customer_id)} {work.customer_id}", self._facts(known), self._facts(new)
            return
        for account in accounts:
            # An event without an account counts for each of them.
            some = [each for each in new if each[0].account_id in (None, account)]
            before = [each for each in known if each[0].account_id in (None, account)]
            if some and self._all_steps(before, some):
                yield (
                    f"{len(work.customer_id)} {work.customer_id} {account}",
                    self._facts(before),
                    self._facts(some),
                )

    def fits(self, known: Sequence[Fact], new: Sequence[Fact]) -> bool:
        """Whether durable-rules is asked: not where it would hold too many facts, or combine too many."""
        if self.shape.kind == "count":
            return len(known) + len(new) <= FACTS
        return fits([*known, *new], self.shape.steps)

    def _marked(self, events: Sequence[Event]) -> list[tuple[Event, int]]:
        of = self.marks.steps
        return [(event, steps) for event in events if (steps := of(event))]

    def _all_steps(self, *groups: Sequence[tuple[Event, int]]) -> bool:
        seen = 0
        count = 0
        for group in groups:
            count += len(group)
            for _, steps in group:
                seen |= steps
        return seen == self.marks.all_steps and count >= self.shape.steps

    def _facts(self, events: Sequence[tuple[Event, int]]) -> list[Fact]:
        return [fact_of(self.shape, event, steps) for event, steps in events]
