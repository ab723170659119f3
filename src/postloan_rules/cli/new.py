"""`postloan new`."""

from __future__ import annotations

import re
from pathlib import Path

import click

_STARTER = Path(__file__).with_name("starter")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--currency", default="CNY", show_default=True, help="The currency of its amounts.")
def new(folder: Path, currency: str) -> None:
    """Make a small working policy to start from, with examples that pass.

    DIR is made; one that holds anything already is left as it is.

    \b
    Examples:
      postloan new cards
      postloan new cards --currency EUR
    """  # noqa: D301 - click keeps the lines after a \b as they are
    if not re.fullmatch("[A-Z]{3}", currency):
        message = f"`{currency}` is no currency; write its three letters, such as CNY"
        raise click.BadParameter(message, param_hint="--currency")
    if folder.exists() and any(folder.iterdir()):
        raise click.BadParameter(
            f"{folder} is not empty; name a folder that is not there yet", param_hint="DIR"
        )
    for file in sorted(_STARTER.rglob("*.yaml")):
        place = folder / file.relative_to(_STARTER)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        text = (
            text.replace("RULESET", _name(folder)).replace("CURRENCY", currency).replace("DIR", str(folder))
        )
        place.write_text(text, encoding="utf-8")
    click.echo(f"{folder} holds a small policy now. Try it:")
    for command in ("check", "test", "coverage"):
        click.echo(f"  postloan {command} {folder}")


def _name(folder: Path) -> str:
    """The folder's name as the name of a policy: letters, digits and `_`, a letter first."""
    name = re.sub(r"\W+", "_", folder.resolve().name).strip("_")
    return name if name[:1].isalpha() else f"policy_{name}".rstrip("_")
