"""Packing a policy: checked under each profile, its examples run, and all that was read put together."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.analysis import load_examples, run
from postloan_rules.bundles import archive
from postloan_rules.bundles.invalid import BundleInvalid, wrong
from postloan_rules.bundles.layout import CATALOGUE, POLICY, USED, unpacked
from postloan_rules.bundles.manifest import MANIFEST, Manifest, sha256
from postloan_rules.policy import SHIPPED, RuleSetInvalid, load_policy, profiles_of
from postloan_rules.policy.definitions import STANDARD
from postloan_rules.policy.files import REASONS
from postloan_rules.policy.storage import Recorded, stored_in
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from postloan_rules.analysis import Example
    from postloan_rules.policy import Policy

__all__ = ["build", "failures"]


def build(path: str | PathLike[str]) -> bytes:
    """The bundle of the policy in a folder (or one file): the same bytes on every machine.

    What is packed is what was read while the policy was checked, not what is on the disk afterwards.

    Raises:
        RuleSetInvalid: when something is wrong with the policy.
        ExamplesInvalid: when something is wrong with its examples.
        BundleInvalid: when an example does not hold, or the policy can't be packed.
    """
    place = Path(path)
    if place.name in ("", ".."):
        # What stands beside the policy is found by the folder's name.
        place = place.resolve()
    recorded = Recorded()
    with stored_in(recorded):
        policies = {profile: load_policy(place, profile) for profile in profiles_of(place)}
        policy = policies[STANDARD]
        examples = load_examples(place, policy)
    failed = [problem for example in examples for problem in failures(example)]
    if failed:
        raise BundleInvalid(failed)
    folder = place if place.is_dir() else place.parent
    files = dict(_named(recorded.files, folder))
    if CATALOGUE not in files and f"{POLICY}/{REASONS}" not in files:
        # The catalogue that ships is read once for all policies, so that nothing was recorded.
        files[CATALOGUE] = (SHIPPED / REASONS).read_bytes()
    manifest = Manifest(
        ruleset=policy.id,
        version=policy.version,
        language=policy.language,
        package=version("postloan-rules"),
        currency=policy.currency,
        effective_from=policy.effective_from,
        effective_to=policy.effective_to,
        fingerprints={profile: each.fingerprint for profile, each in policies.items()},
        examples=len(examples),
        files={name: sha256(data) for name, data in files.items()},
    )
    _check_alone(files, policies, place.name)
    written = archive.write({MANIFEST: manifest.to_json(), **files})
    archive.read(written, place.name)
    return written


def failures(example: Example) -> Iterator[Problem]:
    """What an example expects and the policy does not do."""
    for difference in run(example).differences:
        message = f"the example `{example.name}` does not hold: {difference}"
        help_ = "`postloan test` shows all that differs; what is packed holds"
        yield Problem("PR1053", message, difference.span, help_)
    if not example.confirmed:
        message = f"the example `{example.name}` awaits confirmation"
        help_ = "look at what it expects, and delete its line `confirmed: false` if that is right"
        yield Problem("PR1053", message, example.span, help_)


def _named(read: Mapping[Path, bytes], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file that was read, by its name in the bundle, whatever the folders are called on this machine."""
    for file, data in read.items():
        if file.is_relative_to(folder):
            yield f"{POLICY}/{file.relative_to(folder).as_posix()}", data
        elif file == folder.parent / REASONS:
            yield CATALOGUE, data
        else:
            root = folder.parent if file.is_relative_to(folder.parent) else SHIPPED
            yield f"{USED}/{file.relative_to(root).as_posix()}", data


def _check_alone(files: Mapping[str, bytes], policies: Mapping[str, Policy], name: str) -> None:
    """The policy must be the same when there is nothing but the bundle."""
    for profile, policy in policies.items():
        try:
            with unpacked(files) as folder:
                alone = load_policy(folder, profile)
        except RuleSetInvalid as invalid:
            message = f"the policy can't be read from the bundle alone: {invalid.problems[0].message}"
            help_ = "let `use:` name files below the folder of the rules, and not the policy's own folder"
            raise wrong(name, "PR1054", message, help_) from invalid
        if alone.fingerprint != policy.fingerprint:
            raise AssertionError(f"{name} reads otherwise from its bundle under the profile {profile}")
