"""Inputs and decisions as they are written, each with what it requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.policy.dmn.markup import Element, element
from postloan_rules.policy.dmn.types_out import ItemTypes, identifier, text
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.expressions import Type

__all__ = ["Decisions"]


@define
class Decisions:
    """The inputs and decisions of a file, as far as they are written."""

    types: ItemTypes = field(factory=ItemTypes)
    inputs: dict[str, Element] = field(factory=dict)
    decisions: list[Element] = field(factory=list)
    taken: set[str] = field(factory=set)
    """Names that stand for something already."""

    def free(self, wanted: str) -> str:
        """A name that nothing has yet, as near to the wanted one as it can be."""
        number, name = 1, wanted
        while name in self.taken:
            name = f"{wanted}_table" if number == 1 else f"{wanted}_{number}"
            number += 1
        self.taken.add(name)
        return name

    def read(self, name: str, type_: Type, *notes: Element, **attributes: str | None) -> None:
        """Add an input."""
        variable = element("variable", name=name, typeRef=self.types.reference(type_))
        id_ = identifier("input", name)
        self.inputs[name] = element("inputData", *notes, variable, id=id_, name=name, **attributes)

    def literal(self, name: str, written: str, type_: Type) -> Element:
        """The logic of a decision that is one expression."""
        id_ = f"{identifier('decision', name)}.expression"
        return element(
            "literalExpression", text("text", written), id=id_, typeRef=self.types.reference(type_)
        )

    def decide(
        self, name: str, logic: Element, reads: Iterable[str], *notes: Element, **attributes: str | None
    ) -> None:
        """Add a decision; parts of the snapshot become inputs when they are first read."""
        id_ = identifier("decision", name)
        required: list[Element] = []
        for number, each in enumerate(sorted(reads), 1):
            if each not in self.inputs and (each == ACCOUNT or each in snapshot_names()):
                type_ = record("Account") if each == ACCOUNT else snapshot_names()[each].type
                self.read(each, type_, plr_kind="snapshot")
            kind = "Input" if each in self.inputs else "Decision"
            reference = element(f"required{kind}", href=f"#{identifier(kind.lower(), each)}")
            id_of_it = f"{id_}.requirement_{number}"
            required.append(element("informationRequirement", reference, id=id_of_it))
        variable = element("variable", name=name, typeRef=dict(logic.attributes).get("typeRef"))
        self.decisions.append(
            element("decision", *notes, variable, *required, logic, id=id_, name=name, **attributes)
        )
