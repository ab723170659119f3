from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan_rules.expressions.functions import BARE, FUNCTIONS, Function, Parameter
from postloan_rules.expressions.kinds import of_type
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
    RATIO,
    STRING,
    TIME,
    EnumType,
    ListType,
    RangeType,
    Type,
    Variable,
)
from postloan_rules.expressions.values import Months, Range

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = EnumType("status", ("open", "closed"))


def typed(name: str, *types: Type, unknown: bool = False) -> Variable | str:
    return FUNCTIONS[name].typed([Variable(type_, unknown=unknown) for type_ in types])


@pytest.mark.parametrize(
    ("name", "types", "result", "unknown"),
    [
        ("abs", (MONEY,), MONEY, False),
        ("abs", (BARE,), NUMBER, False),
        ("abs", (MONTHS_DURATION,), MONTHS_DURATION, False),
        ("decimal", (MONEY, BARE), MONEY, False),
        ("floor", (RATIO,), RATIO, False),
        ("floor", (MONEY, NUMBER), MONEY, True),
        ("modulo", (MONEY, MONEY), MONEY, True),
        ("modulo", (MONTHS, BARE), MONTHS, True),
        ("sum", (ListType(MONEY),), MONEY, False),
        ("sum", (ListType(MONEY, unknown=True),), MONEY, True),
        ("sum", (ListType(BARE),), NUMBER, False),
        ("sum", (MONEY, BARE), MONEY, False),
        ("max", (MONEY, BARE), MONEY, False),
        ("max", (ListType(MONEY),), MONEY, True),
        ("max", (NUMBER, RATIO), NUMBER, False),
        ("max", (DATE, DATE), DATE, False),
        ("min", (DAYS, BARE), DAYS, False),
        ("mean", (ListType(MONEY),), MONEY, True),
        ("mean", (MONEY, MONEY), MONEY, False),
        ("stddev", (ListType(MONEY),), MONEY, True),
        ("mode", (ListType(DAYS),), ListType(DAYS), False),
        ("count", (ListType(MONEY, unknown=True),), NUMBER, False),
        ("product", (ListType(RATIO),), NUMBER, True),
        ("all", (ListType(BOOLEAN, unknown=True),), BOOLEAN, True),
        ("any", (BOOLEAN, BOOLEAN), BOOLEAN, False),
        ("list contains", (ListType(STATUS), STATUS), BOOLEAN, False),
        ("list contains", (ListType(STATUS), EnumType("", ("open",))), BOOLEAN, False),
        ("list contains", (ListType(STATUS, unknown=True), STATUS), BOOLEAN, True),
        ("list contains", (ListType(STATUS), NULL), BOOLEAN, True),
        ("append", (ListType(MONEY), BARE), ListType(MONEY), False),
        ("append", (ListType(MONEY), NULL), ListType(MONEY, unknown=True), False),
        (
            "concatenate",
            (ListType(MONEY), ListType(MONEY, unknown=True)),
            ListType(MONEY, unknown=True),
            False,
        ),
        ("flatten", (ListType(ListType(DATE)),), ListType(DATE), False),
        ("latest", (ListType(MONEY), BARE), ListType(MONEY), False),
        ("sublist", (ListType(MONEY), BARE), ListType(MONEY), True),
        ("insert before", (ListType(MONEY), BARE, BARE), ListType(MONEY), True),
        ("string length", (STATUS,), NUMBER, False),
        ("string join", (ListType(STRING, unknown=True),), STRING, False),
        ("date", (STRING,), DATE, True),
        ("date", (DATE_TIME,), DATE, False),
        ("date", (BARE, BARE, BARE), DATE, True),
        ("duration", (STRING,), ANY, True),
        ("days between", (DATE, DATE_TIME), DAYS, False),
        ("months between", (DATE, DATE), MONTHS, False),
        ("years and months duration", (DATE, DATE), MONTHS_DURATION, False),
        ("during", (MONEY, RangeType(BARE)), BOOLEAN, False),
        ("before", (RangeType(DATE), RangeType(DATE)), BOOLEAN, False),
        ("max", (ANY, ANY), ANY, True),
        ("max", (MONEY, ANY), MONEY, True),
        ("abs", (NULL,), ANY, True),
        ("sum", (ListType(ANY),), ANY, True),
    ],
)
def test_a_call_has_a_type_and_a_unit(
    name: str,
    types: tuple[Type, ...],
    result: Type,
    unknown: bool,
) -> None:
    assert typed(name, *types) == Variable(result, unknown=unknown)


def test_a_call_may_be_unknown_when_an_argument_may_be() -> None:
    assert typed("abs", MONEY, unknown=True) == Variable(MONEY, unknown=True)
    assert typed("count", ListType(MONEY), unknown=True) == Variable(NUMBER, unknown=True)
    assert typed("before", DATE, DATE, unknown=True) == Variable(BOOLEAN, unknown=True)


UNITS = "multiply the ratio by an amount first, as in `0.7 * balance`"
CALENDAR = "a month has no fixed number of days: give both in days, or both in months"
DECLARED = "declare the number with its unit, or divide the amount by one of its own kind"
ALIKE = "give values of one type"


