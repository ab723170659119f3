"""What a bundle says of itself, in one canonical JSON text."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import TYPE_CHECKING, TypeGuard

from attrs import field, frozen

from postloan_rules.bundles.invalid import wrong
from postloan_rules.policy.definitions import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT", "MANIFEST", "Manifest", "sha256"]

FORMAT = 1
"""The version of the form of bundles."""
MANIFEST = "manifest.json"
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """`sha256:` and 64 digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@frozen
class Manifest:
    """What a bundle says of itself."""

    ruleset: str
    version: str
    language: int
    """The version of the rule language."""
    package: str
    """The version of this library that checked the policy."""
    currency: str
    effective_from: date | None
    effective_to: date | None
    fingerprints: Mapping[str, str]
    """The policy's, under each of its profiles of parameters."""
    examples: int
    """How many examples it has; all of them held when it was packed."""
    files: Mapping[str, str] = field(repr=False)
    """Each file's `sha256:` and 64 digits, by its name."""

    def to_json(self) -> bytes:
        """The one text of it."""
        data = {
            "format": FORMAT,
            "ruleset": self.ruleset,
            "version": self.version,
            "language": self.language,
            "package": self.package,
            "currency": self.currency,
            "effective": {
                "from": self.effective_from.isoformat() if self.effective_from else None,
                "to": self.effective_to.isoformat() if self.effective_to else None,
            },
            "fingerprints": dict(self.fingerprints),
            "examples": self.examples,
            "files": dict(self.files),
        }
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes, bundle: str) -> Manifest:
        """What such a text says.

        Raises:
            BundleInvalid: when it is not such a text, or one of a newer form.
        """
        try:
            found: object = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        form = found.get("format") if isinstance(found, dict) else None
        if isinstance(form, int) and form > FORMAT:
            message = f"the bundle has the form {form}, and {FORMAT} is the newest that is known here"
            raise wrong(bundle, "PR1046", message, "install a newer version of postloan-rules")
        manifest = _manifest(found) if _is_section(found) else None
        if manifest is None or manifest.to_json() != data:
            help_ = "fetch the bundle again, or build it again"
            raise wrong(bundle, "PR1046", "the manifest of the bundle can't be read", help_)
        return manifest


def _manifest(data: dict[str, object]) -> Manifest | None:
    effective = data.get("effective")
    fingerprints, files = data.get("fingerprints"), data.get("files")
    names = ("ruleset", "version", "package", "currency")
    texts = [each for name in names if isinstance(each := data.get(name), str)]
    numbers = [each for name in ("language", "examples") if type(each := data.get(name)) is int]
    if len(texts) != len(names) or len(numbers) != 2 or not _is_section(effective):
        return None
    if not _are_fingerprints(fingerprints) or not _are_fingerprints(files):
        return None
    if STANDARD not in fingerprints:
        return None
    try:
        since, until = _day(effective.get("from")), _day(effective.get("to"))
    except ValueError:
        return None
    ruleset, version, package, currency = texts
    language, examples = numbers
    return Manifest(
        *(ruleset, version, language, package, currency, since, until, fingerprints, examples, files)
    )


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _is_section(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _are_fingerprints(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(
        isinstance(each, str) and _SHA256.fullmatch(each) for each in value.values()
    )
