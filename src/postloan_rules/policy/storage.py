"""Where the files of a policy are: on the disk, or in memory when they come out of a bundle."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["DISK", "Disk", "Packed", "Recorded", "Storage", "storage", "stored_in"]


class Storage(Protocol):
    """Files by path. Reading is all that the loader does with them."""

    def is_file(self, path: Path) -> bool:
        """Whether a file stands there."""
        ...

    def is_folder(self, path: Path) -> bool:
        """Whether a folder stands there."""
        ...

    def members(self, folder: Path) -> list[Path]:
        """What stands directly in a folder."""
        ...

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a file, so many at most.

        Raises:
            OSError: when it can't be read.
        """
        ...

    def inside(self, path: Path, root: Path) -> bool:
        """Whether a file is really below a folder, links followed."""
        ...

    def roots(self, folder: Path, shipped: Path) -> tuple[Path, ...]:
        """Below which folders the files that a policy uses are looked for."""
        ...


@frozen
class Disk:
    """The files on the disk."""

    def is_file(self, path: Path) -> bool:
        """Whether a file stands there."""
        try:
            return path.is_file()
        except OSError:
            # A name that is longer than the system takes is the name of nothing.
            return False

    def is_folder(self, path: Path) -> bool:
        """Whether a folder stands there."""
        return path.is_dir()

    def members(self, folder: Path) -> list[Path]:
        """What stands directly in a folder."""
        return list(folder.iterdir())

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a file, so many at most."""
        with path.open("rb") as file:
            return file.read(most)

    def inside(self, path: Path, root: Path) -> bool:
        """Whether a file is really below a folder, links followed."""
        return path.resolve().is_relative_to(root.resolve())

    def roots(self, folder: Path, shipped: Path) -> tuple[Path, ...]:
        """Beside the policy, in its folder, and among those that ship."""
        return folder.parent, folder, shipped


@frozen
class Recorded(Disk):
    """The files on the disk, and a note of each one that was read, with what was in it."""

    files: dict[Path, bytes] = field(factory=dict)

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a file; read once, so that all who ask see the same."""
        if path not in self.files:
            self.files[path] = Disk.read(self, path, most)
        return self.files[path][:most]


@frozen
class Packed:
    """Files in memory, by their path below a folder that is only a name. Nothing else is seen."""

    root: Path
    used: Path
    """Where the files are that the policy uses."""
    files: Mapping[Path, bytes] = field(repr=False)

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path in self.files

    def is_folder(self, path: Path) -> bool:
        """Whether a file is below it."""
        return any(path in each.parents for each in self.files)

    def members(self, folder: Path) -> list[Path]:
        """What stands directly in a folder."""
        return [each for each in self.files if each.parent == folder]

    def read(self, path: Path, most: int) -> bytes:
        """The first bytes of a file, so many at most."""
        found = self.files.get(path)
        if found is None:
            raise FileNotFoundError(2, "no such file", str(path))
        return found[:most]

    def inside(self, path: Path, root: Path) -> bool:
        """Whether a file is below a folder: there are no links."""
        return path.is_relative_to(root)

    def roots(self, folder: Path, shipped: Path) -> tuple[Path, ...]:  # noqa: ARG002 - what ships is no part
        """Among the files that were packed, and no others."""
        return self.used, folder


DISK: Storage = Disk()
_STORAGE: ContextVar[Storage] = ContextVar("storage", default=DISK)


def storage() -> Storage:
    """Where files are read from."""
    return _STORAGE.get()


@contextmanager
def stored_in(place: Storage) -> Iterator[None]:
    """Within it, the loader reads files from there."""
    token = _STORAGE.set(place)
    try:
        yield
    finally:
        _STORAGE.reset(token)
