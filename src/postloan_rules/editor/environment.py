"""What an expression at a place of a policy may read, and the checked expression that stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postloan_rules.expressions import (
    BOOLEAN,
    Expression,
    ExpressionInvalid,
    RecordType,
    Variable,
    check,
    check_tests,
    scalar_type,
)
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.outline import is_expression
from postloan_rules.policy.patterns import ORDINALS
from postloan_rules.policy.reader import Listing, Scalar, Section
from postloan_rules.policy.vocabulary import ACCOUNT, EVENT, record, snapshot_names
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.editor.project import File, Project
    from postloan_rules.policy.outline import Place
    from postloan_rules.policy.reader import Node

__all__ = ["checked", "expressions_at", "names_at"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
INPUT = "?"


def names_at(project: Project | None, path: tuple[str, ...]) -> dict[str, Variable]:
    """The names that an expression at this path of a policy may read."""
    if project is None or not project.loaded.names:
        return dict(snapshot_names())
    names = dict(project.loaded.names)
    section = path[0] if path else ""
    if section == "subject":
        account = names.pop(ACCOUNT, None)
        if account is not None and isinstance(account.type, RecordType):
            names |= account.type.fields
    elif section == "triggers" and len(path) > 1:
        names = _of_trigger(project, path, names)
    elif section == "constraints":
        names |= {
            name: Variable(_response(place), unknown=False)
            for name, place in project.sections("responses").items()
        }
    return names


def _of_trigger(project: Project, path: tuple[str, ...], names: dict[str, Variable]) -> dict[str, Variable]:
    place = project.sections("triggers").get(path[1])
    event = Variable(record("Event"), unknown=False, meaning="The event itself")
    if "where" in path:
        parameters = {name: each for name, each in names.items() if name in project.sections("parameters")}
        steps = dict.fromkeys((*ORDINALS, *_step_names(place.node if place is not None else None)), event)
        return {**parameters, **steps, EVENT: event}
    if place is not None and _line(place.node, "kind") == "event":
        names = {**names, EVENT: event}
    for name in project.sections("triggers"):
        names.setdefault(name, Variable(BOOLEAN, unknown=True, meaning="A trigger"))
    return names


def _step_names(node: Node | None) -> Iterator[str]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Section):
            name = _line(each, "as")
            if name:
                yield name
            waiting += [entry.value for entry in each.entries]
        elif isinstance(each, Listing):
            waiting += each.items


def _line(node: Node, key: str) -> str:
    for entry in node.entries if isinstance(node, Section) else ():
        if entry.key.value == key and isinstance(entry.value, Scalar):
            return entry.value.value
    return ""


def _response(place: Place) -> RecordType:
    """A response as a record of its parameters."""
    fields: dict[str, Variable] = {}
    for entry in place.node.entries if isinstance(place.node, Section) else ():
        if entry.key.value == "parameters" and isinstance(entry.value, Section):
            for line in entry.value.entries:
                type_ = scalar_type(_line(line.value, "type"))
                if type_ is not None:
                    fields[line.key.value] = Variable(
                        type_, unknown=False, meaning="A parameter of the response"
                    )
    return RecordType(place.path[-1], fields)


def checked(
    text: Text, names: Mapping[str, Variable], *, subject: Variable | None = None
) -> Expression | None:
    """The checked expression of a text; with a subject, the tests of a cell. None where it is wrong."""
    try:
        if subject is not None:
            return check_tests(text, names, subject=subject, functions=KNOWN_FUNCTIONS)
        return check(text, names, functions=KNOWN_FUNCTIONS)
    except ExpressionInvalid:
        return None


def expressions_at(project: Project, file: File, place: Place) -> Iterator[tuple[Text, Expression | None]]:
    """The expressions that stand at a place, each with its text: several in a `because`."""
    node = place.node
    if not isinstance(node, Scalar):
        return
    if is_expression(place) and node.value.strip() not in ("", "-"):
        names = names_at(project, place.path)
        subject = _subject(project, file, place, names)
        found = checked(node.text, names, subject=subject)
        yield node.text, found
    elif "because" in place.path[2:3]:
        names = names_at(project, place.path)
        for match in _PLACEHOLDER.finditer(node.value):
            part = Text(
                match[1], node.text.source, tuple(node.text.places[match.start(1) : match.end(1) + 1])
            )
            yield part, checked(part, names)


def _subject(project: Project, file: File, place: Place, names: Mapping[str, Variable]) -> Variable | None:
    """What a cell tests: the input of its column. None for what is no test."""
    path = place.path
    if path[:1] == ("tables",) and "rows" in path:
        table = project.sections("tables").get(path[1])
        inputs = _inputs(table.node) if table is not None else []
        return _variable(inputs[place.number], names) if place.number < len(inputs) else None
    if path[:1] == ("tables",) and path[-1] == "values" and "inputs" in path:
        return next(
            (_variable(each.node, names) for each in file.places if each.path == (*path[:-1], "is")), None
        )
    if path[:1] == ("scorecards",) and "points" in path:
        if place.number != 0:
            return None
        wanted = (*path[: path.index("points")], "is")
        return next((_variable(each.node, names) for each in file.places if each.path == wanted), None)
    return None


def _inputs(table: Node) -> list[Node]:
    for entry in table.entries if isinstance(table, Section) else ():
        if entry.key.value == "inputs" and isinstance(entry.value, Listing):
            return [_is(item) for item in entry.value.items]
    return []


def _is(item: Node) -> Node:
    for entry in item.entries if isinstance(item, Section) else ():
        if entry.key.value == "is":
            return entry.value
    return item


def _variable(node: Node, names: Mapping[str, Variable]) -> Variable | None:
    expression = checked(node.text, names) if isinstance(node, Scalar) else None
    return Variable(expression.type, unknown=expression.unknown) if expression is not None else None
