"""A table of customers, row by row: each becomes a snapshot through a mapping, or a list of problems."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.expressions.values import CONTEXT
from postloan_rules.policy.periods import before
from postloan_rules.portfolio.mapping import ColumnMapping, MappingInvalid
from postloan_rules.portfolio.template import (
    Cell,
    Constant,
    Member,
    MonthEnd,
    Record,
    Records,
    Template,
    cell_at,
)
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot import Snapshot, SnapshotInvalid
from postloan_rules.snapshot.currency import CURRENCIES, minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Row", "RowInvalid", "Table", "read_rows"]

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_EXPONENT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_WHOLE = ("days", "months", "count", "number")
_SHOWN = 40


@frozen
class Row:
    """One row of a table, and the line of the file on which it ends."""

    line: int
    cells: tuple[str, ...]


class RowInvalid(Exception):  # noqa: N818 - a row is invalid; it is no error of the program
    """A row that is no usable snapshot, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        # A column that fills several fields is told once.
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(self.problems)


def read_rows(path: Path, delimiter: str) -> Iterator[Row | Problem]:
    """The rows of a CSV file, its header first; what is no row as a problem. Blank lines are no rows."""
    # A byte that is not UTF-8 spoils its own cell only, and is refused where the cell is read.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                help_ = "look for a quote that is not closed, here or above"
                where = f"{path.as_posix()}:{reader.line_num}"
                yield Problem("PR0641", f"the row can't be read: {error}", help=help_, path=where)
                continue
            if cells:
                yield Row(reader.line_num, tuple(cells))


def _quoted(text: str) -> str:
    """What a cell holds, short enough to show, and without half characters."""
    return f"`{text[:_SHOWN].encode('utf-8', 'replace').decode()}`"


