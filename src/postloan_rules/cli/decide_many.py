"""`postloan decide-many`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postloan_rules.portfolio.decide_many import Decided, Progress

_SHOWN = 10


@click.command()
@click.argument("rules", metavar="RULES")
@click.option(
    "--data", required=True, metavar="PATH", help="Customers: a file, a folder of files, a pattern."
)
@click.option("--out", required=True, metavar="DIR", help="The folder for the decisions.")
@click.option("--mapping", metavar="M.yaml", help="How the columns of a flat table become snapshots.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "python", "spark"]),
    default="duckdb",
    show_default=True,
    help="What decides. All give the same decisions.",
)
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option("--master", metavar="URL", help="Where Spark runs, such as spark://host:7077 or local[2].")
@click.option(
    "--rows", type=click.IntRange(1, 10_000_000), metavar="N", help="Customers in a part; 50,000 by default."
)
@click.option(
    "--anyway", is_flag=True, help="Let Python decide what the engine can't say exactly; else that is told."
)
@click.pass_context
def decide_many(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    data: str,
    out: str,
    mapping: str | None,
    engine: str,
    profile: str | None,
    master: str | None,
    rows: int | None,
    anyway: bool,
) -> None:
    """Decide every customer of a portfolio, and write the decisions as Parquet.

    The decisions are written in parts. A run that is stopped goes on where it was: give the same command
    again. Nothing is skipped: customers that can't be decided are written apart, with what is wrong, and the
    exit code is 1.

    \b
    Examples:
      postloan decide-many rules/credit_card --data customers.parquet --out decisions
      postloan decide-many rules/credit_card --data night/ --out decisions --engine spark --master local[4]
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.screen import console
    from postloan_rules.ruleset import load

    ruleset = load(rules, profile=profile)
    with told(ctx):
        from postloan_rules.portfolio.decide_many import ENGINES

        with _bar() as progress:
            try:
                decided = ruleset.decide_many(
                    data,
                    engine=next(each for each in ENGINES if each == engine),
                    out=out,
                    mapping=mapping,
                    rows=rows,
                    master=master,
                    anyway=anyway,
                    progress=progress,
                )
            except KeyboardInterrupt:
                said = "stopped; what is finished is kept, and the same command goes on from there"
                console(stderr=True).print(said, style="bold", soft_wrap=True)
                ctx.exit(130)
    _summary(decided)
    if decided.refused_count:
        _refused(decided)
        ctx.exit(1)


@contextmanager
def told(ctx: click.Context) -> Iterator[None]:
    """Show what is wrong with the data, the folder or the policy for an engine; it is no traceback."""
    from postloan_rules.cli.screen import console, show

    try:
        from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
        from postloan_rules.portfolio.parts import RunInvalid
        from postloan_rules.portfolio.sql.refusal import Refused
    except ImportError as error:
        said = f"{_package(error)} is not installed: pip install 'postloan-rules[columns]'"
        console(stderr=True).print(said, style="bold red", soft_wrap=True)
        ctx.exit(1)
    try:
        yield
    except ImportError as error:
        extra = "spark" if _package(error) in ("pyspark", "py4j") else "columns"
        said = f"{_package(error)} is not installed: pip install 'postloan-rules[{extra}]'"
        console(stderr=True).print(said, style="bold red", soft_wrap=True)
        ctx.exit(1)
    except (ColumnsInvalid, RunInvalid, Refused) as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)


def _package(error: ImportError) -> str:
    return (error.name or "a package").partition(".")[0]


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from postloan_rules.cli.progress import _Rate
    from postloan_rules.cli.screen import console

    screen = console(stderr=True)
    with Bars(
        TextColumn("deciding"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate("customers"),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    ) as bars:
        bar = bars.add_task("deciding", total=None)

        def tell(progress: Progress) -> None:
            bars.update(bar, total=progress.size, completed=progress.done)

        yield tell


def _summary(decided: Decided) -> None:
    from rich.table import Table

    from postloan_rules.cli.screen import console, write_table

    screen = console()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("customers", f"{decided.customers:,}")
    table.add_row("decided", f"{decided.decided:,}")
    if decided.engine != "python":
        table.add_row("of those by Python, to be exact", f"{decided.redecided:,}")
    table.add_row("refused", f"{decided.refused_count:,}")
    table.add_row("parts", f"{len(decided.parts):,}")
    write_table(screen, table)
    screen.print(f"\ndecisions in {decided.folder}/decisions, by the engine {decided.engine}", soft_wrap=True)


def _refused(decided: Decided) -> None:
    from postloan_rules.cli.screen import console

    screen = console(stderr=True)
    count = decided.refused_count
    said = f"{count:,} of {decided.customers:,} customers could not be decided: see {decided.folder}/refused"
    screen.print(said, style="bold red", soft_wrap=True)
    rows = decided.refused.slice(0, _SHOWN).to_pylist()
    for problem in [problem for row in rows for problem in row["problems"]][:_SHOWN]:
        screen.print(f"{problem['path']}: {problem['code']}: {problem['message']}", soft_wrap=True)
    if count > _SHOWN:
        screen.print("... the first ones are shown")
