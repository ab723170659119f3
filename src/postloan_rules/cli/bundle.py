"""`postloan bundle`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.bundles import Bundle


@click.group()
def bundle() -> None:
    """A checked policy in one file: build it, sign it, look into it, verify it."""


@bundle.command()
@click.argument("rules", metavar="RULES")
@click.option("-o", "--output", required=True, metavar="FILE.plr", help="The file to write.")
def build(rules: str, output: str) -> None:
    """Pack a policy that is sound and whose examples hold.

    All that it was read from is in the file: its own YAML, tables and examples, the facts that it uses, the
    catalogue of reasons. The same policy gives the same bytes on every machine.

    \b
    Example:
      postloan bundle build rules/credit_card -o credit_card-2026.12.plr
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles import build as packed
    from postloan_rules.bundles import read_bundle

    data = packed(rules)
    _save(output, data)
    made = read_bundle(data)
    said = made.manifest
    click.echo(f"{said.ruleset} {said.version}: {len(made.files)} files, {_examples(said.examples)} held")


@bundle.command()
@click.argument("file", metavar="FILE.plr")
def show(file: str) -> None:
    """What is in a bundle. Nothing is checked but that the file is whole.

    \b
    Example:
      postloan bundle show credit_card-2026.12.plr
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles import read_bundle

    found = read_bundle(file)
    said = found.manifest
    since, until = said.effective_from, said.effective_to
    force = " ".join([*([f"from {since}"] if since else []), *([f"to {until}"] if until else [])])
    click.echo(f"{said.ruleset} {said.version}")
    click.echo(f"  bundle      {found.fingerprint}")
    click.echo(f"  language    {said.language}, checked by postloan-rules {said.package}")
    click.echo(f"  in force    {force or 'on every day'}, in {said.currency}")
    click.echo(f"  examples    {said.examples}, all of them held")
    for profile, fingerprint in said.fingerprints.items():
        click.echo(f"  profile     {profile}  {fingerprint}")
    for key in found.signatures:
        click.echo(f"  signed by   {key}")
    for name, data in sorted(found.files.items()):
        click.echo(f"  {len(data):>9}   {name}")


@bundle.command()
@click.argument("file", metavar="FILE.plr")
@click.option("--key", required=True, metavar="PEM", help="The signing key (Ed25519).")
@click.option("-o", "--output", metavar="FILE.plr", help="Write there, and leave the bundle as it is.")
def sign(file: str, key: str, output: str | None) -> None:
    """Sign a bundle. The signature is put into the file; one by another key stays.

    Who signs says that this policy may be used: look at it first, as `postloan bundle verify` does.

    \b
    Example:
      postloan bundle sign credit_card-2026.12.plr --key release.pem
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles import read_bundle
    from postloan_rules.bundles.keys import SigningKey

    secret = SigningKey.read(key)
    signed = read_bundle(file).signed(secret)
    _save(output or file, signed.to_bytes())
    click.echo(f"signed by {secret.public.id}")


@bundle.command()
@click.argument("file", metavar="FILE.plr")
@click.option(
    "--key", "keys", multiple=True, metavar="PEM", help="A public key; one of those must have signed."
)
@click.option("--ruleset", metavar="NAME", help="The policy that it must be.")
@click.option("--at-least", metavar="VERSION", help="The oldest version that is taken.")
def verify(file: str, keys: tuple[str, ...], ruleset: str | None, at_least: str | None) -> None:
    """Check that a bundle is whole and signed, loads here, and that its examples hold here.

    Without `--key` no signature is asked for, and the last line says so.

    \b
    Example:
      postloan bundle verify credit_card-2026.12.plr --key release.pem.pub --at-least 2026.11
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles import load_bundle, read_bundle
    from postloan_rules.bundles.keys import PublicKey

    trusted = [PublicKey.read(key) for key in keys]
    found = read_bundle(file)
    load_bundle(found.to_bytes(), keys=trusted or None, ruleset=ruleset, at_least=at_least, name=file)
    found.check()
    said = found.manifest
    click.echo(f"ok: {said.ruleset} {said.version}, {_examples(said.examples)} hold")
    click.echo(f"signed by {found.verify(trusted).id}" if trusted else _unsigned(found))


@bundle.command()
@click.argument("name", metavar="NAME")
def keys(name: str) -> None:
    """Make a pair of keys (Ed25519): NAME is the signing key, NAME.pub the public one.

    The signing key is not locked with a passphrase: keep it where secrets are kept.

    \b
    Example:
      postloan bundle keys release.pem
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.bundles.keys import PublicKey, new_keys

    secret, public = new_keys(name)
    click.echo(f"{secret}: the signing key, for its owner only")
    click.echo(f"{public}: the public key {PublicKey.read(public).id}")


def _examples(count: int) -> str:
    return f"{count} example{'s' * (count != 1)}"


def _unsigned(found: Bundle) -> str:
    count = len(found.signatures)
    return f"no key was given: {count} signature{'s' * (count != 1)} not looked at"


def _save(file: str, data: bytes) -> None:
    from postloan_rules.bundles.saving import save

    try:
        save(file, data)
    except OSError as error:
        raise click.FileError(file, (error.strerror or "it can't be written").lower()) from error
