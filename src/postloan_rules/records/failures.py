"""What can go wrong with a decision log while it is written or read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.problems import Problem, render

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LogBroken", "LogDamaged", "LogError", "LogFull", "LogInUse", "LogUnusable"]


class LogError(Exception):
    """A decision log, or a key store, that could not be read or written; `problem` says why."""

    code = "PR1064"

    def __init__(self, place: str | Path, message: str, help_: str = "", code: str | None = None) -> None:
        self.problem = Problem(code or self.code, message, help=help_, path=str(place))
        self.problems = (self.problem,)
        super().__init__(self.problem)

    def __str__(self) -> str:
        return render(self.problem)


class LogUnusable(LogError):  # noqa: N818 - what it says reads better without
    """The file is no decision log, or one of a newer form."""

    code = "PR1060"


class LogInUse(LogError):  # noqa: N818 - as above
    """Another process writes to it."""

    code = "PR1061"


class LogDamaged(LogError):  # noqa: N818 - as above
    """What stands in it is not what was written, and no crash explains it."""

    code = "PR1062"


class LogFull(LogError):  # noqa: N818 - as above
    """There was no room. Nothing of the batch is in the log; it waits in memory, and can be written later."""

    code = "PR1063"


class LogBroken(LogError):  # noqa: N818 - as above
    """Writing failed so that nobody knows what is on the disk. Open the log again: that finds out."""

    code = "PR1064"
