"""Comparisons of values of every kind, ranges and membership, with three truth values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from postloan_rules.expressions import (
    BOOLEAN,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    Type,
)
from postloan_rules.portfolio.sql.column import Column, Ends, doubts
from postloan_rules.portfolio.sql.lists import items_of, quantified
from postloan_rules.portfolio.sql.literals import nothing
from postloan_rules.portfolio.sql.numbers import compared, number_column
from postloan_rules.portfolio.sql.temporal import in_one_tick, is_duration
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    case,
    is_known,
    true,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postloan_rules.expressions import ComparisonOperator
    from postloan_rules.portfolio.sql.dialect import Dialect

__all__ = ["all_of", "any_of", "compare", "in_range", "member", "same_kind", "truth"]

_SHAPES: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def truth(sql: Sql, *columns: Column | None, unknown: bool | None = None, doubt: Sql | None = None) -> Column:
    """A truth value made from others."""
    given = [each for each in columns if each is not None]
    found = doubts(given)
    if doubt is not None:
        found = doubt if found is None else any_sql([found, doubt])
    may_be = any(each.unknown for each in given) if unknown is None else unknown
    return Column(sql, BOOLEAN, doubt=found, unknown=may_be)


def same_kind(left: Type, right: Type) -> bool:
    """Whether values of the two types can be compared."""
    texts = [type_ == STRING or isinstance(type_, EnumType) for type_ in (left, right)]
    return (left in NUMERIC and right in NUMERIC) or all(texts) or left == right


def compare(operator: ComparisonOperator, left: Column, right: Column, dialect: Dialect) -> Column | None:
    """The comparison; None for kinds of values that no engine compares as the evaluator does."""
    if left.empty or right.empty:
        return nothing(BOOLEAN)
    if any(isinstance(each.type, ListType | RecordType | RangeType) for each in (left, right)):
        return None
    if not same_kind(left.type, right.type):
        return nothing(BOOLEAN)
    shape = _SHAPES[operator]
    if is_duration(left.type):
        ours, theirs = (
            number_column(part, column.type, unknown=column.unknown, doubt=column.doubt)
            for part, column in zip(in_one_tick(left, right), (left, right), strict=True)
        )
        left, right = ours, theirs
    if left.number is not None and right.number is not None:
        sql, doubt = compared(shape, left, right, dialect)
        return truth(sql, left, right, doubt=doubt)
    if left.type == BOOLEAN and operator not in ("=", "!="):
        return nothing(BOOLEAN)
    return truth(binary(shape, left.sql, right.sql), left, right)


def all_of(parts: Sequence[Column]) -> Column:
    """False if any is false, else unknown if any is unknown, else true."""
    return truth(all_sql([each.sql for each in parts]), *parts)


def any_of(parts: Sequence[Column]) -> Column:
    """True if any is true, else unknown if any is unknown, else false."""
    return truth(any_sql([each.sql for each in parts]), *parts)


def in_range(subject: Column, ends: Ends, dialect: Dialect) -> Column | None:
    """Whether the value lies in the range; a known miss on one side is enough."""
    parts: list[Column] = []
    for end, operator, closed in (
        (ends.low, ">", ends.low_closed),
        (ends.high, "<", ends.high_closed),
    ):
        if end is None:
            continue
        shape: ComparisonOperator = (
            (">=" if closed else ">") if operator == ">" else ("<=" if closed else "<")
        )
        made = compare(shape, subject, end, dialect)
        if made is None:
            return None
        parts.append(made)
    if not parts:
        return truth(case([(is_known(subject.sql), true())]), subject)
    both = all_of(parts)
    known = [is_known(end.sql) for end in (ends.low, ends.high) if end is not None and end.unknown]
    # A range with an unknown end is unknown as a whole.
    return truth(case([(all_sql(known), both.sql)]), both, unknown=True) if known else both


def member(
    subject: Column,
    listed: Column,
    fresh: Callable[[], str],
    missing: Callable[[], Exception],
    dialect: Dialect,
) -> Column | None:
    """Whether the value is an item of the list, with three truth values."""
    items = items_of(listed, fresh, missing)
    if not same_kind(subject.type, items.item.type) and not subject.empty:
        return None
    same = compare("=", subject, items.item, dialect)
    return None if same is None else quantified(items, "some", same, dialect)
