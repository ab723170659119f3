"""The form of the JSON of an explanation, as JSON Schema."""

from __future__ import annotations

from typing import get_args

from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.trace import Kind
from postloan_rules.decisions.triggers import State
from postloan_rules.decisions.views.as_json import FORMAT

__all__ = ["json_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of an explanation."""
    text: dict[str, object] = {"type": "string"}
    texts = {"type": "array", "items": text}
    day = {"type": "string", "format": "date"}
    by_language = {"type": "object", "additionalProperties": text}
    count = {"type": "integer", "minimum": 0}
    value = {"$ref": "#/$defs/value"}
    line = {"$ref": "#/$defs/line"}
    account = {"type": ["string", "null"], "description": "Null when it is about the customer"}
    place = _object({"file": text, "line": count, "column": count})
    place = {"anyOf": [place, {"type": "null"}]}
    fingerprint = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
    response = _object(
        {
            "response": text,
            "title": by_language,
            "account": account,
            "family": text,
            "adverse": {"type": "boolean"},
            "parameters": {"type": "object", "additionalProperties": value},
            "rules": texts,
            "reasons": texts,
            "place": place,
            "reason": {"anyOf": [{"$ref": "#/$defs/reason"}, {"type": "null"}]},
        }
    )
    withheld = _object(
        {
            "response": text,
            "title": by_language,
            "account": account,
            "cause": {"enum": [each.value for each in Cause]},
            "by": {"type": ["string", "null"]},
            "until": {"anyOf": [day, {"type": "null"}]},
            "rules": texts,
        }
    )
    trigger = _object(
        {
            "trigger": text,
            "title": by_language,
            "account": account,
            "state": {"enum": [each.value for each in State]},
            "because": by_language,
            "place": place,
            "condition": line,
        }
    )
    rule = _object(
        {
            "rule": text,
            "title": by_language,
            "account": account,
            "state": {"enum": ["true", "false", "unknown"]},
            "responses": texts,
            "place": place,
            "condition": line,
        }
    )
    referral = _object({"subject": text, "title": by_language, "account": account, "missing": texts})
    root = _object(
        {
            "format": {"const": FORMAT},
            "ruleset": text,
            "version": text,
            "profile": text,
            "ruleset_fingerprint": fingerprint,
            "snapshot_fingerprint": fingerprint,
            "currency": text,
            "customer": text,
            "as_of": day,
            "masked": {
                "type": "boolean",
                "description": "Whether numbers of customers or accounts are hidden",
            },
            "responses": {"type": "array", "items": response},
            "withheld": {"type": "array", "items": withheld},
            "why_not": {"type": "array", "items": _why_not_schema(withheld, place)},
            "triggers": {"type": "array", "items": trigger},
            "rules": {"type": "array", "items": rule},
            "referrals": {"type": "array", "items": referral},
            "next_review": {"anyOf": [day, {"type": "null"}]},
            "reasons": texts,
            "left_out": _object({"triggers": count, "rules": count}),
        }
    )
    definitions = {
        "condition": _condition_schema(place),
        "reason": _reason_schema(),
        "line": _line_schema(place),
        "value": _value_schema(),
    }
    return {"$schema": _DRAFT, "title": "Explanation", **root, "$defs": definitions}


def _line_schema(place: dict[str, object]) -> dict[str, object]:
    required = {
        "kind": {"enum": list(get_args(Kind))},
        "text": {"type": "string", "description": "As its author wrote it"},
        "value": {"$ref": "#/$defs/value"},
        "place": place,
        "parts": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    }
    schema = _object(required)
    optional = {
        "record": {"type": "string", "description": "The event that it is"},
        "type": {"type": "string", "description": "Such as money, days, ratio"},
        "masked": {"const": True},
    }
    return {**schema, "properties": {**required, **optional}}


def _condition_schema(place: dict[str, object]) -> dict[str, object]:
    read = _object({"name": {"type": "string"}, "value": {"$ref": "#/$defs/value"}})
    return _object(
        {
            "text": {"type": "string", "description": "As its author wrote it"},
            "truth": {"enum": ["true", "false", "unknown"]},
            "account": {"type": ["string", "null"]},
            "record": {"type": ["string", "null"], "description": "The event that it is about"},
            "reads": {"type": "array", "items": read},
            "place": place,
        }
    )


def _reason_schema() -> dict[str, object]:
    schema = _object(
        {
            "conditions": {"type": "array", "items": {"$ref": "#/$defs/condition"}},
            "left_out": {"type": "integer", "minimum": 0},
            "smallest": {"type": "boolean"},
        }
    )
    return {**schema, "description": "The fewest conditions that alone call for it"}


def _why_not_schema(withheld: dict[str, object], place: dict[str, object]) -> dict[str, object]:
    text: dict[str, object] = {"type": "string"}
    texts = {"type": "array", "items": text}
    flag = {"type": "boolean"}
    distance = _object(
        {
            "of": text,
            "amount": text,
            "unit": {"type": "string", "description": "A currency, days, months, seconds, ratio, or empty"},
            "direction": {"enum": ["more", "less", "later", "earlier"]},
            "beyond": {"type": "boolean", "description": "Whether it must be more than the amount"},
            "target": {"$ref": "#/$defs/value"},
        }
    )
    gap = _object(
        {
            "condition": {"$ref": "#/$defs/condition"},
            "needed": {"enum": ["true", "false", "unknown"]},
            "distance": {"anyOf": [distance, {"type": "null"}]},
            "values": texts,
            "missing": texts,
        }
    )
    rule = _object(
        {
            "rule": text,
            "account": {"type": ["string", "null"]},
            "in_force": flag,
            "possible": flag,
            "smallest": flag,
            "needs": {"type": "array", "items": gap},
            "others": {"type": "integer", "minimum": 0},
            "place": place,
        }
    )
    return _object(
        {
            "response": text,
            "title": {"type": "object", "additionalProperties": text},
            "account": {"type": ["string", "null"]},
            "withheld": {"anyOf": [withheld, {"type": "null"}]},
            "even_then": {"type": "array", "items": withheld},
            "rules": {"type": "array", "items": rule},
            "note": text,
        }
    )


def _value_schema() -> dict[str, object]:
    return {
        "description": "Null is unknown; amounts, numbers and days are texts; records are counted only",
        "anyOf": [
            {"type": ["string", "boolean", "null"]},
            {"type": "array", "items": {"$ref": "#/$defs/value"}},
            _object({"records": {"type": "integer", "minimum": 0}}),
        ],
    }


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
