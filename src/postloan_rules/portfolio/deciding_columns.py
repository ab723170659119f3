"""Deciding a portfolio in columns by SQL, into the same book that deciding one by one fills."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from attrs import define, evolve, field, frozen

from postloan_rules.decisions.compiled import Compiled
from postloan_rules.portfolio.carried import Brought
from postloan_rules.portfolio.carried_columns import brought_onto, left_by
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.deciding import decide_into, policies_of
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.entries import CUSTOMERS, DECISIONS
from postloan_rules.portfolio.segments import segment_of, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.arms import Arms
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.carried import Left
    from postloan_rules.portfolio.columns.reading import Batch, Refused
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.portfolio.segments import Segment
    from postloan_rules.problems import Problem

__all__ = ["Decider", "decider", "one_by_one"]

_TOGETHER = 16
"""So many policies are decided in one reading of the customers: each keeps a database with its queries."""
_ROWS = 10_000


@frozen
class Decider:
    """What decides a portfolio into a book: SQL where that is asked for and can be, else one by one."""

    variants: tuple[Variant, ...]
    workers: int = 1
    by_sql: bool = False
    _stack: ExitStack = field(factory=ExitStack, repr=False)
    _engines: list[DuckdbEngine] = field(factory=list, repr=False)

    def decide(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        book: Book,
        portfolio: Portfolio,
        *,
        by: Sequence[str] = (),
        arms: Arms | None = None,
        month: int = 0,
        brought: Path | None = None,
        carry: Callable[[Sequence[Left]], object] | None = None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Decide every customer of a portfolio, and enter it into the book.

        What SQL can't say exactly, Python decides: the book is the same whatever decides.

        Raises:
            RuleSetInvalid: when a policy does not load.
            MappingInvalid: when the mapping does not load, or does not fit the table.
            ColumnsInvalid: when the file has not the columns of snapshots.
            ExpressionInvalid: when a segment is none.
        """
        if not self.by_sql:
            decide_into(
                book,
                self.variants,
                portfolio,
                workers=self.workers,
                by=by,
                arms=arms,
                month=month,
                brought=brought,
                carry=carry,
                progress=progress,
            )
            return
        policies = policies_of(self.variants)
        segments = tuple(segment_of(policies[0], name) for name in by)
        book.outcome = portfolio.opened().outcome
        entering = _Entering(book, policies, segments, month)
        telling = _Telling(len(policies) if arms is None else 1, progress)
        came = Brought(brought) if brought is not None else None
        for start in range(0, len(policies), _TOGETHER):
            engines = self._made(policies, start)
            for batch, places in _batches(portfolio, policies[0]):
                if not start:
                    entering.refused(batch, portfolio)
                known = batch if came is None else brought_onto(batch, came)
                if arms is not None:
                    for arm, engine in enumerate(engines):
                        here = _of_arm(known, arms, arm)
                        entering.decided(_taken(known, here), places[here], arm, engine, customers=True)
                    telling.done(batch.seen)
                    continue
                for at, engine in enumerate(engines, start=start):
                    decided = entering.decided(known, places, at, engine, customers=not at)
                    if carry is not None and decided is not None:
                        carry(left_by(policies[at], known, decided))
                    telling.done(batch.seen)

    def _made(self, policies: Sequence[Policy], start: int) -> list[DuckdbEngine]:
        """The engines of some policies. Where there are few, they are kept for the next portfolio."""
        if self._engines and len(policies) <= _TOGETHER:
            return self._engines
        self._stack.close()
        self._engines.clear()
        for policy in policies[start : start + _TOGETHER]:
            engine = DuckdbEngine.of(policy, Compiled(policy).decide, anyway=True)
            self._stack.callback(engine.close)
            self._engines.append(engine)
        return self._engines


