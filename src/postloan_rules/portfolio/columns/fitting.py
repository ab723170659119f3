"""Columns of a file to columns of snapshots: what differs is listed, what is another type is converted.

Only conversions that keep every value are made: a wider whole number, a decimal of other digits, a text in a
dictionary. A row with a value that its column can't hold is marked, and read by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.types as kinds  # type: ignore[import-untyped]

from postloan_rules.portfolio.columns.arrays import known, lengths_of, lists, structs
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, FINGERPRINT, arrow_schema, field_type
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["Fitting", "differences"]

_FLOAT_HELP = "write it as a decimal: a binary fraction is not what the books say"


def differences(schema: pa.Schema, digits: int, file: str) -> tuple[Problem, ...]:
    """Everything in which the columns of a file are not those of a snapshot."""
    root, *_ = catalogue.records().values()
    comparing = _Comparing(digits, file)
    fields = {field.name: field.type for field in schema}
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    several = [
        comparing.problem("PR0633", f"the table has two columns `{name}`", "rename one") for name in twice
    ]
    return (*several, *comparing.record(root, fields, ""))


class _Comparing:
    def __init__(self, digits: int, file: str) -> None:
        self.digits = digits
        self.file = file

    def problem(self, code: str, message: str, help_: str) -> Problem:
        return Problem(code, message, help=help_, path=self.file)

    def record(self, info: RecordInfo, fields: dict[str, pa.DataType], path: str) -> Iterator[Problem]:
        names = list(info.by_name)
        if info.has_attributes:
            names.append(ATTRIBUTES)
        if not path:
            names.append(FINGERPRINT)
        for item in info.fields:
            if item.name in fields:
                yield from self.field(item, fields[item.name], f"{path}{item.name}")
            elif not item.optional:
                wanted = field_type(item, self.digits)
                help_ = (
                    "where there are none, add a column of empty lists"
                    if item.many
                    else f"it is {_said(wanted)}"
                )
                yield self.problem("PR0761", f"there is no column `{path}{item.name}`", help_)
        for name, type_ in fields.items():
            if name not in names:
                help_ = did_you_mean(name, names, what="its columns are")
                yield self.problem("PR0763", f"a snapshot has no column `{path}{name}`", help_)
            elif name == ATTRIBUTES and name not in info.by_name:
                yield from self.attributes(type_, f"{path}{name}", inner=bool(path))
            elif name == FINGERPRINT and not path and not _is_text(type_) and not kinds.is_null(type_):
                yield self.other(f"{path}{name}", type_, pa.string())

    def attributes(self, type_: pa.DataType, path: str, *, inner: bool) -> Iterator[Problem]:
        if _is_text(type_) or kinds.is_null(type_):
            return
        if inner or not kinds.is_struct(type_):
            yield self.other(path, type_, pa.string(), "write it as a text: one JSON object")
            return
        for part in type_:
            plain = (
                kinds.is_boolean(part.type)
                or kinds.is_integer(part.type)
                or _is_text(part.type)
                or kinds.is_decimal(part.type)
                or kinds.is_date32(part.type)
                or kinds.is_null(part.type)
            )
            if not plain:
                help_ = _FLOAT_HELP if kinds.is_floating(part.type) else "write it as a text"
                yield self.other(f"{path}.{part.name}", part.type, None, help_)

    def field(self, item: FieldInfo, type_: pa.DataType, path: str) -> Iterator[Problem]:
        wanted = field_type(item, self.digits)
        if item.many:
            if kinds.is_null(type_):
                return
            if not _is_list(type_):
                yield self.other(path, type_, wanted)
                return
            type_, wanted = type_.value_type, wanted.value_type
        if item.record is not None:
            if kinds.is_null(type_):
                return
            if not kinds.is_struct(type_):
                yield self.other(path, type_, wanted)
                return
            fields = {part.name: part.type for part in type_}
            yield from self.record(catalogue.records()[item.record], fields, f"{path}.")
        elif not _fits(type_, wanted):
            yield self.other(path, type_, wanted, _FLOAT_HELP if kinds.is_floating(type_) else "")

    def other(self, path: str, type_: pa.DataType, wanted: pa.DataType | None, help_: str = "") -> Problem:
        message = f"the column `{path}` is {_said(type_)}"
        if wanted is not None:
            message += f", and should be {_said(wanted)}"
        return self.problem("PR0762", message, help_)


def _said(type_: pa.DataType) -> str:
    """A type in few words."""
    if _is_list(type_):
        return f"a list of {_said(type_.value_type)}"
    return "a struct" if kinds.is_struct(type_) else f"`{type_}`"


def _is_text(type_: pa.DataType) -> bool:
    if kinds.is_dictionary(type_):
        return _is_text(type_.value_type)
    return bool(kinds.is_string(type_) or kinds.is_large_string(type_) or kinds.is_string_view(type_))


def _is_list(type_: pa.DataType) -> bool:
    return bool(kinds.is_list(type_) or kinds.is_large_list(type_) or kinds.is_fixed_size_list(type_))


def _fits(type_: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether values of a type may be those of another, each exactly or not at all."""
    if type_ == wanted or kinds.is_null(type_):
        return True
    if kinds.is_string(wanted):
        return _is_text(type_)
    if kinds.is_int32(wanted):
        return bool(kinds.is_integer(type_))
    if kinds.is_decimal(wanted):
        return bool(kinds.is_decimal(type_) or kinds.is_integer(type_))
    if kinds.is_date32(wanted):
        return bool(kinds.is_date(type_))
    if kinds.is_timestamp(wanted):
        return bool(kinds.is_timestamp(type_)) and type_.tz is None
    return False


