"""Columns that an engine works out beside the values that the evaluator gives, row by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
from attrs import frozen
from sqlglot import exp

from postloan_rules.expressions import CONTEXT, Months
from postloan_rules.portfolio.sql.column import Approximate, Column, Exact, Quotient

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

__all__ = ["Answer", "answers", "differs", "run"]


@frozen
class Answer:
    """What an engine gave for one expression in one row."""

    value: object
    doubt: bool
    parts: tuple[object, object] | None
    """Numerator and denominator of a quotient."""
    column: Column


def selected(columns: Sequence[Column]) -> list[exp.Expr]:
    """What to select for the columns: value, doubt, and the two parts of a quotient."""
    found: list[exp.Expr] = []
    for number, column in enumerate(columns):
        pieces: dict[str, exp.Expression] = {"v": column.sql}
        if column.doubt is not None:
            pieces["d"] = column.doubt
        if isinstance(column.number, Quotient):
            pieces["n"] = column.number.numerator.sql
            pieces["b"] = column.number.denominator.sql
        if isinstance(column.number, Approximate):
            pieces["e"] = column.number.error
        found += [exp.alias_(sql.copy(), f"{name}{number}", quoted=True) for name, sql in pieces.items()]
    return found


def answers(columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> list[list[Answer]]:
    """The answers of each row."""
    return [
        [
            Answer(
                row[f"v{number}"],
                bool(row.get(f"d{number}", False)),
                (row[f"n{number}"], row[f"b{number}"]) if f"n{number}" in row else None,
                column,
            )
            for number, column in enumerate(columns)
        ]
        for row in rows
    ]


def run(columns: Sequence[Column], table: pa.Table, source: str = "rows") -> list[list[Answer]]:
    """The columns over a table in DuckDB."""
    with duckdb.connect() as connection:
        connection.register("rows", table)
        query = exp.Select(expressions=selected(columns)).from_(source, dialect="duckdb")
        made = connection.sql(query.sql("duckdb")).to_arrow_table()
    return answers(columns, made.to_pylist())


def differs(answer: Answer, expected: object) -> bool:
    """Whether an answer that is not in doubt is another than the evaluator's."""
    return not answer.doubt and not _same(answer, expected)


def _same(answer: Answer, expected: object) -> bool:
    column, value = answer.column, answer.value
    if answer.parts is not None:
        top, below = answer.parts
        if top is None or below is None:
            return expected is None and value is None
        return (
            isinstance(expected, Decimal)
            and CONTEXT.divide(Decimal(str(top)), Decimal(str(below))) == expected
        )
    if value is None or expected is None:
        return value is None and expected is None
    if isinstance(column.number, Approximate):
        return isinstance(expected, Decimal) and abs(float(expected) - float(str(value))) <= 1e-9 * max(
            1, abs(float(expected))
        )
    if isinstance(expected, dt.timedelta) and isinstance(column.number, Exact):
        return expected == dt.timedelta(microseconds=int(str(value)) * column.number.tick)
    if isinstance(expected, Months):
        return value == expected.months
    return _plain(value) == _plain(expected)


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Months):
        return Decimal(value.months)
    if isinstance(value, Mapping) or (hasattr(value, "__attrs_attrs__")):
        return "record"
    return value
