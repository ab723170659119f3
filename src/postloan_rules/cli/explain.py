"""`postloan explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.decisions.views import View, Wording

_FORMATS = ("tree", "json", "markdown", "html", "mermaid", "dot")


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("snapshot", default="-", metavar="[SNAPSHOT.json|-]")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="tree", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write to this file.")
@click.option("--show", metavar="NAME,...", default="", help="Show these, such as accounts,customer.")
@click.option("--trigger", metavar="NAME", help="Explain this trigger only, whatever its state.")
@click.option("--account", metavar="ID", help="Explain what concerns this account only.")
@click.option("--all", "everything", is_flag=True, help="Also what did not fire and does not hold.")
@click.option("--reasons", is_flag=True, help="Also the fewest conditions that call for each response.")
@click.option("--why-not", multiple=True, metavar="RESPONSE", help="Also what this one lacks. Repeatable.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def explain(  # noqa: PLR0913 - one for each option
    *,
    rules: str,
    snapshot: str,
    form: str,
    output: str | None,
    show: str,
    trigger: str | None,
    account: str | None,
    everything: bool,
    reasons: bool,
    why_not: tuple[str, ...],
    profile: str | None,
    language: str,
) -> None:
    """Explain a decision: the value of every condition that was looked at.

    Each condition stands as its author wrote it, with its value and its place in the YAML. Below it stand the
    facts, parameters and fields that it hangs on. What tells who the customer is stays hidden: --show names
    what to reveal.

    \b
    Examples:
      postloan explain rules/credit_card customer.json
      postloan explain rules/credit_card customer.json --trigger past_due_90 --account A-1
      postloan explain rules/credit_card customer.json --format html --lang zh -o page.html
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import known, named, read_bytes, read_snapshot, shown
    from postloan_rules.decisions.views import Choice, Wording, view_of
    from postloan_rules.ruleset import load
    from postloan_rules.snapshot import SnapshotInvalid

    ruleset = load(rules, profile=profile)
    if trigger is not None:
        known(trigger, [each.name for each in ruleset.policy.triggers], "trigger", "--trigger")
    for each in why_not:
        known(each, list(ruleset.policy.responses), "response", "--why-not")
    revealed = shown(show, ruleset.policy)
    name = "standard input" if snapshot == "-" else snapshot
    customer = read_snapshot(read_bytes(snapshot), name)
    if account is not None:
        known(account, [each.account_id for each in customer.accounts], "account", "--account")
    try:
        decision = ruleset.decide(customer)
    except SnapshotInvalid as invalid:
        raise SnapshotInvalid(named(problem, name) for problem in invalid.problems) from invalid
    for each in why_not:
        if any(
            taken.response == each and account in (None, taken.account_id) for taken in decision.responses
        ):
            raise click.BadParameter(f"`{each}` is chosen; --reasons says why", param_hint="--why-not")
    view = view_of(decision, show=revealed, choice=Choice(trigger, account, everything, reasons, why_not))
    _write(view, Wording(language, view.currency), form, output)


def _write(view: View, wording: Wording, form: str, output: str | None) -> None:
    if form == "tree":
        from postloan_rules.cli.screen import console, plain_text
        from postloan_rules.cli.tree import print_tree

        if output is None:
            print_tree(console(), view, wording)
            return
        text = plain_text(lambda screen: print_tree(screen, view, wording))
    else:
        text = _text(view, wording, form)
    if output is None or output == "-":
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - as the user wrote it
            file.write(text)
    except OSError as error:
        raise click.FileError(output, (error.strerror or "it can't be written").lower()) from error


def _text(view: View, wording: Wording, form: str) -> str:
    match form:
        case "json":
            from postloan_rules.decisions.views.as_json import to_json

            return to_json(view) + "\n"
        case "markdown":
            from postloan_rules.decisions.views.as_markdown import to_markdown

            return to_markdown(view, wording)
        case "html":
            from postloan_rules.decisions.views.as_html import to_html

            return to_html(view, wording)
        case "mermaid":
            from postloan_rules.decisions.views.as_mermaid import to_mermaid

            return to_mermaid(view, wording)
        case "dot":
            from postloan_rules.decisions.views.as_dot import to_dot

            return to_dot(view, wording)
        case _:
            raise AssertionError(form)
