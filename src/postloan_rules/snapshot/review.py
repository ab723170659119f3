"""The reviews that the bank has made: what they looked at, what was done, when the next one is due."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields

if TYPE_CHECKING:
    from datetime import date

    from postloan_rules.snapshot.order import OrderKey

__all__ = ["Review", "ReviewKind", "TakenResponse"]


class ReviewKind(StrEnum):
    """What led to a review."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"
    COMPLAINT = "complaint"
    APPEAL = "appeal"


@frozen(kw_only=True, field_transformer=fields.typed)
class TakenResponse:
    """Something that the bank did after a review."""

    response: str = field(metadata=fields.string("The name of the response in the rule set"))
    account_id: str | None = field(
        default=None,
        metadata=fields.string("The account that it is about; left out when it is about the customer"),
    )
    taken_on: date = field(metadata=fields.date("The day on which it was done"))
    cool_down_until: date | None = field(
        default=None,
        metadata=fields.future(fields.date("The last day on which the same response is not to be repeated")),
    )

    def order(self) -> OrderKey:
        """By the day on which it was done, then by name."""
        return self.taken_on.isoformat(), self.response


@frozen(kw_only=True, field_transformer=fields.typed)
class Review:
    """One review of the customer, or of one account."""

    id: str = field(metadata=fields.identifier(fields.string("The number of the review")))
    reviewed_on: date = field(metadata=fields.date("The day of the review"))
    kind: ReviewKind = field(metadata=fields.one_of(ReviewKind, "What led to the review"))
    account_id: str | None = field(
        default=None,
        metadata=fields.string("The account that was reviewed; left out when it was the customer"),
    )
    ruleset_version: str | None = field(
        default=None, metadata=fields.string("The version of the rule set that decided")
    )
    fired_rules: tuple[str, ...] | None = field(
        default=None, metadata=fields.strings("The rules that fired, by their ids")
    )
    responses: tuple[TakenResponse, ...] = field(
        metadata=fields.records(TakenResponse, "What the bank did after the review, oldest first")
    )
    interval_months: int | None = field(
        default=None, metadata=fields.months("The interval to the next review that was set")
    )
    next_due: date | None = field(
        default=None, metadata=fields.future(fields.date("The day on which the next review is due"))
    )
    reasons: tuple[str, ...] | None = field(
        default=None, metadata=fields.strings("The reason codes that were given to the customer")
    )
    considered_events: tuple[str, ...] | None = field(
        default=None, metadata=fields.strings("The events that the review took into account, by their ids")
    )
    notice_sent_on: date | None = field(
        default=None, metadata=fields.date("The day on which the customer was told")
    )
    notice_due: date | None = field(
        default=None, metadata=fields.future(fields.date("The day by which the customer has to be told"))
    )
    reviewer: str | None = field(default=None, metadata=fields.string("Who reviewed"))
    overridden_by: str | None = field(
        default=None, metadata=fields.string("Who decided otherwise than the rules, if anybody did")
    )

    def order(self) -> OrderKey:
        """By the day of the review, then by number."""
        return self.reviewed_on.isoformat(), self.id
