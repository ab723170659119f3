"""Records and fields as data, derived from the record classes: what readers, schemas and checkers go by."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
from attrs import field, frozen

from postloan_rules.snapshot.fields import Kind, Spec, spec_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from attrs import Attribute, AttrsInstance

__all__ = ["FieldInfo", "RecordInfo", "shape_of"]

_UNITS: Mapping[Kind, str] = MappingProxyType(
    {"money": "currency", "rate": "per year", "days": "days", "months": "months"}
)


@frozen
class FieldInfo:
    """One field of a record, in the policy team's words."""

    name: str
    kind: Kind
    optional: bool
    """Whether the field may be left out, and is then unknown."""
    meaning: str
    members: tuple[str, ...] = ()
    record: str | None = None
    """The name of the record that the field holds."""
    many: bool = False
    protected: bool = False
    """Whether the law forbids to decide by it."""
    identifier: bool = False
    """Whether it tells its record from the others of a list."""
    unit: str = ""
    future: bool = False
    """Whether a date may lie after the snapshot's `as_of`."""
    minimum: int | None = None
    maximum: int | None = None
    choices: type[StrEnum] | None = field(default=None, repr=False, eq=False)


@frozen
class RecordInfo:
    """One kind of record, its meaning and its fields."""

    name: str
    meaning: str
    fields: tuple[FieldInfo, ...]
    has_attributes: bool = False
    """Whether it also holds `attributes`: named scalars that the snapshot does not describe."""
    cls: type[AttrsInstance] = field(kw_only=True, repr=False)
    by_name: Mapping[str, FieldInfo] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({item.name: item for item in self.fields}))

    @property
    def noun(self) -> str:
        """The name in plain words, such as `bureau report`."""
        return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in self.name).strip()

    @property
    def a_noun(self) -> str:
        """The name with its article, such as `an account`."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


@cache
def shape_of(root: type[AttrsInstance]) -> Mapping[str, RecordInfo]:
    """Every record that can be reached from a record class, itself first, by name."""
    found: dict[str, RecordInfo] = {}
    waiting: list[type[AttrsInstance]] = [root]
    while waiting:
        cls = waiting.pop(0)
        if cls.__name__ in found:
            continue
        found[cls.__name__] = _record(cls)
        waiting += [
            spec.record for spec in map(spec_of, attrs.fields(cls)) if spec is not None and spec.record
        ]
    return MappingProxyType(found)


def _record(cls: type[AttrsInstance]) -> RecordInfo:
    meaning = (cls.__doc__ or "").split("\n", 1)[0].removesuffix(".")
    described = [(attribute, spec_of(attribute)) for attribute in attrs.fields(cls)]
    return RecordInfo(
        name=cls.__name__,
        meaning=meaning,
        fields=tuple(_field(attribute, spec) for attribute, spec in described if spec is not None),
        has_attributes=any(attribute.name == "attributes" for attribute, spec in described if spec is None),
        cls=cls,
    )


def _field(attribute: Attribute[object], spec: Spec) -> FieldInfo:
    return FieldInfo(
        name=attribute.name,
        kind=spec.kind,
        optional=attribute.default is None,
        meaning=spec.meaning,
        members=tuple(member.value for member in spec.members) if spec.members else (),
        record=spec.record.__name__ if spec.record else None,
        many=spec.many,
        protected=spec.protected,
        identifier=spec.identifier,
        unit=_UNITS.get(spec.kind, ""),
        future=spec.future,
        minimum=spec.minimum,
        maximum=spec.maximum,
        choices=spec.members,
    )
