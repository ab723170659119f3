"""What happened on an account over time: statements, payments, instalment plans."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from postloan_rules.snapshot.order import OrderKey

__all__ = ["Instalment", "InstalmentKind", "Payment", "Statement"]


class InstalmentKind(StrEnum):
    """What an instalment plan spreads: a bill, cash, or the whole debt by personal agreement."""

    BILL = "bill"
    CASH = "cash"
    PERSONALISED = "personalised"


@frozen(kw_only=True, field_transformer=fields.typed)
class Statement:
    """The bill of one cycle."""

    cycle_end: date = field(metadata=fields.identifier(fields.date("The last day of the billing cycle")))
    due_date: date | None = field(
        default=None, metadata=fields.future(fields.date("The day by which the minimum payment is due"))
    )
    closing_balance: Decimal = field(
        metadata=fields.signed(fields.money("What the customer owed at the end of the cycle"))
    )
    minimum_payment: Decimal | None = field(
        default=None, metadata=fields.money("The least that has to be paid by the due date")
    )
    purchases: Decimal | None = field(
        default=None, metadata=fields.money("What was bought with the card in the cycle")
    )
    cash_advances: Decimal | None = field(
        default=None, metadata=fields.money("What was drawn as cash in the cycle")
    )
    interest: Decimal | None = field(default=None, metadata=fields.money("The interest charged in the cycle"))
    fees: Decimal | None = field(default=None, metadata=fields.money("The fees charged in the cycle"))
    credit_limit_at_close: Decimal | None = field(
        default=None, metadata=fields.money("The credit limit at the end of the cycle")
    )
    days_past_due_at_close: int | None = field(
        default=None, metadata=fields.days("The days past due at the end of the cycle")
    )
    paid_by_due: Decimal | None = field(
        default=None,
        metadata=fields.money(
            "What was paid from the end of the cycle to the due date; left out while that day is to come"
        ),
    )

    def order(self) -> OrderKey:
        """By the end of the cycle."""
        return self.cycle_end.isoformat(), ""


@frozen(kw_only=True, field_transformer=fields.typed)
class Payment:
    """Money that the customer paid towards an account."""

    posted_on: date = field(metadata=fields.date("The day on which the payment was posted"))
    amount: Decimal = field(metadata=fields.money("What was paid"))
    channel: str | None = field(
        default=None, metadata=fields.string("How it was paid, such as `direct_debit`")
    )
    returned: bool = field(metadata=fields.boolean("Whether the payment came back unpaid"))
    return_reason: str | None = field(
        default=None, metadata=fields.string("Why the payment came back, such as `insufficient_funds`")
    )
    principal_part: Decimal | None = field(
        default=None, metadata=fields.money("The part of the payment that reduced the principal")
    )
    interest_part: Decimal | None = field(
        default=None, metadata=fields.money("The part of the payment that paid interest")
    )
    fee_part: Decimal | None = field(
        default=None, metadata=fields.money("The part of the payment that paid fees")
    )

    def order(self) -> OrderKey:
        """By the day of posting."""
        return self.posted_on.isoformat(), ""


@frozen(kw_only=True, field_transformer=fields.typed)
class Instalment:
    """A plan by which a part of the debt is repaid in equal instalments."""

    plan_id: str = field(metadata=fields.identifier(fields.string("The bank's own number of the plan")))
    kind: InstalmentKind = field(
        metadata=fields.one_of(InstalmentKind, "What the plan spreads: a bill, cash, or the whole debt")
    )
    principal: Decimal = field(metadata=fields.money("The amount that was put on instalments"))
    months: int = field(metadata=fields.months("The length of the plan"))
    rate: Decimal | None = field(default=None, metadata=fields.rate("The yearly interest rate of the plan"))
    fee: Decimal | None = field(default=None, metadata=fields.money("The fee charged for the plan"))
    start: date = field(metadata=fields.date("The day on which the plan began"))
    outstanding: Decimal = field(metadata=fields.money("The principal that is still to be repaid"))
    contract_id: str | None = field(
        default=None, metadata=fields.string("The number of the plan's own contract")
    )

    def order(self) -> OrderKey:
        """By the day on which it began, then by number."""
        return self.start.isoformat(), self.plan_id
