"""Decision tables as DMN decision tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import DATE
from postloan_rules.policy.dmn.cells import cell_text
from postloan_rules.policy.dmn.constants import constant_text
from postloan_rules.policy.dmn.markup import Element, element
from postloan_rules.policy.dmn.types_out import ItemTypes, tests, text
from postloan_rules.policy.dmn.words import HITS
from postloan_rules.policy.tables import AS_OF

if TYPE_CHECKING:
    from datetime import date

    from postloan_rules.policy.tables import DecisionTable, Input, Output, Row

__all__ = ["days_text", "result_reference", "table_element"]


def table_element(table: DecisionTable, outputs: tuple[Output, ...], types: ItemTypes, id_: str) -> Element:
    """The table with these of its outputs. Rows that have days get a column more, for the day."""
    hit = HITS[table.hit]
    columns = [table.outputs.index(output) for output in outputs]
    inputs = [_input(column, types, f"{id_}.input_{n}") for n, column in enumerate(table.inputs, 1)]
    if table.dated:
        inputs.append(_day(types, f"{id_}.input_{len(inputs) + 1}"))
    return element(
        "decisionTable",
        *inputs,
        *(_output(column, types, f"{id_}.output_{n}") for n, column in enumerate(outputs, 1)),
        *(_rule(row, columns, f"{id_}.rule_{n}", dated=table.dated) for n, row in enumerate(table.rows, 1)),
        id=id_,
        typeRef=result_reference(table, outputs, types),
        hitPolicy=hit.policy,
        aggregation=hit.aggregation,
    )


def result_reference(table: DecisionTable, outputs: tuple[Output, ...], types: ItemTypes) -> str | None:
    """The type of what the table gives; several outputs together have none that is written."""
    return types.reference(table.result_type(outputs[0])) if len(outputs) == 1 else None


def _day(types: ItemTypes, id_: str) -> Element:
    written = text("text", AS_OF)
    inner = element("inputExpression", written, id=f"{id_}.expression", typeRef=types.reference(DATE))
    return element("input", inner, id=id_, label=AS_OF)


def _input(column: Input, types: ItemTypes, id_: str) -> Element:
    expression = column.expression
    inner = element(
        "inputExpression",
        text("text", expression.canonical),
        id=f"{id_}.expression",
        typeRef=types.reference(expression.type),
    )
    allowed = None if column.allowed is None else tests("inputValues", cell_text(column.allowed))
    return element("input", inner, allowed, id=id_, label=expression.canonical)


def _output(column: Output, types: ItemTypes, id_: str) -> Element:
    values = tests("outputValues", ", ".join(constant_text(each) for each in column.values))
    default = None
    if column.default is not None:
        default = element("defaultOutputEntry", text("text", column.default.canonical))
    type_ref = types.reference(column.type)
    return element(
        "output", values if column.values else None, default, id=id_, name=column.name, typeRef=type_ref
    )


def _rule(row: Row, columns: list[int], id_: str, *, dated: bool) -> Element:
    cells = [cell_text(test) for test in row.tests]
    if dated:
        cells.append(days_text(row.since, row.until) or "-")
    entries = [
        element("inputEntry", text("text", cell), id=f"{id_}.input_{n}") for n, cell in enumerate(cells, 1)
    ]
    results = [
        element("outputEntry", text("text", row.outputs[column].canonical), id=f"{id_}.output_{n}")
        for n, column in enumerate(columns, 1)
    ]
    return element("rule", *entries, *results, id=id_)


def days_text(since: date | None, until: date | None) -> str:
    """A test of a day: that it lies from one day to another, both included; nothing where all days pass."""
    if since is not None and until is not None:
        return f'[@"{since}"..@"{until}"]'
    if since is not None:
        return f'>= @"{since}"'
    return f'<= @"{until}"' if until is not None else ""
