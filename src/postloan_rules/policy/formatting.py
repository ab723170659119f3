"""The layout of a policy's YAML: one way of writing what has no effect, with every comment kept.

A text is changed in passes, each of which moves blanks and line ends of one kind. At the end the result is
read again: it must hold the same values and the same comments, or nothing is changed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import yaml

from postloan_rules.policy.expression_layout import blank_edits, words
from postloan_rules.policy.indentation import indented, is_flow, lines_of
from postloan_rules.policy.outline import POLICY, SECTIONS, Items, Place, Value, is_expression, places
from postloan_rules.policy.reader import Listing, Node, Scalar, Section, read
from postloan_rules.problems import Source, edited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from postloan_rules.problems import Edit, Problem

__all__ = ["NotKept", "formatted", "is_policy"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BEFORE_COMMENT = "  "


class NotKept(Exception):  # noqa: N818 - a refusal with its reason: the file stays as it is
    """The new layout would not say the same."""


def formatted(source: Source) -> tuple[str, tuple[Problem, ...]]:
    """The text in its layout; or, where it can't be read, the text as it is and what is wrong with it.

    Raises:
        NotKept: when a layout would change what the file says, which is a fault of the layout.
    """
    root, problems = read(source)
    if problems:
        return source.text, problems
    text = re.sub(r"\r\n?", "\n", source.text)
    for layout in (_quotes, _expressions, _gaps, _indentation, _rows, _comments, _empty_lines):
        text = layout(_Read(source.name, text))
    after, problems = read(Source(source.name, text))
    if problems or not _same(root, after) or _said(source.text) != _said(text):
        raise NotKept(f"{source.name}: the layout would change what the file says")
    return text, ()


def is_policy(node: Node | None) -> bool:
    """Whether a file is part of a policy, and no examples or mapping."""
    if not isinstance(node, Section):
        return False
    keys = {entry.key.value for entry in node.entries}
    return "ruleset" in keys or (bool(keys) and keys <= set(SECTIONS))


class _Read:
    """A text between two passes, read anew."""

    def __init__(self, name: str, text: str) -> None:
        self.source = Source(name, text)
        self.root, problems = read(self.source)
        if problems:
            raise NotKept(f"{name}: the layout would not be YAML any more: {problems[0].message}")
        self.places: tuple[Place, ...] = ()
        if self.root is not None:
            self.places = tuple(places(self.root, POLICY if is_policy(self.root) else None))

    def edited(self, edits: Iterable[Edit]) -> str:
        return edited(self.source.text, set(edits))


_NAME = re.compile(r"[^\W\d]\w*")
_NOT_NAMES = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _quotes(file: _Read) -> str:
    """Names of things without the quotes that they do not need."""
    edits: list[Edit] = []
    for place in file.places:
        node, part = place.node, place.part
        if not isinstance(node, Scalar) or node.plain or not isinstance(part, Value):
            continue
        is_name = part.kind in ("choice", "trigger", "response", "reason", "table", "scorecard")
        if is_name and _NAME.fullmatch(node.value) and node.value.lower() not in _NOT_NAMES:
            edits.append((node.span.start, node.span.end, node.value))
    return file.edited(edits)


def _expressions(file: _Read) -> str:
    """Blanks inside expressions."""
    edits: list[Edit] = []
    for place in file.places:
        if is_expression(place) and isinstance(place.node, Scalar):
            edits += blank_edits(place.node.text, quoted=not place.node.plain)
    return file.edited(edits)


def _gaps(file: _Read) -> str:
    """Blanks around `:` and `,` and inside brackets."""
    source = file.source
    edits: list[Edit] = []
    before: yaml.Token | None = None
    for token in yaml.scan(source.text, Loader=_LOADER):
        if token.end_mark.index <= token.start_mark.index:
            continue
        if before is not None:
            start, end = before.end_mark.index, token.start_mark.index
            blank = _gap(before, token)
            if (
                blank is not None
                and not source.text[start:end].strip(" ")
                and source.text[start:end] != blank
            ):
                edits.append((start, end, blank))
        before = token
    return file.edited(edits)


def _gap(before: yaml.Token, after: yaml.Token) -> str | None:
    """What stands between two tokens on a line; None where the indentation says it."""
    if isinstance(before, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
        return ""
    if isinstance(before, yaml.ValueToken):
        return " "
    if isinstance(
        after, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken | yaml.FlowEntryToken | yaml.ValueToken
    ):
        return ""
    if isinstance(before, yaml.FlowEntryToken):
        return " "
    return None


def _indentation(file: _Read) -> str:
    return (
        indented(file.source, file.root, lines_of(file.source)) if file.root is not None else file.source.text
    )


def _rows(file: _Read) -> str:
    """The cells of the rows of a table below each other."""
    edits: list[Edit] = []
    for place in file.places:
        node = place.node
        if isinstance(node, Listing) and _is_grid(place) and node.items:
            edits += _aligned(file.source, node.items)
    return file.edited(edits)


def _is_grid(place: Place) -> bool:
    return isinstance(place.part, Items) and place.path[-1:] in (("rows",), ("points",))


def _aligned(source: Source, rows: Sequence[Node]) -> Iterator[Edit]:
    grid: list[list[Node]] = []
    for row in rows:
        if not isinstance(row, Listing) or not is_flow(source, row) or row.span.line != row.span.end_line:
            return
        grid.append(list(row.items))
    if len({len(row) for row in grid}) != 1 or len({row.span.line for row in rows}) != len(rows):
        return
    for column in range(len(grid[0]) - 1):
        widest = max(_width(source, cells[column]) for cells in grid)
        for cells in grid:
            cell, following = cells[column], cells[column + 1]
            start = source.text.index(",", cell.span.end) + 1
            blank = " " * (widest - _width(source, cell) + 1)
            if source.text[start : following.span.start] != blank:
                yield start, following.span.start, blank


def _width(source: Source, node: Node) -> int:
    text = source.text[node.span.start : node.span.end]
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _comments(file: _Read) -> str:
    """Two blanks before a comment that ends a line; comments that stand below each other stay so."""
    source, lines = file.source, lines_of(file.source)
    ends: dict[int, tuple[int, int]] = {}
    for number, place in lines.comments.items():
        content = source.line(number)[: source.place(place)[1] - 1]
        if content.strip():
            ends[number] = (place - len(content) + len(content.rstrip(" ")), place)
    edits: list[Edit] = []
    for group in _groups(source, ends):
        column = max(_columns(source, ends[number][0]) for number in group) + len(_BEFORE_COMMENT)
        for number in group:
            start, place = ends[number]
            edits.append((start, place, " " * (column - _columns(source, start))))
    return file.edited(edits)


def _groups(source: Source, ends: dict[int, tuple[int, int]]) -> list[list[int]]:
    groups: list[list[int]] = []
    for number in sorted(ends):
        same = groups and groups[-1][-1] == number - 1
        if same and _columns(source, ends[number][1]) == _columns(source, ends[number - 1][1]):
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _columns(source: Source, offset: int) -> int:
    line, column = source.place(offset)
    text = source.line(line)[: column - 1]
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _empty_lines(file: _Read) -> str:
    """No blanks at the ends of lines, one empty line at most, none at the start, one line end at the end."""
    lines = lines_of(file.source)
    kept: list[str] = []
    for number in range(1, file.source.text.count("\n") + 2):
        line = file.source.line(number)
        if number in lines.kept:
            kept.append(line)
            continue
        if number + 1 not in lines.inside or number + 1 in lines.kept:
            line = line.rstrip(" ")
        elif not line.strip(" "):
            line = ""
        is_second = not line and (not kept or not kept[-1]) and number not in lines.inside
        if not is_second:
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n" if any(kept) else "".join(kept)


def _same(before: Node | None, after: Node | None) -> bool:
    """Whether two files say the same: blanks inside expressions and quotes around names aside."""
    if before is None or after is None:
        return before is after
    of_policy = is_policy(before)
    old, new = tuple(places(before)), tuple(places(after))
    return len(old) == len(new) and all(
        _same_piece(one, other, of_policy=of_policy) for one, other in zip(old, new, strict=True)
    )


def _same_piece(old: Place, new: Place, *, of_policy: bool) -> bool:
    if old.path != new.path or type(old.node) is not type(new.node):
        return False
    if not isinstance(old.node, Scalar) or not isinstance(new.node, Scalar):
        return True
    if of_policy and is_expression(old):
        return old.node.plain == new.node.plain and words(old.node.text) == words(new.node.text)
    is_name = of_policy and isinstance(old.part, Value) and _NAME.fullmatch(old.node.value) is not None
    return old.node.value == new.node.value and (is_name or old.node.plain == new.node.plain)


def _said(text: str) -> list[str]:
    """The comments of a text, in order."""
    source = Source("", re.sub(r"\r\n?", "\n", text))
    comments = lines_of(source).comments
    return [
        source.line(number)[source.place(place)[1] - 1 :].rstrip()
        for number, place in sorted(comments.items())
    ]
