"""The columnar form of a snapshot: one row a customer, records as structs, lists as lists of structs.

Derived from the catalogue of the snapshot, so that a field is a column the day it is described.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]

from postloan_rules.expressions import BOOLEAN, DATE, EnumType, type_name
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Input
    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = [
    "ATTRIBUTES",
    "FINGERPRINT",
    "MONEY_DIGITS",
    "NUMBER_TYPE",
    "RATE_TYPE",
    "RATIO_TYPE",
    "arrow_schema",
    "field_type",
    "input_type",
    "record_type",
]

ATTRIBUTES = "attributes"
FINGERPRINT = "fingerprint"

MONEY_DIGITS = 18
"""An amount has at most 15 digits before the point, and at most 3 after it."""
RATE_TYPE = pa.decimal128(14, 12)
"""A rate is at most 10 and has at most 12 decimals."""
RATIO_TYPE = pa.decimal128(18, 12)
"""An input of a policy that is a ratio; the snapshot itself has none."""
NUMBER_TYPE = pa.decimal128(18, 6)
"""An input of a policy that is a number without a unit."""


@cache
def _schema(digits: int) -> pa.Schema:
    root, *_ = catalogue.records().values()
    return pa.schema([*_fields(root, digits), pa.field(FINGERPRINT, pa.string())])


def arrow_schema(policy: Policy | None = None, currency: str = "CNY") -> pa.Schema:
    """The columns of a snapshot in a currency; with a policy its inputs as columns of their own kinds.

    Every column may be null, which is unknown; what is required is checked where rows are read. Without a
    policy `attributes` is a text: one JSON object. With one that has inputs it is a struct, a field for each.
    """
    digits = minor_digits(policy.currency if policy is not None else currency)
    schema = _schema(digits)
    if policy is None or not policy.inputs:
        return schema
    inputs = pa.struct([pa.field(each.name, input_type(each, digits)) for each in policy.inputs])
    return schema.set(schema.get_field_index(ATTRIBUTES), pa.field(ATTRIBUTES, inputs))


def record_type(name: str, digits: int) -> pa.StructType:
    """The struct of a record, by its name in the catalogue."""
    return pa.struct(_fields(catalogue.records()[name], digits))


def _fields(info: RecordInfo, digits: int) -> list[pa.Field]:
    fields = [pa.field(item.name, field_type(item, digits)) for item in info.fields]
    if info.has_attributes:
        fields.append(pa.field(ATTRIBUTES, pa.string()))
    return fields


def field_type(item: FieldInfo, digits: int) -> pa.DataType:
    """The type of a field's column; `digits` is how many decimals the currency has."""
    one = _one(item, digits)
    return pa.list_(one) if item.many else one


def _one(item: FieldInfo, digits: int) -> pa.DataType:
    match item.kind:
        case "money":
            return pa.decimal128(MONEY_DIGITS, digits)
        case "rate" | "ratio":
            return RATE_TYPE
        case "days" | "months" | "count" | "number":
            return pa.int32()
        case "date":
            return pa.date32()
        case "date-time":
            return pa.timestamp("us")
        case "boolean":
            return pa.bool_()
        case "string" | "enumeration":
            return pa.string()
        case "record":
            return record_type(item.record or "", digits)


def input_type(declared: Input, digits: int) -> pa.DataType:
    """The type of the column of a policy's input."""
    kind = declared.type
    if kind == BOOLEAN:
        return pa.bool_()
    if kind == DATE:
        return pa.date32()
    if isinstance(kind, EnumType):
        return pa.string()
    match type_name(kind):
        case "money":
            return pa.decimal128(MONEY_DIGITS, digits)
        case "ratio":
            return RATIO_TYPE
        case "days" | "months":
            return pa.int32()
        case "number":
            return NUMBER_TYPE
        case _:
            return pa.string()
