"""Texts that do no harm where they are shown: what steers a terminal or turns the writing is made visible."""

from __future__ import annotations

import unicodedata

__all__ = ["visible"]

_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control and format characters (escape sequences, turns of the writing direction), and no characters."""


def visible(text: str) -> str:
    """The text on one line, with escapes and their like spelled out, so that they act on nothing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(letter) for letter in text)


def _spelled(letter: str) -> str:
    if letter in "\t\n\r":
        return " "
    if unicodedata.category(letter) not in _STEERING:
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
