"""What the commands over portfolios have in common: their options, and where their findings go."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.portfolio.sheets import Findings
    from postloan_rules.problems import Problem

__all__ = [
    "Deciding",
    "Output",
    "deciding",
    "engine_option",
    "finish",
    "jobs_of",
    "needs",
    "output_options",
    "portfolio_of",
    "portfolio_options",
    "show_option",
    "shown_by",
]

_SHOWN = 20
_Command = TypeVar("_Command", bound="Callable[..., object]")


def needs(extra: str, *packages: str) -> None:
    """Check that the packages of an extra are there.

    Raises:
        click.ClickException: with what to install.
    """
    if any(find_spec(package) is None for package in packages):
        raise click.ClickException(f"this needs more packages: pip install 'postloan-rules[{extra}]'")


def portfolio_options(command: _Command) -> _Command:
    """The options that say where the customers come from."""
    for option in reversed(
        (
            click.option(
                "--data",
                required=True,
                metavar="FILE",
                help="Snapshots as JSON lines, Parquet or Arrow; or a CSV file.",
            ),
            click.option(
                "--mapping", metavar="M.yaml", help="How the columns of a CSV file become snapshots."
            ),
            click.option(
                "--outcome",
                metavar="NAME",
                help="The outcome of the mapping to count by, where it has several.",
            ),
            click.option(
                "--limit", type=click.IntRange(1), metavar="N", help="Decide the first N customers only."
            ),
        )
    ):
        command = option(command)
    return command


def engine_option(command: _Command) -> _Command:
    """The option that says what decides."""
    return click.option(
        "--engine",
        type=click.Choice(["python", "duckdb"]),
        default="python",
        show_default=True,
        help="Decide one by one, or by SQL; the result is the same.",
    )(command)


def show_option(command: _Command) -> _Command:
    """The option that says what of who customers are is shown."""
    return click.option(
        "--show", metavar="NAME,...", default="", help="Show these, such as customer,accounts."
    )(command)


def shown_by(show: str, policy: Callable[[], Policy]) -> tuple[str, ...]:
    """The names that `--show` gives.

    Raises:
        click.BadParameter: for one that names nothing which is hidden, with the nearest one.
    """
    from postloan_rules.cli.inputs import shown

    return shown(show, policy()) if show.strip() else ()


def output_options(command: _Command) -> _Command:
    """The options that say where the findings go, and how many processes work."""
    for option in reversed(
        (
            click.option(
                "--jobs",
                type=click.IntRange(1, 256),
                metavar="N",
                help="Worker processes; as many as cores by default.",
            ),
            click.option("--csv", "csv_folder", metavar="DIR", help="Write each table to a CSV file there."),
            click.option(
                "--parquet", "parquet_folder", metavar="DIR", help="Write each table to a Parquet file there."
            ),
            click.option("--html", metavar="FILE", help="Write a report with charts, one page for itself."),
        )
    ):
        command = option(command)
    return command


def portfolio_of(data: str, mapping: str | None, outcome: str | None, limit: int | None) -> Portfolio:
    """The portfolio that the options name.

    Raises:
        click.UsageError: for options that do not fit together.
        click.FileError: for a file that is not there.
    """
    from postloan_rules.portfolio.population import Portfolio

    if outcome is not None and mapping is None:
        raise click.UsageError("--outcome names an outcome of a mapping, and there is no --mapping")
    if Path(data).is_dir() and (lines := sorted(Path(data).glob("*.jsonl"))):
        raise click.FileError(data, f"it is a folder of JSON lines: name a file of it, such as {lines[0]}")
    if not Path(data).exists() or (Path(data).is_dir() and mapping is not None):
        raise click.FileError(data, "there is no such file")
    if mapping is None and data.lower().endswith(".csv"):
        raise click.UsageError(f"{data} is a table: say with --mapping how its columns become snapshots")
    return Portfolio(Path(data), Path(mapping) if mapping is not None else None, outcome, limit)


def jobs_of(jobs: int | None, decisions: int) -> int:
    """How many processes are worth starting for so many decisions."""
    from postloan_rules.cli.progress import cores

    return 1 if decisions <= _FEW else jobs or cores()


_FEW = 600
"""So few decisions are made sooner than a worker process has started."""


@contextmanager
def deciding(
    ctx: click.Context, portfolio: Portfolio, times: int = 1, *, judged: bool = True
) -> Iterator[Deciding]:
    """Decide a portfolio with a progress bar; what is wrong with the file or with `--by` is told.

    `judged` says whether an outcome is counted, where there is one.

    Raises:
        click.BadParameter: with what is wrong with `--by`.
    """
    from postloan_rules.cli.progress import progress
    from postloan_rules.cli.screen import show
    from postloan_rules.expressions import ExpressionInvalid
    from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
    from postloan_rules.portfolio.differences import Unlike
    from postloan_rules.portfolio.hiding import Telling

    try:
        size = portfolio.size()
        if judged and portfolio.mapping is not None and portfolio.outcome is None:
            _say_outcomes(portfolio.mapping)
        with progress(size * times) as advance:
            yield Deciding(size, advance, _say)
    except ColumnsInvalid as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)
    except Unlike as unlike:
        raise click.UsageError(str(unlike)) from unlike
    except Telling as telling:
        raise click.BadParameter(str(telling), param_hint="--by") from telling
    except ExpressionInvalid as invalid:
        problem = invalid.problems[0]
        help_ = f"; {problem.help}" if problem.help else ""
        raise click.BadParameter(f"{problem.message}{help_}", param_hint="--by") from invalid


@frozen
class Deciding:
    """How many customers there are, about, and whom to tell how many are done."""

    size: int
    advance: Callable[[int], object]
    say: Callable[[str], object]
    """Told what the reader should know of the run."""


def _say_outcomes(mapping: Path) -> None:
    """Tell who could have an outcome counted, and has none since there are several."""
    from postloan_rules.portfolio.mapping_reading import load_mapping

    outcomes = list(load_mapping(mapping).outcomes)
    if len(outcomes) > 1:
        _say(f"no outcome is counted: name one of {', '.join(outcomes)} with --outcome")


def _say(text: str) -> None:
    from postloan_rules.cli.screen import console

    console(stderr=True).print(text, soft_wrap=True, markup=False, highlight=False)


class Output:
    """Where the findings go."""

    def __init__(
        self, csv_folder: str | None = None, parquet_folder: str | None = None, html: str | None = None
    ) -> None:
        """Check that what is asked for can be made, before the work begins."""
        if html is not None:
            needs("reports", "altair", "vl_convert")
        self.csv_folder = csv_folder
        self.parquet_folder = parquet_folder
        self.html = html

    def write(self, found: Findings) -> None:
        """Write the files that were asked for.

        Raises:
            click.FileError: for one that can't be written.
        """
        from postloan_rules.portfolio.tables_out import write_csv, write_parquet

        for target, write in (
            (self.csv_folder, write_csv),
            (self.parquet_folder, write_parquet),
            (self.html, _write_html),
        ):
            if target is None:
                continue
            try:
                write(found, Path(target))
            except OSError as error:
                raise click.FileError(target, (error.strerror or "it can't be written").lower()) from error


def _write_html(found: Findings, path: Path) -> None:
    from postloan_rules.portfolio.html_report import to_html

    path.write_text(to_html(found), encoding="utf-8", newline="\n")


def finish(
    ctx: click.Context,
    found: Findings,
    output: Output,
    problems: Sequence[Problem],
    *,
    form: str = "table",
    total: int,
) -> None:
    """Show the findings, write the files, and tell what could not be decided; then the exit code is 1."""
    from postloan_rules.cli.screen import console, show

    if form == "json":
        _json(found)
    elif form == "table":
        from postloan_rules.cli.plots import plotter
        from postloan_rules.cli.terminal import print_findings

        print_findings(console(), found, plotter())
    output.write(found)
    if not found.refused:
        return
    show(problems[:_SHOWN], stderr=True)
    if len(problems) > _SHOWN:
        console(stderr=True).print(f"... the first {_SHOWN} problems are shown")
    said = f"{found.refused:,} of {total:,} customers could not be decided, and are in none of the counts"
    console(stderr=True).print(said, style="bold red", soft_wrap=True)
    ctx.exit(1)


def _json(found: Findings) -> None:
    import json

    sheets = {sheet.name: list(sheet.records()) for sheet in found.whole()}
    data = {"analysis": found.name, "title": found.title, "said": found.said, "sheets": sheets}
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
