"""Decision tables and scorecards as formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import frozen

from postloan_rules.analysis.proof.values import (
    ALWAYS,
    NEVER,
    CannotSay,
    Known,
    Symbol,
    Truth,
    all_of,
    both,
    chosen,
    compared,
    either,
    number,
    opposite,
)
from postloan_rules.policy.tables import HitPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.scorecards import Characteristic, Scorecard
    from postloan_rules.policy.tables import DecisionTable, Row

__all__ = ["Matches", "clash", "dated", "in_force", "lookup", "losses", "matches", "scored", "selected"]

_SINGLE = (HitPolicy.FIRST, HitPolicy.UNIQUE, HitPolicy.ANY)


@frozen(eq=False)
class Matches:
    """When each row of a table matches, when the values are allowed, and the columns' own values."""

    rows: tuple[Truth, ...]
    allowed: Formula
    columns: tuple[Symbol, ...]


def in_force(as_of: z3.ArithRef, since: date | None, until: date | None) -> Formula:
    """That the day lies in a spell."""
    parts = [as_of >= since.toordinal()] if since is not None else []
    parts += [as_of <= until.toordinal()] if until is not None else []
    return both(*parts)


def matches(
    table: DecisionTable,
    value: Callable[[Expression], Symbol],
    test: Callable[[Expression, Symbol, Expression], Truth],
    as_of: z3.ArithRef,
) -> Matches:
    """When each row matches.

    Args:
        table: The table.
        value: The formula of an expression.
        test: The formula of a cell, given what `?` is and where that comes from.
        as_of: The day.
    """
    columns = tuple(value(each.expression) for each in table.inputs)
    allowed = [
        test(column.allowed, subject, column.expression).yes
        for column, subject in zip(table.inputs, columns, strict=True)
        if column.allowed is not None
    ]
    rows = []
    for row in table.rows:
        parts = [
            test(cell, subject, column.expression)
            for cell, subject, column in zip(row.tests, columns, table.inputs, strict=True)
            if cell is not None
        ]
        force = in_force(as_of, row.since, row.until)
        rows.append(all_of([*parts, Truth(force, opposite(force))]))
    return Matches(tuple(rows), both(*allowed), columns)


def selected(table: DecisionTable, found: Matches) -> tuple[Formula, ...]:
    """When the table takes each row, alone or with others."""
    if table.hit is not HitPolicy.FIRST:
        unsure = either(*(each.unknown for each in found.rows))
        return tuple(both(found.allowed, each.yes, opposite(unsure)) for each in found.rows)
    result = []
    before = [found.allowed]
    for each in found.rows:
        result.append(both(*before, each.yes))
        before.append(each.no)
    return tuple(result)


def lookup(
    table: DecisionTable, output: str, found: Matches, value: Callable[[Expression], Symbol]
) -> Symbol:
    """One output of a table."""
    if table.hit is HitPolicy.COLLECT_COUNT:
        sure = both(found.allowed, *(each.known for each in found.rows))
        return Known("number", z3.Sum([z3.If(each.yes, 1.0, 0.0) for each in found.rows]), sure)
    if table.hit not in _SINGLE:
        raise CannotSay
    column = next(number for number, each in enumerate(table.outputs) if each.name == output)
    cells = [value(row.outputs[column]) for row in table.rows]
    taken = selected(table, found)
    none = both(found.allowed, *(each.no for each in found.rows))
    default = table.outputs[column].default
    cases = list(zip(taken, cells, strict=True))
    if default is not None:
        cases.append((none, value(default)))
    if table.hit is HitPolicy.FIRST:
        return chosen(cases)
    clash = either(*clashes(table, found, value))
    return chosen([(both(guard, opposite(clash)), each) for guard, each in _first_of(cases)])


def _first_of(cases: Sequence[tuple[Formula, Symbol]]) -> list[tuple[Formula, Symbol]]:
    """Each case where none before it holds."""
    result, before = [], NEVER
    for guard, each in cases:
        result.append((both(guard, opposite(before)), each))
        before = either(before, guard)
    return result


def clashes(table: DecisionTable, found: Matches, value: Callable[[Expression], Symbol]) -> list[Formula]:
    """When two rows match that must not: any two of a `unique` table, two that differ of an `any` table."""
    return [
        clash(table, found, (earlier, later), value)
        for later in range(len(table.rows))
        for earlier in range(later)
    ]


def clash(
    table: DecisionTable, found: Matches, pair: tuple[int, int], value: Callable[[Expression], Symbol]
) -> Formula:
    """When these two rows match together and must not."""
    earlier, later = pair
    together = both(found.allowed, found.rows[earlier].yes, found.rows[later].yes)
    if table.hit is HitPolicy.UNIQUE:
        return together
    ours, theirs = table.rows[earlier], table.rows[later]
    return both(together, opposite(_alike(ours, theirs, value)))


def _alike(one: Row, other: Row, value: Callable[[Expression], Symbol]) -> Formula:
    parts = []
    for ours, theirs in zip(one.outputs, other.outputs, strict=True):
        if ours.canonical == theirs.canonical:
            continue
        left, right = value(ours), value(theirs)
        unknown = both(opposite(_known(left)), opposite(_known(right)))
        parts.append(either(compared("=", left, right).yes, unknown))
    return both(*parts)


def _known(symbol: Symbol) -> Formula:
    return symbol.known if isinstance(symbol, Truth | Known) else NEVER


# Scorecards


def scored(
    card: Scorecard,
    value: Callable[[Expression], Symbol],
    test: Callable[[Expression, Symbol, Expression], Truth],
) -> Known:
    """The score: the base and all points."""
    points = [_points(each, value, test) for each in card.characteristics]
    total = number(card.base) + z3.Sum([each.term for each in points])
    return Known("number", total, both(*(each.known for each in points)))


def losses(
    card: Scorecard,
    value: Callable[[Expression], Symbol],
    test: Callable[[Expression, Symbol, Expression], Truth],
) -> tuple[Known, ...]:
    """The points of each characteristic."""
    return tuple(_points(each, value, test) for each in card.characteristics)


def _points(
    characteristic: Characteristic,
    value: Callable[[Expression], Symbol],
    test: Callable[[Expression, Symbol, Expression], Truth],
) -> Known:
    subject = value(characteristic.expression)
    there = _known(subject)
    none = characteristic.unknown
    unknown = Known("number", number(none), ALWAYS) if none is not None else None
    cases: list[tuple[Formula, Symbol]] = [(opposite(there), unknown)]
    before = there
    for attribute in characteristic.attributes:
        points = Known("number", number(attribute.points), ALWAYS)
        if attribute.test is None:
            cases.append((before, points))
            break
        state = test(attribute.test, subject, characteristic.expression)
        cases.append((both(before, state.yes), points))
        cases.append((both(before, state.unknown), unknown))
        before = both(before, state.no)
    found = chosen(cases)
    return found if isinstance(found, Known) else Known("number", z3.RealVal(0), NEVER)


def dated(as_of: z3.ArithRef, values: Sequence[tuple[date | None, date | None, Symbol]]) -> Symbol:
    """The value that is in force on the day."""
    if len(values) == 1:
        return values[0][2]
    return chosen([(in_force(as_of, since, until), each) for since, until, each in values])
