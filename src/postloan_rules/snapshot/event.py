"""Something that the customer did, or that happened to the customer, at the bank or beyond."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields
from postloan_rules.snapshot.attributes import Attributes

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from postloan_rules.snapshot.order import OrderKey

__all__ = ["Event", "EventType"]


class EventType(StrEnum):
    """What happened."""

    CASH_WITHDRAWAL = "cash_withdrawal"
    CASH_INSTALMENT_APPLIED = "cash_instalment_applied"
    BILL_INSTALMENT_APPLIED = "bill_instalment_applied"
    TEMPORARY_LIMIT_REQUESTED = "temporary_limit_requested"
    LIMIT_INCREASE_REQUESTED = "limit_increase_requested"
    EXTERNAL_LOAN_APPLIED = "external_loan_applied"
    STATEMENT_ISSUED = "statement_issued"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_MISSED = "payment_missed"
    PAYMENT_RETURNED = "payment_returned"
    EMPLOYMENT_CHANGED = "employment_changed"
    INCOME_CHANGED = "income_changed"
    ADDRESS_CHANGED = "address_changed"
    OVER_LIMIT = "over_limit"
    REPAY_REDRAW = "repay_redraw"
    DISPUTE_OPENED = "dispute_opened"
    FRAUD_ALERT = "fraud_alert"
    HARDSHIP_DECLARED = "hardship_declared"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    DORMANT = "dormant"


@frozen(kw_only=True, field_transformer=fields.typed)
class Event:
    """Something that happened on a day, and that may call for a review."""

    id: str = field(metadata=fields.identifier(fields.string("The number of the event")))
    type: EventType = field(metadata=fields.one_of(EventType, "What happened"))
    occurred_on: date = field(metadata=fields.date("The day on which it happened"))
    occurred_at: datetime | None = field(
        default=None, metadata=fields.date_time("The moment at which it happened, in local time")
    )
    recorded_on: date | None = field(
        default=None, metadata=fields.date("The day on which the bank came to know of it")
    )
    amount: Decimal | None = field(default=None, metadata=fields.money("The amount that it is about"))
    account_id: str | None = field(
        default=None,
        metadata=fields.string("The account that it is about; left out when it is about the customer"),
    )
    outcome: str | None = field(default=None, metadata=fields.string("How it ended, such as `approved`"))
    attributes: Attributes = field(factory=Attributes, converter=Attributes)

    def order(self) -> OrderKey:
        """By the day on which it happened, then by number."""
        return self.occurred_on.isoformat(), self.id
