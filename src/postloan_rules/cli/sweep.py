"""`postloan sweep`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from postloan_rules.cli.reporting import engine_option, output_options, portfolio_options

if TYPE_CHECKING:
    from postloan_rules.portfolio.sweep import Axis

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})")
_LIST = re.compile(rf"{_NUMBER}(?:,{_NUMBER})*")
_HINT = "--parameter"


@click.command()
@click.argument("rules", metavar="RULES")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    required=True,
    metavar="NAME=LOW:HIGH:STEP",
    help="A parameter and its values, or NAME=V1,V2; several make a grid.",
)
@portfolio_options
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@engine_option
@output_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def sweep(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    parameters: tuple[str, ...],
    data: str,
    mapping: str | None,
    outcome: str | None,
    limit: int | None,
    profile: str | None,
    engine: str,
    jobs: int | None,
    csv_folder: str | None,
    parquet_folder: str | None,
    html: str | None,
    form: str,
) -> None:
    """Try values of a parameter over a portfolio.

    At each value: how many customers are hits (a trigger fires that hangs on the parameter), how many are
    near misses and near hits (one step away it would be otherwise), how many get any response or an adverse
    one, how much they owe and, with an outcome, how much of what went bad is caught. A value that the policy
    can't have is a problem, as it is in the policy itself.

    \b
    Examples:
      postloan sweep rules/credit_card --parameter high_utilisation=0.70:0.95:0.05 --data portfolio.jsonl
      postloan sweep rules/credit_card --parameter late_60=30,60,90 --data portfolio.jsonl --html sweep.html
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.cli.reporting import Output, deciding, finish, jobs_of, needs, portfolio_of

    needs("columns", "duckdb", "pyarrow")
    output = Output(csv_folder, parquet_folder, html)
    portfolio = portfolio_of(data, mapping, outcome, limit)
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.sweep import TooManyPoints
    from postloan_rules.portfolio.sweep import sweep as swept
    from postloan_rules.portfolio.sweep_sheets import sweep_findings

    axes = [_axis(each) for each in parameters]
    if len({axis.name for axis in axes}) < len(axes):
        raise click.BadParameter("each parameter can be given once", param_hint=_HINT)
    try:
        with deciding(ctx, portfolio) as run:
            found = swept(
                Variant(Path(rules), profile),
                axes,
                portfolio,
                workers=jobs_of(jobs, run.size * len(axes[0].values)),
                by_sql=engine == "duckdb",
                progress=run.advance,
                say=run.say,
            )
    except TooManyPoints as many:
        raise click.BadParameter(str(many), param_hint=_HINT) from many
    decided = found.points[0].decided
    finish(ctx, sweep_findings(found), output, found.problems, form=form, total=decided + found.refused)


def _axis(text: str) -> Axis:
    """The values that `NAME=LOW:HIGH:STEP` or `NAME=V1,V2` stands for, exactly.

    Raises:
        click.BadParameter: for anything else.
    """
    from postloan_rules.portfolio.sweep import MOST_POINTS, Axis

    name, given, values = text.partition("=")
    match = _RANGE.fullmatch(values)
    if not name or not given or (match is None and _LIST.fullmatch(values) is None):
        raise click.BadParameter(
            f"`{text}` names no values; write `NAME=0.70:0.95:0.05` or `NAME=30,60,90`", param_hint=_HINT
        )
    if match is None:
        listed = sorted({Decimal(value) for value in values.split(",")})
        return Axis(name, tuple(listed))
    low, high, step = (Decimal(part) for part in match.groups())
    if step <= 0 or low > high:
        raise click.BadParameter(f"`{values}` does not go up from low to high", param_hint=_HINT)
    count = int((high - low) / step) + 1
    if count > MOST_POINTS:
        message = f"`{values}` has {count:,} values, and at most {MOST_POINTS} are taken"
        raise click.BadParameter(message, param_hint=_HINT)
    return Axis(name, tuple(low + step * at for at in range(count)), step)
