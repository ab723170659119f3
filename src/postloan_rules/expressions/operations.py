"""Which types and units go together, what comes out, and what to write where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    NUMERIC,
    RATIO,
    STRING,
    TIME,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    ScalarType,
    Type,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.expressions.nodes import ArithmeticOperator

__all__ = [
    "advice",
    "arithmetic",
    "comparable",
    "fits",
    "negated",
    "ordered",
    "unified",
]

_PLAIN = frozenset({NUMBER, RATIO})
_DURATIONS = frozenset({DAYS_DURATION, MONTHS_DURATION})


def arithmetic(operator: ArithmeticOperator, left: Type, right: Type) -> Type | None:
    """The type of `left operator right`, or None where the two do not go together."""
    if ANY in (left, right):
        return ANY
    match operator:
        case "+":
            return _sum(left, right)
        case "-":
            return _difference(left, right)
        case "*":
            return _product(left, right) or _product(right, left)
        case "/":
            return _quotient(left, right)
        case "**":
            return NUMBER if left in _PLAIN and right in _PLAIN else None


def _sum(left: Type, right: Type) -> Type | None:
    if _textual(left) and _textual(right):
        return STRING
    return _same_unit(left, right) or _moved(left, right) or _moved(right, left)


def _difference(left: Type, right: Type) -> Type | None:
    if left == right and left in {DATE, DATE_TIME, TIME}:
        return DAYS_DURATION
    return _same_unit(left, right) or _moved(left, right)


def _same_unit(left: Type, right: Type) -> Type | None:
    if left == right and (left in NUMERIC or left in _DURATIONS):
        return left
    return NUMBER if left in _PLAIN and right in _PLAIN else None


def _moved(moment: Type, by: Type) -> Type | None:
    """A date or time moved by a duration."""
    if moment in {DATE, DATE_TIME} and by in _DURATIONS:
        return moment
    return TIME if moment == TIME and by == DAYS_DURATION else None


def _product(left: Type, right: Type) -> Type | None:
    if left == RATIO and right == RATIO:
        return RATIO
    if left in _PLAIN and right in _PLAIN:
        return NUMBER
    if right in _PLAIN and (left in NUMERIC or left in _DURATIONS):
        return left
    return MONEY if left == MONEY and right in {DAYS, MONTHS} else None


def _quotient(left: Type, right: Type) -> Type | None:
    if left == right and (left in NUMERIC or left in _DURATIONS):
        return RATIO if left == MONEY else NUMBER
    if right in _PLAIN and (left in NUMERIC or left in _DURATIONS):
        return left
    if left in {MONEY, NUMBER} and right in {DAYS, MONTHS}:
        return left
    return None


def negated(operand: Type) -> Type | None:
    """The type of `-operand`, or None where there is none."""
    return operand if operand == ANY or operand in NUMERIC or operand in _DURATIONS else None


def comparable(left: Type, right: Type) -> bool:
    """Whether `left = right` can be asked."""
    match left, right:
        case (ScalarType(name="any" | "null"), _) | (_, ScalarType(name="any" | "null")):
            return True
        case ListType(), ListType():
            return comparable(left.item, right.item)
        case RangeType(), RangeType():
            return comparable(left.item, right.item)
        case RecordType(), RecordType():
            return True
        case EnumType(), EnumType():
            return set(left.members) == set(right.members)
        case _ if _textual(left) and _textual(right):
            return True
        case _:
            return left == right or (left in _PLAIN and right in _PLAIN)


def ordered(type_: Type) -> bool:
    """Whether values of the type have an order, so that `<` can be asked."""
    return isinstance(type_, ScalarType) and type_ != BOOLEAN


def unified(types: Sequence[Type]) -> Type | None:
    """The one type that holds values of all the types, or None."""
    result: Type = NULL
    for type_ in types:
        joined = _joined(result, type_)
        if joined is None:
            return None
        result = joined
    return result


def _joined(left: Type, right: Type) -> Type | None:
    match left, right:
        case _ if right in (left, NULL):
            return left
        case _ if left == NULL:
            return right
        case (ScalarType(name="any"), _) | (_, ScalarType(name="any")):
            return ANY
        case ListType(), ListType():
            item = _joined(left.item, right.item)
            return None if item is None else ListType(item, unknown=left.unknown or right.unknown)
        case RangeType(), RangeType():
            item = _joined(left.item, right.item)
            return None if item is None else RangeType(item)
        case RecordType(), RecordType():
            return _joined_records(left, right)
        case _ if _textual(left) and _textual(right):
            return STRING
        case _:
            return NUMBER if left in _PLAIN and right in _PLAIN else None


def _joined_records(left: RecordType, right: RecordType) -> RecordType:
    fields: dict[str, Variable] = {}
    for name in dict.fromkeys((*left.fields, *right.fields)):
        ours, theirs = left.fields.get(name), right.fields.get(name)
        if ours is None or theirs is None:
            present = ours or theirs
            fields[name] = Variable(present.type if present else ANY, unknown=True)
            continue
        joined = _joined(ours.type, theirs.type)
        fields[name] = Variable(ANY if joined is None else joined, unknown=ours.unknown or theirs.unknown)
    return RecordType(left.name if left.name == right.name else "", fields)


def fits(actual: Type, expected: Type) -> bool:
    """Whether a value of one type can stand where another is expected."""
    match actual, expected:
        case (ScalarType(name="any" | "null"), _) | (_, ScalarType(name="any")):
            return True
        case ListType(), ListType():
            return fits(actual.item, expected.item)
        case RangeType(), RangeType():
            return fits(actual.item, expected.item)
        case RecordType(), RecordType():
            return not expected.name or actual.name == expected.name
        case EnumType(), EnumType():
            return set(actual.members) <= set(expected.members)
        case EnumType(), ScalarType(name="string"):
            return True
        case _:
            return actual == expected or (actual in _PLAIN and expected in _PLAIN)


def _textual(type_: Type) -> bool:
    return type_ == STRING or isinstance(type_, EnumType)


def advice(left: Type, right: Type) -> str:
    """What to do where two types do not go together."""
    pair = {left, right}
    for types, text in _ADVICE:
        if pair == types:
            return text
    if (isinstance(left, ListType) or isinstance(right, ListType)) and left != right:
        return "take one item of the list (`[1]`, `[-1]`), `count` or `sum` it, or write `value in list`"
    if isinstance(left, EnumType) and isinstance(right, EnumType):
        return "the two have different words"
    if pair & _MOMENTS and pair & NUMERIC:
        return 'write a duration, such as `duration("P30D")`, or compare with `days between(start, end)`'
    if pair & _DURATIONS and pair & NUMERIC:
        return 'write a duration, such as `duration("P30D")`, or take a part of it, such as `.days`'
    if any(_textual(type_) for type_ in pair) and pair & NUMERIC:
        return (
            "a text is never read as a number: take the quotes away, or write `number(...)` or `string(...)`"
        )
    if any(_textual(type_) for type_ in pair) and pair & _MOMENTS:
        return 'write `date("2026-12-01")`, not a text'
    if any(_textual(type_) for type_ in pair) and BOOLEAN in pair:
        return "write `true` or `false` without quotes"
    if pair & {DAYS, MONTHS} and pair & _PLAIN:
        return "give both the same unit: declare the number as days or months"
    return ""


_MOMENTS = frozenset({DATE, DATE_TIME, TIME})
_ADVICE: tuple[tuple[set[Type], str], ...] = (
    (
        {MONEY, RATIO},
        "multiply the ratio by an amount first, or divide the amount by another to have a ratio",
    ),
    ({MONEY, NUMBER}, "declare the number as money, or multiply it by an amount"),
    ({MONEY}, "money times money is no amount; one of the two is a ratio or a number"),
    ({MONEY, DAYS}, "an amount and a number of days measure different things"),
    ({MONEY, MONTHS}, "an amount and a number of months measure different things"),
    ({DAYS, MONTHS}, "write both in days, or both in months"),
    ({DATE, DATE_TIME}, "write `date(...)` around the date-time"),
    (
        {DAYS_DURATION, MONTHS_DURATION},
        "a month has no fixed number of days: write both in days or both in months",
    ),
    (
        {STRING, NUMBER},
        "a text is never read as a number: take the quotes away, or write `number(...)` or `string(...)`",
    ),
)
