"""All that is known of one customer as of one date: typed, frozen, read strictly from JSON."""

from __future__ import annotations

from postloan_rules.snapshot.account import (
    Account,
    AccountStatus,
    BlockCode,
    FiveClass,
    PaymentRating,
    PortfolioType,
    Product,
)
from postloan_rules.snapshot.account_history import Instalment, InstalmentKind, Payment, Statement
from postloan_rules.snapshot.attributes import Attributes, Scalar
from postloan_rules.snapshot.bureau import (
    BureauReport,
    BureauSource,
    ExternalProduct,
    Inquiry,
    InquiryReason,
    PublicRecord,
    PublicRecordKind,
    PullReason,
    Tradeline,
)
from postloan_rules.snapshot.complaint import Complaint, ComplaintStatus, ComplaintTopic
from postloan_rules.snapshot.customer import (
    ContactChannel,
    Customer,
    EmploymentStatus,
    MaritalStatus,
    Protected,
    Sex,
)
from postloan_rules.snapshot.errors import SnapshotInvalid
from postloan_rules.snapshot.event import Event, EventType
from postloan_rules.snapshot.review import Review, ReviewKind, TakenResponse
from postloan_rules.snapshot.snapshot import Jurisdiction, Snapshot

__all__ = [
    "Account",
    "AccountStatus",
    "Attributes",
    "BlockCode",
    "BureauReport",
    "BureauSource",
    "Complaint",
    "ComplaintStatus",
    "ComplaintTopic",
    "ContactChannel",
    "Customer",
    "EmploymentStatus",
    "Event",
    "EventType",
    "ExternalProduct",
    "FiveClass",
    "Inquiry",
    "InquiryReason",
    "Instalment",
    "InstalmentKind",
    "Jurisdiction",
    "MaritalStatus",
    "Payment",
    "PaymentRating",
    "PortfolioType",
    "Product",
    "Protected",
    "PublicRecord",
    "PublicRecordKind",
    "PullReason",
    "Review",
    "ReviewKind",
    "Scalar",
    "Sex",
    "Snapshot",
    "SnapshotInvalid",
    "Statement",
    "TakenResponse",
    "Tradeline",
]
