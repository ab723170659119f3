"""SQL as a tree: the few shapes that every dialect prints alike. Nothing is ever pasted together as text."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "Sql",
    "all_sql",
    "any_sql",
    "binary",
    "call",
    "case",
    "cast",
    "coalesce",
    "column",
    "dot",
    "equals",
    "false",
    "is_known",
    "is_unknown",
    "lambda_of",
    "mentions",
    "negative",
    "not_sql",
    "null",
    "number",
    "quoted",
    "replaced",
    "text",
    "true",
    "try_cast",
]

Sql: TypeAlias = exp.Expression

_CLOSED = (
    exp.Column,
    exp.Literal,
    exp.Anonymous,
    exp.Cast,
    exp.TryCast,
    exp.Paren,
    exp.Null,
    exp.Boolean,
    exp.Case,
    exp.Coalesce,
    exp.Dot,
    exp.Array,
)


def _own(part: Sql) -> Sql:
    """The part itself, or a copy where it already stands in another tree."""
    return part.copy() if part.parent is not None else part


def _operand(part: Sql) -> Sql:
    """The part as an operand: in brackets, unless nothing beside it could take it apart."""
    return _own(part) if isinstance(part, _CLOSED) else exp.Paren(this=_own(part))


def column(name: str, table: str | None = None) -> Sql:
    """A column, or the variable of a lambda."""
    held = quoted(table) if table is not None else None
    return exp.Column(this=quoted(name), table=held)


def quoted(name: str) -> exp.Identifier:
    """A name in the dialect's quotes, so that no word of SQL can stand for it."""
    return exp.to_identifier(name, quoted=True)


def dot(record: Sql, name: str) -> Sql:
    """A field of a struct."""
    return exp.Dot(this=_operand(record), expression=quoted(name))


def text(value: str) -> Sql:
    """A text, quoted as the dialect does."""
    return exp.Literal.string(value)


def number(value: Decimal | int) -> Sql:
    """A number as it is written, without an exponent."""
    # Not abs(), which would round a Decimal to Python's 28 digits.
    written = f"{value.copy_abs():f}" if isinstance(value, Decimal) else str(abs(value))
    literal = exp.Literal.number(written)
    return exp.Neg(this=literal) if value < 0 else literal


def true() -> Sql:
    """The truth value true."""
    return exp.Boolean(this=True)


def false() -> Sql:
    """The truth value false."""
    return exp.Boolean(this=False)


def null(type_: str | None = None) -> Sql:
    """Nothing, as a value of a type where one is given."""
    return exp.Null() if type_ is None else cast(exp.Null(), type_)


def call(name: str, *arguments: Sql) -> Sql:
    """A call of a function of the engine."""
    return exp.Anonymous(this=name, expressions=[_own(each) for each in arguments])


def cast(value: Sql, type_: str) -> Sql:
    """The value as another type; never used where the value might not fit."""
    return exp.Cast(this=_own(value), to=exp.DataType.build(type_))


def try_cast(value: Sql, type_: str) -> Sql:
    """The value as another type, and nothing where it does not fit."""
    return exp.TryCast(this=_own(value), to=exp.DataType.build(type_), safe=True)


def binary(shape: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    """Two operands, each in brackets where that is needed."""
    return _expression(shape(this=_operand(left), expression=_operand(right)))


def equals(left: Sql, right: Sql) -> Sql:
    """Whether two values are equal; nothing where one of them is."""
    return binary(exp.EQ, left, right)


def negative(value: Sql) -> Sql:
    """The number with the other sign."""
    return exp.Neg(this=_operand(value))


def not_sql(value: Sql) -> Sql:
    """The opposite of a truth value."""
    return exp.Not(this=_operand(value))


def is_unknown(value: Sql) -> Sql:
    """Whether the value is unknown."""
    return exp.Is(this=_operand(value), expression=exp.Null())


def is_known(value: Sql) -> Sql:
    """Whether the value is known."""
    return exp.Not(this=exp.Is(this=_operand(value), expression=exp.Null()))


def all_sql(parts: Iterable[Sql]) -> Sql:
    """All of the conditions; true when there is none."""
    return _joined(exp.And, list(parts), true)


def any_sql(parts: Iterable[Sql]) -> Sql:
    """Any of the conditions; false when there is none."""
    return _joined(exp.Or, list(parts), false)


def _joined(shape: type[exp.Connector], parts: Sequence[Sql], empty: Callable[[], Sql]) -> Sql:
    # What is the same in every row is left out, or is all there is to say: `false and x` is false.
    if any(isinstance(part, exp.Boolean) for part in parts):
        neutral = shape is exp.And
        if any(isinstance(part, exp.Boolean) and part.this is not neutral for part in parts):
            return exp.Boolean(this=not neutral)
        parts = [part for part in parts if not isinstance(part, exp.Boolean)]
    if not parts:
        return empty()
    if len(parts) == 1:
        return _own(parts[0])
    # Halves keep the tree shallow, so that long conditions can be printed and read.
    middle = len(parts) // 2
    halves = (_joined(shape, parts[:middle], empty), _joined(shape, parts[middle:], empty))
    first, second = (half if isinstance(half, shape) else _operand(half) for half in halves)
    last = exp.Paren(this=second) if isinstance(second, shape) else second
    return _expression(shape(this=_own(first), expression=last))


def case(branches: Iterable[tuple[Sql, Sql]], otherwise: Sql | None = None) -> Sql:
    """The value of the first condition that is true."""
    ifs = [exp.If(this=_own(condition), true=_own(value)) for condition, value in branches]
    return exp.Case(ifs=ifs, default=None if otherwise is None else _own(otherwise))


def coalesce(value: Sql, *others: Sql) -> Sql:
    """The first value that is known."""
    if isinstance(value, exp.Boolean):
        return value
    return exp.Coalesce(this=_own(value), expressions=[_own(each) for each in others])


def lambda_of(variables: Sequence[str], body: Sql) -> Sql:
    """A function of the items of a list."""
    return exp.Lambda(this=_own(body), expressions=[quoted(name) for name in variables])


def replaced(sql: Sql, variable: str, value: Sql) -> Sql:
    """The tree with another value in place of a lambda's variable."""

    def swap(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name == variable and not node.table:
            return _operand(value).copy()
        return node

    return _expression(sql.transform(swap))


def _expression(node: object) -> Sql:
    if not isinstance(node, exp.Expression):
        raise TypeError(f"not a tree: {node!r}")
    return node


def mentions(sql: Sql, variables: Iterable[str]) -> bool:
    """Whether the tree reads one of these variables."""
    wanted = frozenset(variables)
    return any(node.name in wanted and not node.table for node in sql.find_all(exp.Column))
