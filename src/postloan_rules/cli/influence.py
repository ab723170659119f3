"""`postloan influence`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.analysis.bans import Breach
    from postloan_rules.analysis.influence import Influences
    from postloan_rules.policy import Policy


@click.command()
@click.argument("rules", metavar="RULES")
@click.option("--response", metavar="NAME", help="Show this response only.")
@click.option("--field", metavar="PATH", help="Show what this field can change, and by which way.")
@click.option(
    "--ban", "bans", multiple=True, metavar="FILE", help="A list of fields that may change nothing."
)
@click.option("--profile", metavar="NAME", help="Under this profile of parameters.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def influence(
    ctx: click.Context,
    *,
    rules: str,
    response: str | None,
    field: str | None,
    bans: tuple[str, ...],
    profile: str | None,
    form: str,
) -> None:
    """List the fields of the snapshot that can change each response.

    It is told from the rule set alone: what its triggers, facts, tables, scorecards and constraints read, and
    what can withhold a response. A field that is not listed for a response never changes it.

    The exit code is 1 when a protected attribute, or a field of a list of banned ones, can change a response
    or the day of the next review.

    \b
    Examples:
      postloan influence rules/credit_card --response raise_limit
      postloan influence rules/credit_card --field bureau.score
      postloan influence rules/credit_card --ban proxies.yaml --format json
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.analysis.bans import SHIPPED_BANS, BansInvalid, breaches, load_bans
    from postloan_rules.analysis.influence import influence_of
    from postloan_rules.cli.inputs import known
    from postloan_rules.cli.screen import show
    from postloan_rules.ruleset import load

    policy = load(rules, profile=profile).policy
    found = influence_of(policy)
    if response is not None:
        known(response, sorted(found.responses), "response", "--response")
    if field is not None:
        _known_field(policy, field)
    try:
        banned = [ban for file in (SHIPPED_BANS, *map(Path, bans)) for ban in load_bans(file)]
    except BansInvalid as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)
    wrong = breaches(policy, found, banned)
    shown = {name: each for name, each in found.responses.items() if response in (None, name)}
    if form == "json":
        _json(policy, found, list(shown), wrong)
    elif field is not None:
        _ways(found, list(shown), field)
    else:
        _table(found, list(shown), alone=response is not None)
    show((each.problem() for each in wrong), stderr=form == "json")
    if wrong:
        ctx.exit(1)


def _known_field(policy: Policy, path: str) -> None:
    from postloan_rules.analysis.bans import known_paths
    from postloan_rules.analysis.influence import INPUTS, canonical
    from postloan_rules.cli.inputs import known

    paths = [each for each, _ in known_paths()] + [f"{INPUTS}.{each.name}" for each in policy.inputs]
    if canonical(path) not in paths:
        known(path, paths, "field", "--field")


def _json(policy: Policy, found: Influences, names: Iterable[str], wrong: Iterable[Breach]) -> None:
    import json

    data = {
        "ruleset": policy.id,
        "version": policy.version,
        "profile": policy.profile,
        "responses": {
            name: {
                "fields": sorted(found.responses[name].fields),
                "parameters": {
                    parameter: sorted(reads) for parameter, reads in found.responses[name].parameters.items()
                },
                "reasons": sorted(found.responses[name].reasons),
            }
            for name in names
        },
        "next_review": sorted(found.next_review),
        "banned": [
            {"response": each.response, "field": each.path, "by": list(each.way), "reason": each.ban.reason}
            for each in wrong
        ],
    }
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _lines(found: Influences, names: Iterable[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What can change each response, each of its parameters, and its reasons, by name."""
    lines: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for name in names:
        each = found.responses[name]
        lines[name] = each.fields
        lines |= {f"{name}.{parameter}": reads for parameter, reads in each.parameters.items()}
        if each.reasons:
            lines[f"reasons of {name}"] = each.reasons
    return lines


def _table(found: Influences, names: list[str], *, alone: bool) -> None:
    from rich import box
    from rich.table import Table

    from postloan_rules.cli.screen import console, write_table

    every = [set(each.fields) for each in found.responses.values()]
    common = set.intersection(*every) if every and not alone else set()
    screen = console()
    # A rule below the heads would be as long as the longest line, where nothing is wrapped.
    table = Table(box=box.SIMPLE_HEAD if screen.is_terminal else None, pad_edge=False)
    table.add_column("response", style="bold", overflow="fold")
    table.add_column("fields that can change it", overflow="fold")
    if common:
        table.add_row("every response", ", ".join(sorted(common)))
    for name, reads in _lines(found, names).items():
        rest = sorted(set(reads) - (common if name in names else set()))
        also = "as every response" if name in names else "none"
        table.add_row(name, ", ".join(rest) or also)
    if not alone and found.next_review:
        table.add_row("next review", ", ".join(sorted(found.next_review)))
    write_table(screen, table)


def _ways(found: Influences, names: list[str], path: str) -> None:
    from rich import box
    from rich.table import Table

    from postloan_rules.analysis.bans import Ban
    from postloan_rules.cli.screen import console, write_table

    asked = Ban(path, "")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("response", "field", "by way of"):
        table.add_column(head, overflow="fold")
    for name, reads in {**_lines(found, names), "next review": found.next_review}.items():
        for each in sorted(reads):
            if asked.covers(each):
                table.add_row(name, each, " → ".join(reads[each]))
    screen = console()
    if table.row_count:
        write_table(screen, table)
    else:
        screen.print(f"{path} changes nothing")
