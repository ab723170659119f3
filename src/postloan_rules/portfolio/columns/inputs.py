"""The inputs of a policy as columns of their own kinds, from the attributes of a batch."""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.types as kinds  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.decisions.values import inputs_of
from postloan_rules.portfolio.columns.arrays import numbers, structs
from postloan_rules.portfolio.columns.rows import read_attributes
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, arrow_schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Attributes, Snapshot

__all__ = ["Inputs", "inputs_in", "misplaced"]

_EXACT = Context(prec=80)
_EPOCH = date(1970, 1, 1).toordinal()


@frozen(eq=False)
class Inputs:
    """The inputs of a policy in a batch."""

    column: pa.Array
    """One struct a row; a text that is always null where the policy has no inputs."""
    refused: NDArray[np.bool_] = field(repr=False)
    """Rows with attributes that the policy does not declare, or that are not what it declares."""
    beyond: NDArray[np.bool_] = field(repr=False)
    """Rows with a number that is right and has more digits than its column: a snapshot holds it, the column
    holds null."""


def misplaced(batch: pa.RecordBatch, policy: Policy) -> NDArray[np.bool_]:
    """Rows in another currency than the policy's, or as of a day on which it is not in force."""
    # What is no currency, or no day, is refused for that.
    same = pc.fill_null(pc.equal(batch.column("currency"), policy.currency), True)
    found: NDArray[np.bool_] = ~same.to_numpy(zero_copy_only=False)
    days = numbers(batch.column("as_of"))
    if policy.effective_from is not None:
        found |= days < policy.effective_from.toordinal() - _EPOCH
    if policy.effective_to is not None:
        found |= days > policy.effective_to.toordinal() - _EPOCH
    return found


def inputs_in(attributes: pa.Array, policy: Policy) -> Inputs:
    """The policy's inputs, read as the policy reads them of a snapshot."""
    count = len(attributes)
    refused = np.zeros(count, dtype=np.bool_)
    beyond = np.zeros(count, dtype=np.bool_)
    coded, places = _coded(attributes)
    wanted = arrow_schema(policy).field(ATTRIBUTES).type
    # Equal attributes are read once.
    read = [_read(each, policy) for each in coded]
    refused |= np.array([each is None for each in read], dtype=np.bool_)[places]
    if not policy.inputs:
        return Inputs(pa.nulls(count, wanted), refused, beyond)
    columns = []
    for part in wanted:
        values = [each[part.name] if each is not None else None for each in read]
        fits = np.array([_fits(value, part.type) for value in values], dtype=np.bool_)
        beyond |= ~fits[places]
        held = [_held(value, part.type) if fit else None for value, fit in zip(values, fits, strict=True)]
        columns.append(pa.array(held, part.type).take(pa.array(places)))
    return Inputs(structs(columns, list(wanted)), refused, beyond)


def _coded(attributes: pa.Array) -> tuple[list[Attributes], NDArray[np.int64]]:
    """The different attributes, and which of them each row has."""
    if kinds.is_struct(attributes.type):
        keys: dict[tuple[object, ...], int] = {}
        parts = [column.to_pylist() for column in attributes.flatten()]
        rows = zip(*parts, strict=True) if parts else iter([()] * len(attributes))
        places = np.fromiter(
            (keys.setdefault(_typed_key(row), len(keys)) for row in rows),
            dtype=np.int64,
            count=len(attributes),
        )
        _, first = np.unique(places, return_index=True)
        return read_attributes(attributes.take(pa.array(first))), places
    coded = attributes.dictionary_encode(null_encoding="encode")
    return read_attributes(coded.dictionary), coded.indices.to_numpy().astype(np.int64)


def _typed_key(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple((type(value), value) for value in row)


def _read(attributes: Attributes, policy: Policy) -> dict[str, object] | None:
    """The value of each input; None where there is something wrong with one."""
    values, problems = inputs_of(policy, cast("Snapshot", _Only(attributes)))
    return None if problems else values


@frozen
class _Only:
    """A snapshot of which only the attributes are looked at."""

    attributes: Attributes


def _fits(value: object, type_: pa.DataType) -> bool:
    if not isinstance(value, Decimal):
        return True
    if kinds.is_int32(type_):
        return abs(value) < 2**31
    units = value.scaleb(type_.scale, _EXACT)
    return units == units.to_integral_value() and abs(units) < 10**type_.precision


def _held(value: object, type_: pa.DataType) -> object:
    return int(value) if isinstance(value, Decimal) and kinds.is_int32(type_) else value
