"""What stands where in a file of examples, as data: for editors and schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.examples import _EXAMPLE, _FILE
from postloan_rules.analysis.expectation import _KEYS
from postloan_rules.policy.outline import DAY, TEXT, WORDS, Items, Keys, Named, Part, Value
from postloan_rules.policy.outline_schema import Schema, schema_of
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["EXAMPLES", "json_schema"]

_ANY = Value("any")
_TRIGGERS, _RESPONSES = Items(Value("trigger")), Items(Value("response"))
_EXPECTED: Mapping[str, Part] = {
    "fired": _TRIGGERS,
    "not_fired": _TRIGGERS,
    "unknown": _TRIGGERS,
    "responses": _RESPONSES,
    "not_responses": _RESPONSES,
    "withheld": _RESPONSES,
    "reasons": Items(Value("reason")),
    "next_review": DAY,
    "parameters": Named("parameter of a response", Value("constant")),
}
_LINES: Mapping[str, Part] = {
    "name": TEXT,
    "note": WORDS,
    "profile": Value("snapshot"),
    "with_profile": Value("profile"),
    "change": Named("path", _ANY),
    "add": Named("path", Items(_ANY)),
    "remove": Items(TEXT),
    "expect": Keys("`expect`", {key: _EXPECTED[key] for key in _KEYS}),
    "confirmed": Value("flag"),
}


def _fields_of(name: str) -> Keys:
    """A record of the snapshot as an example may write it."""
    record = catalogue.records()[name]
    parts: dict[str, Part] = {each.name: _field(each) for each in record.fields}
    said = {each.name: each.meaning for each in record.fields}
    if record.has_attributes:
        parts["attributes"] = Named("attribute", _ANY)
    return Keys(name, parts, said=said)


def _field(info: FieldInfo) -> Part:
    single: Part = _ANY
    if info.record is not None:
        single = _fields_of(info.record)
    elif info.members:
        single = Value("choice", info.members)
    elif info.kind == "boolean":
        single = Value("flag")
    return Items(single) if info.many else single


_SECTIONS: Mapping[str, Part] = {
    "profiles_of": TEXT,
    "note": WORDS,
    "snapshots": Named("snapshot", _fields_of("Snapshot")),
    "examples": Items(
        Keys("an example", {key: _LINES[key] for key in _EXAMPLE}, ("name", "profile", "expect"))
    ),
}
EXAMPLES = Keys("a file of examples", {key: _SECTIONS[key] for key in _FILE})
"""A file in the folder `examples` of a policy."""


def json_schema() -> Schema:
    """The schema of a file of examples, with the fields that its snapshots may have."""
    schema = schema_of(EXAMPLES, "Examples of a policy")
    lines = schema["properties"]
    if isinstance(lines, dict):
        lines["snapshots"] = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Snapshot"}}
    records = {name: _record(record) for name, record in catalogue.records().items()}
    defined = schema.get("$defs")
    return {**schema, "$defs": {**(defined if isinstance(defined, dict) else {}), **records}}


def _record(record: RecordInfo) -> Schema:
    """A record as an example writes it: what is missing may be added by the example itself."""
    fields: dict[str, object] = {}
    for each in record.fields:
        single: Schema = {"type": ["string", "number", "boolean", "null"]}
        if each.record is not None:
            single = {"anyOf": [{"$ref": f"#/$defs/{each.record}"}, {"type": "null"}]}
        elif each.members:
            single = {"enum": [*each.members, None]}
        schema: Schema = {"type": ["array", "null"], "items": single} if each.many else single
        fields[each.name] = {"description": each.meaning, **schema}
    if record.has_attributes:
        fields["attributes"] = {"type": "object"}
    return {"type": "object", "properties": fields, "additionalProperties": False}
