"""Where each name of a policy is defined and where it is used, over all files of the policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.editor.environment import expressions_at
from postloan_rules.expressions import (
    Call,
    GlobalName,
    ItemField,
    ListType,
    Path,
    RecordType,
    Type,
    children,
)
from postloan_rules.expressions.lexer import tokens
from postloan_rules.policy.outline import POLICY, Named, Place, Tree, Value
from postloan_rules.policy.reader import Scalar
from postloan_rules.policy.scorecards import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.editor.project import File, Project
    from postloan_rules.expressions import Expression, Node
    from postloan_rules.problems import Span, Text

__all__ = ["DEFINED", "Name", "NameKind", "Occurrence", "occurrences", "same_name", "what_is_at"]

NameKind: TypeAlias = Literal[
    "input",
    "parameter",
    "fact",
    "table",
    "scorecard",
    "trigger",
    "response",
    "profile",
    "snapshot",
    "response parameter",
    "field",
    "function",
    "part of the snapshot",
    "reason",
    "file",
]

DEFINED: Mapping[str, NameKind] = {
    "inputs": "input",
    "parameters": "parameter",
    "facts": "fact",
    "scorecards": "scorecard",
    "triggers": "trigger",
    "responses": "response",
    "tables": "table",
    "profiles": "profile",
    "snapshots": "snapshot",
}
"""What the names in each section are names of."""

_OF_VALUES: Mapping[str, NameKind] = {
    "trigger": "trigger",
    "response": "response",
    "table": "table",
    "scorecard": "scorecard",
    "profile": "profile",
    "snapshot": "snapshot",
    "reason": "reason",
    "file": "file",
}


@frozen
class Name:
    """A thing by its kind and name; `of` is the record of a field, or the response of a parameter."""

    kind: NameKind
    name: str
    of: str = ""


@frozen
class Occurrence:
    """One place where a name stands."""

    what: Name
    span: Span
    is_definition: bool = False
    type: Type | None = None
    """The type of what stands here, in an expression."""


def occurrences(project: Project) -> tuple[Occurrence, ...]:
    """Every name in a policy and its examples, in the order of files and lines."""
    defined = _defined(project)
    return tuple(
        each
        for file in project.files.values()
        for place in file.places
        for each in _at(project, file, place, defined)
    )


def _defined(project: Project) -> dict[str, NameKind]:
    """What each name that expressions can read is the name of."""
    found: dict[str, NameKind] = {}
    for section in ("inputs", "parameters", "facts", "scorecards", "triggers", "responses"):
        for name in project.sections(section):
            found.setdefault(name, DEFINED[section])
            if section == "scorecards":
                found.setdefault(name + REASONS, "scorecard")
    return found


def _at(project: Project, file: File, place: Place, defined: Mapping[str, NameKind]) -> Iterator[Occurrence]:
    yield from _of_key(place, file)
    if isinstance(place.node, Scalar):
        here = place.part.leaf if isinstance(place.part, Tree) else place.part
        if isinstance(here, Value):
            yield from _of_value(place, place.node, here, defined)
        if file.kind is POLICY:
            for text, expression in expressions_at(project, file, place):
                found = _typed(text, expression, defined) if expression is not None else _words(text, defined)
                yield from found


def _of_key(place: Place, file: File) -> Iterator[Occurrence]:
    """The names that stand as keys."""
    if place.entry is None or not isinstance(place.parent, Named):
        if place.entry is not None and "attributes" in place.path[-2:-1] and file.kind is not POLICY:
            yield Occurrence(Name("input", place.path[-1]), place.entry.key.span)
        return
    key, path = place.entry.key, place.path
    if len(path) == 2 and path[0] in DEFINED:
        yield Occurrence(Name(DEFINED[path[0]], path[1]), key.span, is_definition=True)
    elif place.parent.of == "parameter of a response" and file.kind is POLICY:
        yield Occurrence(Name("response parameter", path[3], path[1]), key.span, is_definition=True)
    elif place.parent.of == "value of a parameter":
        yield Occurrence(Name("parameter", path[2]), key.span)
    elif place.parent.of == "parameter of a response":
        response, _, parameter = key.value.rpartition(".")
        response, _, account = response.partition("@")
        if response:
            yield Occurrence(Name("response", response), _part(key, 0, len(response)))
            start = len(response) + len(account) + ("@" in key.value) + 1
            yield Occurrence(
                Name("response parameter", parameter, response), _part(key, start, len(key.value))
            )
    elif place.parent.of == "path":
        yield from _attributes(key)
    elif "attributes" in path[-2:-1]:
        yield Occurrence(Name("input", path[-1]), key.span)


def _attributes(scalar: Scalar) -> Iterator[Occurrence]:
    match = re.match(r"attributes\.(\w+)", scalar.value)
    if match is not None:
        yield Occurrence(Name("input", match[1]), _part(scalar, match.start(1), match.end(1)))


def _part(scalar: Scalar, start: int, end: int) -> Span:
    return scalar.text.span(start, end)


def _of_value(
    place: Place, scalar: Scalar, part: Value, defined: Mapping[str, NameKind]
) -> Iterator[Occurrence]:
    kind = _OF_VALUES.get(part.kind)
    if kind is not None:
        name = scalar.value.partition("@")[0] if kind in ("trigger", "response") else scalar.value
        if name:
            yield Occurrence(Name(kind, name), _part(scalar, 0, len(name)))
    elif part.kind in ("period", "constant") and defined.get(scalar.value) == "parameter":
        yield Occurrence(Name("parameter", scalar.value), scalar.span)
    elif place.path[-2:-1] == ("remove",):
        yield from _attributes(scalar)


def _typed(text: Text, expression: Expression, defined: Mapping[str, NameKind]) -> Iterator[Occurrence]:
    """The names in an expression that has been checked: no name is taken for another."""
    waiting: list[Node] = [expression.root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if isinstance(node, GlobalName) and node.name != "?":
            kind = defined.get(node.name, "part of the snapshot")
            name = _scorecard(node.name) if kind == "scorecard" else node.name
            yield Occurrence(Name(kind, name), text.span(node.start, node.start + len(name)), type=node.type)
        elif isinstance(node, ItemField):
            yield Occurrence(
                Name("field", node.name, _item_of(node, expression)),
                text.span(node.start, node.end),
                type=node.type,
            )
        elif isinstance(node, Path):
            yield _field(text, node, defined)
        elif isinstance(node, Call):
            span = text.span(node.start, node.start + len(node.function))
            yield Occurrence(Name("function", node.function), span, type=node.type)


def _scorecard(name: str) -> str:
    return name.removesuffix(REASONS)


def _item_of(node: ItemField, expression: Expression) -> str:
    waiting: list[Node] = [expression.root]
    while waiting:
        each = waiting.pop()
        if each.id == node.binder:
            source = getattr(each, "source", None)
            return _record_of(source.type) if source is not None else ""
        waiting += children(each)
    return ""


def _record_of(type_: Type) -> str:
    while isinstance(type_, ListType):
        type_ = type_.item
    return type_.name if isinstance(type_, RecordType) else ""


def _field(text: Text, node: Path, defined: Mapping[str, NameKind]) -> Occurrence:
    span = text.span(node.end - len(node.field), node.end)
    of = _record_of(node.source.type)
    is_response = isinstance(node.source, GlobalName) and defined.get(node.source.name) == "response"
    return Occurrence(
        Name("response parameter" if is_response else "field", node.field, of), span, type=node.type
    )


def _words(text: Text, defined: Mapping[str, NameKind]) -> Iterator[Occurrence]:
    """The names in an expression that is wrong, by their words alone."""
    found, _ = tokens(text)
    before = ""
    for token in found:
        if token.kind == "name" and before != "." and token.text in defined:
            kind = defined[token.text]
            name = _scorecard(token.text) if kind == "scorecard" else token.text
            yield Occurrence(Name(kind, name), text.span(token.start, token.start + len(name)))
        before = token.text


def what_is_at(found: tuple[Occurrence, ...], source_name: str, offset: int) -> Occurrence | None:
    """The name that stands at a character of a file."""
    here = [
        each for each in found if each.span.file == source_name and each.span.start <= offset <= each.span.end
    ]
    return min(here, key=lambda each: each.span.end - each.span.start) if here else None


def same_name(found: tuple[Occurrence, ...], what: Name) -> tuple[Occurrence, ...]:
    """All places of a name, the definition first."""
    mine = {each.span: each for each in found if each.what == what}
    return tuple(
        sorted(mine.values(), key=lambda each: (not each.is_definition, each.span.file, each.span.start))
    )
