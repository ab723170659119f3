"""What changed between two versions of a policy, sentence by sentence.

Entries are matched by kind and name, sentences by what they say. What only stands elsewhere is no change, and
neither is a new title where another entry mentions it: it is told where it is given.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from attrs import evolve, frozen

from postloan_rules.analysis.book.document import Entry, Grid, Line
from postloan_rules.analysis.book.prose import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.analysis.book.document import Block, Book
    from postloan_rules.analysis.book.prose import Phrase

__all__ = ["Change", "Marked", "Run", "State", "TrackedGrid", "TrackedLine", "changes_of"]

State: TypeAlias = Literal["same", "added", "removed", "changed"]
_MADE_UP = frozenset({"field", "reason"})
"""Entries that are there because others mention them: their coming and going is told there."""

_ALIKE = 0.5
"""From this share of equal words on, two sentences are versions of one."""

_Part = TypeVar("_Part")

_WORDS = re.compile(r"\d[\d.,]*\d|[\u2e80-\uffff]|\w+|\s+|.")
"""What is compared: words, and single letters of Chinese."""


@frozen
class Run:
    """Pieces of a sentence that stayed, came or went together."""

    state: State
    phrase: Phrase


Marked: TypeAlias = tuple[Run, ...]


@frozen
class TrackedLine:
    """A sentence with what came and went in it."""

    state: State
    marked: Marked
    parts: tuple[TrackedLine, ...] = ()
    ordered: bool = False


@frozen
class TrackedGrid:
    """A table with what came and went in it: its head, and its rows with their cells."""

    head: tuple[Phrase, ...]
    rows: tuple[tuple[State, tuple[Marked, ...]], ...]


@frozen
class Change:
    """One entry that changed."""

    state: State
    entry: Entry
    """As it is now, or as it was where it is gone."""
    does: tuple[TrackedLine | TrackedGrid, ...]
    says: tuple[TrackedLine, ...]
    has_effect: bool
    """Whether it changed in what it decides, and not in its words alone."""


def changes_of(old: Book, new: Book, title: Callable[[str], Phrase]) -> tuple[Change, ...]:
    """The entries that changed, in the order of the new version; those that are gone come last of their kind.

    Args:
        old: The earlier version.
        new: The later version, in the same language.
        title: Says the title of an entry in a sentence.
    """
    before = {(each.kind, each.name): each for each in old.entries}
    after = {(each.kind, each.name): each for each in new.entries}
    gone = [key for key in before if key not in after]
    kinds = [chapter.entries[0].kind for chapter in (*new.chapters, *old.chapters)]
    keys = sorted([*after, *gone], key=lambda key: kinds.index(key[0]))
    found = (_change(before.get(key), after.get(key), title) for key in keys)
    return tuple(change for change in found if change is not None)


def _change(old: Entry | None, new: Entry | None, title: Callable[[str], Phrase]) -> Change | None:
    entry = new or old
    if entry is None or old == new or (entry.kind in _MADE_UP and (old is None or new is None)):
        return None
    if new is None or old is None:
        state: State = "removed" if new is None else "added"
        does = tuple(_whole(each, state) for each in entry.does)
        says = tuple(_whole_line(each, state) for each in _said(entry, title))
        return Change(state, entry, does, says, has_effect=True)
    does = tuple(_blocks(old.does, new.does))
    # A title that stayed stands in the heading already.
    words = (old.says, new.says) if old.title == new.title else (_said(old, title), _said(new, title))
    says = tuple(_lines(*words, ordered=True))
    has_effect = any(not _stayed(each) for each in does)
    if not has_effect and all(each.state == "same" for each in says):
        return None
    return Change("changed", entry, does, says, has_effect)


def _said(entry: Entry, title: Callable[[str], Phrase]) -> tuple[Line, ...]:
    return (Line(title(entry.title)), *entry.says) if entry.title else entry.says


def _stayed(block: TrackedLine | TrackedGrid) -> bool:
    if isinstance(block, TrackedLine):
        return block.state == "same"
    return all(state == "same" for state, _ in block.rows)


# Whole blocks that came or went


def _whole(block: Block, state: State) -> TrackedLine | TrackedGrid:
    return _whole_line(block, state) if isinstance(block, Line) else _whole_grid(block, state)


def _whole_grid(grid: Grid, state: State) -> TrackedGrid:
    return TrackedGrid(grid.head, tuple(_whole_row(row, state) for row in grid.rows))


def _whole_row(row: tuple[Phrase, ...], state: State) -> tuple[State, tuple[Marked, ...]]:
    return state, tuple((Run(state, cell),) for cell in row)


def _whole_line(line: Line, state: State) -> TrackedLine:
    parts = tuple(_whole_line(part, state) for part in line.parts)
    return TrackedLine(state, (Run(state, line.phrase),), parts, line.ordered)


# Blocks that are compared


def _blocks(old: Sequence[Block], new: Sequence[Block]) -> Iterator[TrackedLine | TrackedGrid]:
    """The blocks of an entry. A grid is compared with the grid of the other version."""
    old_grid = next((each for each in old if isinstance(each, Grid)), None)
    new_grid = next((each for each in new if isinstance(each, Grid)), None)
    lines = list(
        _lines(
            [each for each in old if isinstance(each, Line)],
            [each for each in new if isinstance(each, Line)],
            ordered=True,
        )
    )
    grids = list(_grids(old_grid, new_grid))
    yield from lines[:1]
    yield from grids
    yield from lines[1:]


def _grids(old: Grid | None, new: Grid | None) -> Iterator[TrackedGrid]:
    if old is not None and new is not None and list(map(_key, old.head)) == list(map(_key, new.head)):
        yield TrackedGrid(new.head, tuple(_rows(old, new)))
        return
    if old is not None:
        yield _whole_grid(old, "removed")
    if new is not None:
        yield _whole_grid(new, "added")


def _rows(old: Grid, new: Grid) -> Iterator[tuple[State, tuple[Marked, ...]]]:
    for before, after in _aligned(old.rows, new.rows, lambda row: tuple(map(_key, row)), _alike_rows):
        if before is None:
            yield _whole_row(after or (), "added")
            continue
        if after is None:
            yield _whole_row(before, "removed")
            continue
        cells = tuple(_phrases(one, other) for one, other in zip(before, after, strict=True))
        same = all(run.state == "same" for cell in cells for run in cell)
        yield "same" if same else "changed", cells


def _alike_rows(one: tuple[Phrase, ...], other: tuple[Phrase, ...]) -> float:
    return sum(_key(a) == _key(b) for a, b in zip(one, other, strict=True)) / max(len(one), 1)


def _lines(old: Sequence[Line], new: Sequence[Line], *, ordered: bool) -> Iterator[TrackedLine]:
    for before, after in _pairs(old, new, ordered=ordered):
        if before is None:
            if after is not None:
                yield _whole_line(after, "added")
        elif after is None:
            yield _whole_line(before, "removed")
        else:
            yield _line(before, after)


def _pairs(
    old: Sequence[Line], new: Sequence[Line], *, ordered: bool
) -> Iterator[tuple[Line | None, Line | None]]:
    if not ordered:
        return _matched(old, new)
    return _aligned(old, new, _line_key, _alike)


def _line(old: Line, new: Line) -> TrackedLine:
    marked = _phrases(old.phrase, new.phrase)
    parts = tuple(_lines(old.parts, new.parts, ordered=new.ordered))
    same = all(run.state == "same" for run in marked) and all(part.state == "same" for part in parts)
    return TrackedLine("same" if same else "changed", marked, parts, new.ordered)


def _matched(old: Sequence[Line], new: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Lines whose order has no meaning: equal ones first, wherever they stand; then alike ones."""
    left = list(old)
    found: dict[int, Line] = {}
    for number, line in enumerate(new):
        twin = next((each for each in left if _line_key(each) == _line_key(line)), None)
        if twin is not None:
            left.remove(twin)
            found[number] = twin
    for number, line in enumerate(new):
        if number not in found:
            best = max(left, key=lambda each: _alike(each, line), default=None)
            if best is not None and _alike(best, line) >= _ALIKE:
                left.remove(best)
                found[number] = best
    for number, line in enumerate(new):
        yield found.get(number), line
    for line in left:
        yield line, None


