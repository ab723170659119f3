"""The rows of a decision table from a CSV or Excel file that the policy team keeps.

The first line names the columns: the inputs as the YAML writes them, then the outputs by name, in any order.
Every cell is read as the text that a person sees in it, and its place is told by sheet and cell.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from attrs import frozen

from postloan_rules.policy.reader import Listing, Scalar, decode
from postloan_rules.policy.storage import storage
from postloan_rules.problems import Source, Span, Text, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postloan_rules.limits import Limits
    from postloan_rules.policy.reader import Node
    from postloan_rules.policy.reading import Reading

__all__ = ["TableFile", "read_rows"]

_EXCEL = (".xlsx", ".xlsm")
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError),
    expat.ExpatError,
    *(SyntaxError, KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError),
)
"""What openpyxl lets through of a file that is damaged, packed in an unusual way, or locked."""


@frozen
class TableFile:
    """A file of rows, as the YAML names it."""

    file: Scalar
    sheet: Scalar | None
    folder: Path


@frozen
class _Cell:
    place: str
    text: str


def read_rows(reading: Reading, wanted: TableFile, headings: Sequence[str], what: str) -> tuple[Node, ...]:
    """The rows of the file as lists of cells, in the order of `headings`. All that is wrong is noted."""
    path = _path(reading, wanted)
    if path is None:
        return ()
    most = reading.limits.file_bytes
    try:
        data = storage().read(path, most + 1)
    except OSError:
        reading.note("PR0801", f"the file `{wanted.file.value}` can't be read", wanted.file.span)
        return ()
    if len(data) > most:
        message = f"the file `{wanted.file.value}` has more than {most:,} bytes"
        reading.note("PR0802", message, wanted.file.span, "split the table")
        return ()
    is_excel = path.suffix.lower() in _EXCEL
    grid = _excel(reading, wanted, data) if is_excel else _csv(reading, wanted, data)
    return _rows(reading, wanted, grid, headings, what)


def _path(reading: Reading, wanted: TableFile) -> Path | None:
    name = wanted.file.value
    candidate = wanted.folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name:
        help_ = "write a path below the folder of the policy, such as `terms.csv`"
        reading.note("PR0123", f"`{name}` is not a path that a policy may use", wanted.file.span, help_)
        return None
    stored = storage()
    if not stored.is_file(candidate):
        known = [each.name for each in stored.members(wanted.folder) if each.suffix in (".csv", *_EXCEL)]
        help_ = did_you_mean(name, known, what="the folder holds")
        reading.note("PR0801", f"there is no file `{name}`", wanted.file.span, help_)
        return None
    if not stored.inside(candidate, wanted.folder):
        help_ = "keep the file itself there: a link out of the folder is not followed"
        reading.note("PR0123", f"`{name}` leads out of the folder of the policy", wanted.file.span, help_)
        return None
    if candidate.suffix.lower() not in (".csv", *_EXCEL):
        reading.note(
            "PR0803", f"`{name}` is neither CSV nor Excel", wanted.file.span, "save it as .csv or .xlsx"
        )
        return None
    return candidate


def _csv(reading: Reading, wanted: TableFile, data: bytes) -> list[list[_Cell]]:
    name = wanted.file.value
    source, problems = decode(name, data)
    reading.problems.extend(problems)
    if problems:
        return []
    if wanted.sheet is not None:
        reading.note("PR0804", "a CSV file has no sheets", wanted.sheet.span, "delete `sheet`")
    rows: list[list[_Cell]] = []
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True)
    try:
        for cells in reader:
            number = len(rows) + 1
            rows.append([_Cell(f"{name} [{_column(i)}{number}]", cell) for i, cell in enumerate(cells)])
    except csv.Error as error:
        span = Span(Source(f"{name} [row {len(rows) + 1}]", ""), 0, 0)
        reading.note("PR0805", f"not CSV: {error}", span, "look for a quote that is not closed")
        return []
    return rows


def _excel(reading: Reading, wanted: TableFile, data: bytes) -> list[list[_Cell]]:
    name = wanted.file.value
    try:
        found = _sheet(data, wanted.sheet.value if wanted.sheet is not None else None, reading.limits)
    except ModuleNotFoundError:
        help_ = 'install it with `pip install "postloan-rules[excel]"`, or save the table as .csv'
        reading.note("PR0806", "reading Excel needs the package openpyxl", wanted.file.span, help_)
        return []
    except _DAMAGED:
        reading.note("PR0805", f"`{name}` is not an Excel file", wanted.file.span, "save it again as .xlsx")
        return []
    if found is None:
        most = reading.limits.unpacked_bytes
        message = f"the file `{name}` unpacks to more than {most:,} bytes"
        reading.note("PR0802", message, wanted.file.span, "split the table")
        return []
    if wanted.sheet is not None and found.sheet not in found.sheets:
        help_ = did_you_mean(found.sheet, found.sheets, what="the sheets are")
        reading.note("PR0804", f"`{name}` has no sheet `{found.sheet}`", wanted.sheet.span, help_)
        return []
    rows: list[list[_Cell]] = []
    for number, values in enumerate(found.rows, 1):
        places = [f"{name} [{found.sheet}!{_column(index)}{number}]" for index in range(len(values))]
        rows.append(
            [_Cell(place, _text(reading, place, value)) for place, value in zip(places, values, strict=True)]
        )
    return rows


@frozen
class _Sheet:
    sheet: str
    sheets: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def _sheet(data: bytes, sheet: str | None, limits: Limits) -> _Sheet | None:
    """What a sheet holds; None when the file is small only as long as it is packed."""
    import openpyxl  # noqa: PLC0415 - only a policy that keeps a table in Excel needs it

    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > limits.unpacked_bytes:
            return None
        _plain_xml(parts)
    # Formulas are kept as formulas, so that one is refused rather than read as whatever it last gave.
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    names = tuple(book.sheetnames)
    wanted = names[0] if sheet is None else sheet
    rows: tuple[tuple[object, ...], ...] = ()
    if wanted in names:
        # No last row is asked for: openpyxl would make up empty ones as far as that.
        cells = book[wanted].iter_rows(max_col=limits.table_columns + 1, values_only=True)
        rows = tuple(itertools.islice(cells, limits.table_rows + 2))
    book.close()
    return _Sheet(wanted, names, rows)


class _Opened(Exception):  # noqa: N818 - control flow inside this module
    """The first element of a file has been reached."""


def _plain_xml(parts: zipfile.ZipFile) -> None:
    """Refuse what no table needs: a document type, and with it texts that grow without end.

    Raises:
        ValueError: when a part has one.
    """
    for name in parts.namelist():
        if not name.lower().endswith((".xml", ".rels", ".vml")):
            continue
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refused
        parser.StartElementHandler = _opened
        with parts.open(name) as part:
            try:
                while block := part.read(1 << 12):
                    parser.Parse(block)
            except _Opened:
                pass


def _refused(*_: object) -> None:
    raise ValueError("a document type")


def _opened(*_: object) -> None:
    raise _Opened


def _text(reading: Reading, place: str, value: object) -> str:
    """What a person sees in an Excel cell, as the rule language writes it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.datetime() if value.time() == dt.time():
            return f'date("{value.date().isoformat()}")'
        case dt.datetime():
            return f'date and time("{value.isoformat()}")'
        case float():
            # Excel keeps 0.35 as the nearest binary number; the shortest text for that is what was typed.
            return str(int(value)) if value.is_integer() else repr(value)
        case str() if value.startswith("="):
            span = Text.of(value, place).span(0, len(value))
            help_ = "copy the cell and paste it as a value"
            reading.note("PR0807", f"`{value}` is a formula", span, help_)
            return ""
        case _:
            return str(value)


