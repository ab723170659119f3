"""A decided customer as rows: one of the customer, one of each decision."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]

from postloan_rules.decisions.values import compute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Account, Snapshot

__all__ = ["CUSTOMERS", "DECISIONS", "customer_row", "decision_row"]

_MONEY = pa.decimal128(38, 4)
"""No currency has more than four decimals."""
_TEXTS = pa.list_(pa.string())


def _records(**fields: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct(list(fields.items())))


CUSTOMERS = pa.schema(
    [
        ("month", pa.int32()),
        ("place", pa.int64()),
        ("customer_id", pa.string()),
        ("day", pa.date32()),
        ("bad", pa.bool_()),
        ("segments", _TEXTS),
        (
            "accounts",
            _records(account_id=pa.string(), balance=_MONEY, credit_limit=_MONEY, cash_limit=_MONEY),
        ),
    ]
)
"""`place` is the line of the file, `month` the number of the file where there are several."""

DECISIONS = pa.schema(
    [
        ("month", pa.int32()),
        ("place", pa.int64()),
        ("variant", pa.int32()),
        ("customer_id", pa.string()),
        ("as_of", pa.date32()),
        ("ruleset", pa.string()),
        ("version", pa.string()),
        ("profile", pa.string()),
        ("ruleset_fingerprint", pa.string()),
        ("snapshot_fingerprint", pa.string()),
        (
            "responses",
            _records(
                response=pa.string(),
                account_id=pa.string(),
                family=pa.string(),
                rank=pa.int32(),
                rules=_TEXTS,
                adverse=pa.bool_(),
                reasons=_TEXTS,
                parameters=_records(name=pa.string(), value=pa.string()),
            ),
        ),
        (
            "withheld",
            _records(
                response=pa.string(),
                account_id=pa.string(),
                cause=pa.string(),
                by=pa.string(),
                until=pa.date32(),
                rules=_TEXTS,
            ),
        ),
        ("triggers", _records(trigger=pa.string(), account_id=pa.string(), state=pa.string())),
        ("referrals", _records(subject=pa.string(), account_id=pa.string())),
        ("reasons", _TEXTS),
        ("next_review", pa.date32()),
    ]
)
"""The decisions table, with the customer's place and the number of the policy that decided before it."""


def customer_row(
    key: tuple[int, int],
    policy: Policy,
    decision: Decision,
    snapshot: Snapshot,
    *,
    bad: bool | None,
    segments: Sequence[str | None],
) -> dict[str, object]:
    """What is counted of a customer: the accounts that are decided, what became of the customer."""
    month, place = key
    return {
        "month": month,
        "place": place,
        "customer_id": snapshot.customer.customer_id,
        "day": snapshot.as_of,
        "bad": bad,
        "segments": list(segments),
        "accounts": [
            {
                "account_id": account.account_id,
                "balance": account.current_balance,
                "credit_limit": account.credit_limit,
                "cash_limit": account.cash_limit,
            }
            for account in _decided_accounts(policy, decision, snapshot)
        ],
    }


def _decided_accounts(policy: Policy, decision: Decision, snapshot: Snapshot) -> list[Account]:
    """The accounts that the policy is about; all that are open where it is about none in particular."""
    if policy.subject is None:
        return [account for account in snapshot.accounts if account.date_closed is None]
    if any(trigger.per_account for trigger in policy.triggers):
        # INVARIANT: such a trigger has a state for each account that is decided.
        ids = {each.account_id for each in decision.triggers}
        return [account for account in snapshot.accounts if account.account_id in ids]
    return [account for account, _ in compute(policy, snapshot).accounts]


def decision_row(
    key: tuple[int, int], variant: int, decision: Decision, ranks: Mapping[str, int]
) -> dict[str, object]:
    """A decision as a row of the decisions table."""
    month, place = key
    return {
        "month": month,
        "place": place,
        "variant": variant,
        "customer_id": decision.customer_id,
        "as_of": decision.as_of,
        "ruleset": decision.ruleset,
        "version": decision.version,
        "profile": decision.profile,
        "ruleset_fingerprint": decision.ruleset_fingerprint,
        "snapshot_fingerprint": decision.snapshot_fingerprint,
        "responses": [
            {
                "response": each.response,
                "account_id": each.account_id,
                "family": each.family,
                "rank": ranks[each.response],
                "rules": list(each.rules),
                "adverse": each.adverse,
                "reasons": list(each.reasons),
                "parameters": [
                    {"name": name, "value": _text(value)} for name, value in each.parameters.items()
                ],
            }
            for each in decision.responses
        ],
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
    }


def _text(value: object) -> str | None:
    """A value as the decision's JSON writes it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
