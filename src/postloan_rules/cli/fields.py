"""`postloan fields`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo


@click.command()
@click.argument("record", required=False)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True
)
def fields(record: str | None, form: str) -> None:
    """List the fields of the snapshot: name, type, unit, meaning.

    RECORD is the name of one record, such as Account; without it all records are listed.

    \b
    Examples:
      postloan fields Account
      postloan fields --format markdown > fields.md
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.inputs import known
    from postloan_rules.snapshot import catalogue

    records = catalogue.records()
    if record is not None:
        by_lower = {name.lower().replace(" ", ""): name for name in records}
        name = by_lower.get(record.lower().replace("_", "").replace(" ", ""), record)
        chosen = [records[known(name, list(records), "record", "RECORD")]]
    else:
        chosen = list(records.values())
    match form:
        case "json":
            _json(chosen)
        case "markdown":
            for line in _markdown(chosen):
                click.echo(line)
        case _:
            _tables(chosen)


def kind_of(item: FieldInfo) -> str:
    """What a field holds, in words."""
    kind = item.record or (f"one of {', '.join(item.members)}" if item.members else item.kind)
    return f"list of {kind}" if item.many else kind


def _note(item: FieldInfo) -> str:
    if item.protected:
        return "protected: no rule may read it"
    return "may be unknown" if item.optional else "required"


def _json(chosen: Iterable[RecordInfo]) -> None:
    import json

    data = {
        record.name: {
            "meaning": record.meaning,
            "fields": {
                item.name: {
                    "kind": item.record or item.kind,
                    "list": item.many,
                    "required": not item.optional,
                    "unit": item.unit or None,
                    "members": list(item.members) or None,
                    "protected": item.protected,
                    "meaning": item.meaning,
                }
                for item in record.fields
            },
        }
        for record in chosen
    }
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _markdown(chosen: Iterable[RecordInfo]) -> Iterator[str]:
    for record in chosen:
        yield f"## {record.name}\n\n{record.meaning}.\n"
        yield "| field | type | unit | | meaning |\n|---|---|---|---|---|"
        for item in record.fields:
            yield f"| `{item.name}` | {kind_of(item)} | {item.unit} | {_note(item)} | {item.meaning} |"
        yield ""


def _tables(chosen: Iterable[RecordInfo]) -> None:
    from rich import box
    from rich.table import Table

    from postloan_rules.cli.screen import console, write_table

    screen = console()
    for record in chosen:
        table = Table(title=f"{record.name}: {record.meaning}", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("field", style="bold", overflow="fold")
        for name in ("type", "unit", "", "meaning"):
            table.add_column(name, overflow="fold")
        for item in record.fields:
            table.add_row(item.name, kind_of(item), item.unit, _note(item), item.meaning)
        write_table(screen, table)
