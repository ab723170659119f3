"""Customers that could be: made up, the same for the same seed, plausible enough to try a policy on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from postloan_rules.portfolio.account_histories import Plain, within
from postloan_rules.portfolio.archetypes import Archetype, Name, a_thousand
from postloan_rules.portfolio.chance import Chance
from postloan_rules.portfolio.happenings import complaints, events, review_days, reviews
from postloan_rules.portfolio.other_lenders import reports
from postloan_rules.portfolio.own_accounts import OwnAccount, card, loan
from postloan_rules.portfolio.plain import snapshot_from
from postloan_rules.snapshot import ContactChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.snapshot import Snapshot

__all__ = ["AS_OF", "CURRENCY", "archetype_of", "customer_number", "sample"]

AS_OF = date(2026, 11, 30)
CURRENCY = "CNY"
_CHANNELS = tuple(channel.value for channel in ContactChannel)


def sample(n: int, seed: int = 1, as_of: date = AS_OF) -> Iterator[Snapshot]:
    """Made-up customers with two years of history, one snapshot each.

    Customer number 7 of a seed and a day is the same whether ten or ten thousand are asked for.
    Amounts are in CNY. The kinds of customers and how many there are of each stand in `ARCHETYPES`.
    """
    return (snapshot_from(customer_number(index, seed, as_of)) for index in range(n))


def archetype_of(index: int, seed: int = 1) -> Name:
    """Of which kind a customer of the sample is."""
    return _archetype(index, seed).name


def _archetype(index: int, seed: int) -> Archetype:
    return a_thousand(seed, index // 1000)[index % 1000]


def customer_number(index: int, seed: int, as_of: date) -> Plain:
    """One customer of the sample as a plain record, from which snapshots and columns are made."""
    chance = Chance(f"{seed}:{index}")
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
    snapshot: Plain = {
        "as_of": as_of,
        "currency": CURRENCY,
        "jurisdiction": "CN",
        "customer": _customer(chance, archetype, customer_id, income, accounts, as_of),
        "accounts": [own.account for own in accounts],
        "bureau_reports": [] if thin else reports(chance, archetype, income, pulled, as_of),
        "events": happened,
        "complaints": complaints(chance, archetype, customer_id, as_of),
        "reviews": [] if thin else reviews(chance, archetype, customer_id, days, months, happened),
        "attributes": _attributes(chance, archetype, income),
    }
    if thin:
        _leave_gaps(chance, snapshot)
    return snapshot


def _accounts(
    chance: Chance, archetype: Archetype, customer_id: str, income: int, as_of: date
) -> tuple[OwnAccount, ...]:
    cards = within(chance, archetype.cards)
    numbers = [f"{customer_id}-{number}" for number in range(1, cards + within(chance, archetype.loans) + 1)]
    return (
        *(card(chance, archetype, number, income, as_of) for number in numbers[:cards]),
        *(loan(chance, archetype, number, income, as_of) for number in numbers[cards:]),
    )


def _customer(
    chance: Chance,
    archetype: Archetype,
    customer_id: str,
    income: int,
    accounts: tuple[OwnAccount, ...],
    as_of: date,
) -> Plain:
    opened = min(own.account["date_opened"] for own in accounts)
    lately = as_of - timedelta(days=chance.randint(5, 60))
    lost_job = archetype.name == "job_loser"
    return {
        "customer_id": customer_id,
        "relationship_start": opened - timedelta(days=chance.randint(0, 900)),
        "employment_status": "unemployed" if lost_job else _employment(chance),
        "employer_changed_on": lately if lost_job else None,
        "monthly_income": _income_now(archetype, income),
        "income_verified_on": lately
        if archetype.name == "income_drop"
        else as_of - timedelta(days=chance.randint(30, 700)),
        "net_personal_assets": income * chance.randint(-20, 120),
        "contact_consents": [channel for channel in _CHANNELS if chance.randrange(3)],
        "vulnerable": archetype.name == "hardship" and chance.randrange(2) == 0,
        "deceased_on": lately if archetype.name == "deceased" else None,
        "bankrupt_on": lately if archetype.name == "bankrupt" else None,
        "protected": {
            "birth_date": as_of - timedelta(days=chance.randint(22 * 365, 70 * 365)),
            "sex": chance.choice(("female", "male")),
            "marital_status": chance.choice(("single", "married", "divorced")),
            "nationality": "CN",
        },
    }


def _employment(chance: Chance) -> str:
    at = chance.randrange(100)
    if at < 76:
        return "employed"
    if at < 90:
        return "self_employed"
    return "retired" if at < 97 else "student"


def _income_now(archetype: Archetype, income: int) -> int:
    match archetype.name:
        case "job_loser":
            return 0
        case "income_drop":
            return income * 55 // 100
        case _:
            return income


def _attributes(chance: Chance, archetype: Archetype, income: int) -> Plain:
    """What the bank's other systems add; the names are inputs of the policies that ship."""
    salary = {"salary_missing": chance.randint(2, 4), "job_loser": chance.randint(1, 3)}.get(
        archetype.name, 0
    )
    return {
        "months_without_salary": salary,
        "previous_monthly_income": f"{income // 100}.{income % 100:02}",
        "watch_list": archetype.name in {"past_due_60", "past_due_90", "sealed"},
    }


def _leave_gaps(chance: Chance, snapshot: Plain) -> None:
    """Take away what is not known yet of a customer of whom little is."""
    customer = snapshot["customer"]
    if not chance.randrange(2):
        customer["employment_status"] = None
    if chance.randrange(3):
        customer["monthly_income"] = None
    for name in ("income_verified_on", "net_personal_assets", "protected"):
        customer[name] = None
    for account in snapshot["accounts"]:
        for name in ("cash_limit", "behaviour_score", "ifrs9_stage", "five_class", "instalments"):
            account[name] = None
    if chance.randrange(3):
        snapshot["attributes"] = {}
