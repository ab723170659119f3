"""`postloan log`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from postloan_rules.bundles.keys import PublicKey
    from postloan_rules.records import Head, KeyStore

_SEAL = click.option("--seal", metavar="KEYS.db", help="The store of customers' keys.")
_MASTER = click.option("--master", metavar="FILE", help="The master key of that store.")


@contextmanager
def told() -> Iterator[None]:
    """Within it, what is wrong with a log is shown, and is no traceback."""
    from postloan_rules.cli.screen import show
    from postloan_rules.records import LogError
    from postloan_rules.records.reading import Broken

    try:
        yield
    except LogError as error:
        show(error.problems, stderr=True)
        raise click.exceptions.Exit(1) from error
    except Broken as broken:
        show([broken.problem], stderr=True)
        raise click.exceptions.Exit(1) from broken


@contextmanager
def key_store(seal: str | None, master: str | None) -> Iterator[KeyStore | None]:
    """The store of keys that the options name, if they name one."""
    from postloan_rules.cli.reporting import needs
    from postloan_rules.records import SqliteKeys

    if seal is None and master is None:
        yield None
        return
    if seal is None or master is None:
        raise click.UsageError("--seal and --master go together")
    needs("signing", "cryptography")
    keys = SqliteKeys(seal, master)
    try:
        yield keys
    finally:
        keys.close()


@click.group()
def log() -> None:
    """A log of decisions: write it, verify it, look into it, erase a customer from it."""


@log.command()
@click.argument("file", metavar="LOG")
@click.argument("snapshots", default="-", metavar="[SNAPSHOTS|-]")
@click.option("--policy", required=True, metavar="FILE.plr", help="The bundle of the policy that decides.")
@click.option("--profile", metavar="NAME", help="Decide under this profile of parameters.")
@click.option(
    "--at",
    required=True,
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    help="When the decisions are made: nothing here looks at a clock.",
)
@click.option("--key", metavar="PEM", help="The signing key for checkpoints (Ed25519).")
@click.option(
    "--every", type=click.IntRange(1), default=1000, show_default=True, help="A checkpoint after so many."
)
@click.option("--keep", type=click.Choice(["snapshot", "fingerprint"]), default="snapshot", show_default=True)
@click.option("--trace", is_flag=True, help="Keep the value of every condition, too.")
@_SEAL
@_MASTER
def write(  # noqa: PLR0913 - one parameter for each option
    file: str,
    snapshots: str,
    *,
    policy: str,
    profile: str | None,
    at: datetime,
    key: str | None,
    every: int,
    keep: str,
    trace: bool,
    seal: str | None,
    master: str | None,
) -> None:
    """Decide customers and write the decisions down.

    LOG ends with .jsonl (lines of JSON) or .sqlite. It is begun, or gone on with. SNAPSHOTS is a file with a
    snapshot a line (JSON lines).

    \b
    Example:
      postloan log write decisions.jsonl customers.jsonl --policy credit_card.plr --at 2026-11-30T18:00:00
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles import read_bundle
    from postloan_rules.cli.inputs import open_bytes, read_snapshot
    from postloan_rules.records import DecisionLog

    bundle = read_bundle(policy)
    ruleset = bundle.ruleset(profile)
    with told(), key_store(seal, master) as keys:
        opened = DecisionLog(
            file,
            signing=key,
            every=every,
            keep="snapshot" if keep == "snapshot" else "fingerprint",
            trace=trace,
            sealing=keys,
        )
        if opened.set_aside is not None:
            aside = opened.set_aside
            click.echo(f"half-written after record {aside.after}: {aside.size} bytes set aside", err=True)
        count = 0
        with opened, open_bytes(snapshots) as stream:
            for number, text in enumerate(stream, 1):
                if text.strip():
                    decision = ruleset.decide(read_snapshot(text, f"{snapshots}:{number}"))
                    opened.append(decision, at=at, bundle=bundle.fingerprint)
                    count += 1
        click.echo(f"{_count(count, 'decision')} written")


