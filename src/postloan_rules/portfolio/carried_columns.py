"""What months leave to the next one, for customers in columns: the same reviews as one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from attrs import evolve

from postloan_rules.policy.model import TriggerKind
from postloan_rules.portfolio.carried import left

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.carried import Brought, Left
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.snapshot import Review

__all__ = ["brought_onto", "left_by"]

_Part = TypeVar("_Part")


def brought_onto(batch: Batch, brought: Brought) -> Batch:
    """The batch with the reviews that were carried on, instead of its own from the same time."""
    numbers = pc.struct_field(batch.table.column("customer"), "customer_id").to_pylist()
    days = batch.table.column("as_of").to_pylist()
    reviews = batch.plain.column("reviews").to_pylist()
    changed = False
    for at, (number, today) in enumerate(zip(numbers, days, strict=True)):
        found = brought.of(number, today)
        if found is None:
            continue
        since, carried = found
        before = [each for each in reviews[at] if each["reviewed_on"] <= since]
        after = [*before, *map(_plain, carried)]
        reviews[at] = sorted(after, key=lambda each: (each["reviewed_on"], each["id"]))
        changed = True
    if not changed:
        return batch
    return evolve(batch, table=_with(batch.table, reviews), plain=_with(batch.plain, reviews))


def _with(rows: pa.RecordBatch, reviews: list[list[dict[str, object]]]) -> pa.RecordBatch:
    place = rows.schema.get_field_index("reviews")
    column = rows.schema.field(place)
    return rows.set_column(place, column, pa.array(reviews, column.type))


def _plain(review: Review) -> dict[str, object]:
    """A carried review as a row of the column; what it does not say is unknown."""
    return {
        "id": review.id,
        "reviewed_on": review.reviewed_on,
        "kind": review.kind.value,
        "ruleset_version": review.ruleset_version,
        "responses": [
            {"response": each.response, "account_id": each.account_id, "taken_on": each.taken_on}
            for each in review.responses
        ],
        "next_due": review.next_due,
        "considered_events": list(review.considered_events or ()),
    }


def left_by(policy: Policy, batch: Batch, decided: pa.Table) -> list[Left]:
    """What the decisions of a batch leave for the next month."""
    kinds = {trigger.name: trigger.kind for trigger in policy.triggers}
    due = _fired(decided, [name for name, kind in kinds.items() if kind is TriggerKind.SCHEDULE])
    looked = _fired(decided, [name for name, kind in kinds.items() if kind is not TriggerKind.CONDITION])
    taken = _taken(decided)
    considered = _events_of_the_day(batch)
    rows = zip(
        *(decided[name].to_pylist() for name in ("customer_id", "as_of", "version", "next_review")),
        strict=True,
    )
    return [
        left(
            number,
            day,
            version,
            taken.get(at, ()),
            next_review,
            considered.get(at, ()),
            due=at in due,
            looked=at in looked,
        )
        for at, (number, day, version, next_review) in enumerate(rows)
    ]


def _fired(decided: pa.Table, names: list[str]) -> frozenset[int]:
    """The rows for which one of some triggers fired."""
    triggers = decided["triggers"].combine_chunks()
    flat = pc.list_flatten(triggers)
    here = pc.and_(
        pc.equal(pc.struct_field(flat, "state"), "fired"),
        pc.is_in(pc.struct_field(flat, "trigger"), pa.array(names, pa.string())),
    )
    rows = pc.list_parent_indices(triggers).filter(here)
    return frozenset(np.unique(rows.to_numpy()).tolist())


def _taken(decided: pa.Table) -> Mapping[int, tuple[tuple[str, str | None], ...]]:
    """By row, the responses that were chosen, each with its account."""
    responses = decided["responses"].combine_chunks()
    flat = pc.list_flatten(responses)
    names = pc.struct_field(flat, "response").to_pylist()
    accounts = pc.struct_field(flat, "account_id").to_pylist()
    rows = pc.list_parent_indices(responses).to_pylist()
    return _grouped(zip(rows, zip(names, accounts, strict=True), strict=True))


def _events_of_the_day(batch: Batch) -> Mapping[int, tuple[str, ...]]:
    """By row, the events that were recorded on the day of the decision."""
    events = batch.table.column("events")
    flat = pc.list_flatten(events)
    rows = pc.list_parent_indices(events)
    recorded = pc.coalesce(pc.struct_field(flat, "recorded_on"), pc.struct_field(flat, "occurred_on"))
    today = pc.equal(recorded, batch.table.column("as_of").take(rows))
    numbers = pc.struct_field(flat, "id").filter(today).to_pylist()
    return _grouped(zip(rows.filter(today).to_pylist(), numbers, strict=True))


def _grouped(pairs: Iterator[tuple[int, _Part]]) -> Mapping[int, tuple[_Part, ...]]:
    found: dict[int, tuple[_Part, ...]] = {}
    for row, each in pairs:
        found[row] = (*found.get(row, ()), each)
    return found
