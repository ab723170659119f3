"""Customers that could be: made up, the same for the same seed, plausible enough to try a policy on."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.portfolio.account_histories import within, yuan
from postloan_rules.portfolio.archetypes import Archetype, Name, a_thousand
from postloan_rules.portfolio.happenings import complaints, events, review_days, reviews
from postloan_rules.portfolio.other_lenders import reports
from postloan_rules.portfolio.own_accounts import OwnAccount, card, loan
from postloan_rules.snapshot import (
    Attributes,
    ContactChannel,
    Customer,
    EmploymentStatus,
    Jurisdiction,
    MaritalStatus,
    Protected,
    Sex,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["archetype_of", "sample"]

_AS_OF = date(2026, 11, 30)


def sample(n: int, seed: int = 1, as_of: date = _AS_OF) -> Iterator[Snapshot]:
    """Made-up customers with two years of history, one snapshot each.

    Customer number 7 of a seed and a day is the same whether ten or ten thousand are asked for.
    Amounts are in CNY. The kinds of customers and how many there are of each stand in `ARCHETYPES`.
    """
    return (_snapshot(index, seed, as_of) for index in range(n))


def archetype_of(index: int, seed: int = 1) -> Name:
    """Of which kind a customer of the sample is."""
    return _archetype(index, seed).name


def _archetype(index: int, seed: int) -> Archetype:
    return a_thousand(seed, index // 1000)[index % 1000]


def _snapshot(index: int, seed: int, as_of: date) -> Snapshot:
    chance = Random(f"{seed}:{index}")  # noqa: S311 - made-up customers are no secret
    archetype = _archetype(index, seed)
    customer_id = f"S{seed}-{index:06}"
    income = (
        chance.choice((4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 25, 32, 45)) * 1000_00
        + chance.randrange(10) * 100_00
    )
    accounts = _accounts(chance, archetype, customer_id, income, as_of)
    happened = events(chance, archetype, accounts, customer_id, as_of)
    days, months = review_days(chance, archetype, as_of)
    pulled = days[-1:] if months == 1 else days[-3:]
    thin = archetype.name == "thin_file"
    snapshot = Snapshot(
        as_of=as_of,
        currency="CNY",
        jurisdiction=Jurisdiction.CN,
        customer=_customer(chance, archetype, customer_id, income, accounts, as_of),
        accounts=tuple(own.account for own in accounts),
        bureau_reports=() if thin else reports(chance, archetype, income, pulled, as_of),
        events=happened,
        complaints=complaints(chance, archetype, customer_id, as_of),
        reviews=() if thin else reviews(chance, archetype, customer_id, days, months, happened),
        attributes=_attributes(chance, archetype, income),
    )
    return _with_gaps(chance, snapshot) if thin else snapshot


def _accounts(
    chance: Random, archetype: Archetype, customer_id: str, income: int, as_of: date
) -> tuple[OwnAccount, ...]:
    cards = within(chance, archetype.cards)
    numbers = [f"{customer_id}-{number}" for number in range(1, cards + within(chance, archetype.loans) + 1)]
    return (
        *(card(chance, archetype, number, income, as_of) for number in numbers[:cards]),
        *(loan(chance, archetype, number, income, as_of) for number in numbers[cards:]),
    )


def _customer(
    chance: Random,
    archetype: Archetype,
    customer_id: str,
    income: int,
    accounts: tuple[OwnAccount, ...],
    as_of: date,
) -> Customer:
    opened = min(own.account.date_opened or as_of for own in accounts)
    lately = as_of - timedelta(days=chance.randint(5, 60))
    lost_job = archetype.name == "job_loser"
    return Customer(
        customer_id=customer_id,
        relationship_start=opened - timedelta(days=chance.randint(0, 900)),
        employment_status=EmploymentStatus.UNEMPLOYED if lost_job else _employment(chance),
        employer_changed_on=lately if lost_job else None,
        monthly_income=yuan(_income_now(archetype, income)),
        income_verified_on=lately
        if archetype.name == "income_drop"
        else as_of - timedelta(days=chance.randint(30, 700)),
        net_personal_assets=yuan(income * chance.randint(-20, 120)),
        contact_consents=tuple(channel for channel in ContactChannel if chance.randrange(3)),
        vulnerable=archetype.name == "hardship" and chance.randrange(2) == 0,
        deceased_on=lately if archetype.name == "deceased" else None,
        bankrupt_on=lately if archetype.name == "bankrupt" else None,
        protected=Protected(
            birth_date=as_of - timedelta(days=chance.randint(22 * 365, 70 * 365)),
            sex=chance.choice((Sex.FEMALE, Sex.MALE)),
            marital_status=chance.choice(
                (MaritalStatus.SINGLE, MaritalStatus.MARRIED, MaritalStatus.DIVORCED)
            ),
            nationality="CN",
        ),
    )


def _employment(chance: Random) -> EmploymentStatus:
    at = chance.randrange(100)
    if at < 76:
        return EmploymentStatus.EMPLOYED
    if at < 90:
        return EmploymentStatus.SELF_EMPLOYED
    return EmploymentStatus.RETIRED if at < 97 else EmploymentStatus.STUDENT


def _income_now(archetype: Archetype, income: int) -> int:
    match archetype.name:
        case "job_loser":
            return 0
        case "income_drop":
            return income * 55 // 100
        case _:
            return income


def _attributes(chance: Random, archetype: Archetype, income: int) -> Attributes:
    """What the bank's other systems add; the names are inputs of the policies that ship."""
    salary = {"salary_missing": chance.randint(2, 4), "job_loser": chance.randint(1, 3)}.get(
        archetype.name, 0
    )
    return Attributes(
        {
            "months_without_salary": salary,
            "previous_monthly_income": str(yuan(income)),
            "watch_list": archetype.name in {"past_due_60", "past_due_90", "sealed"},
        }
    )


def _with_gaps(chance: Random, snapshot: Snapshot) -> Snapshot:
    """A customer of whom little is known yet."""
    customer = evolve(
        snapshot.customer,
        employment_status=snapshot.customer.employment_status if chance.randrange(2) else None,
        monthly_income=snapshot.customer.monthly_income if chance.randrange(3) == 0 else None,
        income_verified_on=None,
        net_personal_assets=None,
        protected=None,
    )
    accounts = tuple(
        evolve(
            account,
            cash_limit=None,
            behaviour_score=None,
            ifrs9_stage=None,
            five_class=None,
            instalments=None,
        )
        for account in snapshot.accounts
    )
    attributes = snapshot.attributes if chance.randrange(3) == 0 else Attributes()
    return evolve(snapshot, customer=customer, accounts=accounts, attributes=attributes)
