"""An impact as sheets and charts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.portfolio.differences import told_apart
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.portfolio.impact import Impact, Move

__all__ = ["impact_findings"]

_NONE = "nothing"
_OTHER = "the same for other accounts"
_PER_KIND = 3
"""So many examples of each kind of change fit on a screen."""


def impact_findings(found: Impact) -> Findings:
    """All that changes, for people."""
    old, new = found.old, found.new
    named = [f"{policy.id} {policy.version}, profile {policy.profile}" for policy in (old, new)]
    changed = found.decided - found.unchanged
    part = _percent(found.responses_changed, found.decided)
    another = f"another response for {found.responses_changed:,}, {part}"
    rest = f"anything else that differs for {changed - found.responses_changed:,}"
    refused = f"{found.refused:,} could not be decided" if found.refused else "none skipped"
    said = (
        f"{found.decided:,} customers decided by both, {refused}",
        f"{another}; {rest}; the same in everything for {found.unchanged:,}",
        *told_apart(old, new),
    )
    charts = (
        Chart(
            "bars",
            "Customers by kind of change",
            "changes",
            "change",
            ("customers",),
            "How many customers each kind of change comes to.",
        ),
    )
    return Findings(
        name="impact",
        title=f"from {named[0]} to {named[1]}",
        said=said,
        sheets=tuple(_sheets(found)),
        charts=charts,
        notes=(
            "A customer may be in several kinds of change.",
            f"Balance is of the accounts concerned, in {new.currency}.",
            "Examples are the customers who owe most; why is told in the words of the policies.",
        ),
        refused=found.refused,
    )


def _percent(part: int, whole: int) -> str:
    return percent(share(part, whole)) or "none of none"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or _NONE


def _sheets(found: Impact) -> Iterator[Sheet]:
    yield Sheet(
        "differences",
        "The policies differ in",
        (
            Column("kind", "kind"),
            Column("name", "name"),
            Column("change", "change"),
            Column("before", "before"),
            Column("after", "after"),
        ),
        tuple((each.kind, each.name, each.change, each.before, each.after) for each in found.differences),
    )
    yield Sheet(
        "changes",
        "Changes",
        (
            Column("change", "change"),
            Column("customers", "customers", "count"),
            Column("share", "share", "share", absent=""),
            Column("balance", "balance", "money"),
        ),
        tuple(
            (kind.title, kind.customers, share(kind.customers, found.decided), kind.balance)
            for kind in found.kinds
        ),
    )
    yield Sheet(
        "moves",
        "Responses lost",
        (
            Column("lost", "responses lost"),
            Column("gained", "responses gained"),
            Column("customers", "customers", "count"),
            Column("balance", "balance", "money"),
        ),
        tuple(_lost_and_gained(found.moves)),
        shown=10,
    )
    yield Sheet(
        "response_sets",
        "All responses before and after",
        (
            Column("before", "before"),
            Column("after", "after"),
            Column("customers", "customers", "count"),
            Column("balance", "balance", "money"),
        ),
        tuple(
            (_listed(each.before), _listed(each.after), each.customers, each.balance) for each in found.moves
        ),
        shown=0,
    )
    if found.values:
        yield _values(found)
    yield Sheet(
        "triggers",
        "Triggers",
        (
            Column("trigger", "trigger"),
            Column("before", "before"),
            Column("after", "after"),
            Column("customers", "customers", "count"),
        ),
        tuple((each.trigger, each.before, each.after, each.customers) for each in found.states),
    )
    yield from _examples(found)


def _lost_and_gained(moves: Sequence[Move]) -> Iterator[tuple[str, str, int, Decimal]]:
    """What is lost and gained, whatever stays beside it; most customers first."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for each in moves:
        lost = [name for name in each.before if name not in each.after]
        gained = [name for name in each.after if name not in each.before]
        # The same responses for other accounts are a change, too.
        key = (_listed(lost), _listed(gained)) if lost or gained else (_OTHER, _OTHER)
        customers, balance = found.get(key, (0, Decimal(0)))
        found[key] = (customers + each.customers, balance + (each.balance or 0))
    rows = [(*key, customers, balance) for key, (customers, balance) in found.items()]
    yield from sorted(rows, key=lambda row: (-row[2], -row[3], row[0], row[1]))


def _values(found: Impact) -> Sheet:
    return Sheet(
        "parameters",
        "Parameters",
        (
            Column("response", "response"),
            Column("parameter", "parameter"),
            Column("accounts", "changed", "count"),
            Column("higher", "higher", "count", zero=""),
            Column("lower", "lower", "count", zero=""),
            Column("other", "no numbers", "count", zero=""),
            Column("before", "sum before", "number", absent=""),
            Column("after", "sum after", "number", absent=""),
        ),
        tuple(
            (
                each.response,
                each.parameter,
                each.accounts,
                each.higher,
                each.lower,
                each.other,
                each.before,
                each.after,
            )
            for each in found.values
        ),
    )


_EXAMPLES = (
    Column("change", "change"),
    Column("customer_id", "customer"),
    Column("account_id", "account", absent=""),
    Column("line", "line", "count"),
    Column("balance", "balance", "money"),
    Column("before", "before"),
    Column("after", "after"),
    Column("why", "why"),
)


def _examples(found: Impact) -> Iterator[Sheet]:
    """The examples: a few of each kind for the terminal, all of them for files and pages."""
    rows = [
        (
            at,
            (
                kind.title,
                found.hiding.customer(each.customer_id),
                found.hiding.account(each.account_id),
                each.line,
                each.balance,
                each.before,
                each.after,
                each.why,
            ),
        )
        for kind in found.kinds
        for at, each in enumerate(kind.examples)
    ]
    hides = found.hiding.note(accounts=any(row[2] is not None for _, row in rows)) if rows else ""
    few = tuple((row[0], row[1], row[3], row[7]) for at, row in rows if at < _PER_KIND)
    yield Sheet(
        "examples_short",
        "Examples",
        (_EXAMPLES[0], _EXAMPLES[1], _EXAMPLES[3], _EXAMPLES[7]),
        few,
        shown=60,
        note="\n".join(filter(None, (f"up to {_PER_KIND} of each kind; files and pages hold all", hides))),
        screen=True,
    )
    yield Sheet("examples", "Examples", _EXAMPLES, tuple(row for _, row in rows), note=hides, page=True)
