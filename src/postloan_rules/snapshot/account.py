"""An account of the customer at the bank: its terms, its standing, its block."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields
from postloan_rules.snapshot.account_history import Instalment, Payment, Statement

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from postloan_rules.snapshot.order import OrderKey

__all__ = [
    "Account",
    "AccountStatus",
    "BlockCode",
    "FiveClass",
    "PaymentRating",
    "PortfolioType",
    "Product",
]


class Product(StrEnum):
    """What the bank granted."""

    CREDIT_CARD = "credit_card"
    PERSONAL_LOAN = "personal_loan"
    LINE = "line"
    MORTGAGE = "mortgage"
    AUTO = "auto"


class PortfolioType(StrEnum):
    """How the debt is repaid, as Metro 2 codes it."""

    REVOLVING = "R"
    INSTALMENT = "I"
    OPEN = "O"
    LINE_OF_CREDIT = "C"
    MORTGAGE = "M"


class AccountStatus(StrEnum):
    """The standing of an account, as Metro 2 codes it."""

    TRANSFERRED = "05"
    CURRENT = "11"
    CLOSED = "13"
    PAID_AFTER_SURRENDER = "61"
    PAID_AFTER_COLLECTION = "62"
    PAID_AFTER_REPOSSESSION = "63"
    PAID_AFTER_CHARGE_OFF = "64"
    PAID_AFTER_FORECLOSURE = "65"
    PAST_DUE_30 = "71"
    PAST_DUE_60 = "78"
    PAST_DUE_90 = "80"
    PAST_DUE_120 = "82"
    PAST_DUE_150 = "83"
    PAST_DUE_180 = "84"
    GOVERNMENT_CLAIM = "88"
    DEED_RECEIVED = "89"
    IN_COLLECTION = "93"
    FORECLOSED = "94"
    SURRENDERED = "95"
    REPOSSESSED = "96"
    CHARGED_OFF = "97"


class PaymentRating(StrEnum):
    """How an account that is closed or in a special standing was paid, as Metro 2 codes it."""

    CURRENT = "0"
    PAST_DUE_30 = "1"
    PAST_DUE_60 = "2"
    PAST_DUE_90 = "3"
    PAST_DUE_120 = "4"
    PAST_DUE_150 = "5"
    PAST_DUE_180 = "6"
    COLLECTION = "G"
    CHARGED_OFF = "L"


class BlockCode(StrEnum):
    """What the bank has stopped on an account, from nothing to everything."""

    NONE = "none"
    AUTHORISATION_HOLD = "authorisation_hold"
    FROZEN = "frozen"
    SEALED = "sealed"
    CLOSED = "closed"


class FiveClass(StrEnum):
    """The risk class of an asset under the five-class rules."""

    NORMAL = "normal"
    SPECIAL_MENTION = "special_mention"
    SUBSTANDARD = "substandard"
    DOUBTFUL = "doubtful"
    LOSS = "loss"


@frozen(kw_only=True, field_transformer=fields.typed)
class Account:
    """One account of the customer at the bank."""

    account_id: str = field(metadata=fields.identifier(fields.string("The bank's own number of the account")))
    product: Product = field(metadata=fields.one_of(Product, "What the bank granted"))
    portfolio_type: PortfolioType | None = field(
        default=None, metadata=fields.one_of(PortfolioType, "How the debt is repaid, as Metro 2 codes it")
    )
    date_opened: date | None = field(
        default=None, metadata=fields.date("The day on which the account was opened or the loan paid out")
    )
    date_closed: date | None = field(
        default=None,
        metadata=fields.date("The day on which the account was closed; left out while it is open"),
    )
    credit_limit: Decimal | None = field(
        default=None, metadata=fields.money("The standing credit limit, without a temporary one")
    )
    temporary_limit: Decimal | None = field(
        default=None, metadata=fields.money("The whole limit while a temporary limit runs")
    )
    temporary_limit_until: date | None = field(
        default=None, metadata=fields.future(fields.date("The last day of the temporary limit"))
    )
    cash_limit: Decimal | None = field(
        default=None, metadata=fields.money("The part of the limit that may be drawn as cash")
    )
    current_balance: Decimal = field(
        metadata=fields.signed(
            fields.money("What the customer owes now; below zero when the bank owes the customer")
        )
    )
    highest_credit: Decimal | None = field(
        default=None,
        metadata=fields.money("The most that was ever owed; for a loan the amount paid out"),
    )
    apr_purchase: Decimal | None = field(
        default=None, metadata=fields.rate("The yearly interest rate on purchases, or on the loan")
    )
    apr_cash: Decimal | None = field(
        default=None, metadata=fields.rate("The yearly interest rate on cash advances")
    )
    amount_past_due: Decimal | None = field(
        default=None, metadata=fields.money("What should have been paid by now and was not")
    )
    days_past_due: int = field(
        metadata=fields.days(
            "Days since the oldest payment that is still missing was due; 0 when none is missing"
        )
    )
    date_of_first_delinquency: date | None = field(
        default=None, metadata=fields.date("The day on which the present delinquency began")
    )
    account_status: AccountStatus | None = field(
        default=None,
        metadata=fields.one_of(AccountStatus, "The standing of the account, as Metro 2 codes it"),
    )
    payment_rating: PaymentRating | None = field(
        default=None,
        metadata=fields.one_of(PaymentRating, "How a closed account was paid, as Metro 2 codes it"),
    )
    block_code: BlockCode | None = field(
        default=None, metadata=fields.one_of(BlockCode, "What the bank has stopped on the account")
    )
    block_reason: str | None = field(
        default=None, metadata=fields.string("Why the bank has blocked the account")
    )
    block_since: date | None = field(
        default=None, metadata=fields.date("The day on which the present block began")
    )
    ifrs9_stage: int | None = field(
        default=None,
        metadata=fields.number("The impairment stage under IFRS 9: 1, 2 or 3", minimum=1, maximum=3),
    )
    five_class: FiveClass | None = field(
        default=None, metadata=fields.one_of(FiveClass, "The risk class under the five-class rules")
    )
    behaviour_score: int | None = field(
        default=None, metadata=fields.number("The bank's behaviour score; higher is safer")
    )
    forborne_since: date | None = field(
        default=None,
        metadata=fields.date("The day on which the present forbearance began; left out when there is none"),
    )
    charged_off_on: date | None = field(
        default=None,
        metadata=fields.date("The day on which the debt was charged off; left out when it was not"),
    )
    statements: tuple[Statement, ...] | None = field(
        default=None, metadata=fields.records(Statement, "The statements, oldest first")
    )
    payments: tuple[Payment, ...] | None = field(
        default=None, metadata=fields.records(Payment, "The payments by the customer, oldest first")
    )
    instalments: tuple[Instalment, ...] | None = field(
        default=None, metadata=fields.records(Instalment, "The instalment plans, oldest first")
    )

    def order(self) -> OrderKey:
        """By the day of opening, then by number."""
        return self.date_opened.isoformat() if self.date_opened else "", self.account_id
