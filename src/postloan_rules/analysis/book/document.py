"""A book as data: chapters of entries, each with what it does, what it says, and where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from postloan_rules.analysis.book.prose import anchor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.policy import Policy

__all__ = ["Block", "Book", "Chapter", "Entry", "Grid", "Line"]


@frozen
class Line:
    """A sentence, or the head of some: its parts stand below it."""

    phrase: Phrase
    parts: tuple[Line, ...] = ()
    ordered: bool = False
    """Whether the order of the parts has a meaning."""


@frozen
class Grid:
    """A table: its columns and rows. The order of the rows has a meaning."""

    head: tuple[Phrase, ...]
    rows: tuple[tuple[Phrase, ...], ...]


Block: TypeAlias = Line | Grid


@frozen
class Entry:
    """One part of the policy."""

    kind: str
    name: str
    title: str
    does: tuple[Block, ...]
    """What it decides."""
    says: tuple[Line, ...] = ()
    """Its words: they have no effect on any decision."""
    where: tuple[Line, ...] = field(default=(), eq=False)
    """Where it is used, and what else follows from the other entries."""
    place: str = field(default="", eq=False)

    @property
    def id(self) -> str:
        """Its place in the page."""
        return anchor(self.kind, self.name)


@frozen
class Chapter:
    """Entries of one kind."""

    id: str
    title: str
    about: Phrase
    entries: tuple[Entry, ...]


@frozen
class Book:
    """A policy in sentences."""

    policy: Policy
    language: str
    title: str
    chapters: tuple[Chapter, ...]

    @property
    def entries(self) -> Iterator[Entry]:
        """All entries in their order."""
        for chapter in self.chapters:
            yield from chapter.entries
