"""Charts in the terminal: as wide as it is, plain where there is none."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.text import Text

from postloan_rules.portfolio.sheets import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from postloan_rules.portfolio.sheets import Cell, Chart, Sheet

__all__ = ["plotter"]

_PLAIN = 80
"""So wide is a chart that goes to a file."""
_WIDEST = 120
_HIGH = 14
_BAR = 40


def plotter() -> Callable[[Console, Sheet, Chart], object] | None:
    """What draws charts; None without the package for it."""
    return _draw if find_spec("plotext") is not None else None


def _draw(screen: Console, sheet: Sheet, chart: Chart) -> None:
    match chart.kind:
        case "lines":
            drawn = _lines(screen, sheet, chart)
        case "bars" if screen.is_terminal:
            drawn = _bars(screen, sheet, chart)
        case _:
            return
    if drawn:
        screen.print()
        screen.print(Text(chart.title, style="bold"))
        screen.print(Text(drawn, no_wrap=True), soft_wrap=True)


def _width(screen: Console) -> int:
    return min(screen.width, _WIDEST) if screen.is_terminal else _PLAIN


def _lines(screen: Console, sheet: Sheet, chart: Chart) -> str:
    import plotext  # type: ignore[import-untyped]  # it has no types

    at = sheet.place(chart.x)
    names = [shown(row[at], sheet.columns[at]) for row in sheet.rows]
    if len(names) < 2:
        return ""
    plotext.clear_figure()
    plotext.plotsize(_width(screen), _HIGH)
    plotext.theme("clear")
    for name in chart.y:
        column = sheet.place(name)
        points = [(number, _height(row[column])) for number, row in enumerate(sheet.rows)]
        known = [(number, height) for number, height in points if height is not None]
        if known:
            xs, ys = zip(*known, strict=True)
            plotext.plot(list(xs), list(ys), label=sheet.columns[column].title, marker="braille")
    step = max(len(names) // 8, 1)
    plotext.xticks(list(range(0, len(names), step)), names[::step])
    plotext.yfrequency(5)
    plotext.xlabel(sheet.columns[at].title)
    return _trimmed(plotext.build())


def _bars(screen: Console, sheet: Sheet, chart: Chart) -> str:
    import plotext

    at, column = sheet.place(chart.x), sheet.place(chart.y[0])
    found = [(shown(row[at], sheet.columns[at]), _height(row[column])) for row in sheet.loud()[0]]
    known = [(name[:_BAR], height) for name, height in found if height][: chart.most]
    if not known:
        return ""
    names, heights = zip(*known, strict=True)
    whole = sheet.columns[column].kind == "count"
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.simple_bar(list(names), [int(each) if whole else each for each in heights], width=_width(screen))
    return _trimmed(plotext.build())


def _height(cell: Cell) -> float | None:
    """How high to draw: a picture needs no more than this."""
    return None if cell is None or isinstance(cell, str) else float(cell)  # type: ignore[arg-type]  # no dates


def _trimmed(drawn: str) -> str:
    import plotext

    return "\n".join(line.rstrip() for line in plotext.uncolorize(drawn).splitlines())
