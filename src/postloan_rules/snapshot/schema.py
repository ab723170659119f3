"""The form of a snapshot as JSON Schema, for those who produce snapshots in other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.snapshot.catalogue import records
from postloan_rules.snapshot.currency import CURRENCIES
from postloan_rules.snapshot.reading import LONGEST_LIST
from postloan_rules.snapshot.values import LONGEST_TEXT

if TYPE_CHECKING:
    from postloan_rules.snapshot.shape import FieldInfo, RecordInfo

__all__ = ["json_schema"]

_DATE = r"^(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"
_MOMENT = r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$"
_AMOUNT = r"0*[0-9]{1,15}(\.[0-9]{1,3}0*)?$"
_RATE = r"0*[0-9]{1,2}(\.[0-9]{1,12}0*)?$"

Schema = dict[str, object]


def json_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a snapshot: its fields, their kinds and their closed sets.

    It says what one value may be. What values may stand together (days in order, accounts that exist,
    decimals of the currency) only the reader knows.
    """
    known = records()
    root, *others = known.values()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Snapshot",
        **_record(root),
        "$defs": {info.name: _record(info) for info in others},
    }


def _record(info: RecordInfo) -> Schema:
    properties = {item.name: _field(item) for item in info.fields}
    if info.has_attributes:
        properties["attributes"] = {
            "description": "What is known beside the fields: named texts, whole numbers, true, false or null",
            "type": ["object", "null"],
            "propertyNames": {"minLength": 1, "maxLength": LONGEST_TEXT},
            "additionalProperties": {
                "type": ["string", "integer", "boolean", "null"],
                "maxLength": LONGEST_TEXT,
                "minimum": -(2**63) + 1,
                "maximum": 2**63 - 1,
            },
        }
    return {
        "description": info.meaning,
        "type": "object",
        "properties": properties,
        "required": [item.name for item in info.fields if not item.optional],
        "additionalProperties": False,
    }


def _field(item: FieldInfo) -> Schema:
    form = _value(item)
    if item.many:
        form = {"type": "array", "items": form, "maxItems": LONGEST_LIST}
        if item.record is None:
            form["uniqueItems"] = True
    if item.optional:
        form = {"anyOf": [form, {"type": "null"}]}
    return {"description": item.meaning, **form}


def _value(item: FieldInfo) -> Schema:
    sign = "^" if item.minimum == 0 else "^-?"
    match item.kind:
        case "money":
            return _decimal(item, sign + _AMOUNT)
        case "rate" | "ratio":
            return _decimal(item, sign + _RATE)
        case "days" | "months" | "count" | "number":
            return {"type": "integer", **_bounds(item)}
        case "date":
            return {"type": "string", "format": "date", "pattern": _DATE + "$"}
        case "date-time":
            return {"type": "string", "pattern": _DATE + _MOMENT}
        case "boolean":
            return {"type": "boolean"}
        case "string" if item.name == "currency":
            return {"type": "string", "enum": sorted(CURRENCIES)}
        case "string":
            return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"^\S(.*\S)?$"}
        case "enumeration":
            return {"type": "string", "enum": list(item.members)}
        case "record":
            return {"$ref": f"#/$defs/{item.record}"}


def _decimal(item: FieldInfo, pattern: str) -> Schema:
    return {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", **_bounds(item)}]}


def _bounds(item: FieldInfo) -> Schema:
    bounds: Schema = {}
    if item.minimum is not None:
        bounds["minimum"] = item.minimum
    if item.maximum is not None:
        bounds["maximum"] = item.maximum
    return bounds
