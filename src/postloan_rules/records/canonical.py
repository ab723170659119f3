"""The one JSON text of plain values: keys sorted, no spaces."""

from __future__ import annotations

import json
from typing import TypeGuard

__all__ = ["is_section", "section_of", "text_of"]


def text_of(data: object) -> bytes:
    """The text, in UTF-8. `json` gives the same for what it has read of such a text."""
    return json.dumps(
        data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def section_of(text: bytes) -> dict[str, object] | None:
    """What such a text holds; None where it is no JSON object."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if is_section(found) else None


def is_section(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)
