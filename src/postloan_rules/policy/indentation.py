"""Where each line of a YAML file begins: two blanks for each level, lists one level below their key."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

import yaml
from attrs import define, field, frozen

from postloan_rules.policy.reader import Listing, Node, Scalar, Section
from postloan_rules.problems import edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.problems import Source

__all__ = ["Lines", "indented", "is_flow", "lines_of"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STEP = 2


def is_flow(source: Source, node: Node) -> bool:
    """Whether a list or section is written in brackets."""
    return not isinstance(node, Scalar) and source.text[node.span.start : node.span.start + 1] in ("[", "{")


@frozen
class Lines:
    """What the lines of a file are: numbers count from 1."""

    inside: frozenset[int]
    """Lines that begin inside a text, which may hold anything."""
    kept: frozenset[int]
    """Lines of a block text (after `|` or `>`), whose blanks and empty lines are part of it."""
    comments: dict[int, int]
    """Where a comment begins, by its line: as an offset in the file."""


def lines_of(source: Source) -> Lines:
    """The lines of a file that the reader can read."""
    inside: set[int] = set()
    kept: set[int] = set()
    comments: dict[int, int] = {}
    end = 0
    for token in yaml.scan(source.text, Loader=_LOADER):
        start, stop = token.start_mark.index, token.end_mark.index
        if stop <= start:
            continue
        _comments(source, end, start, comments)
        end = stop
        if isinstance(token, yaml.ScalarToken):
            first, last = source.place(start)[0], source.place(stop)[0]
            if token.style in ("|", ">"):
                # The header may have a comment of its own.
                header_end = source.text.find("\n", start)
                _comments(source, start + 1, header_end if header_end >= 0 else stop, comments)
                block = range(first + 1, last + (0 if source.place(stop)[1] == 1 else 1))
                kept |= set(block)
                inside |= set(block)
            else:
                inside |= set(range(first + 1, last + 1))
    _comments(source, end, len(source.text), comments)
    return Lines(frozenset(inside), frozenset(kept), comments)


def _comments(source: Source, start: int, end: int, found: dict[int, int]) -> None:
    for match in re.finditer(r"#[^\n]*", source.text[start:end]):
        place = start + match.start()
        found.setdefault(source.place(place)[0], place)


@frozen
class _Level:
    """A column that lines had, and the one they get."""

    old: int
    new: int


@define
class _Indenter:
    source: Source
    lines: Lines
    new: dict[int, int] = field(factory=dict)
    """The column of each line, from 0."""
    levels: dict[int, tuple[_Level, ...]] = field(factory=dict)
    """Of each line: the levels that are open on it, outermost first."""
    gaps: list[tuple[int, int, str]] = field(factory=list)
    dashes: list[int] = field(factory=list)

    def column(self, offset: int) -> int:
        return self.source.place(offset)[1] - 1

    def starts_line(self, offset: int) -> bool:
        line, column = self.source.place(offset)
        return not self.source.line(line)[: column - 1].strip(" ")

    def put(self, offset: int, column: int, open_: tuple[_Level, ...]) -> None:
        line = self.source.place(offset)[0]
        self.levels[line] = open_
        if self.starts_line(offset):
            self.new[line] = column

    def node(self, node: Node, column: int, parent: int, old_parent: int, open_: tuple[_Level, ...]) -> None:
        """Place a value: `column` is for what starts a line, `parent` that of what it belongs to."""
        if isinstance(node, Scalar) or is_flow(self.source, node):
            self.single(node, parent, old_parent, open_)
        elif isinstance(node, Section):
            here = (*open_, _Level(self.column(node.span.start), column))
            for entry in node.entries:
                self.put(entry.key.span.start, column, here)
                old = self.column(node.span.start)
                self.node(entry.value, column + STEP, column, old, here)
        else:
            here = (*open_, _Level(self.column(node.span.start), column))
            for item in node.items:
                dash = self.dashes[bisect_left(self.dashes, item.span.start) - 1]
                self.put(dash, column, here)
                start = item.span.start
                if self.source.place(start)[0] == self.source.place(dash)[0] and start > dash + 1:
                    self.gaps.append((dash + 1, start, " "))
                self.node(item, column + STEP, column, self.column(dash), here)

    def single(self, node: Node, parent: int, old_parent: int, open_: tuple[_Level, ...]) -> None:
        """A text, or a list or section in brackets, which may run over lines."""
        start = node.span.start
        if node.span.end > start:
            self.put(start, parent + STEP, open_)
        first = self.source.place(start)[0]
        if isinstance(node, Scalar) and self.source.text[start : start + 1] in ("|", ">") and not node.plain:
            self.block(first, parent, old_parent)
            return
        rest = [n for n in range(first + 1, node.span.end_line + 1) if self.source.line(n).strip()]
        if not rest:
            return
        closes = [n for n in rest if isinstance(node, Listing | Section) and self.closing(n)]
        others = [n for n in rest if n not in closes]
        base = min((self.indent(n) for n in others), default=self.indent(rest[-1]) + STEP)
        for number in rest:
            self.levels[number] = open_
            moved = self.indent(number) - base + parent + STEP
            self.new[number] = parent if number in closes and number == rest[-1] else max(moved, parent)

    def closing(self, number: int) -> bool:
        return self.source.line(number).lstrip()[:1] in ("]", "}") and number not in self.lines.inside

    def indent(self, number: int) -> int:
        line = self.source.line(number)
        return len(line) - len(line.lstrip(" "))

    def block(self, first: int, parent: int, old_parent: int) -> None:
        number = first + 1
        body: list[int] = []
        while number in self.lines.kept:
            body.append(number)
            number += 1
        full = [n for n in body if self.source.line(n).strip()]
        if not full:
            return
        header = self.source.line(first)
        states_width = re.search(r"[|>][+-]?[1-9]", header) is not None
        shift = parent - old_parent if states_width else parent + STEP - self.indent(full[0])
        for each in body:
            line = self.source.line(each)
            if line.strip() or len(line) > self.indent(full[0]):
                self.new[each] = max(self.indent(each) + shift, 0)
            else:
                self.new[each] = 0


def indented(source: Source, root: Node, lines: Lines) -> str:
    """The text with each line at its place."""
    indenter = _Indenter(source, lines)
    for token in yaml.scan(source.text, Loader=_LOADER):
        start, stop = token.start_mark.index, token.end_mark.index
        if isinstance(token, yaml.KeyToken) and stop > start:
            return source.text  # `? key` on a line of its own: left as it is
        if isinstance(token, yaml.BlockEntryToken):
            indenter.dashes.append(start)
    indenter.node(root, 0, -STEP, -STEP, ())
    _place_comments(indenter)
    text, start = source.text, 0
    edits = list(indenter.gaps)
    for number, line in enumerate(text.split("\n"), start=1):
        if number in indenter.new:
            blanks = len(line) - len(line.lstrip(" "))
            edits.append((start, start + blanks, " " * indenter.new[number]))
        start += len(line) + 1
    return edited(text, edits)


def _place_comments(indenter: _Indenter) -> None:
    """A comment on a line of its own goes with the line below it, or with the block that it is level with."""
    known = sorted(indenter.levels)
    for number, place in indenter.lines.comments.items():
        if not indenter.starts_line(place) or number in indenter.new:
            continue
        column = indenter.column(place)
        following = next((each for each in known if each > number and each in indenter.new), None)
        before = next((each for each in reversed(known) if each < number), None)
        indenter.new[number] = _column_of_comment(indenter, column, following, before)


def _column_of_comment(indenter: _Indenter, column: int, following: int | None, before: int | None) -> int:
    if following is not None and indenter.indent(following) == column:
        return indenter.new[following]
    levels: Sequence[_Level] = indenter.levels[before] if before is not None else ()
    same = [each for each in levels if each.old == column]
    if same:
        return same[-1].new
    below = list(levels)
    if following is not None:
        below.append(_Level(indenter.indent(following), indenter.new[following]))
    fitting = [each for each in below if each.old <= column]
    if fitting:
        return max(fitting, key=lambda each: each.old).new
    return indenter.new[following] if following is not None else 0
