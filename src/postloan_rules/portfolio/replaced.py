"""A policy with other values of its parameters, checked as it is when it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import DAYS, MONEY, MONTHS, NUMBER, RATIO, type_name
from postloan_rules.policy import RuleSetInvalid
from postloan_rules.policy.fingerprint import fingerprint
from postloan_rules.policy.model import Dated
from postloan_rules.policy.reading import Reading
from postloan_rules.policy.schedule import check_intervals
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from postloan_rules.policy.model import Parameter, Policy

__all__ = ["measured_parameters", "replaced"]

_MEASURED = (NUMBER, MONEY, RATIO, DAYS, MONTHS)


def measured_parameters(policy: Policy) -> tuple[str, ...]:
    """The names of the parameters that are numbers of some kind."""
    return tuple(each.name for each in policy.parameters if each.type in _MEASURED)


def replaced(policy: Policy, values: Mapping[str, Decimal]) -> Policy:
    """The policy with these values of parameters, in force on every day.

    Raises:
        RuleSetInvalid: for a name that is no parameter, and for a value that the policy can't have.
    """
    if not values:
        return policy
    by_name = {each.name: each for each in policy.parameters}
    reading = Reading()
    for name, value in values.items():
        if name not in by_name:
            help_ = did_you_mean(name, list(by_name), what="the parameters are")
            reading.problems.append(Problem("PR0323", f"`{name}` is no parameter", help=help_))
            continue
        _check(reading, policy, by_name[name], value)
        by_name[name] = evolve(by_name[name], values=(Dated(value, None, None),))
    if policy.schedule is not None:
        check_intervals(reading, policy.schedule, by_name)
    if reading.problems:
        raise RuleSetInvalid(reading.problems)
    changed = evolve(policy, parameters=tuple(by_name[each.name] for each in policy.parameters))
    return evolve(changed, fingerprint=fingerprint(changed))


def _check(reading: Reading, policy: Policy, parameter: Parameter, value: Decimal) -> None:
    kind, name = parameter.type, parameter.name
    if kind not in _MEASURED:
        message = f"`{name}` is of type {type_name(kind)}, and `{value:f}` is not"
        help_ = did_you_mean("", measured_parameters(policy), what="the parameters that are numbers are")
        reading.note("PR0317", message, parameter.span, help_)
    elif kind in (DAYS, MONTHS) and value != value.to_integral_value():
        message = f"`{name}` is of type {type_name(kind)} and must be whole, not `{value:f}`"
        reading.note("PR0317", message, parameter.span, f"write `{value.to_integral_value():f}`")
    elif kind == MONEY and -int(value.normalize().as_tuple().exponent) > minor_digits(policy.currency):
        message = f"`{name}` is money in {policy.currency}, and `{value:f}` has parts of its smallest coin"
        reading.note(
            "PR0317", message, parameter.span, f"write at most {minor_digits(policy.currency)} decimals"
        )
