"""A snapshot as the policy team writes it in YAML: JSON values, each with its place, and changes to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import evolve, frozen

from postloan_rules.policy.reader import Listing, Node, Scalar, Section
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postloan_rules.problems import Span
    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = [
    "Fields",
    "Items",
    "Leaf",
    "NothingThere",
    "Path",
    "Piece",
    "added",
    "changed",
    "placed",
    "plain",
    "read_path",
    "removed",
    "root",
    "spot",
]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NULL = ("null", "Null", "NULL", "~", "")
_WHOLE = ("days", "months", "count", "number")
_PATH = re.compile(r"\w+(\[-?[0-9]{1,6}\]|\.\w+)*")
_STEP = re.compile(r"\[(-?[0-9]+)\]|\[\"(.*?)\"\]|\.?(\w+)")

Step: TypeAlias = str | int


@frozen
class Leaf:
    """One value."""

    value: str | int | bool | None
    span: Span


@frozen
class Items:
    """A list."""

    items: tuple[Piece, ...]
    span: Span


@frozen
class Fields:
    """A record, and where each of its keys is written."""

    fields: Mapping[str, Piece]
    keys: Mapping[str, Span]
    span: Span


Piece: TypeAlias = Leaf | Items | Fields


def plain(piece: Piece) -> object:
    """The values alone, as the reader of snapshots takes them."""
    match piece:
        case Leaf(value=value):
            return value
        case Items(items=items):
            return [plain(item) for item in items]
        case Fields(fields=fields):
            return {name: plain(part) for name, part in fields.items()}


def placed(node: Node, item: FieldInfo | None) -> Piece:
    """The values of a node that stands for a field; without a field, for a scalar that nothing describes.

    Scalars become what the field holds: whole numbers and truth values are JSON values, all else stays text.
    What does not fit stays as it is, for the reader of snapshots to refuse.
    """
    record = catalogue.records()[item.record] if item is not None and item.record is not None else None
    match node:
        case Scalar():
            return Leaf(_value(node, item), node.span)
        case Listing(items=items):
            return Items(tuple(placed(each, item) for each in items), node.span)
        case Section():
            return _fields(node, record)


def _fields(node: Section, record: RecordInfo | None) -> Fields:
    fields: dict[str, Piece] = {}
    for entry in node.entries:
        name = entry.key.value
        fields[name] = placed(entry.value, record.by_name.get(name) if record is not None else None)
    return Fields(fields, {entry.key.value: entry.key.span for entry in node.entries}, node.span)


def _value(scalar: Scalar, item: FieldInfo | None) -> str | int | bool | None:
    text = scalar.value
    if not scalar.plain:
        return text
    if text in _NULL:
        return None
    if text in ("true", "false") and (item is None or item.kind == "boolean"):
        return text == "true"
    if _INTEGER.fullmatch(text) and (item is None or item.kind in _WHOLE):
        return int(text)
    return text


def root(node: Node) -> Piece:
    """The values of a node that stands for a whole snapshot."""
    if isinstance(node, Section):
        return _fields(node, catalogue.records()["Snapshot"])
    return placed(node, None)


def spot(piece: Piece, json_path: str) -> Span:
    """Where a JSON path such as `$.accounts[0].credit_limit` is written, or what of it is."""
    span = piece.span
    for step in _steps(json_path.removeprefix("$")):
        match piece:
            case Fields(fields=fields, keys=keys) if isinstance(step, str) and step in fields:
                known = isinstance(fields[step], Leaf)
                piece = fields[step]
                span = piece.span if known else keys.get(step, piece.span)
            case Items(items=items) if isinstance(step, int) and step < len(items):
                piece = items[step]
                span = piece.span
            case _:
                break
    return span


def _steps(text: str) -> tuple[Step, ...]:
    return tuple(
        int(match[1]) if match[1] is not None else (match[2] if match[2] is not None else match[3])
        for match in _STEP.finditer(text)
    )


@frozen
class Path:
    """A way from the snapshot down to a field or a member of a list, as an example writes it."""

    text: str
    steps: tuple[Step, ...]
    item: FieldInfo | None
    """The field that it leads to (or whose member); None for an attribute."""
    span: Span

    @property
    def is_list(self) -> bool:
        """Whether it leads to a whole list."""
        return self.item is not None and self.item.many and not isinstance(self.steps[-1], int)


def read_path(scalar: Scalar) -> Path | Problem:
    """The path that a text writes, or why it leads nowhere."""
    text = scalar.value
    if _PATH.fullmatch(text) is None:
        help_ = "write names with `.` between them and members in brackets: `accounts[0].statements[-1].fees`"
        return Problem("PR0603", f"`{text}` is no path to a field of the snapshot", scalar.span, help_)
    steps = _steps(text)
    records = catalogue.records()
    record: RecordInfo | None = records["Snapshot"]
    item: FieldInfo | None = None
    open_list = attributes = False
    for number, step in enumerate(steps):
        before = _text(steps[:number])
        if isinstance(step, int):
            if not open_list:
                return Problem("PR0604", f"`{before}` is no list", scalar.span, f"leave out `[{step}]`")
            open_list = False
            continue
        if open_list:
            help_ = f"say which: `{before}[0].{step}` for the first, `{before}[-1].{step}` for the last"
            return Problem("PR0604", f"`{before}` is a list", scalar.span, help_)
        if attributes:
            item, attributes, record = None, False, None
            continue
        if record is None:
            return Problem("PR0604", f"`{before}` has no fields, so there is no `{text}`", scalar.span)
        if step == "attributes" and record.has_attributes:
            item, attributes = None, True
            continue
        item = record.by_name.get(step)
        if item is None:
            known = [*record.by_name, *(["attributes"] if record.has_attributes else [])]
            help_ = did_you_mean(step, known, what="its fields are")
            of = f"`{before}`" if before else "a snapshot"
            return Problem("PR0604", f"{of} has no field `{step}`", scalar.span, help_)
        open_list = item.many
        record = records[item.record] if item.record is not None else None
    return Path(text, steps, item, scalar.span)


def _text(steps: tuple[Step, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


class NothingThere(Exception):  # noqa: N818 - says what is the matter, and never leaves this room
    """A path leads to a member or a field that this snapshot does not have."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


