"""Functions that place values and ranges beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import BOOLEAN
from postloan_rules.portfolio.sql.column import Column
from postloan_rules.portfolio.sql.comparing import all_of, compare, truth
from postloan_rules.portfolio.sql.tree import all_sql, case, false, is_known, true

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations

__all__ = ["RANGES"]


@frozen
class _Bound:
    """An end of a range; `side` is 0 where the value is in it, else 1 (just above it) or -1 (just below)."""

    value: Column | None
    side: int = 0
    beyond: int = 0
    """-1 or 1 for an end without a value: before or after everything."""


def _ends(value: Column) -> tuple[_Bound, _Bound]:
    if value.ends is None:
        return _Bound(value), _Bound(value)
    ends = value.ends
    low = _Bound(None, beyond=-1) if ends.low is None else _Bound(ends.low, 0 if ends.low_closed else 1)
    high = _Bound(None, beyond=1) if ends.high is None else _Bound(ends.high, 0 if ends.high_closed else -1)
    return low, high


@frozen
class _Placing:
    """The comparisons of ends in one call."""

    call: Calling

    def settled(self, answer: bool) -> Column:  # noqa: FBT001 - the answer itself
        return truth(true() if answer else false(), unknown=False)

    def _compared(self, operator: str, left: _Bound, right: _Bound) -> Column:
        if left.value is None or right.value is None:
            raise AssertionError(left)
        made = compare(
            "<" if operator == "<" else "<=" if operator == "<=" else "=",
            left.value,
            right.value,
            self.call.dialect,
        )
        if made is None:
            raise self.call.refused("of these values")
        return made

    def less(self, left: _Bound, right: _Bound) -> Column:
        if left.beyond or right.beyond:
            return self.settled(left.beyond < right.beyond)
        return self._compared("<=" if left.side < right.side else "<", left, right)

    def at_most(self, left: _Bound, right: _Bound) -> Column:
        if left.beyond or right.beyond:
            return self.settled(left.beyond <= right.beyond)
        return self._compared("<=" if left.side <= right.side else "<", left, right)

    def same(self, left: _Bound, right: _Bound) -> Column:
        if left.beyond or right.beyond:
            return self.settled(left.beyond == right.beyond)
        return self._compared("=", left, right) if left.side == right.side else self.settled(answer=False)

    def touch(self, left: _Bound, right: _Bound) -> Column:
        if left.beyond or right.beyond or left.side or right.side:
            return self.settled(answer=False)
        return self.same(left, right)


def _before(place: _Placing, left: Column, right: Column) -> Column:
    return place.less(_ends(left)[1], _ends(right)[0])


def _meets(place: _Placing, left: Column, right: Column) -> Column:
    return place.touch(_ends(left)[1], _ends(right)[0])


def _overlaps(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of([place.at_most(other_low, high), place.at_most(low, other_high)])


def _overlaps_before(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of(
        [place.less(low, other_low), place.at_most(other_low, high), place.at_most(high, other_high)]
    )


def _includes(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of([place.at_most(low, other_low), place.at_most(other_high, high)])


def _starts(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of([place.same(low, other_low), place.at_most(high, other_high)])


def _finishes(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of([place.same(high, other_high), place.at_most(other_low, low)])


def _coincides(place: _Placing, left: Column, right: Column) -> Column:
    (low, high), (other_low, other_high) = _ends(left), _ends(right)
    return all_of([place.same(low, other_low), place.same(high, other_high)])


def _translated(
    relation: Callable[[_Placing, Column, Column], Column], *, swapped: bool = False
) -> Translation:
    def translated(call: Calling) -> Column:
        left, right = call.arguments
        if left.empty or right.empty:
            return Column(call.nothing().sql, BOOLEAN)
        if swapped:
            left, right = right, left
        answer = relation(_Placing(call), left, right)
        known = [is_known(each.sql) for each in (left, right) if each.unknown]
        if not known:
            return answer
        # With an unknown value or range there is no answer, even where the other alone would settle it.
        return truth(case([(all_sql(known), answer.sql)]), answer, left, right, unknown=True)

    return translated


RANGES: Translations = {
    "before": _translated(_before),
    "after": _translated(_before, swapped=True),
    "meets": _translated(_meets),
    "met by": _translated(_meets, swapped=True),
    "overlaps": _translated(_overlaps),
    "overlaps before": _translated(_overlaps_before),
    "overlaps after": _translated(_overlaps_before, swapped=True),
    "finishes": _translated(_finishes),
    "finished by": _translated(_finishes, swapped=True),
    "includes": _translated(_includes),
    "during": _translated(_includes, swapped=True),
    "starts": _translated(_starts),
    "started by": _translated(_starts, swapped=True),
    "coincides": _translated(_coincides),
}
