"""`postloan notice`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.decisions.letter import Form
    from postloan_rules.problems import Source


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("snapshot", default="-", metavar="[SNAPSHOT.json|-]")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "html"]), default="text", show_default=True)
@click.option("--template", metavar="FILE", help="A Jinja template of your own.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.pass_context
def notice(
    ctx: click.Context,
    *,
    rules: str,
    snapshot: str,
    language: str,
    form: Form,
    template: str | None,
    profile: str | None,
) -> None:
    """Write the customer's notice of a decision that is against the customer.

    It says what was done, the principal reasons in words, what would change them, and how to complain. Where
    nothing is against the customer there is no notice: nothing is printed, and the exit code is 0.

    \b
    Examples:
      postloan notice rules/credit_card customer.json
      postloan notice rules/credit_card customer.json --lang zh --format html > notice.html
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import named, read_bytes, read_snapshot
    from postloan_rules.cli.screen import show
    from postloan_rules.decisions.letter import letter
    from postloan_rules.decisions.notice import NoticeInvalid, notice_of
    from postloan_rules.ruleset import load
    from postloan_rules.snapshot import SnapshotInvalid

    ruleset = load(rules, profile=profile)
    own = _template(template) if template is not None else None
    name = "standard input" if snapshot == "-" else snapshot
    customer = read_snapshot(read_bytes(snapshot), name)
    try:
        decision = ruleset.decide(customer)
    except SnapshotInvalid as invalid:
        raise SnapshotInvalid(named(problem, name) for problem in invalid.problems) from invalid
    try:
        found = notice_of(ruleset.policy, customer, decision, language)
        text = letter(found, form, own) if found is not None else None
    except NoticeInvalid as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)
    if text is None:
        click.echo("no notice: nothing in this decision is against the customer", err=True)
        return
    click.echo(text, nl=False)


def _template(file: str) -> Source:
    """The template in a file.

    Raises:
        click.ClickException: when it can't be read, or is not UTF-8.
    """
    from postloan_rules.cli.inputs import read_bytes
    from postloan_rules.problems import Source

    try:
        return Source(file, read_bytes(file).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise click.FileError(file, "it is not UTF-8 text") from error
