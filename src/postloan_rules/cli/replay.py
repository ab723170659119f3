"""`postloan replay`."""

from __future__ import annotations

import click


@click.command()
@click.argument("file", metavar="LOG")
@click.option(
    "--policies", required=True, metavar="FOLDER", help="The folder of the policies' bundles (*.plr)."
)
@click.option("--from", "first", type=click.IntRange(1), default=1, help="From this record on.")
@click.option("--limit", type=click.IntRange(1), help="So many decisions at most.")
@click.option("--all", "everything", is_flag=True, help="Go on after the first difference.")
@click.option("--seal", metavar="KEYS.db", help="The store of customers' keys.")
@click.option("--master", metavar="FILE", help="The master key of that store.")
@click.pass_context
def replay(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    file: str,
    *,
    policies: str,
    first: int,
    limit: int | None,
    everything: bool,
    seal: str | None,
    master: str | None,
) -> None:
    """Make the decisions of a log again, each by the policy that made it, and compare the bytes.

    Stops at the first difference and names its cause: a policy that is not there, another version of the
    library, a snapshot that is not the one decided on. The exit code is 1 where there is one.

    \b
    Example:
      postloan replay decisions.jsonl --policies bundles
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from collections import Counter
    from pathlib import Path

    from postloan_rules.cli.log import key_store, told
    from postloan_rules.cli.screen import show
    from postloan_rules.records import Outcome, Shelf
    from postloan_rules.records import replay as again

    if not Path(policies).is_dir():
        raise click.BadParameter(f"there is no folder `{policies}`", param_hint="--policies")
    shelf = Shelf(policies)
    show(shelf.problems, stderr=True)
    counts: Counter[Outcome] = Counter()
    with told(), key_store(seal, master) as keys:
        for each in again(file, shelf, keys=keys, first=first, limit=limit):
            counts[each.outcome] += 1
            if each.problem is not None:
                show([each.problem], stderr=False)
                if not everything:
                    break
    total = sum(counts.values())
    said = [f"{count} {outcome.value}" for outcome in Outcome if (count := counts[outcome])]
    click.echo(f"{total} decision{'s' * (total != 1)} made again: {', '.join(said) or 'none'}")
    if counts[Outcome.DIFFERENT]:
        ctx.exit(1)
