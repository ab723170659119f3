"""What a record says of a customer, open or locked, and how it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from postloan_rules.records.canonical import text_of
from postloan_rules.records.sealing import sealed

if TYPE_CHECKING:
    from postloan_rules.decisions import Decision
    from postloan_rules.records.key_store import KeyStore

__all__ = ["content_of", "sealed_or_open"]


def content_of(
    decision: Decision, *, keep: Literal["snapshot", "fingerprint"], trace: bool
) -> dict[str, object]:
    """All that a record says of a customer: the decision, and what is kept of what it was made of."""
    content: dict[str, object] = {"decision": decision.to_dict()}
    if keep == "snapshot":
        # A decision keeps what it was made of.
        content["snapshot"] = decision._snapshot.to_dict()  # noqa: SLF001
    if trace:
        from postloan_rules.decisions.views import Choice, as_json, masking, view_of  # noqa: PLC0415 - seldom

        view = view_of(decision, show=masking.hidden_fields(), choice=Choice(everything=True))
        content["trace"] = as_json.to_dict(view)
    return content


def sealed_or_open(
    content: dict[str, object], customer_id: str, keys: KeyStore | None, log: str
) -> dict[str, object]:
    """The content as it stands in the log: by the customer's id, or locked by the customer's label."""
    if keys is None:
        return {"customer": customer_id, "content": content}
    key = keys.for_customer(customer_id)
    return {"label": key.label, "sealed": sealed(text_of(content), key, log)}
