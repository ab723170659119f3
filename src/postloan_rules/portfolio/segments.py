"""What a portfolio is cut by: a field of the snapshot, a fact of the policy, or any expression of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.decisions.values import compute
from postloan_rules.expressions import (
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    Variable,
    check,
    value,
)
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.expressions import Expression
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["SEVERAL", "Segment", "segment_of", "values_of"]

SEVERAL = "several"
"""The value of a customer whose accounts have different ones."""

_MEASURED = (NUMBER, MONEY, RATIO, DAYS, MONTHS)


@frozen
class Segment:
    """One way to cut a portfolio."""

    name: str
    """As it was asked for."""
    expression: Expression
    per_account: bool

    @property
    def measured(self) -> bool:
        """Whether its values are numbers, of which there may be so many that they are put into bands."""
        return self.expression.type in _MEASURED


def segment_of(policy: Policy, name: str) -> Segment:
    """The segment that a name or an expression stands for.

    A name by itself may be a fact, an input, a part of the snapshot, or a field of the customer.

    Raises:
        ExpressionInvalid: when it is none of these, and no expression of them.
    """
    names: dict[str, Variable] = dict(snapshot_names())
    if policy.subject is not None:
        names[ACCOUNT] = Variable(record("Account"), unknown=False)
    for given in policy.inputs:
        names[given.name] = Variable(given.type, unknown=not given.required)
    for parameter in policy.parameters:
        names[parameter.name] = Variable(parameter.type, unknown=False)
    for fact in policy.facts:
        names[fact.name] = Variable(fact.type, unknown=fact.unknown)
    text = name
    if name not in names and name in record("Customer").fields:
        text = f"customer.{name}"
    expression = check(Text.of(text, "--by"), names)
    of_accounts = {ACCOUNT} | {fact.name for fact in policy.facts if fact.per_account}
    return Segment(name, expression, bool(expression.reads & of_accounts))


def values_of(segments: Sequence[Segment], policy: Policy, snapshot: Snapshot) -> tuple[str | None, ...]:
    """The value of each segment for a customer, as text; None is unknown."""
    if not segments:
        return ()
    values = compute(policy, snapshot)
    return tuple(
        _of_accounts(segment, [names for _, names in values.accounts])
        if segment.per_account
        else _text(value(segment.expression, values.customer))
        for segment in segments
    )


def _of_accounts(segment: Segment, accounts: Sequence[Mapping[str, object]]) -> str | None:
    found = {_text(value(segment.expression, names)) for names in accounts}
    if len(found) > 1:
        return SEVERAL
    return found.pop() if found else None


def _text(found: object) -> str | None:
    match found:
        case None:
            return None
        case bool():
            return "yes" if found else "no"
        case Decimal():
            return f"{found.normalize():f}"
        case dt.date():
            return found.isoformat()
        case _:
            return str(found)
