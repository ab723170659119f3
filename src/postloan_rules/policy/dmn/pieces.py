"""Pieces of a policy as the YAML reader gives them, with their places in another file; and their YAML."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.problems import Span

__all__ = ["listing", "quoted_scalar", "section", "word", "yaml_lines"]

_BARE = re.compile(r"[^\W\d]\w*|-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_PRINTED = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WIDEST = 100


def word(value: str, span: Span, *, plain: bool = True) -> Scalar:
    """A word of ours that stands for a place in the file."""
    return Scalar(Text(value, span.source, (span.start,) * (len(value) + 1)), span, plain=plain)


def quoted_scalar(text: Text, span: Span) -> Scalar:
    """A text of the author's, each character at its place."""
    end = max(span.end, span.start)
    found = text.span(0, len(text.value)) if text.value else span
    return Scalar(
        text, found if found.end >= found.start else type(span)(span.source, span.start, end), plain=False
    )


def section(span: Span, *pairs: tuple[Scalar | str, Node | None]) -> Section:
    """A section with those of the entries that are there."""
    entries = [
        Entry(key if isinstance(key, Scalar) else word(key, span), value)
        for key, value in pairs
        if value is not None
    ]
    return Section(tuple(entries), span)


def listing(span: Span, items: Iterable[Node]) -> Listing:
    """A list."""
    return Listing(tuple(items), span)


def yaml_lines(node: Section, indent: str = "") -> Iterator[str]:
    """A section of a policy as YAML: a line for each entry, short lists and sections in one line."""
    for entry in node.entries:
        head = f"{indent}{_scalar(entry.key)}:"
        value = entry.value
        if isinstance(value, Section) and (len(indent) < 2 or len(_flow(value)) > _WIDEST):
            yield head
            yield from yaml_lines(value, indent + "  ")
        elif isinstance(value, Listing) and any(not isinstance(item, Scalar) for item in value.items):
            yield head
            for item in value.items:
                yield f"{indent}  - {_flow(item)}"
        else:
            yield f"{head} {_flow(value)}"


def _flow(node: Node) -> str:
    match node:
        case Scalar():
            return _scalar(node)
        case Listing(items=items):
            return f"[{', '.join(_flow(item) for item in items)}]"
        case Section(entries=entries):
            return f"{{{', '.join(f'{_scalar(each.key)}: {_flow(each.value)}' for each in entries)}}}"


def _scalar(scalar: Scalar) -> str:
    value = scalar.value
    if _BARE.fullmatch(value) and (scalar.plain or value.lower() not in _YAML_WORDS):
        return value
    if _PRINTED.search(value):
        return _escaped(value)
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _escaped(value: str) -> str:
    """In double quotes, with every unusual character as a number."""
    written = json.dumps(value, ensure_ascii=False)
    return _PRINTED.sub(lambda match: f"\\U{ord(match[0]):08X}", written)
