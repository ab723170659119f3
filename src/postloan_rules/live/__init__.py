"""Customers' events as they happen: patterns over time, on durable-rules, confirmed by the evaluator."""

from __future__ import annotations

from postloan_rules.live.counters import Counters, export
from postloan_rules.live.events import StreamEvent, Unreadable, event_line, read_event, read_events
from postloan_rules.live.journal import Journal, JournalError, JournalInUse, JournalUnusable
from postloan_rules.live.monitor import Monitor, MonitorBusy, MonitorClosed
from postloan_rules.live.outcomes import Completed, Outcome, OutcomeKind
from postloan_rules.live.sqlite import SqliteJournal

__all__ = [
    "Completed",
    "Counters",
    "Journal",
    "JournalError",
    "JournalInUse",
    "JournalUnusable",
    "Monitor",
    "MonitorBusy",
    "MonitorClosed",
    "Outcome",
    "OutcomeKind",
    "SqliteJournal",
    "StreamEvent",
    "Unreadable",
    "event_line",
    "export",
    "read_event",
    "read_events",
]