def changed(piece: Piece, path: Path, new: Piece) -> Piece:
    """The snapshot with another value at a path.

    Raises:
        NothingThere: when a list on the way has no such member.
    """
    return cast("Piece", _at(piece, path, 0, lambda _: new))


def removed(piece: Piece, path: Path) -> Piece:
    """The snapshot without what a path leads to, which is unknown then.

    Raises:
        NothingThere: when there is nothing to remove.
    """

    def gone(old: Piece | None) -> None:
        if old is None:
            message = f"there is no `{path.text}` to remove"
            raise NothingThere(Problem("PR0606", message, path.span, "delete it here, or look at the path"))

    return cast("Piece", _at(piece, path, 0, gone))


def added(piece: Piece, path: Path, more: Items) -> Piece:
    """The snapshot with more members in the list at a path.

    Raises:
        NothingThere: when a list on the way has no such member.
    """

    def longer(old: Piece | None) -> Piece:
        return evolve(more, items=(*old.items, *more.items)) if isinstance(old, Items) else more

    return cast("Piece", _at(piece, path, 0, longer))


def _at(
    piece: Piece | None, path: Path, depth: int, change: Callable[[Piece | None], Piece | None]
) -> Piece | None:
    if depth == len(path.steps):
        return change(piece)
    step = path.steps[depth]
    if isinstance(step, int):
        return _member(piece, path, depth, step, change)
    known = piece if isinstance(piece, Fields) else Fields({}, {}, path.span)
    part = _at(known.fields.get(step), path, depth + 1, change)
    fields = {name: each for name, each in known.fields.items() if name != step}
    if part is not None:
        fields[step] = part
    return evolve(known, fields=fields, keys={**known.keys, step: path.span})


def _member(
    piece: Piece | None, path: Path, depth: int, step: int, change: Callable[[Piece | None], Piece | None]
) -> Piece:
    items = piece.items if isinstance(piece, Items) else ()
    if not -len(items) <= step < len(items):
        before = _text(path.steps[:depth])
        has = f"has {len(items)} member{'' if len(items) == 1 else 's'}" if items else "is empty"
        message = f"`{before}` {has} in this snapshot, so there is no `{before}[{step}]`"
        help_ = "count from 0, or from -1 backwards; put new members under `add`"
        raise NothingThere(Problem("PR0605", message, path.span, help_))
    index = step % len(items)
    part = _at(items[index], path, depth + 1, change)
    members = (*items[:index], *((part,) if part is not None else ()), *items[index + 1 :])
    return Items(members, piece.span if piece is not None else path.span)