@define
class Table:
    """The rows of one file under a mapping."""

    name: str
    mapping: ColumnMapping
    header: tuple[str, ...]
    outcome: str | None
    places: Mapping[str, int] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Check that the columns are those of the mapping.

        Raises:
            MappingInvalid: when they are not.
        """
        problems = self.mapping.fitting(self.header)
        if problems:
            raise MappingInvalid(problems)
        self.places = {name: number for number, name in enumerate(self.header)}

    def snapshot(self, row: Row) -> Snapshot:
        """The customer of a row.

        Raises:
            RowInvalid: with every problem found, each with the line and the column.
        """
        return _RowReading(self, row).snapshot()

    def bad(self, row: Row) -> bool | None:
        """Whether the outcome was bad; None where the table does not say.

        Raises:
            RowInvalid: when the column holds something else.
        """
        if self.outcome is None:
            return None
        outcome = self.mapping.outcomes[self.outcome]
        text = row.cells[self.places[outcome.column]].strip()
        if text in outcome.bad:
            return True
        if text in outcome.good:
            return False
        if not text or text in self.mapping.unknown:
            return None
        problem = Problem(
            "PR0646",
            f"column `{outcome.column}`: {_quoted(text)} is neither bad nor good",
            help="add it to the outcome's `bad` or `good`",
            path=f"{self.name}:{row.line}",
        )
        raise RowInvalid([problem])


class _NoValue(Exception):  # noqa: N818 - says that a problem is noted, and never leaves this room
    """A cell holds no value that its field can take."""


class _RowReading:
    """One row on its way to a snapshot."""

    def __init__(self, table: Table, row: Row) -> None:
        self.table = table
        self.row = row
        self.problems: list[Problem] = []
        self.as_of: date | None = None
        self.digits = 2

    def snapshot(self) -> Snapshot:
        cells, header = self.row.cells, self.table.header
        if len(cells) != len(header):
            message = f"the row has {len(cells)} cells, and the table {len(header)} columns"
            help_ = "put a text that holds a delimiter in quotes"
            raise RowInvalid([Problem("PR0640", message, help=help_, path=self._where())])
        fields = self.table.mapping.snapshot.fields
        self.as_of = self._day(fields.get("as_of"))
        currency = self._part(fields["currency"]) if "currency" in fields else None
        if isinstance(currency, str) and currency in CURRENCIES:
            self.digits = minor_digits(currency)
        self.problems.clear()  # what is wrong with these two is said again in its turn
        data = self._part(self.table.mapping.snapshot)
        if self.problems or not isinstance(data, dict):
            raise RowInvalid(self.problems)
        try:
            return Snapshot.from_dict(data)
        except SnapshotInvalid as invalid:
            raise RowInvalid([self._of_column(problem) for problem in invalid.problems]) from invalid

    def _day(self, template: Template | None) -> date | None:
        value = self._part(template) if template is not None else None
        try:
            return (
                date.fromisoformat(value)
                if isinstance(value, str) and len(value) == len("2026-12-01")
                else None
            )
        except ValueError:
            return None

    def _where(self) -> str:
        return f"{self.table.name}:{self.row.line}"

    def _of_column(self, problem: Problem) -> Problem:
        """What the reader of snapshots says, in terms of the table."""
        cell = cell_at(self.table.mapping.snapshot, problem.path, self._present)
        of = f"column `{cell.column}`" if cell is not None else f"`{problem.path.removeprefix('$.')}`"
        return evolve(problem, message=f"{of}: {problem.message}", path=self._where())

    def _text(self, column: str) -> str:
        return self.row.cells[self.table.places[column]].strip()

    def _present(self, member: Member) -> bool:
        return member.unless is None or self._text(member.unless.column) not in member.unless.texts

    def _part(self, template: Template) -> object:
        match template:
            case Constant(value=value):
                return value
            case MonthEnd(months=months):
                if self.as_of is None:
                    return None
                month = before(self.as_of.replace(day=1), months - 1, "months")
                return before(month, 1, "days").isoformat()
            case Cell():
                return self._cell(template)
            case Record(fields=fields):
                return {name: self._part(part) for name, part in fields.items()}
            case Records(members=members):
                return [self._part(member.record) for member in members if self._present(member)]

    def _cell(self, cell: Cell) -> object:
        text = self._text(cell.column)
        if cell.codes is not None and text in cell.codes:
            return cell.codes[text]
        if not text or text in self.table.mapping.unknown:
            return None
        if cell.codes is not None:
            help_ = did_you_mean(text, list(cell.codes), what="its codes are")
            self._refuse(cell, "PR0643", f"{_quoted(text)} is not among the codes", help_)
            return None
        try:
            return self._value(text, cell)
        except _NoValue:
            return None

    def _refuse(self, cell: Cell, code: str, message: str, help_: str = "") -> None:
        text = f"column `{cell.column}`: {message}"
        self.problems.append(Problem(code, text, help=help_, path=self._where()))

    def _value(self, text: str, cell: Cell) -> object:
        kind = cell.item.kind if cell.item is not None else "string"
        if kind in _WHOLE:
            number = self._number(text, cell)
            if number != number.to_integral_value():
                self._refuse(cell, "PR0644", f"{_quoted(text)} gives no whole number of {kind}")
                raise _NoValue
            return int(number)
        if kind == "money":
            amount = self._number(text, cell)
            unit = Decimal(1).scaleb(-self.digits)
            # Only a conversion makes fractions of the smallest coin: what the column itself holds is kept.
            return amount.quantize(unit, ROUND_HALF_EVEN, CONTEXT) if cell.scale is not None else amount
        if kind in ("rate", "ratio"):
            return self._number(text, cell)
        if kind == "boolean":
            if text in ("true", "false"):
                return text == "true"
            help_ = 'say what its texts stand for: `codes: {"1": true, "0": false}`'
            self._refuse(cell, "PR0645", f"{_quoted(text)} is neither true nor false", help_)
            raise _NoValue
        return text

    def _number(self, text: str, cell: Cell) -> Decimal:
        shape = _EXPONENT if self.table.mapping.exponents else _NUMBER
        if shape.fullmatch(text) is None:
            help_ = _number_help(text)
            self._refuse(cell, "PR0642", f"{_quoted(text)} is not a number", help_)
            raise _NoValue
        number = Decimal(text)
        return number if cell.scale is None else CONTEXT.multiply(number, cell.scale)


def _number_help(text: str) -> str:
    plain = re.sub(r"[\s,_]", "", text)
    if _NUMBER.fullmatch(plain):
        return f"write `{plain}`"
    if _EXPONENT.fullmatch(text):
        return "write all its digits; if the table is known not to round, map it with `exponents: true`"
    return "leave the cell empty if it is not known"
