"""What an analysis found, as sheets and charts: data for the terminal, for files and for pages alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from postloan_rules.expressions.values import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Cell",
    "Chart",
    "Column",
    "Findings",
    "Kind",
    "Room",
    "Sheet",
    "percent",
    "plain",
    "shown",
    "times",
]

Kind: TypeAlias = Literal["text", "count", "money", "share", "times", "number", "date"]
Room: TypeAlias = Literal["screen", "page", "file"]
Cell: TypeAlias = str | int | Decimal | dt.date | None
"""None is unknown, or not defined (a share of nothing): the column says which."""


@frozen
class Column:
    """One column of a sheet."""

    name: str
    """For files: the same in every run."""
    title: str
    kind: Kind = "text"
    absent: str = "unknown"
    """What people read where there is no value."""
    zero: str | None = None
    """What people read for 0; the number itself where this is left out."""
    room: Room = "screen"
    """The smallest place that has room for it: the terminal, a page, or files only."""

    @property
    def numeric(self) -> bool:
        """Whether its cells are set to the right."""
        return self.kind not in ("text", "date")


@frozen
class Sheet:
    """One table of an analysis."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    shown: int = 30
    """The terminal shows so many rows, files hold all; one of 0 is folded on pages."""
    quiet: tuple[str, ...] = ()
    """Where all of these columns are 0, people read the first cell only, in one line below."""
    screen: bool = False
    """Whether it is for the terminal only: files and pages hold it at full length."""
    page: bool = False
    """Whether it is for files and pages only."""

    def loud(self) -> tuple[list[tuple[Cell, ...]], list[str]]:
        """The rows to show, and the names of those that have nothing to show."""
        places = [at for at, column in enumerate(self.columns) if column.name in self.quiet]
        if not places:
            return list(self.rows), []
        loud = [row for row in self.rows if any(row[at] != 0 for at in places)]
        return loud, sorted(str(row[0]) for row in self.rows if all(row[at] == 0 for at in places))

    def kept(self, loud: Sequence[Sequence[Cell]], rooms: Sequence[Room]) -> list[int]:
        """The columns to show, but for those of which no row says anything."""
        return [
            at
            for at, column in enumerate(self.columns)
            if column.room in rooms and (not at or column.zero != "" or any(row[at] for row in loud))
        ]

    def place(self, column: str) -> int:
        """Where a column stands."""
        return [each.name for each in self.columns].index(column)

    def records(self) -> Iterator[dict[str, object]]:
        """The rows as plain values by column."""
        for row in self.rows:
            yield {column.name: plain(cell) for column, cell in zip(self.columns, row, strict=True)}


@frozen
class Chart:
    """A picture of a sheet. The sheet itself is always shown with it."""

    kind: Literal["bars", "lines", "matrix", "intervals"]
    title: str
    sheet: str
    x: str
    """For bars: the column with the names; for intervals as well."""
    y: tuple[str, ...]
    """The columns that are drawn; for intervals the value, its lower and its upper end."""
    meaning: str
    """What is to be seen, in a sentence, for who can't see it."""
    most: int = 15
    """So many bars."""


@frozen
class Findings:
    """All that an analysis found."""

    name: str
    title: str
    said: tuple[str, ...]
    """What stands above the sheets, a line each."""
    sheets: tuple[Sheet, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader must know to read it rightly."""
    refused: int = field(default=0)

    def sheet(self, name: str) -> Sheet:
        """The sheet of a name."""
        return next(each for each in self.sheets if each.name == name)

    def whole(self) -> tuple[Sheet, ...]:
        """The sheets for files and pages."""
        return tuple(sheet for sheet in self.sheets if not sheet.screen)

    def charts_of(self, sheet: Sheet) -> Sequence[Chart]:
        """The charts that draw a sheet."""
        return [chart for chart in self.charts if chart.sheet == sheet.name and sheet.rows]


def shown(cell: Cell, column: Column) -> str:
    """A cell as people read it: thousands parted, shares in percent; what is unknown is never 0."""
    if cell is None:
        return column.absent
    if cell == 0 and column.zero is not None:
        return column.zero
    if isinstance(cell, str):
        return cell
    if isinstance(cell, dt.date):
        return cell.isoformat()
    match column.kind:
        case "share":
            return percent(Decimal(cell))
        case "times":
            return times(Decimal(cell))
        case _:
            return f"{cell:,}" if isinstance(cell, int) else f"{cell:,f}"


def plain(cell: Cell) -> object:
    """A cell as JSON and CSV hold it: exact, amounts as text."""
    if isinstance(cell, Decimal):
        return f"{cell:f}" if cell == 0 else f"{+cell.quantize(_step(cell), context=CONTEXT):f}"
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def _step(number: Decimal) -> Decimal:
    """Six decimals are enough for what was divided; what has fewer keeps its own."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(max(exponent, -6) if isinstance(exponent, int) else -6)


def percent(rate: Decimal | None) -> str:
    """A share in percent, with one decimal."""
    if rate is None:
        return ""
    return f"{CONTEXT.multiply(rate, Decimal(100)).quantize(Decimal('0.1'), context=CONTEXT)} %"


def times(lift: Decimal | None) -> str:
    """A lift, with two decimals."""
    return "" if lift is None else str(lift.quantize(Decimal("0.01"), context=CONTEXT))
