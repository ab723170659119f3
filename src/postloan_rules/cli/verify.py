"""`postloan verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.portfolio.verifying import Verified

_SHOWN = 20


@click.command()
@click.argument("rules", metavar="RULES")
@click.option(
    "--data", required=True, metavar="PATH", help="Customers: a file, a folder of files, a pattern."
)
@click.option("--mapping", metavar="M.yaml", help="How the columns of a flat table become snapshots.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    metavar="N",
    help="How many customers, spread over the data.",
)
@click.option("--spark", is_flag=True, help="By Spark as well, in this machine.")
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    rules: str,
    data: str,
    mapping: str | None,
    profile: str | None,
    sample: int,
    spark: bool,
) -> None:
    """Decide some customers by every way of deciding, and show where two of them differ.

    The evaluator walks the policy's expressions one by one; it is slow, plain, and the judge. The compiled
    Python that `decide` uses and the SQL that `decide-many` uses must give the same as it does, in all: every
    response with its parameters, every trigger, reason and date. Where one differs the exit code is 1.

    \b
    Examples:
      postloan verify rules/credit_card --data customers.parquet
      postloan verify rules/credit_card --data customers.parquet --sample 100000 --spark
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.decide_many import told
    from postloan_rules.ruleset import load

    ruleset = load(rules, profile=profile)
    with told(ctx):
        from postloan_rules.portfolio.verifying import verified

        found = verified(ruleset.policy, ruleset.decide, data, mapping=mapping, sample=sample, spark=spark)
    _show(found)
    if any(way.differences for way in found.ways):
        ctx.exit(1)


def _show(found: Verified) -> None:
    from rich.table import Table

    from postloan_rules.cli.screen import console, write_table

    screen = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("decided by")
    for name in ("customers", "as the evaluator", "otherwise", "again by Python"):
        table.add_column(name, justify="right")
    table.add_row("evaluator", f"{found.customers:,}", "the judge", "", "")
    for way in found.ways:
        if way.unavailable is not None:
            table.add_row(way.name, "", way.unavailable, "", "")
            continue
        wrong = len({each.customer for each in way.differences})
        again = f"{way.redecided:,}" if way.name in ("duckdb", "spark") else ""
        table.add_row(way.name, f"{found.customers:,}", f"{found.customers - wrong:,}", f"{wrong:,}", again)
    write_table(screen, table)
    if found.refused:
        screen.print(f"\n{found.refused:,} customers can't be decided, and are left out", soft_wrap=True)
    shown = [(way.name, each) for way in found.ways for each in way.differences]
    for name, each in shown[:_SHOWN]:
        screen.print(f"\n{each.customer} by {name}, {each.column}:", soft_wrap=True)
        screen.print(f"  evaluator: {each.expected}", soft_wrap=True)
        screen.print(f"  {name}: {each.found}", soft_wrap=True)
    if len(shown) > _SHOWN:
        screen.print(f"\n... the first {_SHOWN} of {len(shown):,} differences are shown")
