"""How long until the next review, as formulas: by what is the same, the day is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types

from postloan_rules.analysis.proof.values import Known, either, opposite, plain

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.policy.periods import Period

__all__ = ["interval_keys"]

_NEVER = z3.IntVal(10**7)
"""Longer than any interval: none is asked for in this unit."""
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31


def interval_keys(encoding: Encoding) -> tuple[z3.ExprRef, ...] | None:
    """The shortest interval in days and the shortest in months, and the bound from below where it counts.

    How many days a month has hangs on the day. One interval of the two is left out where it is the longer one
    whatever the months are.
    """
    schedule = encoding.policy.schedule
    if schedule is None:
        return None
    asked: list[tuple[Formula, Period]] = [
        (encoding.holds(each.condition, encoding).yes, each.every) for each in schedule.adjustments
    ]
    asked.append((opposite(either(*(when for when, _ in asked))), schedule.standard))
    if schedule.longest is not None:
        asked.append((z3.BoolVal(True), schedule.longest))
    days, months = (
        _least([(when, _length(encoding, each)) for when, each in asked if each.unit == unit])
        for unit in ("days", "months")
    )
    days, months = (
        z3.If(days >= _LONGEST_MONTH * months, _NEVER, days),
        z3.If(_SHORTEST_MONTH * months >= days, _NEVER, months),
    )
    shortest = schedule.shortest
    if shortest is None:
        return (days, months, z3.IntVal(0), z3.IntVal(0))
    bound = _length(encoding, shortest)
    if shortest.unit == "days":
        days = z3.If(days == _NEVER, days, z3.If(days < bound, bound, days))
        counts = z3.And(months != _NEVER, bound > _SHORTEST_MONTH * months)
        return (days, months, z3.If(counts, bound, 0), z3.IntVal(0))
    months = z3.If(months == _NEVER, months, z3.If(months < bound, bound, months))
    counts = z3.And(days != _NEVER, _LONGEST_MONTH * bound > days)
    return (days, months, z3.IntVal(0), z3.If(counts, bound, 0))


def _least(asked: list[tuple[Formula, z3.ArithRef]]) -> z3.ArithRef:
    found = _NEVER
    for when, length in asked:
        found = z3.If(z3.And(when, length < found), length, found)
    return found


def _length(encoding: Encoding, period: Period) -> z3.ArithRef:
    if period.parameter is None:
        return z3.IntVal(period.length or 0)
    found = encoding.symbol(period.parameter)
    if not isinstance(found, Known):
        raise TypeError(period.parameter)
    return z3.ToInt(plain(found).term)
