"""Two years of an account, month by month: what is owed, billed, paid and missed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from postloan_rules.portfolio.archetypes import Habits, Range
    from postloan_rules.portfolio.chance import Chance

__all__ = [
    "MONTHS",
    "History",
    "Plain",
    "card_history",
    "loan_history",
    "month_before",
    "share",
    "within",
    "yuan",
]

Plain = dict[str, Any]
"""A record by the names of its fields: amounts in minor units, rates in hundredths of a percent, members of
closed sets as texts; what is unknown is left out or None."""

MONTHS = 24
_EXACT = Context(prec=34)
_DAYS_TO_PAY = 20
_LEAST_PAYMENT = 50_00
_LATE_FEE = 20_00
_SHORT_OF_MONEY = 100


@frozen
class History:
    """What came of an account over its months; amounts in minor units."""

    statements: list[Plain]
    payments: list[Plain]
    balance: int
    past_due: int
    unpaid_since: date | None
    """The due date of the oldest payment that is missing."""
    missed: tuple[date, ...]
    """The due dates that passed without enough being paid."""
    returned: tuple[tuple[date, int], ...] = ()
    """The payments that came back unpaid."""
    cash_drawn: tuple[tuple[date, int], ...] = ()
    highest: int = 0


def yuan(minor: int) -> Decimal:
    """An amount in minor units as money, exactly."""
    return _EXACT.scaleb(Decimal(minor), -2)


def share(amount: int, thousandths: int) -> int:
    """A part of an amount, in whole units of the currency."""
    return amount // 100 * thousandths // 1000 * 100


def within(chance: Chance, bounds: Range) -> int:
    """A whole number between two, both included."""
    return chance.randint(*bounds)


def month_before(day: date, months: int) -> date:
    """The same day of an earlier month; the day is one that every month has."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))


@lru_cache(maxsize=256)
def _month_ends(latest: date) -> tuple[date, ...]:
    return tuple(month_before(latest, back) for back in range(MONTHS - 1, -1, -1))


def _cycle_ends(chance: Chance, opened: date, as_of: date) -> list[date]:
    latest = date(as_of.year, as_of.month, chance.randint(1, 28))
    if latest > as_of:
        latest = month_before(latest, 1)
    first = opened + timedelta(days=20)
    return [end for end in _month_ends(latest) if end >= first]


class _Ledger:
    """An account as it runs: a payment goes to fees first, then to interest, then to principal."""

    def __init__(self, as_of: date, balance: int, *, days_to_pay: int) -> None:
        self.as_of = as_of
        self.balance = balance
        self.days_to_pay = timedelta(days=days_to_pay)
        self.interest_owed = 0
        self.fees_owed = 0
        self.past_due = 0
        self.unpaid_since: date | None = None
        self.carried = 0
        self.missed: list[date] = []
        self.statements: list[Plain] = []
        self.payments: list[Plain] = []
        self.cash_drawn: list[tuple[date, int]] = []
        self.returned: list[tuple[date, int]] = []
        self.highest = balance

    def charge(self, interest: int, fees: int) -> None:
        self.interest_owed += interest
        self.fees_owed += fees
        self.balance += interest + fees

    def days_past_due(self, day: date) -> int:
        return (day - self.unpaid_since).days if self.unpaid_since else 0

    def bill(self, statement: Plain, minimum: int, amount: int, pay_day: date) -> None:
        """Close a cycle, and take what is paid on the bill if its due date has passed."""
        balance = self.balance
        self.highest = max(self.highest, balance)
        end = statement["cycle_end"]
        due = end + self.days_to_pay
        passed = due < self.as_of
        paid = min(amount, max(balance, 0))
        statement["due_date"] = due
        statement["closing_balance"] = balance
        statement["minimum_payment"] = minimum
        statement["days_past_due_at_close"] = self.days_past_due(end)
        if passed:
            statement["paid_by_due"] = paid
        self.statements.append(statement)
        self.carried = self.balance
        if not passed:
            return
        if paid:
            self.pay(paid, pay_day)
            self.carried -= paid
        if paid >= minimum:
            self.unpaid_since, self.past_due = None, 0
        else:
            self.unpaid_since, self.past_due = self.unpaid_since or due, minimum - paid
            self.missed.append(due)

    def pay(self, amount: int, day: date) -> None:
        fee = min(amount, self.fees_owed)
        interest = min(amount - fee, self.interest_owed)
        self.fees_owed -= fee
        self.interest_owed -= interest
        self.balance -= amount
        self.payments.append(
            {
                "posted_on": day,
                "amount": amount,
                "channel": "direct_debit" if amount % 3 else "transfer",
                "returned": False,
                "principal_part": amount - fee - interest,
                "interest_part": interest,
                "fee_part": fee,
            }
        )

    def fail_to_pay(self, amount: int, day: date) -> None:
        """Note a payment that came back: it changes nothing of what is owed."""
        self.returned.append((day, amount))
        self.payments.append(
            {
                "posted_on": day,
                "amount": amount,
                "channel": "direct_debit",
                "returned": True,
                "return_reason": "insufficient_funds",
            }
        )

    def history(self) -> History:
        return History(
            statements=self.statements,
            payments=self.payments,
            balance=self.balance,
            past_due=self.past_due,
            unpaid_since=self.unpaid_since,
            missed=tuple(self.missed),
            returned=tuple(self.returned),
            cash_drawn=tuple(self.cash_drawn),
            highest=self.highest,
        )


