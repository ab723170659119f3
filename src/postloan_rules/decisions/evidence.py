"""A condition as an explanation shows it: the author's words, its values, where it is written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.decisions.formula import FALSE, TRUE
from postloan_rules.expressions import (
    Between,
    BooleanLiteral,
    Comparison,
    GlobalName,
    In,
    Months,
    Node,
    NumberLiteral,
    Path,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
    children,
    evaluate_node,
    names_in,
    text_of,
)
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.decisions.literals import Atom, AtomKind, Literals
    from postloan_rules.problems import Span

__all__ = [
    "Condition",
    "Reading",
    "condition_of",
    "moving_sides",
    "parts_read",
    "placed",
    "plain_value",
    "truth_of",
    "worded",
]

_LITERAL = (NumberLiteral, StringLiteral, BooleanLiteral, TemporalLiteral)
_SCALAR = (Decimal, str, bool, dt.date, dt.time, dt.timedelta, Months)


@frozen
class Reading:
    """A fact, parameter, input, field or event that a condition reads, and its value (None is unknown)."""

    name: str
    value: object
    event_id: str | None = None
    """The event that it is, where it is one; its value is its day."""

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        about = {} if self.event_id is None else {"event_id": self.event_id}
        return {"name": self.name, "value": plain_value(self.value), **about}

    def __str__(self) -> str:
        about = "" if self.event_id is None else f" [{self.event_id}]"
        return f"{self.name}{about} = {worded(self.value)}"


@frozen
class Condition:
    """One condition of a decision: what it says, whether that is so, of whom, and where it is written.

    `reads` has the sides of a comparison first, then what they are made of. An event that happened is a
    condition, too, with its id and its day; so are a pattern that is complete, with its events, the last of
    which gives the id, and a review that is due.
    """

    kind: AtomKind
    text: str
    truth: bool | None
    account_id: str | None
    event_id: str | None
    reads: tuple[Reading, ...]
    span: Span | None = field(repr=False, eq=False)

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "kind": self.kind,
            "text": self.text,
            "truth": self.truth,
            "account_id": self.account_id,
            "event_id": self.event_id,
            "reads": [each.to_dict() for each in self.reads],
            "place": placed(self.span),
        }

    def __str__(self) -> str:
        values = ", ".join(str(each) for each in self.reads)
        about = f" [{self.event_id}]" if self.event_id is not None else ""
        shown = f"{self.text}{about} {_SAID[self.kind][self.truth]}"
        where = f"  {self.span}" if self.span is not None else ""
        return f"{shown}: {values}{where}" if values else f"{shown}{where}"


_TRUTHS: Mapping[bool | None, str] = {True: "is true", False: "is false", None: "is unknown"}
_EVENTS: Mapping[bool | None, str] = {True: "happened", False: "did not happen", None: "is unknown"}
_SAID: Mapping[AtomKind, Mapping[bool | None, str]] = {
    "condition": _TRUTHS,
    "event": _EVENTS,
    "pattern": _EVENTS,
    "due": _TRUTHS,
    "value": _TRUTHS,
}


def truth_of(bit: int) -> bool | None:
    """A truth value from its bit."""
    return True if bit == TRUE else False if bit == FALSE else None


def condition_of(atom: Atom, literals: Literals) -> Condition:
    """A condition with the values that it reads."""
    return Condition(
        atom.kind,
        atom.text,
        truth_of(atom.shown),
        atom.account_id,
        None if atom.truth == FALSE and atom.kind == "event" else _event_id(atom, literals),
        tuple(_readings(atom, literals)),
        atom.span,
    )


def _event_id(atom: Atom, literals: Literals) -> str | None:
    """The id of the event that it is about; what is looked at for want of an event has none."""
    known = {event.id for event in literals.snapshot.events}
    return atom.event_id if atom.event_id in known else None


def _readings(atom: Atom, literals: Literals) -> Iterator[Reading]:
    if atom.kind == "event" and atom.value is not None:
        yield Reading("occurred_on", atom.value)
    if atom.kind == "pattern" and isinstance(atom.value, tuple):
        for event in atom.value:
            yield Reading(event.type, event.occurred_on, event.id)
    if atom.kind == "due":
        yield Reading("due", atom.value)
        yield Reading("as_of", literals.snapshot.as_of)
    expression = atom.expression
    if expression is None:
        return
    seen: set[str] = set()
    for node in (*_sides(expression.root), *parts_read(expression.root)):
        name = canonical(node)
        if name in seen or isinstance(node, _LITERAL):
            continue
        seen.add(name)
        value = evaluate_node(node, atom.names, expression.functions)
        if value is None or isinstance(value, _SCALAR):
            yield Reading(name, value)


def _sides(root: Node) -> tuple[Node, ...]:
    match root:
        case Comparison(left=left, right=right):
            return (left, right)
        case Between(operand=operand, low=low, high=high):
            return (operand, low, high)
        case In(operand=operand) | UnknownTest(operand=operand):
            return (operand,)
        case _:
            return ()


def parts_read(node: Node) -> Iterator[Node]:
    """The names and the fields of single records that it reads, such as `account.credit_limit`."""
    if isinstance(node, GlobalName):
        yield node
        return
    if isinstance(node, Path):
        inner: Node = node
        while isinstance(inner, Path):
            inner = inner.source
        if isinstance(inner, GlobalName):
            yield node
            return
    for part in children(node):
        yield from parts_read(part)


def moving_sides(node: Comparison, literals: Literals) -> tuple[Node, Node, bool]:
    """The side that changes with the customer, the side that is held against it, whether they are swapped."""
    fixed = {each.name for each in literals.policy.parameters} | {"as_of"}
    left_is_fixed = set(names_in(node.left)) <= fixed
    if left_is_fixed and not set(names_in(node.right)) <= fixed:
        return node.right, node.left, True
    return node.left, node.right, False


def worded(value: object) -> str:
    """A value as an analyst reads it."""
    if value is None:
        return "unknown"
    return text_of(value) or str(value)


def plain_value(value: object) -> object:
    """A value in JSON: numbers and dates as texts, so that nothing is lost."""
    if value is None or isinstance(value, bool):
        return value
    return text_of(value) or str(value)


def placed(span: Span | None) -> dict[str, object] | None:
    """A place in JSON."""
    if span is None:
        return None
    return {"file": span.file, "line": span.line, "column": span.column}
