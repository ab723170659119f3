"""`postloan simulate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from postloan_rules.cli.reporting import engine_option, output_options, portfolio_options, show_option

if TYPE_CHECKING:
    from postloan_rules.portfolio.report import Report


@click.command()
@click.argument("rules", metavar="RULES")
@portfolio_options
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option(
    "--by", multiple=True, metavar="WHAT", help="Cut by a field, a fact or an expression; can be repeated."
)
@engine_option
@show_option
@output_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.pass_context
def simulate(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    data: str,
    mapping: str | None,
    outcome: str | None,
    limit: int | None,
    profile: str | None,
    by: tuple[str, ...],
    engine: str,
    show: str,
    jobs: int | None,
    csv_folder: str | None,
    parquet_folder: str | None,
    html: str | None,
    form: str,
) -> None:
    """Decide a whole portfolio, and count what the policy does.

    For each trigger: for how many customers it fired and for how many it is unknown. For each response: how
    many it was chosen for, and how many it was withheld from; what the accounts concerned owe; what limits
    it moves. With an outcome: how many of those went bad afterwards, against all the others. A customer with
    several accounts counts once.

    Nothing is skipped: a customer that can't be read is listed, the table says how many there are, and the
    exit code is 1.

    \b
    Examples:
      postloan sample -n 5000 -o portfolio.jsonl
      postloan simulate rules/credit_card --data portfolio.jsonl --by employment_status --html report.html
      postloan simulate rules/credit_card --data clients.csv --mapping rules/mappings/uci_credit_card.yaml
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
    portfolio = portfolio_of(data, mapping, outcome, limit)
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.simulation import simulate as simulated
    from postloan_rules.portfolio.simulation_sheets import findings_of

    shown = shown_by(show, Variant(Path(rules), profile).policy)
    with deciding(ctx, portfolio) as run:
        simulation = simulated(
            Path(rules),
            portfolio,
            profile=profile,
            by=by,
            show=shown,
            workers=jobs_of(jobs, run.size),
            by_sql=engine == "duckdb",
            progress=run.advance,
            say=run.say,
        )
    report = simulation.report
    if form == "json":
        _json(report)
    elif form == "csv":
        _csv(report)
    finish(
        ctx,
        findings_of(report),
        output,
        simulation.problems,
        form="table" if form == "table" else "none",
        total=report.head.decided + report.head.refused,
    )


def _json(report: Report) -> None:
    import json

    from postloan_rules.portfolio.report import to_dict

    click.echo(json.dumps(to_dict(report), ensure_ascii=False, indent=2))


def _csv(found: Report) -> None:
    import csv
    import sys

    from postloan_rules.portfolio.sheets import times

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
