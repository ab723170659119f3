"""`postloan serve-key`."""

from __future__ import annotations

import click


@click.command("serve-key")
@click.argument("name")
@click.option(
    "--keys", required=True, metavar="FILE", help="The file of keys; it is made where there is none."
)
@click.option("--rate", metavar="N/s", help="How many customers a second it may ask for, such as 50/s.")
def serve_key(*, name: str, keys: str, rate: str | None) -> None:
    """Make a key for one caller of `postloan serve`, and print it: it is shown this once.

    The file holds a hash of the key, by which nobody can ask. To take a key back, take its line out of the
    file; a service that runs notices within seconds.

    \b
    Example:
      postloan serve-key core_banking --keys keys.txt --rate 200/s
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.cli.screen import show
    from postloan_rules.service.keys import KeysInvalid, add_key

    try:
        click.echo(add_key(Path(keys), name, rate))
    except KeysInvalid as invalid:
        show(invalid.problems, stderr=True)
        click.get_current_context().exit(1)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.FileError(keys, (error.strerror or "it can't be written").lower()) from error
