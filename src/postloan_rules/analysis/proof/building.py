"""A customer with other values in some fields, as a model has them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from attrs import evolve

from postloan_rules.analysis.proof.reading import read
from postloan_rules.decisions.triggers import new_events
from postloan_rules.policy.model import TriggerKind
from postloan_rules.snapshot import SnapshotInvalid
from postloan_rules.snapshot.event import Event, EventType
from postloan_rules.snapshot.fields import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import z3  # type: ignore[import-untyped]  # it has no types

    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.policy.model import Trigger
    from postloan_rules.snapshot import Snapshot

__all__ = ["NotBuilt", "built"]


class NotBuilt(Exception):  # noqa: N818 - no error: another customer is tried
    """No snapshot can be made of it."""


def built(encoding: Encoding, case: Case, model: z3.ModelRef, released: set[str]) -> Snapshot:
    """The customer with the fields that were let go as the model has them, and the events that it needs.

    Raises:
        NotBuilt: where a reader would not accept it.
    """
    changes: dict[str, dict[str, object]] = {}
    for path in released:
        found = encoding.world.fields.get(path)
        if found is not None:
            record, _, name = path.rpartition(".")
            changes.setdefault(record, {})[name] = read(
                encoding.world, model, found.term, found.known, found.type
            )
    try:
        return _changed(encoding, case, changes, model).checked()
    except (SnapshotInvalid, TypeError, ValueError) as error:
        raise NotBuilt from error


def _changed(
    encoding: Encoding, case: Case, changes: dict[str, dict[str, object]], model: z3.ModelRef
) -> Snapshot:
    snapshot = case.snapshot
    top = _converted(snapshot, changes.get("", {}))
    if "customer" in changes:
        top["customer"] = _with(snapshot.customer, changes["customer"])
    if "account" in changes:
        top["accounts"] = tuple(
            _with(each, changes["account"]) if each.account_id == case.account_id else each
            for each in snapshot.accounts
        )
    if "bureau" in changes:
        *earlier, latest = snapshot.bureau_reports
        top["bureau_reports"] = (*earlier, _with(latest, changes["bureau"]))
    if "attributes" in changes:
        given = {name: _scalar(value) for name, value in changes["attributes"].items()}
        kept = {**snapshot.attributes, **given}
        top["attributes"] = {name: value for name, value in kept.items() if value is not None}
    top["events"] = (*snapshot.events, *_events(encoding, case, model))
    return cast("Snapshot", _with(snapshot, top, converted=True))


def _with(record: object, changes: dict[str, object], *, converted: bool = False) -> object:
    given = changes if converted else _converted(record, changes)
    return evolve(record, **given)  # type: ignore[misc]  # a record of the snapshot


def _converted(record: object, changes: dict[str, object]) -> dict[str, object]:
    """Values as the fields of a record take them."""
    found: dict[str, object] = {}
    for attribute in getattr(type(record), "__attrs_attrs__", ()):
        if attribute.name not in changes:
            continue
        value = changes[attribute.name]
        spec = spec_of(attribute)
        if spec is not None and value is not None:
            if spec.members is not None:
                value = spec.members(str(value))
            elif spec.kind in ("days", "months", "count", "number"):
                value = int(str(value))
        found[attribute.name] = value
    return found


def _scalar(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else f"{value:f}"
    return str(value)


def _events(encoding: Encoding, case: Case, model: z3.ModelRef) -> Iterator[Event]:
    """Events that are needed and not there."""
    added: set[str] = set()
    for trigger in encoding.policy.triggers:
        if trigger.kind is not TriggerKind.EVENT or trigger.event is None:
            continue
        came = encoding.world.flags.get(encoding.came(trigger))
        if came is None or not model.eval(came, model_completion=True):
            continue
        account = case.account_id if trigger.per_account else None
        there = list(new_events(case.snapshot, account, trigger.event))
        for role in ("yes", "unknown"):
            wanted = _event_fields(encoding, trigger, role, model)
            if wanted is None:
                if not there and trigger.event not in added and role == "yes":
                    added.add(trigger.event)
                    yield _event(case, trigger, role, {})
            elif not any(_like(each, wanted) for each in there):
                added.add(trigger.event)
                yield _event(case, trigger, role, wanted)
                if role == "yes":
                    break


def _event_fields(
    encoding: Encoding, trigger: Trigger, role: str, model: z3.ModelRef
) -> dict[str, object] | None:
    """What the condition reads of the event; None where it reads nothing."""
    start = f"event of {trigger.name}, {role}."
    found = {
        path.removeprefix(start): read(encoding.world, model, each.term, each.known, each.type)
        for path, each in encoding.world.fields.items()
        if path.startswith(start)
    }
    return found or None


def _like(event: Event, wanted: dict[str, object]) -> bool:
    return all(getattr(event, name) == value for name, value in wanted.items())


def _event(case: Case, trigger: Trigger, role: str, wanted: dict[str, object]) -> Event:
    taken = {each.id for each in case.snapshot.events}
    number = f"{trigger.name} {role}"
    while number in taken:
        number += " again"
    day = case.snapshot.as_of
    event = Event(id=number, type=EventType(trigger.event or ""), occurred_on=day, account_id=case.account_id)
    return cast("Event", _with(event, {**wanted, "type": trigger.event}))
