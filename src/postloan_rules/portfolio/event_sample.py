"""Events of customers that could be, as they would come in: made up, the same for the same seed."""

from __future__ import annotations

import heapq
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from postloan_rules.portfolio.account_histories import yuan
from postloan_rules.portfolio.sample import archetype_of
from postloan_rules.snapshot import Event, EventType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from postloan_rules.portfolio.archetypes import Name

__all__ = ["sample_events"]

_AS_OF = date(2026, 11, 30)
_DAYS_TO_PAY = 20
_SHORT_OF_MONEY = frozenset(
    {"minimum_payer", "cash_user", "over_limit", "past_due_30", "past_due_60", "past_due_90", "job_loser"}
    | {"income_drop", "salary_missing", "debt_builder", "hardship", "bankrupt", "past_due_1"}
)
_PAYS_NOTHING = frozenset({"past_due_30", "past_due_60", "past_due_90", "bankrupt", "deceased"})
_QUIET = frozenset({"dormant", "sealed", "loan_only"})

_Coming = tuple[datetime, str, Event]


def sample_events(n: int, seed: int = 1, as_of: date = _AS_OF, days: int = 30) -> Iterator[tuple[str, Event]]:
    """The events of some days up to `as_of`, each with its customer, in the order of their time.

    Customers and accounts are those of `sample` with the same seed, and behave as their kind does: they are
    billed, pay or do not, withdraw cash, ask for limits and instalments. What happens at a counter or by mail
    has a day only; the rest has a moment.
    """
    each = (_of_customer(index, seed, as_of, days) for index in range(n))
    for _, customer_id, event in heapq.merge(*each):
        yield customer_id, event


def _of_customer(index: int, seed: int, as_of: date, days: int) -> list[_Coming]:
    chance = Random(f"{seed}:events:{index}")  # noqa: S311 - made-up customers are no secret
    month = _Month(chance, archetype_of(index, seed), as_of, days)
    month.fill()
    month.happened.sort(key=lambda found: (found[0], found[1].value))
    customer_id = f"S{seed}-{index:06}"
    return [
        (
            at,
            customer_id,
            Event(
                id=f"{customer_id}-L{number:03}",
                type=kind,
                occurred_on=at.date(),
                occurred_at=at if at.time() != time.min else None,
                amount=amount,
                account_id=None if about == 0 else f"{customer_id}-{about}",
                outcome=outcome,
            ),
        )
        for number, (at, kind, amount, about, outcome) in enumerate(month.happened, start=1)
    ]


class _Month:
    """What happens to a customer in the time; an account is told by its number, the customer by 0."""

    def __init__(self, chance: Random, archetype: Name, as_of: date, days: int) -> None:
        self.chance = chance
        self.archetype = archetype
        self.first = as_of - timedelta(days=days - 1)
        self.days = days
        self.limit = chance.choice((10, 20, 30, 50, 80)) * 1_000_00
        self.happened: list[tuple[datetime, EventType, Decimal | None, int, str | None]] = []

    def fill(self) -> None:
        """Let it all happen."""
        if self.archetype not in _QUIET:
            for account in range(1, 3 if self.archetype == "several_cards" else 2):
                self._billed(account)
                self._draws(account)
                self._asks(account)
        self._of_its_kind()

    def _add(
        self, day: int, kind: EventType, amount: int | None, account: int, outcome: str | None = None
    ) -> None:
        if not 0 <= day < self.days:
            return
        at = datetime.combine(self.first + timedelta(days=day), time.min)
        if kind not in _BY_DAY:
            at += timedelta(minutes=self.chance.randint(7 * 60, 22 * 60))
        self.happened.append((at, kind, yuan(amount) if amount is not None else None, account, outcome))

    def _billed(self, account: int) -> None:
        chance = self.chance
        owed = self.limit * chance.randint(20, 95) // 100
        for day in range(chance.randint(1, 28) - 28, self.days, 30):
            self._add(day, EventType.STATEMENT_ISSUED, owed, account)
            due = day + _DAYS_TO_PAY
            if self.archetype in _PAYS_NOTHING or (self.archetype == "past_due_1" and chance.randrange(2)):
                self._add(due + 1, EventType.PAYMENT_MISSED, owed // 20, account)
                continue
            paid = due - chance.randint(0, 12)
            if self.archetype in _SHORT_OF_MONEY:
                self._add(paid, EventType.PAYMENT_RECEIVED, owed // 20, account, "minimum")
                if chance.randrange(8) == 0:
                    self._add(paid + 1, EventType.PAYMENT_RETURNED, owed // 20, account)
            else:
                self._add(paid, EventType.PAYMENT_RECEIVED, owed, account, "full")
            if self.archetype == "repay_redraw":
                self._add(paid + 1, EventType.CASH_WITHDRAWAL, owed * 9 // 10, account)

    def _draws(self, account: int) -> None:
        chance = self.chance
        often = 4 if self.archetype == "cash_user" else 2 if self.archetype in _SHORT_OF_MONEY else 1
        for _ in range(chance.randint(0, often)):
            amount = self.limit * chance.randint(2, 20) // 100_000 * 1_000
            self._add(chance.randrange(self.days), EventType.CASH_WITHDRAWAL, amount, account)

    def _asks(self, account: int) -> None:
        short = self.archetype in _SHORT_OF_MONEY
        for kind, per_hundred in _REQUESTS:
            if self.chance.randrange(100) < per_hundred * (4 if short else 1):
                self._add(self.chance.randrange(self.days), kind, self.limit // 5, account)

    def _of_its_kind(self) -> None:
        day = self.chance.randrange(self.days)
        found = _OF_KIND.get(self.archetype)
        if found is not None:
            kind, of_customer, outcome = found
            self._add(day, kind, None, 0 if of_customer else 1, outcome)
        if self.chance.randrange(100) < 2:
            self._add(self.chance.randrange(self.days), EventType.ADDRESS_CHANGED, None, 0)


_BY_DAY = frozenset(
    {
        EventType.STATEMENT_ISSUED,
        EventType.PAYMENT_MISSED,
        EventType.PAYMENT_RETURNED,
        EventType.EMPLOYMENT_CHANGED,
        EventType.INCOME_CHANGED,
        EventType.BANKRUPTCY,
        EventType.DECEASED,
        EventType.ADDRESS_CHANGED,
    }
)
_REQUESTS = (
    (EventType.TEMPORARY_LIMIT_REQUESTED, 3),
    (EventType.LIMIT_INCREASE_REQUESTED, 2),
    (EventType.BILL_INSTALMENT_APPLIED, 3),
    (EventType.CASH_INSTALMENT_APPLIED, 2),
)
_OF_KIND: dict[Name, tuple[EventType, bool, str | None]] = {
    "job_loser": (EventType.EMPLOYMENT_CHANGED, True, "unemployed"),
    "income_drop": (EventType.INCOME_CHANGED, True, "lower"),
    "debt_builder": (EventType.EXTERNAL_LOAN_APPLIED, True, None),
    "inquiry_burst": (EventType.EXTERNAL_LOAN_APPLIED, True, None),
    "over_limit": (EventType.OVER_LIMIT, False, None),
    "dispute": (EventType.DISPUTE_OPENED, False, "open"),
    "fraud": (EventType.FRAUD_ALERT, False, None),
    "hardship": (EventType.HARDSHIP_DECLARED, False, None),
    "bankrupt": (EventType.BANKRUPTCY, True, None),
    "deceased": (EventType.DECEASED, True, None),
    "dormant": (EventType.DORMANT, False, None),
}
