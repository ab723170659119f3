"""Rates of two groups with their uncertainty: intervals and tests are scipy's."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen
from scipy import stats  # type: ignore[import-untyped]  # it has no types

from postloan_rules.portfolio.report import share

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "LEVEL",
    "Estimate",
    "Spread",
    "alike",
    "detectable",
    "difference",
    "difference_test",
    "means_alike",
    "rate",
    "split_as_meant",
    "standardised",
]

LEVEL = Decimal("0.95")
"""Of the intervals."""
POWER = 0.8
_DIGITS = 6


@frozen
class Estimate:
    """A number, and the interval that the true one lies in, most of the time."""

    value: Decimal
    low: Decimal
    high: Decimal


@frozen
class Spread:
    """The mean of a quantity over a group, and how it is spread."""

    customers: int
    mean: float | None
    deviation: float | None
    """Of a sample; None of fewer than two."""


def rate(part: int, whole: int) -> Estimate | None:
    """A share with its Wilson interval; None of nothing."""
    exact = share(part, whole)
    if exact is None:
        return None
    low, high = _wilson(part, whole)
    return Estimate(exact, _rounded(low), _rounded(high))


def _wilson(part: int, whole: int) -> tuple[float, float]:
    interval = stats.binomtest(part, whole).proportion_ci(float(LEVEL), method="wilson")
    return float(interval.low), float(interval.high)


def difference(first: tuple[int, int], second: tuple[int, int]) -> Estimate | None:
    """The second share less the first, with Newcombe's interval, made of the two Wilson intervals."""
    if not first[1] or not second[1]:
        return None
    one, two = first[0] / first[1], second[0] / second[1]
    low_one, high_one = _wilson(*first)
    low_two, high_two = _wilson(*second)
    exact = Decimal(second[0]) / second[1] - Decimal(first[0]) / first[1]
    return Estimate(
        exact,
        _rounded(two - one - math.hypot(two - low_two, high_one - one)),
        _rounded(two - one + math.hypot(high_two - two, one - low_one)),
    )


def difference_test(first: tuple[int, int], second: tuple[int, int]) -> Decimal | None:
    """How likely so large a difference is by chance alone: Fisher's exact test."""
    if not first[1] or not second[1]:
        return None
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    return _rounded(float(stats.fisher_exact(table).pvalue))


def split_as_meant(challengers: int, everybody: int, meant: Decimal) -> Decimal | None:
    """How likely so uneven a division is, if the share is as meant: the exact binomial test."""
    if not everybody:
        return None
    return _rounded(float(stats.binomtest(challengers, everybody, float(meant)).pvalue))


def alike(counts: Sequence[tuple[int, int]]) -> Decimal | None:
    """How likely so different groups are by chance: the chi-squared test over values, each in both arms."""
    rows = [row for row in counts if sum(row)]
    if len(rows) < 2 or not all(sum(arm) for arm in zip(*rows, strict=True)):
        return None
    return _rounded(float(stats.chi2_contingency(rows, correction=False).pvalue))


def means_alike(one: Spread, two: Spread) -> Decimal | None:
    """How likely so different means are by chance: Welch's test."""
    if one.mean is None or two.mean is None or not (one.deviation and two.deviation):
        return None
    found = stats.ttest_ind_from_stats(
        one.mean, one.deviation, one.customers, two.mean, two.deviation, two.customers, equal_var=False
    )
    return _rounded(float(found.pvalue))


def standardised(one: Spread, two: Spread) -> Decimal | None:
    """The difference of means over the common deviation: up to 0.1 is commonly taken as balanced."""
    if one.mean is None or two.mean is None or one.deviation is None or two.deviation is None:
        return None
    common = math.sqrt((one.deviation**2 + two.deviation**2) / 2)
    return _rounded((two.mean - one.mean) / common) if common else None


def detectable(base: Decimal, one: int, two: int) -> Decimal | None:
    """The smallest difference of rates that a test at 5 % would find four times out of five; None if none."""
    if not one or not two or not 0 < base < 1:
        return None
    quantiles = float(stats.norm.ppf(1 - (1 - float(LEVEL)) / 2) + stats.norm.ppf(POWER))
    found = quantiles * math.sqrt(float(base) * (1 - float(base)) * (1 / one + 1 / two))
    return _rounded(found) if found < 1 else None


def _rounded(number: float) -> Decimal:
    """A statistic: it is an estimate, so six decimals are more than enough."""
    return Decimal(f"{number:.{_DIGITS}f}") + 0
