"""`postloan decide`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.ruleset import RuleSet


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("snapshot", default="-", metavar="[SNAPSHOT.json|-]")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option("--format", "form", type=click.Choice(["json", "page"]), default="json", show_default=True)
@click.option("--show", metavar="NAME,...", default="", help="Show these on the page, such as accounts.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.pass_context
def decide(
    ctx: click.Context,
    *,
    rules: str,
    snapshot: str,
    profile: str | None,
    form: str,
    show: str,
    language: str,
) -> None:
    """Decide customers: snapshots in, decisions out.

    SNAPSHOT is a file with one snapshot, or with one a line (JSON lines); without it, or with -, standard
    input is read. Each decision is one line of JSON, or with `--format page` a page for people, on which what
    tells who the customer is stays hidden unless `--show customer,accounts` names it. A snapshot that is
    wrong is shown with all that is wrong with it, the others are decided, and the exit code is 1.

    \b
    Examples:
      postloan decide rules/credit_card customer.json --format page
      postloan sample -n 100 | postloan decide rules/credit_card > decisions.jsonl
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import named, read_snapshot, shown
    from postloan_rules.cli.screen import console
    from postloan_rules.cli.screen import show as show_problems
    from postloan_rules.ruleset import load
    from postloan_rules.snapshot import SnapshotInvalid

    ruleset: RuleSet = load(rules, profile=profile)
    revealed = shown(show, ruleset.policy)
    screen = console() if form == "page" else None
    wrong = False
    for number, (name, text) in enumerate(_texts(snapshot)):
        try:
            decided = read_snapshot(text, name)
            try:
                decision = ruleset.decide(decided)
            except SnapshotInvalid as invalid:
                raise SnapshotInvalid(named(problem, name) for problem in invalid.problems) from invalid
        except SnapshotInvalid as invalid:
            show_problems(invalid.problems, stderr=True)
            wrong = True
            continue
        if screen is None:
            click.echo(decision.to_json())
            continue
        from postloan_rules.cli.page import print_page

        if number:
            screen.print()
        print_page(screen, decision, language, revealed)
    if wrong:
        ctx.exit(1)


def _texts(file: str) -> Iterator[tuple[str, bytes]]:
    """Each snapshot's text, with its name for messages: the file's, or that of its line."""
    from postloan_rules.cli.inputs import open_bytes

    name = "standard input" if file == "-" else file
    with open_bytes(file) as stream:
        first = stream.readline()
        number = 1
        while first and not first.strip():
            first, number = stream.readline(), number + 1
        if not _whole(first):
            # One snapshot over several lines, or nothing that can be read: the reader says what.
            yield name, b"\n" * (number - 1) + first + stream.read()
            return
        following = next(((at, line) for at, line in enumerate(stream, number + 1) if line.strip()), None)
        yield (name if following is None else f"{name}:{number}"), first
        if following is not None:
            yield f"{name}:{following[0]}", following[1]
            for at, line in enumerate(stream, following[0] + 1):
                if line.strip():
                    yield f"{name}:{at}", line


def _whole(line: bytes) -> bool:
    """Whether a line is a JSON value by itself."""
    import json

    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
