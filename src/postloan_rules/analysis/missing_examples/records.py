"""Small changes of a customer's lists: a record more, a record less, a field of one otherwise."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import islice, product
from typing import TYPE_CHECKING, TypeAlias, cast

import attrs
from attrs import evolve, frozen

from postloan_rules.snapshot.fields import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from postloan_rules.analysis.missing_examples.interest import Interest
    from postloan_rules.snapshot import Snapshot
    from postloan_rules.snapshot.fields import Spec

__all__ = ["Donors", "Move", "moves"]

_Path: TypeAlias = "tuple[str | int, ...]"
_COMBINED = 16
"""So many ways to fill in a new record are tried at most."""
_MONTH = dt.timedelta(days=30)


@frozen(eq=False)
class Move:
    """A customer with one list otherwise."""

    snapshot: Snapshot
    path: _Path
    adds: bool
    """Whether it puts a record into the list."""


@frozen(eq=False)
class Donors:
    """Customers whose records are patterns for new ones."""

    snapshots: Sequence[Snapshot]

    def of(self, cls: type) -> object | None:
        """A record of this kind; the one that says most of a customer's."""
        for snapshot in self.snapshots:
            for each in _records(snapshot):
                if type(each) is cls:
                    return each
        return None


def _records(record: object) -> Iterator[object]:
    for attribute in attrs.fields(type(record)):  # type: ignore[arg-type]  # a record
        spec = spec_of(attribute)
        if spec is None or spec.record is None:
            continue
        held = getattr(record, attribute.name)
        for each in held if isinstance(held, tuple) else (held,) if held is not None else ():
            yield each
            yield from _records(each)


def moves(
    snapshot: Snapshot,
    account_id: str | None,
    interest: Interest,
    names: Mapping[str, object],
    donors: Donors,
    *,
    unknown: bool,
    gap: Decimal | None = None,
) -> Iterator[Move]:
    """Customers who differ in one list.

    Args:
        snapshot: The customer.
        account_id: The account that it is about.
        interest: Which lists and fields matter.
        names: The values that the policy has of the customer.
        donors: Patterns for records.
        unknown: Whether something is to become unknown.
        gap: By how much an amount should grow, where that is known.
    """
    values = {name: interest.values(name, names, unknown=unknown) for name in interest.fields}
    for path, spec, optional in _places(snapshot, account_id):
        if str(path[-1]) not in interest.lists:
            continue
        held = _get(snapshot, path)
        items = held if isinstance(held, tuple) else ()
        for found, adds in _lists(items, held, spec, values, donors, _day(snapshot, path), gap):
            yield Move(cast("Snapshot", _put(snapshot, path, found)), path, adds)
        if optional and held is not None and unknown:
            yield Move(cast("Snapshot", _put(snapshot, path, None)), path, adds=False)


def _day(snapshot: Snapshot, path: _Path) -> dt.date:
    """The last day that a record of the list may be of."""
    match path:
        case ("bureau_reports", int(place), _):
            return snapshot.bureau_reports[place].pulled_on
        case _:
            return snapshot.as_of


def _lists(
    items: tuple[object, ...],
    held: object,
    spec: Spec,
    values: Mapping[str, list[object]],
    donors: Donors,
    today: dt.date,
    gap: Decimal | None,
) -> Iterator[tuple[tuple[object, ...], bool]]:
    for place in _some(len(items)):
        for changed in _changed(items[place], values, gap):
            yield (*items[:place], changed, *items[place + 1 :]), False
    for record in _new(items, spec, values, donors, today):
        yield (*items, record), True
    for place in _some(len(items)):
        yield (*items[:place], *items[place + 1 :]), False
    if held is None or len(items) > 1:
        yield (), False


def _some(count: int) -> list[int]:
    """The last places and the first ones."""
    return sorted({0, 1, count - 1, count - 2} & set(range(count)), reverse=True)


def _changed(record: object, values: Mapping[str, list[object]], gap: Decimal | None) -> Iterator[object]:
    cls = type(record)
    specs = _specs(cls)
    for name, candidates in values.items():
        if name not in specs:
            continue
        before = getattr(record, name)
        more = []
        if gap is not None and isinstance(before, Decimal | int) and not isinstance(before, bool):
            more = [Decimal(before) + gap]
        for value in (*more, *candidates):
            found = _fitting(cls, name, value)
            if found is not NotImplemented and found != before:
                yield evolve(record, **{name: found})  # type: ignore[misc]  # a record


def _new(
    items: tuple[object, ...],
    spec: Spec,
    values: Mapping[str, list[object]],
    donors: Donors,
    today: dt.date,
) -> Iterator[object]:
    cls = cast("type", spec.record)
    pattern = items[-1] if items else donors.of(cls)
    bare = _bare(cls, today)
    specs = _specs(cls)
    names = [name for name in values if name in specs and not specs[name].many]
    choices = [
        [
            each
            for each in (_fitting(cls, name, value) for value in values[name])
            if each is not NotImplemented
        ]
        or [NotImplemented]
        for name in names
    ]
    for template in (bare, pattern) if pattern is not None and type(pattern) is cls else (bare,):
        for combination in islice(product(*choices), _COMBINED):
            given = {
                name: each
                for name, each in zip(names, combination, strict=True)
                if each is not NotImplemented
            }
            fresh = _fresh(specs, items, cls, today)
            yield evolve(template, **{**fresh, **given})  # type: ignore[misc]  # a record


