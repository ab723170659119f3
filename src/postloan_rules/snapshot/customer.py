"""The customer: relationship, employment, income, and the protected attributes that no rule reads."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.snapshot import fields

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

__all__ = ["ContactChannel", "Customer", "EmploymentStatus", "MaritalStatus", "Protected", "Sex"]


class EmploymentStatus(StrEnum):
    """What the customer lives on; left out when it is not known."""

    EMPLOYED = "employed"
    SELF_EMPLOYED = "self_employed"
    UNEMPLOYED = "unemployed"
    RETIRED = "retired"
    STUDENT = "student"


class ContactChannel(StrEnum):
    """A way to reach the customer."""

    LETTER = "letter"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    APP = "app"


class Sex(StrEnum):
    """The customer's sex as recorded."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class MaritalStatus(StrEnum):
    """The customer's marital status as recorded."""

    SINGLE = "single"
    MARRIED = "married"
    SEPARATED = "separated"
    DIVORCED = "divorced"
    WIDOWED = "widowed"
    OTHER = "other"


@frozen(kw_only=True, field_transformer=fields.typed)
class Protected:
    """What the law forbids to decide by: kept apart, for fairness reports only."""

    birth_date: date | None = field(
        default=None, metadata=fields.protected(fields.date("The day on which the customer was born"))
    )
    sex: Sex | None = field(
        default=None, metadata=fields.protected(fields.one_of(Sex, "The customer's sex as recorded"))
    )
    marital_status: MaritalStatus | None = field(
        default=None,
        metadata=fields.protected(fields.one_of(MaritalStatus, "The customer's marital status as recorded")),
    )
    nationality: str | None = field(
        default=None, metadata=fields.protected(fields.string("The customer's nationality as recorded"))
    )


@frozen(kw_only=True, field_transformer=fields.typed)
class Customer:
    """The person who owes: one customer, over all accounts."""

    customer_id: str = field(
        metadata=fields.identifier(fields.string("The bank's own number of the customer"))
    )
    relationship_start: date | None = field(
        default=None, metadata=fields.date("The day on which the person became a customer of the bank")
    )
    employment_status: EmploymentStatus | None = field(
        default=None, metadata=fields.one_of(EmploymentStatus, "What the customer lives on")
    )
    employer_changed_on: date | None = field(
        default=None, metadata=fields.date("The day of the latest change of employer")
    )
    monthly_income: Decimal | None = field(
        default=None, metadata=fields.money("The customer's income in a month, before tax")
    )
    income_verified_on: date | None = field(
        default=None, metadata=fields.date("The day on which the monthly income was last verified")
    )
    net_personal_assets: Decimal | None = field(
        default=None,
        metadata=fields.signed(
            fields.money("What the customer owns less what the customer owes, everywhere")
        ),
    )
    contact_consents: tuple[ContactChannel, ...] | None = field(
        default=None,
        metadata=fields.members(
            ContactChannel, "The channels over which the customer agreed to be contacted"
        ),
    )
    vulnerable: bool | None = field(
        default=None,
        metadata=fields.boolean("Whether the bank has recorded that the customer needs particular care"),
    )
    deceased_on: date | None = field(
        default=None,
        metadata=fields.date("The day of death; left out when the customer is not known to be dead"),
    )
    bankrupt_on: date | None = field(
        default=None,
        metadata=fields.date("The day on which bankruptcy was declared; left out when it was not"),
    )
    protected: Protected | None = field(
        default=None,
        metadata=fields.protected(fields.record(Protected, "What the law forbids to decide by")),
    )
