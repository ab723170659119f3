"""Coverage line by line: the policy's own text, and what the examples show of each line."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.decisions.views.markup import Html, tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.coverage import Coverage, Goal, Met
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Source

__all__ = ["Line", "Mark", "lines_of", "said", "to_html", "what"]

Mark: TypeAlias = Literal["met", "partly", "missing", "nothing"]


@frozen
class Line:
    """A line of a policy's file: how far the examples show what begins on it."""

    number: int
    text: str
    mark: Mark
    missing: tuple[Goal, ...]


def said(goal: Goal) -> str:
    """A goal as a sentence without its place."""
    return f"{goal.owner}: {what(goal)}" if goal.text else f"{goal.owner} {what(goal)}"


def what(goal: Goal) -> str:
    """What should be seen of the goal's owner, such as "`dpd >= 60` is true"."""
    if goal.kind == "effect":
        return f"`{goal.text}`, {goal.wanted}, decides it alone"
    if goal.kind == "boundary":
        return f"`{goal.text}` {goal.wanted}"
    if goal.kind == "row":
        return goal.wanted
    if goal.text:
        return f"`{goal.text}` is {goal.wanted}"
    return f"has {goal.wanted}" if goal.kind == "trigger" else f"is {goal.wanted}"


def lines_of(source: Source, coverage: Coverage) -> Iterator[Line]:
    """Every line of a file of the policy."""
    of: defaultdict[int, list[Met]] = defaultdict(list)
    for met in coverage.met:
        if met.goal.span.source == source:
            of[met.goal.span.line].append(met)
    for number, text in enumerate(source.text.splitlines(), 1):
        here = of[number]
        missing = tuple(met.goal for met in here if met.example is None)
        mark: Mark = "nothing"
        if here:
            mark = "met" if not missing else "missing" if len(missing) == len(here) else "partly"
        yield Line(number, text, mark, missing)


_SIGN = {"met": "✓", "partly": "◐", "missing": "✗", "nothing": ""}
_WORD = {"met": "shown", "partly": "shown in part", "missing": "not shown", "nothing": ""}

# The style is the library's own text: it is the one piece that is not escaped.
_STYLE = Html("""
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { padding: .1rem .75rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.source { overflow-x: auto; }
.source td { font-family: ui-monospace, monospace; font-size: .875rem; white-space: pre-wrap; }
.source ul { margin: .1rem 0; padding-left: 1.2rem; font-family: system-ui, sans-serif; white-space: normal; }
tr.met { background: light-dark(#e7f6e7, #12301a); }
tr.partly { background: light-dark(#fff4d6, #3a2f08); }
tr.missing { background: light-dark(#fde4e1, #451a16); }
""")

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(policy: Policy, coverage: Coverage, totals: list[tuple[str, int, int]]) -> str:
    """The coverage of a policy as a page that needs nothing else: no script, no font, no request.

    Args:
        policy: Whose examples were run.
        coverage: What they show.
        totals: For each kind of goal its name, how many are met, and of how many.
    """
    title = f"Coverage of {policy.id} {policy.version}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", _STYLE),
    )
    rows = [
        tag("tr", tag("th", name, scope="row"), _number(met), _number(of), _number(of - met))
        for name, met, of in totals
    ]
    columns = tag("tr", *(tag("th", name, scope="col") for name in ("", "shown", "of", "missing")))
    summary = tag(
        "table", tag("caption", "What the examples show"), tag("thead", columns), tag("tbody", *rows)
    )
    files = [_file(source, coverage) for source in policy.sources]
    body = tag("body", tag("main", tag("h1", title), summary, *(each for each in files if each is not None)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en').text}\n"


def _number(number: int) -> Html:
    return tag("td", f"{number:,}", class_="number")


def _file(source: Source, coverage: Coverage) -> Html | None:
    lines = list(lines_of(source, coverage))
    if all(line.mark == "nothing" for line in lines):
        return None
    rows = [_line(line) for line in lines]
    heads = tag("tr", *(tag("th", name, scope="col") for name in ("line", "shown", "text")))
    table = tag("table", tag("thead", heads), tag("tbody", *rows))
    return tag("section", tag("h2", source.name), tag("div", table, class_="source"))


def _line(line: Line) -> Html:
    sign = tag("span", _SIGN[line.mark], title=_WORD[line.mark], aria_label=_WORD[line.mark], role="img")
    missing = [tag("li", f"not shown: {said(goal)}") for goal in line.missing]
    listed = tag("ul", *missing) if missing else None
    text = tag("td", line.text, listed)
    marked = sign if line.mark != "nothing" else None
    return tag("tr", tag("td", str(line.number), class_="number"), tag("td", marked), text, class_=line.mark)
