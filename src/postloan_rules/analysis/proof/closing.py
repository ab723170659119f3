"""The rows that close a gap of a decision table, as they are written in it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise, product
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.analysis.proof.customers import days_of
from postloan_rules.analysis.proof.values import CannotSay, Truth, all_of, any_of, both, compared, literal
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    MONTHS,
    NUMERIC,
    STRING,
    EnumType,
    EqualityTest,
    Range,
    children,
    evaluate_node,
    names_in,
    text_of,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.analysis.proof.tables import Matches
    from postloan_rules.analysis.proof.values import Formula, Symbol
    from postloan_rules.expressions import Expression, Node
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["closing_rows"]

_MOST = 4_000
"""So many combinations of values are looked at; a table with more gets no rows."""
_MOST_ASKED = 80


@frozen
class Piece:
    """A stretch of values that no test of a column tells apart: from an edge to an edge, or one value."""

    sample: object
    low: object = None
    high: object = None
    low_closed: bool = False
    high_closed: bool = False
    single: bool = False


def closing_rows(study: Study, table: DecisionTable, found: Matches, gap: Formula) -> list[str]:
    """The rows that take what no row takes; none where that can't be said."""
    day = days_of(study.policy)[0]
    names = {each.name: each.on(day) for each in study.policy.parameters}
    columns = [_pieces(table, number, names) for number in range(len(table.inputs))]
    if any(not each for each in columns):
        return []
    total = 1
    for each in columns:
        total *= len(each)
    if total > _MOST:
        return []
    masks = [_passing(table, number, columns[number], names) for number in range(len(columns))]
    open_ = [
        combination
        for combination in product(*(range(len(each)) for each in columns))
        if not any(
            all(combination[column] in masks[column][row] for column in range(len(columns)))
            for row in range(len(table.rows))
        )
    ]
    if len(open_) > _MOST_ASKED:
        return []
    reached = [
        each
        for each in open_
        if not study.witnesses.refuted(both(gap, *_stands(study, found, columns, each)))
    ]
    boxes = [tuple((each, each) for each in combination) for combination in reached]
    for column in range(len(columns)):
        boxes = _merged(boxes, column)
    outputs = ["null"] * len(table.outputs)
    return [
        "- " + _listed([*(_written(columns[n], *each) for n, each in enumerate(box)), *outputs])
        for box in boxes
    ]


def _listed(cells: Sequence[str]) -> str:
    return "[" + ", ".join("'" + each.replace("'", "''") + "'" for each in cells) + "]"


Box = tuple[tuple[int, int], ...]


def _merged(boxes: list[Box], column: int) -> list[Box]:
    """Boxes that lie beside each other along a column, as one."""
    groups: dict[tuple[Box, Box], list[tuple[int, int]]] = {}
    for box in boxes:
        groups.setdefault((box[:column], box[column + 1 :]), []).append(box[column])
    result: list[Box] = []
    for (before, after), spans in groups.items():
        joined: list[tuple[int, int]] = []
        for low, high in sorted(spans):
            if joined and joined[-1][1] + 1 == low:
                joined[-1] = (joined[-1][0], high)
            else:
                joined.append((low, high))
        result += [(*before, each, *after) for each in joined]
    return result


# Pieces


def _pieces(table: DecisionTable, column: int, names: Mapping[str, object]) -> list[Piece]:
    expression = table.inputs[column].expression
    tests = [row.tests[column] for row in table.rows]
    if any(test is not None and test.reads - {"?"} - names.keys() for test in tests):
        return []
    kind = expression.type
    if isinstance(kind, EnumType):
        return [Piece(member, single=True) for member in kind.members]
    if kind == BOOLEAN:
        return [Piece(True, single=True), Piece(False, single=True)]
    found = {each for test in tests if test is not None for each in _constants(test, test.root, names)}
    if kind in NUMERIC:
        numbers = sorted(each for each in found if isinstance(each, Decimal))
        return _stretches(numbers, whole=kind in (DAYS, MONTHS))
    if kind == DATE:
        days = sorted(each for each in found if type(each) is dt.date)
        return _stretches_of_days(days)
    if kind == STRING:
        texts = sorted(each for each in found if isinstance(each, str))
        return [Piece(each, single=True) for each in texts]
    return []


