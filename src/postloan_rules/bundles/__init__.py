"""A checked policy in one file: built, read, signed, and held to be what it says it is."""

from __future__ import annotations

from postloan_rules.bundles.building import build
from postloan_rules.bundles.invalid import BundleInvalid
from postloan_rules.bundles.manifest import Manifest
from postloan_rules.bundles.reading import Bundle, load_bundle, read_bundle

__all__ = ["Bundle", "BundleInvalid", "Manifest", "build", "load_bundle", "read_bundle"]
