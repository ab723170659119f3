"""The forms in which customers come: Parquet, Arrow, JSON lines, CSV; each in batches."""

from __future__ import annotations

from glob import glob, has_magic
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.limits import LIMITS
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Chunk", "File", "Form", "Lines", "files_of", "json_lines", "table_file"]

Form = Literal["parquet", "arrow", "json lines", "csv", "table"]

_SUFFIXES: dict[str, Form] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".json": "json lines",
    ".csv": "csv",
    ".tsv": "csv",
}
_HIDDEN = ("_", ".")
"""Files that begin so are not data: half-written parts, lists of what is done."""


@frozen(eq=False)
class File:
    """One file of customers, or one table in memory."""

    name: str
    form: Form
    schema: pa.Schema | None = field(repr=False, default=None)
    """The columns; None where the file holds texts."""
    rows: int | None = None
    """How many customers it holds, where that is known without reading it."""
    read: Callable[[int, int, list[str] | None], Iterator[Chunk]] | None = field(repr=False, default=None)
    """Batches of at most so many rows, with some columns or all. The first so many may be left out."""


@frozen(eq=False)
class Chunk:
    """Some rows of a file."""

    first: int
    """The number of the first row, from 1."""
    batch: pa.RecordBatch | None = field(repr=False)
    """None for one that is not looked at."""


def files_of(data: str | Path) -> tuple[File, ...]:
    """The files that a path names: itself, the Parquet files of a folder, those that a pattern fits.

    Raises:
        ColumnsInvalid: when there are none, or one can't be read.
    """
    paths = _paths(str(data))
    if not paths:
        message, help_ = "no file fits the pattern", ""
        if Path(data).is_dir():
            message = "the folder holds no Parquet files"
            help_ = "name a file of another kind by itself, or several by a pattern such as `book/*.jsonl`"
        elif not has_magic(str(data)):
            message = "there is no such file"
        raise ColumnsInvalid([Problem("PR0764", message, help=help_, path=str(data))])
    return tuple(map(_file, paths))


def _paths(data: str) -> list[Path]:
    if Path(data).is_dir():
        found = sorted(Path(data).rglob("*.parquet"))
        return [path for path in found if not path.name.startswith(_HIDDEN)]
    if has_magic(data) and not Path(data).exists():
        # The pattern is one of the shell's, and may begin anywhere.
        matched = sorted(map(Path, glob(data, recursive=True)))  # noqa: PTH207
        return [path for path in matched if path.is_file() and not path.name.startswith(_HIDDEN)]
    return [Path(data)] if Path(data).is_file() else []


def _file(path: Path) -> File:
    form = _SUFFIXES.get(path.suffix.lower())
    if form is None:
        known = ", ".join(f"`{suffix}`" for suffix in _SUFFIXES)
        message = f"what kind of file `{path.name}` is can't be told from its name"
        raise ColumnsInvalid([Problem("PR0764", message, help=f"it should end in {known}", path=str(path))])
    try:
        match form:
            case "parquet":
                return _parquet(path)
            case "arrow":
                return _arrow(path)
            case _:
                return File(path.as_posix(), form)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).split("\n")[0][:200].rstrip(".")
        message = f"the file can't be read as {form.capitalize()}"
        raise ColumnsInvalid([Problem("PR0764", message, help=reason, path=path.as_posix())]) from error


def _parquet(path: Path) -> File:
    with pq.ParquetFile(path) as opened:
        schema, rows = opened.schema_arrow, opened.metadata.num_rows

    def read(size: int, skip: int, columns: list[str] | None) -> Iterator[Chunk]:
        first = 1
        with pq.ParquetFile(path) as opened:
            for group in range(opened.num_row_groups):
                rows = opened.metadata.row_group(group).num_rows
                batches = -(-rows // size)
                if skip >= batches:
                    yield from (Chunk(first + number * size, None) for number in range(batches))
                    first += rows
                    skip -= batches
                    continue
                for batch in opened.iter_batches(size, [group], columns):
                    yield Chunk(first, batch)
                    first += batch.num_rows
                skip = 0

    return File(path.as_posix(), "parquet", schema, rows, read)


def _arrow(path: Path) -> File:
    """An Arrow file, or a stream; which of the two its first bytes tell."""
    with path.open("rb") as opened:
        is_file = opened.read(6) == b"ARROW1"
    open_ = pa.ipc.open_file if is_file else pa.ipc.open_stream
    with pa.OSFile(str(path)) as source, open_(source) as reader:
        schema = reader.schema

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(path)) as source, open_(source) as reader:
            if is_file:
                yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
            else:
                yield from reader

    def read(size: int, skip: int, columns: list[str] | None) -> Iterator[Chunk]:  # noqa: ARG001 - all are at hand
        return _cut(batches(), size)

    return File(path.as_posix(), "arrow", schema, None, read)


def table_file(table: pa.Table | pa.RecordBatch, name: str = "table") -> File:
    """A table in memory, as if it were a file."""
    whole = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table

    def read(size: int, skip: int, columns: list[str] | None) -> Iterator[Chunk]:  # noqa: ARG001 - as above
        return _cut(whole.to_batches(), size)

    return File(name, "table", whole.schema, whole.num_rows, read)


def _cut(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[Chunk]:
    first = 1
    for batch in batches:
        for start in range(0, batch.num_rows, size):
            yield Chunk(first + start, batch.slice(start, size))
        first += batch.num_rows


Lines = list[tuple[int, bytes]]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; only the beginning of one that is too long for a snapshot."""
    most = LIMITS.snapshot_bytes + 2
    while line := file.readline(most):
        yield line
        while len(line) == most and not line.endswith(b"\n"):
            line = file.readline(most)


def _holds(line: bytes) -> bool:
    """Whether a line holds something; of one that is cut the beginning may be blank."""
    return len(line) > LIMITS.snapshot_bytes or bool(line.strip())


def json_lines(path: str, size: int) -> Iterator[Lines]:
    """The lines of a file that hold something, each with its number."""
    with Path(path).open("rb") as file:
        lines = ((number, line) for number, line in enumerate(_lines(file), start=1) if _holds(line))
        while chunk := list(islice(lines, size)):
            yield chunk
