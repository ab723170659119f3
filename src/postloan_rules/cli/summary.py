"""A simulation as tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from postloan_rules.cli.screen import write_table
from postloan_rules.portfolio.report import percent, report, share, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from postloan_rules.portfolio.report import Line
    from postloan_rules.portfolio.simulation import Simulation

__all__ = ["print_summary"]


def print_summary(screen: Console, simulation: Simulation) -> None:
    """Write what a policy did over a portfolio."""
    policy, found = simulation.policy, report(simulation)
    head = f"{policy.id} {policy.version}, profile {policy.profile}"
    screen.print(Text(head, style="bold"))
    decided, refused = simulation.decided, simulation.tally.refused
    said = f"{decided:,} customers decided"
    said += f", {refused:,} could not be decided" if refused else ", none skipped"
    if simulation.portfolio.limit is not None:
        said += f"; the first {simulation.portfolio.limit:,} of the file only"
    screen.print(Text(said))
    everybody = found.groups[0]
    if simulation.outcome is not None:
        bad = f"outcome {simulation.outcome}: {everybody.bad:,} bad, {percent(everybody.bad_rate)}"
        screen.print(Text(f"{bad}; lift is a line's bad rate over this one"))
    for title, lines, first, second in (
        ("Customers", found.groups[1:], "customers", None),
        ("Triggers", found.triggers, "fired", "unknown"),
        ("Responses", found.responses, "chosen", "withheld"),
        ("Next review", found.reviews, "customers", None),
    ):
        seen = [line for line in lines if line.customers or line.others]
        table = _table(title, seen, first, second, decided, judged=simulation.outcome is not None)
        write_table(screen, table)
        unseen = sorted(line.name for line in lines if not (line.customers or line.others))
        if second is not None and unseen:
            screen.print(Text(f"For no customer: {', '.join(unseen)}", style="dim"))


def _table(
    title: str, lines: Sequence[Line], first: str, second: str | None, decided: int, *, judged: bool
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(title, style="bold", overflow="fold")
    heads = [first, "share", *([second] if second is not None else [])]
    for head in (*heads, *(("bad", "bad rate", "of the rest", "lift") if judged else ())):
        table.add_column(head, justify="right", no_wrap=True)
    for line in lines:
        cells = [f"{line.customers:,}", percent(share(line.customers, decided))]
        if second is not None:
            cells.append(f"{line.others:,}" if line.others else "")
        if judged:
            bad = f"{line.bad:,}" if line.bad is not None and line.customers else ""
            cells += [bad, percent(line.bad_rate), percent(line.rest_bad_rate), times(line.lift)]
        table.add_row(line.name, *cells)
    return table
