"""YAML as the policy language uses it: scalars, lists and sections, each with its place, and no surprises.

Everything is text until a section of the policy says what it must be, so that `NO`, `1:30`, `010` or a bare
date never turn into something else on the way. The tree is built from pyyaml's events rather than its nodes:
events still show anchors, aliases and tags, and a file that nests without end is refused while it is read.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import yaml
from attrs import field, frozen

from postloan_rules.limits import LIMITS
from postloan_rules.problems import Problem, Source, Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.limits import Limits

__all__ = ["Entry", "Listing", "Node", "Scalar", "Section", "decode", "read"]

MAX_BYTES = LIMITS.file_bytes

_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Scalar:
    """One word, number or text, as written."""

    text: Text
    span: Span = field(repr=False)
    plain: bool = True
    """True when it stands without quotes and not as a block."""

    @property
    def value(self) -> str:
        """The text itself."""
        return self.text.value


@frozen
class Listing:
    """A list."""

    items: tuple[Node, ...]
    span: Span = field(repr=False)


@frozen
class Entry:
    """One `key: value` line of a mapping."""

    key: Scalar
    value: Node


@frozen
class Section:
    """A mapping, its entries in the order of writing."""

    entries: tuple[Entry, ...]
    span: Span = field(repr=False)


Node: TypeAlias = Scalar | Listing | Section


def decode(name: str, data: bytes, limits: Limits = LIMITS) -> tuple[Source, list[Problem]]:
    """The text of a policy file, which must be UTF-8 and not too long."""
    empty = Source(name, "")
    if len(data) > limits.file_bytes:
        message = f"the file has more than {limits.file_bytes:,} bytes, the most that is read"
        help_ = "split it: every .yaml file in the folder of a rule set is read"
        return empty, [Problem("PR0101", message, Span(empty, 0, 0), help_)]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return empty, [_encoding(empty, 0, "the file is UTF-16")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        source = Source(name, before + "\ufffd")
        byte = f"0x{data[error.start]:02x}"
        return source, [_encoding(source, len(before), f"the byte {byte} is not UTF-8 text")]
    return Source(name, text), []


def _encoding(source: Source, at: int, message: str) -> Problem:
    return Problem("PR0102", message, Span(source, at, at), 'save the file with the encoding "UTF-8"')


def read(source: Source, limits: Limits = LIMITS) -> tuple[Node | None, tuple[Problem, ...]]:
    """The tree of a YAML text, or None when it can't be read, and all that is wrong with it."""
    problems = [*islice(_forbidden_characters(source), limits.problems)]
    if problems:
        return None, tuple(problems)
    builder = _Builder(source, limits)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            builder.take(event)
            if builder.stopped or len(builder.problems) > limits.problems:
                builder.stopped = True
                break
    except yaml.reader.ReaderError as error:
        return None, (*builder.problems, _unreadable(source, error))
    except yaml.MarkedYAMLError as error:
        return None, (*builder.problems, _syntax(source, error, builder.long_quote, limits))
    return (None if builder.stopped else builder.root), tuple(builder.problems)


def _forbidden_characters(source: Source) -> Iterator[Problem]:
    seen = -1
    for match in re.finditer("\t", source.text):
        line = source.place(match.start())[0]
        if line != seen:
            seen = line
            span = Span(source, match.start(), match.end())
            yield Problem("PR0103", "a tab character", span, "use spaces: two for each level")
    for match in _LINE_BREAKS.finditer(source.text):
        span = Span(source, match.start(), match.end())
        yield Problem(
            "PR0104", f"a line break of an unusual kind (U+{ord(match[0]):04X})", span, "end lines with Enter"
        )


def _unreadable(source: Source, error: yaml.reader.ReaderError) -> Problem:
    at = min(error.position if isinstance(error.position, int) else 0, len(source.text))
    character = error.character if isinstance(error.character, int) else ord(error.character[:1] or "?")
    message = f"a control character (U+{character:04X}) that text files do not hold"
    return Problem("PR0104", message, Span(source, at, at), "delete it")


