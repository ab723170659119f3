"""What views hide unless they are told not to: protected fields, and what tells who somebody is.

The catalogue of the snapshot says which fields those are. A value is hidden where it comes from one of them,
by whatever facts; a text that the bank passes as an input is hidden too, since nothing says what it holds.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from postloan_rules.decisions.views.view import Value
from postloan_rules.expressions import STRING, GlobalName, ItemField, Path, children
from postloan_rules.policy.model import ScoreUse, TableUse
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.expressions import Expression, Node, Type
    from postloan_rules.policy.model import Definition, Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["HIDDEN", "Masking", "groups", "hidden_fields", "shown_fields"]

HIDDEN = "•••"
"""What stands in the place of what is hidden, before the last characters if some are left."""

_TAIL = 3
"""So many last characters are left at most, and never more than a third of all."""

_PEOPLE = ("overridden_by", "reviewer")
_WORD = re.compile(r"\w+")
_EVENTS = ("considered_events", "id")


@cache
def hidden_fields() -> frozenset[str]:
    """The names of the snapshot's fields that are hidden, unless they are asked for."""
    return _protected() | _identifiers()


@cache
def _protected() -> frozenset[str]:
    return frozenset(
        each.name for info in catalogue.records().values() for each in info.fields if each.protected
    )


@cache
def _identifiers() -> frozenset[str]:
    """Texts that tell a customer, account, event or person from the others; a day does not by itself."""
    return frozenset(
        each.name
        for info in catalogue.records().values()
        for each in info.fields
        if each.kind == "string"
        and (each.identifier or each.name.endswith("_id") or each.name in (*_PEOPLE, *_EVENTS))
    )


@cache
def groups() -> Mapping[str, frozenset[str]]:
    """Words for several fields at once."""
    return MappingProxyType(
        {
            "accounts": frozenset({"account_id"}),
            "customer": frozenset({"customer_id"}),
            "events": frozenset(_EVENTS),
            "people": frozenset(_PEOPLE),
            "plans": frozenset({"contract_id", "plan_id"}),
            "protected": _protected(),
        }
    )


def shown_fields(policy: Policy) -> tuple[str, ...]:
    """Everything that can be asked for: groups, fields, and the policy's inputs that hold a text."""
    return tuple(sorted({*groups(), *hidden_fields(), *_texts(policy)}))


def _texts(policy: Policy) -> Iterator[str]:
    for each in policy.inputs:
        if each.type == STRING:
            yield each.name


class Masking:
    """What is hidden in the views of one decision."""

    def __init__(self, policy: Policy, snapshot: Snapshot, show: Iterable[str] = ()) -> None:
        self.policy = policy
        self.facts = {fact.name: fact for fact in policy.facts}
        self.texts = frozenset(_texts(policy))
        self.shown: set[str] = set()
        for name in show:
            self.shown |= groups().get(name, frozenset({name}))
        self._sources: dict[str, frozenset[str]] = {}
        self._accounts = _told_apart([each.account_id for each in snapshot.accounts])

    @property
    def active(self) -> bool:
        """Whether anything that every decision names is hidden."""
        return not {"account_id", "customer_id"} <= self.shown

    def customer(self, customer_id: str) -> str:
        """The customer's number, as far as it is shown."""
        return customer_id if "customer_id" in self.shown else masked(customer_id)

    def account(self, account_id: str | None) -> str | None:
        """The account's number, as far as it is shown; two accounts never look the same."""
        if account_id is None or "account_id" in self.shown:
            return account_id
        return self._accounts.get(account_id, masked(account_id))

    def record(self, record_id: str | None) -> str | None:
        """The number of an event, as far as it is shown."""
        return record_id if record_id is None or "id" in self.shown else masked(record_id)

    def of_node(self, value: object, type_: Type | None, node: Node) -> Value:
        """The value of a piece of an expression."""
        return self._value(value, type_, (node,))

    def of_name(self, value: object, type_: Type | None, name: str) -> Value:
        """The value of a fact or an input."""
        if not _telling(value):
            return Value(value, type_)
        return self._hidden(value, type_, self._of_name(name))

    def of_definition(self, value: object, type_: Type | None, definition: Definition) -> Value:
        """The value of a response's parameter."""
        return self._value(value, type_, [each.root for each in self._expressions(definition)])

    def of_reading(self, value: object, type_: Type | None, text: str) -> Value:
        """The value of a piece of an expression that is known by its text only."""
        if not _telling(value):
            return Value(value, type_)
        sources: set[str] = set()
        for word in _WORD.findall(text):
            sources |= {word} & hidden_fields()
            sources |= self._of_name(word)
        return self._hidden(value, type_, frozenset(sources))

    def of_table(self, value: object, name: str) -> Value:
        """The value that a table gives."""
        return self._value(value, None, [each.root for each in self._of_table(name)])

    def _value(self, value: object, type_: Type | None, nodes: Iterable[Node]) -> Value:
        if not _telling(value):
            return Value(value, type_)
        return self._hidden(value, type_, frozenset(name for node in nodes for name in self._of_node(node)))

    def _hidden(self, value: object, type_: Type | None, sources: frozenset[str]) -> Value:
        hidden = sources - self.shown
        if not hidden:
            return Value(value, type_)
        if hidden & _protected():
            return Value(None, type_, HIDDEN)
        if isinstance(value, str):
            return Value(None, type_, self._accounts.get(value, masked(value)))
        items = value if isinstance(value, tuple) else ()
        texts = [self._accounts.get(each, masked(each)) for each in items if isinstance(each, str)]
        return Value(None, type_, ", ".join(texts) or HIDDEN)

    def _of_node(self, node: Node) -> Iterator[str]:
        """The hidden fields and inputs that a piece of an expression reads, through facts as well."""
        match node:
            case GlobalName(name=name):
                yield from self._of_name(name)
            case Path(field=name) | ItemField(name=name) if name in hidden_fields():
                yield name
            case _:
                pass
        for part in children(node):
            yield from self._of_node(part)

    def _of_name(self, name: str) -> frozenset[str]:
        if name in self.texts:
            return frozenset({name})
        if name not in self.facts:
            return frozenset()
        if name not in self._sources:
            expressions = self._expressions(self.facts[name].definition)
            self._sources[name] = frozenset(
                found for each in expressions for found in self._of_node(each.root)
            )
        return self._sources[name]

    def _expressions(self, definition: Definition) -> Iterator[Expression]:
        if isinstance(definition, TableUse):
            yield from self._of_table(definition.table)
        elif isinstance(definition, ScoreUse):
            return
        else:
            yield definition

    def _of_table(self, name: str) -> Iterator[Expression]:
        table = self.policy.tables[name]
        yield from (column.expression for column in table.inputs)
        for row in table.rows:
            yield from row.outputs


def masked(text: str) -> str:
    """What is left of a text that is hidden: its end, so that people can tell it from others."""
    left = min(_TAIL, len(text) // 3)
    return HIDDEN + (text[-left:] if left else "")


def _telling(value: object) -> bool:
    """Whether a value can tell who somebody is: texts and days, and not numbers or answers."""
    return isinstance(value, str | date | tuple)


def _told_apart(ids: list[str]) -> Mapping[str, str]:
    found = {each: masked(each) for each in ids}
    numbers: dict[str, int] = {}
    alike = [mask for mask in found.values() if list(found.values()).count(mask) > 1]
    for each in ids:
        mask = found[each]
        if mask in alike:
            numbers[mask] = numbers.get(mask, 0) + 1
            found[each] = f"{mask} ({numbers[mask]})"
    return found
