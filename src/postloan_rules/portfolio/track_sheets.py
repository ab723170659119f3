"""A policy over months as sheets and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.portfolio.hiding import Hiding
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet
from postloan_rules.portfolio.track_questions import AWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.portfolio.sheets import Kind
    from postloan_rules.portfolio.track import Track

__all__ = ["track_findings"]

_HIDING = Hiding()


def track_findings(found: Track, hiding: Hiding = _HIDING) -> Findings:
    """What the policy does over the months, for people."""
    policy, months = found.policy, found.months
    decided = sum(month.decided for month in months)
    back = sum(each.flapping for each in found.flapping)
    said = [
        f"{decided:,} decisions in {len(months)} months"
        + (f", {found.refused:,} could not be made" if found.refused else ", none skipped"),
        f"responses that were called for, then not, then again: {back:,}",
    ]
    charts = (
        Chart(
            "lines",
            "Customers by month",
            "months",
            "day",
            ("responded", "adverse", "resting"),
            "For how many any response, or an adverse one, is chosen; from how many one is withheld.",
        ),
        Chart(
            "matrix",
            "From month to month",
            "transitions",
            "before",
            ("after", "rate"),
            "The share of each state's customers who are in each state a month later.",
        ),
        Chart(
            "bars",
            "Customers who go back and forth",
            "flapping",
            "response",
            ("flapping",),
            "For how many customers each response came back.",
        ),
    )
    return Findings(
        name="track",
        title=f"{policy.id} {policy.version}, profile {policy.profile}, over {len(months)} months",
        said=tuple(said),
        sheets=tuple(_sheets(found, hiding)),
        charts=charts,
        notes=(
            "All that is chosen is taken to be done.",
            "A customer is reviewed where a review is due, something happened, or anything is chosen.",
            "The months' own data are as they are: what a response would have changed in them is not known.",
            "A response in its cool-down still counts as called for: resting is no going back.",
        ),
        refused=found.refused,
    )


def _sheets(found: Track, hiding: Hiding) -> Iterator[Sheet]:
    count: Kind = "count"
    yield Sheet(
        "months",
        "Month",
        (
            Column("month", "month", count),
            Column("day", "as of", "date"),
            Column("decided", "customers", count),
            Column("entered", "entered", count, zero=""),
            Column("left", "left", count, zero=""),
            Column("due", "review due", count),
            Column("responded", "any response", count),
            Column("adverse", "adverse", count),
            Column("adverse_share", "share", "share", absent=""),
            Column("referred", "referred", count),
            Column("resting", "resting", count),
        ),
        tuple(
            (
                each.number,
                each.last_day,
                each.decided,
                each.entered,
                each.left,
                each.due,
                each.responded,
                each.adverse,
                share(each.adverse, each.decided),
                each.referred,
                each.resting,
            )
            for each in found.months
        ),
        shown=60,
    )
    yield Sheet(
        "transitions",
        "From",
        (
            Column("before", "from"),
            Column("after", "to"),
            Column("customers", "customers", count),
            Column("rate", "share", "share", absent=""),
        ),
        tuple((each.before, each.after, each.customers, each.rate) for each in found.transitions),
        note=f"`{AWAY}`: in no decision of the month" if _away(found) else "",
    )
    yield Sheet(
        "stays",
        "State",
        (
            Column("state", "state"),
            Column("customers", "customers", count),
            Column("spells", "spells", count),
            Column("running", "still running", count),
            Column("mean", "months on average", "times", absent=""),
            Column("longest", "longest", count),
        ),
        tuple(
            (each.state, each.customers, each.spells, each.running, each.mean, each.longest)
            for each in found.stays
        ),
    )
    yield Sheet(
        "flapping",
        "Responses",
        (
            Column("response", "response"),
            Column("called", "customers", count),
            Column("flapping", "back and forth", count),
            Column("share", "share", "share", absent=""),
            Column("returns", "returns", count),
            Column("most", "most for one", count),
            Column("examples", "such as"),
        ),
        tuple(
            (
                each.response,
                each.called,
                each.flapping,
                share(each.flapping, each.called),
                each.returns,
                each.most,
                ", ".join(map(hiding.customer, each.examples[:3])),
            )
            for each in found.flapping
        ),
        note=hiding.note(accounts=False) if any(each.examples for each in found.flapping) else "",
        shown=40,
        quiet=("flapping", "returns"),
    )
    rows = tuple(
        (name, month.number, customers)
        for name in dict(found.months[0].responses if found.months else ())
        if any(dict(month.responses)[name] for month in found.months)
        for month in found.months
        for customers in (dict(month.responses)[name],)
    )
    columns = (
        Column("response", "response"),
        Column("month", "month", count),
        Column("customers", "customers", count),
    )
    yield Sheet("responses", "Responses by month", columns, rows, shown=0)


def _away(found: Track) -> bool:
    return any(AWAY in (each.before, each.after) for each in found.transitions)
