"""What an expression looks at in the records of lists, and the values of their fields that matter to it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    NUMERIC,
    Between,
    Comparison,
    EnumType,
    EqualityTest,
    Expression,
    GlobalName,
    In,
    ItemField,
    ListType,
    LocalName,
    Months,
    Path,
    RangeLiteral,
    RecordType,
    UnknownTest,
    children,
    evaluate_node,
    names_in,
)
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import ScoreUse, TableUse
from postloan_rules.policy.patterns import steps_of
from postloan_rules.policy.periods import after, before
from postloan_rules.policy.triggers import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.expressions import Function, Node, Type
    from postloan_rules.policy.model import Definition, Policy, Trigger

__all__ = ["Interest"]

_MOST = 9
"""So many values of one field are tried at most."""


@define
class Interest:
    """Which lists are read, which fields of their records, and what those are compared with."""

    lists: dict[str, None] = field(factory=dict)
    """The names of the fields that hold them, such as `statements`."""
    fields: dict[str, Type] = field(factory=dict)
    compared: defaultdict[str, list[tuple[Node, Mapping[str, Function]]]] = field(
        factory=lambda: defaultdict(list)
    )
    may_be_unknown: set[str] = field(factory=set)
    names: set[str] = field(factory=set)
    """The names that are read, those of facts with all that they read in their turn."""

    @classmethod
    def of(cls, nodes: Iterable[tuple[Node, Mapping[str, Function]]], policy: Policy) -> Interest:
        """What is read by parts of expressions, and by the facts and triggers that those read."""
        found = cls()
        waiting = list(nodes)
        definitions: dict[str, Definition] = {each.name: each.definition for each in policy.facts}
        triggers = {each.name: each for each in policy.triggers}
        while waiting:
            node, functions = waiting.pop(0)
            found.take(node, functions)
            for name in names_in(node):
                if name in found.names:
                    continue
                found.names.add(name)
                if name in definitions:
                    waiting += _parts(definitions[name], policy)
                elif name in triggers:
                    waiting += of_trigger(triggers[name])
        return found

    def take(self, node: Node, functions: Mapping[str, Function]) -> None:
        """Take in a part of an expression and all that is below it."""
        kind = node.type
        if isinstance(kind, ListType) and isinstance(kind.item, RecordType):
            match node:
                case Path(field=name) | ItemField(name=name) | GlobalName(name=name):
                    self.lists.setdefault(name)
        for name, type_ in _fields(node):
            self.fields.setdefault(name, type_)
        match node:
            case Comparison(left=left, right=right):
                self._compare(left, right, functions)
                self._compare(right, left, functions)
            case Between(operand=operand, low=low, high=high):
                self._compare(operand, low, functions)
                self._compare(operand, high, functions)
            case In(operand=operand, tests=tests):
                for limit in _limits(tests):
                    self._compare(operand, limit, functions)
            case UnknownTest(operand=operand):
                self.may_be_unknown |= {name for name, _ in _fields(operand)}
        for part in children(node):
            self.take(part, functions)

    def _compare(self, subject: Node, other: Node, functions: Mapping[str, Function]) -> None:
        if any(True for _ in _all_fields(other)):
            return
        for name, _ in _all_fields(subject):
            self.compared[name].append((other, functions))

    def values(self, name: str, names: Mapping[str, object], *, unknown: bool) -> list[object]:
        """Values of a field that may make a difference.

        Args:
            name: The field.
            names: The values that the policy has of the customer.
            unknown: Whether to leave it unknown, too.
        """
        type_ = self.fields[name]
        found: dict[object, None] = {}
        for node, functions in self.compared.get(name, ()):
            if set(names_in(node)) <= names.keys():
                limit = evaluate_node(node, names, functions)
                found |= dict.fromkeys(_near(limit, type_, names["as_of"]))
        if type_ == BOOLEAN:
            found |= {True: None, False: None}
        if isinstance(type_, EnumType):
            rest = [each for each in type_.members if each not in found]
            found |= dict.fromkeys(rest[:2] if found else rest)
        if unknown or name in self.may_be_unknown:
            found[None] = None
        return list(found)[:_MOST]


def of_trigger(trigger: Trigger) -> Iterator[tuple[Node, Mapping[str, Function]]]:
    """The conditions of a trigger, those of its pattern among them."""
    conditions = [trigger.condition]
    if trigger.pattern is not None:
        conditions += [step.where for step in steps_of(trigger.pattern)]
    for condition in conditions:
        for leaf in leaves(condition):
            yield leaf.expression.root, leaf.expression.functions


def _parts(definition: Definition, policy: Policy) -> Iterator[tuple[Node, Mapping[str, Function]]]:
    parts: list[Expression | None] = []
    match definition:
        case Expression():
            parts = [definition]
        case TableUse(table=table):
            parts = [each.expression for each in policy.tables[table].inputs]
        case ScoreUse(scorecard=card):
            parts = [each.expression for each in card.characteristics]
    for part in parts:
        if part is not None:
            yield part.root, part.functions


def _fields(node: Node) -> Iterator[tuple[str, Type]]:
    """The field of a record of a list (or of an event) that a node is, if it is one."""
    match node:
        case ItemField(name=name):
            yield name, node.type
        case Path(source=source, field=name):
            kind = source.type
            if isinstance(kind, ListType) and isinstance(kind.item, RecordType):
                yield name, node.type.item if isinstance(node.type, ListType) else node.type
            elif isinstance(kind, RecordType) and _is_item(source):
                yield name, node.type


def _is_item(source: Node) -> bool:
    """Whether it is a record out of a list, and none of those that have a name."""
    if isinstance(source, GlobalName):
        # A step of a pattern, by whatever name.
        return getattr(source.type, "name", "") == EVENT
    return isinstance(source, LocalName | ItemField) or not isinstance(source, Path)


def _all_fields(node: Node) -> Iterator[tuple[str, Type]]:
    yield from _fields(node)
    for part in children(node):
        yield from _all_fields(part)


def _limits(tests: Iterable[Node]) -> Iterator[Node]:
    for test in tests:
        match test:
            case RangeLiteral(low=low, high=high):
                yield from (each for each in (low, high) if each is not None)
            case EqualityTest(value=node):
                yield node
            case _:
                yield from children(test) or (test,)


def _near(limit: object, type_: Type, today: object) -> Iterator[object]:
    """A limit, and what lies just beside it, as values of a field."""
    day = dt.timedelta(days=1)
    if type_ == DATE and isinstance(today, dt.date):
        match limit:
            case dt.datetime():
                return
            case dt.date():
                middle = limit
            case Decimal() if limit == limit.to_integral_value() and abs(limit) < 40_000:
                middle = before(today, int(limit), "days")
            case dt.timedelta():
                middle = before(today, limit.days, "days")
            case Months(months=months):
                middle = before(today, months, "months")
            case _:
                return
        yield from (middle, after(middle, 1, "days"), middle - day if middle > dt.date.min else middle)
    elif type_ in NUMERIC and isinstance(limit, Decimal):
        whole = limit == limit.to_integral_value()
        step = Decimal(1) if whole else Decimal(1).scaleb(int(limit.as_tuple().exponent))
        yield from (limit, limit + step, limit - step)
    elif isinstance(limit, str) and (isinstance(type_, EnumType) or getattr(type_, "name", "") == "string"):
        yield str(limit)
