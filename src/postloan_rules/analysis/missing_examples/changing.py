"""What an example writes to get from a profile to a customer: fields changed, records added, others gone."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from attrs import frozen

from postloan_rules.analysis.placed import (
    Fields,
    Items,
    Leaf,
    NothingThere,
    Piece,
    added,
    changed,
    plain,
    read_path,
    removed,
)
from postloan_rules.policy.reader import Scalar
from postloan_rules.problems import Problem, Source, Span, Text
from postloan_rules.snapshot import Snapshot, SnapshotInvalid, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from postloan_rules.snapshot.catalogue import RecordInfo

__all__ = ["Edit", "applied", "edits_between"]

_Record: TypeAlias = "Mapping[str, object]"


@frozen
class Edit:
    """One line of an example."""

    kind: Literal["remove", "change", "add"]
    path: str
    value: object = None
    """A JSON value; of `add` the records."""


def edits_between(profile: _Record, customer: _Record) -> tuple[Edit, ...]:
    """What to write.

    Args:
        profile: The customer to start from, as it is written: lists in the order of writing.
        customer: The customer to get to, as JSON.
    """
    return tuple(_of_record("", profile, customer, catalogue.records()["Snapshot"]))


def _of_record(path: str, old: _Record, new: _Record, info: RecordInfo | None) -> Iterator[Edit]:
    for name in dict.fromkeys((*old, *new)):
        here = f"{path}.{name}" if path else name
        before, after = old.get(name), new.get(name)
        field = info.by_name.get(name) if info is not None else None
        if field is None and name == "attributes" and info is not None:
            yield from _of_record(here, _record(before), _record(after), None)
            continue
        if after is None:
            if before is not None:
                yield Edit("remove", here)
            continue
        inner = catalogue.records()[field.record] if field is not None and field.record is not None else None
        if inner is None or before is None or after in ([], {}):
            if not _alike(before, after):
                yield Edit("change", here, after)
        elif isinstance(before, list) and isinstance(after, list):
            yield from _of_list(here, before, after, inner)
        else:
            yield from _of_record(here, _record(before), _record(after), inner)


def _record(value: object) -> _Record:
    return cast("_Record", value) if isinstance(value, dict) else {}


def _of_list(path: str, old: Sequence[object], new: Sequence[object], info: RecordInfo) -> Iterator[Edit]:
    pairs = _matched([_record(each) for each in old], [_record(each) for each in new], info)
    kept = [number for number in range(len(old)) if number in pairs]
    for number in reversed(range(len(old))):
        if number not in pairs:
            yield Edit("remove", f"{path}[{number}]")
    for place, number in enumerate(kept):
        yield from _of_record(f"{path}[{place}]", _record(old[number]), _record(new[pairs[number]]), info)
    more = [each for number, each in enumerate(new) if number not in pairs.values()]
    if more:
        yield Edit("add", path, more)


def _matched(old: Sequence[_Record], new: Sequence[_Record], info: RecordInfo) -> dict[int, int]:
    """Which record of the one list is which of the other."""
    keys = [each.name for each in info.fields if each.identifier]
    pairs: dict[int, int] = {}
    if keys:
        for number, each in enumerate(old):
            for other, candidate in enumerate(new):
                if all(_alike(each.get(key), candidate.get(key)) for key in keys):
                    pairs[number] = other
        return pairs
    free = list(range(len(new)))
    for exact in (True, False):
        for number, each in enumerate(old):
            if number in pairs or not free:
                continue
            best = max(free, key=lambda other: (_likeness(each, new[other]), -other))
            names = {*each, *new[best]}
            enough = len(names) if exact else (len(names) + 1) // 2
            if _likeness(each, new[best]) >= enough:
                pairs[number] = best
                free.remove(best)
    return pairs


def _likeness(one: _Record, other: _Record) -> int:
    return sum(_alike(one.get(name), other.get(name)) for name in {*one, *other})


def _alike(one: object, other: object) -> bool:
    """Whether two JSON values are the same to a reader: `1000` and `"1000.00"` are."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one.get(name), other.get(name)) for name in {*one, *other})
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return str(one) == str(other)


# Carrying out


_SOURCE = Source("an example", "")
_NOWHERE = Span(_SOURCE, 0, 0)


def applied(profile: Piece, edits: Iterable[Edit]) -> Snapshot | None:
    """The customer that comes of it, as a reader of the example makes it; None where it can't be used."""
    order = {"remove": 0, "change": 1, "add": 2}
    piece = profile
    for edit in sorted(edits, key=lambda each: order[each.kind]):
        path = read_path(Scalar(Text.of(edit.path), _NOWHERE))
        if isinstance(path, Problem):
            return None
        try:
            match edit.kind:
                case "remove":
                    piece = removed(piece, path)
                case "change":
                    piece = changed(piece, path, _piece(edit.value))
                case "add":
                    more = _piece(edit.value)
                    piece = added(piece, path, more) if isinstance(more, Items) else piece
        except NothingThere:
            return None
    data = plain(piece)
    try:
        return Snapshot.from_dict(cast("Mapping[str, object]", data))
    except SnapshotInvalid:
        return None


def _piece(value: object) -> Piece:
    match value:
        case dict():
            return Fields({name: _piece(each) for name, each in value.items()}, {}, _NOWHERE)
        case list():
            return Items(tuple(_piece(each) for each in value), _NOWHERE)
        case _:
            return Leaf(cast("str | int | bool | None", value), _NOWHERE)
