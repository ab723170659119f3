"""The columns of a snapshot, told to people and to programs: name, type, whether it is needed, meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.types as kinds  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.schema import ATTRIBUTES, FINGERPRINT, arrow_schema
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from postloan_rules.policy import Policy
    from postloan_rules.snapshot.catalogue import RecordInfo

__all__ = ["columns_for_programs", "lines_for_people"]

_BESIDE = {
    ATTRIBUTES: "What is known beside the fields: one JSON object of texts, whole numbers, true and false",
    FINGERPRINT: "The fingerprint of the snapshot, carried into the decision",
}


def columns_for_programs(policy: Policy | None = None, currency: str = "CNY") -> list[dict[str, object]]:
    """The columns as JSON values: `type` as Arrow names it, `fields` of a struct, also of those in a list."""
    root, *_ = catalogue.records().values()
    return [_described(field, root) for field in arrow_schema(policy, currency)]


def _described(field: pa.Field, info: RecordInfo | None) -> dict[str, object]:
    item = info.by_name.get(field.name) if info is not None else None
    inner = field.type.value_type if kinds.is_list(field.type) else field.type
    data: dict[str, object] = {"name": field.name, "type": _name(field.type)}
    if item is not None:
        data |= {"required": not item.optional, "kind": item.kind, "meaning": item.meaning}
        if item.unit:
            data["unit"] = item.unit
        if item.members:
            data["members"] = list(item.members)
        if item.protected:
            data["protected"] = True
    else:
        data |= {"required": False, "meaning": _BESIDE.get(field.name, "An input of the policy")}
    if kinds.is_struct(inner):
        of = catalogue.records()[item.record] if item is not None and item.record else None
        data["fields"] = [_described(part, of) for part in inner]
    return data


def _name(type_: pa.DataType) -> str:
    if kinds.is_list(type_):
        return f"list<{_name(type_.value_type)}>"
    return "struct" if kinds.is_struct(type_) else str(type_).replace("[day]", "")


def lines_for_people(policy: Policy | None = None, currency: str = "CNY") -> Iterator[str]:
    """The columns, one a line, those of a struct further in. A star marks what every snapshot has."""
    yield from _lines(columns_for_programs(policy, currency), 0)


def _lines(columns: list[dict[str, object]], depth: int) -> Iterator[str]:
    for column in columns:
        name = "  " * depth + str(column["name"]) + ("*" if column["required"] else "")
        yield f"{name:<36}{column['type']!s:<24}{column['meaning']}"
        inner = column.get("fields")
        if isinstance(inner, list):
            yield from _lines(inner, depth + 1)
