"""A snapshot as JSON: one canonical text for one content."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeGuard

import attrs

from postloan_rules.snapshot.attributes import Attributes
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.shape import FieldInfo, RecordInfo, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attrs import AttrsInstance

__all__ = ["decimal_text", "to_data", "to_text"]


def to_data(root: AttrsInstance, currency: str) -> dict[str, object]:
    """A record and all below it as JSON values, unknown fields left out."""
    shape = shape_of(type(root))
    return _record(root, shape[type(root).__name__], shape, minor_digits(currency))


def to_text(data: Mapping[str, object]) -> str:
    """JSON values as text: keys in order, no spaces."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _record(
    record: AttrsInstance, info: RecordInfo, shape: Mapping[str, RecordInfo], digits: int
) -> dict[str, object]:
    data: dict[str, object] = {}
    for item in info.fields:
        value: object = getattr(record, item.name)
        if value is None:
            continue
        if isinstance(value, tuple):
            data[item.name] = [_value(member, item, shape, digits) for member in value]
        else:
            data[item.name] = _value(value, item, shape, digits)
    attributes: object = getattr(record, "attributes", None)
    if isinstance(attributes, Attributes) and attributes:
        data["attributes"] = dict(attributes)
    return data


def _value(value: object, item: FieldInfo, shape: Mapping[str, RecordInfo], digits: int) -> object:
    match value:
        case Decimal():
            return decimal_text(value, digits if item.kind == "money" else 0)
        case StrEnum():
            return value.value
        case date():
            return value.isoformat()
        case _ if item.record is not None and _is_record(value):
            return _record(value, shape[item.record], shape, digits)
        case _:
            return value


def _is_record(value: object) -> TypeGuard[AttrsInstance]:
    return attrs.has(type(value))


def decimal_text(value: Decimal, digits: int) -> str:
    """A number as plain digits: with as many decimals as asked for, or more if it would lose some."""
    if not value:
        value = Decimal(0)
    whole, _, decimals = format(value, "f").partition(".")
    decimals = decimals.rstrip("0").ljust(digits, "0")
    return f"{whole}.{decimals}" if decimals else whole
