"""What differs between engines: the constructs that a dialect must give, each with its meaning.

Lists may be unknown (NULL) and their items too. Nothing here may raise for any row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.portfolio.sql.tree import Sql

__all__ = ["FIRST_MOMENT", "LAST_DAY", "LAST_MOMENT", "VARIABLE", "DatePart", "Dialect"]

VARIABLE = "_i"
"""What the names of all variables of lambdas begin with, and no name of a policy's column."""

FIRST_MOMENT, LAST_DAY, LAST_MOMENT = "0001-01-01", "9999-12-31", "9999-12-31 23:59:59.999999"
"""The ends of time, as far as the rule language knows it."""

DatePart = Literal["year", "month", "day", "weekday", "day of year", "week of year"]


class Dialect(Protocol):
    """An engine's way of writing what the engines write differently."""

    @property
    def name(self) -> str:
        """The name of the dialect, as the printer knows it."""

    @property
    def text_type(self) -> str:
        """The type of texts."""

    @property
    def moment_type(self) -> str:
        """The type of a date-time without a zone."""

    # Lists

    def length(self, items: Sql) -> Sql:
        """How many items, as a whole number."""

    def each(self, items: Sql, variable: str, body: Sql) -> Sql:
        """The list of the body's values."""

    def kept(self, items: Sql, variable: str, condition: Sql) -> Sql:
        """The items for which the condition is true."""

    def count_true(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:
        """For how many items the condition is true; unknown where it is for one (if `unknown`: it may be)."""

    def total(self, items: Sql, variable: str, body: Sql, type_: str, *, unknown: bool) -> Sql:
        """The sum of the body's values as that type; 0 for none; unknown where one may be and is unknown."""

    def extreme(self, items: Sql, variable: str, body: Sql, side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of the body's values that are known; unknown where there is none."""

    def some(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:
        """Whether the condition is true for some item, with three truth values; false for no items."""

    def all_known(self, items: Sql, variable: str, body: Sql) -> Sql:
        """Whether the body is known for every item; true for no items, whatever for an unknown list."""

    def item(self, items: Sql, position: Sql) -> Sql:
        """The item at a position, from 1 or (negative) from the end; unknown outside. Never 0."""

    def latest(self, items: Sql, count: Sql) -> Sql:
        """The last items, so many or all; the count is above 0 and a whole number."""

    def slice(self, items: Sql, start: Sql, count: Sql | None) -> Sql:
        """So many items from a position (from 1, in the list) on; all where no count is given."""

    def concatenated(self, lists: Sequence[Sql]) -> Sql:
        """The items of all lists, unknown ones too; none of the lists is unknown."""

    def flattened(self, lists: Sql) -> Sql:
        """The items of all lists of the list; none of them is unknown."""

    def reversed(self, items: Sql) -> Sql:
        """The items from last to first."""

    def sorted(self, items: Sql) -> Sql:
        """The items in ascending order; all are known."""

    def distinct(self, items: Sql) -> Sql:
        """Each value once, where it stands first; all unknown items are one."""

    def list_of(self, items: Sequence[Sql], type_: str | None) -> Sql:
        """A list of these items; the type is needed where there are none."""

    def joined(self, items: Sql, between: Sql) -> Sql:
        """The texts that are known in one text, with another between them."""

    # Records

    def struct(self, fields: Sequence[tuple[str, Sql]]) -> Sql:
        """A struct with these fields."""

    # Dates

    def part(self, part: DatePart, moment: Sql) -> Sql:
        """A part of a date or date-time, as a whole number."""

    def clock(self, part: Literal["hour", "minute"], moment: Sql) -> Sql:
        """A part of the time of day of a date-time, as a whole number."""

    def plus_days(self, date: Sql, days: Sql) -> Sql:
        """The date so many days (no more than there are from year 1 to 9999) later."""

    def plus_months(self, moment: Sql, months: Sql, *, date: bool) -> Sql:
        """The moment so many months later; on the last day of a month that is too short."""

    def plus_microseconds(self, moment: Sql, microseconds: Sql) -> Sql:
        """The date-time so much later."""

    def in_time(self, moment: Sql, *, date: bool) -> Sql:
        """The date (or date-time), and unknown outside the years 1 to 9999."""

    def days_apart(self, start: Sql, end: Sql) -> Sql:
        """The days from one date to another."""

    def microseconds_apart(self, start: Sql, end: Sql) -> Sql:
        """The microseconds from one date-time to another."""

    # Texts

    def text_length(self, value: Sql) -> Sql:
        """How many characters (code points)."""

    def plain(self, value: Sql) -> Sql:
        """Whether the text has ASCII characters only."""

    def contains(self, value: Sql, part: Sql) -> Sql:
        """Whether the part stands in the text."""

    def position(self, value: Sql, part: Sql) -> Sql:
        """Where the part begins in the text, from 1; 0 where it does not stand in it."""

    def piece(self, value: Sql, start: Sql, length: Sql | None) -> Sql:
        """The text from a character on (from 1, in the text)."""

    def without_last(self, value: Sql, character: str) -> Sql:
        """The text without this character at its end, however often it stands there."""

    # Numbers

    def greatest(self, values: Sequence[Sql], side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of several values, none of which is unknown."""

    def finite(self, value: Sql) -> Sql:
        """Whether a DOUBLE is a number."""
