"""`postloan track`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from postloan_rules.cli.reporting import engine_option, output_options, show_option

if TYPE_CHECKING:
    from postloan_rules.portfolio.track import States


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("months", nargs=-1, metavar="[MONTH...]")
@click.option(
    "--data",
    "first",
    multiple=True,
    metavar="MONTH...",
    help="The months' files, oldest first: snapshots as JSON lines, or CSV files.",
)
@click.option("--mapping", metavar="M.yaml", help="How the columns of a CSV file become snapshots.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Decide the first N of each month only.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option(
    "--states",
    type=click.Choice(["kind", "response"]),
    default="kind",
    show_default=True,
    help="A customer's state: the kind of what is chosen, or the response of the highest rank.",
)
@engine_option
@show_option
@output_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def track(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    months: tuple[str, ...],
    first: tuple[str, ...],
    mapping: str | None,
    limit: int | None,
    profile: str | None,
    states: States,
    engine: str,
    show: str,
    jobs: int | None,
    csv_folder: str | None,
    parquet_folder: str | None,
    html: str | None,
    form: str,
) -> None:
    """Follow the same customers over successive months.

    What is decided in a month is carried into the next month's snapshots as a review, so that cool-downs run
    and reviews fall due. It counts what the policy does each month, how customers move between states, how
    long they stay, and who goes back and forth.

    \b
    Examples:
      postloan sample -n 1000 --months 6 -o months
      postloan track rules/credit_card --data months/*.jsonl --html track.html
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.cli.reporting import (
        Output,
        deciding,
        finish,
        jobs_of,
        needs,
        portfolio_of,
        shown_by,
    )

    needs("columns", "duckdb", "pyarrow")
    output = Output(csv_folder, parquet_folder, html)
    files = [file for given in (*first, *months) for file in _files(given)]
    if not files:
        raise click.UsageError("name the months' files: --data MONTH1 MONTH2 ...")
    portfolios = [portfolio_of(file, mapping, None, limit) for file in files]
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.hiding import Hiding
    from postloan_rules.portfolio.track import MonthsInvalid
    from postloan_rules.portfolio.track import track as tracked
    from postloan_rules.portfolio.track_sheets import track_findings

    shown = shown_by(show, Variant(Path(rules), profile).policy)
    try:
        with deciding(ctx, portfolios[0], len(portfolios), judged=False) as run:
            found = tracked(
                Variant(Path(rules), profile),
                portfolios,
                states=states,
                workers=jobs_of(jobs, run.size),
                by_sql=engine == "duckdb",
                progress=run.advance,
                say=run.say,
            )
    except MonthsInvalid as invalid:
        raise click.UsageError(str(invalid)) from invalid
    total = sum(month.decided for month in found.months) + found.refused
    finish(ctx, track_findings(found, Hiding(shown)), output, found.problems, form=form, total=total)


def _files(given: str) -> list[str]:
    """The months that a name stands for: itself, the files of a folder, or those that a pattern fits."""
    from glob import glob, has_magic
    from pathlib import Path

    path = Path(given)
    if path.is_dir() and not any(path.glob("*.parquet")):
        found = sorted(each.as_posix() for each in path.iterdir() if each.suffix in (".jsonl", ".csv"))
    elif has_magic(given) and not path.exists():
        # The pattern is one of the shell's, and may begin anywhere.
        found = sorted(glob(given))  # noqa: PTH207
    else:
        found = []
    return found or [given]
