"""The section `schedule` of a policy: how often a customer is looked at."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.policy.conditions import read_if
from postloan_rules.policy.model import Adjustment, Schedule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Parameter
    from postloan_rules.policy.periods import Period
    from postloan_rules.policy.reader import Entry, Node
    from postloan_rules.policy.reading import Reading

__all__ = ["check_intervals", "read_schedule"]


def read_schedule(
    reading: Reading, entry: Entry, parameters: dict[str, Type], triggers: Collection[str]
) -> Schedule | None:
    """The schedule, checked."""
    node = entry.value
    keys = reading.section(node, "`schedule`", ("standard", "bounds", "adjust"), ("standard",))
    standard = (
        _interval(reading, keys["standard"].value, "`standard`", parameters) if "standard" in keys else None
    )
    shortest = longest = None
    if "bounds" in keys:
        bounds = reading.section(keys["bounds"].value, "`bounds`", ("shortest", "longest"))
        if "shortest" in bounds:
            shortest = _interval(reading, bounds["shortest"].value, "`shortest`", parameters)
        if "longest" in bounds:
            longest = _interval(reading, bounds["longest"].value, "`longest`", parameters)
        if shortest is not None and longest is not None and _at_most(longest) < _at_least(shortest):
            message = f"`longest` ({longest}) is shorter than `shortest` ({shortest})"
            reading.note("PR0502", message, keys["bounds"].value.span, "exchange them")
    adjustments: list[Adjustment] = []
    if "adjust" in keys:
        for item in reading.items(keys["adjust"].value, "`adjust`"):
            adjustment = _adjustment(reading, item, parameters, triggers)
            if adjustment is not None:
                adjustments.append(adjustment)
    if standard is None:
        return None
    return Schedule(standard, shortest, longest, tuple(adjustments), entry.key.span)


def _adjustment(
    reading: Reading, item: Node, parameters: dict[str, Type], triggers: Collection[str]
) -> Adjustment | None:
    inner = reading.section(item, "an entry of `adjust`", ("if", "every", "note"), ("if", "every"))
    condition = every = None
    if "if" in inner:
        condition = read_if(reading, inner["if"].value, "`if` of an entry of `adjust`", triggers)
    if "every" in inner:
        every = _interval(reading, inner["every"].value, "`every`", parameters)
    if condition is None or every is None:
        return None
    return Adjustment(condition, every, item.span)


def _interval(reading: Reading, node: Node, what: str, parameters: dict[str, Type]) -> Period | None:
    period = reading.period(node, what, parameters)
    if period is not None and period.length == 0:
        reading.note("PR0501", f"{what} is no time at all", node.span, "write `1 day` or more")
        return None
    return period


def check_intervals(reading: Reading, schedule: Schedule, parameters: Mapping[str, Parameter]) -> None:
    """An interval that a parameter gives is at least one day or month, on whatever day."""
    intervals = [schedule.standard, schedule.shortest, schedule.longest]
    intervals += [each.every for each in schedule.adjustments]
    for name in dict.fromkeys(each.parameter for each in intervals if each is not None):
        parameter = parameters[name] if name is not None else None
        for dated in parameter.values if parameter is not None else ():
            if parameter is not None and isinstance(dated.value, Decimal) and dated.value <= 0:
                message = f"`{name}` is {dated.value:f}, and the schedule takes it as a time between reviews"
                reading.note("PR0501", message, parameter.span, "give it 1 or more")


def _at_most(period: Period) -> int:
    """The most days that a period can last; for a parameter, whose value can change, any number."""
    if period.length is None:
        return 1 << 31
    return period.length * (31 if period.unit == "months" else 1)


def _at_least(period: Period) -> int:
    if period.length is None:
        return 0
    return period.length * (28 if period.unit == "months" else 1)
