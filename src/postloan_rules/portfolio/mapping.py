"""How the rows of a table become snapshots: what a mapping says, once it is read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.portfolio.template import columns
from postloan_rules.problems import Problem, did_you_mean, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postloan_rules.portfolio.template import Record
    from postloan_rules.problems import Source, Span

__all__ = ["ColumnMapping", "MappingInvalid", "Outcome"]


class MappingInvalid(Exception):  # noqa: N818 - a mapping is invalid; it is no error of the program
    """A mapping that can't be used, with everything that is wrong with it, by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Outcome:
    """What became of a customer later: a column, and which of its texts are bad and which good."""

    name: str
    column: str
    bad: frozenset[str]
    good: frozenset[str]
    span: Span = field(repr=False, eq=False)


@frozen
class ColumnMapping:
    """How each row of a table becomes a snapshot."""

    name: str
    snapshot: Record = field(repr=False)
    outcomes: Mapping[str, Outcome]
    left_out: Mapping[str, Span] = field(repr=False)
    """Columns that are never read."""
    unknown: frozenset[str]
    """What a cell holds when its value is not known; an empty cell always says so."""
    delimiter: str
    exponents: bool
    """Whether `5.00E+05` is a number in this table. What writes so may have rounded before."""
    source: Source = field(repr=False, eq=False)

    def fitting(self, header: Sequence[str]) -> tuple[Problem, ...]:
        """What is wrong between the mapping and a table: every column must be accounted for."""
        problems: list[Problem] = []
        used = dict(columns(self.snapshot))
        for outcome in self.outcomes.values():
            used.setdefault(outcome.column, outcome.span)
        for name, span in {**self.left_out, **used}.items():
            if name not in header:
                help_ = did_you_mean(name, header, what="its columns are")
                problems.append(Problem("PR0631", f"the table has no column `{name}`", span, help_))
        for name in header:
            if name not in used and name not in self.left_out:
                help_ = "map it to a field, or name it under `leave_out` with the reason"
                message = f"the mapping `{self.name}` says nothing of the column `{name}`"
                problems.append(Problem("PR0632", message, help=help_, path=self.source.name))
        twice = sorted({name for name in header if list(header).count(name) > 1})
        for name in twice:
            message = f"the table has two columns `{name}`"
            problems.append(Problem("PR0633", message, help="rename one", path=self.source.name))
        return tuple(problems)
