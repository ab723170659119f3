"""The values of a decision: every name that the policy reads, for the customer and for each account."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.expressions import BOOLEAN, DATE, STRING, EnumType, Type, type_name, value
from postloan_rules.policy.model import Rounding, ScoreUse, TableUse
from postloan_rules.policy.reading import MAX_DIGITS
from postloan_rules.policy.scorecards import score
from postloan_rules.policy.tables import look_up
from postloan_rules.policy.vocabulary import ACCOUNT
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import SnapshotInvalid
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from postloan_rules.expressions import Expression
    from postloan_rules.policy.model import Definition, Input, Policy, ResponseParameter, Round
    from postloan_rules.snapshot import Account, Snapshot

__all__ = ["Values", "compute", "definition_value", "finished", "inputs_of", "response_value"]

_ROUNDING = {
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
}


@frozen
class Values:
    """Names and their values: for the customer, and for each account that is decided."""

    customer: dict[str, object] = field(repr=False)
    accounts: tuple[tuple[Account, dict[str, object]], ...] = field(repr=False)


def compute(policy: Policy, snapshot: Snapshot) -> Values:
    """Every value that the policy reads.

    Raises:
        SnapshotInvalid: where the snapshot is not one that this policy can decide: another currency, a day on
            which the policy is not in force, attributes that it does not declare.
    """
    problems = list(_misfits(policy, snapshot))
    inputs, more = inputs_of(policy, snapshot)
    if problems or more:
        raise SnapshotInvalid([*problems, *more])
    names: dict[str, object] = {
        "as_of": snapshot.as_of,
        "currency": snapshot.currency,
        "jurisdiction": snapshot.jurisdiction,
        "customer": snapshot.customer,
        "accounts": snapshot.accounts,
        "bureau": snapshot.bureau,
        "bureau_reports": snapshot.bureau_reports,
        "events": snapshot.events,
        "complaints": snapshot.complaints,
        "reviews": snapshot.reviews,
        **inputs,
    }
    for parameter in policy.parameters:
        names[parameter.name] = parameter.on(snapshot.as_of)
    for fact in policy.facts:
        if not fact.per_account:
            names[fact.name] = definition_value(fact.definition, policy, names)
    return Values(names, tuple(_accounts(policy, snapshot, names)))


def _accounts(
    policy: Policy, snapshot: Snapshot, customer: dict[str, object]
) -> Iterator[tuple[Account, dict[str, object]]]:
    if policy.subject is None:
        return
    where = policy.subject.where
    for account in snapshot.accounts:
        if where is not None and value(where, _fields(where, account, customer)) is not True:
            continue
        names = {**customer, ACCOUNT: account}
        for fact in policy.facts:
            if fact.per_account:
                names[fact.name] = definition_value(fact.definition, policy, names)
        yield account, names


def _fields(where: Expression, account: Account, customer: Mapping[str, object]) -> dict[str, object]:
    """What `where` reads: the account's own fields, by name, before all else."""
    return {
        name: getattr(account, name) if hasattr(account, name) else customer[name] for name in where.reads
    }


def definition_value(definition: Definition, policy: Policy, names: MutableMapping[str, object]) -> object:
    """The value that an expression, a table or a scorecard gives."""
    if isinstance(definition, TableUse):
        return look_up(policy.tables[definition.table], names).outputs[definition.output]
    if isinstance(definition, ScoreUse):
        found = score(definition.scorecard, names)
        return found.total if definition.part == "score" else found.reasons
    return value(definition, names)


def response_value(
    parameter: ResponseParameter, policy: Policy, names: MutableMapping[str, object]
) -> object:
    """The value of a response's parameter. Money always comes in whole minor units."""
    return finished(definition_value(parameter.definition, policy, names), parameter, policy.currency)


def finished(found: object, parameter: ResponseParameter, currency: str) -> object:
    """A value as a response carries it: rounded as the policy says, money in whole minor units."""
    if not isinstance(found, Decimal):
        return found
    if parameter.round is not None:
        found = _rounded(found, parameter.round)
    if type_name(parameter.type) == "money":
        unit = Decimal(1).scaleb(-minor_digits(currency))
        return found.quantize(unit, ROUND_HALF_EVEN)
    return plain_number(found)