class Fitting:
    """One batch of a file on its way into the form of a snapshot; the columns were found to fit."""

    def __init__(self, raw: pa.RecordBatch, digits: int, currency: str) -> None:
        self.digits = digits
        self.misfits: NDArray[np.bool_] = np.zeros(raw.num_rows, dtype=np.bool_)
        schema = arrow_schema(currency=currency)
        root, *_ = catalogue.records().values()
        rows = np.arange(raw.num_rows, dtype=np.int64)
        given = {name: raw.column(name) for name in raw.schema.names}
        columns = [self._column(given.get(item.name), item, rows) for item in root.fields]
        columns.append(_attributes(given.get(ATTRIBUTES), raw.num_rows))
        columns.append(self._leaf(given.get(FINGERPRINT), pa.string(), rows))
        fields = [field.with_type(column.type) for field, column in zip(schema, columns, strict=True)]
        self.batch = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))

    def _column(self, array: pa.Array | None, item: FieldInfo, rows: NDArray[np.int64]) -> pa.Array:
        wanted = field_type(item, self.digits)
        if array is None or kinds.is_null(array.type):
            return pa.nulls(len(rows), wanted)
        if array.type == wanted:
            return array
        if not item.many:
            return self._one(array, item, rows, wanted)
        plain = array if kinds.is_list(array.type) else array.cast(pa.list_(array.type.value_type))
        lengths = lengths_of(plain)
        members = self._one(plain.flatten(), item, np.repeat(rows, lengths), wanted.value_type)
        return lists(lengths, members, ~known(plain))

    def _one(
        self, array: pa.Array, item: FieldInfo, rows: NDArray[np.int64], wanted: pa.DataType
    ) -> pa.Array:
        if item.record is None:
            return self._leaf(array, wanted, rows)
        if kinds.is_null(array.type):
            return pa.nulls(len(rows), wanted)
        info = catalogue.records()[item.record]
        given = dict(zip((part.name for part in array.type), array.flatten(), strict=True))
        columns = [self._column(given.get(part.name), part, rows) for part in info.fields]
        if info.has_attributes:
            columns.append(self._leaf(given.get(ATTRIBUTES), pa.string(), rows))
        return structs(columns, list(wanted), ~known(array))

    def _leaf(self, array: pa.Array | None, wanted: pa.DataType, rows: NDArray[np.int64]) -> pa.Array:
        if array is None or kinds.is_null(array.type):
            return pa.nulls(len(rows), wanted)
        if array.type == wanted:
            return array
        if kinds.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if kinds.is_integer(array.type) and kinds.is_decimal(wanted):
            array = array.cast(pa.decimal128(38, 0) if array.type != pa.uint64() else pa.decimal128(20, 0))
        try:
            return array.cast(wanted)
        except pa.ArrowInvalid:
            return self._singly(array, wanted, rows)

    def _singly(self, array: pa.Array, wanted: pa.DataType, rows: NDArray[np.int64]) -> pa.Array:
        """The values that can be held; the rows of the others are marked."""
        coded = array.dictionary_encode()
        held = []
        for value in coded.dictionary:
            try:
                held.append(value.cast(wanted).as_py())
            except (pa.ArrowInvalid, ValueError):
                held.append(None)
        places = coded.indices
        fitted = pa.array(held, wanted).take(places)
        self.misfits[rows[known(array) & ~known(fitted)]] = True
        return fitted


def _attributes(array: pa.Array | None, count: int) -> pa.Array:
    if array is None or kinds.is_null(array.type):
        return pa.nulls(count, pa.string())
    return array if kinds.is_struct(array.type) else array.cast(pa.string())
