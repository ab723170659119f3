"""Reading a bundle into memory, and holding it to what it says and to what a service demands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from postloan_rules.analysis import load_examples
from postloan_rules.bundles import archive
from postloan_rules.bundles.building import failures
from postloan_rules.bundles.invalid import BundleInvalid, wrong
from postloan_rules.bundles.layout import CATALOGUE, POLICY, SIGNATURES, is_part, unpacked
from postloan_rules.bundles.manifest import MANIFEST, Manifest, sha256
from postloan_rules.bundles.versions import as_new_as
from postloan_rules.policy import load_policy
from postloan_rules.policy.definitions import STANDARD
from postloan_rules.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from postloan_rules.bundles.keys import PublicKey, SigningKey

__all__ = ["Bundle", "load_bundle", "read_bundle"]

_SIGNED = b"postloan-rules bundle 1\n"
"""What a signature is of, before the manifest: it is good for nothing else."""


@frozen
class Bundle:
    """A bundle in memory, whole: each file is what the manifest says."""

    manifest: Manifest
    files: Mapping[str, bytes] = field(repr=False)
    """The files of the policy, by name."""
    signatures: Mapping[str, bytes] = field(repr=False)
    """The signatures, by the `id` of the key."""
    name: str
    """What it is called in messages."""

    @property
    def fingerprint(self) -> str:
        """`sha256:` and 64 digits, over all that is in the bundle but its signatures."""
        return sha256(self.manifest.to_json())

    def to_bytes(self) -> bytes:
        """The bundle as a file."""
        signatures = {f"{SIGNATURES}/{key}": each.hex().encode() for key, each in self.signatures.items()}
        return archive.write({MANIFEST: self.manifest.to_json(), **self.files, **signatures})

    def signed(self, key: SigningKey) -> Bundle:
        """The same bundle with one more signature."""
        signature = key.sign(_SIGNED + self.manifest.to_json())
        return evolve(self, signatures={**self.signatures, key.public.id: signature})

    def verify(self, keys: Sequence[PublicKey]) -> PublicKey:
        """The first of these keys that signed the bundle.

        Raises:
            BundleInvalid: when none of them did, or what is said to be the signature of one is not.
        """
        for key in keys:
            signature = self.signatures.get(key.id)
            if signature is None:
                continue
            if not key.made(signature, _SIGNED + self.manifest.to_json()):
                message = f"the signature by the key {key.id[:16]} is not one of this bundle"
                raise wrong(self.name, "PR1049", message, "do not use it; find out who changed it")
            return key
        message = "the bundle is not signed by any key that is trusted here"
        if not self.signatures:
            message = "the bundle is not signed"
        raise wrong(self.name, "PR1048", message, "sign it with `postloan bundle sign`")

    def ruleset(self, profile: str | None = None) -> RuleSet:
        """The rule set in it, the same as from the folder that it was built of.

        Raises:
            RuleSetInvalid: when this version of the library finds something wrong with the policy.
            BundleInvalid: when this version of the library reads the policy otherwise.
        """
        with unpacked(self.files) as folder:
            policy = load_policy(folder, profile)
        expected = self.manifest.fingerprints.get(profile or STANDARD)
        said = (self.manifest.ruleset, self.manifest.version)
        if policy.fingerprint != expected or said != (policy.id, policy.version):
            message = f"the policy is read otherwise than by postloan-rules {self.manifest.package}"
            help_ = "use that version, or check the policy and build it again with this one"
            raise wrong(self.name, "PR1047", message, help_)
        return RuleSet(policy)

    def check(self) -> None:
        """Load it under each of its profiles, and run its examples with this version of the library.

        Raises:
            RuleSetInvalid: when something is wrong with the policy.
            ExamplesInvalid: when something is wrong with its examples.
            BundleInvalid: when an example does not hold, or the policy is read otherwise.
        """
        policies = {each: self.ruleset(each).policy for each in self.manifest.fingerprints}
        with unpacked(self.files) as folder:
            examples = load_examples(folder, policies[STANDARD])
        failed = [problem for example in examples for problem in failures(example)]
        if failed:
            raise BundleInvalid(failed)
        if len(examples) != self.manifest.examples:
            message = f"the bundle has {len(examples)} examples, and says {self.manifest.examples}"
            raise wrong(self.name, "PR1047", message, "build it again")


def read_bundle(source: str | PathLike[str] | bytes, *, name: str | None = None) -> Bundle:
    """A bundle from its file, or from its bytes. Nothing of it is written to the disk.

    Raises:
        BundleInvalid: when it is no bundle, was changed, or holds what no bundle may.
    """
    if isinstance(source, bytes):
        data, name = source, name or "bundle"
    else:
        name = name or os.fspath(source)
        data = _content(Path(source), name)
    files = archive.read(data, name)
    if MANIFEST not in files:
        raise wrong(name, "PR1046", "the bundle has no manifest", "build it with `postloan bundle build`")
    manifest = Manifest.from_json(files.pop(MANIFEST), name)
    signatures = {}
    for each in [file for file in files if file.startswith(f"{SIGNATURES}/")]:
        signatures[each.removeprefix(f"{SIGNATURES}/")] = _signature(each, files.pop(each), name)
    _check_files(manifest, files, name)
    return Bundle(manifest, files, signatures, name)


def load_bundle(
    source: str | PathLike[str] | bytes,
    *,
    profile: str | None = None,
    keys: Sequence[PublicKey | str | PathLike[str]] | None = None,
    ruleset: str | None = None,
    at_least: str | None = None,
    name: str | None = None,
) -> RuleSet:
    """The rule set in a bundle.

    Args:
        source: The file, or its bytes.
        profile: The profile of parameters.
        keys: Public keys, or their PEM files: one of them must have signed the bundle. Where they are left
            out no signature is asked for; an empty list trusts nobody.
        ruleset: The policy that it must be: a signed bundle of another product is signed, too.
        at_least: The oldest version that is taken. Versions are numbers with points between.
        name: What it is called in messages, where that is not the file's name.

    Raises:
        BundleInvalid: when the bundle can't be trusted or read, or is not what is asked for.
        RuleSetInvalid: when something is wrong with the policy, for this version of the library.
    """
    bundle = read_bundle(source, name=name)
    if keys is not None:
        from postloan_rules.bundles.keys import PublicKey  # noqa: PLC0415 - needed for signatures only

        bundle.verify([key if isinstance(key, PublicKey) else PublicKey.read(key) for key in keys])
    said = bundle.manifest
    if ruleset is not None and said.ruleset != ruleset:
        message = f"the bundle is the policy `{said.ruleset}`, and `{ruleset}` is asked for"
        raise wrong(bundle.name, "PR1056", message, "look which file was put here")
    if at_least is not None:
        newer = as_new_as(said.version, at_least)
        if newer is None:
            message = f"the versions `{said.version}` and `{at_least}` can't be compared"
            raise wrong(bundle.name, "PR1051", message, "number versions like 2026.12 or 2026.12.1")
        if not newer:
            message = f"the bundle has the version {said.version}, and {at_least} is the oldest that is taken"
            raise wrong(bundle.name, "PR1050", message, "look which file was put here")
    return bundle.ruleset(profile)


def _content(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(archive.MAX_BUNDLE + 1)
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        raise wrong(name, "PR1040", f"the bundle can't be read: {reason}") from error


def _signature(file: str, data: bytes, bundle: str) -> bytes:
    try:
        found = bytes.fromhex(data.decode("ascii"))
    except ValueError:
        found = b""
    if len(found) != 64 or found.hex().encode() != data or len(file) != len(SIGNATURES) + 65:
        message = f"`{file}` is no signature"
        raise wrong(bundle, "PR1049", message, "fetch the bundle again, or sign it again")
    return found


def _check_files(manifest: Manifest, files: Mapping[str, bytes], bundle: str) -> None:
    """Each file is one that the manifest names, and is what it says."""
    help_ = "fetch the bundle again, or build it again"
    if CATALOGUE not in manifest.files and f"{POLICY}/{CATALOGUE}" not in manifest.files:
        raise wrong(bundle, "PR1045", "the catalogue of reasons is missing", help_)
    for file in manifest.files:
        if file not in files:
            raise wrong(bundle, "PR1045", f"the file `{file}` is missing", help_)
    for file, data in files.items():
        if file not in manifest.files or not is_part(file):
            raise wrong(bundle, "PR1045", f"the file `{file}` is not one of the bundle's", help_)
        if sha256(data) != manifest.files[file]:
            raise wrong(bundle, "PR1045", f"the file `{file}` was changed", help_)
