"""What the names of the language stand for in the columns of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import evolve
from sqlglot import exp

from postloan_rules.policy.vocabulary import snapshot_names
from postloan_rules.portfolio.sql.column import Column, Exact, Form, ListForm, RecordForm
from postloan_rules.portfolio.sql.lists import item_at, items_of, of_form
from postloan_rules.portfolio.sql.tree import any_sql, binary, cast, column, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from postloan_rules.expressions import Type
    from postloan_rules.portfolio.sql.dialect import Dialect
    from postloan_rules.portfolio.sql.tree import Sql

__all__ = ["at_the_ends_of_time", "column_of", "form_of", "snapshot_scope"]


def form_of(type_: pa.DataType) -> Form:
    """What SQL must know of an Arrow type: the digits of its numbers, through structs and lists."""
    if pa.types.is_decimal(type_):
        return Exact(type_.precision, type_.scale)
    if pa.types.is_integer(type_):
        return Exact({8: 3, 16: 5, 32: 10}.get(type_.bit_width, 18), integer=True)
    if pa.types.is_struct(type_):
        return RecordForm({each.name: form_of(each.type) for each in type_})
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return ListForm(form_of(type_.value_type))
    return None


def column_of(
    name: str, type_: Type, arrow: pa.DataType, *, unknown: bool, table: str | None = None
) -> Column:
    """A column of a table as a value of the language."""
    return of_form(column(name, table), type_, form_of(arrow), unknown=unknown)


def snapshot_scope(
    schema: pa.Schema,
    dialect: Dialect,
    fresh: Callable[[], str],
    *,
    table: str | None = None,
    without: Collection[str] = (),
) -> dict[str, Column]:
    """The names of a snapshot over the columns of `arrow_schema`, `bureau` (the latest report) among them.

    Args:
        schema: The columns.
        dialect: The engine's way of writing.
        fresh: Gives new names for the variables of lambdas.
        table: Which table they stand in.
        without: Lists that are empty in every row.
    """
    scope = {
        name: column_of(name, variable.type, schema.field(name).type, unknown=variable.unknown, table=table)
        for name, variable in snapshot_names().items()
        if name in schema.names
    }
    scope["as_of"] = evolve(scope["as_of"], calm=True)
    for name in without:
        items = items_of(scope[name], fresh, lambda: TypeError("only lists are without items"))
        scope[name] = evolve(scope[name], items=evolve(items, none=True, unknown=False))
    reports = items_of(scope["bureau_reports"], fresh, lambda: TypeError("bureau_reports is no list"))
    scope["bureau"] = item_at(reports, -1, dialect)
    return scope


def at_the_ends_of_time(as_of: Column) -> Sql:
    """Where a row is in doubt as a whole: dates near its day may fall outside the years 1 to 9999."""
    early = binary(exp.LT, as_of.sql, cast(text("1000-01-01"), "DATE"))
    return any_sql([early, binary(exp.GTE, as_of.sql, cast(text("9000-01-01"), "DATE"))])
