"""Findings in the terminal: tables, and charts as wide as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from postloan_rules.cli.screen import write_table
from postloan_rules.portfolio.sheets import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from postloan_rules.portfolio.sheets import Chart, Findings, Sheet

__all__ = ["print_findings"]


def print_findings(
    screen: Console, found: Findings, draw: Callable[[Console, Sheet, Chart], object] | None = None
) -> None:
    """Write what an analysis found; `draw` draws a chart, where charts are wanted."""
    screen.print(Text(found.title, style="bold"))
    for line in found.said:
        screen.print(Text(line))
    for sheet in found.sheets:
        if sheet.page or (not sheet.shown and sheet.rows):
            continue
        _print_sheet(screen, sheet)
        for chart in found.charts_of(sheet) if draw is not None else ():
            if draw is not None:
                draw(screen, sheet, chart)


def _print_sheet(screen: Console, sheet: Sheet) -> None:
    loud, unseen = sheet.loud()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    kept = sheet.kept(loud, ("screen",))
    for at in kept:
        column = sheet.columns[at]
        table.add_column(
            Text(column.title if at else sheet.title),
            style="bold" if not at else None,
            overflow="fold",
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
        )
    for row in loud[: sheet.shown]:
        table.add_row(*(Text(shown(row[at], sheet.columns[at])) for at in kept))
    write_table(screen, table)
    if len(loud) > sheet.shown:
        screen.print(Text(f"... the first {sheet.shown} of {len(loud):,} lines", style="dim"))
    if len(sheet.quiet) > 1 and unseen:
        screen.print(Text(f"For no customer: {', '.join(unseen)}", style="dim"))
    if sheet.note:
        screen.print(Text(sheet.note, style="dim"))
