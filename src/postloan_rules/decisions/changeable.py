"""Which fields of a snapshot could be other than they are, by the customer's or the bank's doing."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, field, frozen

from postloan_rules.decisions.outlook import Place
from postloan_rules.expressions import BOOLEAN, DATE, STRING, EnumType, type_name
from postloan_rules.problems import did_you_mean
from postloan_rules.snapshot import Account, Customer, Snapshot, catalogue
from postloan_rules.snapshot.attributes import Attributes
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.policy.model import Input, Policy
    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["Changeable", "Known", "changeable", "changed", "named"]

Known: TypeAlias = "Decimal | int | bool | str"
"""A value that a field can be changed to."""

_LARGEST = 10**15
_RATE_STEP = Decimal("0.0001")
_FIXED = {
    "product": "what the bank granted is not changed, it is granted anew",
    "portfolio_type": "what the bank granted is not changed, it is granted anew",
    "highest_credit": "the most that was ever owed lies in the past",
    "vulnerable": "whether a customer needs particular care is nothing to be brought about",
}
_QUIET = frozenset({"block_reason"})
_PATH = re.compile(r"(account|customer|attributes|accounts\[([^\]]+)\])\.([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
# What counts as one whole change where the present value is small.
_MEASURE = {
    "money": Fraction(1000),
    "days": Fraction(30),
    "months": Fraction(3),
    "rate": Fraction(1, 10),
    "ratio": Fraction(1, 10),
}
_NUMERIC = frozenset({"money", "days", "months", "count", "number", "rate", "ratio"})


@frozen
class Changeable:
    """A field that could be other than it is.

    A number goes in steps from its present value: from `least`, below zero, to `most`.
    Anything else has `members`: the values that it could have instead.
    """

    path: str
    place: Place
    kind: str
    before: Known | None
    step: Decimal = Decimal(1)
    least: int = 0
    most: int = 0
    reach: tuple[int, int] = (0, 0)
    """The same two, where other fields of the record change with it."""
    members: tuple[Known, ...] = ()
    unit: str = ""
    info: FieldInfo | None = field(default=None, repr=False)

    @property
    def numeric(self) -> bool:
        """Whether it goes in steps."""
        return self.kind in _NUMERIC

    def at(self, step: int) -> Known:
        """The value that many steps up or, below zero, down."""
        if not self.numeric or isinstance(self.before, str | bool) or self.before is None:
            raise TypeError(f"{self.path} does not go in steps")
        value = Decimal(self.before) + step * self.step
        return int(value) if isinstance(self.before, int) else value

    @property
    def present(self) -> Fraction:
        """The present value of a number."""
        return Fraction(self.before) if isinstance(self.before, Decimal | int) else Fraction(0)

    @property
    def decimals(self) -> int:
        """How many decimals its values have at most."""
        values = [Decimal(self.before) if isinstance(self.before, Decimal | int) else Decimal(0), self.step]
        exponents = [each.as_tuple().exponent for each in values]
        return max(-each if isinstance(each, int) else 0 for each in (*exponents, 0))

    def cost(self, after: Known) -> Fraction:
        """What the change costs: a number its share of the present value, another field 1."""
        if not self.numeric or not isinstance(after, Decimal | int):
            return Fraction(1)
        measure = max(abs(self.present), _MEASURE.get(self.kind, Fraction(10)))
        return abs(Fraction(after) - self.present) / measure


def changeable(policy: Policy, snapshot: Snapshot, account_id: str | None) -> Iterator[Changeable]:
    """The fields that are looked at where nobody says which: of the account, the customer and the inputs.

    What is unknown is left out: to learn something is no change.
    """
    for each in _all(policy, snapshot, account_id):
        if each.before is not None:
            yield each


def _all(policy: Policy, snapshot: Snapshot, account_id: str | None) -> Iterator[Changeable]:
    shape = catalogue.records()
    for account in snapshot.accounts:
        if account_id in (None, account.account_id):
            for info in shape["Account"].fields:
                if _refusal(info) is None and (found := _of_account(snapshot, account, info)) is not None:
                    yield found
    for info in shape["Customer"].fields:
        if _refusal(info) is None and (found := _of_customer(snapshot, info)) is not None:
            yield found
    for each in policy.inputs:
        if each.type not in (DATE, STRING) and (found := _of_input(policy, snapshot, each)) is not None:
            yield found


def named(
    paths: Iterable[str], policy: Policy, snapshot: Snapshot, account_id: str | None
) -> tuple[Changeable, ...]:
    """The fields of these paths.

    Raises:
        ValueError: for a path that names no field, or a field that must not or cannot be changed.
    """
    found = [_named(path, policy, snapshot, account_id) for path in paths]
    return tuple({each.path: each for each in found}.values())


def _named(path: str, policy: Policy, snapshot: Snapshot, account_id: str | None) -> Changeable:
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(_no_path(path))
    head, chosen, name = match.groups()
    if head == "attributes":
        return _named_input(path, name, policy, snapshot)
    info = _info("Customer" if head == "customer" else "Account", name, path)
    if head == "customer":
        found = _of_customer(snapshot, info)
    else:
        found = _of_account(snapshot, _account(path, snapshot, chosen or account_id), info)
    if found is None:
        raise ValueError(f"`{path}` is unknown: there is no value to change it from")
    return found


def _no_path(path: str) -> str:
    head = path.split(".", 1)[0].split("[", 1)[0]
    if head in ("bureau", "bureau_reports", "events", "complaints", "reviews") or path.count(".") > 1:
        return f"`{path}` cannot be changed: {_beyond(path)}"
    help_ = "write `account.`, `accounts[ID].`, `customer.` or `attributes.`, and the field"
    return f"`{path}` names no field ({help_})"


def _beyond(path: str) -> str:
    """Why a field of a record inside a record is never proposed."""
    if path.startswith("customer.protected."):
        return _PROTECTED
    return "it tells what has happened"


def _info(record: str, name: str, path: str) -> FieldInfo:
    fields = catalogue.records()[record].by_name
    if name not in fields:
        help_ = did_you_mean(name, list(fields), what="its fields are")
        raise ValueError(f"`{path}` names no field ({help_})")
    refusal = _refusal(fields[name])
    if refusal is not None:
        raise ValueError(f"`{path}` cannot be changed: {refusal}")
    return fields[name]


def _account(path: str, snapshot: Snapshot, chosen: str | None) -> Account:
    if chosen is None:
        raise ValueError(f"`{path}` does not say which account (write `accounts[ID].` and the field)")
    for account in snapshot.accounts:
        if account.account_id == chosen:
            return account
    if chosen.isdecimal() and int(chosen) < len(snapshot.accounts):
        return snapshot.accounts[int(chosen)]
    help_ = did_you_mean(chosen, [each.account_id for each in snapshot.accounts], what="the accounts are")
    raise ValueError(f"there is no account `{chosen}` ({help_})")


def _named_input(path: str, name: str, policy: Policy, snapshot: Snapshot) -> Changeable:
    declared = {each.name: each for each in policy.inputs}
    if name not in declared:
        help_ = did_you_mean(name, list(declared), what="the inputs are")
        raise ValueError(f"the policy has no input `{name}` ({help_})")
    if declared[name].type in (DATE, STRING):
        raise ValueError(
            f"`{path}` cannot be changed: {type_name(declared[name].type)}s are left as they are"
        )
    found = _of_input(policy, snapshot, declared[name])
    if found is None:
        raise ValueError(f"`{path}` is unknown: there is no value to change it from")
    return found


_PROTECTED = "the law forbids to decide by it"


def _refusal(info: FieldInfo) -> str | None:
    """Why a field is never proposed; None where it may be."""
    if info.protected:
        return _PROTECTED
    if info.identifier:
        return "it tells who or what is meant"
    if info.kind in ("date", "date-time"):
        return "days that have passed stay as they are"
    if info.many or info.record is not None:
        return "lists and records tell what has happened"
    if info.kind == "string" or info.name in _QUIET:
        return "a text is no measure of anything"
    return _FIXED.get(info.name)


def _of_account(snapshot: Snapshot, account: Account, info: FieldInfo) -> Changeable | None:
    path = f"accounts[{account.account_id}].{info.name}"
    place = Place("account", info.name, account.account_id)
    found = _of_field(snapshot, getattr(account, info.name), info, path, place)
    if found is None or not found.numeric:
        return found
    # Days and amount past due are both zero, or neither is.
    if info.name == "days_past_due" and (account.amount_past_due or 0) > 0:
        return evolve(found, least=max(found.least, 1 - account.days_past_due))
    if info.name == "amount_past_due" and account.days_past_due == 0:
        return evolve(found, most=0)
    return found


def _of_customer(snapshot: Snapshot, info: FieldInfo) -> Changeable | None:
    value = getattr(snapshot.customer, info.name)
    return _of_field(snapshot, value, info, f"customer.{info.name}", Place("customer", info.name))


def _of_field(
    snapshot: Snapshot, value: object, info: FieldInfo, path: str, place: Place
) -> Changeable | None:
    if info.kind == "boolean":
        return _of_members(path, place, "boolean", value, (True, False), info)
    if info.kind == "enumeration" and info.choices is not None:
        return _of_members(path, place, "enumeration", value, tuple(info.choices), info)
    if not isinstance(value, Decimal | int):
        return None
    step = _step(info.kind, snapshot.currency)
    low = -_LARGEST if info.minimum is None else info.minimum
    high = _LARGEST - 1 if info.maximum is None else info.maximum
    return _of_steps(Changeable(path, place, info.kind, value, step, unit=info.unit, info=info), low, high)


def _step(kind: str, currency: str) -> Decimal:
    match kind:
        case "money":
            return Decimal(1).scaleb(-minor_digits(currency))
        case "rate" | "ratio":
            return _RATE_STEP
        case _:
            return Decimal(1)


def _of_steps(found: Changeable, low: int, high: int) -> Changeable:
    step = Fraction(found.step)
    least, most = (low - found.present) / step, (high - found.present) / step
    down = min(-(-least.numerator // least.denominator), 0)
    up = max(most.numerator // most.denominator, 0)
    return evolve(found, least=down, most=up, reach=(down, up))


def _of_members(
    path: str, place: Place, kind: str, value: object, members: tuple[Known, ...], info: FieldInfo | None
) -> Changeable | None:
    before = value if isinstance(value, str | bool) else None
    others = tuple(each for each in members if each != before)
    return Changeable(path, place, kind, before, members=others, info=info)


def _of_input(policy: Policy, snapshot: Snapshot, declared: Input) -> Changeable | None:
    path = f"attributes.{declared.name}"
    place = Place("input", declared.name)
    given = snapshot.attributes.get(declared.name)
    if declared.type == BOOLEAN:
        return _of_members(path, place, "boolean", given, (True, False), None)
    if isinstance(declared.type, EnumType):
        return _of_members(path, place, "enumeration", given, declared.type.members, None)
    if given is None:
        return None
    kind = type_name(declared.type)
    unit = {"money": "currency", "days": "days", "months": "months"}.get(kind, "")
    value = Decimal(str(given))
    step = _step(kind, policy.currency)
    exponent = value.as_tuple().exponent
    if kind == "number" and isinstance(exponent, int) and exponent < 0:
        step = Decimal(1).scaleb(exponent)
    # Nobody declares which inputs may be below zero; an amount or a time that is not stays so.
    low = 0 if value >= 0 and kind in ("money", "days", "months") else -_LARGEST
    return _of_steps(Changeable(path, place, kind, value, step, unit=unit), low, _LARGEST)


def changed(snapshot: Snapshot, changes: Iterable[tuple[Changeable, Known]]) -> Snapshot:
    """The snapshot with these fields changed."""
    for each, value in changes:
        fields: dict[str, Any] = {each.place.name: value}
        match each.place.record:
            case "customer":
                customer: Customer = evolve(snapshot.customer, **fields)
                snapshot = evolve(snapshot, customer=customer)
            case "account":
                snapshot = evolve(
                    snapshot,
                    accounts=tuple(
                        evolve(account, **fields) if account.account_id == each.place.account_id else account
                        for account in snapshot.accounts
                    ),
                )
            case "input":
                given = value if isinstance(value, str | bool) else f"{Decimal(value):f}"
                snapshot = evolve(
                    snapshot, attributes=Attributes({**snapshot.attributes, each.place.name: given})
                )
    return snapshot
