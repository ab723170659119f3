"""HTML that can't be broken into: texts are escaped where they are put in, and nowhere else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Content", "Html", "joined", "tag"]


@frozen
class Html:
    """A piece of HTML, made by `tag` only."""

    text: str


Content: TypeAlias = "Html | str | None"

_VOID = frozenset({"link", "meta"})


def tag(name: str, /, *content: Content, **attributes: str | bool) -> Html:
    """An element. An attribute that is true stands by itself, one that is false is left out.

    `class_` and its like are written without the underscore at the end, others with `-` for `_`.
    """
    written = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(content).text}</{name}>")


def joined(content: Iterable[Content]) -> Html:
    """Pieces one after the other; texts are escaped."""
    return Html(
        "".join(each.text if isinstance(each, Html) else escape(each) for each in content if each is not None)
    )


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
