"""What `typeRef` stands for in the rule language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.expressions import (
    BooleanLiteral,
    In,
    Negate,
    NumberLiteral,
    StringLiteral,
    TemporalLiteral,
    scalar_type,
    text_of,
)
from postloan_rules.expressions.parser import parse_tests
from postloan_rules.policy.dmn.pieces import listing, word
from postloan_rules.policy.dmn.words import BASE_TYPES, OURS, UNITS
from postloan_rules.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from postloan_rules.expressions import Node
    from postloan_rules.policy.dmn.document import Tag
    from postloan_rules.policy.reader import Listing, Scalar
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Span, Text

__all__ = ["WRONG", "Constant", "Meaning", "TypesRead", "constant", "constants"]

_UNITS = frozenset(unit.name for unit in UNITS)
_DEEPEST = 20


@frozen
class Meaning:
    """A type in our words: a name, or the texts that a value may be; else what it is that we do not have."""

    name: str = ""
    members: tuple[str, ...] = ()
    other: str = ""

    def node(self, span: Span) -> Scalar | Listing | None:
        """The type as a policy writes it."""
        if self.members:
            return listing(span, (word(each, span, plain=False) for each in self.members))
        return word(self.name, span) if self.name else None


_ANYTHING = Meaning(other="any value")
WRONG = Meaning(other="wrong")
"""A type whose own mistake has been told."""


@define
class TypesRead:
    """The types that a file defines."""

    reading: Reading
    definitions: dict[str, Tag] = field(factory=dict)
    _done: dict[str, Meaning] = field(factory=dict)

    def meaning(self, reference: Text) -> Meaning:
        """What a reference to a type stands for."""
        return self._meaning(reference, ())

    def _meaning(self, reference: Text, through: tuple[str, ...]) -> Meaning:
        written = reference.value.strip()
        # The first version of the standard writes `feel:number`, with whatever prefix the file has chosen.
        name = written if written in self.definitions else written.rpartition(":")[2]
        if name in self.definitions:
            if name in through or len(through) > _DEEPEST:
                message = f"the type `{name}` is made of itself"
                self.reading.note(
                    "PR0858", message, reference.span(0, len(reference.value)), "break the circle"
                )
                return WRONG
            if name not in self._done:
                self._done[name] = self._defined(self.definitions[name], (*through, name))
            return self._done[name]
        if name in BASE_TYPES:
            return Meaning(BASE_TYPES[name].name)
        if name == "Any":
            return _ANYTHING
        span = reference.span(0, len(reference.value))
        known = [*self.definitions, *BASE_TYPES]
        help_ = did_you_mean(name, known, what="the types are")
        self.reading.note("PR0858", f"the file has no type `{name}`", span, help_)
        return WRONG

    def _defined(self, tag: Tag, through: tuple[str, ...]) -> Meaning:
        unit = tag.attributes.get(f"{OURS} type", "")
        if unit in _UNITS and scalar_type(unit) is not None:
            return Meaning(unit)
        if tag.attributes.get("isCollection", "").strip() in ("true", "1"):
            return Meaning(other="a list")
        if tag.first("itemComponent") is not None:
            return Meaning(other="a record")
        if tag.first("functionItem") is not None:
            return Meaning(other="a function")
        base = tag.first("typeRef")
        meaning = self._meaning(base.text, through) if base is not None else _ANYTHING
        limits = tag.first("allowedValues", "typeConstraint")
        inner = limits.first("text") if limits is not None else None
        if inner is None or inner.text.value in ("", "-"):
            return meaning
        found = constants(inner.text)
        if meaning.name == "string" and found is not None and all(each.is_text for each in found):
            return Meaning(members=tuple(dict.fromkeys(each.value for each in found)))
        message = f"the values that the type `{through[-1]}` allows are not checked"
        help_ = "only a list of texts can be; write what else must hold as `inputValues` of a table's column"
        problem = Problem(
            "PR0871", message, inner.text.span(0, len(inner.text.value)), help_, severity="warning"
        )
        self.reading.problems.append(problem)
        return meaning


@frozen
class Constant:
    """A constant as a policy writes it."""

    value: str
    is_text: bool
    span: Span

    @property
    def node(self) -> Scalar:
        """The constant as a piece of a policy."""
        return word(self.value, self.span, plain=not self.is_text)


def constants(text: Text) -> tuple[Constant, ...] | None:
    """The constants of a list of tests such as `"low", "high"`; None where it is no such list."""
    parsed = parse_tests(text)
    if parsed.problems or len(parsed.trees) != 1:
        return None
    root = parsed.trees[0]
    if not isinstance(root, In):
        return None
    found = [constant(test, text) for test in root.tests]
    return tuple(each for each in found if each is not None) if all(found) else None


def constant(node: Node, text: Text) -> Constant | None:
    """The constant that a node is; None where it is none."""
    span = text.span(node.start, node.end)
    match node:
        case StringLiteral(value=words):
            return Constant(words, is_text=True, span=span)
        case NumberLiteral(value=number):
            return Constant(f"{number:f}", is_text=False, span=span)
        case Negate(operand=NumberLiteral(value=number)):
            return Constant(f"-{number:f}", is_text=False, span=span)
        case BooleanLiteral(value=truth):
            return Constant("true" if truth else "false", is_text=False, span=span)
        case TemporalLiteral(value=moment):
            written = text_of(moment)
            return Constant(written, is_text=False, span=span) if written is not None else None
        case _:
            return None
