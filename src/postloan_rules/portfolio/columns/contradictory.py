"""What cannot be true together, on whole columns: which rows hold a contradiction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.arrays import known, lengths_of, numbers, units_of
from postloan_rules.portfolio.columns.texts import any_byte, lengths_in_bytes
from postloan_rules.snapshot.consistency import (
    FOLLOWS,
    MOST_KEY_FACTORS,
    PROFILE_MONTHS,
    SEEN_IN_REPORT,
    SINCE_OPENED,
    SOFT,
    is_profile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from postloan_rules.portfolio.columns.levels import Level

__all__ = ["contradictory"]

_MICROSECONDS = 86_400_000_000
_NO_PROFILE = np.array([not is_profile(chr(byte)) for byte in range(256)])


def contradictory(levels: Sequence[Level]) -> Iterator[NDArray[np.int64]]:
    """The rows of the batch in which something contradicts something else, some of them several times."""
    for level in levels:
        for bad in _of_level(level):
            yield level.rows[bad]
        if level.item is not None and level.item.many:
            yield level.rows[_same_number(level)]
    yield from _references(levels)


def _of_level(level: Level) -> Iterator[NDArray[np.bool_]]:
    columns = level.columns
    for later, earlier in FOLLOWS.get(level.info.name, ()):
        yield _before(columns[later], columns[earlier])
    match level.info.name:
        case "Account":
            past_due = units_of(columns["amount_past_due"])
            on_time = known(columns["days_past_due"]) & (numbers(columns["days_past_due"]) == 0)
            yield on_time & (past_due > 0)
        case "Statement" | "Payment" | "Instalment":
            for name, day in SINCE_OPENED:
                if level.item is not None and level.item.name == name:
                    yield _before(columns[day], _of_parent(level, "date_opened"))
            if level.info.name == "Payment":
                yield _more_than_paid(level)
        case "Tradeline" | "Inquiry" | "PublicRecord":
            for name, day in SEEN_IN_REPORT:
                if level.item is not None and level.item.name == name:
                    yield _before(_of_parent(level, "pulled_on"), columns[day])
            if level.info.name == "Tradeline":
                yield _no_profile(columns["payment_history_profile"])
            if level.info.name == "Inquiry":
                soft = pc.is_in(columns["reason"], value_set=pa.array(sorted(SOFT), pa.string()))
                yield _true(soft) & _true(columns["hard"])
        case "BureauReport":
            yield lengths_of(columns["key_factors"]) > MOST_KEY_FACTORS
        case "Event":
            moment, day = columns["occurred_at"], columns["occurred_on"]
            on = moment.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False) // _MICROSECONDS
            yield known(moment) & known(day) & (on != numbers(day))
        case "Complaint":
            open_ = _true(pc.equal(columns["status"], "open"))
            yield open_ & known(columns["resolved_on"])
        case _:
            pass


def _before(later: pa.Array, earlier: pa.Array) -> NDArray[np.bool_]:
    """Where a day lies before another one that it must follow, both known."""
    if later.null_count == len(later) or earlier.null_count == len(earlier):
        return np.zeros(len(later), dtype=np.bool_)
    bad: NDArray[np.bool_] = (numbers(later) < numbers(earlier)) & known(later) & known(earlier)
    return bad


def _of_parent(level: Level, name: str) -> pa.Array:
    """A field of the record that holds each record."""
    if level.parent is None:
        raise TypeError("the customers stand in no other record")
    return level.parent.columns[name].take(pa.array(level.parents))


def _true(array: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return found


def _more_than_paid(level: Level) -> NDArray[np.bool_]:
    parts = [units_of(level.columns[name]) for name in ("principal_part", "interest_part", "fee_part")]
    less: NDArray[np.bool_] = units_of(level.columns["amount"]) < parts[0] + parts[1] + parts[2]
    return less


def _no_profile(profile: pa.Array) -> NDArray[np.bool_]:
    if profile.null_count == len(profile):
        return np.zeros(len(profile), dtype=np.bool_)
    # In a profile without strange signs a character is a byte.
    there = known(profile)
    return there & (~np.isin(lengths_in_bytes(profile), PROFILE_MONTHS) | any_byte(profile, _NO_PROFILE))


def _same_number(level: Level) -> NDArray[np.bool_]:
    """Records of a list that share their identifier; reports of one bureau and one day."""
    names = [item.name for item in level.info.fields if item.identifier]
    if level.info.name == "BureauReport":
        names = ["pulled_on", "source"]
    bad = np.zeros(len(level), dtype=np.bool_)
    if not names:
        return bad
    # Only a list of two and more can hold a number twice.
    counts = np.bincount(level.parents, minlength=0)
    several = np.flatnonzero(counts[level.parents] > 1) if len(level) else np.zeros(0, dtype=np.int64)
    if not len(several):
        return bad
    keys = level.parents[several]
    there = np.ones(len(several), dtype=np.bool_)
    for name in names:
        part = level.columns[name].take(pa.array(several))
        there &= known(part)
        keys = _with(keys, part)
    bad[several] = _repeated(keys) & there
    return bad


def _with(keys: NDArray[np.int64], part: pa.Array) -> NDArray[np.int64]:
    """Keys made narrower by one more column."""
    if pa.types.is_date32(part.type):
        return keys * 2**20 + (numbers(part) + 2**19)
    codes = part.dictionary_encode().indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    _, dense = np.unique(keys, return_inverse=True)
    narrower: NDArray[np.int64] = dense.astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes
    return narrower


def _repeated(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    if len(keys) < 2 or (keys[1:] > keys[:-1]).all():
        return np.zeros(len(keys), dtype=np.bool_)
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    found: NDArray[np.bool_] = counts[places] > 1
    return found


def _references(levels: Sequence[Level]) -> Iterator[NDArray[np.int64]]:
    """Rows in which a record names an account that the customer does not have."""
    accounts = next(level for level in levels if level.info.name == "Account")
    named = [
        (level.columns["account_id"], level.rows)
        for level in levels
        if level is not accounts and "account_id" in level.info.by_name
    ]
    named = [
        (array.filter(pa.array(there)), rows[there]) for array, rows in named for there in [known(array)]
    ]
    named = [(array, rows) for array, rows in named if len(array)]
    if not named:
        return
    own = accounts.columns["account_id"]
    texts = pa.chunked_array([own, *(array for array, _ in named)], pa.string()).combine_chunks()
    codes = texts.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    width = int(codes.max(initial=0)) + 2
    rows = np.concatenate([accounts.rows, *(rows for _, rows in named)])
    keys = rows * width + codes + 1
    referring = keys[len(own) :]
    yield rows[len(own) :][~np.isin(referring, keys[: len(own)])]
