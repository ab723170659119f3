"""`postloan schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.policy import Policy


@click.command()
@click.argument("what", type=click.Choice(["snapshot", "decision", "explanation", "ruleset", "examples"]))
@click.option("--arrow", is_flag=True, help="The columns of a snapshot in Parquet and Arrow, for people.")
@click.option("--json", "as_json", is_flag=True, help="With --arrow: the same as JSON, for programs.")
@click.option("--rules", metavar="RULES", help="With --arrow: with the inputs of this policy as columns.")
@click.option("--currency", default="CNY", show_default=True, help="With --arrow: whose amounts they are.")
def schema(what: str, *, arrow: bool, as_json: bool, rules: str | None, currency: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a snapshot, a decision, an explanation, or a policy's files.

    `ruleset` is for the files of a policy and `examples` for those of its examples: editors of YAML complete
    and check by them. What they can't know (names, types, units) `postloan check` tells.

    \b
    Examples:
      postloan schema snapshot > snapshot.schema.json
      postloan schema ruleset > ruleset.schema.json
      postloan schema snapshot --arrow
      postloan schema snapshot --arrow --json > columns.json
    """  # noqa: D301 - click keeps the lines after a \b as they are
    import json

    if arrow:
        if what != "snapshot":
            raise click.UsageError("--arrow shows the columns of a snapshot")
        _columns(rules, currency, as_json=as_json)
        return
    from postloan_rules.analysis.example_outline import json_schema as of_examples
    from postloan_rules.decisions.schema import json_schema as of_decision
    from postloan_rules.decisions.views.explanation_schema import json_schema as of_explanation
    from postloan_rules.policy.outline_schema import json_schema as of_ruleset
    from postloan_rules.snapshot.schema import json_schema as of_snapshot

    made = {"snapshot": of_snapshot, "decision": of_decision, "explanation": of_explanation}
    made |= {"ruleset": of_ruleset, "examples": of_examples}
    click.echo(json.dumps(made[what](), ensure_ascii=False, indent=2))


def _columns(rules: str | None, currency: str, *, as_json: bool) -> None:
    import json
    from pathlib import Path

    from postloan_rules.cli.inputs import known
    from postloan_rules.cli.reporting import needs
    from postloan_rules.snapshot.currency import CURRENCIES

    needs("columns", "pyarrow")
    from postloan_rules.portfolio.columns.described import columns_for_programs, lines_for_people

    known(currency, sorted(CURRENCIES), "currency", "--currency")
    policy: Policy | None = None
    if rules is not None:
        from postloan_rules.policy import load_policy

        policy = load_policy(Path(rules))
    if as_json:
        click.echo(json.dumps(columns_for_programs(policy, currency), ensure_ascii=False, indent=2))
        return
    for line in lines_for_people(policy, currency):
        click.echo(line)
