"""The arguments of a call as what a function needs; None where they are unknown or something else."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["gathered", "listed", "number", "text", "whole"]

_LONGEST_WHOLE = 18


def number(value: object) -> Decimal | None:
    """The value, if it is a number."""
    return value if isinstance(value, Decimal) and value.is_finite() else None


def whole(value: object) -> int | None:
    """The value, if it is a number, without its fraction; a number past 18 digits is no count of anything."""
    found = number(value)
    return int(found) if found is not None and found.adjusted() < _LONGEST_WHOLE else None


def text(value: object) -> str | None:
    """The value, if it is a text, as a plain text (a word of an enumeration is one too)."""
    return str(value) if isinstance(value, str) else None


def listed(value: object) -> tuple[object, ...] | None:
    """The items of a list; any other known value is a list of itself, as the standard has it."""
    if isinstance(value, tuple):
        return value
    return None if value is None else (value,)


def gathered(values: tuple[object, ...]) -> tuple[object, ...] | None:
    """The items of the one list given, or the values given one by one."""
    return listed(values[0]) if len(values) == 1 else values
