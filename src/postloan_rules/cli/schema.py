"""`postloan schema`."""

from __future__ import annotations

import click


@click.command()
@click.argument("what", type=click.Choice(["snapshot", "decision"]))
def schema(what: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a snapshot or of a decision.

    \b
    Example:
      postloan schema snapshot > snapshot.schema.json
    """  # noqa: D301 - click keeps the lines after a \b as they are
    import json

    from postloan_rules.decisions.schema import json_schema as of_decision
    from postloan_rules.snapshot.schema import json_schema as of_snapshot

    data = of_snapshot() if what == "snapshot" else of_decision()
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
