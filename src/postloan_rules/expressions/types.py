"""The types and units of policy FEEL, and what a name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ANY",
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "DAYS",
    "DAYS_DURATION",
    "MONEY",
    "MONTHS",
    "MONTHS_DURATION",
    "NULL",
    "NUMBER",
    "NUMERIC",
    "RATIO",
    "STRING",
    "TIME",
    "EnumType",
    "ListType",
    "RangeType",
    "RecordType",
    "ScalarType",
    "Type",
    "Variable",
    "scalar_type",
    "type_name",
]


@frozen
class ScalarType:
    """A type of single values, by the name that the policy team writes."""

    name: str


@frozen
class EnumType:
    """A closed set of words: `name` says which set, `members` are its words in order."""

    name: str
    members: tuple[str, ...]


@frozen
class ListType:
    """A list. `unknown` tells that some of its items may be unknown (as in `accounts.credit_limit`)."""

    item: Type
    unknown: bool = False


@frozen
class RecordType:
    """A record with named fields. Two record types with the same name and fields are the same."""

    name: str
    fields: Mapping[str, Variable] = field(hash=False, repr=False)


@frozen
class RangeType:
    """A range of values, such as `[30..59]`."""

    item: Type


Type: TypeAlias = ScalarType | EnumType | ListType | RecordType | RangeType


@frozen
class Variable:
    """What a name, a field or an argument stands for: its type, whether it may be unknown, what it means."""

    type: Type
    unknown: bool = False
    meaning: str = ""


NUMBER = ScalarType("number")
MONEY = ScalarType("money")
RATIO = ScalarType("ratio")
DAYS = ScalarType("days")
MONTHS = ScalarType("months")
BOOLEAN = ScalarType("boolean")
STRING = ScalarType("string")
DATE = ScalarType("date")
DATE_TIME = ScalarType("date-time")
TIME = ScalarType("time")
DAYS_DURATION = ScalarType("days-and-time duration")
MONTHS_DURATION = ScalarType("years-and-months duration")
ANY = ScalarType("any")
"""The type of a value that is looked at only when it is there, as in `plr.evaluate`."""
NULL = ScalarType("null")
"""The type of the literal `null`."""

NUMERIC = frozenset({NUMBER, MONEY, RATIO, DAYS, MONTHS})
"""The types whose values are decimal numbers; they differ in unit."""

_SCALARS = {
    scalar.name: scalar
    for scalar in (
        NUMBER,
        MONEY,
        RATIO,
        DAYS,
        MONTHS,
        BOOLEAN,
        STRING,
        DATE,
        DATE_TIME,
        TIME,
        DAYS_DURATION,
        MONTHS_DURATION,
        ANY,
    )
}


def scalar_type(name: str) -> Type | None:
    """The type of single values with that name (`money`, `date-time` …), if there is one."""
    return _SCALARS.get(name)


def type_name(type_: Type) -> str:
    """The type in the policy team's words: `money`, `list of statement`, `one of employed, unemployed`."""
    match type_:
        case ScalarType(name):
            return name
        case EnumType(members=members):
            return f"one of {', '.join(members)}"
        case ListType(item):
            return "list" if item == ANY else f"list of {type_name(item)}"
        case RecordType(name):
            return name or "record"
        case RangeType(item):
            return "range" if item == ANY else f"range of {type_name(item)}"
