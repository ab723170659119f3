"""Spark SQL's way of writing: lists with `x -> …`, in ANSI mode, where nothing may raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen
from sqlglot import exp

from postloan_rules.portfolio.sql.dialect import FIRST_MOMENT, LAST_DAY, LAST_MOMENT
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    binary,
    call,
    case,
    cast,
    column,
    equals,
    is_unknown,
    lambda_of,
    not_sql,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.portfolio.sql.dialect import DatePart

__all__ = ["SPARK", "Spark"]

_PARTS: dict[DatePart, str] = {
    "year": "year",
    "month": "month",
    "day": "day",
    "day of year": "dayofyear",
    "week of year": "weekofyear",
}


@frozen
class Spark:
    """How Spark 4 writes what engines write differently."""

    name: str = "spark"
    text_type: str = "TEXT"
    moment_type: str = "TIMESTAMP_NTZ"

    # Lists

    def length(self, items: Sql) -> Sql:
        """How many items."""
        # size() of an unknown array is -1 without ANSI mode.
        return call("array_size", items)

    def each(self, items: Sql, variable: str, body: Sql) -> Sql:
        """The list of the body's values."""
        if isinstance(body, exp.Column) and body.name == variable and not body.table:
            return items
        return call("transform", items, lambda_of([variable], body))

    def kept(self, items: Sql, variable: str, condition: Sql) -> Sql:
        """The items for which the condition is true."""
        return call("filter", items, lambda_of([variable], condition))

    def count_true(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:
        """For how many items the condition is true."""
        counted = call("array_size", self.kept(items, variable, condition))
        return case([(self.all_known(items, variable, condition), counted)]) if unknown else counted

    def total(self, items: Sql, variable: str, body: Sql, type_: str, *, unknown: bool) -> Sql:  # noqa: ARG002
        """The sum of the body's values; one that is unknown makes the sum so by itself."""
        start = cast(number(0), type_)
        step = cast(binary(exp.Add, column("sum"), column("value")), type_)
        # The sum has the type of the start, so each step is cut to it: it has room for all.
        values = self.each(items, variable, cast(body, type_))
        return call("aggregate", values, start, lambda_of(["sum", "value"], step))

    def extreme(self, items: Sql, variable: str, body: Sql, side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of the body's values that are known."""
        return call("array_min" if side == "least" else "array_max", self.each(items, variable, body))

    def some(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:  # noqa: ARG002
        """Whether the condition is true for some item; Spark's own has three truth values."""
        return call("exists", items, lambda_of([variable], condition))

    def all_known(self, items: Sql, variable: str, body: Sql) -> Sql:
        """Whether the body is known for every item."""
        return not_sql(call("exists", items, lambda_of([variable], is_unknown(body))))

    def item(self, items: Sql, position: Sql) -> Sql:
        """The item at a position."""
        return call("try_element_at", items, cast(position, "INT"))

    def latest(self, items: Sql, count: Sql) -> Sql:
        """The last items."""
        # slice() from before the first item gives none at all.
        size = call("array_size", items)
        many = binary(exp.GT, size, count)
        start = binary(exp.Add, binary(exp.Sub, size, count), number(1))
        last = call("slice", items, cast(start, "INT"), cast(count, "INT"))
        return case([(many, last), (binary(exp.LTE, size, count), items)])

    def slice(self, items: Sql, start: Sql, count: Sql | None) -> Sql:
        """So many items from a position on."""
        length = call("array_size", items) if count is None else count
        return call("slice", items, cast(start, "INT"), cast(length, "INT"))

    def concatenated(self, lists: Sequence[Sql]) -> Sql:
        """The items of all lists."""
        return call("concat", *lists)

    def flattened(self, lists: Sql) -> Sql:
        """The items of all lists of the list."""
        return call("flatten", lists)

    def reversed(self, items: Sql) -> Sql:
        """The items from last to first."""
        return call("reverse", items)

    def sorted(self, items: Sql) -> Sql:
        """The items in ascending order."""
        return call("array_sort", items)

    def distinct(self, items: Sql) -> Sql:
        """Each value once, where it stands first."""
        return call("array_distinct", items)

    def list_of(self, items: Sequence[Sql], type_: str | None) -> Sql:
        """A list of these items."""
        made = call("array", *items)
        return exp.Cast(this=made, to=exp.DataType.build(f"ARRAY<{type_}>")) if type_ is not None else made

    def joined(self, items: Sql, between: Sql) -> Sql:
        """The texts that are known in one text."""
        return call("array_join", items, between)

    # Records

    def struct(self, fields: Sequence[tuple[str, Sql]]) -> Sql:
        """A struct with these fields."""
        return call("named_struct", *(part for name, value in fields for part in (text(name), value)))

    # Dates

    def part(self, part: DatePart, moment: Sql) -> Sql:
        """A part of a date or date-time."""
        if part == "weekday":
            return binary(exp.Add, call("weekday", moment), number(1))
        return call(_PARTS[part], moment)

    def clock(self, part: Literal["hour", "minute"], moment: Sql) -> Sql:
        """A part of the time of day."""
        return call(part, moment)

    def plus_days(self, date: Sql, days: Sql) -> Sql:
        """The date so many days later."""
        return call("date_add", date, cast(days, "INT"))

    def plus_months(self, moment: Sql, months: Sql, *, date: bool) -> Sql:
        """The moment so many months later."""
        if date:
            return call("add_months", moment, cast(months, "INT"))
        return call("timestampadd", column_word("MONTH"), cast(months, "INT"), moment)

    def plus_microseconds(self, moment: Sql, microseconds: Sql) -> Sql:
        """The date-time so much later."""
        return call("timestampadd", column_word("MICROSECOND"), cast(microseconds, "BIGINT"), moment)

    def in_time(self, moment: Sql, *, date: bool) -> Sql:
        """The moment, and nothing outside the years that a date can have."""
        type_ = "DATE" if date else self.moment_type
        first, last = (cast(text(each), type_) for each in (FIRST_MOMENT, LAST_DAY if date else LAST_MOMENT))
        inside = all_sql([binary(exp.GTE, moment, first), binary(exp.LTE, moment, last)])
        return case([(inside, moment)])

    def days_apart(self, start: Sql, end: Sql) -> Sql:
        """The days from one date to another."""
        return call("datediff", end, start)

    def microseconds_apart(self, start: Sql, end: Sql) -> Sql:
        """The microseconds from one date-time to another."""
        return call("timestampdiff", column_word("MICROSECOND"), start, end)

    # Texts

    def text_length(self, value: Sql) -> Sql:
        """How many characters."""
        return call("char_length", value)

    def plain(self, value: Sql) -> Sql:
        """Whether the text has ASCII characters only."""
        return equals(call("octet_length", value), call("char_length", value))

    def contains(self, value: Sql, part: Sql) -> Sql:
        """Whether the part stands in the text."""
        return call("contains", value, part)

    def position(self, value: Sql, part: Sql) -> Sql:
        """Where the part begins in the text."""
        return call("instr", value, part)

    def piece(self, value: Sql, start: Sql, length: Sql | None) -> Sql:
        """The text from a character on."""
        count = [] if length is None else [cast(length, "INT")]
        return call("substr", value, cast(start, "INT"), *count)

    def without_last(self, value: Sql, character: str) -> Sql:
        """The text without this character at its end."""
        return call("rtrim", text(character), value)

    # Numbers

    def greatest(self, values: Sequence[Sql], side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of several values."""
        return values[0] if len(values) == 1 else call(side, *values)

    def finite(self, value: Sql) -> Sql:
        """Whether a DOUBLE is a number."""
        far = cast(exp.Literal.number("1e308"), "DOUBLE")
        return all_sql([not_sql(call("isnan", value)), binary(exp.LTE, call("abs", value), far)])


def column_word(word: str) -> Sql:
    """A word that a function takes as it stands."""
    return exp.Var(this=word)


SPARK = Spark()