def _rows(
    reading: Reading, wanted: TableFile, grid: list[list[_Cell]], headings: Sequence[str], what: str
) -> tuple[Node, ...]:
    filled = [row for row in grid if any(cell.text.strip() for cell in row)]
    if not filled:
        if not any(problem.code.startswith("PR08") for problem in reading.problems):
            reading.note(
                "PR0304", f"the file of {what} is empty", wanted.file.span, "write a line of headings"
            )
        return ()
    most = reading.limits.table_rows
    if len(filled) > most + 1:
        message = f"the file of {what} has more than {most:,} rows"
        reading.note("PR0802", message, wanted.file.span, "split the table")
        return ()
    most = reading.limits.table_columns
    if any(cell.text.strip() for row in filled for cell in row[most:]):
        message = f"the file of {what} has more than {most:,} columns"
        reading.note("PR1004", message, wanted.file.span, "split the table by what it gives")
        return ()
    head, *body = filled
    order = _order(reading, head, headings, what)
    if order is None:
        return ()
    rows: list[Node] = []
    for row in body:
        _beyond(reading, row, len(head), what)
        cells = [row[index] if index < len(row) else _Cell(row[0].place, "") for index in order]
        rows.append(_listing(cells))
    return tuple(rows)


def _order(reading: Reading, head: list[_Cell], headings: Sequence[str], what: str) -> list[int] | None:
    """Where each heading stands in the file."""
    found: dict[str, int] = {}
    good = True
    for index, cell in enumerate(head):
        name = " ".join(cell.text.split())
        if not name:
            continue
        span = _span(cell)
        if name not in headings:
            help_ = did_you_mean(name, headings, what="the columns are")
            reading.note("PR0808", f"`{name}` is no column of {what}", span, help_)
            good = False
        elif name in found:
            reading.note("PR0808", f"the column `{name}` of {what} stands twice", span, "delete one")
            good = False
        found[name] = index
    for name in headings:
        if name not in found:
            help_ = "write it in the first line"
            reading.note("PR0808", f"the file of {what} lacks the column `{name}`", _span(head[0]), help_)
            good = False
    return [found[name] for name in headings] if good else None


def _beyond(reading: Reading, row: list[_Cell], width: int, what: str) -> None:
    for cell in row[width:]:
        if cell.text.strip():
            reading.note("PR0808", f"a cell beyond the columns of {what}", _span(cell), "delete it")


def _span(cell: _Cell) -> Span:
    return Text.of(cell.text, cell.place).span(0, len(cell.text))


def _listing(cells: Iterable[_Cell]) -> Listing:
    scalars = [Scalar(Text.of(cell.text.strip(), cell.place), _span(cell), plain=True) for cell in cells]
    return Listing(tuple(scalars), scalars[0].span)


def _column(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
