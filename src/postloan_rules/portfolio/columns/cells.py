"""The cells of a column: texts, or numbers that never were texts; and the exact numbers that they give."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.types as kinds  # type: ignore[import-untyped]

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.portfolio.columns.arrays import known, units_of
from postloan_rules.portfolio.columns.texts import any_byte, lengths_in_bytes
from postloan_rules.snapshot.writing import decimal_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Texts", "number_units", "takes"]

_NOT_PLAIN = np.array([not "!" <= chr(byte) <= "~" for byte in range(256)])
_NO_DIGIT = np.array([chr(byte) not in "0123456789.-" for byte in range(256)])
_POINT = np.array([chr(byte) == "." for byte in range(256)])
_PLAIN = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_EXPONENT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_SCALES = (2, 4, 8, 12)
_LONGEST = 16
"""Bytes of a number that surely fits into 64 bits with its decimals."""
_LARGEST = 2**62


def takes(type_: pa.DataType) -> bool:
    """Whether a column of a type can be read as cells: it holds texts, or values that have one exact text."""
    if kinds.is_dictionary(type_):
        return takes(type_.value_type)
    return bool(
        kinds.is_string(type_)
        or kinds.is_large_string(type_)
        or kinds.is_string_view(type_)
        or kinds.is_integer(type_)
        or kinds.is_decimal(type_)
        or kinds.is_boolean(type_)
        or kinds.is_date32(type_)
        or kinds.is_null(type_)
    )


class Texts:
    """The cells of one column."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array.cast(array.type.value_type) if kinds.is_dictionary(array.type) else array

    @cached_property
    def units(self) -> tuple[NDArray[np.int64], int] | None:
        """The cells as counts of a decimal unit, and its decimals, where the column holds short numbers."""
        type_ = self.array.type
        if kinds.is_integer(type_) and type_ != pa.uint64():
            filled = self.array.fill_null(0) if self.array.null_count else self.array
            return filled.to_numpy(zero_copy_only=False).astype(np.int64), 0
        if kinds.is_decimal128(type_) and type_.precision <= 18:
            return units_of(self.array), type_.scale
        return None

    @cached_property
    def texts(self) -> pa.Array:
        """The cells as texts without blanks around them; an unknown one is empty."""
        type_ = self.array.type
        if kinds.is_decimal(type_):
            coded = self.array.dictionary_encode()
            said = [
                None if value is None else decimal_text(value, 0) for value in coded.dictionary.to_pylist()
            ]
            texts = pa.array(said, pa.string()).take(coded.indices)
        else:
            texts = self.array.cast(pa.string())
        texts = texts.fill_null("") if texts.null_count else texts
        odd = np.flatnonzero(any_byte(texts, _NOT_PLAIN))
        if not len(odd):
            return texts
        coded = texts.take(pa.array(odd)).dictionary_encode()
        stripped = pa.array([text.strip() for text in coded.dictionary.to_pylist()], pa.string())
        mask = np.zeros(len(texts), dtype=np.bool_)
        mask[odd] = True
        return pc.replace_with_mask(texts, pa.array(mask), stripped.take(coded.indices))

    def among(self, members: frozenset[str]) -> NDArray[np.bool_]:
        """Which cells hold one of some texts."""
        if self.units is not None and members == {""}:
            unknown: NDArray[np.bool_] = ~known(self.array)
            return unknown
        if members == {""}:
            empty: NDArray[np.bool_] = lengths_in_bytes(self.texts) == 0
            return empty
        found: NDArray[np.bool_] = pc.is_in(
            self.texts, value_set=pa.array(sorted(members), pa.string())
        ).to_numpy(zero_copy_only=False)
        return found