@pytest.mark.parametrize(
    ("name", "types", "message", "help_"),
    [
        ("max", (MONEY, RATIO), "`max` takes values of one type, not money and ratio", UNITS),
        ("max", (DAYS, MONTHS), "`max` takes values of one type, not days and months", CALENDAR),
        ("sum", (MONEY, NUMBER), "`sum` takes values of one type, not money and number", DECLARED),
        ("max", (DATE, MONEY), "`max` takes values of one type, not date and money", ALIKE),
        ("append", (ListType(MONEY), RATIO), "`append` takes values of one type, not money and ratio", UNITS),
        ("abs", (STRING,), "`abs` takes a number, amount or duration as `n`, not string", ""),
        ("sqrt", (MONEY,), "`sqrt` takes a plain number as `number`, not money", ""),
        ("max", (STATUS, STATUS), "`max` takes a value with an order as `item`, not one of open, closed", ""),
        (
            "sum",
            (ListType(DATE),),
            "`sum` takes a list of numbers or amounts as `list`, not list of date",
            "",
        ),
        ("product", (ListType(MONEY),), "`product` takes a list of numbers as `list`, not list of money", ""),
        ("count", (MONEY,), "`count` takes a list as `list`, not money", ""),
        (
            "list contains",
            (ListType(STATUS), EnumType("", ("shut",))),
            "`shut` is not one of the words of status",
            "its words: `closed`, `open`",
        ),
        ("during", (DATE, RangeType(MONEY)), "`during` takes values of one type, not date and money", ALIKE),
        ("meets", (BARE, BARE), "`meets` takes a range as `range1`, not number", ""),
        (
            "days between",
            (STRING, DATE),
            "`days between` takes a date or date-time as `from`, not string",
            "",
        ),
        ("abs", (), "`abs` takes (n), not 0", ""),
        ("substring", (STRING,), "`substring` takes (string, start position, length?), not 1", ""),
    ],
)
def test_a_call_that_cannot_be_says_why_and_what_to_write(
    name: str, types: tuple[Type, ...], message: str, help_: str
) -> None:
    said = typed(name, *types)
    assert isinstance(said, str)
    assert said.partition("\n")[::2] == (message, help_)


numbers = st.decimals(-(10**6), 10**6, places=2)
_OF: dict[Type, st.SearchStrategy[object]] = {
    NUMBER: numbers,
    MONEY: numbers,
    RATIO: st.decimals(0, 1, places=4),
    DAYS: st.integers(-3, 400).map(Decimal),
    MONTHS: st.integers(-3, 40).map(Decimal),
    BARE: numbers,
    BOOLEAN: st.booleans(),
    STRING: st.text(max_size=4),
    STATUS: st.sampled_from(STATUS.members),
    DATE: st.dates(),
    DATE_TIME: st.datetimes(),
    TIME: st.times(),
    DAYS_DURATION: st.timedeltas(dt.timedelta(-10), dt.timedelta(10)),
    MONTHS_DURATION: st.builds(Months, st.integers(-30, 30)),
}
SINGLE = st.sampled_from(sorted(_OF, key=str))


def _argument(type_: Type) -> st.SearchStrategy[tuple[Variable, object]]:
    return _OF[type_].map(lambda value: (Variable(type_), value))


def _list(type_: Type) -> st.SearchStrategy[tuple[Variable, object]]:
    return st.one_of(
        st.lists(_OF[type_], max_size=4).map(lambda items: (Variable(ListType(type_)), tuple(items))),
        st.lists(st.one_of(st.none(), _OF[type_]), max_size=4).map(
            lambda items: (Variable(ListType(type_, unknown=True)), tuple(items))
        ),
    )


def _range(type_: Type) -> st.SearchStrategy[tuple[Variable, object]]:
    return st.builds(Range, _OF[type_], _OF[type_], st.booleans(), st.booleans()).map(
        lambda values: (Variable(RangeType(type_)), values)
    )


def _fit(parameter: Parameter, common: Type) -> st.SearchStrategy[tuple[Variable, object]]:
    shapes: list[Callable[[Type], st.SearchStrategy[tuple[Variable, object]]]] = [_argument]
    if "list" in parameter.accepts:
        shapes = [_list]
    if parameter.accepts == "range":
        shapes = [_range]
    if parameter.accepts == "any value":
        shapes = [_argument, _list]
    if parameter.name in {"n", "position", "scale", "start position", "length"}:
        return st.integers(-3, 3).map(lambda count: (Variable(BARE), Decimal(count)))
    return st.one_of(*[shape(common) for shape in shapes])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
@settings(max_examples=40)
@given(data=st.data())
def test_a_call_gives_what_its_type_says(function: Function, data: st.DataObject) -> None:
    parameters = data.draw(st.sampled_from(function.overloads))
    common = data.draw(SINGLE)
    pairs = [data.draw(_fit(parameter, common)) for parameter in parameters]
    if parameters[-1].many:
        pairs += data.draw(st.lists(_fit(parameters[-1], common), max_size=2))
    result = function.typed([variable for variable, _ in pairs])
    if isinstance(result, str):
        return
    value = function.apply(*[value for _, value in pairs])
    assert value is not None or result.unknown
    assert of_type(value, result.type)
    if isinstance(result.type, ListType) and not result.type.unknown and isinstance(value, tuple):
        assert None not in value
