"""The parts of two policies that are written otherwise: in what they decide, or in their words alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import attrs
from attrs import frozen

from postloan_rules.expressions import Expression, RecordType, type_name
from postloan_rules.policy.model import Group, Never, Response, Rule, Schedule, ScoreUse

if TYPE_CHECKING:
    from postloan_rules.policy.model import Policy

__all__ = ["PartChange", "PartKey", "PartKind", "part_changes", "parts_of"]

PartKind: TypeAlias = Literal[
    "subject",
    "trigger",
    "rule",
    "response",
    "constraint",
    "schedule",
    "parameter",
    "fact",
    "table",
    "scorecard",
    "input",
]
PartKey: TypeAlias = tuple[PartKind, str]
"""What kind of part it is, and its name."""

_WORDS = frozenset({"title", "note", "source", "because", "disclose", "notice"})
"""Fields that decide nothing: what people read, and how a customer is told."""
_UNORDERED: Mapping[type, tuple[str, ...]] = {
    Group: ("parts",),
    Rule: ("responses",),
    Never: ("responses",),
    Schedule: ("adjustments",),
    Response: ("parameters",),
}
"""Fields whose order in the YAML has no meaning."""


@frozen
class PartChange:
    """A part that is written otherwise, that came or that went."""

    kind: PartKind
    name: str
    state: Literal["added", "removed", "changed"]
    of_words: bool
    """Whether only words changed that decide nothing."""

    @property
    def key(self) -> PartKey:
        """What kind of part it is, and its name."""
        return (self.kind, self.name)


def parts_of(policy: Policy) -> dict[PartKey, object]:
    """The parts of a policy by kind and name."""
    found: dict[PartKey, object] = {
        ("subject", "subject"): (
            policy.subject,
            policy.effective_from,
            policy.effective_to,
            policy.currency,
            policy.language,
        )
    }
    found |= {("trigger", each.name): each for each in policy.triggers}
    for rule in policy.rules:
        # Versions of a rule stand under one id.
        earlier = cast("tuple[object, ...]", found.get(("rule", rule.id), ()))
        found["rule", rule.id] = (*earlier, rule)
    found |= {("response", name): each for name, each in policy.responses.items()}
    found |= {("constraint", each.id): each for each in policy.constraints}
    if policy.schedule is not None:
        found["schedule", "schedule"] = policy.schedule
    found |= {("parameter", each.name): each for each in policy.parameters}
    for fact in policy.facts:
        if isinstance(fact.definition, ScoreUse):
            card = fact.definition.scorecard
            found["scorecard", card.name] = (card, fact.note, fact.source)
        else:
            found["fact", fact.name] = fact
    found |= {("table", name): each for name, each in policy.tables.items()}
    found |= {("input", each.name): each for each in policy.inputs}
    return found


def part_changes(old: Policy, new: Policy) -> tuple[PartChange, ...]:
    """The parts in which two policies differ, by kind, then by name."""
    before, after = parts_of(old), parts_of(new)
    found = []
    for key in dict.fromkeys((*before, *after)):
        kind, name = key
        if key not in after:
            found.append(PartChange(kind, name, "removed", of_words=False))
        elif key not in before:
            found.append(PartChange(kind, name, "added", of_words=False))
        elif _said(before[key], words=False) != _said(after[key], words=False):
            found.append(PartChange(kind, name, "changed", of_words=False))
        elif _said(before[key], words=True) != _said(after[key], words=True):
            found.append(PartChange(kind, name, "changed", of_words=True))
    return tuple(found)


def _said(part: object, *, words: bool) -> str:
    return json.dumps(_plain(part, words=words), ensure_ascii=False, sort_keys=True)


def _plain(part: object, *, words: bool) -> object:
    if isinstance(part, Enum):
        return part.value
    if part is None or isinstance(part, bool | int | str):
        return part
    if isinstance(part, Decimal):
        return f"{part.normalize():f}"
    if isinstance(part, date):
        return part.isoformat()
    if isinstance(part, Expression):
        return part.canonical
    if isinstance(part, RecordType):
        return type_name(part)
    if isinstance(part, Mapping):
        return {str(key): _plain(each, words=words) for key, each in part.items()}
    if isinstance(part, tuple | frozenset):
        return [_plain(each, words=words) for each in part]
    return _fields(part, words=words)


def _fields(part: object, *, words: bool) -> dict[str, object]:
    unordered = _UNORDERED.get(type(part), ())
    found: dict[str, object] = {"": type(part).__name__}
    for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(part))):
        of_words = field.name in _WORDS
        if (of_words and not words) or (field.eq is False and not of_words):
            continue
        plain = _plain(getattr(part, field.name), words=words)
        if field.name in unordered and isinstance(plain, list):
            plain = sorted(plain, key=lambda each: json.dumps(each, sort_keys=True, ensure_ascii=False))
        found[field.name] = plain
    return found