def _fresh(
    specs: Mapping[str, Spec], items: tuple[object, ...], cls: type, today: dt.date
) -> dict[str, object]:
    """Values by which a new record is told from the others."""
    found: dict[str, object] = {}
    for name, spec in specs.items():
        if not spec.identifier:
            continue
        taken = {getattr(each, name) for each in items}
        if spec.kind == "date":
            day = today
            while day in taken or any(abs((day - each).days) < 20 for each in taken):
                day -= _MONTH
            found[name] = day
        else:
            letter = {"Complaint": "K", "Instalment": "P"}.get(cls.__name__, cls.__name__[0])
            number = 1
            while f"{letter}-{number}" in taken:
                number += 1
            found[name] = f"{letter}-{number}"
    return found


def _bare(cls: type, today: dt.date) -> object:
    """A record of which nothing is known but what must be."""
    given: dict[str, object] = {}
    for attribute in attrs.fields(cls):
        spec = spec_of(attribute)
        if spec is None or attribute.default is not attrs.NOTHING:
            continue
        given[attribute.name] = _least(spec, today)
    return cls(**given)


def _least(spec: Spec, today: dt.date) -> object:
    if spec.many:
        return ()
    if spec.members is not None:
        return next(iter(spec.members))
    match spec.kind:
        case "money":
            return Decimal(0)
        case "date":
            return today
        case "boolean":
            return False
        case "string":
            return "other"
        case "record":
            return _bare(cast("type", spec.record), today)
        case _:
            return 0


def _specs(cls: type) -> dict[str, Spec]:
    found = {each.name: spec_of(each) for each in attrs.fields(cls)}
    return {name: spec for name, spec in found.items() if spec is not None}


def _fitting(cls: type, name: str, value: object) -> object:
    """A value as the field takes it; NotImplemented for one that it does not take."""
    spec = _specs(cls)[name]
    if value is None:
        return None if getattr(attrs.fields(cls), name).default is None else NotImplemented
    if spec.members is not None:
        return (
            spec.members(str(value))
            if str(value) in {each.value for each in spec.members}
            else NotImplemented
        )
    match spec.kind, value:
        case (("days" | "months" | "count" | "number"), Decimal()) if value == value.to_integral_value():
            return int(value) if spec.minimum is None or value >= spec.minimum else NotImplemented
        case (("money" | "rate" | "ratio"), Decimal()):
            return value if spec.minimum is None or value >= spec.minimum else NotImplemented
        case ("date", dt.date()) | ("boolean", bool()) | ("string", str()):
            return value
        case _:
            return NotImplemented


# Where lists are


def _places(snapshot: Snapshot, account_id: str | None) -> Iterator[tuple[_Path, Spec, bool]]:
    """The lists of a customer: those of the account and of the latest report before others."""
    for place, account in enumerate(snapshot.accounts):
        if account.account_id == account_id:
            yield from _lists_of(account, ("accounts", place))
    if snapshot.bureau_reports:
        yield from _lists_of(
            snapshot.bureau_reports[-1], ("bureau_reports", len(snapshot.bureau_reports) - 1)
        )
    yield from _lists_of(snapshot, ())
    for place, account in enumerate(snapshot.accounts):
        if account.account_id != account_id:
            yield from _lists_of(account, ("accounts", place))
    if len(snapshot.bureau_reports) > 1:
        yield from _lists_of(snapshot.bureau_reports[0], ("bureau_reports", 0))
    if snapshot.reviews:
        yield from _lists_of(snapshot.reviews[-1], ("reviews", len(snapshot.reviews) - 1))


def _lists_of(record: object, path: _Path) -> Iterator[tuple[_Path, Spec, bool]]:
    for attribute in attrs.fields(type(record)):  # type: ignore[arg-type]  # a record
        spec = spec_of(attribute)
        if spec is not None and spec.record is not None and spec.many:
            yield (*path, attribute.name), spec, attribute.default is None


def _get(record: object, path: _Path) -> object:
    for step in path:
        record = (
            record[step]
            if isinstance(record, tuple) and isinstance(step, int)
            else getattr(record, str(step))
        )
    return record


def _put(record: object, path: _Path, value: object) -> object:
    if not path:
        return value
    step, *rest = path
    if isinstance(record, tuple) and isinstance(step, int):
        items: Iterable[object] = record
        return tuple(
            _put(each, tuple(rest), value) if place == step else each for place, each in enumerate(items)
        )
    return evolve(record, **{str(step): _put(getattr(record, str(step)), tuple(rest), value)})  # type: ignore[misc]  # a record
