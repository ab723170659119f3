"""What is written to the terminal: colours where there is one, plain and whole lines where there is none."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from postloan_rules.problems import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.table import Table

    from postloan_rules.problems import Problem

__all__ = ["console", "plain_text", "show", "write_table"]

_WIDE = 10_000
"""Lines that go to a file or another program are not wrapped."""


def console(*, stderr: bool = False) -> Console:
    """Where to write: as wide as the terminal, or as wide as need be where there is none."""
    screen = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return (
        screen
        if screen.is_terminal
        else Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=_WIDE)
    )


def plain_text(write: Callable[[Console], None]) -> str:
    """What a function writes, as it goes to a file: without colours, and not wrapped."""
    file = StringIO()
    write(Console(file=file, highlight=False, markup=False, emoji=False, width=_WIDE, color_system=None))
    return file.getvalue()


def write_table(screen: Console, table: Table) -> None:
    """Write a table after an empty line; where there is no terminal, without spaces at the ends of lines."""
    if screen.is_terminal:
        screen.print(table)
        return
    with screen.capture() as captured:
        screen.print(table)
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")
    screen.print(Text(f"\n{lines}"), soft_wrap=True)


def show(problems: Iterable[Problem], *, stderr: bool) -> None:
    """Write problems as people read them."""
    screen = console(stderr=stderr)
    for problem in problems:
        screen.print(_coloured(problem), soft_wrap=True)


def _coloured(problem: Problem) -> Text:
    style = "bold red" if problem.severity == "error" else "bold yellow"
    head, *rest = render(problem).split("\n")
    text = Text(head)
    text.highlight_words([f"{problem.severity} {problem.code}:"], style=style)
    for line in rest:
        text.append("\n")
        if line.startswith("  help: "):
            text.append("  help:", style="cyan")
            text.append(line.removeprefix("  help:"))
        elif not line.strip(" |^"):
            text.append(line, style=style)
        else:
            text.append(line, style="dim")
    return text
