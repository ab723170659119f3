"""Which policies a file belongs to: that of its folder, that of its examples, or those that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.policy import files
from postloan_rules.policy.reader import Listing, Scalar, Section
from postloan_rules.policy.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["EXAMPLES", "policies_of"]

EXAMPLES = "examples"
_MOST_FOLDERS = 200
"""So many folders are looked through for policies that use a file; a home directory has more."""


def policies_of(file: Path) -> tuple[Path, ...]:
    """The policies that a file is part of, by folder; by file where a folder holds several."""
    folder = file.parent.parent if file.parent.name == EXAMPLES else file.parent
    heads = list(_heads(folder))
    if file in heads and len(heads) > 1:
        return (file,)
    if len(heads) == 1:
        return (folder,)
    return tuple(_users(file))


def _heads(folder: Path) -> Iterator[Path]:
    """The files of a folder that begin a policy."""
    for each in sorted(folder.glob("*.y*ml")):
        if _header(each) is not None:
            yield each


def _header(file: Path) -> Section | None:
    document = files.load_file(file, Reading()) if file.is_file() else None
    return files.header_of(document) if document is not None else None


def _users(file: Path) -> Iterator[Path]:
    """The policies in the folders around that use the file."""
    seen: set[Path] = set()
    for root in (file.parent.parent, file.parent):
        folders = sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []
        for folder in folders[:_MOST_FOLDERS]:
            if folder in seen:
                continue
            seen.add(folder)
            if any(_uses(head, folder, file) for head in _heads(folder)):
                yield folder


def _uses(head: Path, folder: Path, file: Path) -> bool:
    header = _header(head)
    for entry in header.entries if header is not None else ():
        if entry.key.value == "use" and isinstance(entry.value, Listing):
            for item in entry.value.items:
                if isinstance(item, Scalar) and files.used_file(item, folder, Reading()) == file:
                    return True
    return False
