from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.expressions.functions import FUNCTIONS
from postloan_rules.expressions.values import Range, within

D = Decimal
POINTS = [D(number) / 4 for number in range(-2, 31)]
ends = st.integers(0, 7).map(Decimal)


def _range(start: Decimal, end: Decimal, *closed: bool) -> Range:
    return Range(min(start, end), max(start, end), *closed)


ranges = st.builds(_range, ends, ends, st.booleans(), st.booleans()).filter(
    lambda values: values.start != values.end or (values.start_closed and values.end_closed)
)


def members(values: Range) -> list[Decimal]:
    return [point for point in POINTS if within(point, values)]


def call(name: str, left: object, right: object) -> object:
    return FUNCTIONS[name].apply(left, right)


@given(ranges, ranges)
def test_relations_of_ranges_are_those_of_their_values(left: Range, right: Range) -> None:
    # Quarter steps between whole ends: a range is told by its first and last member.
    ours, theirs = members(left), members(right)
    assert call("before", left, right) is (ours[-1] < theirs[0])
    assert call("after", left, right) is (ours[0] > theirs[-1])
    assert call("overlaps", left, right) is bool(set(ours) & set(theirs))
    assert call("includes", left, right) is (set(ours) >= set(theirs))
    assert call("during", left, right) is (set(ours) <= set(theirs))
    assert call("coincides", left, right) is (ours == theirs)
    assert call("meets", left, right) is (ours[-1] == theirs[0])
    assert call("met by", left, right) is (theirs[-1] == ours[0])
    assert call("starts", left, right) is (ours[0] == theirs[0] and ours[-1] <= theirs[-1])
    assert call("finishes", left, right) is (ours[-1] == theirs[-1] and ours[0] >= theirs[0])
    assert call("overlaps before", left, right) is (ours[0] < theirs[0] <= ours[-1] <= theirs[-1])


@given(ranges, ranges)
def test_each_relation_has_its_mirror(left: Range, right: Range) -> None:
    for name, mirror in (
        ("before", "after"),
        ("meets", "met by"),
        ("overlaps", "overlaps"),
        ("overlaps before", "overlaps after"),
        ("starts", "started by"),
        ("finishes", "finished by"),
        ("includes", "during"),
        ("coincides", "coincides"),
    ):
        assert call(name, left, right) is call(mirror, right, left)


@given(ends, ranges)
def test_relations_of_a_value_and_a_range(point: Decimal, values: Range) -> None:
    inside = members(values)
    assert call("before", point, values) is (point < inside[0])
    assert call("after", point, values) is (point > inside[-1])
    assert call("during", point, values) is (point in inside)
    assert call("includes", values, point) is (point in inside)
    assert call("starts", point, values) is (point == inside[0])
    assert call("finishes", point, values) is (point == inside[-1])


@pytest.mark.parametrize(
    ("name", "left", "right", "result"),
    [
        ("before", D(1), Range(D(1), None, start_closed=False), True),
        ("before", Range(D(1), None), D(5), False),
        ("includes", Range(None, D(5)), D(-1000), True),
        ("includes", Range(None, D(5)), Range(None, D(4)), True),
        ("meets", Range(D(1), None), Range(None, D(1)), False),
        ("before", D(1), "a", None),
        ("before", D(1), None, None),
        ("meets", D(1), D(1), None),
        ("coincides", D(1), Range(D(1), D(1)), None),
        ("overlaps before", Range(D(5), D(9)), Range(D(1), None), False),
    ],
)
def test_open_ends_and_values_that_do_not_belong_together(
    name: str, left: object, right: object, result: bool | None
) -> None:
    assert call(name, left, right) is result
