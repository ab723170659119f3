"""Which rows of a batch the strict reader would refuse: the same checks, on whole columns.

The columns say which rows to look at; the strict reader then says what is wrong with each. So it is enough
that no row is missed here, and both always tell the same story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from postloan_rules.limits import LIMITS
from postloan_rules.portfolio.columns.arrays import known, lengths_of, numbers, units_of
from postloan_rules.portfolio.columns.contradictory import contradictory
from postloan_rules.portfolio.columns.levels import Level, Members, levels_of
from postloan_rules.portfolio.columns.texts import lengths_in_bytes, not_among, refused_texts
from postloan_rules.snapshot.currency import CURRENCIES, minor_digits
from postloan_rules.snapshot.decoding import Repeated, decode
from postloan_rules.snapshot.reading import LONGEST_LIST
from postloan_rules.snapshot.refusal import Refusal
from postloan_rules.snapshot.values import LARGEST_INTEGER, LONGEST_TEXT, read_attribute, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from postloan_rules.snapshot.catalogue import FieldInfo

__all__ = ["suspects"]

_FIRST_DAY = int(np.datetime64("1900-01-01").astype("datetime64[D]").astype(np.int64))
_LAST_DAY = int(np.datetime64("2199-12-31").astype("datetime64[D]").astype(np.int64))
_MICROSECONDS = 86_400_000_000
_WHOLE_DIGITS = 15


def suspects(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """The rows that the strict reader has to look at. None that it would refuse is missing."""
    found = np.zeros(batch.num_rows, dtype=np.bool_)
    if not batch.num_rows:
        return found
    context = _Context(
        as_of=numbers(batch.column("as_of")),
        digits=_digits(batch.column("currency")),
    )
    found |= not_among(batch.column("currency"), tuple(sorted(CURRENCIES)))
    levels: list[Level] = []
    for level in levels_of(batch):
        levels.append(level)
        if level.unknown is not None:
            found[level.rows[level.unknown]] = True
        for item in level.info.fields:
            bad = _field(level, item, context)
            found[level.rows[bad]] = True
        if level.info.has_attributes:
            bad = _attributes(level.columns["attributes"])
            found[level.rows[bad]] = True
    for rows in contradictory(levels):
        found[rows] = True
    records = sum(np.bincount(level.rows, minlength=len(found)) for level in levels)
    return found | (records > LIMITS.records)


def _digits(currencies: pa.Array) -> NDArray[np.int64]:
    """How many decimals amounts of each row have; what is no currency is refused for being none."""
    coded = currencies.cast(pa.binary()).fill_null(b"").dictionary_encode()
    decimals = [minor_digits(code.as_py().decode("utf-8", "replace")) for code in coded.dictionary]
    found: NDArray[np.int64] = np.array(decimals, dtype=np.int64)[coded.indices.to_numpy()]
    return found


class _Context:
    """What every value of a row is judged by."""

    def __init__(self, as_of: NDArray[np.int64], digits: NDArray[np.int64]) -> None:
        self.as_of = as_of
        self.digits = digits


def _field(level: Level, item: FieldInfo, context: _Context) -> NDArray[np.bool_]:
    array = level.columns[item.name]
    bad = np.zeros(len(level), dtype=np.bool_)
    if not item.optional and array.null_count:
        bad |= ~known(array)
    if not item.many:
        return bad if item.record is not None else bad | _values(array, item, level.rows, context)
    bad |= lengths_of(array) > LONGEST_LIST
    if item.record is None:
        members = level.members(item.name)
        wrong = _values(members.values, item, level.rows[members.parents], context) | _twice(members)
        if members.values.null_count:
            wrong |= ~known(members.values)
        bad[members.parents[wrong]] = True
    return bad


def _twice(members: Members) -> NDArray[np.bool_]:
    """Members of a set that stand in it twice."""
    bad = np.zeros(len(members.parents), dtype=np.bool_)
    several = np.flatnonzero(members.lengths[members.parents] > 1)
    if len(several):
        codes = members.values.take(pa.array(several)).dictionary_encode().indices.fill_null(-1).to_numpy()
        keys = members.parents[several] * (int(codes.max(initial=0)) + 2) + codes + 1
        _, first, counts = np.unique(keys, return_index=True, return_counts=True)
        bad[several[first[counts > 1]]] = True
    return bad


def _values(
    array: pa.Array, item: FieldInfo, rows: NDArray[np.int64], context: _Context
) -> NDArray[np.bool_]:
    there = known(array)
    match item.kind:
        case "money":
            units = units_of(array)
            return there & (
                _out_of_bounds(units, item, array.type.scale) | _too_fine(units, array, rows, context)
            )
        case "rate" | "ratio":
            return there & _out_of_bounds(units_of(array), item, array.type.scale)
        case "days" | "months" | "count" | "number":
            return there & _out_of_bounds(numbers(array), item, 0)
        case "date":
            return there & _impossible(numbers(array), item, rows, context)
        case "date-time":
            moments = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
            return there & _impossible(moments // _MICROSECONDS, item, rows, context)
        case "enumeration":
            return not_among(array, item.members)
        case "string":
            return refused_texts(array)
        case "boolean" | "record":
            return np.zeros(len(array), dtype=np.bool_)


def _out_of_bounds(units: NDArray[np.int64], item: FieldInfo, scale: int) -> NDArray[np.bool_]:
    one = 10**scale
    bad = np.zeros(len(units), dtype=np.bool_)
    if item.kind == "money":
        largest = 10**_WHOLE_DIGITS * one
        bad |= (units >= largest) | (units <= -largest)
    if item.minimum is not None:
        bad |= units < item.minimum * one
    if item.maximum is not None:
        bad |= units > item.maximum * one
    return bad


def _too_fine(
    units: NDArray[np.int64], array: pa.Array, rows: NDArray[np.int64], context: _Context
) -> NDArray[np.bool_]:
    """Amounts with more decimals than the row's currency has."""
    scale = array.type.scale
    if (context.digits >= scale).all():
        return np.zeros(len(units), dtype=np.bool_)
    spare = scale - context.digits[rows]
    fine: NDArray[np.bool_] = (spare > 0) & (units % np.power(10, np.maximum(spare, 0)) != 0)
    return fine