@contextmanager
def decider(
    variants: Sequence[Variant],
    *,
    workers: int = 1,
    by_sql: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> Iterator[Decider]:
    """What decides under some policies. `say` is told why SQL does not decide although it is asked for.

    Raises:
        RuleSetInvalid: when a policy does not load.
    """
    reason = one_by_one(policies_of(variants)) if by_sql else None
    if reason is not None:
        say(f"decided one by one, not by SQL: {reason}")
    with ExitStack() as stack:
        yield Decider(tuple(variants), workers, by_sql and reason is None, stack)


def one_by_one(policies: Sequence[Policy]) -> str | None:
    """Why SQL may not decide under these policies, all the same customers: in words; None where it may."""
    first = policies[0]
    if any(each.inputs != first.inputs for each in policies):
        return "the policies have different inputs"
    held = {(each.currency, each.effective_from, each.effective_to) for each in policies}
    if len(held) > 1:
        return "the policies are for different currencies or days"
    for policy in policies:
        if policy.subject is not None and not any(trigger.per_account for trigger in policy.triggers):
            return f"no trigger of {policy.id} is about the accounts, so its decisions do not name them all"
    return None


@define
class _Telling:
    """Tells how many customers are done, where each is decided under several policies."""

    times: int
    progress: Callable[[int], object]
    decisions: int = 0

    def done(self, customers: int) -> None:
        """So many more decisions are made."""
        before = self.decisions // self.times
        self.decisions += customers
        self.progress(self.decisions // self.times - before)


@frozen
class _Entering:
    book: Book
    policies: tuple[Policy, ...]
    segments: tuple[Segment, ...]
    month: int

    def decided(
        self, batch: Batch, places: NDArray[np.int64], at: int, engine: DuckdbEngine, *, customers: bool
    ) -> pa.Table | None:
        """Decide a batch under the policy of a number, and enter it, the customers as well if need be."""
        if not batch.table.num_rows:
            return None
        found = engine.decide(batch)
        entered = self._customers(batch, places, self.policies[at], found) if customers else _NOBODY
        self.book.enter(entered, self._of_variant(found, places, at).combine_chunks())
        return found

    def refused(self, batch: Batch, portfolio: Portfolio) -> None:
        """Note the customers of a batch that can't be decided."""
        self.book.refuse((each.row, tuple(_said(each, portfolio))) for each in batch.refused)

    def _of_variant(self, decided: pa.Table, places: NDArray[np.int64], variant: int) -> pa.Table:
        count = decided.num_rows
        keys = {
            "month": pa.array(np.full(count, self.month, dtype=np.int32)),
            "place": pa.array(places),
            "variant": pa.array(np.full(count, variant, dtype=np.int32)),
        }
        columns = [keys[name] if name in keys else decided[name] for name in DECISIONS.names]
        return pa.table(columns, DECISIONS)

    def _customers(
        self, batch: Batch, places: NDArray[np.int64], policy: Policy, decided: pa.Table
    ) -> pa.Table:
        table = batch.table
        count = table.num_rows
        cuts = (
            [list(values_of(self.segments, self.policies[0], snapshot)) for snapshot in batch.snapshots()]
            if self.segments
            else [[]] * count
        )
        columns = {
            "month": pa.array(np.full(count, self.month, dtype=np.int32)),
            "place": pa.array(places),
            "customer_id": pc.struct_field(table.column("customer"), "customer_id"),
            "day": table.column("as_of"),
            "bad": batch.outcome if batch.outcome is not None else pa.nulls(count, pa.bool_()),
            "segments": pa.array(cuts, CUSTOMERS.field("segments").type),
            "accounts": _accounts(table.column("accounts"), policy, decided),
        }
        return pa.table([columns[name] for name in CUSTOMERS.names], CUSTOMERS)


_NOBODY = CUSTOMERS.empty_table()


def _batches(portfolio: Portfolio, policy: Policy) -> Iterator[tuple[Batch, NDArray[np.int64]]]:
    """The customers, with the place of each in the book, as far as the portfolio's limit goes."""
    limit = portfolio.limit
    customers = open_customers(
        portfolio.data,
        mapping=portfolio.mapping,
        outcome=portfolio.outcome,
        policy=policy,
        rows=limit if limit is not None and limit < _ROWS else None,
    )
    seen = 0
    for read in customers.batches():
        if limit is not None and seen >= limit:
            return
        batch = read if limit is None else _first(read, limit - seen)
        places = batch.rows
        if portfolio.in_columns:
            # A folder has several files: its rows are numbered through all of them.
            places = np.searchsorted(_rows(batch), batch.rows) + (seen + 1)
        yield batch, places
        seen += batch.seen


def _rows(batch: Batch) -> NDArray[np.int64]:
    """The rows of all customers of a batch, those refused as well."""
    return np.sort(np.concatenate([batch.rows, np.array([each.row for each in batch.refused], np.int64)]))


def _first(batch: Batch, most: int) -> Batch:
    """The first so many customers of a batch."""
    if batch.seen <= most:
        return batch
    last = _rows(batch)[most - 1]
    refused = tuple(each for each in batch.refused if each.row <= last)
    return evolve(_taken(batch, np.flatnonzero(batch.rows <= last)), refused=refused)


def _taken(batch: Batch, places: NDArray[np.int64]) -> Batch:
    """Some customers of a batch."""
    wanted = pa.array(places)
    return evolve(
        batch,
        table=batch.table.take(wanted),
        plain=batch.plain.take(wanted),
        rows=batch.rows[places],
        beyond=batch.beyond[places],
        outcome=batch.outcome.take(wanted) if batch.outcome is not None else None,
    )


def _of_arm(batch: Batch, arms: Arms, arm: int) -> NDArray[np.int64]:
    numbers = pc.struct_field(batch.table.column("customer"), "customer_id").to_pylist()
    return np.array([at for at, number in enumerate(numbers) if arms.arm(number) == arm], np.int64)


def _said(refused: Refused, portfolio: Portfolio) -> Iterator[Problem]:
    """What is wrong with a customer, told as it is when customers are decided one by one."""
    name = refused.file if portfolio.in_columns else portfolio.data.as_posix()
    for problem in refused.problems:
        at = problem.path.removeprefix(f"{refused.file}:{refused.row}").removeprefix(": ").removeprefix("$.")
        message = f"`{at}`: {problem.message}" if at not in ("", "$") else problem.message
        yield evolve(problem, message=message, span=None, path=f"{name}:{refused.row}")


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
