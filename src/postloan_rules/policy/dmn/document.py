"""XML text → elements, each with its place. What a table of decisions never needs is refused at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from attrs import define, field, frozen

from postloan_rules.limits import LIMITS
from postloan_rules.problems import Problem, Source, Span, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.limits import Limits

__all__ = ["LARGEST", "Tag", "decode", "read_document"]

LARGEST = LIMITS.file_bytes
"""How many bytes a file may have."""


@frozen
class Tag:
    """An element as it stands in the file."""

    namespace: str
    name: str
    attributes: Mapping[str, str]
    """By name; those of another namespace by the namespace, a blank and the name."""
    children: tuple[Tag, ...]
    text: Text = field(repr=False)
    """What stands in it directly, without blanks around."""
    span: Span = field(repr=False)
    head: Span = field(repr=False)
    """Its whole opening."""

    def all(self, *names: str) -> tuple[Tag, ...]:
        """The elements of these names just below it, of its own namespace."""
        return tuple(
            child for child in self.children if child.name in names and child.namespace == self.namespace
        )

    def first(self, *names: str) -> Tag | None:
        """The first of them."""
        return next(iter(self.all(*names)), None)

    def attribute(self, name: str) -> Text | None:
        """The value of an attribute, with its place; None where it is not written."""
        value = self.attributes.get(name)
        if value is None:
            return None
        source, head = self.head.source, self.head
        raw = source.text[head.start : head.end]
        found = re.search(rf"[\s:]{re.escape(name.rpartition(' ')[2])}\s*=\s*(?P<quote>[\"'])", raw)
        start = head.start + found.end() if found is not None else head.start
        if source.text.startswith(value, start):
            return Text(value, source, range(start, start + len(value) + 1))
        # Where the value is written with `&...;`, its opening stands for all of it.
        return Text(value, source, (start,) * (len(value) + 1))


class _Stop(Exception):  # noqa: N818 - ends the reading, and never leaves this module
    """The file is not read further."""


@define
class _Open:
    namespace: str
    name: str
    attributes: Mapping[str, str]
    span: Span
    head: Span
    children: list[Tag] = field(factory=list)
    letters: list[str] = field(factory=list)
    places: list[int] = field(factory=list)


@define
class _Reader:
    source: Source
    data: bytes
    limits: Limits
    problems: list[Problem] = field(factory=list)
    stack: list[_Open] = field(factory=list)
    root: Tag | None = None
    _seen: tuple[int, int] = (0, 0)
    """A byte, and the character that begins with it: expat counts bytes, and people characters."""

    def run(self) -> Tag | None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = False
        parser.StartElementHandler = lambda name, attributes: self.start(parser, name, attributes)
        parser.EndElementHandler = lambda _: self.end()
        parser.CharacterDataHandler = lambda data: self.letters(parser, data)
        parser.StartDoctypeDeclHandler = lambda *_: self.doctype(parser)
        try:
            parser.Parse(self.data, True)
        except _Stop:
            return None
        except expat.ExpatError as error:
            at = min(self.place(parser.ErrorByteIndex), len(self.source.text))
            said = expat.ErrorString(error.code)
            help_ = "open it in the tool that wrote it, and save it again"
            self.problems.append(Problem("PR0851", f"not XML: {said}", Span(self.source, at, at), help_))
            return None
        return self.root

    def place(self, byte: int) -> int:
        """The character that begins with a byte."""
        before, character = self._seen if self._seen[0] <= byte else (0, 0)
        found = character + len(self.data[before:byte].decode("utf-8", "ignore"))
        self._seen = (byte, found)
        return found

    def stop(self, at: int, code: str, message: str, help_: str) -> None:
        end = max(self.source.text.find(">", at) + 1, at)
        self.problems.append(Problem(code, message, Span(self.source, at, end), help_))
        raise _Stop

    def doctype(self, parser: expat.XMLParserType) -> None:
        # Entities, and with them texts that grow without end and files from elsewhere, need a document type.
        at = max(self.source.text.rfind("<!DOCTYPE", 0, self.place(parser.CurrentByteIndex)), 0)
        self.stop(at, "PR0852", "a document type", "delete it: DMN needs none")

    def start(self, parser: expat.XMLParserType, name: str, attributes: Mapping[str, str]) -> None:
        if len(self.stack) >= self.limits.yaml_depth:
            message = f"elements are nested more than {self.limits.yaml_depth} deep"
            self.stop(
                self.place(parser.CurrentByteIndex),
                "PR0853",
                message,
                "no decision table or expression needs that",
            )
        start = self.place(parser.CurrentByteIndex)
        text = self.source.text
        end, quote = start, ""
        while end < len(text) and (quote or text[end] != ">"):
            if text[end] in "\"'":
                quote = "" if text[end] == quote else quote or text[end]
            end += 1
        written = re.compile(r"<[^\s/>]*").match(text, start)
        namespace, _, local = name.rpartition(" ")
        span = Span(self.source, start, written.end() if written is not None else start)
        self.stack.append(_Open(namespace, local, attributes, span, Span(self.source, start, end + 1)))

    def letters(self, parser: expat.XMLParserType, data: str) -> None:
        at = self.place(parser.CurrentByteIndex)
        top = self.stack[-1]
        top.letters.append(data)
        exact = self.source.text.startswith(data, at)
        top.places += range(at, at + len(data)) if exact else [at] * len(data)

    def end(self) -> None:
        top = self.stack.pop()
        whole = "".join(top.letters)
        text = whole.strip()
        skipped = len(whole) - len(whole.lstrip()) if text else 0
        places = top.places[skipped : skipped + len(text)]
        after = places[-1] + 1 if places else top.head.end
        tag = Tag(
            top.namespace,
            top.name,
            top.attributes,
            tuple(top.children),
            Text(text, self.source, (*places, after)),
            top.span,
            top.head,
        )
        if self.stack:
            self.stack[-1].children.append(tag)
        else:
            self.root = tag


def decode(data: bytes, name: str, limits: Limits = LIMITS) -> tuple[Source, tuple[Problem, ...]]:
    """The text of a file, which must be UTF-8."""
    if len(data) > limits.file_bytes:
        return Source(name, ""), (_too_large(Source(name, ""), limits.file_bytes),)
    try:
        return Source(name, data.decode("utf-8-sig")), ()
    except UnicodeDecodeError as error:
        source = Source(name, data[: error.start].decode("utf-8-sig", "replace"))
        at = Span(source, len(source.text), len(source.text))
        help_ = 'save the file with the encoding "UTF-8"'
        return source, (Problem("PR0867", "the file is not UTF-8 text", at, help_),)


def _too_large(source: Source, most: int) -> Problem:
    message = f"the file has more than {most:,} bytes, the most that is read"
    return Problem("PR0850", message, Span(source, 0, 0), "split it by decisions")


def read_document(source: Source, limits: Limits = LIMITS) -> tuple[Tag | None, tuple[Problem, ...]]:
    """The root of an XML text, or None when it can't be read, and all that is wrong with it."""
    data = source.text.encode("utf-8", "surrogatepass")
    if len(data) > limits.file_bytes:
        return None, (_too_large(source, limits.file_bytes),)
    reader = _Reader(source, data, limits)
    root = reader.run()
    return root, tuple(reader.problems)
