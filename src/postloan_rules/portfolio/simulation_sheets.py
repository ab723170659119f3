"""A simulation's report as sheets and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from postloan_rules.portfolio.report import Line, Report
    from postloan_rules.portfolio.sheets import Cell

__all__ = ["BAD", "findings_of", "segments_of"]

BAD = (
    Column("bad", "bad", "count", absent=""),
    Column("bad_rate", "bad rate", "share", absent=""),
    Column("rest_bad_rate", "of the rest", "share", absent=""),
    Column("lift", "lift", "times", absent=""),
)


def findings_of(found: Report) -> Findings:
    """All that a simulation found."""
    head = found.head
    said = [f"{head.decided:,} customers decided"]
    said[0] += f", {head.refused:,} could not be decided" if head.refused else ", none skipped"
    if head.limit is not None:
        said[0] += f"; the first {head.limit:,} of the file only"
    if head.outcome is not None:
        everybody = found.groups[0]
        bad = f"outcome {head.outcome}: {everybody.bad:,} bad, {percent(everybody.bad_rate)}"
        said.append(f"{bad}; lift is a line's bad rate over this one")
    charts = (
        Chart(
            "bars",
            "Customers by response",
            "responses",
            "name",
            ("chosen",),
            "For how many customers each response is chosen.",
        ),
        Chart(
            "bars",
            "Customers by trigger",
            "triggers",
            "name",
            ("fired",),
            "For how many customers each trigger fired.",
        ),
    )
    rates = Chart(
        "bars",
        "Bad rate by response",
        "responses",
        "name",
        ("bad_rate",),
        "The share that went bad of the customers of each response.",
    )
    segments = tuple(
        Chart(
            "bars",
            f"Adverse responses by {by}",
            name,
            "value",
            ("adverse_share",),
            "The share of each segment for whom something adverse is chosen.",
        )
        for by, name in _segment_names(found)
    )
    return Findings(
        name="simulation",
        title=f"{head.ruleset} {head.version}, profile {head.profile}",
        said=tuple(said),
        sheets=tuple(_sheets(found)),
        charts=(*charts, *((rates,) if head.outcome is not None else ()), *segments),
        notes=_notes(found),
        refused=head.refused,
    )


def _notes(found: Report) -> tuple[str, ...]:
    notes = [
        "A customer counts once, however many accounts are decided.",
        f"Balance and limit are of the accounts concerned, in {found.head.currency}.",
        "Limits that are not known are in no sum.",
    ]
    if found.head.outcome is not None:
        notes.append("A bad rate shows who went bad, not what a response would have changed.")
    return tuple(notes)


def _sheets(found: Report) -> Iterator[Sheet]:
    yield _lines(found, "groups", "Customers", found.groups, "customers", None)
    yield _lines(found, "triggers", "Triggers", found.triggers, "fired", "unknown")
    yield _lines(found, "responses", "Responses", found.responses, "chosen", "withheld")
    if found.moves:
        yield _moves(found)
    yield _lines(found, "next_review", "Next review", found.reviews, "customers", None)
    yield from segments_of(found)


def _lines(
    found: Report, name: str, title: str, lines: Sequence[Line], first: str, second: str | None
) -> Sheet:
    judged = found.head.outcome is not None
    money = any(line.exposure is not None for line in lines)
    columns = [
        Column("name", title),
        Column(first, first, "count"),
        Column("share", "share", "share", absent=""),
    ]
    columns += [Column(second, second, "count", zero="")] if second is not None else []
    if money:
        columns += [
            Column("balance", "balance", "money"),
            Column("limit", "limit", "money", room="page"),
            Column("limits_unknown", "limits unknown", "count", zero="", room="page"),
        ]
    columns += list(BAD) if judged else []
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        row: list[Cell] = [line.name, line.customers, share(line.customers, found.head.decided)]
        row += [line.others] if second is not None else []
        if line.exposure is not None:
            row += [line.exposure.balance, line.exposure.limit, line.exposure.limits_unknown]
        if judged:
            row += [line.bad if line.customers else None, line.bad_rate, line.rest_bad_rate, line.lift]
        rows.append(tuple(row))
    quiet = (first, second) if second is not None else (first,)
    return Sheet(name, title, tuple(columns), tuple(rows), quiet=quiet, shown=len(rows))


def _moves(found: Report) -> Sheet:
    columns = (
        Column("response", "Limits moved"),
        Column("parameter", "sets"),
        Column("accounts", "accounts", "count"),
        Column("raised", "raised", "count", zero=""),
        Column("lowered", "lowered", "count", zero=""),
        Column("unknown", "before unknown", "count", zero=""),
        Column("before", "before", "money"),
        Column("after", "after", "money"),
        Column("moved", "moved", "money"),
    )
    rows = tuple(
        (
            each.response,
            each.parameter,
            each.accounts,
            each.raised,
            each.lowered,
            each.unknown,
            each.before,
            each.after,
            None if each.before is None or each.after is None else each.after - each.before,
        )
        for each in found.moves
    )
    return Sheet("limits", "Limits moved", columns, rows)


def _segment_names(found: Report) -> Iterable[tuple[str, str]]:
    names = list(dict.fromkeys(line.by for line in found.segments))
    return [(name, f"by_{number}") for number, name in enumerate(names, start=1)]


def segments_of(found: Report) -> Iterator[Sheet]:
    """For each way to cut the portfolio: its segments, and the responses in each."""
    judged = found.head.outcome is not None
    for by, name in _segment_names(found):
        lines = [line for line in found.segments if line.by == by]
        columns = [
            Column("value", f"By {by}"),
            Column("customers", "customers", "count"),
            Column("share", "share", "share", absent=""),
            Column("responded", "any response", "count"),
            Column("adverse", "adverse", "count"),
            Column("adverse_share", "adverse share", "share", absent=""),
            Column("referred", "referred", "count", zero=""),
            Column("balance", "balance", "money"),
            Column("limit", "limit", "money", room="page"),
            Column("limits_unknown", "limits unknown", "count", zero="", room="page"),
        ]
        if judged:
            columns += [BAD[0], BAD[1], Column("adverse_bad_rate", "adverse bad rate", "share", absent="")]
        rows = []
        for line in lines:
            row: list[Cell] = [line.value, line.customers, share(line.customers, found.head.decided)]
            row += [line.responded, line.adverse, share(line.adverse, line.customers), line.referred]
            row += [line.exposure.balance, line.exposure.limit, line.exposure.limits_unknown]
            row += [line.bad, line.bad_rate, line.adverse_bad_rate] if judged else []
            rows.append(tuple(row))
        yield Sheet(name, f"By {by}", tuple(columns), tuple(rows))
        heads = (
            Column("value", f"Responses by {by}"),
            Column("response", "response"),
            Column("customers", "customers", "count"),
            Column("share", "share of the segment", "share", absent=""),
        )
        cells = tuple(
            (line.value, response, customers, share(customers, line.customers))
            for line in lines
            for response, customers in line.responses.items()
        )
        yield Sheet(f"{name}_responses", f"Responses by {by}", heads, cells, shown=0)