def _impossible(
    days: NDArray[np.int64], item: FieldInfo, rows: NDArray[np.int64], context: _Context
) -> NDArray[np.bool_]:
    bad = (days < _FIRST_DAY) | (days > _LAST_DAY)
    return bad if item.future else bad | (days > context.as_of[rows])


def _attributes(array: pa.Array) -> NDArray[np.bool_]:
    """Attributes that are no JSON object of scalars."""
    bad = np.zeros(len(array), dtype=np.bool_)
    if pa.types.is_struct(array.type):
        return _in_struct(array)
    if array.null_count == len(array):
        return bad
    verdicts: dict[object, bool] = {None: False}
    for number, text in enumerate(array.cast(pa.binary()).to_pylist()):
        verdict = verdicts.get(text)
        if verdict is None:
            verdict = verdicts[text] = not _is_attributes(text)
        bad[number] = verdict
    return bad


def _in_struct(array: pa.Array) -> NDArray[np.bool_]:
    """Attributes in a struct that may be too long; of which kinds they are was compared up front."""
    bad = np.zeros(len(array), dtype=np.bool_)
    for column in array.flatten():
        if pa.types.is_string(column.type):
            # A text of fewer bytes has fewer characters, too; the others are looked at one by one.
            bad |= known(column) & (lengths_in_bytes(column) > LONGEST_TEXT)
        elif pa.types.is_uint64(column.type):
            bad |= known(column) & (column.fill_null(0).to_numpy(zero_copy_only=False) > LARGEST_INTEGER)
    return bad


def _is_attributes(text: bytes) -> bool:
    decoded: object = decode(text)
    if decoded is None:
        return True
    if not isinstance(decoded, dict) or isinstance(decoded, Repeated) or len(decoded) > LONGEST_LIST:
        return False
    named: Mapping[object, object] = decoded
    return not any(
        isinstance(part, Refusal)
        for name, value in named.items()
        for part in (read_text(name), read_attribute(value))
    )
