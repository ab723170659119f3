"""What a value of the rule language is in SQL: its tree, its type, and how exact it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, field, frozen

from postloan_rules.portfolio.sql.tree import Sql, any_sql, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from postloan_rules.expressions import Type

__all__ = [
    "MOST_DIGITS",
    "Approximate",
    "Column",
    "Ends",
    "Exact",
    "Form",
    "Items",
    "ListForm",
    "Number",
    "Part",
    "Quotient",
    "RecordForm",
    "doubts",
    "substituted",
]

MOST_DIGITS = 34
"""The evaluator keeps so many digits: a longer exact number would not be the evaluator's."""


@frozen
class Exact:
    """A number that is exact in the engine: at most so many digits, so many of them decimals.

    An `integer` is of an integer type of the engine (64 bits at most), any other is a DECIMAL. A duration
    counts `tick` microseconds to one (0 for years and months).
    """

    digits: int
    scale: int = 0
    integer: bool = False
    tick: int = 1

    @property
    def whole_digits(self) -> int:
        """How many digits may stand before the point."""
        return max(self.digits - self.scale, 0)


@frozen
class Part:
    """An exact number by itself: the numerator or the denominator of a quotient."""

    sql: Sql
    exact: Exact
    constant: object = None


@frozen
class Quotient:
    """A quotient that is kept as two exact numbers. The denominator is above zero, or unknown."""

    numerator: Part
    denominator: Part


@frozen
class Approximate:
    """A DOUBLE, and how far (at most) it is from the evaluator's number, as a tree."""

    error: Sql


Number: TypeAlias = Exact | Approximate | Quotient


@frozen
class RecordForm:
    """A struct, and the forms of its fields."""

    fields: Mapping[str, Form]


@frozen
class ListForm:
    """A list, and the form of its items."""

    item: Form


Form: TypeAlias = "Exact | RecordForm | ListForm | None"
"""What SQL must know of a column beside its type: the digits of numbers, through structs and lists."""


@frozen
class Ends:
    """A range: its ends (None is open), and whether each is in it."""

    low: Column | None
    high: Column | None
    low_closed: bool
    high_closed: bool


@frozen
class Items:
    """A list that is not made yet: the items of `source` for which `condition` holds, each seen as `item`.

    Condition and item read the item of the source as `variable`. Counting and adding up look at each item
    once, and no list in between is made.
    """

    source: Sql
    variable: str
    item: Column
    condition: Column | None = None
    unknown: bool = True
    """Whether the source may be unknown."""
    doubt: Sql | None = None
    """Where the source itself is in doubt."""
    none: bool = False
    """Whether the source has no items in any row: nothing need be looked at."""


@frozen
class Column:
    """A value of the rule language as SQL.

    `doubt` is true in the rows where the value may not be the evaluator's; never unknown. None: nowhere.
    """

    sql: Sql
    type: Type
    number: Number | None = None
    doubt: Sql | None = None
    unknown: bool = True
    """Whether it may be unknown."""
    form: Form = None
    constant: object = None
    """The value itself where it is the same in every row (and known)."""
    calm: bool = False
    """Whether it is a date in the years 1000 to 8999 (other rows are in doubt as a whole)."""
    fields: Mapping[str, Column] | None = field(default=None, repr=False)
    """The fields of a record that is no struct: each a column of its own."""
    items: Items | None = field(default=None, repr=False)
    ends: Ends | None = field(default=None, repr=False)

    @property
    def empty(self) -> bool:
        """Whether it is unknown in every row, as the literal null is."""
        return self.unknown and self.sql.key == "null"


def doubts(columns: Iterable[Column | None]) -> Sql | None:
    """Where any of the values is in doubt."""
    found = [each.doubt for each in columns if each is not None and each.doubt is not None]
    return any_sql(found) if found else None


def substituted(column: Column, variable: str, value: Sql) -> Column:
    """The column with another value in place of a variable."""
    return _mapped(column, lambda sql: replaced(sql, variable, value))


def _mapped(column: Column, change: Callable[[Sql], Sql]) -> Column:
    number = column.number
    if isinstance(number, Approximate):
        number = Approximate(change(number.error))
    elif isinstance(number, Quotient):
        number = Quotient(
            evolve(number.numerator, sql=change(number.numerator.sql)),
            evolve(number.denominator, sql=change(number.denominator.sql)),
        )
    items = column.items
    if items is not None:
        items = evolve(
            items,
            source=change(items.source),
            item=_mapped(items.item, change),
            condition=None if items.condition is None else _mapped(items.condition, change),
            doubt=None if items.doubt is None else change(items.doubt),
        )
    ends = column.ends
    if ends is not None:
        ends = evolve(
            ends,
            low=None if ends.low is None else _mapped(ends.low, change),
            high=None if ends.high is None else _mapped(ends.high, change),
        )
    return evolve(
        column,
        sql=change(column.sql),
        number=number,
        doubt=None if column.doubt is None else change(column.doubt),
        fields=None
        if column.fields is None
        else {name: _mapped(each, change) for name, each in column.fields.items()},
        items=items,
        ends=ends,
    )
