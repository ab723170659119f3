"""What the files of a policy hold at one moment, told apart by a hash: times of files lie."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy.files import REASONS
from postloan_rules.policy.reader import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "MARK_OF_REMOVAL",
    "SHADOW",
    "Content",
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

    def texts(self) -> dict[Path, str]:
        """The YAML files as texts; what is no UTF-8 stays wrong in the same places."""
        return {
            path: data.decode("utf-8", "surrogateescape")
            for path, data in self.files.items()
            if path.suffix in _YAML
        }


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
