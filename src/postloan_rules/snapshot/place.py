"""Where in the data a value stands, as a JSON path."""

from __future__ import annotations

import json
import re

from attrs import frozen

__all__ = ["ROOT", "Place"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST = 60


@frozen
class Place:
    """A value's place: its key or number in what holds it, and the place of that."""

    parent: Place | None = None
    key: str | int = ""

    def __truediv__(self, key: str | int) -> Place:
        return Place(self, key)

    @property
    def path(self) -> str:
        """The JSON path, such as `$.accounts[0].credit_limit`."""
        if self.parent is None:
            return "$"
        match self.key:
            case int():
                step = f"[{self.key}]"
            case str() if len(self.key) <= _LONGEST and _PLAIN.fullmatch(self.key):
                step = f".{self.key}"
            case _:
                step = f"[{json.dumps(self.key[:_LONGEST])}]"
        return self.parent.path + step

    @property
    def order(self) -> tuple[tuple[int, str], ...]:
        """A key by which places sort as people read them: by name, members of a list by number."""
        if self.parent is None:
            return ()
        here = (self.key, "") if isinstance(self.key, int) else (-1, self.key)
        return (*self.parent.order, here)


ROOT = Place()
