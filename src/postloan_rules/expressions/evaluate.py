"""Policy FEEL alone: a text and some values in, a value out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions.expression import Expression, ExpressionInvalid, check, value
from postloan_rules.expressions.kinds import inferred, of_type
from postloan_rules.expressions.types import Type, Variable, type_name
from postloan_rules.expressions.values import Months, Range
from postloan_rules.limits import LIMITS, Limits
from postloan_rules.problems import Problem, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["evaluate", "prepared", "returned"]

_DEEPEST = 100


def evaluate(
    text: str,
    values: Mapping[str, object] | None = None,
    types: Mapping[str, Type] | None = None,
    *,
    limits: Limits = LIMITS,
) -> object:
    """The value of an expression; None is unknown.

    >>> evaluate("count(list[item > 2]) > 1", {"list": [1, 3, 5]})
    True

    Args:
        text: The expression.
        values: The value of each name: Decimal or int, str, bool, date, datetime, time, timedelta, Months,
            None, and lists, tuples and dicts of these. A float is refused, since it is not exact.
        types: The types of names, where they should not be taken from the values.
        limits: How much is taken.

    Raises:
        ExpressionInvalid: When the text or the values cannot be used, with every problem that was found.
    """
    expression, given = prepared(text, values, types, limits)
    return returned(value(expression, given))


def prepared(
    text: str,
    values: Mapping[str, object] | None = None,
    types: Mapping[str, Type] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Expression, dict[str, object]]:
    """The checked expression of a text, and the values of its names as the language has them.

    Raises:
        ExpressionInvalid: When the text or the values cannot be used, with every problem that was found.
    """
    given: dict[str, object] = {}
    problems: list[Problem] = []
    for name, each in (values or {}).items():
        try:
            given[name] = _accepted(each, 0)
        except _Refused as refused:
            problems.append(Problem("PR0236", f"`{name}` {refused.why}", help=refused.help))
    names = {name: Variable(inferred(each), unknown=each is None) for name, each in given.items()}
    for name, type_ in (types or {}).items():
        names[name] = Variable(type_, unknown=given.setdefault(name) is None)
        if not of_type(given[name], type_):
            problems.append(Problem("PR0237", f"the value of `{name}` is not {type_name(type_)}"))
    if problems:
        raise ExpressionInvalid(problems)
    return check(Text.of(text), names, limits=limits), given


class _Refused(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, why: str, help_: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.help = help_


def _accepted(each: object, depth: int) -> object:
    """The value as the language has it."""
    if depth > _DEEPEST:
        raise _Refused("is nested too deep")
    match each:
        case None | bool() | str() | dt.date() | dt.time() | dt.timedelta() | Months():
            return each
        case int():
            return Decimal(each)
        case Decimal():
            if not each.is_finite():
                raise _Refused("is not a finite number", "leave an unknown value out, or give None")
            return each
        case float():
            raise _Refused("is a floating-point number, which is not exact", 'give Decimal("0.1") for 0.1')
        case list() | tuple():
            return tuple(_accepted(item, depth + 1) for item in each)
        case Range():
            start, end = _accepted(each.start, depth + 1), _accepted(each.end, depth + 1)
            return Range(start, end, each.start_closed, each.end_closed)
        case Mapping():
            return dict(_entries(each.items(), depth))
        case _:
            raise _Refused("is not a value of this language", "give numbers, texts, dates, lists, records")


def _entries(entries: Iterable[tuple[object, object]], depth: int) -> Iterable[tuple[str, object]]:
    for name, each in entries:
        if not isinstance(name, str):
            raise _Refused("has a field whose name is not a text")
        yield name, _accepted(each, depth + 1)


def returned(each: object) -> object:
    """The value as Python programs have it: lists are lists."""
    if isinstance(each, tuple):
        return [returned(item) for item in each]
    if isinstance(each, dict):
        return {name: returned(item) for name, item in each.items()}
    return each
