"""Values of the rule language as rows of a table, and texts judged over them by an engine and the evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import field, frozen

from portfolio.sql.judged import Answer, differs, run
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
    ExpressionInvalid,
    ListType,
    RecordType,
    Type,
    Variable,
    check,
    value,
)
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.expressions import Compiler
from postloan_rules.portfolio.sql.refusal import Refused
from postloan_rules.portfolio.sql.scope import column_of
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from postloan_rules.expressions import Expression
    from postloan_rules.portfolio.sql.column import Column
    from postloan_rules.portfolio.sql.dialect import Dialect

    Engine = Callable[[Sequence[Column], pa.Table], list[list[Answer]]]

__all__ = ["Judged", "arrow_type", "judged", "scope_of", "table_of_rows"]

_ARROW: Mapping[Type, pa.DataType] = {
    MONEY: pa.decimal128(18, 2),
    NUMBER: pa.decimal128(18, 6),
    RATIO: pa.decimal128(14, 8),
    DAYS: pa.decimal128(10, 2),
    MONTHS: pa.int32(),
    BOOLEAN: pa.bool_(),
    STRING: pa.string(),
    DATE: pa.date32(),
    DATE_TIME: pa.timestamp("us"),
}


def arrow_type(type_: Type) -> pa.DataType:
    """The column that values of a type stand in."""
    match type_:
        case ListType(item):
            return pa.list_(arrow_type(item))
        case RecordType(fields=fields):
            return pa.struct([pa.field(name, arrow_type(each.type)) for name, each in fields.items()])
        case EnumType():
            return pa.string()
        case _:
            return _ARROW[type_]


def table_of_rows(names: Mapping[str, Variable], rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """A table with a column for each name."""
    columns = {
        name: pa.array([_held(row[name], each.type) for row in rows], arrow_type(each.type))
        for name, each in names.items()
    }
    return pa.table({**columns, "row": pa.array(range(len(rows)))})


def _held(value_: object, type_: Type) -> object:
    if isinstance(value_, tuple) and isinstance(type_, ListType):
        return [_held(each, type_.item) for each in value_]
    if isinstance(value_, dict) and isinstance(type_, RecordType):
        return {name: _held(value_.get(name), each.type) for name, each in type_.fields.items()}
    return int(str(value_)) if type_ == MONTHS and value_ is not None else value_


def scope_of(names: Mapping[str, Variable]) -> dict[str, Column]:
    """The names over the columns of `table_of_rows`."""
    return {
        name: column_of(name, each.type, arrow_type(each.type), unknown=each.unknown)
        for name, each in names.items()
    }


@frozen
class Judged:
    """What came of some texts."""

    wrong: tuple[tuple[str, object, object, object], ...] = field(repr=False)
    """Text, the engine's value, the evaluator's, and the row."""
    refused: Mapping[str, str]
    doubtful: int
    answers: int


def judged(
    texts: Sequence[str | Expression],
    names: Mapping[str, Variable],
    rows: Sequence[Mapping[str, object]],
    *,
    dialect: Dialect = DUCKDB,
    engine: Engine = run,
) -> Judged:
    """The texts over the rows, by the engine and by the evaluator."""
    compiler = Compiler(dialect, KNOWN_FUNCTIONS)
    scope = scope_of(names)
    checked: list[tuple[Expression, Column]] = []
    refused: dict[str, str] = {}
    for text in texts:
        try:
            expression = (
                check(Text.of(text), names, functions=KNOWN_FUNCTIONS) if isinstance(text, str) else text
            )
        except ExpressionInvalid:
            continue
        try:
            checked.append((expression, compiler.expression(expression, scope)))
        except Refused as problem:
            refused[expression.text.value] = problem.problems[0].message
    if not checked:
        return Judged((), refused, 0, 0)
    found = engine([column for _, column in checked], table_of_rows(names, rows))
    wrong: list[tuple[str, object, object, object]] = []
    doubtful = 0
    for given, row in zip(rows, found, strict=True):
        for (expression, _), answer in zip(checked, row, strict=True):
            doubtful += answer.doubt
            expected = value(expression, given)
            if differs(answer, expected):
                wrong.append((expression.text.value, answer.value, expected, given))
    return Judged(tuple(wrong), refused, doubtful, len(checked) * len(rows))
