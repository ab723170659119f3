"""`postloan impact`."""

from __future__ import annotations

import click

from postloan_rules.cli.reporting import engine_option, output_options, portfolio_options, show_option


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@portfolio_options
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters, both policies.")
@click.option("--old-profile", metavar="NAME", help="The profile of OLD alone.")
@click.option("--new-profile", metavar="NAME", help="The profile of NEW alone.")
@click.option(
    "--examples",
    type=click.IntRange(0, 100),
    default=10,
    show_default=True,
    metavar="N",
    help="So many customers of each kind of change.",
)
@engine_option
@show_option
@output_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def impact(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    old: str,
    new: str,
    data: str,
    mapping: str | None,
    outcome: str | None,
    limit: int | None,
    profile: str | None,
    old_profile: str | None,
    new_profile: str | None,
    examples: int,
    engine: str,
    show: str,
    jobs: int | None,
    csv_folder: str | None,
    parquet_folder: str | None,
    html: str | None,
    form: str,
) -> None:
    """Compare two policies over a portfolio: who is decided otherwise, and why.

    Every customer is decided under both. It counts, in heads and money, who gets a response, who loses one,
    for whom a parameter such as a new limit changes, and for whom the next review moves; and it tells of
    some customers of each kind what made the difference, in the words of the policies.

    \b
    Examples:
      postloan impact rules/credit_card drafts/credit_card --data portfolio.jsonl --html impact.html
      postloan impact rules/credit_card rules/credit_card --new-profile strict --data portfolio.jsonl
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
    from postloan_rules.portfolio.impact import impact as compared
    from postloan_rules.portfolio.impact_sheets import impact_findings

    shown = shown_by(show, Variant(Path(new), new_profile or profile).policy)
    with deciding(ctx, portfolio) as run:
        found = compared(
            Variant(Path(old), old_profile or profile),
            Variant(Path(new), new_profile or profile),
            portfolio,
            examples=examples,
            show=shown,
            workers=jobs_of(jobs, run.size * 2),
            by_sql=engine == "duckdb",
            progress=run.advance,
            say=run.say,
        )
    finish(
        ctx, impact_findings(found), output, found.problems, form=form, total=found.decided + found.refused
    )
