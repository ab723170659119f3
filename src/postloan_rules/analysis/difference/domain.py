"""Changes of whom a policy decides at all: its currency, the days it is in force, the bank's own values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.analysis.difference.comparison import DomainChange, Witness
from postloan_rules.analysis.proof.customers import decided, some
from postloan_rules.decisions.decide import concluded
from postloan_rules.expressions import EnumType, type_name
from postloan_rules.snapshot import Account, Customer, Snapshot
from postloan_rules.snapshot.account import Product
from postloan_rules.snapshot.snapshot import Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions.decision import Decision
    from postloan_rules.policy.model import Input, Policy
    from postloan_rules.snapshot import Scalar

__all__ = ["domain_changes"]

_ACCOUNT = Account(account_id="A-1", product=Product.CREDIT_CARD, current_balance=Decimal(0), days_past_due=0)

_DAY = dt.date(2026, 11, 30)


def domain_changes(old: Policy, new: Policy) -> tuple[DomainChange, ...]:
    """What changes in whom the policies decide, each with a customer whom one of them refuses."""
    return tuple(_changes(old, new))


def _changes(old: Policy, new: Policy) -> Iterator[DomainChange]:
    if old.currency != new.currency:
        witness = _witness(old, new, _bare(old, _day(old)), _bare(new, _day(new)))
        yield DomainChange("currency", "", old.currency, new.currency, witness)
    if (old.effective_from, old.effective_to) != (new.effective_from, new.effective_to):
        edges = {day for each in (old, new) for day in _edges(each)}
        customers = [_bare(each, day) for day in sorted(edges) for each in (old, new)]
        before, after = (f"{each.effective_from or ''}..{each.effective_to or ''}" for each in (old, new))
        yield DomainChange("effective", "", before, after, _witness(old, new, *customers))
    inputs = [{each.name: each for each in policy.inputs} for policy in (old, new)]
    for name in dict.fromkeys((*inputs[0], *inputs[1])):
        before_input, after_input = (each.get(name) for each in inputs)
        if _said(before_input) == _said(after_input):
            continue
        customers = [
            evolve(customer, attributes=attributes)
            for day in dict.fromkeys((_day(old), _day(new)))
            for customer in (_bare(old, day),)
            for attributes in _attributes(old, new, name)
        ]
        witness = _witness(old, new, *customers)
        yield DomainChange("input", name, _said(before_input), _said(after_input), witness)


def _said(given: Input | None) -> str:
    if given is None:
        return ""
    kind = type_name(given.type)
    return f"{kind}, required" if given.required else kind


def _edges(policy: Policy) -> Iterator[dt.date]:
    yield _DAY
    day = dt.timedelta(days=1)
    if policy.effective_from is not None:
        yield from (policy.effective_from, policy.effective_from - day)
    if policy.effective_to is not None:
        yield policy.effective_to
        if policy.effective_to < dt.date.max:
            yield policy.effective_to + day


def _day(policy: Policy) -> dt.date:
    first, last = policy.effective_from or dt.date.min, policy.effective_to or dt.date.max
    return min(max(_DAY, first), last)


def _bare(policy: Policy, day: dt.date) -> Snapshot:
    return Snapshot(
        as_of=day,
        currency=policy.currency,
        jurisdiction=Jurisdiction.CN,
        customer=Customer(customer_id="C-1"),
        accounts=(_ACCOUNT,),
        bureau_reports=(),
        events=(),
        complaints=(),
        reviews=(),
        attributes={each.name: some(each) for each in policy.inputs if each.required},
    )


def _attributes(old: Policy, new: Policy, name: str) -> Iterator[dict[str, Scalar]]:
    """The values that a customer may have: without the one that changed, and as each policy takes it."""
    needed: dict[str, Scalar] = {
        each.name: some(each) for policy in (old, new) for each in policy.inputs if each.required
    }
    both = {each.name for each in old.inputs} & {each.name for each in new.inputs}
    needed = {key: value for key, value in needed.items() if key in both or key == name}
    yield {key: value for key, value in needed.items() if key != name}
    for policy in (new, old):
        for each in policy.inputs:
            if each.name == name:
                members: tuple[Scalar, ...] = (
                    each.type.members if isinstance(each.type, EnumType) else (some(each),)
                )
                yield from ({**needed, name: member} for member in members)


def _witness(old: Policy, new: Policy, *customers: Snapshot) -> Witness | None:
    """The first customer whom one policy decides and the other one refuses."""
    for customer in customers:
        before, after = _decision(old, customer), _decision(new, customer)
        if (before is None) != (after is None):
            return Witness(customer, None, (), before, after)
    return None


def _decision(policy: Policy, customer: Snapshot) -> Decision | None:
    found = decided(policy, customer)
    return None if found is None else concluded(found, customer.fingerprint)
