from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan_rules.expressions.functions import FUNCTIONS, PROPERTIES, Function, property_value
from postloan_rules.expressions.values import Months, Range

moments = st.one_of(
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=8)))),
    st.times(),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5).map(Decimal),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    moments,
    st.timedeltas(),
    st.builds(Months, st.integers(-(10**10), 10**10)),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
        st.builds(Range, inner, inner, st.booleans(), st.booleans()),
    ),
    max_leaves=8,
)
KINDS = (
    type(None), bool, Decimal, str, dt.date, dt.time, dt.timedelta, Months, tuple, Range, dict,
)  # fmt: skip


def _counts(function: Function) -> list[int]:
    counts: set[int] = set()
    for parameters in function.overloads:
        least = sum(not parameter.optional for parameter in parameters)
        counts |= set(range(least, len(parameters) + (3 if parameters[-1].many else 1)))
    return sorted(counts)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
@settings(max_examples=40)
@given(data=st.data())
def test_a_function_takes_values_of_any_kind_and_gives_one_of_the_language(
    function: Function, data: st.DataObject
) -> None:
    count = data.draw(st.sampled_from(_counts(function)))
    arguments = data.draw(st.tuples(*[anything] * count))
    result = function.apply(*arguments)
    assert isinstance(result, KINDS)
    if isinstance(result, Decimal):
        assert result.is_finite()


@given(anything, st.sampled_from(sorted(PROPERTIES)))
def test_a_part_of_any_value_is_a_value(value: object, name: str) -> None:
    assert isinstance(property_value(value, name), KINDS)


@pytest.mark.parametrize(
    "name", sorted(set(FUNCTIONS) - {"append", "count", "string", "list contains", "index of", "string join"})
)
def test_a_function_of_unknown_values_is_unknown(name: str) -> None:
    function = FUNCTIONS[name]
    for count in _counts(function):
        assert function.apply(*[None] * count) is None
