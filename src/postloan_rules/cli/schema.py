"""`postloan schema`."""

from __future__ import annotations

import click


@click.command()
@click.argument("what", type=click.Choice(["snapshot", "decision", "explanation"]))
def schema(what: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a snapshot, a decision or an explanation.

    \b
    Example:
      postloan schema snapshot > snapshot.schema.json
    """  # noqa: D301 - click keeps the lines after a \b as they are
    import json

    from postloan_rules.decisions.schema import json_schema as of_decision
    from postloan_rules.decisions.views.explanation_schema import json_schema as of_explanation
    from postloan_rules.snapshot.schema import json_schema as of_snapshot

    made = {"snapshot": of_snapshot, "decision": of_decision, "explanation": of_explanation}
    click.echo(json.dumps(made[what](), ensure_ascii=False, indent=2))
