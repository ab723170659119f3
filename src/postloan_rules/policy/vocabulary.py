"""The names that a policy can read without defining them: the snapshot, as types of the rule language."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    STRING,
    EnumType,
    ListType,
    RecordType,
    Type,
    Variable,
)
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["ACCOUNT", "EVENT", "event_types", "protected_fields", "record", "snapshot_names"]

ACCOUNT = "account"
"""The name of the subject: the account that is being decided."""

EVENT = "event"
"""The name by which a condition on an event reads the event itself."""

_SCALARS: Mapping[str, Type] = {
    "money": MONEY,
    "ratio": RATIO,
    "rate": RATIO,
    "days": DAYS,
    "months": MONTHS,
    "count": NUMBER,
    "number": NUMBER,
    "date": DATE,
    "date-time": DATE_TIME,
    "boolean": BOOLEAN,
    "string": STRING,
}


@cache
def record(name: str) -> RecordType:
    """A record of the snapshot as a type. What no rule may read is not in it."""
    info = catalogue.records()[name]
    fields = {
        each.name: Variable(_type(each), unknown=each.optional, meaning=each.meaning)
        for each in info.fields
        if not each.protected and (each.kind in _SCALARS or each.kind in ("enumeration", "record"))
    }
    return RecordType(_spoken(name), fields)


def _spoken(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip()


def _type(info: FieldInfo) -> Type:
    single: Type
    if info.kind == "record":
        single = record(info.record or "")
    elif info.kind == "enumeration":
        single = EnumType(info.name, tuple(info.members))
    else:
        single = _SCALARS[info.kind]
    return ListType(single) if info.many else single


@cache
def snapshot_names() -> Mapping[str, Variable]:
    """Every name that stands for a part of the snapshot, but for the subject's."""
    names = dict(record("Snapshot").fields)
    latest = "The latest bureau report; unknown where there is none"
    names["bureau"] = Variable(record("BureauReport"), unknown=True, meaning=latest)
    return names


@cache
def protected_fields() -> frozenset[str]:
    """The names of fields that no rule may read."""
    return frozenset(
        each.name for info in catalogue.records().values() for each in info.fields if each.protected
    ) | frozenset(each.name for each in catalogue.records()["Protected"].fields)


@cache
def event_types() -> tuple[str, ...]:
    """The types that an event can be of."""
    fields = {each.name: each for each in catalogue.records()["Event"].fields}
    return tuple(fields["type"].members)
