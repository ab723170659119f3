"""`postloan test`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from postloan_rules.analysis import Result


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="RULES...")
@click.option("-k", "wanted", metavar="TEXT", help="Run the examples whose name contains this text only.")
@click.option("-v", "--verbose", is_flag=True, help="List the examples that pass as well.")
@click.option(
    "--allow-unconfirmed", is_flag=True, help="Let examples pass that still say `confirmed: false`."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "junit"]),
    default="text",
    help="How to write the results: for people, or as JUnit XML for a build server.",
)
@click.pass_context
def test(
    ctx: click.Context,
    paths: tuple[str, ...],
    wanted: str | None,
    form: str,
    *,
    verbose: bool,
    allow_unconfirmed: bool,
) -> None:
    """Run the policy team's examples, and show what is not as expected.

    The examples of a policy stand beside it, in its folder examples/. Each names a customer, what is changed,
    and what the policy must then say. The exit code is 1 when any fails, or when there are none.

    An example with `confirmed: false` was written by a program (see `postloan coverage --write-missing`).
    Somebody must look at what it expects, and delete that line if it is right: until then it is no pass.

    \b
    Examples:
      postloan test rules/credit_card rules/personal_loan
      postloan test rules/credit_card -k sealed --verbose
      postloan test rules/credit_card --format junit > results.xml
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.screen import console

    screen = console()
    if form == "junit":
        ctx.exit(_junit(paths, wanted, allow_unconfirmed=allow_unconfirmed))
    passed = failed = awaiting = 0
    for result in _results(paths, wanted):
        if result.passed:
            passed += 1
            if verbose:
                screen.print(_headline(result, "passed", "green"), soft_wrap=True)
            continue
        if result.awaits:
            awaiting += 1
            if verbose or not allow_unconfirmed:
                screen.print(_headline(result, "TO CONFIRM", "bold yellow"), soft_wrap=True)
            continue
        failed += 1
        screen.print(_headline(result, "FAILED", "bold red"), soft_wrap=True)
        for difference in result.differences:
            screen.print(f"    {difference.subject}", style="bold", soft_wrap=True)
            screen.print(f"      expected: {difference.expected}", style="green", soft_wrap=True)
            screen.print(f"      but:      {difference.actual}", style="red", soft_wrap=True)
            screen.print(f"      {difference.span}", style="dim", soft_wrap=True)
    total = passed + failed + awaiting
    if not total:
        which = f" whose name contains `{wanted}`" if wanted else ""
        screen.print(f"no examples{which} beside {', '.join(paths)}", soft_wrap=True)
        ctx.exit(1)
    said = f"{total} example{'s' * (total != 1)}: {passed} passed" + (f", {failed} failed" if failed else "")
    said += f", {awaiting} await{'s' * (awaiting == 1)} confirmation" if awaiting else ""
    screen.print(said, style="bold red" if failed else "bold yellow" if awaiting else "bold green")
    if awaiting:
        screen.print("look at what each expects, and delete its line `confirmed: false` if that is right")
    if failed or (awaiting and not allow_unconfirmed):
        ctx.exit(1)


def _junit(paths: tuple[str, ...], wanted: str | None, *, allow_unconfirmed: bool) -> int:
    """Write the results as JUnit XML; the exit code."""
    from postloan_rules.cli.junit import as_junit

    results = {path: list(_results((path,), wanted)) for path in paths}
    click.echo(as_junit(results, allow_unconfirmed=allow_unconfirmed))
    every = [result for some in results.values() for result in some]
    fine = all(result.passed or (allow_unconfirmed and result.awaits) for result in every)
    return 0 if every and fine else 1


def _results(paths: tuple[str, ...], wanted: str | None) -> Iterator[Result]:
    from pathlib import Path

    from postloan_rules.analysis import load_examples, run
    from postloan_rules.policy import load_policy

    for path in map(Path, paths):
        for example in load_examples(path, load_policy(path)):
            if wanted is None or wanted.casefold() in example.name.casefold():
                yield run(example)


def _headline(result: Result, word: str, style: str) -> Text:
    from rich.text import Text

    return Text.assemble((word, style), " ", result.example.name, "  ", (str(result.example.span), "dim"))