def _aligned(
    old: Sequence[_Part],
    new: Sequence[_Part],
    key: Callable[[_Part], object],
    alike: Callable[[_Part, _Part], float],
) -> Iterator[tuple[_Part | None, _Part | None]]:
    """Parts in an order: equal ones beside each other, and of those between them the alike ones."""
    matcher = SequenceMatcher(None, _keys(old, key), _keys(new, key), autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        waiting = list(old[start:end])
        if not any(alike(each, after) >= _ALIKE for each in waiting for after in new[new_start:new_end]):
            for gone in waiting:
                yield gone, None
            waiting = []
        for after in new[new_start:new_end]:
            near = next((place for place, each in enumerate(waiting) if alike(each, after) >= _ALIKE), None)
            if near is None:
                yield None, after
                continue
            for gone in waiting[:near]:
                yield gone, None
            yield waiting[near], after
            del waiting[: near + 1]
        for gone in waiting:
            yield gone, None


def _keys(parts: Sequence[_Part], key: Callable[[_Part], object]) -> list[str]:
    return [repr(key(each)) for each in parts]


# Sentences


def _key(phrase: Phrase) -> tuple[tuple[str, bool], ...]:
    return tuple(piece.key for piece in _tokens(phrase))


def _line_key(line: Line) -> tuple[object, ...]:
    """What makes two lines the same: their words and parts, these in any order where that has no meaning."""
    parts = [_line_key(part) for part in line.parts]
    return (_key(line.phrase), tuple(parts if line.ordered else sorted(parts, key=repr)))


def _alike(one: Line, other: Line) -> float:
    """How much of two lines is the same, from 0 to 1; blanks do not count."""
    if _line_key(one) == _line_key(other):
        return 1.0
    ours, theirs = (
        [piece.key for piece in _tokens(each.phrase) if piece.text.strip()] for each in (one, other)
    )
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _tokens(phrase: Phrase) -> list[Piece]:
    """A phrase in its smallest pieces: words, names, code."""
    found: list[Piece] = []
    for piece in phrase:
        if piece.is_code or piece.target is not None:
            found.append(piece)
        else:
            found += [evolve(piece, text=word) for word in _WORDS.findall(piece.text)]
    return found


def _phrases(old: Phrase, new: Phrase) -> Marked:
    """Two sentences as one, with what went before what came."""
    before, after = _tokens(old), _tokens(new)
    matcher = SequenceMatcher(
        None, [each.key for each in before], [each.key for each in after], autojunk=False
    )
    runs: list[Run] = []
    for kind, start, end, new_start, new_end in _joined(matcher.get_opcodes(), after):
        if kind == "equal":
            runs.append(Run("same", _together(after[new_start:new_end])))
            continue
        if start < end:
            runs.append(Run("removed", _together(before[start:end])))
        if new_start < new_end:
            runs.append(Run("added", _together(after[new_start:new_end])))
    return tuple(runs)


_Code: TypeAlias = tuple[str, int, int, int, int]


def _joined(codes: Sequence[_Code], after: Sequence[Piece]) -> list[_Code]:
    """Changes with nothing but blanks between them are one change: so they can be read."""
    found: list[_Code] = []
    for number, (kind, start, end, new_start, new_end) in enumerate(codes):
        blank = kind == "equal" and not "".join(each.text for each in after[new_start:new_end]).strip()
        inside = 0 < number < len(codes) - 1
        if found and found[-1][0] != "equal" and (kind != "equal" or (blank and inside)):
            _, first, _, new_first, _ = found[-1]
            found[-1] = ("replace", first, end, new_first, new_end)
        else:
            found.append((kind, start, end, new_start, new_end))
    return found


def _together(pieces: Sequence[Piece]) -> Phrase:
    """Words that follow one another as one piece again."""
    found: list[Piece] = []
    for piece in pieces:
        bare = not piece.is_code and piece.target is None
        if bare and found and not found[-1].is_code and found[-1].target is None:
            found[-1] = Piece(found[-1].text + piece.text)
        else:
            found.append(piece)
    return tuple(found)
