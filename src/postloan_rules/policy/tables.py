"""Decision tables: what they are, and how one is looked up. Hit policies are those of DMN."""

from __future__ import annotations

from collections import ChainMap
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from postloan_rules.expressions import NUMBER, Expression, ListType, Type, add, compare, same, value
from postloan_rules.policy.dates import covers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

    from postloan_rules.problems import Span

__all__ = ["DecisionTable", "Hit", "HitPolicy", "Input", "Output", "Row", "look_up"]


class HitPolicy(StrEnum):
    """What a table gives when one row, several rows or none match."""

    UNIQUE = "unique"
    ANY = "any"
    FIRST = "first"
    PRIORITY = "priority"
    RULE_ORDER = "rule order"
    OUTPUT_ORDER = "output order"
    COLLECT = "collect"
    COLLECT_SUM = "collect sum"
    COLLECT_MIN = "collect min"
    COLLECT_MAX = "collect max"
    COLLECT_COUNT = "collect count"


AS_OF = "as_of"
"""The name of the day that chooses among dated rows."""

_LISTS = (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT)
_RANKED = (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)


@frozen
class Input:
    """A column of conditions: the expression that is tested, and the values that it may have."""

    expression: Expression
    allowed: Expression | None = None
    """A test like those of the cells; a value that fails it makes the result unknown."""


@frozen
class Output:
    """A column of results."""

    name: str
    type: Type
    values: tuple[object, ...] = ()
    """The values it may have, the one of highest priority first; empty where they are not listed."""
    default: Expression | None = None
    """What the column gives when no row matches."""


@frozen
class Row:
    """One line: a test for each input (None stands for `-`, which any value passes) and the outputs."""

    tests: tuple[Expression | None, ...]
    outputs: tuple[Expression, ...]
    since: date | None = None
    until: date | None = None
    span: Span = field(repr=False, eq=False, kw_only=True)

    def holds_on(self, day: object) -> bool:
        """Whether the row is in force on this day (both ends included)."""
        if self.since is None and self.until is None:
            return True
        if not isinstance(day, date):
            raise TypeError(f"a dated row needs a day, not {day!r}")
        return covers(self.since, self.until, day)


@frozen
class DecisionTable:
    """A decision table, checked."""

    name: str
    hit: HitPolicy
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    span: Span = field(repr=False, eq=False)

    def result_type(self, output: Output) -> Type:
        """The type that a look-up gives for an output: several rows give a list, or one number."""
        if self.hit in _LISTS:
            return ListType(output.type)
        return NUMBER if self.hit is HitPolicy.COLLECT_COUNT else output.type

    @property
    def reads(self) -> frozenset[str]:
        """The names that the table reads."""
        parts: list[Expression | None] = []
        for column in self.inputs:
            parts += [column.expression, column.allowed]
        parts += [output.default for output in self.outputs]
        for row in self.rows:
            parts += [*row.tests, *row.outputs]
        read = frozenset().union(*(each.reads for each in parts if each is not None)) - {"?"}
        return read | {AS_OF} if self.dated else read

    @property
    def dated(self) -> bool:
        """Whether the day decides which rows are in force."""
        return any(row.since is not None or row.until is not None for row in self.rows)


Outputs: TypeAlias = "Mapping[str, object]"


@frozen
class Hit:
    """What a table gave: the outputs by name (None is unknown), the rows that matched, any clash of them.

    Rows clash where the hit policy rules out that they match together: two rows of a `unique` table, or rows
    of an `any` table that differ.
    """

    outputs: Outputs
    rows: tuple[int, ...]
    clash: bool = False


