"""`postloan challenge`."""

from __future__ import annotations

import re
from decimal import Decimal

import click

from postloan_rules.cli.reporting import engine_option, output_options, portfolio_options, show_option

_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%|(0?\.[0-9]{1,8})")


@click.command()
@click.argument("champion", metavar="CHAMPION")
@click.argument("challenger", metavar="CHALLENGER")
@portfolio_options
@click.option("--share", required=True, metavar="10%", help="The part of the customers for the challenger.")
@click.option("--salt", required=True, metavar="TEXT", help="Another text divides the customers anew.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters, both policies.")
@click.option("--challenger-profile", metavar="NAME", help="The profile of CHALLENGER alone.")
@click.option(
    "--by",
    multiple=True,
    metavar="WHAT",
    help="See that the arms are alike by a field, a fact or an expression; can be repeated.",
)
@click.option("--assignment", metavar="FILE", help="Write each customer's arm to a .csv or .parquet file.")
@engine_option
@show_option
@output_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def challenge(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    champion: str,
    challenger: str,
    data: str,
    mapping: str | None,
    outcome: str | None,
    limit: int | None,
    share: str,
    salt: str,
    profile: str | None,
    challenger_profile: str | None,
    by: tuple[str, ...],
    assignment: str | None,
    engine: str,
    show: str,
    jobs: int | None,
    csv_folder: str | None,
    parquet_folder: str | None,
    html: str | None,
    form: str,
) -> None:
    """Try a challenger on a part of the customers, beside the champion.

    A salted hash of the customer's number says who is in which arm, so it is the same in every run and on
    every machine. Each customer is decided by the policy of the arm. It is checked that the division is as
    meant and the arms are alike; with an outcome their bad rates are compared, with intervals and a test.

    \b
    Examples:
      postloan challenge rules/credit_card drafts/credit_card --share 10% --salt spring --data book.jsonl
      postloan challenge rules/credit_card rules/credit_card --challenger-profile strict --share 10%
        --salt spring --data clients.csv --mapping clients.yaml --html challenge.html
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

    needs("reports", "duckdb", "pyarrow", "scipy")
    output = Output(csv_folder, parquet_folder, html)
    portfolio = portfolio_of(data, mapping, outcome, limit)
    from postloan_rules.portfolio.arms import Arms
    from postloan_rules.portfolio.challenge import challenge as challenged
    from postloan_rules.portfolio.challenge_sheets import challenge_findings
    from postloan_rules.portfolio.deciding import Variant

    shown = shown_by(show, Variant(Path(champion), profile).policy)
    arms = Arms(_share(share), salt)
    try:
        with deciding(ctx, portfolio) as run:
            found = challenged(
                Variant(Path(champion), profile),
                Variant(Path(challenger), challenger_profile or profile),
                portfolio,
                arms,
                by=by,
                show=shown,
                assignment=Path(assignment) if assignment is not None else None,
                workers=jobs_of(jobs, run.size),
                by_sql=engine == "duckdb",
                progress=run.advance,
                say=run.say,
            )
    except OSError as error:
        if assignment is None:
            raise
        raise click.FileError(assignment, (error.strerror or "it can't be written").lower()) from error
    total = sum(each.customers for each in found.results) + found.refused
    finish(ctx, challenge_findings(found), output, found.problems, form=form, total=total)


def _share(text: str) -> Decimal:
    """The share that `10%` or `0.1` stands for.

    Raises:
        click.BadParameter: for anything else, and for nobody or everybody.
    """
    match = _SHARE.fullmatch(text.strip())
    found = Decimal(0)
    if match is not None:
        found = Decimal(match[1]) / 100 if match[1] is not None else Decimal(match[2])
    if not 0 < found < 1:
        raise click.BadParameter(
            f"`{text}` is no share; write a part such as `10%`, more than 0 % and less than 100 %",
            param_hint="--share",
        )
    return found
