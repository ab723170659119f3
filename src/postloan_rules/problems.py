"""What is wrong, where, and what to write instead: one shape for every finding, and one way to show it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Edit",
    "Fix",
    "Places",
    "Problem",
    "Source",
    "Span",
    "Text",
    "did_you_mean",
    "edited",
    "in_order",
    "nearest",
    "render",
]

_TAB = 4
_WIDEST = 200
"""How much of a line is shown, around the place that is meant."""
_LONGEST_NAME = 100
_MANY_NAMES = 400
_MOST_NAMES = 100


def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(found.end() for found in re.finditer("\n", text)))


@frozen
class Source:
    """A file (or a cell, or a text given by a program) that people wrote, by the name they know it by."""

    name: str
    text: str = field(repr=False)
    _starts: tuple[int, ...] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_starts", _line_starts(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1; columns count characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


@frozen
class Span:
    """A stretch of a source: from `start` up to `end`, as character offsets."""

    source: Source
    start: int
    end: int

    @property
    def file(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.source.place(self.start)[1]

    @property
    def end_line(self) -> int:
        """Line of the end, from 1."""
        return self.source.place(self.end)[0]

    @property
    def end_column(self) -> int:
        """Column just after the last character, from 1."""
        return self.source.place(self.end)[1]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Places = tuple[int, ...] | range


@frozen
class Text:
    """A text inside a source, and where in it each of its characters stands.

    The two differ where the source quotes, escapes or folds the text, as YAML does.
    """

    value: str
    source: Source = field(repr=False)
    places: Places = field(repr=False)
    """Offset in the source of each character, and of the end: one more than there are characters."""

    @classmethod
    def of(cls, value: str, name: str = "expression") -> Text:
        """A text that is its own source."""
        return cls(value, Source(name, value), range(len(value) + 1))

    def span(self, start: int, end: int) -> Span:
        """The place in the source of the characters from `start` up to `end`."""
        if end <= start:
            return Span(self.source, self.places[start], self.places[start])
        return Span(self.source, self.places[start], max(self.places[end - 1] + 1, self.places[start]))


Edit = tuple[int, int, str]
"""Characters of a text from one up to another, and what stands there instead."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with each edit made; none of them reaches into another."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@frozen
class Fix:
    """What to put in place of a stretch of a source, where that is certain."""

    span: Span
    text: str

    @property
    def edit(self) -> Edit:
        """The same by places alone, whatever name the source goes by."""
        return self.span.start, self.span.end, self.text


@frozen
class Problem:
    """One finding: a stable code, what is wrong, where, and what to do about it.

    `path` is the JSON path for a finding in data that has no lines (a snapshot), and empty otherwise.
    """

    code: str
    message: str
    span: Span | None = None
    help: str = ""
    path: str = ""
    severity: Literal["error", "warning"] = "error"
    fixes: tuple[Fix, ...] = field(default=(), repr=False)
    """What puts it right without a change of meaning; empty where somebody has to think."""

    def __str__(self) -> str:
        return render(self)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by place: file, line, column, then code; each once."""

    def key(problem: Problem) -> tuple[str, int, str, str, str]:
        span = problem.span
        where = (span.file, span.start) if span is not None else ("", 0)
        return (*where, problem.path, problem.code, problem.message)

    return tuple(sorted(dict.fromkeys(problems), key=key))


def _columns(text: str) -> int:
    """The terminal cells that a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _expand(text: str) -> str:
    if "\t" not in text:
        return text
    shown = ""
    for character in text:
        shown += " " * (_TAB - _columns(shown) % _TAB) if character == "\t" else character
    return shown


def render(problem: Problem) -> str:
    """The problem as people read it: place, what is wrong, the source line with a caret, what to do."""
    span = problem.span
    where = str(span) if span is not None else problem.path
    head = f"{where}: {problem.severity} {problem.code}: {problem.message}" if where else problem.message
    lines = [head]
    if span is not None:
        line, column = span.source.place(span.start)
        text = span.source.line(line)
        last = span.end_column - 1 if span.end_line == line else len(text)
        text, column, last = _window(text, column, last)
        if text.strip():
            before = _expand(text[: column - 1])
            marked = _expand(text[:last])[len(before) :]
            number = str(line)
            gutter = " " * len(number)
            lines += [
                f"  {number} | {_expand(text)}",
                f"  {gutter} | {' ' * _columns(before)}{'^' * max(1, _columns(marked))}",
            ]
    if problem.help:
        lines.append(f"  help: {problem.help}")
    return "\n".join(lines)


def _window(text: str, column: int, last: int) -> tuple[str, int, int]:
    """The part of a long line around what is meant, the column of it there, and where it ends."""
    if len(text) <= 2 * _WIDEST:
        return text, column, last
    start = max(column - 1 - _WIDEST // 2, 0)
    cut = text[start : start + _WIDEST]
    head, tail = "…" if start else "", "…" if start + _WIDEST < len(text) else ""
    shift = start - len(head)
    return head + cut + tail, column - shift, min(last - shift, len(head) + len(cut))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, if any is near enough to be a slip of the pen."""
    if len(name) > _LONGEST_NAME:
        return None
    names = sorted(set(known))
    by_lower = {candidate.lower().replace("-", "_"): candidate for candidate in names}
    same = by_lower.get(name.lower().replace("-", "_").replace(" ", "_"))
    if same is not None:
        return same
    if len(names) > _MANY_NAMES:
        # Among very many names, only a slip of two letters or so tells which one is meant.
        alike = (each for each in names if abs(len(each) - len(name)) <= 2 and each[:2] == name[:2])
        names = list(islice(alike, _MOST_NAMES))
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Sequence[str], *, what: str = "known names") -> str:
    """A help text for an unknown name: the nearest known one, or all of them when they are few."""
    candidate = nearest(name, known)
    if candidate is not None:
        return f"did you mean `{candidate}`?"
    if not known:
        return ""
    listed = ", ".join(f"`{item}`" for item in sorted(known)[:12])
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"{what}: {listed}{more}"
