"""Arrow arrays from numbers and back, without a Python object for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["decimals", "known", "lengths_of", "lists", "numbers", "objects", "structs", "units_of", "whole"]


_LONG_DECIMAL = 18
"""INVARIANT: a number of so many digits fits into 64 bits."""


def _validity(unknown: NDArray[np.bool_] | None) -> pa.Buffer | None:
    if unknown is None or not unknown.any():
        return None
    return pa.py_buffer(np.packbits(~unknown, bitorder="little"))


def decimals(
    units: NDArray[np.int64], type_: pa.Decimal128Type, unknown: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Decimals from counts of their smallest unit. The counts must fit the type's digits."""
    wide = np.empty((len(units), 2), dtype=np.int64)
    wide[:, 0] = units
    wide[:, 1] = units >> 63
    return pa.Array.from_buffers(type_, len(units), [_validity(unknown), pa.py_buffer(wide)])


def units_of(array: pa.Array) -> NDArray[np.int64]:
    """The counts of the smallest unit that decimals of at most 18 digits are; zero where unknown."""
    if array.type.precision > _LONG_DECIMAL:
        raise TypeError("a decimal of more than 18 digits does not fit into 64 bits")
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    wide = np.frombuffer(array.buffers()[1], dtype=np.int64, count=2 * (array.offset + len(array)))
    low = wide[2 * array.offset :: 2]
    return np.where(known(array), low, 0) if array.null_count else low


def whole(
    values: NDArray[np.int64], type_: pa.DataType, unknown: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Whole numbers, or days since 1970, in 32 bits."""
    return pa.Array.from_buffers(
        type_, len(values), [_validity(unknown), pa.py_buffer(values.astype(np.int32))]
    )


def numbers(array: pa.Array) -> NDArray[np.int64]:
    """Whole numbers, or days since 1970; zero where unknown."""
    plain = array.cast(pa.int32()) if pa.types.is_date32(array.type) else array
    filled = plain.fill_null(0) if plain.null_count else plain
    found: NDArray[np.int64] = filled.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def known(array: pa.Array) -> NDArray[np.bool_]:
    """Where a value is known."""
    if not array.null_count:
        return np.ones(len(array), dtype=np.bool_)
    found: NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def objects(array: pa.Array) -> list[object]:
    """Texts, or true and false, as Python values; None where unknown."""
    found: list[object] = array.to_numpy(zero_copy_only=False).tolist()
    return found


def lengths_of(array: pa.Array) -> NDArray[np.int64]:
    """How many members each list has; zero where it is unknown."""
    found: NDArray[np.int64] = (
        pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return found


def lists(
    lengths: NDArray[np.int64], members: pa.Array, unknown: NDArray[np.bool_] | None = None
) -> pa.ListArray:
    """Lists from how many members each has, and all members in a row."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    mask = pa.array(unknown) if unknown is not None and unknown.any() else None
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), members, mask=mask)


def structs(
    children: list[pa.Array], fields: list[pa.Field], unknown: NDArray[np.bool_] | None = None
) -> pa.StructArray:
    """Records from their fields."""
    mask = pa.array(unknown) if unknown is not None and unknown.any() else None
    return pa.StructArray.from_arrays(children, fields=fields, mask=mask)
