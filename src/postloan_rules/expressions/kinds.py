"""Whether a value is of a type, and of which type a value is."""

from __future__ import annotations

from collections.abc import Mapping

from postloan_rules.expressions import operations
from postloan_rules.expressions.types import (
    ANY,
    NUMERIC,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    ScalarType,
    Type,
    Variable,
    scalar_type,
)
from postloan_rules.expressions.values import Range, kind

__all__ = ["inferred", "of_type"]


def of_type(value: object, type_: Type) -> bool:
    """Whether a value can be one of the type; an unknown value can."""
    if value is None or type_ == ANY:
        return True
    match type_:
        case ScalarType(name):
            return kind(value) == ("number" if type_ in NUMERIC else name)
        case EnumType(members=members):
            return isinstance(value, str) and value in members
        case ListType(item):
            return isinstance(value, tuple) and all(of_type(each, item) for each in value)
        case RangeType(item):
            return isinstance(value, Range) and of_type(value.start, item) and of_type(value.end, item)
        case RecordType(fields=fields):
            if isinstance(value, Mapping):
                return all(of_type(value.get(name), field.type) for name, field in fields.items())
            return kind(value) == "record"


def inferred(value: object) -> Type:
    """The type of a value. A list of values of several types is a list of any."""
    if isinstance(value, Mapping):
        return RecordType(
            "", {str(name): Variable(inferred(each), unknown=each is None) for name, each in value.items()}
        )
    if isinstance(value, tuple):
        known = [inferred(each) for each in value if each is not None]
        item = operations.unified(known) if known else None
        return ListType(ANY if item is None else item, unknown=None in value)
    if isinstance(value, Range):
        ends = [inferred(end) for end in (value.start, value.end) if end is not None]
        item = operations.unified(ends) if ends else None
        return RangeType(ANY if item is None else item)
    return scalar_type(kind(value)) or ANY