_SYNTAX = (
    (
        "mapping values are not allowed",
        "a `:` stands where none can",
        "put the text in quotes if the `:` belongs to it, or start the key on a line of its own",
    ),
    (
        "did not find expected key",
        "this line does not line up with the ones above",
        "indent it like its neighbours, and look for a quote or bracket left open above",
    ),
    (
        "could not find expected ':'",
        "a line without `:` where a key is expected",
        "write `key: value`, with a space after the colon",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not belong to the list above it",
        "start it with `- ` at the list's indentation, or indent it further",
    ),
    (
        "did not find expected ',' or",
        "a list in `[...]` or a mapping in `{...}` is not closed",
        "separate its parts with `,` and close it; put a part that holds a comma or bracket in quotes",
    ),
    ("found unexpected end of stream", "a quote is not closed", "close it with the same quote"),
    (
        "found unknown escape character",
        "a `\\` that stands for nothing",
        "in double quotes write `\\\\` for `\\`, or use single quotes",
    ),
    (
        "found character that cannot start any token",
        "a text can't start with this character",
        "put the whole text in quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a `-` list can't start here",
        "start the list on a line of its own",
    ),
    (
        "while parsing a block mapping",
        "this line does not line up with the ones above",
        "indent it like its neighbours",
    ),
)


def _syntax(source: Source, error: yaml.MarkedYAMLError, long_quote: Span | None, limits: Limits) -> Problem:
    said = f"{error.context or ''}; {error.problem or ''}"
    opened = any(clue in said for clue in ("found unexpected end of stream", "did not find expected ',' or"))
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    at = min(mark.index if mark is not None else 0, len(source.text))
    if long_quote is not None and source.place(at)[0] == long_quote.end_line:
        message = f"the quote that opens here is only closed in line {long_quote.end_line}"
        opening = Span(source, long_quote.start, long_quote.start + 1)
        return Problem("PR0105", message, opening, "close it where the text ends")
    if "nest" in said:
        message = f"nested more than {limits.yaml_depth} levels deep"
        return Problem("PR0108", message, Span(source, at, at), "flatten it")
    for clue, message, help_ in _SYNTAX:
        if clue in said:
            comment = "a `#` after a space starts a comment: put the text that holds it in quotes"
            cut = opened and " #" in source.line(source.place(at)[0])
            return Problem("PR0105", message, Span(source, at, at), comment if cut else help_)
    return Problem(
        "PR0105", f"not YAML: {error.problem}", Span(source, at, at), "see the line above this one too"
    )


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark is not None else 0


def _end(event: yaml.Event) -> int:
    return event.end_mark.index if event.end_mark is not None else 0


