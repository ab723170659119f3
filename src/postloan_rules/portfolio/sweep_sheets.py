"""A sweep as sheets and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from postloan_rules.portfolio.sheets import Cell
    from postloan_rules.portfolio.sweep import Point, Sweep

__all__ = ["sweep_findings"]

_BESIDE = 12
"""So many values of one parameter stand side by side."""


def sweep_findings(found: Sweep) -> Findings:
    """What the policy does at each value, for people."""
    policy = found.policy
    decided = max((point.decided for point in found.points), default=0)
    hit = f"one of {', '.join(found.watched)} fires" if found.watched else "any response is chosen"
    names = " and ".join(axis.name for axis in found.axes)
    said = [
        f"{decided:,} customers decided at {len(found.points)} values of {names}"
        + (f", {found.refused:,} could not be decided" if found.refused else ", none skipped"),
        f"a hit: {hit}; near: one step away",
    ]
    charts: list[Chart] = []
    if len(found.axes) == 1:
        name = found.axes[0].name
        near = ("hits", "near_misses")
        charts.append(
            Chart(
                "lines",
                f"Customers by {name}",
                "values",
                name,
                near,
                f"Hits and near misses at each value of {name}.",
            )
        )
        if found.outcome is not None:
            charts.append(
                Chart(
                    "lines",
                    f"Outcome capture by {name}",
                    "values",
                    name,
                    ("capture",),
                    f"The share of all bad customers who are hits, at each value of {name}.",
                )
            )
    return Findings(
        name="sweep",
        title=f"{policy.id} {policy.version}, profile {policy.profile}: {names}",
        said=tuple(said),
        sheets=tuple(_sheets(found)),
        charts=tuple(charts),
        notes=(
            "Near misses are no hits and would be one step away, either way.",
            "Near hits are hits and would be none one step away.",
            f"Balance and limit are of the customers with an adverse response, in {policy.currency}.",
            *(
                ("The capture is the share of all bad customers who are hits.",)
                if found.outcome is not None
                else ()
            ),
        ),
        refused=found.refused,
    )


def _axes(found: Sweep) -> tuple[Column, ...]:
    return tuple(Column(axis.name, axis.name, "number") for axis in found.axes)


def _sheets(found: Sweep) -> Iterator[Sheet]:
    judged = found.outcome is not None
    moves = len({point.review_days for point in found.points}) > 1
    columns = (
        *_axes(found),
        Column("present", ""),
        Column("hits", "hits", "count"),
        Column("near_misses", "near misses", "count"),
        Column("near_hits", "near hits", "count"),
        Column("responded", "any response", "count"),
        Column("adverse", "adverse", "count"),
        Column("balance", "balance", "money"),
        Column("limit", "limit", "money"),
        Column("review_days", "days to review", "times", absent="none", room="screen" if moves else "file"),
        *(
            (
                Column("bad_hits", "bad hits", "count"),
                Column("capture", "capture", "share", absent=""),
                Column("bad_rate", "bad rate of adverse", "share", absent=""),
            )
            if judged
            else ()
        ),
    )
    yield Sheet(
        "values",
        found.axes[0].name,
        columns,
        tuple(tuple(_row(point, judged=judged)) for point in found.points),
        shown=100,
    )
    yield from _counts(found, "triggers", "trigger", [point.triggers for point in found.points])
    yield from _counts(found, "responses", "response", [point.responses for point in found.points])


def _row(point: Point, *, judged: bool) -> Iterator[Cell]:
    yield from point.values
    yield "now" if point.present else ""
    yield from (point.hits, point.near_misses, point.near_hits, point.responded, point.adverse)
    yield from (point.balance, point.limit, point.review_days)
    if judged:
        yield point.bad_hits
        yield share(point.bad_hits or 0, point.bad or 0)
        yield share(point.bad_adverse or 0, point.judged_adverse or 0)


def _counts(found: Sweep, name: str, what: str, counts: list[tuple[tuple[str, int], ...]]) -> Iterator[Sheet]:
    """What changes from value to value; what does not is left out."""
    by_name: dict[str, list[int]] = {}
    for point in counts:
        for each, customers in point:
            by_name.setdefault(each, []).append(customers)
    rows: list[tuple[str | Decimal | int, ...]] = [
        (each, *point.values, customers)
        for each, numbers in by_name.items()
        if len(set(numbers)) > 1
        for point, customers in zip(found.points, numbers, strict=True)
    ]
    if not rows:
        return
    columns = (Column(what, what), *_axes(found), Column("customers", "customers", "count"))
    title = f"{what.capitalize()}s that change"
    if len(found.axes) > 1 or len(found.points) > _BESIDE:
        yield Sheet(name, title, columns, tuple(rows), shown=60)
        return
    values = [f"{point.values[0]:f}" for point in found.points]
    yield Sheet(
        f"{name}_by_value",
        title,
        (Column(what, what), *(Column(f"at_{value}", value, "count") for value in values)),
        tuple((each, *numbers) for each, numbers in by_name.items() if len(set(numbers)) > 1),
        shown=60,
        note=f"customers at each value of {found.axes[0].name}",
    )
    yield Sheet(name, f"{title}, a line for each value", columns, tuple(rows), shown=0)
