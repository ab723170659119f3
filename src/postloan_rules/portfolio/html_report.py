"""Findings as one HTML page that needs nothing else: charts are drawn by scripts that stand in it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.decisions.views.markup import Html, tag
from postloan_rules.portfolio.charts import VEGA_LITE, spec_of
from postloan_rules.portfolio.sheets import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.portfolio.sheets import Cell, Chart, Column, Findings, Sheet

__all__ = ["to_html"]

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:"
)
"""The browser is told as well that the page may load nothing. Vega makes functions of expressions itself."""

_SNIPPET = "window.vegaEmbed = vegaEmbed;"
_ROWS = 300
_LONG = 36
_DRAW = """
for (const each of document.querySelectorAll("script[type='application/json']")) {
  const chart = document.getElementById(each.dataset.of), spec = JSON.parse(each.textContent);
  spec.config.axis.labelLimit = Math.min(300, chart.clientWidth * 0.45);
  vegaEmbed(chart, spec, { actions: false, renderer: "svg" });
}
"""
_HEADINGS = {
    "simulation": "What the policy does",
    "impact": "What the new policy changes",
    "sweep": "What each value does",
    "track": "What the policy does over months",
    "challenge": "Champion and challenger",
}


def to_html(found: Findings) -> str:
    """The findings as a page."""
    heading = _HEADINGS.get(found.name, found.title)
    sections = [
        (f"sheet-{sheet.name}", _title(sheet), list(_section(found, sheet))) for sheet in found.whole()
    ]
    drawn = any(found.charts_of(sheet) for sheet in found.whole())
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{heading}: {found.title}"),
        tag("style", _style()),
        tag("script", _script()) if drawn else None,
    )
    links = [tag("li", tag("a", title, href=f"#{name}")) for name, title, _ in sections]
    body = tag(
        "body",
        tag("a", "Skip to the findings", class_="skip", href="#main"),
        tag(
            "header",
            tag("h1", heading),
            tag("p", found.title, class_="title"),
            *(tag("p", line) for line in found.said),
            tag("nav", tag("ul", *links), aria_label="On this page"),
        ),
        tag(
            "main",
            *(
                tag(
                    "section",
                    tag("h2", title, id=f"{name}-title"),
                    *content,
                    id=name,
                    aria_labelledby=f"{name}-title",
                )
                for name, title, content in sections
            ),
            id="main",
        ),
        tag("footer", *(tag("p", note) for note in found.notes)) if found.notes else tag("footer"),
        tag("script", Html(_DRAW)) if drawn else None,
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en').text}\n"


def _title(sheet: Sheet) -> str:
    return _TITLES.get(sheet.name, sheet.title)


_TITLES = {
    "differences": "What the policies differ in",
    "moves": "From which responses to which",
    "parameters": "Parameters of responses",
    "transitions": "From month to month",
    "stays": "Time in each state",
    "months": "Months",
    "values": "Values",
    "flapping": "Back and forth",
    "arms": "The arms",
    "measures": "Shares in both arms",
    "balance": "Whether the arms are alike",
    "balance_segments": "Whether the arms are alike, by segment",
}


@cache
def _style() -> Html:
    # The style is the library's own text: it is one of the pieces that are not escaped.
    return Html(Path(__file__).with_name("report.css").read_text(encoding="utf-8"))


@cache
def _script() -> Html:
    """Vega, Vega-Lite and Vega-Embed, as vl-convert carries them."""
    import vl_convert  # noqa: PLC0415 - heavy, and only for pages with charts

    script = vl_convert.javascript_bundle(_SNIPPET, VEGA_LITE)
    # Within a script element nothing else would end it.
    return Html(script.replace("</script", "<\\/script"))


def _section(found: Findings, sheet: Sheet) -> Iterator[Html]:
    for number, chart in enumerate(found.charts_of(sheet)):
        yield from _figure(sheet, chart, f"chart-{sheet.name}-{number}")
    if sheet.shown:
        yield from _table(sheet)
    else:
        yield tag("details", tag("summary", f"{len(sheet.rows):,} lines"), *_table(sheet))


def _figure(sheet: Sheet, chart: Chart, name: str) -> Iterator[Html]:
    spec = spec_of(sheet, chart)
    if spec is None:
        return
    text = json.dumps(spec, ensure_ascii=False).replace("<", "\\u003c")
    yield tag(
        "figure",
        tag("h3", chart.title),
        tag("div", id=name, class_="chart"),
        tag("figcaption", f"{chart.meaning} The numbers stand in the table below."),
        Html(f'<script type="application/json" data-of="{name}">{text}</script>'),
    )


def _table(sheet: Sheet) -> Iterator[Html]:
    loud, unseen = sheet.loud()
    if not loud:
        yield tag("p", "None.", class_="quiet")
    else:
        kept = sheet.kept(loud, ("screen", "page"))
        columns = [sheet.columns[at] for at in kept]
        head = tag(
            "tr",
            *(
                tag("th", column.title or column.name, scope="col", class_=_class(column))
                for column in columns
            ),
        )
        rows = [_row([row[at] for at in kept], columns) for row in loud[:_ROWS]]
        table = tag(
            "table", tag("caption", _title(sheet), class_="hidden"), tag("thead", head), tag("tbody", *rows)
        )
        # A wide table is scrolled by itself, with the keyboard as well.
        yield tag(
            "div", table, class_="wide", tabindex="0", role="region", aria_label=f"Table: {_title(sheet)}"
        )
    if len(loud) > _ROWS:
        yield tag("p", f"The first {_ROWS} of {len(loud):,} lines.", class_="quiet")
    if unseen and len(sheet.quiet) > 1:
        yield tag("details", tag("summary", f"For no customer: {len(unseen)}"), tag("p", ", ".join(unseen)))
    if sheet.note:
        yield tag("p", sheet.note, class_="quiet")


def _class(column: Column) -> str:
    return "number" if column.numeric else "text"


def _row(row: list[Cell], columns: list[Column]) -> Html:
    cells = []
    for at, (cell, column) in enumerate(zip(row, columns, strict=True)):
        text = shown(cell, column)
        kind = f"{_class(column)} unknown" if cell is None and text else _class(column)
        if len(text) > _LONG:
            kind += " long"
        cells.append(tag("th", text, scope="row", class_=kind) if not at else tag("td", text, class_=kind))
    return tag("tr", *cells)
