"""The service's description in OpenAPI 3.1, made from the forms of snapshots, decisions and explanations."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from postloan_rules.decisions.schema import json_schema as decision_schema
from postloan_rules.decisions.views.explanation_schema import json_schema as explanation_schema
from postloan_rules.service.bodies import JSON, JSON_LINES
from postloan_rules.service.refusals import PROBLEM_JSON
from postloan_rules.snapshot.schema import json_schema as snapshot_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["description"]

Schema = dict[str, object]

_TEXT: Schema = {"type": "string"}
_OPTIONAL_DAY: Schema = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
_PRODUCT: Schema = {
    "name": "product",
    "in": "query",
    "required": False,
    "description": "The name of the policy; it may be left out where one product is in service",
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 200},
}
_LANGUAGE: Schema = {
    "name": "lang",
    "in": "query",
    "required": False,
    "description": "The language of a page",
    "schema": {"type": "string", "enum": ["en", "zh"]},
}
_WRONG = {
    400: "The request or its JSON can't be read",
    401: "No key, or one that the service does not know",
    404: "There is no such policy in service, or no such address",
    405: "The address takes another method",
    408: "The body came too slowly",
    413: "The body, or the number of customers, is too large",
    415: "The body is of another kind",
    422: "The snapshot is wrong, or the policy does not fit it",
    429: "More than the key may ask for; `Retry-After` says when to ask again",
    500: "A mistake of the service itself",
    503: "Too much is under way, nothing is in service, or the decision could not be recorded",
}
_EXAMPLE: Schema = {
    "as_of": "2026-11-30",
    "currency": "CNY",
    "jurisdiction": "CN",
    "customer": {"customer_id": "C-1001"},
    "accounts": [
        {
            "account_id": "A-1",
            "product": "credit_card",
            "date_opened": "2023-05-04",
            "credit_limit": "30000",
            "current_balance": "31200.00",
            "days_past_due": 95,
        }
    ],
    "bureau_reports": [],
    "events": [],
    "complaints": [],
    "reviews": [],
}
_HEAD = {"X-Request-Id": {"description": "How the log calls the request", "schema": _TEXT}}


def description(*, keys: bool) -> Schema:
    """The OpenAPI document.

    Args:
        keys: Whether the service asks for keys.
    """
    schemas: Schema = {"Problem": _problem(), "Policies": _policies(), "Status": _object({"status": _TEXT})}
    for name, schema in (
        ("Snapshot", snapshot_schema()),
        ("Decision", decision_schema()),
        ("Explanation", explanation_schema()),
    ):
        schemas |= _embedded(name, schema)
    components: Schema = {"schemas": schemas}
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Post-loan decisions",
            "version": version("postloan-rules"),
            "description": "A snapshot of a customer in, the decision of the policy in service out.",
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": _paths(keys=keys),
        "components": components,
    }
    if keys:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    return document


def _paths(*, keys: bool) -> Schema:
    snapshot = {JSON: {"schema": _ref("Snapshot"), "example": _EXAMPLE}}
    many = {
        JSON: {"schema": {"type": "array", "items": _ref("Snapshot")}, "example": [_EXAMPLE]},
        JSON_LINES: {"schema": {"type": "string", "description": "A snapshot a line"}},
    }
    answer: Schema = {"anyOf": [_ref("Decision"), _ref("Problem")]}
    answers = {
        JSON_LINES: {
            "schema": {"type": "string", "description": "A decision or what is wrong, a line for each"}
        },
        JSON: {"schema": {"type": "array", "items": answer}},
    }
    explained = {JSON: {"schema": _ref("Explanation")}, "text/html": {"schema": _TEXT}}
    work = (400, 404, 408, 413, 415, 422, 429, 500, 503)
    closed = (401,) if keys else ()
    return {
        "/decide": {
            "post": _operation(
                "decide",
                "The decision on one customer",
                {JSON: {"schema": _ref("Decision")}},
                (*closed, *work),
                body=snapshot,
                parameters=[_PRODUCT],
            )
        },
        "/decide-many": {
            "post": _operation(
                "decide_many",
                "The decisions on many customers, in their order, each as it is ready",
                answers,
                (*closed, *work),
                body=many,
                parameters=[_PRODUCT],
            )
        },
        "/explain": {
            "post": _operation(
                "explain",
                "The decision on one customer, with the value of every condition that was looked at",
                explained,
                (*closed, *work),
                body=snapshot,
                parameters=[_PRODUCT, _LANGUAGE],
            )
        },
        "/policies": {
            "get": _operation(
                "policies",
                "What is in service, and what keeps edits from it",
                {JSON: {"schema": _ref("Policies")}},
                (*closed, 500),
            )
        },
        "/metrics": {
            "get": _operation(
                "metrics", "Counters for Prometheus", {"text/plain": {"schema": _TEXT}}, (*closed, 500)
            )
        },
        "/healthz": {
            "get": _operation(
                "alive", "Whether the service is alive", {JSON: {"schema": _ref("Status")}}, (500,), free=True
            )
        },
        "/readyz": {
            "get": _operation(
                "ready",
                "Whether policies are in service",
                {JSON: {"schema": _ref("Status")}},
                (500, 503),
                free=True,
            )
        },
        "/openapi.json": {
            "get": _operation(
                "description", "This document", {JSON: {"schema": {"type": "object"}}}, (500,), free=True
            )
        },
    }


def _operation(
    name: str,
    summary: str,
    answers: Mapping[str, object],
    wrong: Iterable[int],
    *,
    body: Mapping[str, object] | None = None,
    parameters: Iterable[Schema] = (),
    free: bool = False,
) -> Schema:
    responses: Schema = {"200": {"description": summary, "headers": _HEAD, "content": answers}}
    for status in sorted(wrong):
        headers: Schema = dict(_HEAD)
        if status in (429, 503):
            headers["Retry-After"] = {"description": "Seconds to wait", "schema": {"type": "integer"}}
        content = {PROBLEM_JSON: {"schema": _ref("Problem")}}
        responses[str(status)] = {"description": _WRONG[status], "headers": headers, "content": content}
    operation: Schema = {"operationId": name, "summary": summary, "responses": responses}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
        operation["parameters"] = list(parameters)
    if free:
        operation["security"] = []
    return operation


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _embedded(name: str, schema: Mapping[str, object]) -> Schema:
    """A schema as a component: what it defines for itself becomes components beside it."""
    own = {key: each for key, each in schema.items() if key not in ("$schema", "$defs", "$id", "title")}
    found: Schema = {name: _moved(own, name)}
    defined = schema.get("$defs")
    if isinstance(defined, dict):
        found |= {f"{name}.{key}": _moved(each, name) for key, each in defined.items()}
    return found


def _moved(node: object, name: str) -> object:
    if isinstance(node, dict):
        return {
            key: f"#/components/schemas/{name}.{each.removeprefix('#/$defs/')}"
            if key == "$ref" and isinstance(each, str)
            else _moved(each, name)
            for key, each in node.items()
        }
    return [_moved(each, name) for each in node] if isinstance(node, list | tuple) else node


def _problem() -> Schema:
    one = _object(
        {
            "code": {"type": "string", "pattern": "^PR[0-9]{4}$"},
            "message": _TEXT,
            "path": _TEXT,
            "help": _TEXT,
        }
    )
    one["required"] = ["code", "message"]
    return {
        **_object(
            {
                "type": _TEXT,
                "title": _TEXT,
                "status": {"type": "integer"},
                "detail": _TEXT,
                "problems": {"type": "array", "items": one},
            }
        ),
        "description": "What is wrong, as RFC 9457 says; `problems` lists all of it",
    }


def _policies() -> Schema:
    one = _object(
        {
            "product": _TEXT,
            "version": _TEXT,
            "profile": _TEXT,
            "source": _TEXT,
            "since": _OPTIONAL_DAY,
            "until": _OPTIONAL_DAY,
            "fingerprint": _TEXT,
            "gone": {"type": "boolean"},
        }
    )
    wrong = _object({"source": _TEXT, "problems": {"type": "array", "items": {"type": "object"}}})
    return _object(
        {
            "in_service": {"type": "array", "items": one},
            "shadows": {"type": "array", "items": one},
            "wrong": {"type": "array", "items": wrong},
        }
    )


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
