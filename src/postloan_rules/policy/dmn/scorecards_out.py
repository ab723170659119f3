"""Scorecards as tables: one for the points of each characteristic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import NUMBER, Variable, check, check_tests
from postloan_rules.policy.dmn.constants import constant_text
from postloan_rules.policy.tables import DecisionTable, HitPolicy, Input, Output, Row
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from postloan_rules.expressions import Expression
    from postloan_rules.policy.scorecards import Characteristic, Scorecard

__all__ = ["points_tables", "score_text"]


def points_tables(card: Scorecard) -> Iterator[DecisionTable]:
    """A table for each characteristic, which gives the points of the first attribute that matches."""
    for each in card.characteristics:
        rows = [
            Row((attribute.test or _test(each, "? != null"),), (_points(attribute.points),), span=each.span)
            for attribute in each.attributes
        ]
        if each.unknown is not None:
            rows.insert(0, Row((_test(each, "null"),), (_points(each.unknown),), span=each.span))
        name = f"{card.name}_{each.name}"
        outputs = (Output("points", NUMBER),)
        yield DecisionTable(name, HitPolicy.FIRST, (Input(each.expression),), outputs, tuple(rows), each.span)


def score_text(card: Scorecard, names: Sequence[str]) -> str:
    """The sum of the base and of what the tables give."""
    return " + ".join((constant_text(card.base), *names))


def _test(characteristic: Characteristic, written: str) -> Expression:
    subject = Variable(characteristic.expression.type, unknown=True)
    return check_tests(Text.of(written), {}, subject=subject)


def _points(points: Decimal) -> Expression:
    return check(Text.of(constant_text(points)), {}, expected=NUMBER)
