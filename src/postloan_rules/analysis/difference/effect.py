"""What of a decision has an effect: what two decisions are compared by.

Left out are what tells of the policy itself (its version and fingerprint), which rules called for a response,
and which missing fields a referral names: these explain a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.triggers import State

if TYPE_CHECKING:
    import datetime as dt

    from postloan_rules.decisions.decision import Decision

__all__ = ["Effect", "effect_of"]


@frozen
class Effect:
    """What follows from a decision."""

    triggers: frozenset[tuple[str, str | None, str]]
    """Those that fired or are unknown."""
    referrals: frozenset[tuple[str, str | None]]
    responses: tuple[object, ...]
    """Those chosen, in their order, each with its account, family, parameters and reasons."""
    withheld: frozenset[tuple[object, ...]]
    """Each with its account and why."""
    next_review: dt.date | None
    reasons: tuple[str, ...]

    def differing(self, other: Effect) -> frozenset[str]:
        """In what two effects differ, as short marks: customers with the same marks show the same."""
        found = {f"trigger {each[0]} {each[2]}" for each in self.triggers ^ other.triggers}
        found |= {f"refer {subject}" for subject, _ in self.referrals ^ other.referrals}
        found |= {f"withheld {each[0]} {each[2:4]}" for each in self.withheld ^ other.withheld}
        found |= {
            f"chosen {each[0]}"  # type: ignore[index]  # a tuple made below
            for one, two in ((self, other), (other, self))
            for each in one.responses
            if each not in two.responses
        }
        if self.next_review != other.next_review:
            found.add("next review")
        if self.responses != other.responses or self.reasons != other.reasons:
            found.add("order")
        return frozenset(found)


def effect_of(decision: Decision) -> Effect:
    """What follows from a decision."""
    return Effect(
        frozenset(
            (each.trigger, each.account_id, each.state.value)
            for each in decision.triggers
            if each.state is not State.NOT_FIRED
        ),
        frozenset((each.subject, each.account_id) for each in decision.referrals),
        tuple(
            (
                each.response,
                each.account_id,
                each.family,
                tuple(sorted(each.parameters.items())),
                each.adverse,
                each.reasons,
            )
            for each in decision.responses
        ),
        frozenset(
            (
                each.response,
                each.account_id,
                each.cause,
                # Which of several unknown parameters is named hangs on the order of the lines.
                None if each.cause is Cause.UNKNOWN else each.by,
                each.until,
            )
            for each in decision.withheld
        ),
        decision.next_review,
        decision.reasons,
    )
