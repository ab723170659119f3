from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.expressions import values
from postloan_rules.expressions.values import Months, Range, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

D = Decimal


def at(text: str) -> object:
    value = values.temporal_from_text(text)
    assert value is not None, text
    return value


def test_a_sum_has_34_digits_and_rounds_half_to_even() -> None:
    assert values.add(D("1e34"), D(5)) == D("1.0000000000000000000000000000000000E+34")
    assert values.add(D("0.1"), D("0.2")) == D("0.3")


@pytest.mark.parametrize(
    ("work", "left", "right"),
    [
        (values.divide, D(1), D(0)),
        (values.divide, D(0), D(0)),
        (values.power, D(0), D(0)),
        (values.power, D(-8), D("0.5")),
        (values.power, D(10), D("1e9")),
        (values.multiply, D("9e6000"), D("9e6000")),
        (values.add, D("9.999999999999999999999999999999999e6144"), D("9e6144")),
        (values.add, D("NaN"), D(1)),
        (values.add, D("sNaN"), D(1)),
        (values.add, True, D(1)),
        (values.add, D(1), "a"),
        (values.multiply, "a", D(3)),
        (values.add, (D(1),), (D(2),)),
    ],
)
def test_arithmetic_without_a_result_is_unknown(
    work: Callable[[object, object], object], left: object, right: object
) -> None:
    assert work(left, right) is None


@pytest.mark.parametrize(
    ("moment", "by", "moved"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2028-02-29", "-P4Y", "2024-02-29"),
        ("2026-12-31", "P2M", "2027-02-28"),
        ("2026-03-31", "-P1M", "2026-02-28"),
        ("2026-01-01", "PT36H", "2026-01-02"),
        ("2026-01-01", "-PT1H", "2025-12-31"),
        ("2026-02-28", "P1D", "2026-03-01"),
        ("2026-01-31T10:00:00", "P1M", "2026-02-28T10:00:00"),
        ("2026-01-31T10:00:00+08:00", "PT20H", "2026-02-01T06:00:00+08:00"),
        ("23:30:00", "PT1H", "00:30:00"),
        ("00:30:00Z", "-P3DT1H", "23:30:00Z"),
    ],
)
def test_a_moment_moves_by_a_duration(moment: str, by: str, moved: str) -> None:
    assert values.add(at(moment), at(by)) == at(moved)
    assert values.add(at(by), at(moment)) == at(moved)


@pytest.mark.parametrize(
    ("moment", "by"),
    [
        ("9999-12-31", "P1D"),
        ("9999-12-31", "P1M"),
        ("0001-01-01", "-P1D"),
        ("0001-01-01", "-P1M"),
        ("9999-12-31T23:59:59", "PT1S"),
        ("2026-01-01", "P999999999Y"),
        ("10:00:00", "P1M"),
    ],
)
def test_a_moment_past_the_calendar_is_unknown(moment: str, by: str) -> None:
    assert values.add(at(moment), at(by)) is None


@pytest.mark.parametrize(
    ("left", "right", "between"),
    [
        ("2026-03-01", "2026-02-28", "P1D"),
        ("2026-02-28", "2026-03-01", "-P1D"),
        ("2026-03-01T10:00:00+08:00", "2026-03-01T02:00:00Z", "PT0S"),
        ("2026-03-01", "2026-03-01T02:00:00Z", "-PT2H"),
        ("10:00:00", "08:30:00", "PT1H30M"),
        ("P1Y", "P2M", "P10M"),
        ("P1D", "PT2H", "PT22H"),
    ],
)
def test_the_difference_of_two_moments_is_a_duration(left: str, right: str, between: str) -> None:
    assert values.subtract(at(left), at(right)) == at(between)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("2026-03-01T10:00:00", "2026-03-01T02:00:00Z"),
        ("2026-03-01", "2026-03-01T02:00:00"),
        ("10:00:00", "10:00:00Z"),
        ("P1D", "P1M"),
        ("P1D", "2026-03-01"),
    ],
)
def test_moments_without_a_common_clock_have_no_difference_and_no_order(left: str, right: str) -> None:
    assert values.subtract(at(left), at(right)) is None
    assert values.compare(at(left), at(right)) is None
    assert values.equal(at(left), at(right)) is None


