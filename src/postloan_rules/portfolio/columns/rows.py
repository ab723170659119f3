"""Rows back to snapshots: one row strictly, or a whole batch that was checked, quickly."""

from __future__ import annotations

from collections import deque
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, cast

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import evolve, frozen

from postloan_rules.portfolio.columns.arrays import known, lengths_of, numbers, objects, units_of
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, FINGERPRINT
from postloan_rules.problems import Problem
from postloan_rules.snapshot import Attributes, Snapshot, SnapshotInvalid, catalogue
from postloan_rules.snapshot.currency import minor_digits
from postloan_rules.snapshot.decoding import decode
from postloan_rules.snapshot.writing import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["read_attributes", "snapshot_of", "snapshots_of"]

_EXACT = Context(prec=38)
_EPOCH = date(1970, 1, 1).toordinal()


def snapshot_of(row: Mapping[str, object], where: str = "") -> Snapshot:
    """The snapshot that a row holds, read as strictly as JSON is.

    `row` is a member of `batch.to_pylist()`; `where` names its file and number in problems.

    Raises:
        SnapshotInvalid: with every problem that was found, each with `where` and its path.
    """
    data = {name: value for name, value in row.items() if name != FINGERPRINT}
    problems: list[Problem] = []
    data[ATTRIBUTES] = _attributes(data.get(ATTRIBUTES), f"$.{ATTRIBUTES}", problems)
    events = data.get("events")
    if isinstance(events, list):
        data["events"] = [
            {
                **event,
                ATTRIBUTES: _attributes(event.get(ATTRIBUTES), f"$.events[{at}].{ATTRIBUTES}", problems),
            }
            if isinstance(event, dict)
            else event
            for at, event in enumerate(events)
        ]
    try:
        snapshot = Snapshot.from_dict(data)
    except SnapshotInvalid as invalid:
        problems += invalid.problems
    else:
        if not problems:
            return snapshot
    raise SnapshotInvalid(
        evolve(problem, path=f"{where}: {problem.path}" if where else problem.path) for problem in problems
    )


def _attributes(value: object, path: str, problems: list[Problem]) -> object:
    """Named scalars from JSON, or from a struct; the reader of snapshots says what is wrong with them."""
    match value:
        case str():
            decoded = decode(value)
            if not isinstance(decoded, Problem):
                return decoded
            problems.append(evolve(decoded, span=None, path=path))
            return None
        case dict():
            return {name: _scalar(each) for name, each in value.items() if each is not None}
        case _:
            return value


def _scalar(value: object) -> object:
    match value:
        case Decimal():
            return decimal_text(value, 0)
        case date():
            return value.isoformat()
        case _:
            return value


def snapshots_of(batch: pa.RecordBatch) -> Iterator[Snapshot]:
    """The snapshots of a batch whose rows were checked by a reader: nothing is looked at twice.

    A batch of unknown origin goes through `snapshot_of`, row by row.
    """
    root, *_ = catalogue.records().values()
    columns = {name: batch.column(name) for name in batch.schema.names}
    digits = [minor_digits(str(currency)) for currency in objects(columns["currency"])]
    return cast("Iterator[Snapshot]", iter(_Reading(_least(digits)).records(root, columns, batch.num_rows)))


def _least(digits: list[int]) -> int | None:
    """How many decimals all amounts have; None where they differ from row to row."""
    return digits[0] if len(set(digits)) == 1 else None


@frozen
class _Reading:
    """One run over a batch."""

    digits: int | None

    def records(self, info: RecordInfo, columns: Mapping[str, pa.Array], count: int) -> list[object]:
        """Records from the columns of their fields."""
        cls = info.cls
        made: list[object] = [object.__new__(cls) for _ in range(count)]
        for item in info.fields:
            _set(cls, item.name, made, self._field(columns[item.name], item))
        if info.has_attributes:
            _set(cls, ATTRIBUTES, made, list(read_attributes(columns[ATTRIBUTES])))
        return made

    def _field(self, array: pa.Array, item: FieldInfo) -> list[object]:
        if not item.many:
            return self._values(array, item)
        # A list that is unknown may still hold hidden members: `flatten` leaves them out.
        members = iter(self._values(array.flatten(), item))
        return [
            tuple(islice(members, length)) if there else None
            for length, there in zip(lengths_of(array).tolist(), known(array).tolist(), strict=True)
        ]

    def _values(self, array: pa.Array, item: FieldInfo) -> list[object]:
        match item.kind:
            case "record":
                info = catalogue.records()[item.record or ""]
                there = known(array)
                present = array.filter(pa.array(there)) if array.null_count else array
                fields = dict(zip((field.name for field in array.type), present.flatten(), strict=True))
                found = iter(self.records(info, fields, len(present)))
                return [next(found) if each else None for each in there.tolist()]
            case "money":
                return _amounts(array, self.digits)
            case "rate" | "ratio":
                return _rates(array)
            case "days" | "months" | "count" | "number":
                return _or_unknown(numbers(array).tolist(), array)
            case "date":
                return _or_unknown(list(map(_day, numbers(array).tolist())), array)
            case "date-time":
                return list(array.to_pylist())
            case "boolean" | "string":
                return objects(array)
            case "enumeration":
                members = {member.value: member for member in item.choices or ()}
                return [None if text is None else members[str(text)] for text in objects(array)]


def _set(cls: type, name: str, records: list[object], values: list[object]) -> None:
    # The classes are frozen, and their values were checked in columns: this is the one way past both.
    deque(map(cls.__dict__[name].__set__, records, values), maxlen=0)


def _or_unknown(values: list[object], array: pa.Array) -> list[object]:
    if not array.null_count:
        return values
    return [value if there else None for value, there in zip(values, known(array).tolist(), strict=True)]


@lru_cache(maxsize=100_000)
def _day(since_epoch: int) -> date:
    return date.fromordinal(since_epoch + _EPOCH)


@lru_cache(maxsize=100_000)
def _amount(units: int, scale: int) -> Decimal:
    return _EXACT.scaleb(Decimal(units), -scale)


@lru_cache(maxsize=100_000)
def _rate(units: int, scale: int) -> Decimal:
    return Decimal(decimal_text(_EXACT.scaleb(Decimal(units), -scale), 0))


def _amounts(array: pa.Array, digits: int | None) -> list[object]:
    scale = array.type.scale
    made = [_amount(units, scale) for units in units_of(array).tolist()]
    if digits != scale:
        least = digits if digits is not None else 0
        made = [Decimal(decimal_text(amount, least)) for amount in made]
    return _or_unknown(list(made), array)


def _rates(array: pa.Array) -> list[object]:
    scale = array.type.scale
    return _or_unknown([_rate(units, scale) for units in units_of(array).tolist()], array)


def read_attributes(array: pa.Array) -> list[Attributes]:
    """Attributes that were checked, from JSON or from a struct; what is no JSON has no attributes."""
    if pa.types.is_struct(array.type):
        found = [_attributes(value, "", []) for value in array.to_pylist()]
        return [Attributes(cast("dict[str, str]", each or {})) for each in found]
    return [_read_json(text) for text in objects(array)]


def _read_json(text: object) -> Attributes:
    if text is None:
        return Attributes()
    return _decoded(str(text))


@lru_cache(maxsize=10_000)
def _decoded(text: str) -> Attributes:
    decoded = decode(text)
    try:
        return Attributes(cast("dict[str, str]", decoded) if isinstance(decoded, dict) else None)
    except TypeError:
        return Attributes()
