"""Constants that an exported file holds as decisions, as parameters again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from postloan_rules.expressions import Comparison, GlobalName, If, Node, NullLiteral, TemporalLiteral
from postloan_rules.expressions.parser import parse
from postloan_rules.policy.dmn.pieces import listing, section, word
from postloan_rules.policy.dmn.types_in import Constant, constant
from postloan_rules.policy.tables import AS_OF

if TYPE_CHECKING:
    from postloan_rules.policy import reader
    from postloan_rules.problems import Span, Text

__all__ = ["parameter_value"]

_Part: TypeAlias = "tuple[date | None, date | None, Constant]"


def parameter_value(text: Text, span: Span) -> reader.Node | None:
    """The value of a parameter, or its values by the day; None where the text is another expression."""
    parsed = parse(text)
    if parsed.problems or len(parsed.trees) != 1:
        return None
    parts = _parts(parsed.trees[0], text)
    match parts:
        case None | []:
            return None
        case [(None, None, value)]:
            return value.node
    if any(since is None for since, _, _ in parts):
        return None
    return listing(
        span,
        (
            section(
                span,
                ("from", word(str(since), span)),
                ("to", word(str(until), span) if until is not None else None),
                ("value", value.node),
            )
            for since, until, value in parts
        ),
    )


def _parts(root: Node, text: Text) -> list[_Part] | None:
    """`if as_of < @"..." then a else b` as a list of values with their days."""
    found: list[_Part] = []
    since: date | None = None
    while True:
        day, operator = _day(root)
        if not isinstance(root, If) or day is None or (operator == "<=" and not _is_null(root.otherwise)):
            break
        value = constant(root.then, text)
        if operator == "<=":
            return [*found, (since, day, value)] if value is not None else None
        if value is not None:
            found.append((since, None, value))
        elif found or not _is_null(root.then):
            return None
        since, root = day, root.otherwise
    value = constant(root, text)
    return [*found, (since, None, value)] if value is not None else None


def _day(node: Node) -> tuple[date | None, str]:
    match node:
        case If(
            condition=Comparison(
                operator="<" | "<=" as operator,
                left=GlobalName(name=name),
                right=TemporalLiteral(value=date() as day),
            )
        ) if name == AS_OF:
            return day, operator
        case _:
            return None, ""


def _is_null(node: Node) -> bool:
    return isinstance(node, NullLiteral)
