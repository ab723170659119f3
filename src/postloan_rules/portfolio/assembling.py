"""The Decisions table of a batch, its lists put together from the columns that the queries give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.portfolio.answers import Places, offsets_of
from postloan_rules.portfolio.decisions_table import DECISIONS, table_of
from postloan_rules.portfolio.sql.output import CAUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.answers import Answers
    from postloan_rules.portfolio.columns.reading import Batch
    from postloan_rules.portfolio.sql.output import Told
    from postloan_rules.snapshot import Snapshot

__all__ = ["assembled", "next_reviews"]

_STATES = ("not_fired", "fired", "unknown")
_FEW = 20_000
"""So many rows are put between the others piece by piece; with more it is quicker to gather all rows anew."""


def assembled(
    policy: Policy, one: Callable[[Snapshot], Decision], batch: Batch, answers: Answers
) -> pa.Table:
    """The Decisions table of a batch.

    Args:
        policy: By which policy.
        one: What decides one customer in Python.
        batch: The customers.
        answers: What the queries gave.
    """
    doubt = answers.doubtful() | batch.beyond
    responses, reasons = _responses(answers)
    lists = {
        "responses": responses,
        "withheld": _withheld(answers),
        "triggers": _triggers(answers),
        "referrals": _referrals(answers),
        "reasons": reasons,
        "next_review": next_reviews(answers),
    }
    positions = np.flatnonzero(doubt)
    if len(positions):
        fingerprints = batch.table.column("fingerprint").take(pa.array(positions)).to_pylist()
        decisions = (one(snapshot) for snapshot in batch.snapshots(positions.tolist()))
        again = table_of(policy, decisions, fingerprints=fingerprints, redecided=True)
        lists = {name: _with(column, again[name], positions) for name, column in lists.items()}
    rows = batch.table.num_rows
    columns = {
        "customer_id": pc.struct_field(batch.table.column("customer"), "customer_id"),
        "as_of": batch.table.column("as_of"),
        "ruleset": pa.repeat(pa.scalar(policy.id), rows),
        "version": pa.repeat(pa.scalar(policy.version), rows),
        "profile": pa.repeat(pa.scalar(policy.profile), rows),
        "ruleset_fingerprint": pa.repeat(pa.scalar(policy.fingerprint), rows),
        "snapshot_fingerprint": batch.table.column("fingerprint"),
        "redecided": pa.array(doubt),
        **lists,
    }
    return pa.table([columns[each.name] for each in DECISIONS], schema=DECISIONS)


def _with(column: pa.Array, again: pa.ChunkedArray, positions: NDArray[np.int64]) -> pa.Array:
    """The column with other values at some places."""
    values = again.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    if len(positions) > _FEW or len(positions) == len(column):
        places = np.arange(len(column))
        places[positions] = len(column) + np.arange(len(positions))
        return pa.concat_arrays([column, values]).take(pa.array(places))
    pieces: list[pa.Array] = []
    done = 0
    for number, place in enumerate(positions.tolist()):
        if place > done:
            pieces.append(column.slice(done, place - done))
        pieces.append(values.slice(number, 1))
        done = place + 1
    pieces.append(column.slice(done))
    return pa.concat_arrays(pieces)


# Lists


def _struct(name: str, arrays: Sequence[pa.Array]) -> pa.StructArray:
    """The items of a list of the Decisions table."""
    fields = list(DECISIONS.field(name).type.value_type)
    typed = [
        array if array.type == each.type else array.cast(each.type)
        for each, array in zip(fields, arrays, strict=True)
    ]
    return pa.StructArray.from_arrays(typed, fields=fields)


def _lists(name: str, offsets: pa.Array, items: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(offsets, items, type=DECISIONS.field(name).type)


def _words(words: Sequence[str | None], codes: NDArray[np.integer[Any]]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(codes))


def _accounts(answers: Answers, rows: NDArray[np.int64], per_account: NDArray[np.bool_]) -> pa.Array:
    """The number of the account of each row, where an item is about the account."""
    if ("account",) not in answers or not per_account.any():
        return pa.nulls(len(rows), pa.string())
    return answers.column("account").take(pa.array(rows, mask=~per_account))


def _spread(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places in a row: `lengths[0]` of them from `starts[0]` on, and so forth."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - lengths, lengths) + np.repeat(starts, lengths)


def _rules(answers: Answers, told: Sequence[Told], places: Places) -> pa.ListArray:
    """The rules behind each response."""
    ids = sorted({rule for each in told for rule in each.rules})
    code = {rule: number for number, rule in enumerate(ids)}
    items: list[NDArray[np.int64]] = []
    codes: list[NDArray[np.int64]] = []
    for kind, at in places.of_kinds():
        rules = np.array([code[rule] for rule in told[kind].rules], dtype=np.int64)
        if len(rules) < 2:
            items.append(np.repeat(at, len(rules)))
            codes.append(np.repeat(rules, len(at)))
            continue
        rows = places.row[at]
        holds = np.stack([answers.truth("rule", told[kind].key, rule)[rows] for rule in told[kind].rules])
        item, which = np.nonzero(holds.T)
        items.append(at[item])
        codes.append(rules[which])
    item, rule = _joined(items), _joined(codes)
    order = np.argsort(item, kind="stable")
    offsets = offsets_of(np.bincount(item, minlength=len(places.row)))
    return pa.ListArray.from_arrays(offsets, _words(ids, rule[order]))


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _parameters(answers: Answers, told: Sequence[Told], places: Places) -> pa.ListArray:
    """The parameters of each response, by name."""
    names = sorted({name for each in told for name in each.parameters})
    items: list[NDArray[np.int64]] = []
    codes: list[NDArray[np.int64]] = []
    texts: list[pa.Array] = []
    for kind, at in places.of_kinds():
        for name in told[kind].parameters:
            items.append(at)
            codes.append(np.full(len(at), names.index(name)))
            texts.append(
                answers.column("parameter", told[kind].key, name)
                .take(pa.array(places.row[at]))
                .cast(pa.string())
            )
    item, code = _joined(items), _joined(codes)
    order = np.lexsort((code, item))
    values = pa.concat_arrays(texts).take(pa.array(order)) if texts else pa.nulls(0, pa.string())
    struct = pa.StructArray.from_arrays([_words(names, code[order]), values], names=["name", "value"])
    return pa.ListArray.from_arrays(offsets_of(np.bincount(item, minlength=len(places.row))), struct)


def _rows_where(answers: Answers, holds: NDArray[np.bool_], *, per_account: bool) -> NDArray[np.int64]:
    """The rows, one of each customer where it is about the customer."""
    return np.flatnonzero(holds if per_account or answers.single else holds & answers.first)


def _responses(answers: Answers) -> tuple[pa.ListArray, pa.ListArray]:
    """What is put forward, and the reasons of what is adverse among it."""
    told = answers.layout.responses
    places = Places.of(
        answers,
        (
            _rows_where(answers, answers.truth("alive", each.key), per_account=each.response.per_account)
            for each in told
        ),
    )
    reasons = sorted({reason for each in told for reason in each.response.reasons})
    flat = np.array(
        [reasons.index(reason) for each in told for reason in each.response.reasons], dtype=np.int64
    )
    counts = np.array([len(each.response.reasons) for each in told], dtype=np.int64)
    lengths = counts[places.kind]
    behind = flat[_spread((np.cumsum(counts) - counts)[places.kind], lengths)]
    adverse = np.array([each.response.adverse for each in told], dtype=np.bool_)[places.kind]
    per_account = np.array([each.response.per_account for each in told], dtype=np.bool_)[places.kind]
    struct = _struct(
        "responses",
        [
            _words([each.response.name for each in told], places.kind),
            _accounts(answers, places.row, per_account),
            _words([each.response.family for each in told], places.kind),
            pa.array(np.array([each.response.rank for each in told], dtype=np.int32)[places.kind]),
            _rules(answers, told, places),
            pa.array(adverse),
            pa.ListArray.from_arrays(offsets_of(lengths), _words(reasons, behind)),
            _parameters(answers, told, places),
        ],
    )
    # Each reason once, where it stands first.
    counted = np.repeat(adverse, lengths)
    owner = np.repeat(answers.customer[places.row], lengths)[counted]
    _, once = np.unique(owner * max(len(reasons), 1) + behind[counted], return_index=True)
    once.sort()
    listed = pa.ListArray.from_arrays(
        offsets_of(np.bincount(owner[once], minlength=answers.customers)),
        _words(reasons, behind[counted][once]),
    )
    return _lists("responses", places.offsets(answers), struct), listed


def _withheld(answers: Answers) -> pa.ListArray:
    """What is withheld, and by what."""
    told = sorted(answers.layout.responses, key=lambda each: each.response.name)
    known = [{cause: answers.known(cause, each.key) for cause in each.causes} for each in told]
    nowhere = np.zeros(len(answers.customer), dtype=np.bool_)
    places = Places.of(
        answers,
        (
            _rows_where(
                answers,
                np.logical_or.reduce([nowhere, *there.values()]),
                per_account=each.response.per_account,
            )
            for each, there in zip(told, known, strict=True)
        ),
    )
    cause = np.full(len(places.row), -1)
    by = np.full(len(places.row), -1)
    until = np.full(len(places.row), -1)
    texts: list[pa.Array] = []
    days: list[pa.Array] = []
    for kind, at in places.of_kinds():
        rows = places.row[at]
        for name in told[kind].causes:
            here = known[kind][name][rows]
            found, where = at[here], pa.array(rows[here])
            new = found[cause[found] < 0]
            cause[new] = CAUSES.index(name)
            kept, into, type_ = (
                (days, until, pa.date32()) if name == "cool_down" else (texts, by, pa.string())
            )
            start = sum(len(each) for each in kept)
            into[found] = np.arange(start, start + len(found))
            kept.append(answers.column(name, told[kind].key).take(where).cast(type_))
    per_account = np.array([each.response.per_account for each in told], dtype=np.bool_)[places.kind]
    struct = _struct(
        "withheld",
        [
            _words([each.response.name for each in told], places.kind),
            _accounts(answers, places.row, per_account),
            _words(CAUSES, cause),
            _gathered(texts, by, pa.string()),
            _gathered(days, until, pa.date32()),
            _rules(answers, told, places),
        ],
    )
    return _lists("withheld", places.offsets(answers), struct)


def _gathered(parts: Sequence[pa.Array], places: NDArray[np.int64], type_: pa.DataType) -> pa.Array:
    """Values from where they stand in the parts; none where the place is below zero."""
    if not parts:
        return pa.nulls(len(places), type_)
    return pa.concat_arrays(parts).take(pa.array(places, mask=places < 0))


def _triggers(answers: Answers) -> pa.ListArray:
    """The state of each trigger, of the customer or of each account."""
    triggers = answers.layout.triggers
    accounts = answers.has_account()
    starts = answers.starts
    own = np.add.reduceat(accounts, starts, dtype=np.int64) if len(starts) else starts
    of_account = sum(per_account for _, per_account in triggers)
    lengths = own * of_account + (len(triggers) - of_account)
    begins = np.cumsum(lengths) - lengths
    total = int(lengths.sum())
    names = np.empty(total, dtype=np.int16)
    states = np.empty(total, dtype=np.int8)
    owners = np.full(total, -1, dtype=np.int64)
    account_rows = np.flatnonzero(accounts)
    of_customer = begins.copy()
    # Of several accounts of a customer, how many stand before this one.
    before = np.arange(len(account_rows)) - (np.cumsum(own) - own)[answers.customer[account_rows]]
    for number, (name, per_account) in enumerate(triggers):
        state = _state(answers.column("trigger", name))
        if per_account:
            at = of_customer[answers.customer[account_rows]] + before
            states[at] = state[account_rows]
            owners[at] = account_rows
            of_customer += own
        else:
            at = of_customer.copy()
            states[at] = state[starts]
            of_customer += 1
        names[at] = number
    struct = _struct(
        "triggers",
        [
            _words([name for name, _ in triggers], names),
            _accounts(answers, owners, owners >= 0),
            _words(_STATES, states),
        ],
    )
    return _lists("triggers", offsets_of(lengths), struct)


def _state(array: pa.Array) -> NDArray[np.int8]:
    """0 where a trigger did not fire, 1 where it fired, 2 where that is unknown."""
    if array.null_count == len(array):
        return np.full(len(array), 2, dtype=np.int8)
    if not array.null_count:
        found: NDArray[np.int8] = array.to_numpy(zero_copy_only=False).view(np.int8)
        return found
    fired: NDArray[np.int8] = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.int8)
    fired[array.is_null().to_numpy(zero_copy_only=False)] = 2
    return fired


def _referrals(answers: Answers) -> pa.ListArray:
    """What a person must look at."""
    referrals = answers.layout.referrals
    places = Places.of(
        answers,
        (
            _rows_where(answers, answers.truth("referral", str(number)), per_account=per_account)
            for number, (_, per_account) in enumerate(referrals)
        ),
    )
    per_account = np.array([each for _, each in referrals], dtype=np.bool_)[places.kind]
    struct = _struct(
        "referrals",
        [
            _words([name for name, _ in referrals], places.kind),
            _accounts(answers, places.row, per_account),
        ],
    )
    return _lists("referrals", places.offsets(answers), struct)


_NEVER = np.iinfo(np.int32).max


def next_reviews(answers: Answers) -> pa.Array:
    """The day of the next review of each customer: the first of those of its accounts."""
    days = answers.column("next_review").cast(pa.date32())
    if answers.single:
        return days
    numbers = days.cast(pa.int32()).fill_null(_NEVER).to_numpy()
    first = np.minimum.reduceat(numbers, answers.starts)
    return pa.array(first, mask=first == _NEVER).cast(pa.date32())
