"""What the customer complained of, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields

if TYPE_CHECKING:
    from datetime import date

    from postloan_rules.snapshot.order import OrderKey

__all__ = ["Complaint", "ComplaintStatus", "ComplaintTopic"]


class ComplaintTopic(StrEnum):
    """What a complaint is about."""

    REVIEW_TOO_FREQUENT = "review_too_frequent"
    LIMIT_REDUCED = "limit_reduced"
    CARD_BLOCKED = "card_blocked"
    FEES = "fees"
    BUREAU_PULL = "bureau_pull"
    COLLECTIONS = "collections"
    OTHER = "other"


class ComplaintStatus(StrEnum):
    """How far a complaint has come."""

    OPEN = "open"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


@frozen(kw_only=True, field_transformer=fields.typed)
class Complaint:
    """One complaint by the customer."""

    id: str = field(metadata=fields.identifier(fields.string("The number of the complaint")))
    opened_on: date = field(metadata=fields.date("The day on which the customer complained"))
    topic: ComplaintTopic = field(metadata=fields.one_of(ComplaintTopic, "What the complaint is about"))
    requested_action: str | None = field(
        default=None, metadata=fields.string("What the customer asks for, such as `longer_interval`")
    )
    status: ComplaintStatus = field(metadata=fields.one_of(ComplaintStatus, "How far the complaint has come"))
    resolved_on: date | None = field(
        default=None, metadata=fields.date("The day on which the complaint was answered")
    )
    upheld: bool | None = field(default=None, metadata=fields.boolean("Whether the customer was right"))
    legal_deadline: date | None = field(
        default=None, metadata=fields.future(fields.date("The day by which the law wants an answer"))
    )

    def order(self) -> OrderKey:
        """By the day on which it was made, then by number."""
        return self.opened_on.isoformat(), self.id
