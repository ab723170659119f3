"""Scorecards: points for what is known of a customer, added up, and the reasons for the points lost.

They follow the scorecard model of PMML 4.4: a characteristic takes the points of its first attribute that
matches; the score is the base and all points; a characteristic's reason ranks by the points that it lies
below (or above) its baseline.
"""

from __future__ import annotations

from collections import ChainMap
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.expressions import add, subtract, value

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from postloan_rules.expressions import Expression
    from postloan_rules.problems import Span

__all__ = ["REASONS", "Attribute", "Characteristic", "Lost", "Score", "Scorecard", "score"]


REASONS = "_reasons"
"""A scorecard `x` is read as the number `x`, and its reasons as the list `x_reasons`."""


class Lost(StrEnum):
    """On which side of the baseline points count as lost."""

    BELOW = "points_below"
    ABOVE = "points_above"


@frozen
class Attribute:
    """A range or set of values, and the points that it gives. Without a test it takes every known value."""

    test: Expression | None
    points: Decimal


@frozen
class Characteristic:
    """One thing that is scored, and the points where its value is unknown (None: then the score is, too)."""

    name: str
    expression: Expression
    attributes: tuple[Attribute, ...]
    unknown: Decimal | None
    baseline: Decimal
    reason: str
    span: Span = field(repr=False, eq=False)


@frozen
class Scorecard:
    """A scorecard, checked."""

    name: str
    base: Decimal
    lost: Lost
    characteristics: tuple[Characteristic, ...]
    span: Span = field(repr=False, eq=False)

    @property
    def reads(self) -> frozenset[str]:
        """The names that the scorecard reads."""
        parts = [each.expression for each in self.characteristics]
        for each in self.characteristics:
            parts += [attribute.test for attribute in each.attributes if attribute.test is not None]
        return frozenset().union(*(part.reads for part in parts)) - {"?"}


@frozen
class Score:
    """What a scorecard gave. All is None where one characteristic can't be scored."""

    total: Decimal | None
    points: tuple[Decimal | None, ...]
    """By characteristic, in their order."""
    reasons: tuple[str, ...] | None
    """Reasons with points lost, the most first; among equals in the order of writing; each once."""


def score(card: Scorecard, names: MutableMapping[str, object]) -> Score:
    """Score a customer."""
    points = tuple(_points(each, names) for each in card.characteristics)
    total: object = card.base
    for each in points:
        total = add(total, each)
    if not isinstance(total, Decimal):
        return Score(None, points, None)
    lost: list[tuple[Decimal, str]] = []
    for characteristic, given in zip(card.characteristics, points, strict=True):
        gap = subtract(characteristic.baseline, given)
        if isinstance(gap, Decimal):
            lost.append((gap if card.lost is Lost.BELOW else -gap, characteristic.reason))
    ranked = sorted((pair for pair in lost if pair[0] > 0), key=lambda pair: -pair[0])
    return Score(total, points, tuple(dict.fromkeys(reason for _, reason in ranked)))


def _points(characteristic: Characteristic, names: MutableMapping[str, object]) -> Decimal | None:
    subject = value(characteristic.expression, names)
    if subject is None:
        return characteristic.unknown
    for attribute in characteristic.attributes:
        if attribute.test is None:
            return attribute.points
        state = value(attribute.test, ChainMap({"?": subject}, names))
        if state is True:
            return attribute.points
        if state is None:
            return characteristic.unknown
    return None
