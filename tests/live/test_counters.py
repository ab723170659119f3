from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from live.small import cash, limit, other
from postloan_rules import live
from postloan_rules.live import Counters, Monitor, export

if TYPE_CHECKING:
    import postloan_rules as plr


def test_the_public_names_are_these() -> None:
    assert live.__all__ == [
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


def test_the_library_does_not_load_it() -> None:
    code = (
        "import sys, postloan_rules; print(any('live' in name for name in sys.modules if 'postloan' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_counters_after_some_events(ruleset: plr.RuleSet) -> None:
    with Monitor(ruleset, workers=0) as monitor:
        assert monitor.counters() == Counters()
        monitor.observe(cash("E1", "2026-01-01"))
        monitor.observe(limit("E2", "2026-01-02"))
        monitor.observe(limit("E2", "2026-01-02"))
        assert monitor.counters() == Counters(
            events_in=3, matched=2, duplicate=1, completed=1, undelivered=1, lag=timedelta(0)
        )


def test_counters_as_metrics(ruleset: plr.RuleSet) -> None:
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    api = pytest.importorskip("opentelemetry.metrics")
    reader = pytest.importorskip("opentelemetry.sdk.metrics.export").InMemoryMetricReader()
    api.set_meter_provider(metrics.MeterProvider([reader]))
    monitor = Monitor(ruleset, workers=0)
    export(monitor, ruleset=ruleset.id)
    monitor.observe(cash("E1", "2026-01-01"))
    monitor.observe(other("X", "2026-01-02"))

    def read() -> dict[str, object]:
        data = reader.get_metrics_data()
        scopes = [scope for found in data.resource_metrics for scope in found.scope_metrics] if data else []
        return {
            metric.name: (point.value, dict(point.attributes))
            for scope in scopes
            for metric in scope.metrics
            for point in metric.data.data_points
        }

    found = read()
    assert found["postloan.live.events_in"] == (2, {"ruleset": "small"})
    assert found["postloan.live.lag"] == (0.0, {"ruleset": "small"})
    assert len(found) == 10
    monitor.close()
    del monitor
    assert read() == {}
