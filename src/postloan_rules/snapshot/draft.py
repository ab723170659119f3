"""A record while it is read: the values that could be read, and where they stand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from attrs import AttrsInstance

    from postloan_rules.snapshot.place import Place
    from postloan_rules.snapshot.shape import RecordInfo

__all__ = ["Draft"]


@frozen(eq=False)
class Draft:
    """The readable part of a record. A field that could not be read is absent; an unknown one is `None`."""

    info: RecordInfo
    place: Place
    values: dict[str, object]

    def text(self, name: str) -> str | None:
        """A text field, if it could be read and is known."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def day(self, name: str) -> dt.date | None:
        """A date field, if it could be read and is known."""
        value: object = self.values.get(name)
        return value if isinstance(value, dt.date) else None

    def drafts(self, name: str) -> tuple[Draft, ...]:
        """The records of a list, as far as they could be read."""
        value = self.values.get(name)
        return tuple(item for item in value if isinstance(item, Draft)) if isinstance(value, list) else ()

    def build(self) -> AttrsInstance:
        """The record; only when it and everything in it could be read."""
        return self.info.cls(**{name: _built(value) for name, value in self.values.items()})


def _built(value: object) -> object:
    match value:
        case Draft():
            return value.build()
        case list():
            return tuple(_built(item) for item in value)
        case _:
            return value