def _last_due(ends: list[date], as_of: date, days_to_pay: int) -> int:
    return max(
        (index for index, end in enumerate(ends) if end + timedelta(days=days_to_pay) < as_of), default=-1
    )


def card_history(
    chance: Chance, habits: Habits, limit: int, yearly_rate: int, opened: date, as_of: date
) -> History:
    """The months of a card; the rate in hundredths of a percent."""
    ends = _cycle_ends(chance, opened, as_of)
    new = len(ends) < MONTHS
    ledger = _Ledger(
        as_of, 0 if new else limit * within(chance, habits.begins_at) // 1000, days_to_pay=_DAYS_TO_PAY
    )
    last_due = _last_due(ends, as_of, _DAYS_TO_PAY)
    for index, end in enumerate(ends):
        late = ledger.unpaid_since is not None
        cash = _cash(chance, habits, limit) if not late else 0
        spent = limit * within(chance, habits.spends) // 1000
        purchases = spent + chance.randrange(100) if spent and ledger.days_past_due(end) < 30 else 0
        revolves = bool(ledger.statements) and ledger.carried > 0
        interest = ledger.carried * yearly_rate // 120_000 if revolves else 0
        fees = cash // 100 + (_LATE_FEE if late else 0)
        room = limit * habits.ceiling // 1000 - ledger.balance - interest - fees
        purchases = max(min(purchases, room - cash), 0)
        cash = max(min(cash, room - purchases), 0)
        ledger.charge(interest, fees)
        ledger.balance += purchases + cash
        if cash:
            ledger.cash_drawn.append((end - timedelta(days=chance.randint(0, 14)), cash))
        owed = max(ledger.balance, 0)
        minimum = min(owed, max(owed // 10, _LEAST_PAYMENT) + ledger.past_due)
        missed = last_due - index in habits.missed
        pays = max(minimum, owed * within(chance, habits.pays) // 1000)
        bill: Plain = {
            "cycle_end": end,
            "purchases": purchases,
            "cash_advances": cash,
            "interest": interest,
            "fees": fees,
            "credit_limit_at_close": limit,
        }
        pay_day = end + timedelta(days=chance.randint(4, 18))
        if habits.pays[0] < _SHORT_OF_MONEY and minimum and chance.randrange(100) < 2 and pay_day < as_of:
            ledger.fail_to_pay(minimum, pay_day - timedelta(days=2))
        ledger.bill(bill, minimum, 0 if missed else pays, pay_day)
    if ends and ledger.unpaid_since is None:
        since = limit * within(chance, habits.spends) // 1000 * (as_of - ends[-1]).days // 30
        ledger.balance += max(min(since, limit * habits.ceiling // 1000 - ledger.balance), 0)
        ledger.highest = max(ledger.highest, ledger.balance)
    return ledger.history()


def _cash(chance: Chance, habits: Habits, limit: int) -> int:
    often, share = habits.cash
    if chance.randrange(1000) >= often:
        return 0
    return limit * chance.randint(share // 2, share) // 1000 // 100_00 * 100_00


def loan_history(
    chance: Chance, habits: Habits, principal: int, term: int, yearly_rate: int, opened: date, as_of: date
) -> History:
    """The months of a loan that is repaid in equal parts of principal, with interest on the rest."""
    ends = _cycle_ends(chance, opened, as_of)
    gone = max((as_of.year - opened.year) * 12 + as_of.month - opened.month - len(ends), 0)
    part = -(-principal // term)
    ledger = _Ledger(as_of, max(principal - part * gone, 0), days_to_pay=10)
    last_due = _last_due(ends, as_of, 10)
    for index, end in enumerate(ends):
        if ledger.balance <= 0:
            break
        late = ledger.unpaid_since is not None
        interest = ledger.balance * yearly_rate // 120_000
        fees = _LATE_FEE if late else 0
        ledger.charge(interest, fees)
        minimum = min(ledger.balance, part + interest + fees + ledger.past_due)
        missed = last_due - index in habits.missed
        ledger.bill(
            {"cycle_end": end, "interest": interest, "fees": fees},
            minimum,
            0 if missed else minimum,
            end + timedelta(days=chance.randint(1, 10)),
        )
    return ledger.history()
