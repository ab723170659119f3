"""`postloan explain`."""

from __future__ import annotations

import click


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("snapshot", default="-", metavar="[SNAPSHOT.json|-]")
@click.option("--trigger", metavar="NAME", help="Explain this trigger only, whatever its state.")
@click.option("--account", metavar="ID", help="Explain what concerns this account only.")
@click.option("--all", "everything", is_flag=True, help="Also what did not fire and does not hold.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def explain(
    *,
    rules: str,
    snapshot: str,
    trigger: str | None,
    account: str | None,
    everything: bool,
    profile: str | None,
    language: str,
) -> None:
    """Explain a decision: the value of every condition that was looked at, as a tree.

    Each condition stands as its author wrote it, with its value and its place in the YAML. Below it stand the
    facts, parameters and fields that it hangs on.

    \b
    Examples:
      postloan explain rules/credit_card customer.json
      postloan explain rules/credit_card customer.json --trigger past_due_90 --account A-1
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import known, named, read_bytes, read_snapshot
    from postloan_rules.cli.screen import console
    from postloan_rules.cli.tree import print_trace
    from postloan_rules.ruleset import load
    from postloan_rules.snapshot import SnapshotInvalid

    ruleset = load(rules, profile=profile)
    if trigger is not None:
        known(trigger, [each.name for each in ruleset.policy.triggers], "trigger", "--trigger")
    name = "standard input" if snapshot == "-" else snapshot
    customer = read_snapshot(read_bytes(snapshot), name)
    if account is not None:
        known(account, [each.account_id for each in customer.accounts], "account", "--account")
    try:
        decision = ruleset.decide(customer)
    except SnapshotInvalid as invalid:
        raise SnapshotInvalid(named(problem, name) for problem in invalid.problems) from invalid
    print_trace(
        console(),
        decision,
        ruleset.policy,
        trigger=trigger,
        account_id=account,
        everything=everything,
        language=language,
    )
