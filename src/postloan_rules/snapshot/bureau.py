"""What a credit bureau tells of the customer at other banks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields
from postloan_rules.snapshot.account import AccountStatus, PortfolioType

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from postloan_rules.snapshot.order import OrderKey

__all__ = [
    "BureauReport",
    "BureauSource",
    "ExternalProduct",
    "Inquiry",
    "InquiryReason",
    "PublicRecord",
    "PublicRecordKind",
    "PullReason",
    "Tradeline",
]


class BureauSource(StrEnum):
    """The bureau that the report comes from."""

    PBOC = "PBOC"
    BAIHANG = "Baihang"
    EXPERIAN = "Experian"
    EQUIFAX = "Equifax"
    TRANSUNION = "TransUnion"
    CRIF = "CRIF"
    SCHUFA = "SCHUFA"
    CBS = "CBS"
    OTHER = "other"


class PullReason(StrEnum):
    """Why the bank asked for the report."""

    ACCOUNT_REVIEW = "account_review"
    POST_LOAN_MANAGEMENT = "post_loan_management"
    CREDIT_CARD_APPROVAL = "credit_card_approval"
    LOAN_APPROVAL = "loan_approval"
    GUARANTEE = "guarantee"


class InquiryReason(StrEnum):
    """Why somebody asked the bureau about the customer."""

    ACCOUNT_REVIEW = "account_review"
    POST_LOAN_MANAGEMENT = "post_loan_management"
    CREDIT_CARD_APPROVAL = "credit_card_approval"
    LOAN_APPROVAL = "loan_approval"
    GUARANTEE = "guarantee"
    COLLECTION = "collection"
    OWN_REQUEST = "own_request"
    OTHER = "other"


class ExternalProduct(StrEnum):
    """What another lender granted, or was asked for."""

    CREDIT_CARD = "credit_card"
    PERSONAL_LOAN = "personal_loan"
    LINE = "line"
    MORTGAGE = "mortgage"
    AUTO = "auto"
    STUDENT_LOAN = "student_loan"
    BUSINESS_LOAN = "business_loan"
    OTHER = "other"


class PublicRecordKind(StrEnum):
    """What a court or an authority has recorded."""

    BANKRUPTCY = "bankruptcy"
    JUDGMENT = "judgment"
    ENFORCEMENT = "enforcement"
    GARNISHMENT = "garnishment"
    TAX_ARREARS = "tax_arrears"
    OTHER = "other"


@frozen(kw_only=True, field_transformer=fields.typed)
class Tradeline:
    """One debt of the customer at another lender."""

    lender_hash: str = field(metadata=fields.string("A stand-in for the lender's name"))
    product: ExternalProduct = field(metadata=fields.one_of(ExternalProduct, "What the lender granted"))
    portfolio_type: PortfolioType | None = field(
        default=None, metadata=fields.one_of(PortfolioType, "How the debt is repaid, as Metro 2 codes it")
    )
    date_opened: date = field(metadata=fields.date("The day on which the debt was opened"))
    date_closed: date | None = field(
        default=None, metadata=fields.date("The day on which the debt was closed; left out while it is open")
    )
    credit_limit: Decimal | None = field(default=None, metadata=fields.money("The lender's credit limit"))
    original_amount: Decimal | None = field(
        default=None, metadata=fields.money("The amount that the lender paid out")
    )
    balance: Decimal | None = field(
        default=None, metadata=fields.signed(fields.money("What the customer owes the lender"))
    )
    scheduled_monthly_payment: Decimal | None = field(
        default=None, metadata=fields.money("What the customer has to pay the lender in a month")
    )
    amount_past_due: Decimal | None = field(
        default=None, metadata=fields.money("What should have been paid to the lender and was not")
    )
    days_past_due: int | None = field(
        default=None, metadata=fields.days("Days since the oldest missing payment to the lender was due")
    )
    payment_history_profile: str | None = field(
        default=None,
        metadata=fields.string(
            "One character a month, latest month first: 24 months in Metro 2, 60 in a report of the PBOC"
        ),
    )
    account_status: AccountStatus | None = field(
        default=None, metadata=fields.one_of(AccountStatus, "The standing of the debt, as Metro 2 codes it")
    )
    secured: bool | None = field(default=None, metadata=fields.boolean("Whether the debt is secured"))
    interest_bearing_balance: Decimal | None = field(
        default=None, metadata=fields.money("The part of the balance on which interest runs")
    )

    def order(self) -> OrderKey:
        """By the day of opening, then by lender."""
        return self.date_opened.isoformat(), self.lender_hash


@frozen(kw_only=True, field_transformer=fields.typed)
class Inquiry:
    """One look by somebody into the customer's bureau file."""

    inquired_on: date = field(metadata=fields.date("The day of the look"))
    reason: InquiryReason | None = field(
        default=None, metadata=fields.one_of(InquiryReason, "Why somebody looked")
    )
    hard: bool = field(
        metadata=fields.boolean(
            "Whether the customer had applied for credit; a bank's own reviews are not hard"
        )
    )
    lender_hash: str | None = field(default=None, metadata=fields.string("A stand-in for the lender's name"))
    product: ExternalProduct | None = field(
        default=None, metadata=fields.one_of(ExternalProduct, "What the customer had applied for")
    )

    def order(self) -> OrderKey:
        """By the day of the look, then by lender."""
        return self.inquired_on.isoformat(), self.lender_hash or ""


@frozen(kw_only=True, field_transformer=fields.typed)
class PublicRecord:
    """A finding of a court or an authority about the customer."""

    kind: PublicRecordKind = field(metadata=fields.one_of(PublicRecordKind, "What was recorded"))
    filed_on: date = field(metadata=fields.date("The day on which it was filed"))
    amount: Decimal | None = field(default=None, metadata=fields.money("The amount that it is about"))
    resolved_on: date | None = field(
        default=None, metadata=fields.date("The day on which it was settled; left out while it stands")
    )

    def order(self) -> OrderKey:
        """By the day of filing, then by kind."""
        return self.filed_on.isoformat(), self.kind.value


@frozen(kw_only=True, field_transformer=fields.typed)
class BureauReport:
    """One report of a credit bureau on the customer."""

    source: BureauSource = field(
        metadata=fields.one_of(BureauSource, "The bureau that the report comes from")
    )
    pulled_on: date = field(metadata=fields.date("The day on which the bank received the report"))
    pull_reason: PullReason | None = field(
        default=None, metadata=fields.one_of(PullReason, "Why the bank asked for the report")
    )
    score: int | None = field(default=None, metadata=fields.number("The bureau's score; higher is safer"))
    score_model: str | None = field(default=None, metadata=fields.string("The name of the score's model"))
    key_factors: tuple[str, ...] | None = field(
        default=None, metadata=fields.strings("What weighed most on the score, at most five")
    )
    tradelines: tuple[Tradeline, ...] | None = field(
        default=None,
        metadata=fields.records(Tradeline, "The customer's debts at other lenders, oldest first"),
    )
    inquiries: tuple[Inquiry, ...] | None = field(
        default=None, metadata=fields.records(Inquiry, "Who looked into the file, oldest first")
    )
    public_records: tuple[PublicRecord, ...] | None = field(
        default=None,
        metadata=fields.records(PublicRecord, "Findings of courts and authorities, oldest first"),
    )

    def order(self) -> OrderKey:
        """By the day of the report, then by bureau."""
        return self.pulled_on.isoformat(), self.source.value