@log.command()
@click.argument("file", metavar="LOG")
@click.option("--key", "keys", multiple=True, metavar="PEM", help="A public key that may sign the log.")
@click.option("--expect", metavar="NUMBER:HASH", help="A head of the log that was kept elsewhere.")
@click.pass_context
def verify(ctx: click.Context, file: str, keys: tuple[str, ...], expect: str | None) -> None:
    """Find the first record that was changed, removed, put elsewhere or cut off.

    Without `--key`, a log that was written anew from end to end looks sound; without `--expect`, one that was
    cut off after a checkpoint does. The exit code is 1 when something is wrong.

    \b
    Example:
      postloan log verify decisions.jsonl --key audit.pem.pub --expect 1021:5f0c…
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.screen import show
    from postloan_rules.records import verify as verified

    with told():
        found = verified(file, _public(keys), expect=_head(expect))
    if found.problem is not None:
        show([found.problem], stderr=False)
    said = "sound" if found.sound else "sound up to here"
    click.echo(f"{said}: {_count(found.head.number, 'record')}, {_count(found.decisions, 'decision')}")
    if found.checkpoints and keys:
        left = found.head.number - found.signed
        after = f"; {_count(left, 'record')} after it" if left else ""
        click.echo(f"{_count(found.checkpoints, 'checkpoint')}, signed up to record {found.signed}{after}")
    elif found.checkpoints:
        click.echo(f"{_count(found.checkpoints, 'checkpoint')}, not looked at: no key was given")
    if found.set_aside:
        click.echo(f"a half-written end was set aside {found.set_aside} times")
    if not found.sound:
        ctx.exit(1)


@log.command()
@click.argument("file", metavar="LOG")
def head(file: str) -> None:
    """The number and the hash of the last record. Kept elsewhere, it holds all up to there.

    \b
    Example:
      postloan log head decisions.jsonl >> heads.txt
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.screen import show
    from postloan_rules.records import verify as verified

    with told():
        found = verified(file)
    if found.problem is not None:
        show([found.problem], stderr=True)
        raise click.exceptions.Exit(1)
    click.echo(str(found.head))


@log.command()
@click.argument("file", metavar="LOG")
@click.option("--from", "first", type=click.IntRange(1), default=1, help="From this record on.")
@click.option("--limit", type=click.IntRange(1), help="So many decisions at most.")
@_SEAL
@_MASTER
def show(file: str, first: int, limit: int | None, seal: str | None, master: str | None) -> None:
    """The decisions in a log, one line of JSON each. What is locked and not opened is null.

    \b
    Example:
      postloan log show decisions.sqlite --from 1000 --limit 10
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from itertools import islice

    from attrs import asdict

    from postloan_rules.records import read_records
    from postloan_rules.records.canonical import text_of

    with told(), key_store(seal, master) as keys:
        for record in islice(read_records(file, first=first, keys=keys), limit):
            click.echo(text_of(asdict(record)).decode())


@log.command()
@click.argument("keys", metavar="KEYS.db")
@click.option("--master", required=True, metavar="FILE", help="The master key of the store.")
@click.option("--customer", required=True, metavar="ID", help="The customer.")
def erase(keys: str, master: str, customer: str) -> None:
    """Delete a customer's keys: what the logs say of the customer can never be read again.

    The logs stay as they are, and verify. Copies of the store of keys must go, too.

    \b
    Example:
      postloan log erase keys.db --master master.key --customer C-1
    """  # noqa: D301 - click keeps the lines after a \b as they are
    with told(), key_store(keys, master) as store:
        count = store.erase(customer) if store is not None else 0
    click.echo(f"{_count(count, 'key')} deleted" if count else "there is no key of this customer")


@log.command()
@click.argument("file", metavar="FILE")
def master(file: str) -> None:
    """Make the master key of a store of keys. Keep it apart from the store and from the logs.

    \b
    Example:
      postloan log master master.key
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.records import new_master

    with told():
        new_master(file)
    click.echo(f"{file}: for its owner only")


def _public(keys: tuple[str, ...]) -> list[PublicKey]:
    from postloan_rules.bundles.keys import PublicKey

    return [PublicKey.read(key) for key in keys]


def _head(text: str | None) -> Head | None:
    from postloan_rules.records import Head

    if text is None:
        return None
    found = Head.read(text)
    if found is None:
        raise click.BadParameter("write a number, a colon and 64 digits", param_hint="--expect")
    return found


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
