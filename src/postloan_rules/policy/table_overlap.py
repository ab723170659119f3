"""Rows of a `unique` table that match together, found when the policy is loaded.

Each column is tried at the values where its tests change, between them and beyond; a pair of rows that share
a value in every column overlaps there. Tests that read other names are left to run time, as are large tables.
"""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions import (
    BOOLEAN,
    EnumType,
    EqualityTest,
    Expression,
    GlobalName,
    ItemField,
    LocalName,
    Range,
    children,
    evaluate_node,
    text_of,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.expressions import Node
    from postloan_rules.policy.tables import DecisionTable, Row

__all__ = ["MAX_ROWS", "overlaps"]

MAX_ROWS = 200
"""A table with more rows is not searched: the work grows with the square of their number."""


def overlaps(table: DecisionTable) -> Iterator[tuple[int, int, str]]:
    """Pairs of rows that match together, each with values for which they do."""
    if len(table.rows) > MAX_ROWS:
        return
    columns = [_column(table, index) for index in range(len(table.inputs))]
    if any(column is None for column in columns):
        return
    known = [column for column in columns if column is not None]
    for later in range(len(table.rows)):
        for earlier in range(later):
            if not _same_days(table.rows[earlier], table.rows[later]):
                continue
            shared = [masks[earlier] & masks[later] for _, masks in known]
            if all(shared):
                picked = [
                    f"{table.inputs[index].expression.text.value.strip()} = {_written(found[_lowest(mask)])}"
                    for index, ((found, _), mask) in enumerate(zip(known, shared, strict=True))
                ]
                yield earlier, later, ", ".join(picked)


def _column(table: DecisionTable, index: int) -> tuple[list[object], list[int]] | None:
    """The values tried in a column, and for each row a bit for each value that passes, where decidable."""
    tests = [row.tests[index] for row in table.rows]
    if any(test is not None and test.reads - {"?"} for test in tests):
        return None
    found = list(dict.fromkeys(_candidates(table, index, tests)))
    allowed = table.inputs[index].allowed
    if allowed is not None and not allowed.reads - {"?"}:
        found = [each for each in found if value(allowed, {"?": each}) is True]
    masks = []
    for test in tests:
        passing = [
            1 << position
            for position, each in enumerate(found)
            if test is None or value(test, {"?": each}) is True
        ]
        masks.append(sum(passing))
    return found, masks


def _candidates(table: DecisionTable, index: int, tests: list[Expression | None]) -> Iterator[object]:
    expression = table.inputs[index].expression
    if isinstance(expression.type, EnumType):
        yield from expression.type.members
    elif expression.type == BOOLEAN:
        yield from (True, False)
    else:
        yield from _open_ended(tests)
    if expression.unknown:
        yield None


def _open_ended(tests: list[Expression | None]) -> Iterator[object]:
    constants = {each for test in tests if test is not None for each in _constants(test, test.root)}
    numbers = sorted(each for each in constants if isinstance(each, Decimal))
    yield from _around(numbers) if numbers else (() if constants else (Decimal(0),))
    days = sorted(
        each for each in constants if isinstance(each, dt.date) and not isinstance(each, dt.datetime)
    )
    for day in days:
        yield from (day + dt.timedelta(days=step) for step in (-1, 0, 1) if dt.date.min < day < dt.date.max)
    texts = sorted(each for each in constants if isinstance(each, str))
    yield from texts
    if texts:
        yield "".join(texts) + "?"  # a text that none of the rows names


def _around(numbers: list[Decimal]) -> Iterator[Decimal]:
    yield numbers[0] - 1
    for here, there in itertools.pairwise(numbers):
        yield from (here, (here + there) / 2)
    yield from (numbers[-1], numbers[-1] + 1)


def _constants(test: Expression, node: Node) -> Iterator[object]:
    """The values at which a test may change: its literals, and what it works out from literals alone."""
    if not isinstance(node, EqualityTest) and not _reads(node):
        found = evaluate_node(node, {}, test.functions)
        if isinstance(found, Range):
            yield from (each for each in (found.start, found.end) if each is not None)
        elif found is not None and not isinstance(found, bool | tuple):
            yield found
    for part in children(node):
        yield from _constants(test, part)


def _reads(node: Node) -> bool:
    return isinstance(node, GlobalName | LocalName | ItemField) or any(
        _reads(part) for part in children(node)
    )


def _same_days(one: Row, other: Row) -> bool:
    """Whether there is a day on which both rows are in force."""
    start = max(one.since or dt.date.min, other.since or dt.date.min)
    end = min(one.until or dt.date.max, other.until or dt.date.max)
    return start <= end


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _written(part: object) -> str:
    text = text_of(part) or "unknown"
    return f'"{text}"' if isinstance(part, str) else text
