"""The accounts of a sampled customer at the bank: cards and loans, each with its history and its standing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.portfolio.account_histories import (
    History,
    card_history,
    loan_history,
    month_before,
    share,
    within,
    yearly,
    yuan,
)
from postloan_rules.portfolio.archetypes import Habits
from postloan_rules.snapshot import (
    Account,
    AccountStatus,
    BlockCode,
    FiveClass,
    Instalment,
    InstalmentKind,
    PortfolioType,
    Product,
)

if TYPE_CHECKING:
    from random import Random

    from postloan_rules.portfolio.archetypes import Archetype

__all__ = ["OwnAccount", "card", "loan"]

_CHARGE_OFF_AFTER = 180
_CASH_RATE = 1825
_NEW_CARD = (3, 14)
_OLD_CARD = (26, 120)


@frozen
class OwnAccount:
    """An account, and what its history tells beside it."""

    account: Account
    history: History


def card(chance: Random, archetype: Archetype, account_id: str, income: int, as_of: date) -> OwnAccount:
    """A credit card; the first of an archetype has its habits, a further one is used modestly."""
    first = account_id.endswith("-1")
    habits = archetype.habits if first else Habits(begins_at=(20, 80), spends=(20, 80))
    age = within(chance, _NEW_CARD if archetype.name == "thin_file" else _OLD_CARD)
    opened = _opened(chance, age, as_of)
    limit = max(income * chance.randint(8, 30) // 10 // 1000_00 * 1000_00, 3000_00)
    rate = chance.choice((1277, 1460, 1642, 1825))
    history = card_history(chance, habits, limit, rate, opened, as_of)
    account = Account(
        account_id=account_id,
        product=Product.CREDIT_CARD,
        portfolio_type=PortfolioType.REVOLVING,
        date_opened=opened,
        credit_limit=yuan(limit),
        cash_limit=yuan(limit * 3 // 10),
        current_balance=yuan(history.balance),
        highest_credit=yuan(history.highest),
        apr_purchase=yearly(rate),
        apr_cash=yearly(_CASH_RATE),
        amount_past_due=yuan(history.past_due),
        days_past_due=_days_past_due(history, as_of),
        behaviour_score=_score(chance, history),
        statements=history.statements,
        payments=history.payments,
        instalments=(),
    )
    account = _standing(account, history, as_of)
    return OwnAccount(_special(chance, archetype, account, as_of) if first else account, history)


def loan(chance: Random, archetype: Archetype, account_id: str, income: int, as_of: date) -> OwnAccount:
    """A personal loan that still runs."""
    term = chance.choice((24, 36, 48, 60))
    opened = _opened(chance, chance.randint(4, term - 3), as_of)
    principal = income * chance.randint(30, 120) // 10 // 1000_00 * 1000_00 + 10_000_00
    rate = chance.choice((680, 890, 1080, 1440, 1780))
    # One borrower in ten is behind with the latest instalment, one in thirty with the latest three.
    missed = {0: (0,), 1: (0,), 2: (0,), 3: (0, 1, 2)}.get(chance.randrange(30), ())
    habits = evolve(archetype.habits, missed=archetype.habits.missed or missed)
    history = loan_history(chance, habits, principal, term, rate, opened, as_of)
    account = Account(
        account_id=account_id,
        product=Product.PERSONAL_LOAN,
        portfolio_type=PortfolioType.INSTALMENT,
        date_opened=opened,
        current_balance=yuan(history.balance),
        highest_credit=yuan(principal),
        apr_purchase=yearly(rate),
        amount_past_due=yuan(history.past_due),
        days_past_due=_days_past_due(history, as_of),
        behaviour_score=_score(chance, history),
        statements=history.statements,
        payments=history.payments,
        instalments=(),
    )
    return OwnAccount(_standing(account, history, as_of), history)


def _opened(chance: Random, months_ago: int, as_of: date) -> date:
    return month_before(as_of, months_ago) - timedelta(days=chance.randint(0, 20))


def _days_past_due(history: History, as_of: date) -> int:
    return (as_of - history.unpaid_since).days if history.unpaid_since else 0


def _score(chance: Random, history: History) -> int:
    used = 60 if history.highest and history.balance * 10 > history.highest * 8 else 0
    return max(720 - 35 * min(len(history.missed), 8) - used + chance.randint(-40, 40), 300)


def _standing(account: Account, history: History, as_of: date) -> Account:
    """The codes that follow from the days past due, and the block that the bank has put on the account."""
    late = account.days_past_due
    since = history.unpaid_since
    status, stage, risk = _codes(late)
    account = evolve(
        account,
        account_status=status,
        ifrs9_stage=stage,
        five_class=risk,
        date_of_first_delinquency=since,
        block_code=BlockCode.NONE,
    )
    if since is None or late < 60:
        return account
    if late < _CHARGE_OFF_AFTER:
        # Frozen at 60 days; sealed at the review after 90, for which some still wait.
        code = BlockCode.FROZEN if late < 135 else BlockCode.SEALED
        return _blocked(account, code, since + timedelta(days=60))
    charged_off = since + timedelta(days=_CHARGE_OFF_AFTER)
    account = evolve(
        account, account_status=AccountStatus.CHARGED_OFF, charged_off_on=min(charged_off, as_of)
    )
    return _blocked(account, BlockCode.SEALED, since + timedelta(days=60))


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


def _blocked(account: Account, code: BlockCode, since: date, reason: str = "arrears") -> Account:
    return evolve(account, block_code=code, block_since=since, block_reason=reason)


def _special(chance: Random, archetype: Archetype, account: Account, as_of: date) -> Account:
    """What an archetype adds to its first card."""
    lately = as_of - timedelta(days=chance.randint(2, 25))
    match archetype.name:
        case "sealed":
            return _blocked(account, BlockCode.SEALED, as_of - timedelta(days=chance.randint(40, 110)))
        case "fraud":
            return _blocked(account, BlockCode.AUTHORISATION_HOLD, lately, "fraud_alert")
        case "deceased":
            return _blocked(account, BlockCode.FROZEN, lately, "deceased")
        case "hardship":
            since = as_of - timedelta(days=chance.randint(40, 300))
            plan = _plan(chance, account, InstalmentKind.PERSONALISED, since, 60)
            return evolve(account, forborne_since=since, instalments=(plan,))
        case "revolver" | "cash_user" if chance.randrange(3) == 0:
            kind = InstalmentKind.BILL if archetype.name == "revolver" else InstalmentKind.CASH
            start = as_of - timedelta(days=chance.randint(20, 200))
            return evolve(account, instalments=(_plan(chance, account, kind, start, 12),))
        case "over_limit" if account.credit_limit is not None and chance.randrange(2):
            until = as_of + timedelta(days=chance.randint(5, 45))
            return evolve(
                account, temporary_limit=share(account.credit_limit, 1200), temporary_limit_until=until
            )
        case _:
            return account


def _plan(chance: Random, account: Account, kind: InstalmentKind, start: date, months: int) -> Instalment:
    part = max(int(account.current_balance) // months // 2, 50) * 100
    paid = max(int((account.date_opened or start) < start) * chance.randint(0, min(months - 1, 6)), 0)
    return Instalment(
        plan_id=f"{account.account_id}-P1",
        kind=kind,
        principal=yuan(part * months),
        months=months,
        rate=yearly(chance.choice((0, 900, 1320))),
        fee=yuan(0),
        start=start,
        outstanding=yuan(part * (months - paid)),
        contract_id=f"{account.account_id}-P1-C",
    )
