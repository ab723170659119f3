"""Checks names and paths: what they stand for, and what is near to one that stands for nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import narrowing, slips
from postloan_rules.expressions.findings import AnyNode, Findings, an
from postloan_rules.expressions.functions.properties import PROPERTIES, property_type
from postloan_rules.expressions.printer import quoted
from postloan_rules.expressions.scopes import find
from postloan_rules.expressions.types import (
    ANY,
    NULL,
    ListType,
    RecordType,
    Type,
    Variable,
    type_name,
)
from postloan_rules.problems import did_you_mean, nearest

if TYPE_CHECKING:
    from postloan_rules.expressions.nodes import GlobalName, Node, Path

__all__ = ["Naming"]


class Naming(Findings, ABC):
    """Checks names and paths."""

    @abstractmethod
    def check(self, node: Node) -> Node:
        """The node and all below it, typed, numbered from the outside in, names resolved."""

    def name(self, node: GlobalName) -> Node:
        """A name, as what it stands for."""
        found = find(node, self.scopes, self.names)
        if found is None:
            return self.unknown_name(self.number(node))
        resolved, variable = found
        return self.seen(self.number(resolved), variable.type, unknown=variable.unknown)

    def seen(self, node: AnyNode, type_: Type, *, unknown: bool) -> AnyNode:
        """The node with its type; known where a condition has made sure of it."""
        typed = evolve(node, type=type_)
        return evolve(typed, unknown=unknown and narrowing.key(typed) not in self.known)

    def unknown_name(self, node: GlobalName) -> Node:
        """A problem: nothing has that name."""
        if node.name == "?":
            return self.wrong(
                node,
                "PR0234",
                "`?` stands for the input of a table cell, and there is none here",
                "write a name",
            )
        known = [*self.names, *(name for scope in self.scopes for name in scope.names())]
        lower = node.name.lower()
        call = node.name in self.functions
        help_ = f"`{node.name}` is a function: write `{node.name}(...)`" if call else ""
        if not help_ and nearest(node.name, known) is None:
            word = f"write `{quoted(node.name)}`, in quotes" if node.name in self.words else ""
            help_ = word or slips.FOREIGN_NAMES.get(lower, "")
        return self.wrong(
            node, "PR0220", f"unknown name `{node.name}`", help_ or did_you_mean(node.name, known)
        )

    def path(self, node: Path) -> Node:
        """A field of a record or of each record of a list, or a part of a value."""
        source = self.check(node.source)
        node = evolve(node, source=source)
        listed = source.type if isinstance(source.type, ListType) else None
        type_ = source.type if listed is None else listed.item
        if type_ in (ANY, NULL):
            return evolve(node, type=ANY if listed is None else ListType(ANY, unknown=True), unknown=True)
        variable = _part(type_, node.field)
        if variable is None:
            self.unknown_part(node, source, type_)
            return evolve(node, type=ANY, unknown=True)
        if listed is not None:
            unknown = listed.unknown or variable.unknown
            return evolve(node, type=ListType(variable.type, unknown=unknown), unknown=source.unknown)
        return self.seen(node, variable.type, unknown=source.unknown or variable.unknown)

    def unknown_part(self, node: Path, source: Node, type_: Type) -> None:
        """A problem: there is no such field or part."""
        known = _parts(type_)
        if isinstance(type_, RecordType):
            message = f"`{type_name(type_)}` has no field `{node.field}`"
        elif known:
            message = f"{an(type_)} has no part `{node.field}`"
        else:
            message = f"`{self.shown(source)}` is {an(type_)}, which has no fields"
        help_ = did_you_mean(node.field, known, what="it has") or "take the field away"
        written = self.text.value[source.end : node.end]
        start = source.end + len(written) - len(written.partition(".")[2].lstrip())
        self.report("PR0221", message, start, node.end, help_)


def _part(type_: Type, name: str) -> Variable | None:
    if isinstance(type_, RecordType):
        return type_.fields.get(name)
    return property_type(type_, name)


def _parts(type_: Type) -> list[str]:
    if isinstance(type_, RecordType):
        return list(type_.fields)
    return [name for name in PROPERTIES if property_type(type_, name) is not None]
