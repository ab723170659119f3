"""Charts of sheets, as Vega-Lite made by altair: data for a page, drawn there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import altair as alt

from postloan_rules.portfolio.sheets import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from postloan_rules.portfolio.sheets import Cell, Chart, Column, Sheet

__all__ = ["VEGA_LITE", "spec_of"]

_BLUE, _GREY = "#0b56a8", "#d3d9e0"
_COLOURS = ["#0b56a8", "#b3541e", "#0e6432", "#6f2590"]
_BAR = 24
_HIGH = 260

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version of Vega-Lite that the charts are written for, as vl-convert counts."""

Point: TypeAlias = dict[str, object]
Drawn: TypeAlias = "alt.Chart | alt.LayerChart | None"


def spec_of(sheet: Sheet, chart: Chart) -> dict[str, object] | None:
    """The chart of a sheet; None where there is nothing to draw."""
    drawn = _DRAWN[chart.kind](sheet, chart)
    if drawn is None:
        return None
    whole = drawn.properties(
        width="container",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        description=f"{chart.title}. {chart.meaning}",
    )
    whole = (
        whole.configure(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, gridColor=_GREY, labelColor="#1b2430")
    )
    found = whole.to_dict()
    if not isinstance(found, dict):
        raise AssertionError("a chart is a mapping")  # noqa: TRY004 - a slip of ours
    return found


def _data(points: Sequence[Point]) -> alt.InlineData:
    return alt.InlineData(values=list(points))


def _height(cell: Cell) -> float | None:
    """How high to draw: a picture needs no more than this."""
    return None if cell is None or isinstance(cell, str) else float(cell)  # type: ignore[arg-type]  # no dates


def _format(column: Column) -> str:
    return ".0%" if column.kind == "share" else ",~r"


def _bars(sheet: Sheet, chart: Chart) -> Drawn:
    at, column = sheet.place(chart.x), sheet.columns[sheet.place(chart.y[0])]
    points: list[Point] = []
    for row in sheet.rows:
        height = _height(row[sheet.place(chart.y[0])])
        if height:
            cell = row[sheet.place(chart.y[0])]
            points.append(
                {"name": shown(row[at], sheet.columns[at]), "value": height, "shown": shown(cell, column)}
            )
    if not points:
        return None
    if chart.most < len(points):
        points = sorted(points, key=lambda point: -float(str(point["value"])))[: chart.most]
    drawn: alt.Chart = (
        alt.Chart(_data(points), height=_BAR * len(points))
        .mark_bar(color=_BLUE)
        .encode(
            y=alt.Y("name:N", sort=None, title=None),
            x=alt.X("value:Q", title=column.title, axis=alt.Axis(format=_format(column), tickCount=5)),
            tooltip=[
                alt.Tooltip("name:N", title=sheet.columns[at].title or "name"),
                alt.Tooltip("shown:N", title=column.title),
            ],
        )
    )
    return drawn


def _lines(sheet: Sheet, chart: Chart) -> Drawn:
    at = sheet.place(chart.x)
    columns = [sheet.columns[sheet.place(name)] for name in chart.y]
    points: list[Point] = [
        {
            "at": shown(row[at], sheet.columns[at]),
            "value": height,
            "of": column.title,
            "shown": shown(row[sheet.place(column.name)], column),
        }
        for row in sheet.rows
        for column in columns
        for height in (_height(row[sheet.place(column.name)]),)
        if height is not None
    ]
    if len({str(point["at"]) for point in points}) < 2:
        return None
    order = [shown(row[at], sheet.columns[at]) for row in sheet.rows]
    titles = [column.title for column in columns]
    drawn: alt.Chart = (
        alt.Chart(_data(points), height=_HIGH)
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "at:O",
                sort=order,
                title=sheet.columns[at].title,
                axis=alt.Axis(labelAngle=-40, labelOverlap=True),
            ),
            y=alt.Y(
                "value:Q",
                title=titles[0] if len(titles) == 1 else "customers",
                axis=alt.Axis(format=_format(columns[0]), tickCount=5),
            ),
            color=alt.Color(
                "of:N",
                sort=titles,
                scale=alt.Scale(domain=titles, range=_COLOURS[: len(titles)]),
                legend=alt.Legend(title=None, orient="top") if len(titles) > 1 else None,
            ),
            strokeDash=alt.StrokeDash("of:N", sort=titles, legend=None),
            tooltip=[
                alt.Tooltip("at:O", title=sheet.columns[at].title),
                alt.Tooltip("of:N", title="of"),
                alt.Tooltip("shown:N", title="value"),
            ],
        )
    )
    return drawn


def _matrix(sheet: Sheet, chart: Chart) -> Drawn:
    before, after, rate = (sheet.place(name) for name in (chart.x, *chart.y))
    points: list[Point] = [
        {
            "before": shown(row[before], sheet.columns[before]),
            "after": shown(row[after], sheet.columns[after]),
            "value": height,
            "shown": shown(row[rate], sheet.columns[rate]),
        }
        for row in sheet.rows
        for height in (_height(row[rate]),)
        if height is not None
    ]
    if not points:
        return None
    order = list(dict.fromkeys(str(point["before"]) for point in points))
    order += [each for each in dict.fromkeys(str(point["after"]) for point in points) if each not in order]
    base = alt.Chart(_data(points), height=44 * len({point["before"] for point in points})).encode(
        x=alt.X("after:N", sort=order, title="to", axis=alt.Axis(labelAngle=-40, orient="top")),
        y=alt.Y("before:N", sort=order, title="from"),
    )
    cells = base.mark_rect(stroke="#fff").encode(
        color=alt.Color("value:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None)
    )
    texts = base.mark_text(fontSize=12).encode(
        text="shown:N",
        color=alt.condition("datum.value > 0.55", alt.value("#fff"), alt.value("#1b2430")),
    )
    layers: alt.LayerChart = cells + texts
    return layers


def _intervals(sheet: Sheet, chart: Chart) -> Drawn:
    at = sheet.place(chart.x)
    points: list[Point] = [
        {
            "name": shown(row[at], sheet.columns[at]),
            "arm": arm,
            "value": value,
            "low": _height(row[sheet.place(f"{arm}_low")]),
            "high": _height(row[sheet.place(f"{arm}_high")]),
            "shown": shown(row[sheet.place(arm)], sheet.columns[sheet.place(arm)]),
        }
        for row in sheet.rows
        for arm in chart.y
        for value in (_height(row[sheet.place(arm)]),)
        if value is not None
    ]
    if not points:
        return None
    base = alt.Chart(_data(points), height=24 * len(points)).encode(
        y=alt.Y("name:N", sort=None, title=None),
        yOffset=alt.YOffset("arm:N", sort=list(chart.y)),
        color=alt.Color(
            "arm:N",
            sort=list(chart.y),
            scale=alt.Scale(domain=list(chart.y), range=_COLOURS[: len(chart.y)]),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )
    x = alt.X("low:Q", title="share of the customers", axis=alt.Axis(format=".0%", tickCount=5))
    rules = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    marks = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="value:Q",
        shape=alt.Shape("arm:N", sort=list(chart.y), legend=None),
        tooltip=["name:N", "arm:N", alt.Tooltip("shown:N", title="share")],
    )
    layers: alt.LayerChart = rules + marks
    return layers


_DRAWN: Mapping[str, Callable[[Sheet, Chart], Drawn]] = {
    "bars": _bars,
    "lines": _lines,
    "matrix": _matrix,
    "intervals": _intervals,
}
