"""What a view shows of a decision: masked, safe to write anywhere, and in no language yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.decisions.views.visible import visible

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from postloan_rules.decisions.decision import Cause
    from postloan_rules.decisions.trace import Kind
    from postloan_rules.decisions.triggers import State
    from postloan_rules.decisions.views.reasons import ReasonView, WhyNotView
    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Words
    from postloan_rules.problems import Span

__all__ = [
    "Line",
    "Place",
    "ReferralView",
    "ResponseView",
    "RuleView",
    "TriggerView",
    "Truth",
    "Value",
    "View",
    "WithheldView",
    "place_of",
]

Truth: TypeAlias = Literal["true", "false", "unknown"]


@frozen
class Value:
    """A value, its type, and what stands in its place where it must not be seen."""

    known: object
    type: Type | None = field(default=None, repr=False)
    mask: str | None = None
    """What is shown instead; `known` is None then."""

    @property
    def truth(self) -> Truth | None:
        """Whether it is true, false or unknown; None for a value of another kind."""
        if self.mask is not None:
            return None
        match self.known:
            case True:
                return "true"
            case False:
                return "false"
            case None:
                return "unknown"
            case _:
                return None


@frozen
class Place:
    """Where something is written."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def place_of(span: Span) -> Place:
    """Where something is written."""
    return Place(visible(span.file), span.line, span.column)


@frozen
class Line:
    """One thing that was looked at, and what it hangs on. A fact that is read twice is one line, twice."""

    kind: Kind
    text: str
    value: Value
    span: Span | None = field(repr=False, eq=False)
    parts: tuple[Line, ...] = field(default=(), repr=False)
    record: str | None = None
    """The event that it is, masked."""

    @property
    def place(self) -> Place | None:
        """Where it is written."""
        return place_of(self.span) if self.span is not None else None

    def walk(self) -> Iterator[Line]:
        """This line and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@frozen
class ResponseView:
    """A response that is chosen."""

    name: str
    title: Words | None
    account: str | None
    family: str
    adverse: bool
    parameters: tuple[tuple[str, Value], ...]
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    place: Place | None
    reason: ReasonView | None = None
    """The fewest conditions that alone call for it, where that was asked."""


@frozen
class WithheldView:
    """A response that is withheld, and by what."""

    name: str
    title: Words | None
    account: str | None
    cause: Cause
    by: str | None
    by_title: Words | None
    until: dt.date | None
    rules: tuple[str, ...]


@frozen
class TriggerView:
    """A trigger, its state, and all that it hangs on."""

    name: str
    title: Words | None
    account: str | None
    state: State
    said: Mapping[str, tuple[str | Value, ...]]
    """What the policy says of it in each language; texts and values by turns."""
    line: Line
    place: Place


@frozen
class RuleView:
    """A rule, whether it holds, and what it calls for."""

    name: str
    title: Words | None
    account: str | None
    state: Truth
    responses: tuple[tuple[str, Words | None], ...]
    line: Line
    place: Place


@frozen
class ReferralView:
    """What a person must settle, and what is missing for it."""

    subject: str
    title: Words | None
    account: str | None
    missing: tuple[str, ...]


@frozen
class View:
    """A decision and its trace, ready to be shown."""

    ruleset: str
    version: str
    profile: str
    title: Words | None
    currency: str
    customer: str
    as_of: dt.date
    responses: tuple[ResponseView, ...]
    withheld: tuple[WithheldView, ...]
    triggers: tuple[TriggerView, ...]
    rules: tuple[RuleView, ...]
    referrals: tuple[ReferralView, ...]
    next_review: dt.date | None
    reasons: tuple[str, ...]
    ruleset_fingerprint: str
    snapshot_fingerprint: str
    masked: bool
    """Whether anything is hidden."""
    whole: bool
    """Whether it is about the whole decision, and not about one trigger only."""
    left_out: tuple[int, int]
    """How many triggers that did not fire, and rules that do not hold, are left out."""
    why_not: tuple[WhyNotView, ...] = ()
    """What was asked of responses that are not chosen."""
