"""Flat columns through a mapping, whole columns at a time: every cell that is plainly right becomes a value.

Where one is not, its row is marked, and read by itself, cell by cell: what is wrong with it is said as ever,
and a number that needs more care than 64 bits give is still taken exactly.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from attrs import frozen

from postloan_rules.policy.periods import before
from postloan_rules.portfolio.columns.arrays import decimals, known, lists, structs, whole
from postloan_rules.portfolio.columns.cells import Texts, number_units
from postloan_rules.portfolio.columns.order import ORDER
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, arrow_schema, field_type, record_type
from postloan_rules.portfolio.template import Cell, Constant, MonthEnd, Record, Records, Template
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.refusal import Refusal
from postloan_rules.snapshot.values import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from postloan_rules.portfolio.mapping import ColumnMapping, Outcome
    from postloan_rules.portfolio.template import Member
    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["Laid", "lay_out", "outcome_of"]

_EPOCH = date(1970, 1, 1).toordinal()
_NUMBERS = ("money", "rate", "ratio", "days", "months", "count", "number")


@frozen(eq=False)
class Laid:
    """Flat rows in the form of snapshots, and those that have to be read by themselves."""

    batch: pa.RecordBatch
    look: NDArray[np.bool_]


def lay_out(
    mapping: ColumnMapping, columns: Mapping[str, Texts], count: int, digits: int, currency: str
) -> Laid:
    """The rows of some flat columns as the mapping says."""
    laying = _Laying(mapping, columns, count, digits)
    code = mapping.snapshot.fields.get("currency")
    if isinstance(code, Cell):
        # Amounts are rounded to the coins of their own currency.
        coded = columns[code.column].texts.dictionary_encode()
        other = [minor_digits(text) != digits for text in coded.dictionary.to_pylist()]
        laying.look |= np.array(other, dtype=np.bool_)[coded.indices.to_numpy()]
    root, *_ = catalogue.records().values()
    fields = mapping.snapshot.fields
    as_of = fields.get("as_of")
    if as_of is not None:
        laying.as_of = laying.part(as_of, root.by_name["as_of"])
    arrays = [laying.field(fields.get(item.name), item) for item in root.fields]
    arrays.append(laying.attributes(fields.get(ATTRIBUTES)))
    arrays.append(pa.nulls(count, pa.string()))
    schema = arrow_schema(currency=currency)
    typed = pa.schema([part.with_type(array.type) for part, array in zip(schema, arrays, strict=True)])
    return Laid(pa.RecordBatch.from_arrays(arrays, schema=typed), laying.look)


def outcome_of(
    outcome: Outcome, mapping: ColumnMapping, columns: Mapping[str, Texts]
) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Whether what became of each customer was bad, and the rows in which the column says neither."""
    texts = columns[outcome.column].texts
    bad, good = _among(texts, outcome.bad), _among(texts, outcome.good)
    neither = ~bad & ~good
    unknown = neither & _among(texts, frozenset({"", *mapping.unknown}))
    return pa.array(bad, mask=neither), neither & ~unknown