def number_units(
    column: Texts,
    unknown: NDArray[np.bool_],
    digits: int,
    scale: Decimal | None,
    *,
    rounds: bool,
    exponents: bool,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The cells times a scale as counts of a unit of so many decimals, and those that have to be looked at.

    A cell is looked at when it is no number, when its product does not fit 64 bits, and when it has decimals
    beyond the unit. With `rounds` it is then rounded half to even instead.
    """
    wrong = np.zeros(len(unknown), dtype=np.bool_)
    found = column.units
    if found is not None:
        units, decimals_ = found
        units = np.where(unknown, 0, units)
    else:
        units, decimals_, wrong = _parsed(column.texts, unknown)
    odd = wrong & ~unknown
    product, far = _times(units, decimals_, scale, digits, rounds=rounds)
    wrong |= far
    if exponents and odd.any():
        _with_exponents(column.texts, odd, product, wrong, digits, scale, rounds=rounds)
    return np.where(wrong | unknown, 0, product), wrong & ~unknown


def _parsed(texts: pa.Array, unknown: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int, NDArray[np.bool_]]:
    """Texts of digits as counts of a unit, the unit's decimals, and which of the texts are none."""
    odd = any_byte(texts, _NO_DIGIT) | (lengths_in_bytes(texts) > _LONGEST)
    pointed = bool(any_byte(texts, _POINT).any())
    if pointed:
        # These are read as numbers elsewhere, and are none here.
        for half in (pc.starts_with(texts, "."), pc.starts_with(texts, "-."), pc.ends_with(texts, ".")):
            odd |= half.to_numpy(zero_copy_only=False)
    skipped = odd | unknown
    plain = pc.if_else(pa.array(skipped), "0", texts) if skipped.any() else texts
    try:
        return *_units(plain, pointed=pointed), odd
    except pa.ArrowInvalid:
        odd |= ~pc.match_substring_regex(plain, _PLAIN).to_numpy(zero_copy_only=False)
        plain = pc.if_else(pa.array(odd), "0", plain)
    try:
        return *_units(plain, pointed=pointed), odd
    except pa.ArrowInvalid:
        # Somewhere there are more digits than 64 bits hold: all are looked at.
        return np.zeros(len(texts), dtype=np.int64), 0, np.ones(len(texts), dtype=np.bool_)


def _units(plain: pa.Array, *, pointed: bool) -> tuple[NDArray[np.int64], int]:
    if not pointed:
        found: NDArray[np.int64] = plain.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return found, 0
    for scale in _SCALES[:-1]:
        try:
            return units_of(plain.cast(pa.decimal128(18, scale))), scale
        except pa.ArrowInvalid:
            continue
    return units_of(plain.cast(pa.decimal128(18, _SCALES[-1]))), _SCALES[-1]


def _times(
    units: NDArray[np.int64], decimals_: int, scale: Decimal | None, digits: int, *, rounds: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    factor, more = 1, decimals_
    if scale is not None:
        sign, figures, exponent = scale.as_tuple()
        if not isinstance(exponent, int):
            raise TypeError("a scale is a finite number")
        factor = int("".join(map(str, figures)))
        factor = -factor if sign else factor
        if exponent >= 0:
            factor *= 10**exponent
        else:
            more -= exponent
    if more <= digits:
        factor *= 10 ** (digits - more)
    far = np.abs(units) > _LARGEST // max(abs(factor), 1) if factor else np.zeros(len(units), dtype=np.bool_)
    if abs(factor) >= _LARGEST:
        return np.zeros(len(units), dtype=np.int64), units != 0
    product = np.where(far, 0, units) * np.int64(factor)
    if more <= digits:
        return product, far
    if more - digits > 18:
        return np.zeros(len(units), dtype=np.int64), product != 0
    step = np.int64(10 ** (more - digits))
    quotient, rest = np.divmod(product, step)
    if not rounds:
        return quotient, far | (rest != 0)
    up = (2 * rest > step) | ((2 * rest == step) & (quotient % 2 != 0))
    return quotient + up, far


def _with_exponents(
    texts: pa.Array,
    odd: NDArray[np.bool_],
    product: NDArray[np.int64],
    wrong: NDArray[np.bool_],
    digits: int,
    scale: Decimal | None,
    *,
    rounds: bool,
) -> None:
    """Numbers with an exponent, each different one once."""
    places = np.flatnonzero(odd)
    coded = texts.take(pa.array(places)).dictionary_encode()
    values = [_exactly(text, digits, scale, rounds=rounds) for text in coded.dictionary.to_pylist()]
    read = np.array([value or 0 for value in values], dtype=np.int64)
    right = np.array([value is not None for value in values], dtype=np.bool_)
    indices = coded.indices.to_numpy()
    product[places] = read[indices]
    wrong[places] = ~right[indices]


def _exactly(text: str, digits: int, scale: Decimal | None, *, rounds: bool) -> int | None:
    if _EXPONENT.fullmatch(text) is None:
        return None
    number = Decimal(text)
    if scale is not None:
        number = CONTEXT.multiply(number, scale)
    if rounds:
        number = number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, CONTEXT)
    units = number.scaleb(digits, CONTEXT)
    if not units.is_finite():
        return None
    whole_ = int(units)
    return whole_ if units == whole_ and abs(whole_) < _LARGEST else None
