"""The section `triggers` of a policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postloan_rules.expressions import BOOLEAN, Variable
from postloan_rules.policy.checking import Checking, Names
from postloan_rules.policy.conditions import leaves, read_when
from postloan_rules.policy.definitions import notes
from postloan_rules.policy.model import IfUnknown, Message, Trigger, TriggerKind
from postloan_rules.policy.reader import Entry, Node, Scalar, Section
from postloan_rules.policy.vocabulary import event_types, record
from postloan_rules.problems import Text, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions import Expression, Type
    from postloan_rules.policy.model import Condition
    from postloan_rules.policy.periods import Period
    from postloan_rules.problems import Span

__all__ = ["EVENT", "read_message", "read_trigger"]

EVENT = "event"
"""The name by which the condition of an event trigger reads the event itself."""

_COMMON = ("kind", "title", "because", "note", "source")
_KEYS: Mapping[TriggerKind, tuple[str, ...]] = {
    TriggerKind.SCHEDULE: (),
    TriggerKind.EVENT: ("event", "when", "if_unknown"),
    TriggerKind.CONDITION: ("when", "if_unknown"),
    TriggerKind.PATTERN: ("sequence", "within"),
}
_REQUIRED: Mapping[TriggerKind, tuple[str, ...]] = {
    TriggerKind.SCHEDULE: (),
    TriggerKind.EVENT: ("event",),
    TriggerKind.CONDITION: ("when",),
    TriggerKind.PATTERN: ("sequence", "within"),
}


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
    event = _event_type(checking, keys["event"].value, what) if "event" in keys else None
    sequence, within = _pattern(checking, keys, what, parameters)
    per_account = checking.account is not None and (
        kind is not TriggerKind.CONDITION
        or any(checking.is_per_account(leaf.expression) for leaf in leaves(condition))
    )
    unknown = any(leaf.expression.unknown for leaf in leaves(condition))
    if_unknown = _if_unknown(checking, keys, what, entry, condition, unknown=unknown)
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
        sequence=sequence,
        within=within,
        if_unknown=if_unknown,
        per_account=per_account,
        title=title,
        because=because,
        note=note,
        source=source,
        span=entry.key.span,
    )
    seen_unknown = unknown and if_unknown is not IfUnknown.FIRE
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
        names = Names({**names.known, EVENT: Variable(record("Event"), unknown=False)}, names.pending)
    return read_when(checking, keys["when"].value, f"`when` of {what}", names)


def _event_type(checking: Checking, node: Node, what: str) -> str | None:
    scalar = checking.reading.scalar(node, f"the event of {what}")
    if scalar is None:
        return None
    if scalar.value in event_types():
        return scalar.value
    help_ = did_you_mean(scalar.value, event_types(), what="the events are")
    checking.reading.note("PR0333", f"`{scalar.value}` is no event", scalar.span, help_)
    return None


def _pattern(
    checking: Checking, keys: Mapping[str, Entry], what: str, parameters: Mapping[str, Type]
) -> tuple[tuple[str, ...], Period | None]:
    reading = checking.reading
    steps: list[str] = []
    if "sequence" in keys:
        node = keys["sequence"].value
        for item in reading.items(node, f"`sequence` of {what}"):
            event = _event_type(checking, item, what)
            if event is not None:
                steps.append(event)
        if len(steps) == 1:
            help_ = "name the events in their order; for one event alone use `kind: event`"
            reading.note("PR0334", f"`sequence` of {what} has one step only", node.span, help_)
    within = None
    if "within" in keys:
        within = reading.period(keys["within"].value, f"`within` of {what}", dict(parameters))
    return tuple(steps), within


def _if_unknown(
    checking: Checking,
    keys: Mapping[str, Entry],
    what: str,
    entry: Entry,
    condition: Condition | None,
    *,
    unknown: bool,
) -> IfUnknown | None:
    reading = checking.reading
    if "if_unknown" in keys:
        node = keys["if_unknown"].value
        stated = reading.choice(node, f"`if_unknown` of {what}", IfUnknown)
        if condition is not None and not unknown:
            message = f"the condition of {what} is never unknown, so `if_unknown` has no effect"
            reading.note("PR0336", message, keys["if_unknown"].key.span, "delete the line")
        return stated
    if unknown:
        leaf = next(each for each in leaves(condition) if each.expression.unknown)
        help_ = (
            "add `if_unknown: refer` (a person looks), `ignore` (nothing is called for) or `fire`; "
            f"or test what may be missing, as in `x != null and ...` ({leaf.span.line}:{leaf.span.column})"
        )
        message = f"the condition of {what} may be unknown, and `if_unknown` does not say what then"
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
