"""Texts in bulk: which of them a reader would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.arrays import known
from postloan_rules.snapshot.refusal import Refusal
from postloan_rules.snapshot.values import LONGEST_TEXT, read_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["any_byte", "lengths_in_bytes", "not_among", "refused_texts"]

_NOT_PLAIN = np.array([not "!" <= chr(byte) <= "~" for byte in range(256)])
"""Bytes of texts that need a closer look; a text without any holds letters, digits and signs alone."""


def _offsets(array: pa.Array) -> NDArray[np.int64]:
    _, offsets, _ = array.buffers()
    found = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return found.astype(np.int64)


def lengths_in_bytes(array: pa.Array) -> NDArray[np.int64]:
    """How many bytes each text has; zero where it is unknown."""
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    return np.where(known(array), np.diff(_offsets(array)), 0)


def any_byte(array: pa.Array, table: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which texts hold a byte that the table marks."""
    if not len(array):
        return np.zeros(0, dtype=np.bool_)
    data = array.buffers()[2]
    offsets = _offsets(array)
    first, last = offsets[0], offsets[-1]
    if data is None or first == last:
        return np.zeros(len(array), dtype=np.bool_)
    marked = table[np.frombuffer(data, dtype=np.uint8)[first:last]]
    if not marked.any():
        return np.zeros(len(array), dtype=np.bool_)
    before = np.zeros(len(marked) + 1, dtype=np.int64)
    np.cumsum(marked, out=before[1:])
    found: NDArray[np.bool_] = before[offsets[1:] - first] > before[offsets[:-1] - first]
    return found & known(array)


def refused_texts(array: pa.Array) -> NDArray[np.bool_]:
    """Which texts a reader of snapshots would refuse."""
    lengths = lengths_in_bytes(array)
    refused: NDArray[np.bool_] = known(array) & (lengths == 0)
    look = np.flatnonzero(any_byte(array, _NOT_PLAIN) | (lengths > LONGEST_TEXT))
    if len(look):
        # Each text that is not plain is looked at once, however often it stands in the column.
        coded = array.take(pa.array(look)).cast(pa.binary()).dictionary_encode()
        verdicts = np.array([_is_refused(text.as_py()) for text in coded.dictionary], dtype=np.bool_)
        refused[look] |= verdicts[coded.indices.to_numpy()]
    return refused


def _is_refused(text: bytes) -> bool:
    try:
        return isinstance(read_text(text.decode()), Refusal)
    except UnicodeDecodeError:
        return True


def not_among(array: pa.Array, members: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which texts are known and none of a closed set."""
    found: NDArray[np.bool_] = pc.is_in(array, value_set=pa.array(members, pa.string())).to_numpy(
        zero_copy_only=False
    )
    return ~found & known(array)