def test_durations_scale_and_are_cut_toward_zero() -> None:
    assert values.multiply(at("P1Y11M"), D("-2.5")) == at("-P4Y9M")
    assert values.divide(at("P10Y11M"), D("-2.5")) == at("-P4Y4M")
    assert values.multiply(D("1.5"), at("P4DT1H")) == at("P6DT1H30M")
    assert values.divide(at("PT1S"), D(3)) == dt.timedelta(microseconds=333_333)
    assert values.divide(at("P1D"), at("PT6H")) == D(4)
    assert values.divide(at("P1Y"), at("P5M")) == D("2.4")
    assert values.divide(at("P1Y"), at("P0M")) is None
    assert values.divide(at("P1Y"), D(0)) is None
    assert values.multiply(at("P999999999D"), D(10)) is None
    assert values.multiply(at("P1M"), D("1e6000")) is None


def test_equality_of_lists_keeps_an_unknown_item_unknown() -> None:
    assert values.equal((D(1), None), (D(1), None)) is None
    assert values.equal((D(1), None), (D(2), None)) is False
    assert values.equal((D(1),), (D("1.0"),)) is True
    assert values.equal((), ()) is True
    assert values.equal((), D(0)) is None
    assert values.same((D(1), None), (D(1), None))


def test_values_of_different_kinds_are_neither_equal_nor_different() -> None:
    assert values.equal(D(1), True) is None
    assert values.equal("1", D(1)) is None
    assert values.equal(None, None) is None
    assert values.equal(False, False) is True
    assert values.compare(True, False) is None


@pytest.mark.parametrize(
    ("value", "inside"), [(D(1), True), (D(5), False), (D(4), True), (D(0), False), (None, None), ("a", None)]
)
def test_a_value_lies_within_a_range(value: object, inside: bool | None) -> None:
    assert values.within(value, Range(D(1), D(5), start_closed=True, end_closed=False)) is inside


def test_an_open_ended_range_has_one_side() -> None:
    assert values.within(D(1000), Range(D(1), None)) is True
    assert values.within(D(0), Range(D(1), None)) is False
    assert values.within(None, Range(D(1), None)) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30", "2026-2-3", "0000-01-01", "10000-01-01", "2026-01-01T", "2026-01-01T10:00",
        "2026-13-01",
        "2026-01-01T25:00:00", "2026-01-01T24:00:01", "2026-01-01T10:00:60", "2026-01-01T10:00:00+5:00",
        "2026-01-01T10:00:00+19:00", "2026-01-01T10:00:00@Asia/Shanghai", "9999-12-31T24:00:00", "24:00:00",
        "P", "PT", "P1DT", "P1H", "1Y", "P1Y2D", "P-1D", "P1.5D", "P0", "P999999999999D", "P9999999999Y",
        "P" + "9" * 5000 + "D", "２０２６-01-01", " 2026-01-01", "2026-01-01\n", "foo", "",
    ],
)  # fmt: skip
def test_text_that_is_no_moment_or_duration_is_unknown(text: str) -> None:
    assert values.temporal_from_text(text) is None


