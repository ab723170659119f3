"""Functions about accounts, where a filter would be clumsy; each equals an expression that defines it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions import (
    ANY,
    DAYS,
    FUNCTIONS,
    NUMBER,
    RATIO,
    Function,
    Parameter,
    RecordType,
    Type,
    Variable,
    field_of,
    type_name,
)
from postloan_rules.expressions.evaluator import plain
from postloan_rules.expressions.functions.signature import Functions
from postloan_rules.expressions.values import add, divide
from postloan_rules.snapshot import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["EQUIVALENTS", "KNOWN_FUNCTIONS", "POST_LOAN"]

_ACCOUNT = Parameter("account", "account")
_N = Parameter("n", "plain number")
_LATE = "days_past_due_at_close"


def _latest(account: object, n: object) -> tuple[object, ...] | None:
    """The last `n` statements, fewer where there are fewer; None where that is unknown."""
    statements = field_of(account, "statements") if account is not None else None
    if not isinstance(statements, tuple) or not isinstance(n, Decimal) or n != n.to_integral_value():
        return None
    return statements[-int(n) :] if n > 0 else ()


def _figures(statements: Sequence[object], name: str) -> list[object]:
    """One figure of each statement; None is unknown."""
    return [
        plain(getattr(each, name)) if type(each) is Statement else field_of(each, name) for each in statements
    ]


def _all_known(values: Sequence[object]) -> list[Decimal] | None:
    known = [each for each in values if isinstance(each, Decimal)]
    return known if len(known) == len(values) else None


def _late_months(account: object, n: object) -> Decimal | None:
    latest = _latest(account, n)
    days = _all_known(_figures(latest, _LATE)) if latest is not None else None
    return Decimal(sum(1 for each in days if each > 0)) if days is not None else None


def _worst_days_late(account: object, n: object) -> Decimal | None:
    latest = _latest(account, n)
    days = _all_known(_figures(latest, _LATE)) if latest else None
    return max(days) if days else None


def _clean_months(account: object) -> Decimal | None:
    statements = _latest(account, Decimal(10**6))
    days = _all_known(_figures(statements, _LATE)) if statements is not None else None
    if days is None:
        return None
    clean = 0
    for each in reversed(days):
        if each > 0:
            break
        clean += 1
    return Decimal(clean)


def _total(values: Sequence[object]) -> object:
    total: object = Decimal(0)
    for each in values:
        total = add(total, each)
    return total


def _average_utilisation(account: object, n: object) -> object:
    latest = _latest(account, n)
    if latest is None:
        return None
    closing, limits = (_figures(latest, name) for name in ("closing_balance", "credit_limit_at_close"))
    return divide(_total(closing), _total(limits))


def _cash_share(account: object, n: object) -> object:
    latest = _latest(account, n)
    if latest is None:
        return None
    cash = _total(_figures(latest, "cash_advances"))
    return divide(cash, add(cash, _total(_figures(latest, "purchases"))))


def _minimum_payments(account: object, n: object) -> Decimal | None:
    latest = _latest(account, n)
    if latest is None:
        return None
    count = 0
    figures = (_figures(latest, name) for name in ("minimum_payment", "paid_by_due"))
    for minimum, paid in zip(*figures, strict=True):
        if isinstance(minimum, Decimal) and minimum <= 0:
            continue
        if not isinstance(minimum, Decimal) or not isinstance(paid, Decimal):
            return None
        count += paid <= minimum
    return Decimal(count)


def _gives(result: Type) -> Callable[[Sequence[Variable]], Variable | str]:
    def typed(arguments: Sequence[Variable]) -> Variable | str:
        subject = arguments[0].type
        if subject != ANY and not (isinstance(subject, RecordType) and "statements" in subject.fields):
            return f"an account is needed here, not {type_name(subject)}\nwrite `account`"
        if len(arguments) > 1 and type_name(arguments[1].type) not in ("number", "number literal", "any"):
            return f"a number of statements is needed here, not {type_name(arguments[1].type)}"
        # The account's statements may be unknown, and so may each of their figures.
        return Variable(result, unknown=True)

    return typed


def _function(
    name: str, meaning: str, result: Type, apply: Callable[..., object], *parameters: Parameter
) -> Function:
    when = "the statements, or a figure of one that counts, are unknown"
    return Function(name, (parameters,), meaning, (), _gives(result), apply, unknown=when)


POST_LOAN: Mapping[str, Function] = {
    each.name: each
    for each in (
        _function(
            "late_months",
            "how many of the last `n` statements closed with days past due",
            NUMBER,
            _late_months,
            _ACCOUNT,
            _N,
        ),
        _function(
            "worst_days_late",
            "the most days past due at the close of the last `n` statements",
            DAYS,
            _worst_days_late,
            _ACCOUNT,
            _N,
        ),
        _function(
            "clean_months",
            "how many statements in a row, up to the latest, closed without days past due",
            NUMBER,
            _clean_months,
            _ACCOUNT,
        ),
        _function(
            "average_utilisation",
            "the closing balances of the last `n` statements as a share of the limits",
            RATIO,
            _average_utilisation,
            _ACCOUNT,
            _N,
        ),
        _function(
            "cash_share",
            "cash advances as a share of all that was drawn over the last `n` statements",
            RATIO,
            _cash_share,
            _ACCOUNT,
            _N,
        ),
        _function(
            "minimum_payments",
            "how many of the last `n` statements were paid with no more than the minimum",
            NUMBER,
            _minimum_payments,
            _ACCOUNT,
            _N,
        ),
    )
}

_LATEST = "latest(account.statements, n)"
EQUIVALENTS: Mapping[str, str] = {
    "late_months": f"count({_LATEST}[days_past_due_at_close > 0])",
    "worst_days_late": f"max({_LATEST}.days_past_due_at_close)",
    "clean_months": (
        "if count(account.statements[days_past_due_at_close > 0]) = 0 then count(account.statements) else "
        "count(account.statements[cycle_end > max(account.statements[days_past_due_at_close > 0].cycle_end)])"
    ),
    "average_utilisation": f"sum({_LATEST}.closing_balance) / sum({_LATEST}.credit_limit_at_close)",
    "cash_share": (
        f"sum({_LATEST}.cash_advances) / (sum({_LATEST}.cash_advances) + sum({_LATEST}.purchases))"
    ),
    "minimum_payments": f"count({_LATEST}[minimum_payment > 0 and paid_by_due <= minimum_payment])",
}
"""What each function means, in the rule language."""

KNOWN_FUNCTIONS: Mapping[str, Function] = Functions({**FUNCTIONS, **POST_LOAN}, __name__, "KNOWN_FUNCTIONS")
"""Every function that a policy can call."""
