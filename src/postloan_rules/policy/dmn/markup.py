"""XML as data, and how it is written: the same bytes for the same tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Element", "document", "element"]

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = {**_IN_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@frozen
class Element:
    """An element: it holds either a text or other elements."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element, ...] = ()
    text: str | None = None


def element(
    name: str, /, *children: Element | None, text: str | None = None, **attributes: str | None
) -> Element:
    """An element with those of the children and attributes that are there.

    An attribute of our own namespace is passed with `plr_` before its name.
    """
    given = tuple(
        (key.replace("plr_", "plr:", 1) if key.startswith("plr_") else key, value)
        for key, value in attributes.items()
        if value is not None
    )
    return Element(name, given, tuple(child for child in children if child is not None), text)


def document(root: Element) -> str:
    """The whole file of a tree."""
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, ""), ""))


def _lines(part: Element, indent: str) -> Iterator[str]:
    head = part.name + "".join(
        f' {name}="{_escaped(value, _IN_ATTRIBUTE)}"' for name, value in part.attributes
    )
    if part.text is not None:
        yield f"{indent}<{head}>{_escaped(part.text, _IN_TEXT)}</{part.name}>"
    elif part.children:
        yield f"{indent}<{head}>"
        for child in part.children:
            yield from _lines(child, indent + "  ")
        yield f"{indent}</{part.name}>"
    else:
        yield f"{indent}<{head}/>"


def _escaped(text: str, signs: dict[str, str]) -> str:
    # XML has no way at all to write most control characters.
    legal = _NO_XML.sub("\ufffd", text)
    return "".join(signs.get(character, character) for character in legal)
