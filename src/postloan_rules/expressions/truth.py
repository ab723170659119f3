"""Three truth values: true, false, and None for unknown. Anything but true and false counts as unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["all_of", "any_of", "negated"]


def all_of(values: Iterable[object]) -> bool | None:
    """False if any is false; else unknown if any is unknown; else true."""
    result: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is not True:
            result = None
    return result


def any_of(values: Iterable[object]) -> bool | None:
    """True if any is true; else unknown if any is unknown; else false."""
    result: bool | None = False
    for value in values:
        if value is True:
            return True
        if value is not False:
            result = None
    return result


def negated(value: object) -> bool | None:
    """The opposite; unknown stays unknown."""
    return not value if isinstance(value, bool) else None
