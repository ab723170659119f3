"""The value of an expression on every backend of one customer: the evaluator, and generated Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions.compiled import compiled
from postloan_rules.expressions.evaluate import prepared, returned
from postloan_rules.expressions.expression import value as by_evaluator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions import Expression, Names, Type

__all__ = ["alike", "evaluate", "value"]


def value(expression: Expression, names: Names, record: dict[int, object] | None = None) -> object:
    """The value of an expression, once every backend has given the same."""
    found = by_evaluator(expression, names, record)
    generated = compiled(expression)(names)
    assert alike(found, generated), (expression.text.value, found, generated)
    return found


def evaluate(
    text: str, values: Mapping[str, object] | None = None, types: Mapping[str, Type] | None = None
) -> object:
    """As `plr.evaluate`, on every backend."""
    expression, given = prepared(text, values, types)
    return returned(value(expression, given))


def alike(one: object, other: object) -> bool:
    """Whether two values are the same as they are written, the digits and the sign of a zero among it."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(each, other[name]) for name, each in one.items())
    return type(one) is type(other) and str(one) == str(other)