def _among(texts: pa.Array, members: frozenset[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(texts, value_set=pa.array(sorted(members), pa.string())).to_numpy(
        zero_copy_only=False
    )
    return found


class _Laying:
    """One run over some rows."""

    def __init__(self, mapping: ColumnMapping, columns: Mapping[str, Texts], count: int, digits: int) -> None:
        self.mapping = mapping
        self.columns = columns
        self.count = count
        self.digits = digits
        self.look: NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)
        self.as_of: pa.Array | None = None
        self.empty = frozenset({"", *mapping.unknown})

    def field(self, template: Template | None, item: FieldInfo) -> pa.Array:
        """A field of every row."""
        if template is None:
            return pa.nulls(self.count, field_type(item, self.digits))
        return self.part(template, item)

    def part(self, template: Template, item: FieldInfo) -> pa.Array:
        match template:
            case Constant(value=value):
                return self._constant(value, item)
            case MonthEnd(months=months):
                return self._month_end(months)
            case Cell():
                return self._cell(template, item)
            case Record():
                return self._record(template, catalogue.records()[item.record or ""])
            case Records(members=members):
                return self._members(members, item)

    def _record(self, record: Record, info: RecordInfo) -> pa.StructArray:
        children = [self.field(record.fields.get(item.name), item) for item in info.fields]
        if info.has_attributes:
            children.append(self._inner_attributes(record.fields.get(ATTRIBUTES)))
        return structs(children, list(record_type(info.name, self.digits)))

    def _inner_attributes(self, template: Template | None) -> pa.Array:
        if template is not None:
            # Attributes of an event from a table: so rare that the rows are read one by one.
            self.look[:] = True
        return pa.nulls(self.count, pa.string())

    def _members(self, members: tuple[Member, ...], item: FieldInfo) -> pa.Array:
        wanted = field_type(item, self.digits)
        if not members:
            return lists(np.zeros(self.count, dtype=np.int64), pa.nulls(0, wanted.value_type))
        info = catalogue.records()[item.record or ""]
        ordered = _oldest_first(members, info)
        present = np.ones((self.count, len(ordered)), dtype=np.bool_)
        for place, member in enumerate(ordered):
            if member.unless is not None:
                present[:, place] = ~_among(self.columns[member.unless.column].texts, member.unless.texts)
        made = []
        for place, member in enumerate(ordered):
            before_ = self.look.copy()
            made.append(self._record(member.record, info))
            # What is wrong in a record that is left out is not looked at.
            self.look = before_ | (self.look & present[:, place])
        rows, places = np.nonzero(present)
        stacked = pa.concat_arrays(made)
        return lists(present.sum(axis=1), stacked.take(pa.array(places * self.count + rows)))

    def _constant(self, value: object, item: FieldInfo) -> pa.Array:
        wanted = field_type(item, self.digits)
        if value is None:
            return pa.nulls(self.count, wanted)
        given = value if item.many and isinstance(value, list) else [value]
        read = [read_value(each, item, self.digits) for each in given]
        if any(isinstance(each, Refusal) for each in read):
            self.look[:] = True
            return pa.nulls(self.count, wanted)
        scalar = pa.scalar(sorted(map(str, read)) if item.many else read[0], wanted)
        return pa.repeat(scalar, self.count)

    def _month_end(self, months: int) -> pa.Array:
        if self.as_of is None:
            return pa.nulls(self.count, pa.date32())
        coded = self.as_of.dictionary_encode()
        ends = []
        for day in coded.dictionary.to_pylist():
            month = before(day.replace(day=1), months - 1, "months")
            ends.append(before(month, 1, "days"))
        return pa.array(ends, pa.date32()).take(coded.indices)

    def _cell(self, cell: Cell, item: FieldInfo) -> pa.Array:
        column = self.columns[cell.column]
        wanted = field_type(item, self.digits)
        if cell.codes is not None:
            return self._coded(cell, item, wanted)
        unknown = column.among(self.empty)
        if item.kind in _NUMBERS:
            scale = wanted.scale if pa.types.is_decimal(wanted) else 0
            units, wrong = number_units(
                column,
                unknown,
                scale,
                cell.scale,
                rounds=item.kind == "money" and cell.scale is not None,
                exponents=self.mapping.exponents,
            )
            if pa.types.is_decimal(wanted):
                wrong |= np.abs(units) >= 10**wanted.precision
                self.look |= wrong
                return decimals(np.where(wrong, 0, units), wanted, unknown | wrong)
            wrong |= np.abs(units) >= 2**31
            self.look |= wrong
            return whole(np.where(wrong, 0, units), wanted, unknown | wrong)
        texts = column.texts
        if item.kind in ("string", "enumeration"):
            return pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), texts)
        return self._few(texts, item, wanted, unknown)

    def _few(
        self, texts: pa.Array, item: FieldInfo, wanted: pa.DataType, unknown: NDArray[np.bool_]
    ) -> pa.Array:
        """Days, moments, yes and no: of which there are few different ones, each read once."""
        coded = texts.dictionary_encode()
        read: list[object] = []
        for text in coded.dictionary.to_pylist():
            value = {"true": True, "false": False}.get(text, text) if item.kind == "boolean" else text
            found = read_value(value, item, self.digits)
            read.append(None if isinstance(found, Refusal) else found)
        found_ = pa.array(read, wanted).take(coded.indices)
        self.look |= ~known(found_) & ~unknown
        return pc.if_else(pa.array(unknown), pa.scalar(None, wanted), found_)

    def _coded(self, cell: Cell, item: FieldInfo, wanted: pa.DataType) -> pa.Array:
        codes = dict(cell.codes or {})
        texts = self.columns[cell.column].texts
        read = [None if value is None else read_value(value, item, self.digits) for value in codes.values()]
        wrong = np.array([isinstance(value, Refusal) for value in read], dtype=np.bool_)
        values = pa.array([None if isinstance(value, Refusal) else value for value in read], wanted)
        places = pc.index_in(texts, value_set=pa.array(list(codes), pa.string()))
        found = known(places)
        self.look |= ~found & ~_among(texts, self.empty)
        if wrong.any():
            self.look |= found & wrong[places.fill_null(0).to_numpy(zero_copy_only=False)]
        return values.take(places)

    # Attributes

    def attributes(self, template: Template | None) -> pa.Array:
        """The attributes of every row, in a struct; an attribute that is not known is left out."""
        if not isinstance(template, Record) or not template.fields:
            return pa.nulls(self.count, pa.string())
        children = {name: self._attribute(part) for name, part in template.fields.items()}
        return pa.StructArray.from_arrays(list(children.values()), names=list(children))

    def _attribute(self, template: Template) -> pa.Array:
        """One attribute; a text, but for codes and constants of another kind."""
        match template:
            case Constant(value=value):
                return pa.repeat(pa.scalar(value), self.count)
            case Cell(codes=None):
                column = self.columns[template.column]
                unknown = column.among(self.empty)
                return pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), column.texts)
            case Cell(codes=codes):
                values = list((codes or {}).values())
                kinds = {type(value) for value in values if value is not None}
                if len(kinds) > 1:
                    self.look[:] = True
                    return pa.nulls(self.count, pa.string())
                texts = self.columns[template.column].texts
                places = pc.index_in(texts, value_set=pa.array(list(codes or {}), pa.string()))
                self.look |= ~known(places) & ~_among(texts, self.empty)
                return pa.array(values).take(places)
            case _:
                self.look[:] = True
                return pa.nulls(self.count, pa.string())


def _oldest_first(members: tuple[Member, ...], info: RecordInfo) -> list[Member]:
    """The members by their day where it is so many months back, so that no row needs sorting."""
    day, _ = ORDER[info.name]
    days = [member.record.fields.get(day) for member in members]
    if not all(isinstance(each, MonthEnd) for each in days):
        return list(members)
    back = [each.months if isinstance(each, MonthEnd) else 0 for each in days]
    return [members[place] for place in sorted(range(len(members)), key=lambda place: -back[place])]
