"""A simulation with a progress bar on standard error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from postloan_rules.cli.screen import console
from postloan_rules.portfolio.simulation import CHUNK, simulate

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import Task

    from postloan_rules.portfolio.simulation import Portfolio, Simulation

__all__ = ["cores", "simulated"]

_FEW = 3 * CHUNK
"""So few customers are decided sooner than a worker process has started."""


class _Rate(ProgressColumn):
    """Customers a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} customers/s" if speed is not None else "", style="dim")


def cores() -> int:
    """How many processes can run at the same time."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(count or 1, 256)


def simulated(rules: Path, portfolio: Portfolio, *, profile: str | None, jobs: int) -> Simulation:
    """Decide a portfolio, and show how far it is. The result does not depend on the number of jobs."""
    size = portfolio.size()
    screen = console(stderr=True)
    with Progress(
        TextColumn("deciding"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    ) as progress:
        bar = progress.add_task("deciding", total=size)
        return simulate(
            rules,
            portfolio,
            profile=profile,
            workers=1 if size <= _FEW else jobs,
            progress=lambda done: progress.advance(bar, done),
        )
