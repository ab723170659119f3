"""The Decisions table: one row a customer, the same columns for every policy and every engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.decisions import Decision
    from postloan_rules.decisions.decision import Value
    from postloan_rules.policy import Policy

__all__ = ["DECISIONS", "REFUSED", "plain", "row_of", "table_of"]

_TEXTS = pa.list_(pa.string())

_PARAMETER = pa.struct([pa.field("name", pa.string()), pa.field("value", pa.string())])

_RESPONSE = pa.struct(
    [
        pa.field("response", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("family", pa.string()),
        pa.field("rank", pa.int32()),
        pa.field("rules", _TEXTS),
        pa.field("adverse", pa.bool_()),
        pa.field("reasons", _TEXTS),
        pa.field("parameters", pa.list_(_PARAMETER)),
    ]
)

_WITHHELD = pa.struct(
    [
        pa.field("response", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("cause", pa.string()),
        pa.field("by", pa.string()),
        pa.field("until", pa.date32()),
        pa.field("rules", _TEXTS),
    ]
)

_TRIGGER = pa.struct(
    [
        pa.field("trigger", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("state", pa.string()),
    ]
)

_REFERRAL = pa.struct([pa.field("subject", pa.string()), pa.field("account_id", pa.string())])

DECISIONS = pa.schema(
    [
        pa.field("customer_id", pa.string()),
        pa.field("as_of", pa.date32()),
        pa.field("ruleset", pa.string()),
        pa.field("version", pa.string()),
        pa.field("profile", pa.string()),
        pa.field("ruleset_fingerprint", pa.string()),
        pa.field("snapshot_fingerprint", pa.string()),
        pa.field("responses", pa.list_(_RESPONSE)),
        pa.field("withheld", pa.list_(_WITHHELD)),
        pa.field("triggers", pa.list_(_TRIGGER)),
        pa.field("referrals", pa.list_(_REFERRAL)),
        pa.field("reasons", _TEXTS),
        pa.field("next_review", pa.date32()),
        pa.field("redecided", pa.bool_()),
    ]
)
"""The columns of the Decisions table.

The lists stand in the order of `Decision`, and a parameter's value is the text of its JSON. `redecided` is
true where the engine could not be sure of a row to the last digit, and Python decided it.
"""

_PROBLEM = pa.struct(
    [
        pa.field("code", pa.string()),
        pa.field("path", pa.string()),
        pa.field("message", pa.string()),
    ]
)

REFUSED = pa.schema(
    [
        pa.field("file", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("customer_id", pa.string()),
        pa.field("problems", pa.list_(_PROBLEM)),
    ]
)
"""The customers that could not be decided, by the row of the file (the first is 1), and why."""


def table_of(
    policy: Policy,
    decisions: Iterable[Decision],
    *,
    fingerprints: Iterable[str | None] | None = None,
    redecided: bool = False,
) -> pa.Table:
    """The Decisions table of decisions.

    Args:
        policy: By which policy they were decided.
        decisions: What was decided, a row each.
        fingerprints: The snapshots' fingerprints as the data carried them; by default those of the decisions.
        redecided: What the column of that name says.
    """
    rows = (
        [row_of(policy, each, each.snapshot_fingerprint, redecided=redecided) for each in decisions]
        if fingerprints is None
        else [
            row_of(policy, each, carried, redecided=redecided)
            for each, carried in zip(decisions, fingerprints, strict=True)
        ]
    )
    return pa.Table.from_pylist(rows, schema=DECISIONS)


def row_of(
    policy: Policy, decision: Decision, fingerprint: str | None, *, redecided: bool = False
) -> dict[str, object]:
    """A decision as a row of the Decisions table, with the snapshot's fingerprint where it is known."""
    return {
        "customer_id": decision.customer_id,
        "as_of": decision.as_of,
        "ruleset": decision.ruleset,
        "version": decision.version,
        "profile": decision.profile,
        "ruleset_fingerprint": decision.ruleset_fingerprint,
        "snapshot_fingerprint": fingerprint,
        "responses": list(_responses(policy, decision)),
        "withheld": [
            {
                "response": each.response,
                "account_id": each.account_id,
                "cause": each.cause.value,
                "by": each.by,
                "until": each.until,
                "rules": list(each.rules),
            }
            for each in decision.withheld
        ],
        "triggers": [
            {"trigger": each.trigger, "account_id": each.account_id, "state": each.state.value}
            for each in decision.triggers
        ],
        "referrals": [
            {"subject": each.subject, "account_id": each.account_id} for each in decision.referrals
        ],
        "reasons": list(decision.reasons),
        "next_review": decision.next_review,
        "redecided": redecided,
    }


def _responses(policy: Policy, decision: Decision) -> Iterator[dict[str, object]]:
    for each in decision.responses:
        yield {
            "response": each.response,
            "account_id": each.account_id,
            "family": each.family,
            "rank": policy.responses[each.response].rank,
            "rules": list(each.rules),
            "adverse": each.adverse,
            "reasons": list(each.reasons),
            "parameters": _parameters(each.parameters),
        }


def _parameters(parameters: Mapping[str, Value]) -> list[dict[str, object]]:
    return [{"name": name, "value": plain(parameters[name])} for name in sorted(parameters)]


def plain(part: Value) -> str | None:
    """A parameter's value as text; None is unknown."""
    match part:
        case None:
            return None
        case bool():
            return "true" if part else "false"
        case Decimal():
            return f"{part:f}"
        case dt.date():
            return part.isoformat()
        case str():
            return str(part)
