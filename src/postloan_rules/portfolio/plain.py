"""Plain records, as customers are made up in, to snapshots."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, cast

from postloan_rules.snapshot import Attributes, Snapshot, catalogue

if TYPE_CHECKING:
    from attrs import AttrsInstance

    from postloan_rules.portfolio.account_histories import Plain
    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["MONEY_SCALE", "RATE_SCALE", "snapshot_from"]

MONEY_SCALE = 2
"""Amounts of plain records are in CNY, and count hundredths."""
RATE_SCALE = 4
"""Rates of plain records count hundredths of a percent."""
_EXACT = Context(prec=34)


def snapshot_from(plain: Plain) -> Snapshot:
    """The snapshot that a plain record says."""
    return cast("Snapshot", _record("Snapshot", plain))


def _record(name: str, plain: Plain) -> AttrsInstance:
    info = catalogue.records()[name]
    values: dict[str, object] = {
        item.name: _value(plain[item.name], item) for item in info.fields if plain.get(item.name) is not None
    }
    if info.has_attributes:
        values["attributes"] = Attributes(plain.get("attributes"))
    return info.cls(**values)


def _value(value: object, item: FieldInfo) -> object:
    if item.many and isinstance(value, list | tuple):
        return tuple(_one(member, item) for member in value)
    return _one(value, item)


def _one(value: object, item: FieldInfo) -> object:
    match item.kind:
        case "record" if isinstance(value, dict):
            return _record(item.record or "", value)
        case "money" if isinstance(value, int):
            return _EXACT.scaleb(Decimal(value), -MONEY_SCALE)
        case "rate" if isinstance(value, int):
            return _EXACT.scaleb(Decimal(value), -RATE_SCALE)
        case "enumeration" if item.choices is not None:
            return item.choices(str(value))
        case _:
            return value
