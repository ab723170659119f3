"""A folder of bundles, and which of them holds a policy that decided long ago."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.bundles import BundleInvalid, read_bundle

if TYPE_CHECKING:
    from os import PathLike

    from postloan_rules.problems import Problem
    from postloan_rules.ruleset import RuleSet

__all__ = ["Shelf"]


class Shelf:
    """The bundles in a folder, by the fingerprints of their policies; each is loaded when it is asked for."""

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with bundles that can't be used."""
        self._places: dict[str, tuple[Path, str]] = {}
        self._loaded: dict[str, RuleSet] = {}
        problems: list[Problem] = []
        for file in sorted(self.folder.rglob("*.plr")):
            try:
                manifest = read_bundle(file).manifest
            except BundleInvalid as invalid:
                problems += invalid.problems
                continue
            for profile, fingerprint in manifest.fingerprints.items():
                self._places.setdefault(fingerprint, (file, profile))
        self.problems = tuple(problems)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._places

    def ruleset(self, fingerprint: str) -> RuleSet:
        """The rule set of a fingerprint.

        Raises:
            KeyError: when there is none.
            RuleSetInvalid: when this version of the library can't load it, or reads it otherwise.
        """
        found = self._loaded.get(fingerprint)
        if found is None:
            file, profile = self._places[fingerprint]
            found = self._loaded[fingerprint] = read_bundle(file).ruleset(profile)
        return found
