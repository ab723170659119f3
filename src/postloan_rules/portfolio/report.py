"""What a simulation found, as lines: how many customers, what they owe, how many went bad, against all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.portfolio.tally import GROUPS, INTERVALS, Heads
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.tally import Key, Subject

__all__ = ["Exposure", "Head", "LimitMove", "Line", "Report", "SegmentLine", "report", "share", "to_dict"]


@frozen
class Exposure:
    """What accounts owe and may owe. A sum is of what is known, and unknown where nothing is."""

    balance: Decimal | None
    limit: Decimal | None
    accounts: int
    limits_unknown: int
    """Of how many accounts the limit is not known; their balances are in the sum."""


@frozen
class Head:
    """What was decided by what."""

    ruleset: str
    version: str
    profile: str
    fingerprint: str
    currency: str
    outcome: str | None
    decided: int
    refused: int
    limit: int | None
    """The first so many of the file only."""


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
    exposure: Exposure | None
    """Of the accounts concerned; None where money was not counted."""


@frozen
class LimitMove:
    """What a response does to a limit, over all accounts that it is chosen for."""

    response: str
    parameter: str
    accounts: int
    raised: int
    lowered: int
    unknown: int
    """Accounts whose present limit is not known; they are in neither sum."""
    before: Decimal | None
    after: Decimal | None


@frozen
class SegmentLine:
    """The customers of one segment, and what the policy does with them."""

    by: str
    value: str | None
    """None is unknown."""
    customers: int
    responded: int
    """For so many any response is chosen."""
    adverse: int
    referred: int
    bad: int | None
    bad_rate: Decimal | None
    adverse_bad_rate: Decimal | None
    """The bad rate of those for whom something adverse is chosen."""
    exposure: Exposure
    responses: Mapping[str, int]
    """For how many each response is chosen."""


@frozen
class Report:
    """All lines of a simulation, and the next reviews."""

    head: Head
    groups: tuple[Line, ...]
    triggers: tuple[Line, ...]
    responses: tuple[Line, ...]
    reviews: tuple[Line, ...]
    causes: Mapping[str, Mapping[str, int]]
    """For each response, how many it was withheld from by each cause."""
    moves: tuple[LimitMove, ...] = ()
    segments: tuple[SegmentLine, ...] = ()


def report(
    policy: Policy,
    head: Head,
    heads: Mapping[Key, Heads],
    exposures: Mapping[Key, Exposure] | None = None,
) -> Report:
    """The lines of counts: groups and reviews in their own order, the others by size, then by name."""
    zero = Decimal(0).scaleb(-minor_digits(head.currency))
    counts = _Counts(head.outcome is not None, heads, exposures, Exposure(zero, zero, 0, 0))
    triggers = [trigger.name for trigger in policy.triggers]
    causes: dict[str, dict[str, int]] = {}
    for (subject, name, cause), found in sorted(heads.items()):
        if subject == "cause":
            causes.setdefault(name, {})[cause] = found.customers
    return Report(
        head=head,
        groups=tuple(counts.lines("group", GROUPS, "", "")),
        triggers=_by_size(counts.lines("trigger", triggers, "fired", "unknown")),
        responses=_by_size(counts.lines("response", list(policy.responses), "chosen", "withheld")),
        reviews=tuple(counts.lines("review", INTERVALS, "", "")),
        causes=causes,
    )


def _by_size(lines: Iterator[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.customers, -line.others, line.name)))


@frozen
class _Counts:
    judged: bool
    heads: Mapping[Key, Heads]
    exposures: Mapping[Key, Exposure] | None
    nothing: Exposure

    def lines(self, subject: Subject, names: Sequence[str], first: str, second: str) -> Iterator[Line]:
        everybody = self.heads.get(("group", GROUPS[0], ""), Heads())
        for name in names:
            here = self.heads.get((subject, name, first), Heads())
            others = self.heads.get((subject, name, second), Heads()).customers if first != second else 0
            exposure = None
            if self.exposures is not None:
                exposure = self.exposures.get((subject, name, first), self.nothing)
            if not self.judged:
                yield Line(name, here.customers, others, None, None, None, None, exposure)
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
                exposure=exposure,
            )


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """A part of a whole; None of nothing."""
    return CONTEXT.divide(Decimal(part), Decimal(whole)) if whole else None


def to_dict(found: Report) -> dict[str, object]:
    """The report as plain values; shares are texts with four decimals, money is text."""
    head = found.head
    return {
        "ruleset": head.ruleset,
        "version": head.version,
        "profile": head.profile,
        "ruleset_fingerprint": head.fingerprint,
        "currency": head.currency,
        "customers": head.decided,
        "not_decided": head.refused,
        "outcome": head.outcome,
        "groups": [_plain(line) for line in found.groups],
        "triggers": [{**_plain(line, "fired"), "unknown": line.others} for line in found.triggers],
        "responses": [
            {
                **_plain(line, "chosen"),
                "withheld": line.others,
                "withheld_by_cause": dict(found.causes.get(line.name, {})),
            }
            for line in found.responses
        ],
        "next_review": [_plain(line) for line in found.reviews],
        "limits": [
            {
                "response": each.response,
                "parameter": each.parameter,
                "accounts": each.accounts,
                "raised": each.raised,
                "lowered": each.lowered,
                "unknown": each.unknown,
                "before": _money(each.before),
                "after": _money(each.after),
            }
            for each in found.moves
        ],
        "segments": [
            {
                "by": each.by,
                "value": each.value,
                "customers": each.customers,
                "any_response": each.responded,
                "adverse": each.adverse,
                "referred": each.referred,
                "bad": each.bad,
                "bad_rate": _text(each.bad_rate),
                "adverse_bad_rate": _text(each.adverse_bad_rate),
                **_exposed(each.exposure),
                "responses": dict(each.responses),
            }
            for each in found.segments
        ],
    }


def _plain(line: Line, noun: str = "customers") -> dict[str, object]:
    return {
        "name": line.name,
        noun: line.customers,
        "bad": line.bad,
        "bad_rate": _text(line.bad_rate),
        "rest_bad_rate": _text(line.rest_bad_rate),
        "lift": _text(line.lift),
        **_exposed(line.exposure),
    }


def _exposed(exposure: Exposure | None) -> dict[str, object]:
    if exposure is None:
        return {}
    return {
        "accounts": exposure.accounts,
        "balance": _money(exposure.balance),
        "limit": _money(exposure.limit),
        "limits_unknown": exposure.limits_unknown,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _text(share_: Decimal | None) -> str | None:
    return None if share_ is None else str(share_.quantize(Decimal("0.0001"), context=CONTEXT))
