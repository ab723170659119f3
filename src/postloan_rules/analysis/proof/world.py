"""The variables of a proof: fields of the snapshot, free values, and what is sure of each by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, field, frozen

from postloan_rules.analysis.proof.values import ALWAYS, CannotSay, Known, Record, Truth, both
from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    NUMERIC,
    STRING,
    EnumType,
    RecordType,
)
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.account import Account
from postloan_rules.snapshot.bureau import BureauReport
from postloan_rules.snapshot.consistency import FOLLOWS
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.customer import Customer
from postloan_rules.snapshot.event import Event
from postloan_rules.snapshot.fields import spec_of
from postloan_rules.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.proof.values import Formula, Symbol
    from postloan_rules.expressions import Expression, Function, Node, Type
    from postloan_rules.snapshot.fields import Spec

__all__ = ["AS_OF", "Field", "Free", "World", "least"]

AS_OF = "as_of"
_LAST_DAY = 3_652_059
_OF_FIELDS = (DAYS, MONTHS, NUMBER, MONEY)
_OF_INPUTS = (DAYS, MONTHS)
"""Types whose values are whole: money in whole minor units."""
_CLASSES: Mapping[str, type] = {
    "Snapshot": Snapshot,
    "Customer": Customer,
    "Account": Account,
    "BureauReport": BureauReport,
    "Event": Event,
}


@frozen(eq=False)
class Field:
    """A field of the snapshot, or an input, as a variable."""

    path: str
    type: Type
    symbol: Truth | Known
    term: z3.ExprRef
    known: Formula
    """The variable that says whether it is there; true where it always is."""


@frozen(eq=False)
class Free:
    """A part of the policy that has no formula: a value of its type, whatever it may be."""

    key: str
    text: str
    type: Type
    symbol: Truth | Known
    term: z3.ExprRef
    known: Formula
    node: Node | None
    functions: Mapping[str, Function] | None
    subject: Expression | None
    """What `?` stands for, in the cell of a table."""
    trigger: str | None = None


@define(eq=False)
class World:
    """All variables, and what is sure of them."""

    currency: str
    axioms: list[Formula] = field(factory=list)
    fields: dict[str, Field] = field(factory=dict)
    frees: dict[str, Free] = field(factory=dict)
    flags: dict[str, Formula] = field(factory=dict)
    """What can happen or not, by name: that an event came, that a response rests."""
    lists: dict[str, tuple[Node, Mapping[str, Function]]] = field(factory=dict)
    """Lists by the flag that says that they are known."""
    texts: dict[str, int] = field(factory=dict)

    def code(self, text: str) -> int:
        """The number that stands for a text."""
        return self.texts.setdefault(text, len(self.texts))

    def flag(self, name: str) -> Formula:
        """Something that is so or not."""
        if name not in self.flags:
            self.flags[name] = z3.Bool(name)
        return self.flags[name]

    def listed(self, key: str, node: Node, functions: Mapping[str, Function]) -> Formula:
        """Whether a list (or what comes from one) is known."""
        name = f"[{key}]?"
        self.lists.setdefault(name, (node, functions))
        return self.flag(name)

    # Fields

    def field(self, record: Record, record_name: str, name: str, type_: Type, *, optional: bool) -> Symbol:
        """A field of a record that is a single value, or a record."""
        path = f"{record.path}.{name}" if record.path else name
        if isinstance(type_, RecordType):
            known = both(record.known, self.flag(f"{path}?")) if optional else record.known
            return Record(path, known)
        if path not in self.fields:
            self._declare(path, type_, _spec(record_name, name), optional=optional)
            self._relate(record.path, record_name, name)
        found = self.fields[path].symbol
        if isinstance(found, Truth):
            return Truth(both(record.known, found.yes), both(record.known, found.no))
        return Known(found.kind, found.term, both(record.known, found.known))

    def input(self, name: str, type_: Type, *, optional: bool) -> Symbol:
        """An input of the policy."""
        path = f"attributes.{name}"
        if path not in self.fields:
            self._declare(path, type_, None, optional=optional)
        return self.fields[path].symbol

    def as_of(self) -> Known:
        """The day of the snapshot."""
        if AS_OF not in self.fields:
            self._declare(AS_OF, DATE, None, optional=False)
        found = self.fields[AS_OF].symbol
        if not isinstance(found, Known):
            raise TypeError(found)
        return found

    def _declare(self, path: str, type_: Type, spec: Spec | None, *, optional: bool) -> None:
        whole = _OF_FIELDS if spec is not None else _OF_INPUTS
        term, symbol, known = self._variable(path, type_, optional=optional, whole=whole)
        self.fields[path] = Field(path, type_, symbol, term, known)
        if spec is None or isinstance(symbol, Truth):
            return
        if spec.minimum is not None:
            self.axioms.append(symbol.term >= spec.minimum)
        if spec.maximum is not None:
            self.axioms.append(symbol.term <= spec.maximum)
        if spec.kind == "date" and not spec.future:
            self.axioms.append(symbol.term <= self.as_of().term)

    def _relate(self, record: str, record_name: str, name: str) -> None:
        """What a snapshot must keep between two fields of a record."""
        for later, earlier in FOLLOWS.get(record_name, ()):
            if name in (later, earlier):
                self._if_there(
                    f"{record}.{later}", f"{record}.{earlier}", lambda after, before: after >= before
                )
        if record_name == "Account" and name in ("days_past_due", "amount_past_due"):
            days, amount = f"{record}.days_past_due", f"{record}.amount_past_due"
            self._if_there(days, amount, lambda late, owed: z3.Or(late != 0, owed == 0))

    def _if_there(self, one: str, other: str, holds: object) -> None:
        if one in self.fields and other in self.fields and callable(holds):
            left, right = self.fields[one].symbol, self.fields[other].symbol
            if isinstance(left, Known) and isinstance(right, Known):
                self.axioms.append(z3.Implies(both(left.known, right.known), holds(left.term, right.term)))

    # Free values

    def free(  # noqa: PLR0913 - what a value is without a formula, and where it comes from
        self,
        key: str,
        text: str,
        type_: Type,
        *,
        unknown: bool,
        node: Node | None = None,
        functions: Mapping[str, Function] | None = None,
        subject: Expression | None = None,
        trigger: str | None = None,
    ) -> Truth | Known:
        """A value of this type about which no more is known; the same key is the same value."""
        if key not in self.frees:
            term, symbol, known = self._variable(f"[{key}]", type_, optional=unknown, whole=())
            self.frees[key] = Free(key, text, type_, symbol, term, known, node, functions, subject, trigger)
        return self.frees[key].symbol

    def _variable(
        self, name: str, type_: Type, *, optional: bool, whole: tuple[Type, ...]
    ) -> tuple[z3.ExprRef, Truth | Known, Formula]:
        known = z3.Bool(f"{name}?") if optional else ALWAYS
        if type_ == BOOLEAN:
            term = z3.Bool(name)
            return term, Truth(both(known, term), both(known, z3.Not(term))), known
        if type_ == DATE:
            term = z3.Int(name)
            self.axioms.append(z3.And(term >= 1, term <= _LAST_DAY))
            return term, Known("date", term, known), known
        if isinstance(type_, EnumType):
            term = z3.Int(name)
            codes = [self.code(member) for member in type_.members]
            self.axioms.append(z3.Or([term == code for code in codes]))
            return term, Known("text", term, known), known
        if type_ == STRING:
            term = z3.Int(name)
            self.axioms.append(term >= 0)
            return term, Known("text", term, known), known
        if type_ == DAYS_DURATION:
            term = z3.Real(name)
            return term, Known("days", term, known), known
        if type_ == MONTHS_DURATION:
            term = z3.Int(name)
            return term, Known("months", term, known), known
        if type_ in whole and type_ != MONEY:
            term = z3.Int(name)
            return term, Known("number", z3.ToReal(term), known), known
        if type_ in whole:
            term = z3.Int(name)
            unit = z3.RealVal(f"1/{10 ** minor_digits(self.currency)}")
            return term, Known("number", unit * z3.ToReal(term), known), known
        if type_ in NUMERIC:
            term = z3.Real(name)
            return term, Known("number", term, known), known
        raise CannotSay


def _spec(record_name: str, name: str) -> Spec | None:
    cls = _CLASSES.get(record_name)
    if cls is None:
        return None
    return next((spec_of(each) for each in getattr(cls, "__attrs_attrs__", ()) if each.name == name), None)


def least(type_: RecordType, name: str) -> int | None:
    """The least that a field of a record can be, where the snapshot says so."""
    for info in catalogue.records().values():
        if _spoken(info.name) == type_.name:
            field_ = info.by_name.get(name)
            if field_ is not None and field_.kind in ("days", "months"):
                return 0
            cls = _ALL.get(info.name)
            found = [spec_of(each) for each in getattr(cls, "__attrs_attrs__", ()) if each.name == name]
            return found[0].minimum if found and found[0] is not None else None
    return None


def _spoken(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _classes() -> dict[str, type]:
    found: dict[str, type] = {}
    waiting: list[type] = [Snapshot]
    while waiting:
        cls = waiting.pop()
        if cls.__name__ in found:
            continue
        found[cls.__name__] = cls
        specs = [spec_of(each) for each in getattr(cls, "__attrs_attrs__", ())]
        waiting += [spec.record for spec in specs if spec is not None and spec.record is not None]
    return found


_ALL = _classes()
