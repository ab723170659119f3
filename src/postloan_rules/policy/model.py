"""What a policy is once it is read and checked: data only, each part with its place in the YAML."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.policy.dates import covers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from postloan_rules.expressions import Expression, Type
    from postloan_rules.policy.patterns import Pattern
    from postloan_rules.policy.periods import Period
    from postloan_rules.policy.reasons import Catalogue
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.policy.tables import DecisionTable
    from postloan_rules.problems import Problem, Source, Span

REFER = "refer_to_officer"
"""The built-in response: a person must look."""


@frozen
class Words:
    """A text in the languages that the policy gives it in."""

    by_language: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The text in this language, else in English, else in the first one given."""
        found = self.by_language.get(language) or self.by_language.get("en")
        return found or next(iter(self.by_language.values()), "")


@frozen
class Message:
    """A text with values in it: in each language, plain pieces and expressions by turns."""

    by_language: Mapping[str, tuple[str | Expression, ...]]


@frozen
class Input:
    """A value of the bank's own that a service passes under `attributes`."""

    name: str
    type: Type
    required: bool
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)


@frozen
class Dated:
    """A value, and the days on which it is the one in force (both ends included; None is open)."""

    value: object
    since: date | None
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the value is in force on this day."""
        return covers(self.since, self.until, day)


@frozen
class Parameter:
    """A constant that the policy team tunes."""

    name: str
    type: Type
    values: tuple[Dated, ...]
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)

    def on(self, day: date) -> object:
        """The value in force on a day; None where the policy gives none for it."""
        return next((dated.value for dated in self.values if dated.holds_on(day)), None)


@frozen
class Fact:
    """A named value computed from the snapshot, by an expression or a table."""

    name: str
    type: Type
    unknown: bool
    definition: Definition
    per_account: bool
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)


@frozen
class ScoreUse:
    """What a scorecard gives: the score, or the reasons for the points lost."""

    scorecard: Scorecard
    part: Literal["score", "reasons"]


@frozen
class TableUse:
    """One output of a decision table, taken as a value."""

    table: str
    output: str
    span: Span = field(repr=False, eq=False)


Definition: TypeAlias = "Expression | TableUse | ScoreUse"
"""How a value is computed."""


@frozen
class Leaf:
    """One condition of a tree: an expression of facts."""

    expression: Expression

    @property
    def span(self) -> Span:
        """Where the condition is written."""
        text = self.expression.text
        return text.span(0, len(text.value))


@frozen
class Named:
    """One condition of a rule: that a trigger has fired."""

    trigger: str
    span: Span = field(repr=False, eq=False)


Mode: TypeAlias = Literal["any", "all", "none"]


@frozen
class Group:
    """Conditions taken together: any of them, all of them, or none."""

    mode: Mode
    parts: tuple[Condition, ...]
    span: Span = field(repr=False, eq=False)


Condition: TypeAlias = Leaf | Named | Group


class IfUnknown(StrEnum):
    """What a trigger does whose condition is unknown."""

    IGNORE = "ignore"
    FIRE = "fire"
    REFER = "refer"


class TriggerKind(StrEnum):
    """What a trigger listens to."""

    SCHEDULE = "schedule"
    EVENT = "event"
    CONDITION = "condition"
    PATTERN = "pattern"


@frozen
class Trigger:
    """A named condition that calls for attention."""

    name: str
    kind: TriggerKind
    condition: Condition | None
    event: str | None
    pattern: Pattern | None
    if_unknown: IfUnknown | None
    per_account: bool
    title: Words | None
    because: Message | None
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)


class Rounding(StrEnum):
    """How a computed amount is rounded."""

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


@frozen
class Round:
    """Round to a multiple of `to`."""

    to: Decimal
    mode: Rounding


@frozen
class ResponseParameter:
    """A value that a response carries, computed when it is put forward."""

    name: str
    type: Type
    definition: Definition
    round: Round | None
    span: Span = field(repr=False, eq=False)


@frozen
class Notice:
    """How the customer is told, and how long before the response takes effect."""

    before: Period | None
    channel: str | None


@frozen
class Response:
    """A named thing that the bank can do."""

    name: str
    family: str
    rank: int
    per_account: bool
    parameters: tuple[ResponseParameter, ...]
    adverse: bool
    reasons: tuple[str, ...]
    reasons_from: str | None
    """A scorecard whose reasons, those with the most points lost first, come after the ones above."""
    disclose: bool
    """Whether the customer may be told the values and limits that it was decided by."""
    notice: Notice | None
    cool_down: Period | None
    title: Words | None
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)


@frozen
class Rule:
    """Which triggers call for which responses, and from when to when (both ends included; None is open)."""

    id: str
    condition: Condition
    triggers: frozenset[str] = field(repr=False, eq=False)
    """The triggers that the condition names."""
    responses: tuple[str, ...]
    since: date | None
    until: date | None
    title: Words | None
    note: Words | None
    source: str
    span: Span = field(repr=False, eq=False)

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on this day."""
        return covers(self.since, self.until, day)


@frozen
class Adjustment:
    """A review interval other than the standard one, and when it is asked for."""

    condition: Condition
    every: Period
    span: Span = field(repr=False, eq=False)


@frozen
class Schedule:
    """When a customer is looked at again."""

    standard: Period
    shortest: Period | None
    longest: Period | None
    adjustments: tuple[Adjustment, ...]
    span: Span = field(repr=False, eq=False)


@frozen
class That:
    """A condition that must hold of the responses it names, whenever they are chosen."""

    id: str
    expression: Expression
    responses: tuple[str, ...]
    per_account: bool
    span: Span = field(repr=False, eq=False)
    note: Words | None = field(default=None, repr=False, eq=False)
    """Words about it, like `source` below. They decide nothing, so the fingerprint leaves them out."""
    source: str = field(default="", repr=False, eq=False)


@frozen
class Never:
    """Responses that must not be chosen together."""

    id: str
    responses: tuple[str, ...]
    span: Span = field(repr=False, eq=False)
    note: Words | None = field(default=None, repr=False, eq=False)
    source: str = field(default="", repr=False, eq=False)


Constraint: TypeAlias = That | Never


@frozen
class Subject:
    """Which of the customer's accounts the policy is about."""

    where: Expression | None
    span: Span = field(repr=False, eq=False)


@frozen
class Policy:
    """A whole policy, checked. Each fact and trigger comes after those that it reads."""

    id: str
    version: str
    language: int
    title: Words | None
    owner: str
    currency: str
    effective_from: date | None
    effective_to: date | None
    profile: str
    subject: Subject | None
    inputs: tuple[Input, ...]
    parameters: tuple[Parameter, ...]
    facts: tuple[Fact, ...]
    tables: Mapping[str, DecisionTable]
    triggers: tuple[Trigger, ...]
    responses: Mapping[str, Response]
    rules: tuple[Rule, ...]
    schedule: Schedule | None
    constraints: tuple[Constraint, ...]
    catalogue: Catalogue = field(repr=False, eq=False)
    """The words for customers. They decide nothing, so the fingerprint leaves them out."""
    fingerprint: str = field(repr=False)
    sources: tuple[Source, ...] = field(repr=False, eq=False)
    warnings: tuple[Problem, ...] = field(repr=False, eq=False)
