"""A file that is no YAML while a line of it is typed, made readable around the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.policy.reader import read
from postloan_rules.problems import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["repaired"]


def repaired(text: str, offset: int) -> str:
    """The text itself where it can be read; else with a word put in at the cursor, or without its line."""
    if not read(Source("", text))[1]:
        return text
    return next((each for each in _attempts(text, offset) if not read(Source("", each))[1]), text)


def _attempts(text: str, offset: int) -> Iterator[str]:
    before, after = text[:offset], text[offset:]
    for word in ("x", "x: x", "x]", "x}", 'x"', '"', '"x"', "x: x}", 'x"]', 'x"}', "x]}"):
        yield before + word + after
    begin, end = before.rfind("\n") + 1, offset + max(after.find("\n"), 0)
    yield text[:begin] + text[end:].lstrip("\n")
    yield text[:begin]
