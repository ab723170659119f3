"""Small policies and customers for tests, as little as each needs."""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path

import postloan_rules as plr

AS_OF = "2026-11-30"

HEAD = """\
ruleset: small
version: "1"
language: 1
currency: CNY
"""


def policy(body: str, *, subject: bool = False, profile: str | None = None, head: str = HEAD) -> plr.RuleSet:
    """The rule set of a small policy: the head is put before the body."""
    text = head + ("subject: {each: accounts}\n" if subject else "") + textwrap.dedent(body)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.yaml"
        file.write_text(text, encoding="utf-8")
        return plr.load(file, profile=profile)


def codes(body: str, *, subject: bool = False) -> list[str]:
    """The codes of the problems of a small policy."""
    try:
        policy(body, subject=subject)
    except plr.RuleSetInvalid as error:
        return [problem.code for problem in error.problems]
    return []


def account(account_id: str = "A1", /, **fields: object) -> dict[str, object]:
    """A card in good standing with nothing on it, unless it is said otherwise."""
    standing = {"product": "credit_card", "current_balance": "0", "days_past_due": 0}
    return {"account_id": account_id, **standing, **fields}


def customer(*accounts: dict[str, object], **fields: object) -> plr.Snapshot:
    """A customer with these accounts; fields of the snapshot may be given by name."""
    base: dict[str, object] = {
        "as_of": AS_OF,
        "currency": "CNY",
        "jurisdiction": "CN",
        "customer": {"customer_id": "C1"},
        "accounts": list(accounts),
        "bureau_reports": [],
        "events": [],
        "complaints": [],
        "reviews": [],
    }
    return plr.Snapshot.from_dict({**base, **fields})


def event(kind: str, day: str, event_id: str = "E1", /, **fields: object) -> dict[str, object]:
    """An event on a day."""
    return {"id": event_id, "type": kind, "occurred_on": day, **fields}


def review(day: str, review_id: str = "R1", /, **fields: object) -> dict[str, object]:
    """A review on a day."""
    return {"id": review_id, "reviewed_on": day, "kind": "scheduled", "responses": [], **fields}


def responses(decision: plr.Decision) -> list[tuple[str, str | None]]:
    """The chosen responses, each with its account."""
    return [(each.response, each.account_id) for each in decision.responses]


def withheld(decision: plr.Decision) -> list[tuple[str, str | None, str, str | None]]:
    """The withheld responses: name, account, cause, by what."""
    return [(each.response, each.account_id, each.cause.value, each.by) for each in decision.withheld]


def states(decision: plr.Decision, trigger: str) -> dict[str | None, str]:
    """The states of a trigger by account."""
    return {each.account_id: each.state.value for each in decision.triggers if each.trigger == trigger}