@pytest.mark.parametrize(
    "text", ["1,000", "1e", "--1", "+1", "1.", "", "1e999999999", "١", "1 ", "NaN", "0x1"]
)
def test_text_that_is_no_number_is_unknown(text: str) -> None:
    assert values.number_from_text(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.50", "1.50"), (".5", "0.5"), ("-.872", "-0.872"), ("1.23e4", "12300"), ("007", "7")],
)
def test_a_number_is_read_from_text(text: str, number: str) -> None:
    assert values.number_from_text(text) == D(number)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("1.50"), "1.5"),
        (D("1E+3"), "1000"),
        (D("-0.00"), "0"),
        (D("1e-7"), "0.0000001"),
        (D("1e100"), "1E+100"),
        (True, "true"),
        ("信用", "信用"),
        (dt.date(17, 1, 2), "0017-01-02"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 100, tzinfo=dt.UTC), "2026-01-02T03:04:05.0001Z"),
        (dt.datetime.fromisoformat("2026-01-02T03:04:05-05:00:01"), "2026-01-02T03:04:05-05:00:01"),
        (dt.time(1, 2, 3), "01:02:03"),
        (dt.timedelta(days=-1), "-P1D"),
        (dt.timedelta(hours=49, seconds=0.25), "P2DT1H0.25S"),
        (dt.timedelta(), "PT0S"),
        (Months(-25), "-P2Y1M"),
        (Months(0), "P0M"),
        ((D(1), "a", None, (True,)), '[1, "a", null, [true]]'),
        (Range(D(1), D(5), start_closed=True, end_closed=False), "[1..5)"),
        ({"a": D(1), "b": 'x"y'}, '{a: 1, b: "x\\"y"}'),
        (None, None),
        (1.5, None),
        (D("NaN"), None),
    ],
)
def test_values_are_written_as_the_language_writes_them(value: object, text: str | None) -> None:
    assert text_of(value) == text


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
moments = st.one_of(
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=8)))),
    st.times(),
)
durations = st.one_of(st.timedeltas(), st.builds(Months, st.integers(-(10**10), 10**10)))
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5), moments, durations)
anything = st.recursive(
    st.one_of(scalars, st.decimals(), st.floats(), st.integers()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
        st.builds(Range, inner, inner, st.booleans(), st.booleans()),
    ),
    max_leaves=6,
)


@given(anything, anything)
def test_arithmetic_of_any_values_never_fails(left: object, right: object) -> None:
    for work in (values.add, values.subtract, values.multiply, values.divide, values.power):
        assert not isinstance(work(left, right), float)
    values.negate(left)
    values.equal(left, right)
    values.same(left, right)
    text_of(left)
    values.within(left, Range(right, right))


@given(anything, anything)
def test_comparison_is_antisymmetric_and_agrees_with_equality(left: object, right: object) -> None:
    order, reverse = values.compare(left, right), values.compare(right, left)
    assert (order is None) == (reverse is None)
    if order is not None and reverse is not None:
        assert order == -reverse
        assert values.equal(left, right) is (order == 0)


@given(st.one_of(moments, durations))
def test_moments_and_durations_come_back_from_their_text(value: object) -> None:
    assert values.temporal_from_text(text_of(value) or "") == value


@given(numbers)
def test_numbers_come_back_from_their_text(value: Decimal) -> None:
    assert values.number_from_text(text_of(value) or "") == value


@given(numbers, numbers)
def test_equal_numbers_have_equal_texts(left: Decimal, right: Decimal) -> None:
    assert (text_of(left) == text_of(right)) == (left == right)


@given(st.dates(), st.timedeltas(min_value=dt.timedelta(days=-1000), max_value=dt.timedelta(days=1000)))
def test_a_date_and_its_distance_give_the_other_date(date: dt.date, by: dt.timedelta) -> None:
    other = values.add(date, by)
    if isinstance(other, dt.date):
        assert values.subtract(other, date) == dt.timedelta(days=by.days)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)))
def test_whole_months_never_pass_the_end(start: dt.date, end: dt.date) -> None:
    months = values.months_between(start, end)
    first, last = min(start, end), max(start, end)
    reached = values.add(first, Months(abs(months)))
    assert isinstance(reached, dt.date)
    assert reached <= last
    assert (months >= 0) == (start <= end) or months == 0
