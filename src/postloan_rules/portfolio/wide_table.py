"""The wide form of the decisions: a column of truth values for each trigger and for each response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.decisions import State
from postloan_rules.portfolio.assembling import next_reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.answers import Answers
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.snapshot import Snapshot

__all__ = ["wide_assembled", "wide_schema", "wide_table_of"]


def wide_schema(policy: Policy) -> pa.Schema:
    """The columns of the wide form.

    A trigger's column is true where it fired for the customer or for any account, unknown where that is not
    known, else false. A response's column is true where it is put forward for the customer or any account.
    """
    triggers = sorted(each.name for each in policy.triggers)
    return pa.schema(
        [
            pa.field("customer_id", pa.string()),
            pa.field("as_of", pa.date32()),
            *(pa.field(name, pa.bool_()) for name in triggers),
            *(pa.field(name, pa.bool_()) for name in sorted(policy.responses)),
            pa.field("next_review", pa.date32()),
            pa.field("redecided", pa.bool_()),
        ]
    )


def wide_table_of(policy: Policy, decisions: Iterable[Decision], *, redecided: bool = False) -> pa.Table:
    """The wide form of decisions."""
    rows = [_row(policy, each, redecided=redecided) for each in decisions]
    schema = wide_schema(policy)
    columns = [pa.array([row[number] for row in rows], part.type) for number, part in enumerate(schema)]
    return pa.table(columns, schema=schema)


def _row(policy: Policy, decision: Decision, *, redecided: bool) -> list[object]:
    states: dict[str, set[State]] = {}
    for each in decision.triggers:
        states.setdefault(each.trigger, set()).add(each.state)
    chosen = {each.response for each in decision.responses}
    triggers = sorted(each.name for each in policy.triggers)
    return [
        decision.customer_id,
        decision.as_of,
        *(_any(states.get(name, set())) for name in triggers),
        *(name in chosen for name in sorted(policy.responses)),
        decision.next_review,
        redecided,
    ]


def _any(states: set[State]) -> bool | None:
    if State.FIRED in states:
        return True
    return None if State.UNKNOWN in states else False


def wide_assembled(
    policy: Policy, one: Callable[[Snapshot], Decision], batch: Batch, answers: Answers
) -> pa.Table:
    """The wide form of a batch; the arguments are those of `assembled`."""
    doubt = answers.doubtful() | batch.beyond
    columns: dict[str, pa.Array] = {
        "customer_id": pc.struct_field(batch.table.column("customer"), "customer_id"),
        "as_of": batch.table.column("as_of"),
        "next_review": next_reviews(answers),
        "redecided": pa.array(doubt),
    }
    for name, per_account in answers.layout.triggers:
        columns[name] = _trigger(answers, name, per_account=per_account)
    keys: dict[str, list[str]] = {}
    for each in answers.layout.responses:
        keys.setdefault(each.response.name, []).append(each.key)
    for name in policy.responses:
        columns[name] = _response(answers, keys.get(name, []))
    schema = wide_schema(policy)
    table = pa.table([columns[part.name] for part in schema], schema=schema)
    positions = np.flatnonzero(doubt)
    if not len(positions):
        return table
    decisions = (one(snapshot) for snapshot in batch.snapshots(positions.tolist()))
    again = wide_table_of(policy, decisions, redecided=True)
    places = np.arange(table.num_rows)
    places[positions] = table.num_rows + np.arange(len(positions))
    return pa.concat_tables([table, again]).take(pa.array(places)).combine_chunks()


def _trigger(answers: Answers, name: str, *, per_account: bool) -> pa.Array:
    column = answers.column("trigger", name).cast(pa.bool_())
    if answers.single and not per_account:
        return column
    # Without an account there is none for which it could fire.
    here = answers.has_account() if per_account else answers.first
    fired = answers.any_of(answers.truth("trigger", name) & here)
    unknown = answers.any_of(~answers.known("trigger", name) & here) & ~fired
    return pa.array(fired, mask=unknown)


def _response(answers: Answers, keys: list[str]) -> pa.Array:
    if answers.single and len(keys) == 1:
        return answers.column("alive", keys[0]).cast(pa.bool_())
    found: NDArray[np.bool_] = np.zeros(answers.customers, dtype=np.bool_)
    for key in keys:
        found = found | answers.any_of(answers.truth("alive", key))
    return pa.array(found)
