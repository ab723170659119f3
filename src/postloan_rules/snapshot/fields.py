"""What a field of the snapshot holds: its kind, its meaning, and who may read it, beside the field itself."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen

from postloan_rules.snapshot.order import in_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from attrs import Attribute

__all__ = [
    "Kind",
    "Metadata",
    "Spec",
    "boolean",
    "date",
    "date_time",
    "days",
    "future",
    "identifier",
    "members",
    "money",
    "months",
    "number",
    "one_of",
    "protected",
    "rate",
    "record",
    "records",
    "signed",
    "spec_of",
    "string",
    "strings",
    "typed",
]

Kind = Literal[
    "money",
    "ratio",
    "rate",
    "days",
    "months",
    "count",
    "number",
    "date",
    "date-time",
    "boolean",
    "string",
    "enumeration",
    "record",
]

_LARGEST = 1_000_000
_KEY = "spec"


@frozen
class Spec:
    """What one field holds, in the words of the policy team."""

    kind: Kind
    meaning: str
    members: type[StrEnum] | None = None
    record: type | None = None
    many: bool = False
    future: bool = False
    protected: bool = False
    identifier: bool = False
    minimum: int | None = None
    maximum: int | None = None


Metadata = dict[str, Spec]


def money(meaning: str) -> Metadata:
    """An amount in the snapshot's currency, not below zero."""
    return {_KEY: Spec("money", meaning, minimum=0)}


def rate(meaning: str) -> Metadata:
    """A rate as a fraction per year: 18 % is 0.18."""
    return {_KEY: Spec("rate", meaning, minimum=0, maximum=10)}


def days(meaning: str) -> Metadata:
    """A whole number of days, not below zero."""
    return {_KEY: Spec("days", meaning, minimum=0, maximum=_LARGEST)}


def months(meaning: str) -> Metadata:
    """A whole number of months, not below zero."""
    return {_KEY: Spec("months", meaning, minimum=0, maximum=_LARGEST)}


def number(meaning: str, *, minimum: int = -_LARGEST, maximum: int = _LARGEST) -> Metadata:
    """A whole number without a unit, such as a score."""
    return {_KEY: Spec("number", meaning, minimum=minimum, maximum=maximum)}


def date(meaning: str) -> Metadata:
    """A day that is not after the snapshot's `as_of`."""
    return {_KEY: Spec("date", meaning)}


def date_time(meaning: str) -> Metadata:
    """A moment in the customer's local time, not after the snapshot's `as_of`."""
    return {_KEY: Spec("date-time", meaning)}


def boolean(meaning: str) -> Metadata:
    """True or false."""
    return {_KEY: Spec("boolean", meaning)}


def string(meaning: str) -> Metadata:
    """A text."""
    return {_KEY: Spec("string", meaning)}


def strings(meaning: str) -> Metadata:
    """A set of texts."""
    return {_KEY: Spec("string", meaning, many=True)}


def one_of(choices: type[StrEnum], meaning: str) -> Metadata:
    """One member of a closed set."""
    return {_KEY: Spec("enumeration", meaning, members=choices)}


def members(choices: type[StrEnum], meaning: str) -> Metadata:
    """Several members of a closed set."""
    return {_KEY: Spec("enumeration", meaning, members=choices, many=True)}


def record(cls: type, meaning: str) -> Metadata:
    """One record."""
    return {_KEY: Spec("record", meaning, record=cls)}


def records(cls: type, meaning: str) -> Metadata:
    """A list of records."""
    return {_KEY: Spec("record", meaning, record=cls, many=True)}


def signed(metadata: Metadata) -> Metadata:
    """The same, and it may be below zero."""
    return {_KEY: evolve(metadata[_KEY], minimum=None)}


def future(metadata: Metadata) -> Metadata:
    """The same, and it may lie after the snapshot's `as_of`."""
    return {_KEY: evolve(metadata[_KEY], future=True)}


def protected(metadata: Metadata) -> Metadata:
    """The same, and no decision rule may read it."""
    return {_KEY: evolve(metadata[_KEY], protected=True)}


def identifier(metadata: Metadata) -> Metadata:
    """The same, and it tells its record from the others of its list."""
    return {_KEY: evolve(metadata[_KEY], identifier=True)}


def spec_of(attribute: Attribute[object]) -> Spec | None:
    """What a field holds, or nothing for a field that is not described, such as `attributes`."""
    found = attribute.metadata.get(_KEY)
    return found if isinstance(found, Spec) else None


def typed(_cls: type, attributes: list[Attribute[object]]) -> list[Attribute[object]]:
    """The fields with what construction does: it puts lists in order and refuses values of another kind."""
    return [_with_checks(attribute) for attribute in attributes]


def _with_checks(attribute: Attribute[object]) -> Attribute[object]:
    spec = spec_of(attribute)
    if spec is None:
        return attribute
    check = _checker(spec, optional=attribute.default is None)
    return attribute.evolve(validator=check, converter=in_order if spec.many else None)


def _checker(spec: Spec, *, optional: bool) -> Callable[[object, Attribute[object], object], None]:
    wanted = _python_type(spec)
    many = spec.many

    def check(_record: object, attribute: Attribute[object], value: object) -> None:
        # A subclass is another type here: a boolean is no number, a date-time no date.
        if type(value) is wanted and not many:
            if isinstance(value, Decimal) and not value.is_finite():
                raise TypeError(f"`{attribute.name}` takes a finite number, not {value}")
            return
        if value is None:
            if optional:
                return
            raise TypeError(f"`{attribute.name}` is required")
        for item in value if many and isinstance(value, tuple) else (value,):
            if type(item) is not wanted or not isinstance(value, tuple):
                raise TypeError(f"`{attribute.name}` takes {wanted.__name__}, not {type(item).__name__}")

    return check


def _python_type(spec: Spec) -> type:
    match spec.kind:
        case "money" | "ratio" | "rate":
            return Decimal
        case "days" | "months" | "count" | "number":
            return int
        case "date":
            return dt.date
        case "date-time":
            return dt.datetime
        case "boolean":
            return bool
        case "string":
            return str
        case "enumeration":
            if spec.members is None:
                raise TypeError("an enumeration needs its members")
            return spec.members
        case "record":
            if spec.record is None:
                raise TypeError("a record needs its class")
            return spec.record
