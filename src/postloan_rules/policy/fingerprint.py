"""The fingerprint of a policy: equal for policies that say the same, whatever the order of their lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import cast

import attrs

from postloan_rules.expressions import Expression, RecordType, type_name
from postloan_rules.policy.model import Group, Never, Policy, Response, Rule, Schedule

__all__ = ["fingerprint"]

_UNORDERED: Mapping[type, tuple[str, ...]] = {
    Group: ("parts",),
    Rule: ("responses",),
    Never: ("responses",),
    Schedule: ("adjustments",),
    Response: ("parameters",),
    # These stand in an order of computing, which may differ between policies that say the same.
    Policy: ("facts", "triggers"),
}
"""Fields whose order in the YAML has no meaning."""


def fingerprint(policy: Policy) -> str:
    """`sha256:` and 64 digits, over all that the policy says (places, comments and line order left out)."""
    plain = _plain(attrs.evolve(policy, fingerprint=""))
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(part: object) -> object:
    if isinstance(part, Enum):
        return part.value
    if part is None or isinstance(part, bool | int | str):
        return part
    if isinstance(part, Decimal):
        # 0.90 and 0.9 are the same number.
        return f"{part.normalize():f}"
    if isinstance(part, date):
        return part.isoformat()
    if isinstance(part, Expression):
        return part.canonical
    if isinstance(part, RecordType):
        return type_name(part)
    if isinstance(part, Mapping):
        return {str(key): _plain(each) for key, each in part.items()}
    if isinstance(part, tuple):
        return [_plain(each) for each in part]
    if attrs.has(type(part)):
        return _fields(part)
    raise AssertionError(f"a policy holds no {type(part).__name__}")


def _fields(part: object) -> dict[str, object]:
    unordered = _UNORDERED.get(type(part), ())
    found: dict[str, object] = {"": type(part).__name__}
    for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(part))):
        if field.eq is False:
            continue
        plain = _plain(getattr(part, field.name))
        if field.name in unordered and isinstance(plain, list):
            plain = sorted(plain, key=lambda each: json.dumps(each, sort_keys=True, ensure_ascii=False))
        found[field.name] = plain
    return found
