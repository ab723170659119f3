"""What the files of a policy hold at one moment, told apart by a hash: times of files lie."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy.files import REASONS
from postloan_rules.policy.reader import MAX_BYTES
from postloan_rules.policy.storage import Disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "MARK_OF_REMOVAL",
    "SHADOW",
    "Content",
    "Held",
    "content_of",
    "folders_of_policies",
    "holds_a_policy",
    "shared_files",
]

MARK_OF_REMOVAL = ".REMOVED"
"""`credit_card.REMOVED` beside the folder `credit_card` takes it out of service."""
SHADOW = "shadow"
"""The folder whose policies are decided beside those in service, and never answered with."""

_READ = frozenset({".yaml", ".yml", ".csv", ".xlsx", ".xlsm"})
_YAML = frozenset({".yaml", ".yml"})
_MOST_FILES = 5_000
_LARGEST_BUNDLE = 1 << 26
_HEAD = re.compile(rb"^\xef?\xbb?\xbf?[\"']?ruleset[\"']?\s*:", re.MULTILINE)


@frozen
class Content:
    """The bytes of every file that can matter to a policy, read at one moment."""

    files: Mapping[Path, bytes] = field(repr=False)
    digest: str


@frozen
class Held(Disk):
    """The files of a policy as they were at one moment; the rest of the disk as it is."""

    folder: Path
    files: Mapping[Path, bytes] = field(repr=False)

    def is_file(self, path: Path) -> bool:
        """Whether a file stood there."""
        return path in self.files or (not self._within(path) and Disk.is_file(self, path))

    def is_folder(self, path: Path) -> bool:
        """Whether a folder stood there."""
        if self._within(path):
            return path == self.folder or any(path in each.parents for each in self.files)
        return Disk.is_folder(self, path)

    def members(self, folder: Path) -> list[Path]:
        """What stood directly in a folder."""
        if not self._within(folder):
            return Disk.members(self, folder)
        below = (each.relative_to(folder).parts for each in self.files if each.is_relative_to(folder))
        return [folder / name for name in dict.fromkeys(parts[0] for parts in below)]

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes that a file held, so many at most."""
        found = self.files.get(path)
        if found is not None:
            return found[:most]
        if self._within(path):
            raise FileNotFoundError(2, "no such file", str(path))
        return Disk.read(self, path, most)

    def _within(self, path: Path) -> bool:
        return path.is_relative_to(self.folder)


def content_of(path: Path, shared: Iterable[Path]) -> Content | None:
    """The content of a policy's folder (or its one file) with the files it may use; None where it is gone."""
    if path.is_file():
        return _content([path], _LARGEST_BUNDLE)
    if not path.is_dir():
        return None
    return _content([*_files(path), *shared])


def folders_of_policies(directory: Path) -> list[Path]:
    """The folders directly in a directory that hold a policy, by name."""
    return sorted(each for each in _visible(directory) if each.is_dir() and holds_a_policy(each))


def holds_a_policy(folder: Path) -> bool:
    """Whether a YAML file directly in the folder has a `ruleset:` line, be it wrong otherwise."""
    return any(
        _HEAD.search(_bytes(each) or b"")
        for each in _visible(folder)
        if each.suffix in _YAML and each.name != REASONS and each.is_file()
    )


def shared_files(directory: Path, policies: Iterable[Path]) -> list[Path]:
    """The YAML files that policies in a directory may use: beside them, in folders that hold no policy."""
    own = set(policies)
    found: list[Path] = []
    for each in _visible(directory):
        if each.is_dir():
            if each not in own and each.name != SHADOW:
                found += [file for file in _files(each) if file.suffix in _YAML]
        elif each.name == REASONS and each.is_file():
            found.append(each)
    return found


def _visible(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    yield from (each for each in entries if not each.name.startswith("."))


def _files(folder: Path, depth: int = 0) -> Iterator[Path]:
    """The files below a folder that a policy can be made of; links to folders are not followed."""
    for each in _visible(folder):
        if each.is_dir():
            if depth < 5 and not each.is_symlink():
                yield from _files(each, depth + 1)
        elif each.suffix.lower() in _READ and each.is_file():
            yield each


def _content(paths: Iterable[Path], most: int = MAX_BYTES) -> Content:
    files: dict[Path, bytes] = {}
    whole = hashlib.sha256()
    for path in sorted(set(paths))[:_MOST_FILES]:
        data = _bytes(path, most)
        if data is None:
            continue
        files[path] = data
        name = str(path).encode("utf-8", "surrogateescape")
        whole.update(b"%d %d " % (len(name), len(data)))
        whole.update(name)
        whole.update(data)
    return Content(files, whole.hexdigest())


def _bytes(path: Path, most: int = MAX_BYTES) -> bytes | None:
    """What a file holds, as far as a policy may: larger ones are refused by the loader anyway."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        return None
