from __future__ import annotations

import pytest

from postloan_rules.expressions.functions import (
    FAMILIES,
    FUNCTIONS,
    PROPERTIES,
    Function,
    property_type,
    property_value,
)
from postloan_rules.expressions.types import (
    ANY,
    DATE,
    DAYS,
    DAYS_DURATION,
    MONEY,
    NUMBER,
    RangeType,
    Variable,
)
from postloan_rules.expressions.values import Range, temporal_from_text, text_of

NAMES = """
abs, floor, ceiling, decimal, round up, round down, round half up, round half down, modulo, sqrt,
exp, log, odd, even, count, sum, min, max, mean, median, stddev, mode, product, all, any, list
contains, index of, append, concatenate, union, distinct values, flatten, reverse, sublist, insert
before, remove, list replace, latest, string length, substring, substring before, substring after,
contains, starts with, ends with, upper case, lower case, string join, string, days between, months
between, years and months duration, day of year, day of week, month of year, week of year, number,
date, date and time, time, duration, before, after, meets, met by, overlaps, overlaps before,
overlaps after, finishes, finished by, includes, during, starts, started by, coincides
"""


def test_every_function_of_the_language_is_there_once() -> None:
    assert list(FUNCTIONS) == [name.strip() for name in NAMES.replace("\n", " ").split(",")]
    assert len(FUNCTIONS) == sum(len(family) for family in FAMILIES.values())


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_a_function_says_what_it_means_and_when_it_is_unknown(function: Function) -> None:
    assert function.examples
    assert function.meaning
    assert not function.meaning.endswith(".")
    assert function.meaning[0].islower() or function.meaning.startswith("e to")
    assert not (function.total and (function.unknown or function.unknown_help))
    for parameters in function.overloads:
        optional = [parameter.optional for parameter in parameters]
        assert optional == sorted(optional), "what may be left out stands last"
        assert not any(parameter.many for parameter in parameters[:-1])


@pytest.mark.parametrize(
    ("source", "name", "part"),
    [
        ("2026-12-10", "year", "2026"),
        ("2026-12-10", "month", "12"),
        ("2026-12-10", "day", "10"),
        ("2026-12-10", "weekday", "4"),
        ("2026-12-10", "hour", None),
        ("2026-12-10T10:30:01.5", "hour", "10"),
        ("2026-12-10T10:30:01.5", "minute", "30"),
        ("2026-12-10T10:30:01.5", "second", "1.5"),
        ("2026-12-10T10:30:01+08:00", "time offset", "PT8H"),
        ("2026-12-10T10:30:01", "time offset", None),
        ("10:30:01Z", "time offset", "PT0S"),
        ("10:30:01", "year", None),
        ("-P1DT2H3M4.5S", "days", "-1"),
        ("-P1DT2H3M4.5S", "hours", "-2"),
        ("-P1DT2H3M4.5S", "minutes", "-3"),
        ("-P1DT2H3M4.5S", "seconds", "-4"),
        ("-PT1H", "days", "0"),
        ("P1Y2M", "years", "1"),
        ("-P1Y2M", "months", "-2"),
        ("P1Y2M", "days", None),
        ("P1Y2M", "colour", None),
    ],
)
def test_a_path_reads_a_part_of_a_moment_or_duration(source: str, name: str, part: str | None) -> None:
    assert text_of(property_value(temporal_from_text(source), name)) == part


def test_the_ends_of_a_range_have_the_type_of_its_values() -> None:
    money = RangeType(MONEY)
    assert property_type(money, "start") == Variable(MONEY, unknown=True)
    assert property_value(Range(None, 5, end_closed=False), "end included") is False
    assert property_type(DATE, "start") is None


def test_a_part_has_a_type_of_its_own() -> None:
    assert property_type(DAYS_DURATION, "days") == Variable(DAYS)
    assert property_type(DATE, "year") == Variable(NUMBER)
    assert property_type(DATE, "hour") is None
    assert property_type(ANY, "hour") is None
    assert property_type(DATE, "colour") is None
    assert all(part.read(object()) is None for part in PROPERTIES.values())
