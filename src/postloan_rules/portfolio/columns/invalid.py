"""What is raised when files hold no columns that could be snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.problems import Problem, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ColumnsInvalid"]


class ColumnsInvalid(Exception):  # noqa: N818 - columns are invalid; it is no error of the program
    """Files that can't be read as customers, with everything that is wrong with them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)
