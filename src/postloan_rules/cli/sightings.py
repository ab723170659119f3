"""How completions of patterns are told in the terminal: a line each, and a summary at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import click
from rich.text import Text

from postloan_rules.cli.screen import console, show
from postloan_rules.decisions import State
from postloan_rules.decisions.views.visible import visible
from postloan_rules.problems import render
from postloan_rules.snapshot.writing import decimal_text, to_data

if TYPE_CHECKING:
    from postloan_rules.live import Completed, Counters, Outcome
    from postloan_rules.snapshot import Event

__all__ = ["Sightings", "sightings"]


class Sightings(Protocol):
    """Where what is seen is told."""

    def completed(self, each: Completed) -> None:
        """Tell of a completion."""
        ...

    def refused(self, outcome: Outcome) -> None:
        """Tell of an event that could not be taken."""
        ...

    def summary(self, counters: Counters) -> None:
        """Tell how many there were of what."""
        ...


def sightings(form: str, language: str, currency: str) -> Sightings:
    """Lines for people, or a line of JSON for each."""
    return _Json(currency) if form == "json" else _Lines(language, currency)


_WORDS = {
    "en": ("customer", "account", "unknown whether"),
    "zh": ("客户", "账户", "无法判断是否"),
}


class _Lines:
    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.currency = currency
        self.screen = console()

    def completed(self, each: Completed) -> None:
        customer, account, unknown = _WORDS[self.language]
        when = (
            each.completed_at.isoformat(" ", "minutes") if each.completed_at else f"{each.completed_on}      "
        )
        line = Text(f"{when}  ", style="dim")
        line.append(f"{customer} {visible(each.customer_id)}", style="bold cyan")
        if each.account_id is not None:
            line.append(f" {account} {visible(each.account_id)}", style="cyan")
        line.append("  ")
        if each.state is State.UNKNOWN:
            line.append(f"{unknown} ", style="bold magenta")
        line.append(visible(each.words(self.language)), style="bold yellow")
        line.append(f"  {' → '.join(map(self._event, each.events))}", style="not dim")
        self.screen.print(line, soft_wrap=True)

    def _event(self, event: Event) -> str:
        at = (
            event.occurred_at.isoformat(" ", "minutes")
            if event.occurred_at
            else event.occurred_on.isoformat()
        )
        amount = f" {decimal_text(event.amount, 2)}" if event.amount is not None else ""
        return visible(f"{event.type.value} {at}{amount} ({event.id})")

    def refused(self, outcome: Outcome) -> None:
        show(outcome.problems, stderr=True)

    def summary(self, counters: Counters) -> None:
        found = [
            (counters.events_in, "event", "events"),
            (counters.completed, "completion", "completions"),
            (counters.duplicate, "duplicate", "duplicates"),
            (counters.late, "late", "late"),
            (counters.refused, "refused", "refused"),
        ]
        if counters.restarted_workers:
            found.append((counters.restarted_workers, "worker restarted", "workers restarted"))
        said = ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in found)
        self.screen.print(Text(said, style="bold"), soft_wrap=True)


class _Json:
    def __init__(self, currency: str) -> None:
        self.currency = currency

    def completed(self, each: Completed) -> None:
        self._write(
            "completion",
            {
                "id": each.id,
                "trigger": each.trigger,
                "title": each.words(),
                "customer_id": each.customer_id,
                "account_id": each.account_id,
                "state": each.state.value,
                "completed_on": each.completed_on.isoformat(),
                "completed_at": each.completed_at.isoformat() if each.completed_at else None,
                "end": each.end,
                "events": [to_data(event, self.currency) for event in each.events],
                "ruleset": each.ruleset,
                "version": each.version,
                "fingerprint": each.fingerprint,
            },
        )

    def refused(self, outcome: Outcome) -> None:
        self._write("refused", {"problems": [render(problem) for problem in outcome.problems]})

    def summary(self, counters: Counters) -> None:
        numbers = {
            name: getattr(counters, name)
            for name in (
                "events_in",
                "matched",
                "completed",
                "duplicate",
                "late",
                "refused",
                "undelivered",
                "restarted_workers",
            )
        }
        self._write("summary", numbers)

    def _write(self, kind: str, data: dict[str, object]) -> None:
        click.echo(json.dumps({"kind": kind, **data}, ensure_ascii=False, separators=(",", ":")))
