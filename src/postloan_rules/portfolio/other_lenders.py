"""What a credit bureau would tell of a sampled customer: debts elsewhere, inquiries, public records."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.portfolio.account_histories import Plain, within
from postloan_rules.snapshot import AccountStatus, ExternalProduct, PortfolioType

if TYPE_CHECKING:
    from postloan_rules.portfolio.archetypes import Archetype
    from postloan_rules.portfolio.chance import Chance

__all__ = ["reports"]

_PROFILE_MONTHS = 24
_PRODUCTS = (
    ExternalProduct.CREDIT_CARD,
    ExternalProduct.CREDIT_CARD,
    ExternalProduct.PERSONAL_LOAN,
    ExternalProduct.LINE,
    ExternalProduct.MORTGAGE,
    ExternalProduct.AUTO,
)


@frozen
class _Debt:
    lender: str
    product: ExternalProduct
    opened: date
    amount: int
    used: int
    """Thousandths of the amount that are owed on the day of the snapshot."""
    growth: int
    """Thousandths of the amount by which the debt grows in a month."""
    overdue_days: int
    interest_free: bool


def reports(
    chance: Chance, archetype: Archetype, income: int, pulled: tuple[date, ...], as_of: date
) -> list[Plain]:
    """The reports that the bank pulled on some days, telling of one and the same customer."""
    debts = _debts(chance, archetype, income, as_of)
    inquiries = _inquiries(chance, archetype, debts, pulled, as_of)
    findings = _findings(chance, archetype, as_of)
    base = _score(chance, archetype)
    return [
        {
            "source": "PBOC",
            "pulled_on": day,
            "pull_reason": "post_loan_management",
            "score": max(base + chance.randint(-15, 15) - (0 if day < pulled[-1] else _fall(archetype)), 300),
            "score_model": "PBOC-2",
            "key_factors": ("length_of_history", "utilisation") if base < 650 else ("length_of_history",),
            "tradelines": [_tradeline(debt, day, as_of) for debt in debts if debt.opened <= day],
            "inquiries": [
                inquiry for inquiry in inquiries if day - timedelta(days=730) <= inquiry["inquired_on"] <= day
            ],
            "public_records": [finding for finding in findings if finding["filed_on"] <= day],
        }
        for day in pulled
    ]


def _score(chance: Chance, archetype: Archetype) -> int:
    match archetype.name:
        case "past_due_60" | "past_due_90" | "sealed" | "bankrupt":
            return chance.randint(420, 560)
        case "past_due_1" | "past_due_30" | "minimum_payer" | "over_limit" | "debt_builder" | "hardship":
            return chance.randint(540, 660)
        case _:
            return chance.randint(620, 780)


def _fall(archetype: Archetype) -> int:
    return 45 if archetype.name in {"debt_builder", "inquiry_burst", "past_due_60", "past_due_90"} else 0


def _debts(chance: Chance, archetype: Archetype, income: int, as_of: date) -> tuple[_Debt, ...]:
    builds = archetype.name == "debt_builder"
    bad = archetype.name in {"past_due_30", "past_due_60", "past_due_90", "bankrupt", "sealed"}
    debts = []
    for number in range(within(chance, archetype.lenders)):
        fresh = builds and number >= 1
        age = chance.randint(5, 85) if fresh else chance.randint(200, 3000)
        product = chance.choice(_PRODUCTS[:4]) if fresh else chance.choice(_PRODUCTS)
        times = {"mortgage": (30, 70), "auto": (6, 14)}.get(product.value, (1, 5))
        overdue = chance.choice((0, 15, 45, 95)) if bad and chance.randrange(10) < 6 else 0
        debts.append(
            _Debt(
                lender=f"lender-{chance.randrange(40):02}",
                product=product,
                opened=as_of - timedelta(days=age),
                amount=income * within(chance, times) // 100_00 * 100_00,
                used=chance.randint(550, 950) if builds or bad else chance.randint(50, 650),
                growth=chance.randint(40, 90) if builds else chance.randint(-10, 12),
                overdue_days=overdue,
                interest_free=chance.randrange(10) < 4,
            )
        )
    return tuple(debts)


def _tradeline(debt: _Debt, day: date, as_of: date) -> Plain:
    months_ago = (as_of - day).days // 30
    used = min(max(debt.used - debt.growth * months_ago, 0), 1000)
    balance = debt.amount * used // 1000
    overdue = max(debt.overdue_days - (as_of - day).days, 0) if balance else 0
    revolving = debt.product in {ExternalProduct.CREDIT_CARD, ExternalProduct.LINE}
    secured = debt.product in {ExternalProduct.MORTGAGE, ExternalProduct.AUTO}
    monthly = balance // 10 if revolving else debt.amount // (300 if secured else 36)
    return {
        "lender_hash": debt.lender,
        "product": debt.product.value,
        "portfolio_type": _portfolio(debt.product).value,
        "date_opened": debt.opened,
        "credit_limit": debt.amount if revolving else None,
        "original_amount": None if revolving else debt.amount,
        "balance": balance,
        "scheduled_monthly_payment": monthly,
        "amount_past_due": max(monthly * (overdue // 30 + 1), 1_00) if overdue else 0,
        "days_past_due": overdue,
        "payment_history_profile": _profile(debt, day, overdue),
        "account_status": _status(overdue).value,
        "secured": secured,
        "interest_bearing_balance": 0 if revolving and debt.interest_free else balance,
    }


def _portfolio(product: ExternalProduct) -> PortfolioType:
    match product:
        case ExternalProduct.CREDIT_CARD:
            return PortfolioType.REVOLVING
        case ExternalProduct.LINE:
            return PortfolioType.LINE_OF_CREDIT
        case ExternalProduct.MORTGAGE:
            return PortfolioType.MORTGAGE
        case _:
            return PortfolioType.INSTALMENT


def _status(overdue: int) -> AccountStatus:
    if overdue < 30:
        return AccountStatus.CURRENT
    if overdue < 60:
        return AccountStatus.PAST_DUE_30
    return AccountStatus.PAST_DUE_60 if overdue < 90 else AccountStatus.PAST_DUE_90


def _profile(debt: _Debt, day: date, overdue: int) -> str:
    """The months that have ended, latest first: how many payments were missing in each."""
    late = "".join(str(missing) for missing in range(overdue // 30, 0, -1))
    open_for = max((day - debt.opened).days // 30, len(late))
    return (late + "0" * (open_for - len(late))).ljust(_PROFILE_MONTHS, "B")[:_PROFILE_MONTHS]


def _inquiries(
    chance: Chance, archetype: Archetype, debts: tuple[_Debt, ...], pulled: tuple[date, ...], as_of: date
) -> list[Plain]:
    found: list[Plain] = [
        {
            "inquired_on": debt.opened - timedelta(days=chance.randint(1, 9)),
            "reason": "credit_card_approval"
            if debt.product is ExternalProduct.CREDIT_CARD
            else "loan_approval",
            "hard": True,
            "lender_hash": debt.lender,
            "product": debt.product.value,
        }
        for debt in debts
    ]
    burst = chance.randint(4, 8) if archetype.name == "inquiry_burst" else chance.choice((0, 0, 0, 1))
    latest = (as_of - pulled[-1]).days
    found += [
        {
            "inquired_on": as_of - timedelta(days=latest + chance.randint(0, 84 - min(latest, 60))),
            "reason": "loan_approval",
            "hard": True,
            "lender_hash": f"lender-{chance.randrange(40):02}",
            "product": "personal_loan",
        }
        for _ in range(burst)
    ]
    found += [
        {"inquired_on": day, "reason": "post_loan_management", "hard": False, "lender_hash": "own-bank"}
        for day in pulled
    ]
    return found


def _findings(chance: Chance, archetype: Archetype, as_of: date) -> list[Plain]:
    def filed() -> date:
        return as_of - timedelta(days=chance.randint(20, 200))

    match archetype.name:
        case "bankrupt":
            return [{"kind": "bankruptcy", "filed_on": filed()}]
        case "past_due_90" if chance.randrange(10) < 4:
            amount = chance.randint(5_000, 90_000) * 100
            return [{"kind": "judgment", "filed_on": filed(), "amount": amount}]
        case _:
            return []
