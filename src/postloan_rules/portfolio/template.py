"""What a snapshot is made of where a table holds the customers: constants, cells, records, lists of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from postloan_rules.problems import Span
    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = [
    "Cell",
    "Constant",
    "Member",
    "MonthEnd",
    "Record",
    "Records",
    "Template",
    "Unless",
    "cell_at",
    "columns",
]

_STEP = re.compile(r"\[(\d+)\]|\.(\w+)")


@frozen
class Constant:
    """The same value for every customer."""

    value: object


@frozen
class Cell:
    """The value of a column, turned into what a field holds."""

    column: str
    item: FieldInfo | None
    """The field; None for an attribute."""
    codes: Mapping[str, object] | None
    """What each text of the column stands for, where the column holds codes."""
    scale: Decimal | None
    span: Span = field(repr=False, eq=False)


@frozen
class MonthEnd:
    """The last day of the month that lies so many months before that of the snapshot."""

    months: int


@frozen
class Unless:
    """Leave a record out where a column holds one of these texts."""

    column: str
    texts: frozenset[str]
    span: Span = field(repr=False, eq=False)


@frozen
class Record:
    """A record, field by field."""

    fields: Mapping[str, Template]


@frozen
class Member:
    """One record of a list, and when it is left out."""

    record: Record
    unless: Unless | None


@frozen
class Records:
    """A list of records."""

    members: tuple[Member, ...]


Template: TypeAlias = Constant | Cell | MonthEnd | Record | Records


def columns(template: Template) -> Iterator[tuple[str, Span]]:
    """Every column that a template reads, with the place where it is named."""
    match template:
        case Constant() | MonthEnd():
            return
        case Cell(column=column, span=span):
            yield column, span
        case Record(fields=fields):
            for part in fields.values():
                yield from columns(part)
        case Records(members=members):
            for member in members:
                if member.unless is not None:
                    yield member.unless.column, member.unless.span
                yield from columns(member.record)


def cell_at(template: Template, path: str, present: Callable[[Member], bool]) -> Cell | None:
    """The cell that a JSON path such as `$.accounts[0].credit_limit` is filled from."""
    for match in _STEP.finditer(path):
        if isinstance(template, Record) and match[2] in template.fields:
            template = template.fields[match[2]]
        elif isinstance(template, Records) and match[1] is not None:
            members = [member for member in template.members if present(member)]
            if int(match[1]) >= len(members):
                return None
            template = members[int(match[1])].record
        else:
            break
    return template if isinstance(template, Cell) else None
