"""What cannot be true together: days in an impossible order, accounts that are not there, and the like."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from postloan_rules.snapshot.draft import Draft
from postloan_rules.snapshot.place import Place
from postloan_rules.snapshot.refusal import Refusal, found, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "FOLLOWS",
    "MOST_KEY_FACTORS",
    "PROFILE_MONTHS",
    "SEEN_IN_REPORT",
    "SINCE_OPENED",
    "SOFT",
    "contradictions",
    "is_profile",
]

Finding = tuple[Place, Refusal]

MOST_KEY_FACTORS = 5
_ADVISED = 20
PROFILE_MONTHS = (24, 60)
SOFT = frozenset({"account_review", "post_loan_management", "own_request"})
"""Reasons for which an inquiry is never hard."""

FOLLOWS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "Account": (
            ("date_closed", "date_opened"),
            ("date_of_first_delinquency", "date_opened"),
            ("block_since", "date_opened"),
            ("forborne_since", "date_opened"),
            ("charged_off_on", "date_opened"),
        ),
        "Statement": (("due_date", "cycle_end"),),
        "Tradeline": (("date_closed", "date_opened"),),
        "PublicRecord": (("resolved_on", "filed_on"),),
        "Event": (("recorded_on", "occurred_on"),),
        "Complaint": (("resolved_on", "opened_on"), ("legal_deadline", "opened_on")),
        "Review": (("next_due", "reviewed_on"), ("notice_due", "reviewed_on")),
        "TakenResponse": (("cool_down_until", "taken_on"),),
    }
)
"""By record: a day, and the day of the same record that it must not lie before."""

SINCE_OPENED = (("statements", "cycle_end"), ("payments", "posted_on"), ("instalments", "start"))
"""Lists of an account, and the day of their records that must not lie before its opening."""
SEEN_IN_REPORT = (
    ("tradelines", "date_opened"),
    ("tradelines", "date_closed"),
    ("inquiries", "inquired_on"),
    ("public_records", "filed_on"),
    ("public_records", "resolved_on"),
)
"""Lists of a bureau report, and days of their records that must not lie after it was pulled."""


def contradictions(snapshot: Draft) -> Iterator[Finding]:
    """Everything in the readable part of a snapshot that cannot be true together."""
    records = tuple(_below(snapshot))
    for record in records:
        yield from _days(record)
        match record.info.name:
            case "Account":
                yield from _account(record)
            case "Payment":
                yield from _payment(record)
            case "BureauReport":
                yield from _report(record)
            case "Tradeline":
                yield from _tradeline(record)
            case "Inquiry":
                yield from _inquiry(record)
            case "Event":
                yield from _event(record)
            case "Complaint":
                yield from _complaint(record)
            case _:
                pass
    yield from _references(snapshot, records)
    yield from _reports(snapshot)


def _below(record: Draft) -> Iterator[Draft]:
    yield record
    for value in record.values.values():
        if isinstance(value, Draft):
            yield from _below(value)
        elif isinstance(value, list):
            for member in value:
                if isinstance(member, Draft):
                    yield from _below(member)


def _before(record: Draft, name: str, other: Draft, other_name: str) -> Iterator[Finding]:
    """A finding if a day lies before another one that it must follow."""
    day, earliest = record.day(name), other.day(other_name)
    if day is not None and earliest is not None and day < earliest:
        of = "" if other is record else f" of the {other.info.noun}"
        message = f"`{name}` {found(day)} lies before `{other_name}`{of}, {found(earliest)}"
        yield record.place / name, Refusal("PR0719", message, "one of the two days is wrong")


def _days(record: Draft) -> Iterator[Finding]:
    for later, earlier in FOLLOWS.get(record.info.name, ()):
        yield from _before(record, later, record, earlier)


def _account(account: Draft) -> Iterator[Finding]:
    for name, day in SINCE_OPENED:
        for record in account.drafts(name):
            yield from _before(record, day, account, "date_opened")
    past_due = account.values.get("amount_past_due")
    if account.values.get("days_past_due") == 0 and isinstance(past_due, Decimal) and past_due > 0:
        message = f"`days_past_due` is `0`, and `amount_past_due` is {found(past_due)}"
        yield account.place / "days_past_due", Refusal("PR0720", message, "both are zero, or neither is")


def _payment(payment: Draft) -> Iterator[Finding]:
    amount = payment.values.get("amount")
    parts = [payment.values.get(name) for name in ("principal_part", "interest_part", "fee_part")]
    known = [part for part in parts if isinstance(part, Decimal)]
    if not isinstance(amount, Decimal) or not known:
        return
    total = sum(known, Decimal(0))
    if total > amount:
        message = f"the parts of the payment add up to `{total}`, and its amount is {found(amount)}"
        yield payment.place / "amount", Refusal("PR0720", message)


def _report(report: Draft) -> Iterator[Finding]:
    for name, day in SEEN_IN_REPORT:
        for record in report.drafts(name):
            seen, pulled = record.day(day), report.day("pulled_on")
            if seen is not None and pulled is not None and seen > pulled:
                message = (
                    f"`{day}` {found(seen)} lies after `pulled_on` of its bureau report, {found(pulled)}"
                )
                yield record.place / day, Refusal("PR0719", message, "one of the two days is wrong")
    factors = report.values.get("key_factors")
    if isinstance(factors, list) and len(factors) > MOST_KEY_FACTORS:
        message = f"there are {len(factors)} key factors, and at most {MOST_KEY_FACTORS} are taken"
        yield report.place / "key_factors", Refusal("PR0703", message, "keep those that weighed most")


def _tradeline(tradeline: Draft) -> Iterator[Finding]:
    profile = tradeline.text("payment_history_profile")
    if profile is None:
        return
    place = tradeline.place / "payment_history_profile"
    if len(profile) not in PROFILE_MONTHS:
        message = (
            f"the profile has {len(profile)} characters, one a month; expected 24 (Metro 2) or 60 (PBOC)"
        )
        yield (
            place,
            Refusal("PR0721", message, "months before the debt began have a character, too: `B` or `/`"),
        )
        return
    strange = sorted({letter for letter in profile if not is_profile(letter)})
    if strange:
        message = f"the profile holds {', '.join(found(letter) for letter in strange[:5])}"
        yield place, Refusal("PR0721", message, "a month is a digit, a capital letter, `*`, `#` or `/`")


def is_profile(letter: str) -> bool:
    """Whether a character can stand for a month of a payment history profile."""
    return (letter.isascii() and (letter.isdigit() or letter.isupper())) or letter in "*#/"


def _inquiry(inquiry: Draft) -> Iterator[Finding]:
    reason = inquiry.text("reason")
    if inquiry.values.get("hard") is True and reason in SOFT:
        message = f"an inquiry for `{reason}` is never hard"
        yield (
            inquiry.place / "hard",
            Refusal("PR0720", message, "write false, or give the reason for which it was made"),
        )


def _event(event: Draft) -> Iterator[Finding]:
    moment, day = event.values.get("occurred_at"), event.day("occurred_on")
    if isinstance(moment, datetime) and day is not None and moment.date() != day:
        message = f"`occurred_at` {found(moment)} lies on another day than `occurred_on`, {found(day)}"
        yield event.place / "occurred_at", Refusal("PR0720", message)


def _complaint(complaint: Draft) -> Iterator[Finding]:
    if complaint.text("status") == "open" and complaint.day("resolved_on") is not None:
        message = "the complaint is open and has a day on which it was resolved"
        yield (
            complaint.place / "status",
            Refusal("PR0720", message, 'write "resolved", or take `resolved_on` away'),
        )


def _references(snapshot: Draft, records: Iterable[Draft]) -> Iterator[Finding]:
    accounts = snapshot.drafts("accounts")
    listed = snapshot.values.get("accounts")
    numbers = [number for account in accounts if (number := account.text("account_id")) is not None]
    known = frozenset(numbers)
    advised = 0
    # An account that could not be read may well be the one that is meant.
    if not isinstance(listed, list) or len(numbers) < len(listed):
        return
    for record in records:
        if record.info.name == "Account" or "account_id" not in record.info.by_name:
            continue
        number = record.text("account_id")
        if number is not None and number not in known:
            # Looking for the one that is meant takes long among thousands, and nobody reads thousands.
            advice = "" if known else "it has none"
            if known and advised < _ADVISED:
                advice = suggestion(number, numbers, what="its accounts")
                advised += 1
            message = f"the snapshot has no account {found(number)}"
            yield record.place / "account_id", Refusal("PR0718", message, advice)


def _reports(snapshot: Draft) -> Iterator[Finding]:
    seen: dict[tuple[object, object], Place] = {}
    for report in snapshot.drafts("bureau_reports"):
        source, pulled = report.text("source"), report.day("pulled_on")
        if source is None or pulled is None:
            continue
        first = seen.setdefault((source, pulled), report.place)
        if first is not report.place:
            message = f"{first.path} is from {found(source)} and {found(pulled)}, too"
            yield report.place / "pulled_on", Refusal("PR0716", message, "keep the one that arrived later")
