"""What a view shows of why a response is chosen, and why another one is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from decimal import Decimal

    from postloan_rules.decisions.distance import Direction
    from postloan_rules.decisions.views.view import Place, Truth, Value, WithheldView
    from postloan_rules.policy.model import Words

__all__ = ["ConditionView", "DistanceView", "GapView", "ReasonView", "RuleGapView", "WhyNotView"]


@frozen
class ConditionView:
    """A condition as its author wrote it, whether it is true, and what it reads."""

    text: str
    truth: Truth
    account: str | None
    record: str | None
    reads: tuple[tuple[str, Value], ...]
    place: Place | None


@frozen
class ReasonView:
    """The fewest conditions that alone call for a response."""

    conditions: tuple[ConditionView, ...]
    left_out: int
    smallest: bool


@frozen
class DistanceView:
    """By how much a value misses what a condition asks for."""

    of: str
    amount: Decimal
    unit: str
    direction: Direction
    beyond: bool
    target: Value | None


@frozen
class GapView:
    """A condition that is not as a rule needs it."""

    condition: ConditionView
    needed: Truth
    distance: DistanceView | None
    values: tuple[str, ...]
    missing: tuple[str, ...]


@frozen
class RuleGapView:
    """What a rule lacks."""

    rule: str
    account: str | None
    holds: bool
    in_force: bool
    possible: bool
    smallest: bool
    needs: tuple[GapView, ...]
    others: int
    place: Place


@frozen
class WhyNotView:
    """Why a response is not chosen: what withholds it, or what each rule lacks that could call for it."""

    name: str
    title: Words | None
    account: str | None
    withheld: WithheldView | None
    even_then: tuple[WithheldView, ...]
    """What would withhold it, even if a rule called for it."""
    rules: tuple[RuleGapView, ...]
    note: str
