"""Made-up customers: always the same, always possible, and as varied as a portfolio."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from postloan_rules.portfolio.archetypes import ARCHETYPES
from postloan_rules.portfolio.sample import archetype_of, sample
from postloan_rules.snapshot import (
    BlockCode,
    ComplaintTopic,
    EmploymentStatus,
    EventType,
    Product,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.snapshot import Account

N = 1_000
AS_OF = date(2026, 11, 30)
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def customers() -> tuple[Snapshot, ...]:
    return tuple(sample(N))


def accounts_of(customers: tuple[Snapshot, ...]) -> list[Account]:
    return [account for customer in customers for account in customer.accounts]


def test_every_customer_is_one_that_a_reader_takes(customers: tuple[Snapshot, ...]) -> None:
    for customer in customers[:400]:
        assert Snapshot.from_json(customer.to_json()) == customer


@pytest.mark.parametrize(
    "as_of", [date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31), date(2027, 3, 28)]
)
def test_customers_of_any_day_and_seed_are_possible(as_of: date) -> None:
    for customer in sample(120, seed=as_of.year + as_of.day, as_of=as_of):
        assert customer.checked() == customer
        assert customer.as_of == as_of


def test_a_customer_is_the_same_however_many_are_asked_for(customers: tuple[Snapshot, ...]) -> None:
    assert list(sample(20)) == list(customers[:20])
    assert list(sample(20, seed=2)) != list(customers[:20])


def test_the_sample_is_what_it_was() -> None:
    # The first customers are part of what users compare against: a change of them is a change for users.
    assert [archetype_of(index) for index in range(6)] == FIRST_ARCHETYPES
    assert [customer.fingerprint[:23] for customer in sample(3)] == FIRST_FINGERPRINTS


def test_customers_have_their_own_numbers(customers: tuple[Snapshot, ...]) -> None:
    assert len({customer.customer.customer_id for customer in customers}) == N
    assert len({account.account_id for account in accounts_of(customers)}) == len(accounts_of(customers))


def test_balances_roll_forward(customers: tuple[Snapshot, ...]) -> None:
    for account in accounts_of(customers):
        for last, this in pairwise(account.statements or ()):
            paid = last.paid_by_due or ZERO
            added = (this.purchases or ZERO) + (this.cash_advances or ZERO) + (this.interest or ZERO)
            assert this.closing_balance == last.closing_balance - paid + added + (this.fees or ZERO)


def test_payments_are_those_that_the_statements_tell_of(customers: tuple[Snapshot, ...]) -> None:
    for account in accounts_of(customers):
        billed = [statement.paid_by_due for statement in account.statements or () if statement.paid_by_due]
        kept = [payment for payment in account.payments or () if not payment.returned]
        assert billed == [payment.amount for payment in kept]
        for payment in kept:
            parts = (payment.principal_part, payment.interest_part, payment.fee_part)
            assert sum((part or ZERO for part in parts), ZERO) == payment.amount


def test_days_past_due_follow_from_the_payments(customers: tuple[Snapshot, ...]) -> None:
    for account in accounts_of(customers):
        since = None
        for statement in account.statements or ():
            assert statement.due_date is not None
            at_close = (statement.cycle_end - since).days if since else 0
            assert statement.days_past_due_at_close == at_close
            if statement.due_date >= AS_OF:
                assert statement.paid_by_due is None
            elif (statement.paid_by_due or ZERO) >= (statement.minimum_payment or ZERO):
                since = None
            else:
                since = since or statement.due_date
        assert account.days_past_due == ((AS_OF - since).days if since else 0)
        assert (account.amount_past_due == ZERO) == (account.days_past_due == 0)


def test_old_accounts_have_two_years_of_statements(customers: tuple[Snapshot, ...]) -> None:
    for account in accounts_of(customers):
        if account.product is Product.CREDIT_CARD and account.date_opened and account.date_opened.year < 2024:
            assert len(account.statements or ()) == 24


def test_the_kinds_of_customers_add_up() -> None:
    assert sum(archetype.per_thousand for archetype in ARCHETYPES) == 1000
    assert len({archetype.name for archetype in ARCHETYPES}) == len(ARCHETYPES)


def test_every_kind_of_customer_comes_about_as_often_as_it_should() -> None:
    found = Counter(archetype_of(index) for index in range(1000, 2000))
    assert found == {archetype.name: archetype.per_thousand for archetype in ARCHETYPES}


def has_event(*types: EventType) -> Callable[[Snapshot], bool]:
    return lambda customer: any(event.type in types for event in customer.events)


SHARES: dict[str, tuple[Callable[[Snapshot], bool], int, int]] = {
    "has a card": (
        lambda customer: any(a.product is Product.CREDIT_CARD for a in customer.accounts),
        930,
        995,
    ),
    "has a loan": (
        lambda customer: any(a.product is Product.PERSONAL_LOAN for a in customer.accounts),
        40,
        140,
    ),
    "is past due": (lambda customer: any(a.days_past_due > 0 for a in customer.accounts), 60, 200),
    "is 90 days past due": (lambda customer: any(a.days_past_due >= 90 for a in customer.accounts), 5, 60),
    "is sealed": (lambda customer: any(a.block_code is BlockCode.SEALED for a in customer.accounts), 10, 70),
    "has no job": (
        lambda customer: customer.customer.employment_status is EmploymentStatus.UNEMPLOYED,
        8,
        40,
    ),
    "has unknown income": (lambda customer: customer.customer.monthly_income is None, 5, 50),
    "has no bureau report": (lambda customer: customer.bureau is None, 10, 60),
    "complains of reviews": (
        lambda customer: any(c.topic is ComplaintTopic.REVIEW_TOO_FREQUENT for c in customer.complaints),
        10,
        60,
    ),
    "drew cash": (has_event(EventType.CASH_WITHDRAWAL), 20, 120),
    "asked for more limit": (
        has_event(EventType.TEMPORARY_LIMIT_REQUESTED, EventType.LIMIT_INCREASE_REQUESTED),
        50,
        300,
    ),
    "missed a payment": (has_event(EventType.PAYMENT_MISSED), 80, 250),
    "went over the limit": (has_event(EventType.OVER_LIMIT), 5, 60),
    "owes elsewhere": (
        lambda customer: customer.bureau is not None and bool(customer.bureau.tradelines),
        800,
        990,
    ),
    "is overdue elsewhere": (
        lambda customer: (
            customer.bureau is not None
            and any((line.days_past_due or 0) > 0 for line in customer.bureau.tradelines or ())
        ),
        10,
        120,
    ),
    "is due for a review": (
        lambda customer: bool(customer.reviews) and (customer.reviews[-1].next_due or AS_OF) < AS_OF,
        5,
        150,
    ),
}
"""What is asked of a customer, and between how many of a thousand it should be true of."""


@pytest.mark.parametrize("what", SHARES)
def test_shares_are_those_of_a_portfolio(what: str, customers: tuple[Snapshot, ...]) -> None:
    asked, least, most = SHARES[what]
    assert least <= sum(map(asked, customers)) <= most


def test_each_kind_of_event_comes_about(customers: tuple[Snapshot, ...]) -> None:
    # What was billed and what was paid the statements and the payments tell.
    told = {EventType.STATEMENT_ISSUED, EventType.PAYMENT_RECEIVED}
    assert set(EventType) - told == {event.type for customer in customers for event in customer.events}


FIRST_ARCHETYPES = [
    "inquiry_burst",
    "salary_missing",
    "transactor",
    "inquiry_burst",
    "inquiry_burst",
    "loan_only",
]
FIRST_FINGERPRINTS = ["sha256:cd12ee3af91c4517", "sha256:dee4268d005e21f0", "sha256:7ccc91b775d069a3"]
