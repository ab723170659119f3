"""What an engine's query answers, made into the Decisions table; rows in doubt are decided by Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.portfolio.decisions_table import DECISIONS, table_of
from postloan_rules.portfolio.sql.choice import ROW
from postloan_rules.portfolio.sql.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.sql.policy import PolicyQuery
    from postloan_rules.snapshot import Snapshot

__all__ = ["assembled", "checked", "with_triggers"]


def checked(queries: Iterable[PolicyQuery], *, anyway: bool) -> None:
    """Refuse a policy of which SQL can't say all.

    Raises:
        Refused: with every problem, unless what SQL can't say is to be decided by Python `anyway`.
    """
    problems = {problem for query in queries for problem in query.problems}
    if problems and not anyway:
        raise Refused(problems)


_WORDS = pa.array(["not_fired", "fired", "unknown"])


def with_triggers(policy: Policy, answers: pa.Table) -> pa.Table:
    """The answers with each trigger's state under its name, where they hold the states alone."""
    at = answers.schema.get_field_index("account_id")
    if at < 0:
        return answers
    triggers = sorted(policy.triggers, key=lambda each: each.name)
    of_account = np.array([each.per_account for each in triggers], dtype=bool)
    names = pa.array([each.name for each in triggers], pa.string())
    states = answers["triggers"].combine_chunks()
    accounts = answers["account_id"].combine_chunks()
    lengths = pc.list_value_length(states).to_numpy()
    whole = lengths == len(triggers)
    every = np.arange(len(triggers))
    # Without an account under the policy, a customer has the customer's triggers alone.
    few = every[~of_account]
    numbers = np.concatenate([every if each else few for each in whole]) if len(whole) else every[:0]
    owners = np.repeat(np.arange(len(whole)), lengths)
    owners = np.where(of_account[numbers], owners, -1)
    owner = pa.array(owners, mask=owners < 0)
    entries = pa.StructArray.from_arrays(
        [names.take(pa.array(numbers)), accounts.take(owner), _WORDS.take(states.flatten())],
        names=["trigger", "account_id", "state"],
    )
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), entries)
    place = answers.schema.get_field_index("triggers")
    return answers.set_column(place, "triggers", lists).remove_column(at)


def assembled(
    policy: Policy, one: Callable[[Snapshot], Decision], batch: Batch, answers: pa.Table
) -> pa.Table:
    """The Decisions table of a batch.

    Args:
        policy: By which policy.
        one: What decides one customer in Python.
        batch: The customers.
        answers: What the query gave, a row for each customer, with its number.
    """
    rows = batch.table.num_rows
    if answers.num_rows != rows:
        raise AssertionError(f"{answers.num_rows} answers for {rows} customers")
    # INVARIANT: places[row] is where the row's answer stands, those that Python gave behind the engine's.
    places = np.argsort(answers[ROW].to_numpy())
    doubt = answers["doubt"].to_numpy().astype(bool)[places] | batch.beyond
    positions = np.flatnonzero(doubt)
    places[positions] = rows + np.arange(len(positions))
    again = table_of(
        policy,
        (one(snapshot) for snapshot in batch.snapshots(positions.tolist())),
        fingerprints=batch.table.column("fingerprint").take(pa.array(positions)).to_pylist(),
        redecided=True,
    )
    at = pa.array(places)
    columns = []
    for each in DECISIONS:
        if each.name in answers.schema.names:
            both = pa.chunked_array(
                [*answers[each.name].cast(each.type).chunks, *again[each.name].chunks], each.type
            )
            columns.append(both.combine_chunks().take(at))
        else:
            columns.append(_column(policy, batch, doubt, each))
    return pa.table(columns, schema=DECISIONS)


def _column(policy: Policy, batch: Batch, doubt: NDArray[np.bool_], each: pa.Field) -> pa.Array:
    rows = batch.table.num_rows
    match each.name:
        case "customer_id":
            return pc.struct_field(batch.table.column("customer"), "customer_id")
        case "as_of":
            return batch.table.column("as_of")
        case "snapshot_fingerprint":
            return batch.table.column("fingerprint")
        case "redecided":
            return pa.array(doubt)
        case "ruleset":
            return pa.repeat(pa.scalar(policy.id), rows)
        case "version":
            return pa.repeat(pa.scalar(policy.version), rows)
        case "profile":
            return pa.repeat(pa.scalar(policy.profile), rows)
        case "ruleset_fingerprint":
            return pa.repeat(pa.scalar(policy.fingerprint), rows)
        case name:
            raise AssertionError(name)
