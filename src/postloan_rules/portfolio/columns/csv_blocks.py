"""CSV in blocks of whole rows: the plain ones by Arrow, the others as `postloan simulate` reads them.

A block is plain when no quote stands in it, all rows have the same number of cells, and no line is blank.
From the first quote on the rest of the file goes through the row reader: a quote may hide the end of a row.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pacsv  # type: ignore[import-untyped]
from attrs import field, frozen

from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.table import Row
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Block", "blocks_of", "header_of"]

_BLOCK = 8 << 20
_LONGEST_LINE = csv.field_size_limit()
_BOM = b"\xef\xbb\xbf"


@frozen(eq=False)
class Block:
    """Some rows of a CSV file."""

    lines: NDArray[np.int64] = field(repr=False)
    """The line on which each row ends."""
    columns: tuple[pa.Array, ...] | None = field(repr=False)
    """The cells, column by column; None for a block that is not looked at."""
    others: tuple[Row | Problem, ...] = ()
    """Rows of another number of cells, and what is no row."""


def header_of(path: str, delimiter: str) -> tuple[tuple[str, ...], int, int]:
    """The names of the columns, where the rows begin, and on which line the header ends.

    Raises:
        MappingInvalid: when the file is empty, or its header is no row.
    """
    with Path(path).open("rb") as file:
        text, lines = "", 0
        while line := file.readline():
            lines += 1
            text += (line.removeprefix(_BOM) if lines == 1 else line).decode("utf-8", "surrogateescape")
            if not text.strip("\r\n"):
                text = ""
                continue
            try:
                rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
            except csv.Error as error:
                if "unexpected end of data" in str(error):
                    continue
                raise MappingInvalid([_no_row(path, lines, error)]) from error
            return tuple(rows[0]), file.tell(), lines
    if text:
        raise MappingInvalid([_no_row(path, lines, csv.Error("unexpected end of data"))])
    raise MappingInvalid([Problem("PR0634", "the file is empty", path=path)])


def _no_row(path: str, line: int, error: csv.Error) -> Problem:
    help_ = "look for a quote that is not closed, here or above"
    return Problem("PR0641", f"the row can't be read: {error}", help=help_, path=f"{path}:{line}")


def blocks_of(
    path: str, header: Sequence[str], start: int, line: int, delimiter: str, skip: int
) -> Iterator[Block]:
    """The rows after the header; the first blocks need not be looked at."""
    number = 0
    with Path(path).open("rb") as file:
        file.seek(start)
        rest = b""
        while True:
            read = file.read(_BLOCK)
            data = rest + read
            if not data:
                return
            if b'"' in read:
                file.seek(-len(data), io.SEEK_CUR)
                yield from _by_rows(file, path, header, line, delimiter)
                return
            cut = data.rfind(b"\n") + 1 if read else len(data)
            if not cut:
                rest = data
                continue
            block, rest = data[:cut], data[cut:]
            # A line that ends the file without a line break is a line.
            count = block.count(b"\n") + (not block.endswith(b"\n"))
            if number < skip:
                yield Block(np.zeros(0, dtype=np.int64), None)
            else:
                yield _plain(block, path, header, line, count, delimiter)
            number += 1
            line += count


def _plain(block: bytes, path: str, header: Sequence[str], line: int, count: int, delimiter: str) -> Block:
    if _is_plain(block):
        names = [str(place) for place in range(len(header))]
        try:
            table = pacsv.read_csv(
                pa.py_buffer(block),
                read_options=pacsv.ReadOptions(column_names=names, block_size=len(block) + 1),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter, quote_char=False, ignore_empty_lines=False
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[]
                ),
            )
        except pa.ArrowInvalid:
            pass
        else:
            if table.num_rows == count:
                columns = tuple(column.combine_chunks() for column in table.columns)
                return Block(np.arange(line + 1, line + count + 1, dtype=np.int64), columns)
    text = block.decode("utf-8", "surrogateescape")
    return _gathered(list(_rows(io.StringIO(text, newline=""), path, line, delimiter)), header)


def _is_plain(block: bytes) -> bool:
    """Whether every line of a block without quotes is a row, and no line is too long for a cell."""
    if block.startswith((b"\n", b"\r")) or b"\n\n" in block or b"\n\r" in block or b"\0" in block:
        return False
    if block.count(b"\r") != block.count(b"\r\n"):
        return False
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=0, append=len(block)).max(initial=0)) < _LONGEST_LINE


def _by_rows(
    file: io.BufferedReader, path: str, header: Sequence[str], line: int, delimiter: str
) -> Iterator[Block]:
    with io.TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="") as text:
        rows = _rows(text, path, line, delimiter)
        while chunk := list(islice(rows, 50_000)):
            yield _gathered(chunk, header)


def _rows(text: io.TextIOBase, path: str, line: int, delimiter: str) -> Iterator[Row | Problem]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _no_row(path, line + reader.line_num, error)
            continue
        if cells:
            yield Row(line + reader.line_num, tuple(cells))


def _gathered(found: list[Row | Problem], header: Sequence[str]) -> Block:
    rows = [
        each for each in found if isinstance(each, Row) and len(each.cells) == len(header) and _utf8(each)
    ]
    others = tuple(each for each in found if not isinstance(each, Row)) + tuple(
        each
        for each in found
        if isinstance(each, Row) and (len(each.cells) != len(header) or not _utf8(each))
    )
    cells = list(zip(*(row.cells for row in rows), strict=True)) or [()] * len(header)
    columns = tuple(pa.array(column, pa.string()) for column in cells)
    return Block(np.array([row.line for row in rows], dtype=np.int64), columns, others)


def _utf8(row: Row) -> bool:
    try:
        "".join(row.cells).encode()
    except UnicodeEncodeError:
        return False
    return True
