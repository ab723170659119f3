"""What an engine cannot keep: said by name and place when a policy is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.problems import Problem, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.problems import Span

__all__ = ["Refused", "refusal"]


class Refused(Exception):  # noqa: N818 - named after what happened, as the other findings are
    """Parts of a policy that the engine cannot compute exactly."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


def refusal(what: str, engine: str, span: Span | None, help_: str = "") -> Refused:
    """The refusal of one construct, at its place."""
    message = f"{what} cannot be kept in SQL for {engine}"
    help_ = help_ or "decide with the engine `python`, or write it in another way"
    return Refused([Problem("PR0950", message, span=span, help=help_)])
