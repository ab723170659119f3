"""The same made-up customers month by month: each earlier month is what was known of them by then."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.policy.periods import before
from postloan_rules.portfolio.own_accounts import standing
from postloan_rules.portfolio.sample import sample
from postloan_rules.snapshot import (
    Account,
    Attributes,
    BlockCode,
    Complaint,
    ComplaintStatus,
    Customer,
    EmploymentStatus,
    Instalment,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["as_it_was", "days_of", "successive"]

_LATE = 30
_TEMPORARY = timedelta(days=60)
"""So long a temporary limit runs at most."""
_POINTS = 35
"""A missed payment costs so many points of the behaviour score."""
_BEST = 760


def days_of(months: int, as_of: date) -> tuple[date, ...]:
    """The days of successive months, the last of them `as_of`."""
    return tuple(before(as_of, back, "months") for back in range(months - 1, -1, -1))


def successive(n: int, months: int, seed: int, as_of: date) -> Iterator[tuple[Snapshot | None, ...]]:
    """For each customer of the sample a snapshot for each month, oldest first.

    The last month is the customer of `sample` with this seed and day. None for a month in which the customer
    had no account yet.
    """
    days = days_of(months, as_of)
    for snapshot in sample(n, seed=seed, as_of=as_of):
        yield tuple(as_it_was(snapshot, day) for day in days)


def as_it_was(snapshot: Snapshot, day: date) -> Snapshot | None:
    """What was known of a made-up customer on an earlier day; None before the first account was opened."""
    if day == snapshot.as_of:
        return snapshot
    past = [
        _account(each, day, snapshot.as_of)
        for each in snapshot.accounts
        if each.date_opened is None or each.date_opened <= day
    ]
    if not past:
        return None
    accounts = tuple(past)
    numbers = {each.account_id for each in accounts}
    late = max(each.days_past_due for each in accounts)
    return evolve(
        snapshot,
        as_of=day,
        customer=_customer(snapshot, day),
        accounts=accounts,
        bureau_reports=tuple(each for each in snapshot.bureau_reports if each.pulled_on <= day),
        events=tuple(
            each
            for each in snapshot.events
            if (each.recorded_on or each.occurred_on) <= day
            and (each.account_id is None or each.account_id in numbers)
        ),
        complaints=tuple(_complaint(each, day) for each in snapshot.complaints if each.opened_on <= day),
        reviews=tuple(each for each in snapshot.reviews if each.reviewed_on <= day),
        attributes=_attributes(snapshot, day, late),
    )


@frozen
class _Arrears:
    """What was missing on a day, told from the statements up to then."""

    since: date | None
    amount: Decimal
    missed: int


def _arrears(account: Account, day: date) -> _Arrears:
    since, amount, missed = None, Decimal("0.00"), 0
    for statement in account.statements or ():
        due, paid, least = statement.due_date, statement.paid_by_due, statement.minimum_payment
        if due is None or due >= day or paid is None or least is None:
            continue
        if paid >= least:
            since, amount = None, Decimal("0.00")
        else:
            since, amount, missed = since or due, least - paid, missed + 1
    return _Arrears(since, amount, missed)


def _account(account: Account, day: date, as_of: date) -> Account:
    statements = tuple(
        evolve(
            each, paid_by_due=each.paid_by_due if each.due_date is not None and each.due_date < day else None
        )
        for each in account.statements or ()
        if each.cycle_end <= day
    )
    payments = tuple(each for each in account.payments or () if each.posted_on <= day)
    arrears = _arrears(account, day)
    late = (day - arrears.since).days if arrears.since is not None else 0
    score = account.behaviour_score
    fewer = _arrears(account, as_of).missed - arrears.missed
    earlier = evolve(
        account,
        current_balance=_balance(account, day),
        highest_credit=account.highest_credit
        if account.credit_limit is None
        else max((each.closing_balance for each in statements), default=account.highest_credit),
        amount_past_due=arrears.amount,
        days_past_due=late,
        date_of_first_delinquency=None,
        charged_off_on=None,
        block_code=BlockCode.NONE,
        block_reason=None,
        block_since=None,
        behaviour_score=None if score is None else max(min(score + _POINTS * fewer, _BEST), score),
        forborne_since=_by(account.forborne_since, day),
        statements=statements,
        payments=payments,
        instalments=None
        if account.instalments is None
        else tuple(_instalment(each, day, as_of) for each in account.instalments if each.start <= day),
    )
    until = account.temporary_limit_until
    if until is not None and day < until - _TEMPORARY:
        earlier = evolve(earlier, temporary_limit=None, temporary_limit_until=None)
    earlier = standing(earlier, arrears.since, day)
    if account.ifrs9_stage is None:  # of those of whom little is known, this is not known either
        earlier = evolve(earlier, ifrs9_stage=None, five_class=None)
    if earlier.block_code is BlockCode.NONE and _by(account.block_since, day) is not None:
        earlier = evolve(
            earlier,
            block_code=account.block_code,
            block_reason=account.block_reason,
            block_since=account.block_since,
        )
    return earlier


def _balance(account: Account, day: date) -> Decimal:
    """What the last statement closed with, less what was paid since; before the first, what it was then."""
    billed = [each for each in account.statements or () if each.cycle_end <= day]
    if not billed:
        return account.current_balance if not account.statements else Decimal("0.00")
    last = billed[-1]
    paid = [
        each.amount
        for each in account.payments or ()
        if last.cycle_end < each.posted_on <= day and not each.returned
    ]
    return last.closing_balance - sum(paid, Decimal("0.00"))


def _instalment(plan: Instalment, day: date, as_of: date) -> Instalment:
    if plan.outstanding is None:
        return plan
    months = (as_of.year - day.year) * 12 + as_of.month - day.month
    part = plan.principal / plan.months
    return evolve(plan, outstanding=min(plan.principal, plan.outstanding + part * months))


def _by(what: date | None, day: date) -> date | None:
    """A day, if it had come."""
    return what if what is not None and what <= day else None


def _customer(snapshot: Snapshot, day: date) -> Customer:
    customer = snapshot.customer
    employer, verified = customer.employer_changed_on, customer.income_verified_on
    had_work = employer is not None and employer > day
    earlier = str(snapshot.attributes.get("previous_monthly_income") or "")
    knew_less = had_work or (verified is not None and verified > day)
    return evolve(
        customer,
        relationship_start=_by(customer.relationship_start, day),
        employment_status=EmploymentStatus.EMPLOYED if had_work else customer.employment_status,
        employer_changed_on=_by(employer, day),
        monthly_income=Decimal(earlier) if knew_less and earlier else customer.monthly_income,
        income_verified_on=_by(verified, day),
        deceased_on=_by(customer.deceased_on, day),
        bankrupt_on=_by(customer.bankrupt_on, day),
    )


def _complaint(complaint: Complaint, day: date) -> Complaint:
    if complaint.resolved_on is None or complaint.resolved_on <= day:
        return complaint
    return evolve(complaint, status=ComplaintStatus.OPEN, resolved_on=None, upheld=None)


def _attributes(snapshot: Snapshot, day: date, late: int) -> Attributes:
    found = dict(snapshot.attributes)
    months = (snapshot.as_of.year - day.year) * 12 + snapshot.as_of.month - day.month
    without = found.get("months_without_salary")
    if isinstance(without, int):
        found["months_without_salary"] = max(without - months, 0)
    if "watch_list" in found:
        found["watch_list"] = bool(found["watch_list"]) and late >= _LATE
    return Attributes(found)
