"""What can be wrong with a snapshot, by code, and what is raised when it cannot be used."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from postloan_rules.problems import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.problems import Problem

__all__ = ["CODES", "SnapshotInvalid"]

_SHOWN = 50

CODES: Mapping[str, str] = MappingProxyType(
    {
        "PR0701": "The bytes are not UTF-8",
        "PR0702": "The text is not JSON",
        "PR0703": "A text, a list or the nesting is larger than the reader takes",
        "PR0704": "The same key stands twice in an object",
        "PR0705": "The value is of another kind than the field",
        "PR0706": "The record has no field of that name",
        "PR0707": "A required field is missing or null",
        "PR0708": "A fractional number stands without quotes",
        "PR0709": "The text is not a number",
        "PR0710": "The text is not a date, or not a date-time",
        "PR0711": "The value is not a member of the closed set",
        "PR0712": "The value lies outside what the field can hold",
        "PR0713": "The amount has more decimals than the currency",
        "PR0714": "The text is empty or holds characters that cannot be meant",
        "PR0715": "The text is not the code of a currency",
        "PR0716": "Two records of a list have the same identifier, or a value stands twice in a set",
        "PR0717": "The record is dated after `as_of`",
        "PR0718": "There is no account of that number",
        "PR0719": "A day lies before a day that it must follow",
        "PR0720": "Two fields of a record contradict each other",
        "PR0721": "The payment history profile does not have one character for each of 24 or 60 months",
    }
)
"""What each code means; each has one meaning and keeps it."""


class SnapshotInvalid(Exception):  # noqa: N818 - a snapshot is invalid; it is no error of the program
    """The snapshot cannot be used. `problems` holds what was found, in the order of their places.

    All that is wrong is found at once; only after a thousand problems the reader gives up.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [render(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"and {len(self.problems) - _SHOWN} more")
        return "\n".join(lines)
