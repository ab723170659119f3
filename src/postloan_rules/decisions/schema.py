"""The form of a decision's JSON, as JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.decision import FORMAT, Cause
from postloan_rules.decisions.triggers import State

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["json_schema"]

_DAY = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_FINGERPRINT = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_ACCOUNT = {
    "type": ["string", "null"],
    "description": "The account that it is about; null when it is about the customer",
}


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of `Decision.to_dict` and `Decision.to_json`."""
    root = _object(
        "What a policy says about one customer as of one day",
        {
            "format": {"const": FORMAT, "description": "The version of this form"},
            "ruleset": _described(_TEXT, "The policy's name"),
            "version": _described(_TEXT, "The policy's version"),
            "profile": _described(_TEXT, "The profile of parameters that was decided under"),
            "ruleset_fingerprint": _described(_FINGERPRINT, "Over all that the policy says"),
            "snapshot_fingerprint": _described(_FINGERPRINT, "Over all that the snapshot says"),
            "customer_id": _TEXT,
            "as_of": _described(_DAY, "The day for which it is decided"),
            "responses": _list(_response(), "What to do, the highest rank first"),
            "withheld": _list(_withheld(), "What rules called for and is not done, and why"),
            "triggers": _list(_trigger(), "What became of every trigger"),
            "referrals": _list(_referral(), "What a person must settle, since something is unknown"),
            "next_review": {
                "anyOf": [_DAY, {"type": "null"}],
                "description": "When to look again; null when nothing asks for it",
            },
            "reasons": _described(_TEXTS, "The reason codes of the adverse responses"),
        },
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Decision", **root}


def _response() -> dict[str, object]:
    return _object(
        "A response that the policy calls for",
        {
            "response": _TEXT,
            "account_id": _ACCOUNT,
            "family": _described(_TEXT, "Of the responses of one family one is chosen"),
            "parameters": {
                "type": "object",
                "additionalProperties": {"type": ["string", "boolean"]},
                "description": "Amounts, numbers and days are texts",
            },
            "rules": _described(_TEXTS, "The rules that called for it"),
            "adverse": {"type": "boolean", "description": "Whether it is to the customer's disadvantage"},
            "reasons": _described(_TEXTS, "The reason codes that the customer is told"),
        },
    )


def _withheld() -> dict[str, object]:
    return _object(
        "A response that rules called for and that is not chosen",
        {
            "response": _TEXT,
            "account_id": _ACCOUNT,
            "cause": {"enum": [cause.value for cause in Cause]},
            "by": {
                "type": ["string", "null"],
                "description": "The response that outranks it, the constraint, or the unknown parameter",
            },
            "until": {"anyOf": [_DAY, {"type": "null"}], "description": "The last day of a cool-down"},
            "rules": _TEXTS,
        },
    )


def _trigger() -> dict[str, object]:
    states = {"enum": [state.value for state in State]}
    return _object("What became of a trigger", {"trigger": _TEXT, "account_id": _ACCOUNT, "state": states})


def _referral() -> dict[str, object]:
    return _object(
        "What could not be settled, and the fields that would settle it",
        {
            "subject": _described(_TEXT, "The trigger, response or constraint"),
            "account_id": _ACCOUNT,
            "missing": _TEXTS,
        },
    )


def _described(schema: Mapping[str, object], description: str) -> dict[str, object]:
    return {**schema, "description": description}


def _list(items: Mapping[str, object], description: str) -> dict[str, object]:
    return {"type": "array", "items": items, "description": description}


def _object(description: str, properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
