"""`postloan events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.option(
    "-n", "count", type=click.IntRange(0), default=100, show_default=True, help="Of how many customers."
)
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="Of how many days.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same events.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2026-11-30",
    show_default=True,
    help="The last day.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file rather than to standard output.")
def events(count: int, days: int, seed: int, as_of: datetime, output: str | None) -> None:
    """Make up customers' events in the order of their time, one a line (JSON lines).

    The customers are those of `postloan sample` with the same seed.

    \b
    Examples:
      postloan events -n 1000 --days 30 -o events.jsonl
      postloan events | postloan watch rules/credit_card --events -
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.live import StreamEvent, event_line
    from postloan_rules.portfolio.event_sample import sample_events

    made_up = sample_events(count, seed=seed, as_of=as_of.date(), days=days)
    lines = (event_line(StreamEvent(customer_id, event), "CNY") for customer_id, event in made_up)
    if output is None:
        for line in lines:
            click.echo(line)
        return
    try:
        with Path(output).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise click.FileError(output, (error.strerror or "it can't be written").lower()) from error
