"""`postloan serve`."""

from __future__ import annotations

from ipaddress import ip_address
from ssl import SSLError
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.records import DecisionLog
    from postloan_rules.ruleset import RuleSet
    from postloan_rules.service.loading import Reader


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--share-port", is_flag=True, help="Let more processes of the service listen on this port.")
@click.option("--keys", metavar="FILE", help="Answer those only whose key is in this file.")
@click.option("--open", "everybody", is_flag=True, help="Answer everybody, on any address, without a key.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Customers a second a key."
)
@click.option(
    "--profile", "profiles", multiple=True, metavar="PRODUCT=NAME", help="Decide it under this profile."
)
@click.option(
    "--shadow", "shadows", multiple=True, metavar="FOLDER", help="Decide it too, and never answer by it."
)
@click.option(
    "--trust", "trusted", multiple=True, metavar="KEY.pem", help="Take bundles only, signed by one of these."
)
@click.option("--at-least", metavar="VERSION", help="Take bundles only, none older than this.")
@click.option("--every", type=click.FloatRange(0.05, 3600), default=2.0, show_default=True, metavar="SECONDS")
@click.option("--max-body", type=click.IntRange(1_000), default=1 << 20, show_default=True, metavar="BYTES")
@click.option("--log", metavar="FILE", help="Put each decision on record here before it is answered.")
@click.option("--log-key", metavar="KEY.pem", help="Sign checkpoints of the record by this key.")
@click.option("--certificate", metavar="FILE", help="Serve over TLS by this certificate.")
@click.option("--private-key", metavar="FILE", help="The certificate's key, where it stands by itself.")
def serve(  # noqa: PLR0913 - one for each option
    *,
    directory: str,
    host: str,
    port: int,
    share_port: bool,
    keys: str | None,
    everybody: bool,
    rate: float | None,
    profiles: tuple[str, ...],
    shadows: tuple[str, ...],
    trusted: tuple[str, ...],
    at_least: str | None,
    every: float,
    max_body: int,
    log: str | None,
    log_key: str | None,
    certificate: str | None,
    private_key: str | None,
) -> None:
    """Decide over HTTP by the policies in a directory, while their files change.

    Each folder of DIR (or bundle, *.plr) is one version of a product; DIR may also be the folder of one
    policy. An edit comes into service when it loads and its examples hold; --every so many seconds the files
    are looked at. What is in the folder shadow/ is decided too, and never answered with. GET /openapi.json
    describes the addresses.

    Without --keys it listens on this machine alone, unless --open says that everybody may ask. The log goes
    to standard error, a JSON object a line. SIGTERM ends it when the requests under way are answered.

    \b
    Examples:
      postloan serve rules/credit_card
      postloan serve-key core_banking --keys keys.txt
      postloan serve policies --host 0.0.0.0 --keys keys.txt --rate 200
      postloan serve policies --keys keys.txt --log decisions.jsonl
      postloan serve bundles --keys keys.txt --trust release.pem --at-least 2026.12
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path

    from postloan_rules.cli.reporting import needs
    from postloan_rules.cli.screen import show

    needs("service", "starlette", "uvicorn", "prometheus_client")
    from postloan_rules.records import LogError
    from postloan_rules.service.app import service
    from postloan_rules.service.keys import KeysInvalid
    from postloan_rules.service.logs import log_to
    from postloan_rules.service.server import Listening, run
    from postloan_rules.service.settings import Settings

    if keys is None and not everybody and not _only_here(host):
        raise click.UsageError(f"everybody could ask at {host}: name a file of --keys, or say --open")
    settings = Settings(
        largest_body=max_body, largest_many=max(max_body, 8 << 20), rate=rate, look_seconds=every
    )
    log_to()
    try:
        made = service(
            directory,
            settings=settings,
            keys=Path(keys) if keys is not None else None,
            profiles=dict(map(_profile, profiles)),
            shadows=shadows,
            bundle=_bundles(trusted, at_least),
            folders=not trusted and at_least is None,
            record=_record(log, log_key),
        )
        run(made, Listening(host, port, certificate, private_key, share_port))
    except KeysInvalid as invalid:
        show(invalid.problems, stderr=True)
        click.get_current_context().exit(1)
    except LogError as error:
        raise click.ClickException(str(error)) from error
    except NotADirectoryError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        if isinstance(error, SSLError | FileNotFoundError):
            raise click.ClickException(f"the certificate or its key can't be used: {reason}") from error
        raise click.ClickException(f"can't listen on {host}:{port}: {reason}") from error


def _only_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _profile(text: str) -> tuple[str, str]:
    product, _, name = text.partition("=")
    if not product or not name:
        raise click.UsageError(f"`{text}` is no profile of a product: write --profile credit_card=strict")
    return product, name


def _record(path: str | None, key: str | None) -> DecisionLog | None:
    """The log that decisions are put on."""
    if path is None:
        if key is not None:
            raise click.UsageError("--log-key signs a record: name its file by --log")
        return None
    from postloan_rules.records import DecisionLog

    return DecisionLog(path, signing=key)


def _bundles(trusted: tuple[str, ...], at_least: str | None) -> Reader:
    """Reads bundles as the service demands."""
    from postloan_rules.bundles import load_bundle

    def read(path: Path, profile: str | None) -> RuleSet:
        return load_bundle(path, profile=profile, keys=trusted or None, at_least=at_least)

    return read
