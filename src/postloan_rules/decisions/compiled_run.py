"""What the generated code of a policy calls: inputs as typed values, new events, whether a review is due."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.policy.periods import after
from postloan_rules.policy.reading import MAX_DIGITS
from postloan_rules.policy.scorecards import score
from postloan_rules.policy.tables import look_up

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from postloan_rules.policy.periods import Unit
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.policy.tables import DecisionTable
    from postloan_rules.snapshot import Event, Review, Snapshot

__all__ = ["NAMES", "Unfit", "latest_review"]


MOST_TEXTS = 10_000
TEXTS: dict[str, Decimal] = {}
"""The numbers of texts that were read first: rates and ratios are few, and reading one takes time."""


class Unfit(Exception):  # noqa: N818 - not an error: the evaluator says what is wrong
    """A snapshot that the policy does not fit, or a value that is not of its input's type."""


def amount(given: object) -> Decimal:
    """A number that a service passed."""
    if type(given) is int:
        return Decimal(given)
    if type(given) is str and given.isascii():
        digits = given.removeprefix("-")
        if len(digits) <= MAX_DIGITS and digits.replace(".", "", 1).isdecimal():
            found = Decimal(given)
            if len(TEXTS) < MOST_TEXTS:
                TEXTS[given] = found
            return found
    raise Unfit


def whole_amount(given: object) -> Decimal:
    """A number of days or months that a service passed."""
    found = amount(given)
    if found == found.to_integral_value():
        return found
    raise Unfit


def day(given: object) -> dt.date:
    """A date that a service passed."""
    if type(given) is str and len(given) == len("2026-12-01"):
        try:
            return dt.date.fromisoformat(given)
        except ValueError:
            pass
    raise Unfit


def latest_review(snapshot: Snapshot, account_id: str | None) -> Review | None:
    """The latest review of the customer or of this account; reviews stand in the order of their days."""
    found: Review | None = None
    for each in reversed(snapshot.reviews):
        if account_id is None or each.account_id is None or each.account_id == account_id:
            if found is not None and (each.reviewed_on, each.id) != (found.reviewed_on, found.id):
                break
            found = each
    return found


def fresh(snapshot: Snapshot, review: Review | None, account_id: str | None) -> dict[str, list[Event]]:
    """The events that no review has looked at, by type: of the customer, and of this account."""
    found: dict[str, list[Event]] = {}
    if review is None:
        for event in snapshot.events:
            if account_id is None or event.account_id is None or event.account_id == account_id:
                found.setdefault(event.type, []).append(event)
        return found
    since = review.reviewed_on
    for event in snapshot.events:
        recorded = event.recorded_on or event.occurred_on
        if recorded < since:
            continue
        if account_id is not None and event.account_id is not None and event.account_id != account_id:
            continue
        if recorded == since and event.id in (review.considered_events or ()):
            continue
        found.setdefault(event.type, []).append(event)
    return found


def is_due(today: dt.date, review: Review | None, length: int | None, unit: Unit) -> bool:
    """Whether the next review is due by what the last one agreed, or by the standard interval."""
    if review is None:
        return True
    if review.next_due is not None:
        return review.next_due <= today
    return length is None or after(review.reviewed_on, length, unit) <= today


def reasons_of(card: Scorecard, names: MutableMapping[str, object]) -> object:
    """The reasons of a scorecard, those with the most points lost first; None where it has no score."""
    return score(card, names).reasons


def looked_up(table: DecisionTable, names: MutableMapping[str, object], output: str) -> object:
    """What a table gives, by the evaluator."""
    return look_up(table, names).outputs[output]


NAMES: Mapping[str, object] = {
    "Unfit": Unfit,
    "amount": amount,
    "date_given": day,
    "fresh": fresh,
    "is_due": is_due,
    "latest_review": latest_review,
    "looked_up": looked_up,
    "reasons_of": reasons_of,
    "texts": TEXTS,
    "whole_amount": whole_amount,
}
"""The names of a policy's generated code that stand for functions, beside those of expressions."""
