"""Deciding a portfolio in columns by SQL, into the same book that deciding one by one fills."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.decisions.compiled import Compiled
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.deciding import policies_of
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.entries import CUSTOMERS, DECISIONS
from postloan_rules.portfolio.segments import segment_of, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.portfolio.segments import Segment

__all__ = ["can_decide_columns", "decide_columns_into"]

_MOST = 4
"""So many policies at most: each has a query of its own, which takes seconds to make."""


def can_decide_columns(policies: Sequence[Policy], portfolio: Portfolio) -> bool:
    """Whether SQL may decide: few policies, the same inputs, and a subject that shows in each decision."""
    first = policies[0]
    shows = first.subject is None or any(trigger.per_account for trigger in first.triggers)
    alike = all(each.inputs == first.inputs for each in policies)
    return portfolio.limit is None and len(policies) <= _MOST and alike and shows


def decide_columns_into(
    book: Book,
    variants: Sequence[Variant],
    portfolio: Portfolio,
    *,
    by: Sequence[str] = (),
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Decide every customer of a portfolio by SQL, and enter it into the book.

    What SQL can't say exactly, Python decides: the book is the same as `decide_into` makes.

    Raises:
        RuleSetInvalid: when a policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        ColumnsInvalid: when the file has not the columns of snapshots.
        ExpressionInvalid: when a segment is none.
    """
    policies = policies_of(variants)
    segments = [segment_of(policies[0], name) for name in by]
    customers = open_customers(
        portfolio.data, mapping=portfolio.mapping, outcome=portfolio.outcome, policy=policies[0]
    )
    book.outcome = portfolio.opened().outcome
    with ExitStack() as stack:
        engines = [DuckdbEngine.of(policy, Compiled(policy).decide, anyway=True) for policy in policies]
        for engine in engines:
            stack.callback(engine.close)
        seen = 0
        for batch in customers.batches():
            # A folder has several files: its rows are numbered through all of them.
            every = np.sort(np.concatenate([batch.rows, [each.row for each in batch.refused]]))
            places = batch.rows
            if portfolio.in_columns:
                places = np.searchsorted(every, batch.rows) + (seen + 1)
            seen += batch.seen
            decided = [engine.decide(batch) for engine in engines]
            rows = [_of_variant(table, places, at) for at, table in enumerate(decided)]
            book.enter(
                _customers(batch, places, policies[0], decided[0], segments),
                pa.concat_tables(rows).combine_chunks(),
            )
            book.refuse((each.row, each.problems) for each in batch.refused)
            progress(batch.seen)


def _of_variant(decided: pa.Table, places: NDArray[np.int64], variant: int) -> pa.Table:
    count = decided.num_rows
    keys = {
        "month": pa.array(np.zeros(count, dtype=np.int32)),
        "place": pa.array(places),
        "variant": pa.array(np.full(count, variant, dtype=np.int32)),
    }
    return pa.table([keys[name] if name in keys else decided[name] for name in DECISIONS.names], DECISIONS)


def _customers(
    batch: Batch, places: NDArray[np.int64], policy: Policy, decided: pa.Table, segments: Sequence[Segment]
) -> pa.Table:
    table = batch.table
    count = table.num_rows
    cuts = (
        [list(values_of(segments, policy, snapshot)) for snapshot in batch.snapshots()]
        if segments
        else [[]] * count
    )
    columns = {
        "month": pa.array(np.zeros(count, dtype=np.int32)),
        "place": pa.array(places),
        "customer_id": pc.struct_field(table.column("customer"), "customer_id"),
        "day": table.column("as_of"),
        "bad": batch.outcome if batch.outcome is not None else pa.nulls(count, pa.bool_()),
        "segments": pa.array(cuts, CUSTOMERS.field("segments").type),
        "accounts": _accounts(table.column("accounts"), policy, decided),
    }
    return pa.table([columns[name] for name in CUSTOMERS.names], CUSTOMERS)


def _accounts(accounts: pa.Array, policy: Policy, decided: pa.Table) -> pa.Array:
    """The accounts that are decided, with what is counted of them."""
    owners = pc.list_parent_indices(accounts).to_numpy()
    flat = pc.list_flatten(accounts)
    ids = pc.struct_field(flat, "account_id")
    if policy.subject is None:
        kept = pc.is_null(pc.struct_field(flat, "date_closed")).to_numpy(zero_copy_only=False)
    else:
        kept = _decided(owners, ids, policy, decided)
    wanted = CUSTOMERS.field("accounts").type.value_type
    mask = pa.array(kept)
    fields = {
        "account_id": ids,
        "balance": pc.struct_field(flat, "current_balance"),
        "credit_limit": pc.struct_field(flat, "credit_limit"),
        "cash_limit": pc.struct_field(flat, "cash_limit"),
    }
    structs = pa.StructArray.from_arrays(
        [fields[each.name].filter(mask).cast(each.type) for each in wanted], fields=list(wanted)
    )
    counts = np.bincount(owners[kept], minlength=len(accounts))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, structs)


def _decided(
    owners: NDArray[np.int64], ids: pa.Array, policy: Policy, decided: pa.Table
) -> NDArray[np.bool_]:
    """Which accounts have a state of a trigger that every decided account has one of."""
    name = next(trigger.name for trigger in policy.triggers if trigger.per_account)
    triggers = decided["triggers"].combine_chunks()
    flat = pc.list_flatten(triggers)
    here = pc.equal(pc.struct_field(flat, "trigger"), name)
    rows = pc.list_parent_indices(triggers).filter(here).to_pylist()
    accounts = pc.struct_field(flat, "account_id").filter(here).to_pylist()
    found = set(zip(rows, accounts, strict=True))
    pairs = zip(owners.tolist(), ids.to_pylist(), strict=True)
    return np.fromiter((pair in found for pair in pairs), dtype=np.bool_, count=len(owners))
