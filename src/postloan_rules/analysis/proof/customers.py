"""Customers that are decided already: where a proof looks first, and what it starts from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from postloan_rules.decisions.decide import Outcome, outcome
from postloan_rules.expressions import BOOLEAN, DATE, DAYS, MONTHS, NUMERIC, EnumType
from postloan_rules.snapshot import Account, Snapshot, SnapshotInvalid
from postloan_rules.snapshot.account import Product
from postloan_rules.snapshot.customer import Customer
from postloan_rules.snapshot.snapshot import Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.policy.model import Input, Policy

__all__ = ["Case", "bare", "cases_of", "days_of", "decided", "fitted"]

_DAY = dt.date(2026, 11, 30)


@frozen(eq=False)
class Case:
    """A customer with what the policy comes to, seen from one account that it is about (None: from none)."""

    snapshot: Snapshot = field(repr=False)
    found: Outcome = field(repr=False)
    account_id: str | None

    @property
    def names(self) -> dict[str, object]:
        """Every name and its value."""
        return self.found.names(self.account_id)

    @property
    def account(self) -> Account | None:
        """The account."""
        return next((each for each in self.snapshot.accounts if each.account_id == self.account_id), None)

    def chosen(self) -> frozenset[str]:
        """The responses that are chosen for the account and for the customer."""
        return frozenset(
            name
            for (name, account), each in self.found.candidates.items()
            if account in (None, self.account_id) and each.withheld is None
        )


def cases_of(policy: Policy, snapshot: Snapshot) -> Iterator[Case]:
    """A customer as cases: one an account that the policy is about, or one."""
    found = decided(policy, snapshot)
    if found is None:
        return
    for scope in found.scopes:
        if policy.subject is None or scope.account_id is not None:
            yield Case(snapshot, found, scope.account_id)


def decided(policy: Policy, snapshot: Snapshot) -> Outcome | None:
    """What the policy comes to; None for a customer that it does not fit."""
    try:
        return outcome(policy, snapshot)
    except SnapshotInvalid:
        return None


def fitted(policy: Policy, snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """The customers as the policy takes them: in its currency, with its inputs."""
    for each in snapshots:
        attributes = {name: each.attributes.get(name) for name in _names(policy) if name in each.attributes}
        for given in policy.inputs:
            if given.required and attributes.get(given.name) is None:
                attributes[given.name] = some(given)
        yield evolve(each, currency=policy.currency, attributes=attributes)


def _names(policy: Policy) -> list[str]:
    return [each.name for each in policy.inputs]


def some(given: Input) -> str | int | bool:
    """Some value for an input."""
    kind = given.type
    if kind == BOOLEAN:
        return False
    if isinstance(kind, EnumType):
        return kind.members[0]
    if kind == DATE:
        return _DAY.isoformat()
    if kind in (DAYS, MONTHS) or kind in NUMERIC:
        return 0
    return "other"


def days_of(policy: Policy) -> tuple[dt.date, ...]:
    """Days that between them see everything of the policy that has dates."""
    first, last = policy.effective_from or dt.date.min, policy.effective_to or dt.date.max
    edges = {_DAY, first}
    spells: list[tuple[dt.date | None, dt.date | None]] = []
    spells += [(each.since, each.until) for each in policy.rules]
    spells += [(one.since, one.until) for each in policy.parameters for one in each.values]
    spells += [(row.since, row.until) for each in policy.tables.values() for row in each.rows]
    for since, until in spells:
        edges |= {day for day in (since, until) if day is not None}
    within = sorted(day for day in edges if first <= day <= last and day > dt.date(1900, 1, 1))
    return tuple(within) or (min(max(_DAY, first), last),)


def bare(policy: Policy, day: dt.date) -> Iterator[Case]:
    """Customers of whom nothing is known but one account with nothing, or something, on it."""
    for product in Product:
        for balance in (Decimal(0), Decimal(1000)):
            account = Account(account_id="A-1", product=product, current_balance=balance, days_past_due=0)
            snapshot = Snapshot(
                as_of=day,
                currency=policy.currency,
                jurisdiction=Jurisdiction.CN,
                customer=Customer(customer_id="C-1"),
                accounts=(account,),
                bureau_reports=(),
                events=(),
                complaints=(),
                reviews=(),
            )
            found = [case for each in fitted(policy, [snapshot]) for case in cases_of(policy, each)]
            yield from found
            if found and policy.subject is None:
                return
