"""`postloan simulate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.portfolio.simulation import Simulation

_SHOWN = 20


@click.command()
@click.argument("rules", metavar="RULES")
@click.option("--data", required=True, metavar="FILE", help="A CSV file, or snapshots as JSON lines.")
@click.option("--mapping", metavar="M.yaml", help="How the columns of a CSV file become snapshots.")
@click.option(
    "--outcome", metavar="NAME", help="The outcome of the mapping to count by, where it has several."
)
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Worker processes; as many as cores by default."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Decide the first N customers only.")
@click.pass_context
def simulate(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    data: str,
    mapping: str | None,
    outcome: str | None,
    profile: str | None,
    jobs: int | None,
    form: str,
    limit: int | None,
) -> None:
    """Decide a whole portfolio, and count what the policy does.

    For each trigger: for how many customers it fired and for how many it is unknown. For each response: how
    many it was chosen for, and how many it was withheld from. With an outcome: how many of those went bad
    afterwards, against all the others. A customer with several accounts counts once.

    Nothing is skipped: a customer that can't be read is listed, the table says how many there are, and the
    exit code is 1.

    \b
    Examples:
      postloan sample -n 5000 -o portfolio.jsonl
      postloan simulate rules/credit_card --data portfolio.jsonl
      postloan simulate rules/credit_card --data clients.csv --mapping rules/mappings/uci_credit_card.yaml
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.cli.progress import cores, simulated
    from postloan_rules.cli.screen import console, show
    from postloan_rules.portfolio.simulation import Portfolio

    if outcome is not None and mapping is None:
        raise click.UsageError("--outcome names an outcome of a mapping, and there is no --mapping")
    if not Path(data).is_file():
        raise click.FileError(data, "there is no such file")
    if mapping is None and data.lower().endswith(".csv"):
        raise click.UsageError(f"{data} is a table: say with --mapping how its columns become snapshots")
    portfolio = Portfolio(Path(data), Path(mapping) if mapping is not None else None, outcome, limit)
    simulation = simulated(Path(rules), portfolio, profile=profile, jobs=jobs or cores())
    match form:
        case "json":
            _json(simulation)
        case "csv":
            _csv(simulation)
        case _:
            from postloan_rules.cli.summary import print_summary

            print_summary(console(), simulation)
    refused, problems = simulation.tally.refused, simulation.tally.problems
    if not refused:
        return
    show((problem for _, problem in problems[:_SHOWN]), stderr=True)
    if len(problems) > _SHOWN:
        console(stderr=True).print(f"... the first {_SHOWN} problems are shown")
    total = simulation.decided + refused
    said = f"{refused:,} of {total:,} customers could not be decided, and are in none of the counts"
    console(stderr=True).print(said, style="bold red", soft_wrap=True)
    ctx.exit(1)


def _json(simulation: Simulation) -> None:
    import json

    from postloan_rules.portfolio.report import to_dict

    click.echo(json.dumps(to_dict(simulation), ensure_ascii=False, indent=2))


def _csv(simulation: Simulation) -> None:
    import csv
    import sys

    from postloan_rules.portfolio.report import report, times

    found = report(simulation)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        ["kind", "name", "customers", "unknown_or_withheld", "bad", "bad_rate", "rest_bad_rate", "lift"]
    )
    for kind, lines in (
        ("group", found.groups),
        ("trigger", found.triggers),
        ("response", found.responses),
        ("next_review", found.reviews),
    ):
        for line in lines:
            rates = ["" if rate is None else f"{rate:.6f}" for rate in (line.bad_rate, line.rest_bad_rate)]
            bad = "" if line.bad is None else line.bad
            others = line.others if kind in ("trigger", "response") else ""
            writer.writerow([kind, line.name, line.customers, others, bad, *rates, times(line.lift)])
