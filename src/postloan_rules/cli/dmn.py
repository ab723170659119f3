"""`postloan dmn`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def dmn() -> None:
    """Write a policy as DMN for other tools, or read decision tables from it.

    \b
    Examples:
      postloan dmn export rules/credit_card -o credit_card.dmn
      postloan dmn import terms.dmn -o rules/credit_card/terms.yaml
    """  # noqa: D301 - click keeps the lines after a \b as they are


@dmn.command("export")
@click.argument("rules", metavar="RULES")
@click.option("-o", "--output", metavar="FILE", help="Write to this file, not to the screen.")
@click.option("--profile", metavar="NAME", help="Export the parameters of this profile.")
def export(rules: str, output: str | None, profile: str | None) -> None:
    """Write a policy as DMN 1.5.

    The file holds the policy's inputs, parameters, facts and tables, and the conditions of its triggers and
    rules. Its description names what DMN has no words for, and where expressions mean something else in
    other tools.

    \b
    Example:
      postloan dmn export rules/credit_card -o credit_card.dmn
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.policy.dmn import to_dmn
    from postloan_rules.ruleset import load

    _write(to_dmn(load(rules, profile=profile).policy), output)


@dmn.command("import")
@click.argument("file", metavar="FILE.dmn")
@click.option("-o", "--output", metavar="FILE.yaml", help="Write to this file, not to the screen.")
@click.pass_context
def import_(ctx: click.Context, file: str, output: str | None) -> None:
    """Read decision tables and literal expressions from DMN 1.1 to 1.5, as YAML.

    The YAML holds inputs, facts and tables; put it beside the policy.yaml of a policy. What the rule language
    has no words for is refused, all of it at once, each with its place in the file.

    \b
    Example:
      postloan dmn import terms.dmn -o rules/credit_card/terms.yaml
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import open_bytes
    from postloan_rules.cli.screen import show
    from postloan_rules.policy.dmn import DmnInvalid, from_dmn
    from postloan_rules.policy.dmn.document import LARGEST

    try:
        with open_bytes(file) as stream:
            model = from_dmn(stream.read(LARGEST + 1), file)
    except DmnInvalid as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)
    show(model.warnings, stderr=True)
    _write(model.yaml, output)


def _write(text: str, output: str | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        _path(output).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.FileError(output, (error.strerror or "it can't be written").lower()) from error


def _path(output: str) -> Path:
    from pathlib import Path as FilePath

    return FilePath(output)