def look_up(table: DecisionTable, names: MutableMapping[str, object]) -> Hit:
    """The outputs for these values.

    A row whose match is unknown makes the result unknown as soon as it could matter: in a `first` table when
    no row before it matches, in any other table always.
    """
    subjects = [value(each.expression, names) for each in table.inputs]
    nothing = {output.name: None for output in table.outputs}
    for column, subject in zip(table.inputs, subjects, strict=True):
        if column.allowed is not None and _passes(column.allowed, subject, names) is not True:
            return Hit(nothing, ())
    matched: list[int] = []
    unsure = False
    day = names[AS_OF] if table.dated else None
    for number, row in enumerate(table.rows):
        if not row.holds_on(day):
            continue
        state = _matches(row, subjects, names)
        if state is True:
            matched.append(number)
        unsure = unsure or state is None
        if table.hit is HitPolicy.FIRST and (matched or unsure):
            break
    if unsure:
        return Hit(nothing, tuple(matched))
    given = [tuple(value(cell, names) for cell in table.rows[number].outputs) for number in matched]
    if table.hit is HitPolicy.UNIQUE and len(given) > 1:
        return Hit(nothing, tuple(matched), clash=True)
    if table.hit is HitPolicy.ANY and not all(_equal_rows(given[0], other) for other in given[1:]):
        return Hit(nothing, tuple(matched), clash=True)
    return Hit(_result(table, given, names), tuple(matched))


def _result(
    table: DecisionTable, given: list[tuple[object, ...]], names: MutableMapping[str, object]
) -> dict[str, object]:
    if not given and table.hit is not HitPolicy.COLLECT_COUNT:
        if any(output.default is not None for output in table.outputs):
            return {
                output.name: _one_or_list(table, value(output.default, names))
                if output.default is not None
                else None
                for output in table.outputs
            }
        # Nothing matched: a list of nothing is empty; a single value there is none.
        return {output.name: () if table.hit in _LISTS else None for output in table.outputs}
    if table.hit in _RANKED:
        given = sorted(given, key=lambda row: _priority(table, row))
    columns = list(zip(*given, strict=True)) or [() for _ in table.outputs]
    return {
        output.name: _aggregate(table.hit, column)
        for output, column in zip(table.outputs, columns, strict=True)
    }


def _one_or_list(table: DecisionTable, default: object) -> object:
    return (default,) if table.hit in _LISTS and not isinstance(default, tuple) else default


def _aggregate(hit: HitPolicy, column: Sequence[object]) -> object:
    match hit:
        case HitPolicy.RULE_ORDER | HitPolicy.OUTPUT_ORDER | HitPolicy.COLLECT:
            return tuple(column)
        case HitPolicy.COLLECT_SUM:
            total = column[0]
            for each in column[1:]:
                total = add(total, each)
            return total
        case HitPolicy.COLLECT_MIN:
            return _extreme(column, lambda order: order < 0)
        case HitPolicy.COLLECT_MAX:
            return _extreme(column, lambda order: order > 0)
        case HitPolicy.COLLECT_COUNT:
            return Decimal(len(column))
        case HitPolicy.UNIQUE | HitPolicy.ANY | HitPolicy.FIRST | HitPolicy.PRIORITY:
            return column[0]


def _extreme(column: Sequence[object], better: Callable[[int], bool]) -> object:
    best = column[0]
    for each in column[1:]:
        order = compare(each, best)
        if order is None:
            return None
        if better(order):
            best = each
    return best


def _priority(table: DecisionTable, row: tuple[object, ...]) -> tuple[int, ...]:
    """Where each output stands in its list of values; one that is not listed comes last."""
    return tuple(
        next((rank for rank, each in enumerate(output.values) if same(each, cell)), len(output.values))
        for output, cell in zip(table.outputs, row, strict=True)
    )


def _equal_rows(left: Iterable[object], right: Iterable[object]) -> bool:
    return all(same(one, other) for one, other in zip(left, right, strict=True))


def _matches(row: Row, subjects: list[object], names: MutableMapping[str, object]) -> bool | None:
    state: bool | None = True
    for test, subject in zip(row.tests, subjects, strict=True):
        if test is None:
            continue
        result = _passes(test, subject, names)
        if result is False:
            return False
        if result is not True:
            state = None
    return state


def _passes(test: Expression, subject: object, names: MutableMapping[str, object]) -> bool | None:
    result = value(test, ChainMap({"?": subject}, names))
    return result if isinstance(result, bool) else None
