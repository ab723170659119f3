"""The JSON Schema of a policy's files (draft 2020-12), made from the outline: for editors of plain YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from postloan_rules.policy.head import _REQUIRED as HEAD_NEEDS
from postloan_rules.policy.head import HEADER
from postloan_rules.policy.outline import (
    MODES,
    POLICY,
    Either,
    Items,
    Keys,
    Named,
    Part,
    Tree,
    Value,
    meaning,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Schema", "json_schema", "schema_of"]

Schema: TypeAlias = "dict[str, object]"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}]}
_DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_NAME: Schema = {"pattern": r"^[^0-9\s!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]{0,79}$"}
_WORDS: Schema = {
    "anyOf": [
        _SCALAR,
        {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "additionalProperties": _SCALAR},
    ]
}
_DEFINES = ("input", "parameter", "profile", "fact", "table", "scorecard", "trigger", "response")


def json_schema() -> Schema:
    """The schema of a file of a policy: its head with any sections, or sections alone."""
    schema = schema_of(POLICY, "A file of a policy")
    needs: dict[str, list[str]] = {key: ["ruleset"] for key in HEADER}
    needs["ruleset"] = [key for key in HEAD_NEEDS if key != "ruleset"]
    return {**schema, "dependentRequired": needs, "minProperties": 1}


def schema_of(part: Part, title: str) -> Schema:
    """The schema of a file of this kind."""
    made = _Maker()
    body = made.schema(part)
    return {"$schema": _DIALECT, "title": title, **body, **({"$defs": made.trees} if made.trees else {})}


class _Maker:
    """Makes schemas; conditions, which hold conditions, are named apart."""

    def __init__(self) -> None:
        self.trees: dict[str, Schema] = {}

    def schema(self, part: Part) -> Schema:
        match part:
            case Value():
                return _value(part)
            case Items(item=item, least=least):
                return {"type": "array", "items": self.schema(item), **({"minItems": least} if least else {})}
            case Either(parts=parts):
                return {"anyOf": [self.schema(each) for each in parts]}
            case Named(of=of, each=each):
                names: Schema = {"propertyNames": _NAME} if of in _DEFINES else {}
                return {"type": "object", **names, "additionalProperties": self.schema(each)}
            case Tree():
                return self.tree(part)
            case Keys():
                return self.keys(part)
            case _:
                assert_never(part)

    def keys(self, part: Keys) -> Schema:
        lines: dict[str, object] = {}
        for key, inner in part.keys.items():
            said = meaning(key, part)
            lines[key] = {**({"description": said} if said else {}), **self.schema(inner)}
        schema: Schema = {"type": "object", "properties": lines, "additionalProperties": False}
        if part.required:
            schema["required"] = list(part.required)
        if part.one_of:
            schema["oneOf"] = [{"required": [key]} for key in part.one_of]
        if part.kinds is not None:
            schema["allOf"] = [_of_kind(kind, *keys) for kind, keys in part.kinds.items()]
        return schema

    def tree(self, part: Tree) -> Schema:
        name = f"condition of {'triggers' if part.leaf.kind == 'trigger' else 'facts'}"
        reference: Schema = {"$ref": f"#/$defs/{name.replace(' ', '_')}"}
        groups: Mapping[str, Schema] = {
            mode: {"description": meaning(mode, part), "type": "array", "minItems": 1, "items": reference}
            for mode in MODES
        }
        self.trees[name.replace(" ", "_")] = {
            "anyOf": [
                _value(part.leaf),
                {"type": "object", "properties": groups, "additionalProperties": False, "minProperties": 1},
            ]
        }
        return reference


def _of_kind(kind: str, allowed: tuple[str, ...], required: tuple[str, ...]) -> Schema:
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"propertyNames": {"enum": list(allowed)}, "required": list(required)},
    }


def _value(part: Value) -> Schema:
    match part.kind:
        case "words" | "message":
            return dict(_WORDS)
        case "flag":
            return {"type": "boolean"}
        case "number":
            return dict(_NUMBER)
        case "day":
            return dict(_DAY)
        case "type":
            return {"anyOf": [{"enum": list(part.words)}, {"type": "array", "items": _SCALAR, "minItems": 1}]}
        case "choice":
            numbers = [int(word) for word in part.words if word.isdigit()]
            return {"enum": [*part.words, *numbers]}
        case "any":
            return {}
        case _:
            return dict(_SCALAR)