def plain_number(number: Decimal) -> Decimal:
    """The number without trailing zeros and without an exponent, so that it is written in one way only."""
    return Decimal(f"{number.normalize():f}")


def _rounded(amount: Decimal, to: Round) -> Decimal:
    steps = (amount / to.to).to_integral_value(_ROUNDING[to.mode])
    return steps * to.to


def _misfits(policy: Policy, snapshot: Snapshot) -> Iterator[Problem]:
    if snapshot.currency != policy.currency:
        message = (
            f"the snapshot is in {snapshot.currency}, and the policy `{policy.id}` is in {policy.currency}"
        )
        help_ = f"convert its amounts to {policy.currency}, or load the policy for {snapshot.currency}"
        yield Problem("PR0750", message, help=help_, path="$.currency")
    since, until = policy.effective_from, policy.effective_to
    if (since is not None and snapshot.as_of < since) or (until is not None and snapshot.as_of > until):
        span = f"from {since or 'the beginning'} to {until or 'further notice'}"
        message = f"the policy `{policy.id}` is in force {span}, and the snapshot is as of {snapshot.as_of}"
        yield Problem("PR0751", message, help="load the version of the policy for that day", path="$.as_of")


def inputs_of(policy: Policy, snapshot: Snapshot) -> tuple[dict[str, object], list[Problem]]:
    """The value of each input of the policy, and what is wrong with the attributes of the snapshot."""
    problems: list[Problem] = []
    declared = {each.name: each for each in policy.inputs}
    for name in snapshot.attributes:
        if name not in declared:
            message = f"the policy `{policy.id}` has no input `{name}`"
            help_ = did_you_mean(name, list(declared), what="its inputs are")
            problems.append(Problem("PR0752", message, help=help_, path=f"$.attributes.{name}"))
    inputs: dict[str, object] = {}
    for name, each in declared.items():
        given = snapshot.attributes.get(name)
        if given is None:
            inputs[name] = None
            if each.required:
                message = f"the policy `{policy.id}` needs the input `{name}`"
                help_ = f"pass {type_name(each.type)}"
                problems.append(Problem("PR0753", message, help=help_, path=f"$.attributes.{name}"))
            continue
        inputs[name] = _typed(each, given)
        if inputs[name] is None:
            message = f"expected {type_name(each.type)}, found `{given}`"
            help_ = _input_help(each.type)
            problems.append(Problem("PR0754", message, help=help_, path=f"$.attributes.{name}"))
    return inputs, problems


def _typed(declared: Input, given: object) -> object:
    kind = declared.type
    if kind == BOOLEAN:
        return given if isinstance(given, bool) else None
    if isinstance(kind, EnumType):
        return given if given in kind.members else None
    if kind == STRING:
        return given if isinstance(given, str) else None
    if kind == DATE:
        return _date(given)
    return _number(given, whole=type_name(kind) in ("days", "months"))


def _date(given: object) -> dt.date | None:
    if not isinstance(given, str) or len(given) != len("2026-12-01"):
        return None
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        return None


def _number(given: object, *, whole: bool) -> Decimal | None:
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    digits = str(given)
    unsigned = digits.removeprefix("-")
    if not unsigned.replace(".", "", 1).isdecimal() or not unsigned.isascii() or len(unsigned) > MAX_DIGITS:
        return None
    number = Decimal(digits)
    return None if whole and number != number.to_integral_value() else number


def _input_help(kind: Type) -> str:
    if kind == BOOLEAN:
        return "pass true or false"
    if isinstance(kind, EnumType):
        return "pass one of " + ", ".join(kind.members)
    if kind == DATE:
        return 'pass a date such as "2026-12-01"'
    if kind == STRING:
        return "pass a text"
    return 'pass a whole number, or a text with all digits such as "0.35"'
