"""The accounts of a sampled customer at the bank: cards and loans, each with its history and its standing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.portfolio.account_histories import (
    History,
    Plain,
    card_history,
    loan_history,
    month_before,
    share,
    within,
)
from postloan_rules.portfolio.archetypes import Habits
from postloan_rules.snapshot import Account, AccountStatus, BlockCode, FiveClass, InstalmentKind

if TYPE_CHECKING:
    from postloan_rules.portfolio.archetypes import Archetype
    from postloan_rules.portfolio.chance import Chance

__all__ = ["OwnAccount", "card", "loan", "standing"]

_CHARGE_OFF_AFTER = 180
_CASH_RATE = 1825
_NEW_CARD = (3, 14)
_OLD_CARD = (26, 120)


@frozen
class OwnAccount:
    """An account, and what its history tells beside it."""

    account: Plain
    history: History


def card(chance: Chance, archetype: Archetype, account_id: str, income: int, as_of: date) -> OwnAccount:
    """A credit card; the first of an archetype has its habits, a further one is used modestly."""
    first = account_id.endswith("-1")
    habits = archetype.habits if first else Habits(begins_at=(20, 80), spends=(20, 80))
    age = within(chance, _NEW_CARD if archetype.name == "thin_file" else _OLD_CARD)
    opened = _opened(chance, age, as_of)
    limit = max(income * chance.randint(8, 30) // 10 // 1000_00 * 1000_00, 3000_00)
    rate = chance.choice((1277, 1460, 1642, 1825))
    history = card_history(chance, habits, limit, rate, opened, as_of)
    account: Plain = {
        "account_id": account_id,
        "product": "credit_card",
        "portfolio_type": "R",
        "date_opened": opened,
        "credit_limit": limit,
        "cash_limit": limit * 3 // 10,
        "current_balance": history.balance,
        "highest_credit": history.highest,
        "apr_purchase": rate,
        "apr_cash": _CASH_RATE,
        "amount_past_due": history.past_due,
        "days_past_due": _days_past_due(history, as_of),
        "behaviour_score": _score(chance, history),
        "statements": history.statements,
        "payments": history.payments,
        "instalments": [],
    }
    account |= _standing(account["days_past_due"], history.unpaid_since, as_of)
    if first:
        account |= _special(chance, archetype, account, as_of)
    return OwnAccount(account, history)


def loan(chance: Chance, archetype: Archetype, account_id: str, income: int, as_of: date) -> OwnAccount:
    """A personal loan that still runs."""
    term = chance.choice((24, 36, 48, 60))
    opened = _opened(chance, chance.randint(4, term - 3), as_of)
    principal = income * chance.randint(30, 120) // 10 // 1000_00 * 1000_00 + 10_000_00
    rate = chance.choice((680, 890, 1080, 1440, 1780))
    # One borrower in ten is behind with the latest instalment, one in thirty with the latest three.
    missed = {0: (0,), 1: (0,), 2: (0,), 3: (0, 1, 2)}.get(chance.randrange(30), ())
    habits = evolve(archetype.habits, missed=archetype.habits.missed or missed)
    history = loan_history(chance, habits, principal, term, rate, opened, as_of)
    account: Plain = {
        "account_id": account_id,
        "product": "personal_loan",
        "portfolio_type": "I",
        "date_opened": opened,
        "current_balance": history.balance,
        "highest_credit": principal,
        "apr_purchase": rate,
        "amount_past_due": history.past_due,
        "days_past_due": _days_past_due(history, as_of),
        "behaviour_score": _score(chance, history),
        "statements": history.statements,
        "payments": history.payments,
        "instalments": [],
    }
    account |= _standing(account["days_past_due"], history.unpaid_since, as_of)
    return OwnAccount(account, history)


def _opened(chance: Chance, months_ago: int, as_of: date) -> date:
    return month_before(as_of, months_ago) - timedelta(days=chance.randint(0, 20))


def _days_past_due(history: History, as_of: date) -> int:
    return (as_of - history.unpaid_since).days if history.unpaid_since else 0


def _score(chance: Chance, history: History) -> int:
    used = 60 if history.highest and history.balance * 10 > history.highest * 8 else 0
    return max(720 - 35 * min(len(history.missed), 8) - used + chance.randint(-40, 40), 300)


def standing(account: Account, since: date | None, as_of: date) -> Account:
    """The codes that follow from the days past due, and the block that the bank has put on the account.

    `since` is the due date of the oldest payment that is missing.
    """
    found = _standing(account.days_past_due, since, as_of)
    return evolve(
        account,
        account_status=AccountStatus(found["account_status"]),
        ifrs9_stage=found["ifrs9_stage"],
        five_class=FiveClass(found["five_class"]),
        date_of_first_delinquency=since,
        charged_off_on=found.get("charged_off_on", account.charged_off_on),
        block_code=BlockCode(found["block_code"]),
        block_since=found.get("block_since", account.block_since),
        block_reason=found.get("block_reason", account.block_reason),
    )


def _standing(late: int, since: date | None, as_of: date) -> Plain:
    status, stage, risk = _codes(late)
    found: Plain = {
        "account_status": status.value,
        "ifrs9_stage": stage,
        "five_class": risk.value,
        "date_of_first_delinquency": since,
        "block_code": "none",
    }
    if since is None or late < 60:
        return found
    if late < _CHARGE_OFF_AFTER:
        # Frozen at 60 days; sealed at the review after 90, for which some still wait.
        code = BlockCode.FROZEN if late < 135 else BlockCode.SEALED
        return found | _blocked(code, since + timedelta(days=60))
    found["account_status"] = AccountStatus.CHARGED_OFF.value
    found["charged_off_on"] = min(since + timedelta(days=_CHARGE_OFF_AFTER), as_of)
    return found | _blocked(BlockCode.SEALED, since + timedelta(days=60))


def _codes(late: int) -> tuple[AccountStatus, int, FiveClass]:
    steps = (
        (180, AccountStatus.PAST_DUE_180, 3, FiveClass.SUBSTANDARD),
        (150, AccountStatus.PAST_DUE_150, 3, FiveClass.SUBSTANDARD),
        (120, AccountStatus.PAST_DUE_120, 3, FiveClass.SUBSTANDARD),
        (91, AccountStatus.PAST_DUE_90, 3, FiveClass.SUBSTANDARD),
        (90, AccountStatus.PAST_DUE_90, 2, FiveClass.SPECIAL_MENTION),
        (60, AccountStatus.PAST_DUE_60, 2, FiveClass.SPECIAL_MENTION),
        (31, AccountStatus.PAST_DUE_30, 2, FiveClass.SPECIAL_MENTION),
        (30, AccountStatus.PAST_DUE_30, 1, FiveClass.SPECIAL_MENTION),
        (1, AccountStatus.CURRENT, 1, FiveClass.SPECIAL_MENTION),
    )
    for least, status, stage, risk in steps:
        if late >= least:
            return status, stage, risk
    return AccountStatus.CURRENT, 1, FiveClass.NORMAL


def _blocked(code: BlockCode, since: date, reason: str = "arrears") -> Plain:
    return {"block_code": code.value, "block_since": since, "block_reason": reason}


def _special(chance: Chance, archetype: Archetype, account: Plain, as_of: date) -> Plain:
    """What an archetype changes of its first card."""
    lately = as_of - timedelta(days=chance.randint(2, 25))
    match archetype.name:
        case "sealed":
            return _blocked(BlockCode.SEALED, as_of - timedelta(days=chance.randint(40, 110)))
        case "fraud":
            return _blocked(BlockCode.AUTHORISATION_HOLD, lately, "fraud_alert")
        case "deceased":
            return _blocked(BlockCode.FROZEN, lately, "deceased")
        case "hardship":
            since = as_of - timedelta(days=chance.randint(40, 300))
            plan = _plan(chance, account, InstalmentKind.PERSONALISED, since, 60)
            return {"forborne_since": since, "instalments": [plan]}
        case "revolver" | "cash_user" if chance.randrange(3) == 0:
            kind = InstalmentKind.BILL if archetype.name == "revolver" else InstalmentKind.CASH
            start = as_of - timedelta(days=chance.randint(20, 200))
            return {"instalments": [_plan(chance, account, kind, start, 12)]}
        case "over_limit" if chance.randrange(2):
            until = as_of + timedelta(days=chance.randint(5, 45))
            return {
                "temporary_limit": share(account["credit_limit"], 1200),
                "temporary_limit_until": until,
            }
        case _:
            return {}


def _plan(chance: Chance, account: Plain, kind: InstalmentKind, start: date, months: int) -> Plain:
    # What the bank owes the customer is put on no plan, whole units towards zero.
    balance = int(account["current_balance"])
    units = balance // 100 if balance >= 0 else -(-balance // 100)
    part = max(units // months // 2, 50) * 100
    paid = max(int(account["date_opened"] < start) * chance.randint(0, min(months - 1, 6)), 0)
    return {
        "plan_id": f"{account['account_id']}-P1",
        "kind": kind.value,
        "principal": part * months,
        "months": months,
        "rate": chance.choice((0, 900, 1320)),
        "fee": 0,
        "start": start,
        "outstanding": part * (months - paid),
        "contract_id": f"{account['account_id']}-P1-C",
    }
