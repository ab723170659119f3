"""DuckDB's way of writing: lists with `lambda x: …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen
from sqlglot import exp

from postloan_rules.portfolio.sql.dialect import FIRST_MOMENT, LAST_DAY, LAST_MOMENT, VARIABLE
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    call,
    case,
    cast,
    coalesce,
    column,
    equals,
    false,
    is_known,
    is_unknown,
    lambda_of,
    null,
    number,
    quoted,
    text,
    true,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.portfolio.sql.dialect import DatePart

__all__ = ["DUCKDB", "DuckDB"]

_PARTS: dict[DatePart, str] = {
    "year": "year",
    "month": "month",
    "day": "day",
    "weekday": "isodow",
    "day of year": "dayofyear",
    "week of year": "weekofyear",
}


@frozen
class DuckDB:
    """How DuckDB 1.4 and later writes what engines write differently."""

    name: str = "duckdb"
    text_type: str = "TEXT"
    moment_type: str = "TIMESTAMP"

    # Lists

    def length(self, items: Sql) -> Sql:
        """How many items."""
        return call("len", items)

    def each(self, items: Sql, variable: str, body: Sql) -> Sql:
        """The list of the body's values."""
        if isinstance(body, exp.Column) and body.name == variable and not body.table:
            return items
        return call("list_transform", items, lambda_of([variable], body))

    def kept(self, items: Sql, variable: str, condition: Sql) -> Sql:
        """The items for which the condition is true."""
        return call("list_filter", items, lambda_of([variable], condition))

    def count_true(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:
        """For how many items the condition is true."""
        # A list of truth values is cheap to filter; the items themselves would be copied.
        truths = self.each(items, variable, condition)
        counted = call("len", self.kept(truths, "b", column("b")))
        return case([(_no_unknown(truths), counted)]) if unknown else counted

    def total(self, items: Sql, variable: str, body: Sql, type_: str, *, unknown: bool) -> Sql:
        """The sum of the body's values."""
        values = self.each(items, variable, body)
        # The sum of no items is NULL here, and so is that of an unknown list.
        empty = case([(equals(call("len", items), number(0)), number(0))])
        added = cast(coalesce(call("list_sum", values), empty), type_)
        return case([(_no_unknown(values), added)]) if unknown else added

    def extreme(self, items: Sql, variable: str, body: Sql, side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of the body's values that are known."""
        return call("list_min" if side == "least" else "list_max", self.each(items, variable, body))

    def some(self, items: Sql, variable: str, condition: Sql, *, unknown: bool) -> Sql:
        """Whether the condition is true for some item."""
        if unknown and (condition.find(exp.Lambda) or _reads_outer(items, condition, variable)):
            return _nested_some(items, variable, condition)
        truths = self.each(items, variable, condition)
        found = call("list_contains", truths, true())
        return case([(any_sql([found, _no_unknown(truths)]), found)]) if unknown else found

    def all_known(self, items: Sql, variable: str, body: Sql) -> Sql:
        """Whether the body is known for every item."""
        return _no_unknown(self.each(items, variable, body))

    def item(self, items: Sql, position: Sql) -> Sql:
        """The item at a position."""
        return call("list_extract", items, position)

    def latest(self, items: Sql, count: Sql) -> Sql:
        """The last items."""
        start = exp.Neg(this=exp.Paren(this=count.copy()))
        return call("list_slice", items, start, number(-1))

    def slice(self, items: Sql, start: Sql, count: Sql | None) -> Sql:
        """So many items from a position on."""
        if count is None:
            return call("list_slice", items, start, number(-1))
        end = binary(exp.Sub, binary(exp.Add, start, count), number(1))
        return call("list_slice", items, start, end)

    def concatenated(self, lists: Sequence[Sql]) -> Sql:
        """The items of all lists."""
        return call("list_concat", *lists)

    def flattened(self, lists: Sql) -> Sql:
        """The items of all lists of the list."""
        return call("flatten", lists)

    def reversed(self, items: Sql) -> Sql:
        """The items from last to first."""
        return call("list_reverse", items)

    def sorted(self, items: Sql) -> Sql:
        """The items in ascending order."""
        return call("list_sort", items)

    def distinct(self, items: Sql) -> Sql:
        """Each value once, where it stands first."""
        # list_distinct neither keeps the order nor the unknown item.
        first = equals(call("list_position", items, column("v")), column("i"))
        return call("list_filter", items, lambda_of(["v", "i"], first))

    def list_of(self, items: Sequence[Sql], type_: str | None) -> Sql:
        """A list of these items."""
        made = call("list_value", *items)
        return cast(made, f"{type_}[]") if type_ is not None else made

    def joined(self, items: Sql, between: Sql) -> Sql:
        """The texts that are known in one text."""
        # array_to_string takes a delimiter only that is the same in every row.
        texts = call("list_filter", items, lambda_of(["v"], is_known(column("v"))))
        both = exp.DPipe(
            this=exp.DPipe(this=column("v"), expression=_bracket(between)), expression=column("w")
        )
        joined = call("list_reduce", texts, lambda_of(["v", "w"], both))
        count = call("len", texts)
        return case([(equals(count, number(0)), text("")), (binary(exp.GT, count, number(0)), joined)])

    # Records

    def struct(self, fields: Sequence[tuple[str, Sql]]) -> Sql:
        """A struct with these fields."""
        return exp.Anonymous(
            this="struct_pack",
            expressions=[
                exp.PropertyEQ(this=quoted(name), expression=value.copy()) for name, value in fields
            ],
        )

    # Dates

    def part(self, part: DatePart, moment: Sql) -> Sql:
        """A part of a date or date-time."""
        return call(_PARTS[part], moment)

    def clock(self, part: Literal["hour", "minute"], moment: Sql) -> Sql:
        """A part of the time of day."""
        return call(part, moment)

    def plus_days(self, date: Sql, days: Sql) -> Sql:
        """The date so many days later."""
        return binary(exp.Add, date, cast(days, "INT"))

    def plus_months(self, moment: Sql, months: Sql, *, date: bool) -> Sql:
        """The moment so many months later."""
        moved = binary(exp.Add, moment, call("to_months", cast(months, "INT")))
        return cast(moved, "DATE") if date else moved

    def plus_microseconds(self, moment: Sql, microseconds: Sql) -> Sql:
        """The date-time so much later."""
        return binary(exp.Add, moment, call("to_microseconds", cast(microseconds, "BIGINT")))

    def in_time(self, moment: Sql, *, date: bool) -> Sql:
        """The moment, and nothing outside the years that a date can have."""
        type_ = "DATE" if date else "TIMESTAMP"
        first, last = (cast(text(each), type_) for each in (FIRST_MOMENT, LAST_DAY if date else LAST_MOMENT))
        inside = all_sql([binary(exp.GTE, moment, first), binary(exp.LTE, moment, last)])
        return case([(inside, moment)])

    def days_apart(self, start: Sql, end: Sql) -> Sql:
        """The days from one date to another."""
        return binary(exp.Sub, end, start)

    def microseconds_apart(self, start: Sql, end: Sql) -> Sql:
        """The microseconds from one date-time to another."""
        return binary(exp.Sub, call("epoch_us", end), call("epoch_us", start))

    # Texts

    def text_length(self, value: Sql) -> Sql:
        """How many characters."""
        return call("length", value)

    def plain(self, value: Sql) -> Sql:
        """Whether the text has ASCII characters only."""
        return equals(call("strlen", value), call("length", value))

    def contains(self, value: Sql, part: Sql) -> Sql:
        """Whether the part stands in the text."""
        return call("contains", value, part)

    def position(self, value: Sql, part: Sql) -> Sql:
        """Where the part begins in the text."""
        return call("instr", value, part)

    def piece(self, value: Sql, start: Sql, length: Sql | None) -> Sql:
        """The text from a character on."""
        return call("substr", value, start, *([] if length is None else [length]))

    def without_last(self, value: Sql, character: str) -> Sql:
        """The text without this character at its end."""
        return call("rtrim", value, text(character))

    # Numbers

    def greatest(self, values: Sequence[Sql], side: Literal["least", "greatest"]) -> Sql:
        """The least or greatest of several values."""
        return call(side, *values)

    def finite(self, value: Sql) -> Sql:
        """Whether a DOUBLE is a number."""
        return call("isfinite", value)


def _reads_outer(items: Sql, condition: Sql, variable: str) -> bool:
    """Whether it stands inside another lambda."""
    read = {each.name for part in (items, condition) for each in part.find_all(exp.Column)}
    return any(name.startswith(VARIABLE) for name in read - {variable})


def _nested_some(items: Sql, variable: str, condition: Sql) -> Sql:
    """The same, with the condition written once: inside a lambda nothing that stands twice is shared.

    False is 0, unknown 1 and true 2; the greatest of them tells.
    """
    two, one = cast(number(2), "TINYINT"), cast(number(1), "TINYINT")
    rank = coalesce(binary(exp.Mul, cast(condition, "TINYINT"), two), one)
    most = call("list_max", call("list_transform", items, lambda_of([variable], rank)))
    none = case([(equals(call("len", items), number(0)), number(0))])
    place = binary(exp.Add, coalesce(most, none), number(1))
    return call("list_extract", call("list_value", false(), null(), true()), place)


def _bracket(value: Sql) -> Sql:
    return exp.Paren(this=value.copy())


def _no_unknown(items: Sql) -> Sql:
    return is_unknown(call("list_position", items, null()))


DUCKDB = DuckDB()
