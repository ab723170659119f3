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
from postloan_rules.expressions import EnumType
from postloan_rules.portfolio.columns.arrays import known, numbers, structs
from postloan_rules.portfolio.columns.rows import read_attributes
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Input
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
    plain = _plain(attributes, policy)
    if plain is None:
        return _read_singly(attributes, policy)
    held, sure = plain
    if sure.all():
        nothing = np.zeros(len(sure), dtype=np.bool_)
        return Inputs(held, nothing, nothing.copy())
    others = np.flatnonzero(~sure)
    read = _read_singly(attributes.take(pa.array(others)), policy)
    refused, beyond = np.zeros(len(sure), dtype=np.bool_), np.zeros(len(sure), dtype=np.bool_)
    refused[others], beyond[others] = read.refused, read.beyond
    places = np.arange(len(sure))
    places[others] = len(sure) + np.arange(len(others))
    return Inputs(pa.concat_arrays([held, read.column]).take(pa.array(places)), refused, beyond)


def _plain(attributes: pa.Array, policy: Policy) -> tuple[pa.Array, NDArray[np.bool_]] | None:
    """The inputs as they stand in columns of their own kinds, and the rows in which they are plainly right.

    None where the columns are of other kinds.
    """
    if not kinds.is_struct(attributes.type) or not policy.inputs:
        return None
    wanted = arrow_schema(policy).field(ATTRIBUTES).type
    given = {each.name: attributes.field(each.name) for each in attributes.type}
    sure = known(attributes)
    for name, array in given.items():
        if name not in {each.name for each in wanted}:
            sure &= ~known(array)
    columns = []
    for declared, part in zip(sorted(policy.inputs, key=_place(wanted)), wanted, strict=True):
        array = given.get(part.name)
        if array is None:
            array = pa.nulls(len(attributes), part.type)
        held = _as_declared(array, part.type)
        if held is None:
            return None
        columns.append(held)
        if declared.required:
            sure &= known(held)
        if isinstance(declared.type, EnumType):
            members = pa.array([*declared.type.members, None], pa.string())
            sure &= pc.is_in(held, value_set=members).to_numpy(zero_copy_only=False)
    return structs(columns, list(wanted)), sure


def _place(wanted: pa.StructType) -> Callable[[Input], int]:
    places = {each.name: number for number, each in enumerate(wanted)}
    return lambda declared: places[declared.name]


def _as_declared(array: pa.Array, type_: pa.DataType) -> pa.Array | None:
    """The column as one of the declared kind, where that takes no reading."""
    if array.type == type_ or kinds.is_null(array.type):
        return array if array.type == type_ else pa.nulls(len(array), type_)
    if kinds.is_integer(array.type) and (kinds.is_decimal(type_) or kinds.is_int32(type_)):
        wide = array
        if kinds.is_decimal(type_):
            wide = array.cast(pa.decimal128(19, 0))
        try:
            return wide.cast(type_)
        except pa.ArrowInvalid:
            return None
    return None


def _read_singly(attributes: pa.Array, policy: Policy) -> Inputs:
    """The policy's inputs, equal attributes read once."""
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
