"""The JSON of an explanation: the same in every language, amounts and days as in a decision's JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.trace import Kind
from postloan_rules.decisions.triggers import State
from postloan_rules.decisions.views.visible import visible
from postloan_rules.expressions import text_of, type_name

if TYPE_CHECKING:
    from postloan_rules.decisions.views.view import Line, Place, TriggerView, Value, View
    from postloan_rules.policy.model import Words

__all__ = ["FORMAT", "json_schema", "to_dict", "to_json"]

FORMAT = 1
"""The version of this form."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def to_json(view: View) -> str:
    """The explanation as JSON, keys sorted: the same decision gives the same bytes."""
    return json.dumps(to_dict(view), ensure_ascii=False, sort_keys=True, indent=1)


def to_dict(view: View) -> dict[str, object]:
    """The explanation as plain values, in the form of its JSON."""
    return {
        "format": FORMAT,
        "ruleset": view.ruleset,
        "version": view.version,
        "profile": view.profile,
        "ruleset_fingerprint": view.ruleset_fingerprint,
        "snapshot_fingerprint": view.snapshot_fingerprint,
        "currency": view.currency,
        "customer": view.customer,
        "as_of": view.as_of.isoformat(),
        "masked": view.masked,
        "responses": [
            {
                "response": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "family": each.family,
                "adverse": each.adverse,
                "parameters": {name: _value(value) for name, value in each.parameters},
                "rules": list(each.rules),
                "reasons": list(each.reasons),
                "place": _place(each.place),
            }
            for each in view.responses
        ],
        "withheld": [
            {
                "response": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "cause": each.cause.value,
                "by": each.by,
                "until": each.until.isoformat() if each.until is not None else None,
                "rules": list(each.rules),
            }
            for each in view.withheld
        ],
        "triggers": [
            {
                "trigger": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "state": each.state.value,
                "because": _because(each),
                "place": _place(each.place),
                "condition": _line(each.line),
            }
            for each in view.triggers
        ],
        "rules": [
            {
                "rule": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "state": each.state,
                "responses": [name for name, _ in each.responses],
                "place": _place(each.place),
                "condition": _line(each.line),
            }
            for each in view.rules
        ],
        "referrals": [
            {
                "subject": each.subject,
                "title": _texts(each.title),
                "account": each.account,
                "missing": list(each.missing),
            }
            for each in view.referrals
        ],
        "next_review": view.next_review.isoformat() if view.next_review is not None else None,
        "reasons": list(view.reasons),
        "left_out": {"triggers": view.left_out[0], "rules": view.left_out[1]},
    }


def _texts(words: Words | None) -> dict[str, str]:
    return {language: visible(text) for language, text in words.by_language.items()} if words else {}


def _because(trigger: TriggerView) -> dict[str, str]:
    return {
        language: "".join(piece if isinstance(piece, str) else _plain(piece) for piece in pieces)
        for language, pieces in trigger.said.items()
    }


def _plain(value: Value) -> str:
    text = value.mask if value.mask is not None else text_of(value.known)
    return visible(text) if text is not None else "?"


def _place(place: Place | None) -> dict[str, object] | None:
    return {"file": place.file, "line": place.line, "column": place.column} if place is not None else None


def _line(line: Line) -> dict[str, object]:
    found: dict[str, object] = {
        "kind": line.kind,
        "text": line.text,
        "value": _value(line.value),
        "place": _place(line.place),
        "parts": [_line(part) for part in line.parts],
    }
    if line.record is not None:
        found["record"] = line.record
    if line.value.type is not None:
        found["type"] = type_name(line.value.type)
    if line.value.mask is not None:
        found["masked"] = True
    return found


def _value(value: Value) -> object:
    return visible(value.mask) if value.mask is not None else _known(value.known)


def _known(known: object) -> object:
    match known:
        case None | bool():
            return known
        case int() | Decimal():
            return f"{Decimal(known):f}"
        case dt.date():
            return known.isoformat()
        case tuple() if not known or any(each is not None and text_of(each) is None for each in known):
            return {"records": len(known)}
        case tuple():
            return [_known(each) for each in known]
        case _:
            text = text_of(known)
            return visible(text) if text is not None else {"records": 1}


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
            "triggers": {"type": "array", "items": trigger},
            "rules": {"type": "array", "items": rule},
            "referrals": {"type": "array", "items": referral},
            "next_review": {"anyOf": [day, {"type": "null"}]},
            "reasons": texts,
            "left_out": _object({"triggers": count, "rules": count}),
        }
    )
    definitions = {"line": _line_schema(place), "value": _value_schema()}
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
