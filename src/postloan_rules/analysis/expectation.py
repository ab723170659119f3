"""What an example expects of a decision: names of the policy's own, each checked, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from attrs import field, frozen

from postloan_rules.expressions import text_of
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from postloan_rules.policy.model import Policy
    from postloan_rules.policy.reader import Entry, Node
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Span

__all__ = ["Expectation", "ExpectedParameter", "Kind", "Mention", "read_expectation"]

Kind: TypeAlias = Literal[
    "fired", "not_fired", "unknown", "responses", "not_responses", "withheld", "reasons"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
_KEYS = (*KINDS, "next_review", "parameters")


@frozen
class Mention:
    """A name that an example expects to find (or not), of one account or of any."""

    name: str
    account_id: str | None
    span: Span = field(repr=False, eq=False)

    def __str__(self) -> str:
        return self.name if self.account_id is None else f"{self.name}@{self.account_id}"


@frozen
class ExpectedParameter:
    """The value that a parameter of a response is expected to have."""

    response: Mention
    parameter: str
    value: object
    span: Span = field(repr=False, eq=False)


@frozen
class Expectation:
    """All that one example expects."""

    mentions: tuple[tuple[Kind, tuple[Mention, ...], Span], ...] = ()
    """By kind. An empty list expects that there are none."""
    parameters: tuple[ExpectedParameter, ...] = ()
    next_review: date | None = None
    next_review_span: Span | None = field(default=None, repr=False, eq=False)

    def all_mentions(self) -> Iterator[Mention]:
        """Every name that is mentioned."""
        for _, mentions, _ in self.mentions:
            yield from mentions
        for each in self.parameters:
            yield each.response


def read_expectation(reading: Reading, entry: Entry, policy: Policy) -> Expectation:
    """The expectation under `expect`, every name in it checked against the policy."""
    entries = reading.section(entry.value, "`expect`", _KEYS)
    if not entries:
        help_ = "say what must follow, for example `fired: [a_trigger]` or `responses: [a_response]`"
        reading.note("PR0609", "the example expects nothing", entry.key.span, help_)
    mentions = []
    for kind in KINDS:
        if kind in entries:
            found = tuple(_mentions(reading, entries[kind].value, kind, policy))
            mentions.append((kind, found, entries[kind].key.span))
    _contradictions(reading, mentions)
    parameters: tuple[ExpectedParameter, ...] = ()
    if "parameters" in entries:
        parameters = tuple(_parameters(reading, entries["parameters"].value, policy))
    day, span = None, None
    if "next_review" in entries:
        day = reading.day(entries["next_review"].value, "`next_review`")
        span = entries["next_review"].value.span
    return Expectation(tuple(mentions), parameters, day, span)


def _known(kind: Kind, policy: Policy) -> Sequence[str]:
    match kind:
        case "fired" | "not_fired" | "unknown":
            return [trigger.name for trigger in policy.triggers]
        case "responses" | "not_responses" | "withheld":
            return list(policy.responses)
        case "reasons":
            return sorted({reason for each in policy.responses.values() for reason in each.reasons})


def _noun(kind: Kind) -> str:
    match kind:
        case "fired" | "not_fired" | "unknown":
            return "trigger"
        case "responses" | "not_responses" | "withheld":
            return "response"
        case "reasons":
            return "reason code"


def _mentions(reading: Reading, node: Node, kind: Kind, policy: Policy) -> Iterator[Mention]:
    for text, span in reading.names(node, f"`{kind}`"):
        mention = _mention(reading, text, span, kind, policy)
        if mention is not None:
            yield mention


def _mention(reading: Reading, text: str, span: Span, kind: Kind, policy: Policy) -> Mention | None:
    name, at, account_id = text.partition("@")
    known = _known(kind, policy)
    if name not in known:
        help_ = did_you_mean(name, known, what=f"its {_noun(kind)}s are")
        reading.note("PR0607", f"the policy has no {_noun(kind)} `{name}`", span, help_)
        return None
    if kind == "reasons" and at:
        reading.note("PR0607", "a reason code belongs to the whole decision", span, f"write `{name}`")
        return None
    return Mention(name, account_id if at else None, span)


def _contradictions(reading: Reading, mentions: Sequence[tuple[Kind, tuple[Mention, ...], Span]]) -> None:
    """No trigger can be expected in two states, nor a response both chosen and not."""
    for kinds in (
        ("fired", "not_fired", "unknown"),
        ("responses", "not_responses"),
        ("responses", "withheld"),
    ):
        seen: dict[str, Kind] = {}
        for kind, found, _ in mentions:
            for mention in found if kind in kinds else ():
                other = seen.setdefault(str(mention), kind)
                if other != kind:
                    message = f"`{mention}` stands under `{other}` and under `{kind}`"
                    reading.note("PR0609", message, mention.span, "keep one of the two")


def _parameters(reading: Reading, node: Node, policy: Policy) -> Iterator[ExpectedParameter]:
    for entry in reading.entries(node, "`parameters`"):
        key = entry.key
        response, _, name = key.value.rpartition(".")
        if not response:
            help_ = "write `a_response.a_parameter: value`"
            reading.note("PR0607", f"`{key.value}` is no parameter of a response", key.span, help_)
            continue
        mention = _mention(reading, response, key.span, "responses", policy)
        if mention is None:
            continue
        parameters = {each.name: each for each in policy.responses[mention.name].parameters}
        if name not in parameters:
            help_ = did_you_mean(name, list(parameters), what="its parameters are")
            message = f"the response `{mention.name}` has no parameter `{name}`"
            reading.note("PR0607", message, key.span, help_)
            continue
        value = reading.value(entry.value, f"`{key.value}`", parameters[name].type)
        if value is not None:
            yield ExpectedParameter(mention, name, value, entry.value.span)


def shown(value: object) -> str:
    """A value as a person writes it."""
    return text_of(value) or "unknown"
