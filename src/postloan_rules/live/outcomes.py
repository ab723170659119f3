"""What becomes of an event, and what a service is told when a pattern is complete."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from datetime import date, datetime

    from postloan_rules.decisions import State
    from postloan_rules.live.events import StreamEvent
    from postloan_rules.policy.model import Words
    from postloan_rules.problems import Problem
    from postloan_rules.snapshot import Event

__all__ = ["Completed", "Outcome", "OutcomeKind", "completion_id"]


class OutcomeKind(StrEnum):
    """What became of an event; each has exactly one of these."""

    ACCEPTED = "accepted"
    """It was journalled and matched."""
    DUPLICATE = "duplicate"
    """It had been taken before, with the same content; it changes nothing."""
    LATE = "late"
    """It was journalled, and is too old to be matched."""
    REFUSED = "refused"
    """It can't be read, or another event was taken under its number; its problems say why."""


@frozen
class Completed:
    """A pattern trigger that is complete: all that a service needs to fetch a snapshot and decide.

    `id` is the key by which a service knows that it has seen this one: the same trigger, customer, account,
    last event and state always have the same.
    """

    id: str
    trigger: str
    customer_id: str
    account_id: str | None
    """The account that it is about; None where it is about the customer."""
    state: State
    """`fired`, or `unknown` where the policy says `if_unknown: refer` and a value is missing."""
    events: tuple[Event, ...]
    """The events that made it, in the order of the pattern's steps."""
    end: str
    """The number of the event that it stands for: the last one, or the one after which nothing came."""
    completed_on: date
    completed_at: datetime | None
    """The moment, where the events' times are known."""
    ruleset: str
    version: str
    fingerprint: str
    """The policy under which it was found."""
    title: Words | None = field(default=None, eq=False, repr=False)

    def words(self, language: str = "en") -> str:
        """The trigger in the policy's words: its title, or its name where it has none."""
        return self.title.in_language(language) if self.title is not None else self.trigger


@frozen
class Outcome:
    """What became of one event, and the patterns that taking it completed.

    Besides the event's own customer these may be others: an event tells how late it is, and with that, which
    waits for an event that has not come are over.
    """

    kind: OutcomeKind
    event: StreamEvent | None
    """None where the event could not be read."""
    completions: tuple[Completed, ...] = ()
    problems: tuple[Problem, ...] = ()


def completion_id(customer_id: str, trigger: str, account_id: str | None, end: str, state: State) -> str:
    """The number of a completion: always the same for the same one."""
    text = json.dumps([customer_id, trigger, account_id, end, state.value], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
