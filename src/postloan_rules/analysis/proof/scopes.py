"""Names within something that adds names of its own: cells of tables, conditions of events, constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from postloan_rules.analysis.proof.values import ALWAYS, CannotSay, Known, Record, Symbol, Truth
from postloan_rules.expressions import INPUT, Expression, ListType
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.expressions import Function, Node, Path

__all__ = ["RESPONSE", "InCell", "OfEvent", "OfResponses", "OfSubject"]

RESPONSE = "response "
"""A response as a record is called so, before its name."""


@define(eq=False)
class Around:
    """Names within something that adds names of its own."""

    outer: Encoding

    @property
    def world(self) -> World:
        """The variables."""
        return self.outer.world

    def symbol(self, name: str) -> Symbol:
        """The value of a name."""
        return self.outer.symbol(name)

    def text(self, name: str) -> str:
        """The name with all that it stands for."""
        return self.outer.text(name)

    def record_field(self, of: Record, node: Path) -> Symbol:
        """A field of a record."""
        return self.outer.record_field(of, node)

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""
        return self.outer.freed(node, key, functions)


@define(eq=False)
class InCell(Around):
    """In a cell, `?` is what the column tests."""

    subject: Symbol
    column: Expression

    def symbol(self, name: str) -> Symbol:
        """The value of a name."""
        return self.subject if name == INPUT else self.outer.symbol(name)

    def text(self, name: str) -> str:
        """The name with all that it stands for."""
        return self.outer.spelling.definition(self.column) if name == INPUT else self.outer.text(name)

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""
        return self.outer.freed_for(node, key, functions, self.column, None)


@define(eq=False)
class OfEvent(Around):
    """In the condition of an event, `event` is one of them."""

    trigger: str
    role: str

    def symbol(self, name: str) -> Symbol:
        """The value of a name."""
        if name == EVENT:
            return Record(f"event of {self.trigger}, {self.role}", ALWAYS)
        return self.outer.symbol(name)

    def text(self, name: str) -> str:
        """The name with all that it stands for."""
        return f"event of {self.trigger}, {self.role}" if name == EVENT else self.outer.text(name)

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""
        own = self.trigger if EVENT in key else None
        return self.outer.freed_for(node, key, functions, None, own)


@define(eq=False)
class OfResponses(Around):
    """In a constraint, a response stands for its parameters."""

    def symbol(self, name: str) -> Symbol:
        """The value of a name."""
        if name in self.outer.policy.responses:
            return Record(f"{RESPONSE}{name}", ALWAYS)
        return self.outer.symbol(name)

    def record_field(self, of: Record, node: Path) -> Symbol:
        """A field of a record."""
        if not of.path.startswith(RESPONSE):
            return self.outer.record_field(of, node)
        response = self.outer.policy.responses[of.path.removeprefix(RESPONSE)]
        for parameter in response.parameters:
            if parameter.name == node.field:
                return self.outer.parameter(response, parameter)
        raise CannotSay

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""
        return self.outer.freed_for(node, key, functions, None, "")


@define(eq=False)
class OfSubject(Around):
    """In the subject's condition, the account's fields stand by themselves."""

    def symbol(self, name: str) -> Symbol:
        """The value of a name."""
        found = record("Account").fields.get(name)
        if found is None:
            return self.outer.symbol(name)
        if isinstance(found.type, ListType):
            raise CannotSay
        return self.world.field(Record(ACCOUNT, ALWAYS), "Account", name, found.type, optional=found.unknown)

    def text(self, name: str) -> str:
        """The name with all that it stands for."""
        return f"account.{name}" if name in record("Account").fields else self.outer.text(name)

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""
        return self.outer.freed_for(node, key, functions, None, "")
