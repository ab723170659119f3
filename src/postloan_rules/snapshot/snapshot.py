"""The snapshot: all that is known of one customer as of one date."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from postloan_rules.limits import LIMITS
from postloan_rules.snapshot import fields, reading, writing
from postloan_rules.snapshot.account import Account
from postloan_rules.snapshot.attributes import Attributes
from postloan_rules.snapshot.bureau import BureauReport
from postloan_rules.snapshot.complaint import Complaint
from postloan_rules.snapshot.customer import Customer
from postloan_rules.snapshot.event import Event
from postloan_rules.snapshot.review import Review

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from postloan_rules.limits import Limits

__all__ = ["Jurisdiction", "Snapshot"]


class Jurisdiction(StrEnum):
    """Whose law applies to the relation with the customer."""

    CN = "CN"
    EU = "EU"
    US = "US"
    UK = "UK"
    SG = "SG"
    HK = "HK"
    IN = "IN"
    OTHER = "other"


@frozen(kw_only=True, field_transformer=fields.typed)
class Snapshot:
    """All that is known of one customer as of one date.

    `from_json` and `from_dict` read and check everything.
    A snapshot that a program builds field by field has values of the right kinds in the right order:
    `checked` finds what else may be wrong with it.
    """

    as_of: date = field(metadata=fields.date("The day for which everything in the snapshot holds"))
    currency: str = field(metadata=fields.string("The ISO 4217 code of the currency of every amount"))
    jurisdiction: Jurisdiction = field(
        metadata=fields.one_of(Jurisdiction, "Whose law applies to the relation with the customer")
    )
    customer: Customer = field(metadata=fields.record(Customer, "The person who owes"))
    accounts: tuple[Account, ...] = field(
        metadata=fields.records(Account, "The customer's accounts at the bank, oldest first")
    )
    bureau_reports: tuple[BureauReport, ...] = field(
        metadata=fields.records(BureauReport, "The reports of credit bureaus, oldest first")
    )
    events: tuple[Event, ...] = field(metadata=fields.records(Event, "What happened, oldest first"))
    complaints: tuple[Complaint, ...] = field(
        metadata=fields.records(Complaint, "What the customer complained of, oldest first")
    )
    reviews: tuple[Review, ...] = field(
        metadata=fields.records(Review, "The reviews that the bank has made, oldest first")
    )
    attributes: Attributes = field(factory=Attributes, converter=Attributes)

    @classmethod
    def from_json(cls, text: str | bytes, *, limits: Limits = LIMITS) -> Snapshot:
        """The snapshot that a JSON text holds, as far as the limits go.

        Raises:
            SnapshotInvalid: the text holds no usable snapshot; `problems` says what is wrong, all of it.
        """
        return cast("Snapshot", reading.read_text_as(cls, text, limits))

    @classmethod
    def from_dict(cls, data: Mapping[str, object], *, limits: Limits = LIMITS) -> Snapshot:
        """The snapshot that decoded JSON holds; amounts and dates may also be `Decimal` and `date` values.

        Raises:
            SnapshotInvalid: the data hold no usable snapshot; `problems` says what is wrong, all of it.
        """
        return cast("Snapshot", reading.read_data(cls, data, limits))

    def checked(self) -> Snapshot:
        """The same snapshot, if a reader would accept it.

        Raises:
            SnapshotInvalid: something in it cannot be; `problems` says what, all of it.
        """
        return Snapshot.from_dict(self.to_dict())

    def to_dict(self) -> dict[str, object]:
        """The snapshot as JSON values: amounts and dates as text, unknown fields left out."""
        return writing.to_data(self, self.currency)

    def to_json(self) -> str:
        """The one canonical JSON text of the snapshot: equal snapshots have equal texts."""
        return writing.to_text(self.to_dict())

    @property
    def fingerprint(self) -> str:
        """A short text that differs when anything in the snapshot does: `sha256:` and 64 hex digits."""
        return f"sha256:{hashlib.sha256(self.to_json().encode()).hexdigest()}"

    @property
    def bureau(self) -> BureauReport | None:
        """The latest report of a credit bureau, if there is any."""
        return self.bureau_reports[-1] if self.bureau_reports else None
