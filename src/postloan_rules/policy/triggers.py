"""The section `triggers` of a policy."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import BOOLEAN, Variable
from postloan_rules.policy.conditions import leaves, read_when
from postloan_rules.policy.definitions import notes
from postloan_rules.policy.model import IfUnknown, Message, Trigger, TriggerKind
from postloan_rules.policy.pattern_reading import FORMS, read_event_type, read_pattern
from postloan_rules.policy.patterns import Hours, steps_of
from postloan_rules.policy.reader import Entry, Node, Scalar, Section
from postloan_rules.policy.vocabulary import EVENT, record
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions import Expression, Type
    from postloan_rules.policy.checking import Checking, Names
    from postloan_rules.policy.model import Condition
    from postloan_rules.policy.patterns import Pattern
    from postloan_rules.problems import Span

__all__ = ["EVENT", "read_message", "read_trigger"]

_COMMON = ("kind", "title", "because", "note", "source")
_KEYS: Mapping[TriggerKind, tuple[str, ...]] = {
    TriggerKind.SCHEDULE: (),
    TriggerKind.EVENT: ("event", "when", "if_unknown"),
    TriggerKind.CONDITION: ("when", "if_unknown"),
    TriggerKind.PATTERN: (*FORMS, "after", "within", "per", "if_unknown"),
}
_REQUIRED: Mapping[TriggerKind, tuple[str, ...]] = {
    TriggerKind.SCHEDULE: (),
    TriggerKind.EVENT: ("event",),
    TriggerKind.CONDITION: ("when",),
    TriggerKind.PATTERN: ("within",),
}


class _Per(StrEnum):
    """Whose events a pattern is about."""

    ACCOUNT = "account"
    CUSTOMER = "customer"


def read_trigger(
    checking: Checking, entry: Entry, names: Names, parameters: Mapping[str, Type]
) -> tuple[Trigger | None, Variable]:
    """One trigger, checked; and what a condition that reads it needs to know."""
    reading, name = checking.reading, entry.key.value
    what = f"the trigger `{name}`"
    mistakes = len(reading.problems)
    everything = tuple(dict.fromkeys((*_COMMON, *(key for keys in _KEYS.values() for key in keys))))
    keys = reading.section(entry.value, what, everything, ("kind",))
    kind = reading.choice(keys["kind"].value, f"`kind` of {what}", TriggerKind) if "kind" in keys else None
    if kind is None:
        return None, Variable(BOOLEAN, unknown=True)
    _only_its_keys(checking, keys, kind, what, entry)
    condition = _condition(checking, keys, kind, what, names)
    event = read_event_type(reading, keys["event"].value, what) if "event" in keys else None
    pattern = None
    if kind is TriggerKind.PATTERN:
        pattern = read_pattern(checking, keys, what, entry.key.span, parameters)
    per_account = checking.account is not None and (
        kind is not TriggerKind.CONDITION
        or any(checking.is_per_account(leaf.expression) for leaf in leaves(condition))
    )
    if "per" in keys:
        per_account = _per(checking, keys["per"].value, what) is _Per.ACCOUNT
    doubt = _doubt(condition, pattern)
    if_unknown = _if_unknown(checking, keys, what, entry, doubt, whole=bool(condition or pattern))
    title = reading.words(keys["title"].value, f"the title of {what}") if "title" in keys else None
    because = read_message(checking, keys["because"].value, what, names) if "because" in keys else None
    note, source = notes(reading, keys, what)
    if per_account:
        checking.account_names.add(name)
    trigger = Trigger(
        name=name,
        kind=kind,
        condition=condition,
        event=event,
        pattern=pattern,
        if_unknown=if_unknown,
        per_account=per_account,
        title=title,
        because=because,
        note=note,
        source=source,
        span=entry.key.span,
    )
    seen_unknown = doubt is not None and if_unknown is not IfUnknown.FIRE
    variable = Variable(BOOLEAN, unknown=seen_unknown)
    return (trigger if len(reading.problems) == mistakes else None), variable


def _only_its_keys(
    checking: Checking, keys: dict[str, Entry], kind: TriggerKind, what: str, entry: Entry
) -> None:
    allowed = (*_COMMON, *_KEYS[kind])
    for name in [name for name in keys if name not in allowed]:
        help_ = f"a trigger of this kind can hold: {', '.join(f'`{key}`' for key in allowed)}"
        span = keys.pop(name).key.span
        checking.reading.note("PR0332", f"{what} is of kind `{kind}` and has no `{name}`", span, help_)
    for name in _REQUIRED[kind]:
        if name not in keys:
            message = f"{what} is of kind `{kind}` and lacks `{name}`"
            checking.reading.note("PR0302", message, entry.key.span, f"add a line `{name}: ...`")


def _condition(
    checking: Checking, keys: Mapping[str, Entry], kind: TriggerKind, what: str, names: Names
) -> Condition | None:
    if "when" not in keys:
        return None
    if kind is TriggerKind.EVENT:
        names = names.and_also({EVENT: Variable(record("Event"), unknown=False)})
    return read_when(checking, keys["when"].value, f"`when` of {what}", names)


def _per(checking: Checking, node: Node, what: str) -> _Per | None:
    per = checking.reading.choice(node, f"`per` of {what}", _Per)
    if per is _Per.ACCOUNT and checking.account is None:
        help_ = "add `subject: {each: accounts}` to the policy, or delete the line"
        message = f"{what} is per account, and the policy has no `subject`"
        checking.reading.note("PR0346", message, node.span, help_)
    return per


@frozen
class _Doubt:
    """Why a trigger may be unknown, and what would make it known."""

    what: str
    cure: str


def _doubt(condition: Condition | None, pattern: Pattern | None) -> _Doubt | None:
    conditions = [condition, *(step.where for step in steps_of(pattern))] if pattern else [condition]
    unknown = [leaf for each in conditions for leaf in leaves(each) if leaf.expression.unknown]
    subject = "the condition" if pattern is None else "a condition"
    if unknown:
        span = unknown[0].span
        cure = f"test what may be missing, as in `x != null and ...` ({span.line}:{span.column})"
        return _Doubt(f"{subject} of {{}} may be unknown", cure)
    if pattern is not None and isinstance(pattern.within, Hours):
        return _Doubt("{} is unknown where an event lacks its time of day", "count in days")
    return None


def _if_unknown(
    checking: Checking,
    keys: Mapping[str, Entry],
    what: str,
    entry: Entry,
    doubt: _Doubt | None,
    *,
    whole: bool,
) -> IfUnknown | None:
    reading = checking.reading
    if "if_unknown" in keys:
        node = keys["if_unknown"].value
        stated = reading.choice(node, f"`if_unknown` of {what}", IfUnknown)
        if whole and doubt is None:
            subject = what if "within" in keys else f"the condition of {what}"
            message = f"{subject} is never unknown, so `if_unknown` has no effect"
            reading.note("PR0336", message, keys["if_unknown"].key.span, "delete the line")
        return stated
    if doubt is not None:
        help_ = (
            "add `if_unknown: refer` (a person looks), `ignore` (nothing is called for) or `fire`; "
            f"or {doubt.cure}"
        )
        message = f"{doubt.what.format(what)}, and `if_unknown` does not say what then"
        reading.note("PR0335", message, entry.key.span, help_)
    return None


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def read_message(checking: Checking, node: Node, what: str, names: Names) -> Message | None:
    """A text with `{expression}` in it, in each language."""
    reading = checking.reading
    words = reading.words(node, f"`because` of {what}")
    if words is None:
        return None
    scalars = {"en": node} if isinstance(node, Scalar) else {}
    if isinstance(node, Section):
        scalars = {entry.key.value: entry.value for entry in node.entries if isinstance(entry.value, Scalar)}
    texts: dict[str, tuple[str | Expression, ...]] = {}
    for language, scalar in scalars.items():
        if language not in words.by_language:
            continue
        pieces = _pieces(checking, scalar.text, what, names)
        if pieces is not None:
            texts[language] = pieces
    return Message(texts)


def _pieces(checking: Checking, text: Text, what: str, names: Names) -> tuple[str | Expression, ...] | None:
    pieces: list[str | Expression] = []
    position = 0
    good = True
    for match in _PLACEHOLDER.finditer(text.value):
        if match.start() > position:
            pieces.append(text.value[position : match.start()])
        position = match.end()
        part = _part(text, match.start(1), match.end(1))
        scalar = Scalar(part, text.span(match.start(1), match.end(1)))
        expression = checking.expression(scalar, f"a value in `because` of {what}", names)
        good = good and expression is not None
        if expression is not None:
            pieces.append(expression)
    rest = text.value[position:]
    if "{" in rest or "}" in _PLACEHOLDER.sub("", text.value):
        at = text.value.rfind("{") if "{" in rest else text.value.rfind("}")
        span: Span = text.span(at, at + 1)
        message = f"a bracket without its other half in `because` of {what}"
        help_ = "write `{name}` around each value; a bracket alone can't stand in the text"
        checking.reading.note("PR0337", message, span, help_)
        return None
    if rest:
        pieces.append(rest)
    return tuple(pieces) if good else None


def _part(text: Text, start: int, end: int) -> Text:
    return Text(text.value[start:end], text.source, tuple(text.places[start : end + 1]))
