"""What a comparison of two policies comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Hashable

    from postloan_rules.analysis.difference.aspects import AspectKind
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.difference.regions import Region
    from postloan_rules.decisions.decision import Decision
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = [
    "Comparison",
    "Difference",
    "DomainChange",
    "JudgedPart",
    "OpenQuestion",
    "PartEffect",
    "Verdict",
    "Witness",
]

PartEffect: TypeAlias = Literal["words", "none", "effect", "open"]
"""Whether a change decides anything: words alone, proved to have no effect, an effect, or not known."""
Verdict: TypeAlias = Literal["identical", "equal", "different", "open"]


@frozen
class Witness:
    """A customer whom the two policies decide otherwise, with both decisions by the evaluator."""

    snapshot: Snapshot = field(repr=False)
    account_id: str | None
    changed: tuple[str, ...]
    """The fields that were changed in a customer to show it."""
    old: Decision | None = field(repr=False)
    """None where the policy refuses the customer."""
    new: Decision | None = field(repr=False)


@frozen
class Difference:
    """A piece of the decision that differs, for whom, and a customer who shows it."""

    kind: AspectKind
    name: str
    of: str
    before: str
    """Its state under the old policy, such as `fired`; empty where it is a value."""
    after: str
    values: tuple[Hashable, Hashable]
    """The values that the witness has, where it is a value."""
    region: Region | None
    """None where it can't be said in the names of the policies."""
    complete: bool
    """Whether the region holds all such customers."""
    witness: Witness
    parts: tuple[PartChange, ...]
    """The changed parts that it hangs on."""


@frozen
class DomainChange:
    """A change of whom a policy decides at all."""

    what: Literal["currency", "effective", "input", "subject"]
    name: str
    before: str
    after: str
    witness: Witness | None


@frozen
class OpenQuestion:
    """A piece of the decision of which neither is shown: that it is the same, or that it differs."""

    kind: AspectKind
    name: str
    of: str
    ways: tuple[tuple[str, str], ...]
    """From which state to which one, where others are shown; empty where it is open as a whole."""
    by: tuple[str, ...]
    """The expressions that stand in the way."""
    for_want_of_time: bool
    parts: tuple[PartChange, ...]


@frozen
class JudgedPart:
    """A changed part, and whether it decides anything."""

    change: PartChange
    effect: PartEffect


@frozen
class Comparison:
    """What changes between two policies."""

    old: Policy = field(repr=False)
    new: Policy = field(repr=False)
    verdict: Verdict
    parts: tuple[JudgedPart, ...]
    domain: tuple[DomainChange, ...]
    differences: tuple[Difference, ...]
    open: tuple[OpenQuestion, ...]
    tried: int
    """So many customers were decided under both."""
    proved: int
    """So many pieces that are spelled otherwise were proved to be the same."""
