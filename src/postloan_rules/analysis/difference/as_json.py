"""A comparison as JSON, for other programs."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions import type_name

if TYPE_CHECKING:
    from postloan_rules.analysis.difference.comparison import Comparison, Difference, OpenQuestion, Witness
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.difference.regions import Condition, Edge, Region
    from postloan_rules.policy.model import Policy

__all__ = ["to_json"]

FORMAT = 1


def to_json(found: Comparison) -> str:
    """The comparison as JSON."""
    body = {
        "format": FORMAT,
        "verdict": found.verdict,
        "old": _policy(found.old),
        "new": _policy(found.new),
        "parts": [{**_part(each.change), "effect": each.effect} for each in found.parts],
        "refused": [
            {
                "what": each.what,
                "name": each.name,
                "old": each.before,
                "new": each.after,
                "witness": _witness(each.witness),
            }
            for each in found.domain
        ],
        "differences": [_difference(each) for each in found.differences],
        "not_provable": [_open(each) for each in found.open],
        "settled": {"customers": found.tried, "proved_the_same": found.proved},
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def _policy(policy: Policy) -> dict[str, str]:
    return {
        "ruleset": policy.id,
        "version": policy.version,
        "profile": policy.profile,
        "fingerprint": policy.fingerprint,
    }


def _part(change: PartChange) -> dict[str, object]:
    return {"kind": change.kind, "name": change.name, "change": change.state}


def _difference(each: Difference) -> dict[str, object]:
    return {
        "kind": each.kind,
        "name": each.name,
        "of": each.of,
        "before": each.before,
        "after": each.after,
        "parts": [_part(one) for one in each.parts],
        "region": _region(each.region),
        "all_such_customers": each.complete,
        "witness": _witness(each.witness),
    }


def _open(each: OpenQuestion) -> dict[str, object]:
    return {
        "kind": each.kind,
        "name": each.name,
        "of": each.of,
        "ways": [list(way) for way in each.ways],
        "hangs_on": list(each.by),
        "for_want_of_time": each.for_want_of_time,
        "parts": [_part(one) for one in each.parts],
    }


def _region(region: Region | None) -> list[dict[str, object]] | None:
    return None if region is None else [_condition(each) for each in region.conditions]


def _condition(each: Condition) -> dict[str, object]:
    found: dict[str, object] = {
        "name": each.name,
        "type": type_name(each.type),
        "or_unknown": each.or_unknown,
    }
    if each.side:
        found["version"] = each.side
    if each.is_range:
        found |= {"low": _edge(each.low), "high": _edge(each.high)}
    else:
        found["values"] = [_plain(value) for value in each.values]
    return found


def _edge(edge: Edge | None) -> dict[str, object] | None:
    return None if edge is None else {"value": _plain(edge.value), "included": edge.included}


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _witness(witness: Witness | None) -> dict[str, object] | None:
    if witness is None:
        return None
    return {
        "account_id": witness.account_id,
        "changed": list(witness.changed),
        "snapshot": witness.snapshot.to_dict(),
        "old": None if witness.old is None else witness.old.to_dict(),
        "new": None if witness.new is None else witness.new.to_dict(),
    }
