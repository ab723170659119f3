"""The catalogue of the snapshot: every record and every field, with kind, unit and meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.snapshot.shape import FieldInfo, RecordInfo, shape_of
from postloan_rules.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FieldInfo", "RecordInfo", "records"]


def records() -> Mapping[str, RecordInfo]:
    """Every record of the snapshot by name; the first is `Snapshot`."""
    return shape_of(Snapshot)
