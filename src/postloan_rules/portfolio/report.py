"""What a simulation found, as lines: how many customers, how many went bad, against all the others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.portfolio.tally import GROUPS, INTERVALS, Heads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.portfolio.simulation import Simulation
    from postloan_rules.portfolio.tally import Subject

__all__ = ["Line", "Report", "report", "to_dict"]


@frozen
class Line:
    """One trigger, response or group: its customers, and how they compare with all the others."""

    name: str
    customers: int
    """The customers for whom the trigger fired, or the response was chosen."""
    others: int
    """The customers for whom the trigger is unknown, or the response withheld."""
    bad: int | None
    """How many of `customers` went bad; None without an outcome."""
    bad_rate: Decimal | None
    rest_bad_rate: Decimal | None
    """The share that went bad of all customers who are not on this line."""
    lift: Decimal | None
    """The bad rate of this line over that of all customers."""


@frozen
class Report:
    """All lines of a simulation, and the next reviews."""

    groups: tuple[Line, ...]
    triggers: tuple[Line, ...]
    responses: tuple[Line, ...]
    reviews: tuple[Line, ...]


def report(simulation: Simulation) -> Report:
    """The lines of a simulation: groups and reviews in their own order, the others by size, then by name."""
    policy = simulation.policy
    triggers = [trigger.name for trigger in policy.triggers]
    return Report(
        groups=tuple(_lines(simulation, "group", GROUPS, "", "")),
        triggers=_by_size(_lines(simulation, "trigger", triggers, "fired", "unknown")),
        responses=_by_size(_lines(simulation, "response", list(policy.responses), "chosen", "withheld")),
        reviews=tuple(_lines(simulation, "review", INTERVALS, "", "")),
    )


def _by_size(lines: Iterator[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.customers, -line.others, line.name)))


def _lines(
    simulation: Simulation, subject: Subject, names: Sequence[str], first: str, second: str
) -> Iterator[Line]:
    heads = simulation.tally.heads
    everybody = heads.get(("group", GROUPS[0], ""), Heads())
    for name in names:
        here = heads.get((subject, name, first), Heads())
        others = heads.get((subject, name, second), Heads()).customers if first != second else 0
        if simulation.outcome is None:
            yield Line(name, here.customers, others, None, None, None, None)
            continue
        rate, overall = share(here.bad, here.judged), share(everybody.bad, everybody.judged)
        yield Line(
            name=name,
            customers=here.customers,
            others=others,
            bad=here.bad,
            bad_rate=rate,
            rest_bad_rate=share(everybody.bad - here.bad, everybody.judged - here.judged)
            if here.customers
            else None,
            lift=None if rate is None or not overall else CONTEXT.divide(rate, overall),
        )


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole; None of nothing."""
    return CONTEXT.divide(Decimal(part), Decimal(whole)) if whole else None


def percent(rate: Decimal | None) -> str:
    """A share in percent, with one decimal."""
    return (
        ""
        if rate is None
        else f"{CONTEXT.multiply(rate, Decimal(100)).quantize(Decimal('0.1'), context=CONTEXT)} %"
    )


def times(lift: Decimal | None) -> str:
    """A lift, with two decimals."""
    return "" if lift is None else str(lift.quantize(Decimal("0.01"), context=CONTEXT))


def to_dict(simulation: Simulation) -> dict[str, object]:
    """The report as plain values; shares are texts with four decimals."""
    found = report(simulation)
    policy = simulation.policy
    causes: dict[str, dict[str, int]] = {}
    for (subject, name, cause), heads in sorted(simulation.tally.heads.items()):
        if subject == "cause":
            causes.setdefault(name, {})[cause] = heads.customers
    return {
        "ruleset": policy.id,
        "version": policy.version,
        "profile": policy.profile,
        "ruleset_fingerprint": policy.fingerprint,
        "customers": simulation.decided,
        "not_decided": simulation.tally.refused,
        "outcome": simulation.outcome,
        "groups": [_plain(line) for line in found.groups],
        "triggers": [{**_plain(line, "fired"), "unknown": line.others} for line in found.triggers],
        "responses": [
            {
                **_plain(line, "chosen"),
                "withheld": line.others,
                "withheld_by_cause": causes.get(line.name, {}),
            }
            for line in found.responses
        ],
        "next_review": [_plain(line) for line in found.reviews],
    }


def _plain(line: Line, noun: str = "customers") -> dict[str, object]:
    return {
        "name": line.name,
        noun: line.customers,
        "bad": line.bad,
        "bad_rate": _text(line.bad_rate),
        "rest_bad_rate": _text(line.rest_bad_rate),
        "lift": _text(line.lift),
    }


def _text(share_: Decimal | None) -> str | None:
    return None if share_ is None else str(share_.quantize(Decimal("0.0001"), context=CONTEXT))