class _Builder:
    """Takes the events of one document and keeps the tree and what is wrong with it."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.stopped = False
        self.long_quote: Span | None = None
        """The last quoted text that runs over lines: a quote left open swallows what follows."""
        self._documents = 0
        self._open: list[tuple[yaml.Event, list[Node]]] = []

    def take(self, event: yaml.Event) -> None:
        """Add one event to the tree."""
        match event:
            case yaml.DocumentStartEvent():
                self._document(event)
            case yaml.AliasEvent():
                self._refuse(
                    event, "PR0106", f"an alias `*{event.anchor}`", "write the value out where it is needed"
                )
                self._add(Scalar(Text("", self.source, (_start(event),)), self._span(event)))
            case yaml.ScalarEvent():
                self._decorations(event, bare=event.implicit[0] or event.implicit[1])
                self._add(self._scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._decorations(event, bare=event.implicit)
                if len(self._open) >= self.limits.yaml_depth:
                    message = f"nested more than {self.limits.yaml_depth} levels deep"
                    self._refuse(event, "PR0108", message, "flatten it")
                    self.stopped = True
                self._open.append((event, []))
            case yaml.MappingEndEvent():
                start, parts = self._open.pop()
                self._add(self._mapping(self._reach(start, event), parts))
            case yaml.SequenceEndEvent():
                start, parts = self._open.pop()
                self._add(Listing(tuple(parts), self._reach(start, event)))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "PR0109", "a second document starts here", "put it in a file of its own")
            self.stopped = True
        if event.version or event.tags:
            self._refuse(event, "PR0107", "a `%` directive", "delete the line")

    def _decorations(self, event: yaml.NodeEvent, *, bare: bool) -> None:
        if event.anchor is not None:
            self._refuse(
                event, "PR0106", f"an anchor `&{event.anchor}`", "write the value out where it is needed"
            )
        tag = getattr(event, "tag", None)
        if tag is not None and not (
            bare and tag.startswith("tag:yaml.org") and not self._starts_with(event, "!")
        ):
            short = tag.removeprefix("tag:yaml.org,2002:")
            shown = tag if short == tag else f"!!{short}"
            self._refuse(
                event, "PR0107", f"a tag `{shown}`", "delete it: the policy language knows what each value is"
            )

    def _starts_with(self, event: yaml.Event, mark: str) -> bool:
        return self.source.text.startswith(mark, _start(event))

    def _refuse(self, event: yaml.Event, code: str, message: str, help_: str) -> None:
        self.problems.append(Problem(code, message, self._span(event), help_))

    def _span(self, event: yaml.Event) -> Span:
        return Span(self.source, _start(event), _end(event))

    def _reach(self, start: yaml.Event, end: yaml.Event) -> Span:
        # A block ends where the next one begins; for people it ends with its last character.
        text, stop = self.source.text, _end(end)
        while stop and text[stop - 1].isspace():
            stop -= 1
        return Span(self.source, _start(start), max(stop, _start(start)))

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.root = node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = self._span(event)
        raw = self.source.text[span.start : span.end]
        if event.style in ("'", '"') and "\n" in raw:
            self.long_quote = span
        if event.style in ("|", ">"):
            span = Span(self.source, span.start, span.start + len(raw.rstrip()))
        places = _places(raw, span.start, event.value, event.style or "")
        return Scalar(Text(event.value, self.source, places), span, plain=not event.style)

    def _mapping(self, span: Span, parts: list[Node]) -> Section:
        entries: list[Entry] = []
        first: dict[str, Scalar] = {}
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            if not isinstance(key, Scalar):
                help_ = "write a single word before the `:`; put a text that starts with `[` or `{` in quotes"
                self.problems.append(Problem("PR0111", "a key must be a single word", key.span, help_))
                continue
            if key.value == "<<" and key.plain:
                help_ = "write the entries out where they are needed"
                self.problems.append(Problem("PR0106", "a merge key `<<`", key.span, help_))
                continue
            if key.value in first:
                line = first[key.value].span.line
                message = f"`{key.value}` is written twice here, first in line {line}"
                self.problems.append(Problem("PR0110", message, key.span, "keep one of the two"))
                continue
            first[key.value] = key
            entries.append(Entry(key, value))
        return Section(tuple(entries), span)


def _places(raw: str, start: int, value: str, style: str) -> tuple[int, ...] | range:
    """Where each character of a scalar's value stands in the source.

    YAML folds lines, strips indentation and knows escapes; the value's characters still follow each other
    in the raw text, so walking both side by side finds each one.
    """
    if raw == value:
        return range(start, start + len(value) + 1)
    position = _block_start(raw) if style in ("|", ">") else len(style)
    end = len(raw) if style in ("|", ">") else len(raw) - len(style)
    places: list[int] = []
    for character in value:
        if style == '"':
            position = _past_line_end(raw, position, end)
        if character.isspace():
            # A space or newline of the value may be a line end and an indentation in the raw text.
            places.append(start + min(position, end))
            position = _past_space(raw, position, character, style)
            continue
        while position < end and raw[position].isspace():
            position += 1
        if style == '"':
            position = _past_line_end(raw, position, end)
        places.append(start + min(position, end))
        position += _width(raw, position, style)
    places.append(start + min(position, end))
    return tuple(places)


def _block_start(raw: str) -> int:
    return raw.find("\n") + 1 if "\n" in raw else len(raw)


def _past_line_end(raw: str, position: int, end: int) -> int:
    """After a line end that is escaped, which gives nothing, and the indentation of the next line."""
    while raw[position : position + 2] == "\\\n":
        position += 2
        while position < end and raw[position] in " \t":
            position += 1
    return position


def _past_space(raw: str, position: int, character: str, style: str) -> int:
    if position < len(raw) and raw[position] == "\\":
        return position + _width(raw, position, style)
    if position < len(raw) and raw[position] == character and character != "\n":
        return position + 1
    if position < len(raw) and raw[position].isspace():
        return position + 1
    return position


_ESCAPE_WIDTH = {"x": 4, "u": 6, "U": 10}


def _width(raw: str, position: int, style: str) -> int:
    if style == '"' and raw[position : position + 1] == "\\":
        return _ESCAPE_WIDTH.get(raw[position + 1 : position + 2], 2)
    if style == "'" and raw[position : position + 2] == "''":
        return 2
    return 1
