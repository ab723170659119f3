"""`postloan sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.option(
    "-n", "count", type=click.IntRange(0), default=100, show_default=True, help="How many customers."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same customers."
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2026-11-30",
    show_default=True,
    help="The day of the snapshots.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file rather than to standard output.")
def sample(count: int, seed: int, as_of: datetime, output: str | None) -> None:
    """Make up customers with two years of history, one snapshot a line (JSON lines).

    \b
    Examples:
      postloan sample -n 1000 --seed 7 -o portfolio.jsonl
      postloan sample -n 1 | postloan decide rules/credit_card --format page
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.portfolio.sample import sample as made_up

    lines = (snapshot.to_json() for snapshot in made_up(count, seed=seed, as_of=as_of.date()))
    if output is None:
        for line in lines:
            click.echo(line)
        return
    try:
        with Path(output).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise click.FileError(output, (error.strerror or "it can't be written").lower()) from error
