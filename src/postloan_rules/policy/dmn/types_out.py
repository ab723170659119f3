"""Our types as item definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from attrs import define, field

from postloan_rules.expressions import (
    ANY,
    NULL,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    ScalarType,
    Type,
    quoted,
)
from postloan_rules.policy.dmn.markup import Element, element
from postloan_rules.policy.dmn.words import UNITS, WRITTEN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ItemTypes", "identifier", "listed_words", "tests", "text"]

_PLAIN = re.compile("[A-Za-z0-9_]")


def identifier(kind: str, name: str) -> str:
    """An id that is the same in every export and differs for different names, whatever letters they have."""
    spelt = "".join(letter if _PLAIN.match(letter) else f"-{ord(letter):x}-" for letter in name)
    return f"{kind}_{spelt}"


def listed_words(words: Iterable[str]) -> str:
    """Texts as a list of tests."""
    return ", ".join(quoted(word) for word in words)


@define
class ItemTypes:
    """The item definitions that a file needs, each made when a type first asks for it."""

    definitions: dict[str, Element] = field(factory=dict)
    _names: dict[Type, str] = field(factory=dict)

    def reference(self, type_: Type) -> str | None:
        """What `typeRef` says for a type; None where the standard has no word for it."""
        match type_:
            case ScalarType() if type_ in WRITTEN_TYPES:
                return WRITTEN_TYPES[type_]
            case ScalarType() if type_ in UNITS:
                definition = self._definition(type_.name, text("typeRef", "number"), plr_type=type_.name)
                self.definitions.setdefault(type_.name, definition)
                return type_.name
            case ScalarType():
                return "Any" if type_ in (ANY, NULL) else None
            case RangeType():
                return None
            case EnumType() | ListType() | RecordType():
                return self._named(type_)
            case _:
                assert_never(type_)

    def ordered(self) -> tuple[Element, ...]:
        """All of them, by name."""
        return tuple(self.definitions[name] for name in sorted(self.definitions))

    def _named(self, type_: EnumType | ListType | RecordType) -> str | None:
        if type_ in self._names:
            return self._names[type_]
        match type_:
            case ListType(item):
                inner = self.reference(item)
                name = self._free(f"list_of_{_word(inner)}" if inner is not None else "list")
                self._names[type_] = name
                parts = [text("typeRef", inner or "Any")]
                self.definitions[name] = self._definition(name, *parts, isCollection="true")
            case EnumType(words, members):
                name = self._free(f"{_word(words)}_values")
                self._names[type_] = name
                parts = [text("typeRef", "string"), tests("allowedValues", listed_words(members))]
                self.definitions[name] = self._definition(name, *parts)
            case RecordType(spoken):
                name = self._free(f"{_word(spoken)}_record")
                self._names[type_] = name
                self.definitions[name] = self._definition(name)  # holds its place while its fields are read
                parts = [self._component(name, key, each.type) for key, each in type_.fields.items()]
                self.definitions[name] = self._definition(name, *parts)
            case _:
                assert_never(type_)
        return name

    def _component(self, record: str, name: str, type_: Type) -> Element:
        many = isinstance(type_, ListType)
        single = type_.item if isinstance(type_, ListType) else type_
        parts = [text("typeRef", self.reference(single) or "Any")]
        if isinstance(single, EnumType):
            # Fields of several records share a name and not their words: the words stand with the field.
            parts = [text("typeRef", "string"), tests("allowedValues", listed_words(single.members))]
        id_ = f"{identifier('type', record)}.{identifier('field', name)}"
        return element("itemComponent", *parts, id=id_, name=name, isCollection="true" if many else None)

    def _definition(self, name: str, *parts: Element, **attributes: str) -> Element:
        return element("itemDefinition", *parts, id=identifier("type", name), name=name, **attributes)

    def _free(self, wanted: str) -> str:
        number, name = 1, wanted
        while name in self.definitions:
            number += 1
            name = f"{wanted}_{number}"
        return name


def _word(spoken: str) -> str:
    return re.sub(r"\W+", "_", spoken) or "nameless"


def text(name: str, content: str) -> Element:
    """An element with a text."""
    return element(name, text=content)


def tests(name: str, content: str) -> Element:
    """An element with tests as of a table cell."""
    return element(name, text("text", content))
