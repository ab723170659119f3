"""Which fields can make a difference to a fact or a trigger: those whose names it reads, through others too.

Names of fields, not places: a fact that reads `credit_limit` of a debt elsewhere counts as one that hangs on
the account's. That is wide, and never wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.expressions import (
    Call,
    Comparison,
    Expression,
    GlobalName,
    ItemField,
    ListType,
    Path,
    RecordType,
    children,
)
from postloan_rules.policy.functions import POST_LOAN
from postloan_rules.policy.model import Group, Leaf, Named, ScoreUse, TableUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.expressions import Node, Type
    from postloan_rules.policy.model import Condition, Definition, Policy

__all__ = ["ALL", "Touch"]

ALL = "*"
"""Stands for every field: records are compared or handed over whole."""

# They take records and look into none, or into their history alone.
_BLIND = {"count", "concatenate", "append", "reverse", "sublist", "latest", "flatten", *POST_LOAN}


@define
class Touch:
    """For each fact and trigger of a policy: the names of fields and inputs that it hangs on."""

    policy: Policy
    _found: dict[str, frozenset[str]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for fact in self.policy.facts:
            self._found[fact.name] = self._all(self._definition(fact.definition))
        for trigger in self.policy.triggers:
            self._found[trigger.name] = self._all(self._condition(trigger.condition))

    def untouched(self, name: str, by: str) -> bool:
        """Whether a fact or trigger is the same whatever the field of this name is."""
        found = self._found.get(name)
        return found is not None and by not in found and ALL not in found

    def _all(self, names: Iterable[str]) -> frozenset[str]:
        result: frozenset[str] = frozenset()
        for name in names:
            # INVARIANT: facts and triggers come after those that they read.
            result |= self._found.get(name, frozenset({name}))
        return result

    def _definition(self, definition: Definition) -> Iterator[str]:
        match definition:
            case Expression(root=root):
                yield from _reads(root)
            case TableUse(table=name):
                table = self.policy.tables[name]
                for column in table.inputs:
                    yield from _maybe(column.expression, column.allowed)
                for output in table.outputs:
                    yield from _maybe(output.default)
                for row in table.rows:
                    yield from _maybe(*row.tests, *row.outputs)
            case ScoreUse(scorecard=card):
                for each in card.characteristics:
                    yield from _maybe(each.expression, *(attribute.test for attribute in each.attributes))

    def _condition(self, condition: Condition | None) -> Iterator[str]:
        match condition:
            case Leaf(expression=expression):
                yield from _reads(expression.root)
            case Named(trigger=name):
                yield name
            case Group(parts=parts):
                for part in parts:
                    yield from self._condition(part)
            case None:
                return


def _maybe(*expressions: Expression | None) -> Iterator[str]:
    for each in expressions:
        if each is not None:
            yield from _reads(each.root)


def _reads(node: Node) -> Iterator[str]:
    match node:
        case GlobalName(name=name) | ItemField(name=name):
            yield name
        case Path(field=name):
            yield name
        case Call(function=function, arguments=arguments) if function not in _BLIND:
            if any(_holds_records(each.type) for each in arguments):
                yield ALL
        case Comparison(left=left) if _holds_records(left.type):
            yield ALL
    for part in children(node):
        yield from _reads(part)


def _holds_records(type_: Type) -> bool:
    return isinstance(type_, RecordType) or (isinstance(type_, ListType) and _holds_records(type_.item))
