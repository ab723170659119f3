"""`postloan sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path


@click.command()
@click.option(
    "-n",
    "--customers",
    "count",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="How many customers.",
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
@click.option(
    "--months",
    type=click.IntRange(1, 18),
    metavar="N",
    help="The same customers in N successive months, a file each; --output is their folder.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "parquet"]),
    default="jsonl",
    show_default=True,
    help="JSON lines, or Parquet files in a folder.",
)
@click.option(
    "--flat", is_flag=True, help="A book of cards in flat columns, for rules/mappings/card_book.yaml."
)
@click.option("--fingerprints", is_flag=True, help="With Parquet: the fingerprint of each snapshot, too.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Worker processes for Parquet; as many as cores by default.",
)
@click.option(
    "-o",
    "--output",
    "--out",
    metavar="FILE",
    help="Write to a file, or for Parquet to a folder, rather than to standard output.",
)
def sample(  # noqa: PLR0913 - one parameter for each option
    *,
    count: int,
    seed: int,
    as_of: datetime,
    months: int | None,
    form: str,
    flat: bool,
    fingerprints: bool,
    jobs: int | None,
    output: str | None,
) -> None:
    """Make up customers with two years of history, one snapshot a line (JSON lines).

    With --format parquet they are the same customers in columns, in parts of some thousands. A run that was
    stopped goes on where it was: parts that are there are kept.

    With --months the last month is that of --as-of, and each earlier one is what was known of the same
    customers by then.

    \b
    Examples:
      postloan sample -n 1000 --seed 7 -o portfolio.jsonl
      postloan sample -n 1000 --months 6 -o months
      postloan sample -n 1000000 --format parquet -o book
      postloan sample -n 10000000 --flat --format parquet -o cards
      postloan sample -n 1 | postloan decide rules/credit_card --format page
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.portfolio.sample import sample as made_up

    if form == "parquet":
        if output is None or months is not None:
            raise click.UsageError(
                "--format parquet writes parts: name their folder with --output, without --months"
            )
        _write_parts(Path(output), count, seed, as_of.date(), jobs, flat=flat, fingerprints=fingerprints)
        return
    if flat or fingerprints:
        raise click.UsageError("--flat and --fingerprints go with --format parquet")
    if months is not None:
        if output is None:
            raise click.UsageError("--months writes a file a month: name their folder with --output")
        _write_months(Path(output), count, months, seed, as_of.date())
        return
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


def _write_months(folder: Path, count: int, months: int, seed: int, as_of: date) -> None:
    """Write each month to a file that is named by its day.

    Raises:
        click.FileError: when one can't be written.
    """
    from contextlib import ExitStack

    from postloan_rules.portfolio.months import days_of, successive

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = [
                stack.enter_context((folder / f"{day}.jsonl").open("w", encoding="utf-8", newline="\n"))
                for day in days_of(months, as_of)
            ]
            for snapshots in successive(count, months, seed, as_of):
                for file, snapshot in zip(files, snapshots, strict=True):
                    if snapshot is not None:
                        file.write(f"{snapshot.to_json()}\n")
    except OSError as error:
        raise click.FileError(str(folder), (error.strerror or "it can't be written").lower()) from error


def _write_parts(
    folder: Path, count: int, seed: int, as_of: date, jobs: int | None, *, flat: bool, fingerprints: bool
) -> None:
    """Write the customers in columns, with a progress bar; say how many there are.

    Raises:
        click.FileError: when a part can't be written.
    """
    from postloan_rules.cli.progress import cores, progress
    from postloan_rules.cli.reporting import needs

    needs("columns", "pyarrow", "numpy")
    from postloan_rules.portfolio.columns.parts import Sample, write_sample
    from postloan_rules.portfolio.sample import AS_OF

    if flat and (as_of != AS_OF or fingerprints):
        raise click.UsageError(f"--flat is as of {AS_OF}, the day of its mapping, and has no fingerprints")
    wanted = Sample(count, seed, as_of, "flat" if flat else "nested", fingerprints)
    try:
        with progress(count, "making up") as advance:
            parts = write_sample(wanted, folder, workers=jobs or cores(), progress=advance)
    except OSError as error:
        raise click.FileError(str(folder), (error.strerror or "it can't be written").lower()) from error
    said = (
        f"{count:,} customer{'s' if count != 1 else ''} in {len(parts)} part{'s' if len(parts) != 1 else ''}"
    )
    click.echo(f"{said} in {folder.as_posix()}")