def _stretches(numbers: list[Decimal], *, whole: bool) -> list[Piece]:
    if not numbers:
        return [Piece(Decimal(0))]
    pieces = [Piece(numbers[0] - 1, high=numbers[0])]
    for here, there in pairwise([*numbers, None]):
        if here is None:
            break
        pieces.append(Piece(here, here, here, low_closed=True, high_closed=True))
        if there is None:
            pieces.append(Piece(here + 1, low=here))
        elif not whole or there - here > 1:
            middle = here + 1 if whole else (here + there) / 2
            pieces.append(Piece(middle, here, there))
    return pieces


def _stretches_of_days(days: list[dt.date]) -> list[Piece]:
    if not days:
        return [Piece(dt.date(2026, 1, 1))]
    day = dt.timedelta(days=1)
    pieces = [Piece(days[0] - day, high=days[0])]
    for here, there in pairwise([*days, None]):
        if here is None:
            break
        pieces.append(Piece(here, here, here, low_closed=True, high_closed=True))
        if there is None:
            pieces.append(Piece(here + day, low=here))
        elif there - here > day:
            pieces.append(Piece(here + day, here, there))
    return pieces


def _constants(test: Expression, node: Node, names: Mapping[str, object]) -> Iterator[object]:
    if not isinstance(node, EqualityTest) and "?" not in set(names_in(node)):
        found = evaluate_node(node, names, test.functions)
        if isinstance(found, Range):
            yield from (each for each in (found.start, found.end) if each is not None)
        elif isinstance(found, int) and not isinstance(found, bool):
            yield Decimal(found)
        elif found is not None and not isinstance(found, bool | tuple):
            yield found
    for part in children(node):
        yield from _constants(test, part, names)


def _passing(
    table: DecisionTable, column: int, pieces: list[Piece], names: Mapping[str, object]
) -> list[set[int]]:
    """For each row the pieces that pass its test."""
    result = []
    for row in table.rows:
        test = row.tests[column]
        result.append(
            {
                number
                for number, piece in enumerate(pieces)
                if test is None or value(test, {**names, "?": piece.sample}) is True
            }
        )
    return result


def _stands(
    study: Study, found: Matches, columns: list[list[Piece]], combination: tuple[int, ...]
) -> Iterator[Formula]:
    """That each column has a value of its piece."""
    for symbol, pieces, number in zip(found.columns, columns, combination, strict=True):
        try:
            yield _within(study, symbol, pieces[number]).yes
        except CannotSay:
            continue


def _within(study: Study, symbol: Symbol, piece: Piece) -> Truth:
    def as_symbol(given: object) -> Symbol:
        return literal(given, study.encoding.world.code(given) if isinstance(given, str) else None)

    if piece.single:
        return compared("=", symbol, as_symbol(piece.sample))
    parts = []
    if piece.low is not None:
        parts.append(compared(">=" if piece.low_closed else ">", symbol, as_symbol(piece.low)))
    if piece.high is not None:
        parts.append(compared("<=" if piece.high_closed else "<", symbol, as_symbol(piece.high)))
    return all_of(parts) if parts else any_of([compared("=", symbol, symbol)])


def _written(pieces: list[Piece], first: int, last: int) -> str:
    """The test that takes the pieces from one to another."""
    if first == 0 and last == len(pieces) - 1:
        return "-"
    if pieces[first].single:
        return ", ".join(_shown(each.sample) for each in pieces[first : last + 1])
    low, high = pieces[first], pieces[last]
    if first == last and low.low is not None and low.low == low.high:
        return _shown(low.low)
    if low.low is None:
        return f"{'<=' if high.high_closed else '<'} {_shown(high.high)}"
    if high.high is None:
        return f"{'>=' if low.low_closed else '>'} {_shown(low.low)}"
    start, stop = "[" if low.low_closed else "(", "]" if high.high_closed else ")"
    return f"{start}{_shown(low.low)}..{_shown(high.high)}{stop}"


def _shown(given: object) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return f'"{given}"'
    if isinstance(given, dt.date):
        return f'@"{given}"'
    return text_of(given) or str(given)
