"""What happened to a sampled customer: events, complaints, and the reviews that the bank has made."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.portfolio.account_histories import Plain, month_before, share
from postloan_rules.snapshot import EventType

if TYPE_CHECKING:
    from postloan_rules.portfolio.archetypes import Archetype
    from postloan_rules.portfolio.chance import Chance
    from postloan_rules.portfolio.own_accounts import OwnAccount

__all__ = ["complaints", "events", "review_days", "reviews"]

_EVENTS_KEPT = timedelta(days=365)


@frozen
class _Happening:
    type: EventType
    day: date
    amount: int | None = None
    account_id: str | None = None
    outcome: str | None = None
    at: time | None = None
    recorded_after: int = 0


def events(
    chance: Chance, archetype: Archetype, accounts: tuple[OwnAccount, ...], customer_id: str, as_of: date
) -> list[Plain]:
    """The events of the last year, numbered in their order."""
    happenings = [
        happening
        for own in accounts
        for happening in _of_account(own, as_of)
        if as_of - _EVENTS_KEPT <= happening.day <= as_of
    ]
    happenings += _of_archetype(chance, archetype, accounts, as_of)
    happenings += _of_anybody(chance, archetype, accounts, as_of)
    happenings.sort(key=lambda happening: (happening.day, happening.type))
    return [
        {
            "id": f"{customer_id}-E{number:03}",
            "type": happening.type.value,
            "occurred_on": happening.day,
            "occurred_at": datetime.combine(happening.day, happening.at) if happening.at else None,
            "recorded_on": min(happening.day + timedelta(days=happening.recorded_after), as_of),
            "amount": happening.amount,
            "account_id": happening.account_id,
            "outcome": happening.outcome,
        }
        for number, happening in enumerate(happenings, start=1)
    ]


def _of_account(own: OwnAccount, as_of: date) -> list[_Happening]:
    number = own.account["account_id"]
    found = [
        _Happening(EventType.PAYMENT_MISSED, day + timedelta(days=1), account_id=number)
        for day in own.history.missed
    ]
    found += [
        _Happening(EventType.CASH_WITHDRAWAL, day, drawn, number)
        for day, drawn in own.history.cash_drawn
        if as_of - day <= timedelta(days=180)
    ]
    found += [
        _Happening(EventType.PAYMENT_RETURNED, day, amount, number) for day, amount in own.history.returned
    ]
    limit = own.account.get("credit_limit")
    if limit is not None:
        found += [
            _Happening(
                EventType.OVER_LIMIT, statement["cycle_end"], statement["closing_balance"] - limit, number
            )
            for statement in own.history.statements
            if statement["closing_balance"] > limit
        ]
    return found


def _of_archetype(
    chance: Chance, archetype: Archetype, accounts: tuple[OwnAccount, ...], as_of: date
) -> list[_Happening]:
    """What makes a customer one of the archetype."""
    own = accounts[0].account
    number = own["account_id"]
    lately = as_of - timedelta(days=chance.randint(1, 45))
    match archetype.name:
        case "job_loser":
            return [_Happening(EventType.EMPLOYMENT_CHANGED, lately, outcome="unemployed", recorded_after=6)]
        case "income_drop":
            return [_Happening(EventType.INCOME_CHANGED, lately, outcome="lower", recorded_after=3)]
        case "debt_builder":
            return [_Happening(EventType.EXTERNAL_LOAN_APPLIED, lately, recorded_after=2)]
        case "repay_redraw":
            paid = own["payments"][-2:]
            return [
                _Happening(
                    EventType.REPAY_REDRAW,
                    payment["posted_on"],
                    share(payment["amount"], 900),
                    number,
                    at=time(chance.randint(8, 21), chance.randint(0, 59)),
                )
                for payment in paid
            ]
        case "dormant":
            return [_Happening(EventType.DORMANT, lately, account_id=number)]
        case "fraud":
            amount = chance.randint(1_000, 9_000) * 100
            at = time(chance.randint(0, 5), chance.randint(0, 59))
            return [_Happening(EventType.FRAUD_ALERT, lately, amount, number, at=at)]
        case "deceased":
            return [_Happening(EventType.DECEASED, lately, recorded_after=9)]
        case "bankrupt":
            return [_Happening(EventType.BANKRUPTCY, lately, recorded_after=4)]
        case "dispute":
            amount = chance.randint(100, 4_000) * 100
            return [_Happening(EventType.DISPUTE_OPENED, lately, amount, number, outcome="open")]
        case "hardship":
            return [_Happening(EventType.HARDSHIP_DECLARED, lately, account_id=number)]
        case _:
            return []


def _of_anybody(
    chance: Chance, archetype: Archetype, accounts: tuple[OwnAccount, ...], as_of: date
) -> list[_Happening]:
    """Requests and changes that any customer may make, more often one who is short of money."""
    short = archetype.habits.ceiling > 1000 or archetype.habits.pays[0] < 100
    found: list[_Happening] = []
    for own in accounts:
        limit = own.account.get("credit_limit")
        if limit is None:
            continue
        number = own.account["account_id"]
        requests = (
            (EventType.TEMPORARY_LIMIT_REQUESTED, 24 if short else 4, share(limit, 200)),
            (EventType.LIMIT_INCREASE_REQUESTED, 12 if short else 5, share(limit, 500)),
            (EventType.BILL_INSTALMENT_APPLIED, 18 if short else 4, share(limit, 100)),
            (EventType.CASH_INSTALMENT_APPLIED, 10 if short else 2, share(limit, 100)),
        )
        for type_, per_hundred, amount in requests:
            if chance.randrange(100) < per_hundred:
                day = as_of - timedelta(days=chance.randint(0, 150))
                outcome = (
                    None if as_of - day < timedelta(days=14) else chance.choice(("approved", "declined"))
                )
                found.append(_Happening(type_, day, amount, number, outcome))
    if chance.randrange(100) < 3:
        found.append(_Happening(EventType.ADDRESS_CHANGED, as_of - timedelta(days=chance.randint(0, 300))))
    return found


def complaints(chance: Chance, archetype: Archetype, customer_id: str, as_of: date) -> list[Plain]:
    """What the customer complained of."""
    number = f"{customer_id}-K1"
    if archetype.name == "complainer":
        opened = as_of - timedelta(days=chance.randint(2, 40))
        return [
            {
                "id": number,
                "opened_on": opened,
                "topic": "review_too_frequent",
                "requested_action": "longer_interval",
                "status": "open",
                "legal_deadline": opened + timedelta(days=60),
            }
        ]
    if chance.randrange(100) < 4:
        opened = as_of - timedelta(days=chance.randint(60, 500))
        return [
            {
                "id": number,
                "opened_on": opened,
                "topic": chance.choice(("fees", "limit_reduced", "collections")),
                "status": "resolved",
                "resolved_on": opened + timedelta(days=chance.randint(3, 50)),
                "upheld": chance.randrange(2) == 0,
            }
        ]
    return []


def review_days(chance: Chance, archetype: Archetype, as_of: date) -> tuple[tuple[date, ...], int]:
    """The days on which the bank reviewed the customer, oldest first, and the months between them."""
    match archetype.name:
        case "complainer":
            months = 1
        case (
            "past_due_30"
            | "past_due_60"
            | "past_due_90"
            | "sealed"
            | "hardship"
            | "bankrupt"
            | "minimum_payer"
        ):
            months = 3
        case _:
            months = 6
    # Some are due for a review by now, most are not.
    latest = as_of - timedelta(days=chance.randint(5, months * 30 + 8))
    count = min(18 // months, 8)
    return (*(month_before(latest, months * back) for back in range(count - 1, 0, -1)), latest), months


def reviews(
    chance: Chance,
    archetype: Archetype,
    customer_id: str,
    days: tuple[date, ...],
    months: int,
    happened: list[Plain],
) -> list[Plain]:
    """The reviews of these days; each took into account what was known by then."""
    made: list[Plain] = []
    last = days[0] - _EVENTS_KEPT
    for number, day in enumerate(days, start=1):
        considered = [event["id"] for event in happened if last < event["recorded_on"] <= day]
        made.append(
            {
                "id": f"{customer_id}-R{number:02}",
                "reviewed_on": day,
                "kind": "triggered" if considered and chance.randrange(3) == 0 else "scheduled",
                "ruleset_version": "2026.01",
                "responses": [],
                "interval_months": months,
                "next_due": month_before(day, -months),
                "considered_events": considered,
                "reviewer": "system",
            }
        )
        last = day
    response = _RESPONSES.get(archetype.name)
    if response is not None:
        review = made[-1]
        day = review["reviewed_on"]
        review["responses"] = [
            {"response": response, "taken_on": day, "cool_down_until": day + timedelta(days=60)}
        ]
        review["notice_sent_on"] = day
    return made


_RESPONSES = {
    "past_due_1": "send_payment_reminder",
    "past_due_30": "call_customer",
    "past_due_60": "hold_increases",
    "minimum_payer": "advise_paying_more",
    "over_limit": "hold_increases",
    "hardship": "offer_hardship_plan",
}
"""What the last review led to."""
