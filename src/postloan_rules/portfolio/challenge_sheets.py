"""A champion and a challenger as sheets and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.portfolio.differences import told_apart
from postloan_rules.portfolio.sheets import Chart, Column, Findings, Sheet, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.portfolio.challenge import Challenge
    from postloan_rules.portfolio.sheets import Kind

__all__ = ["challenge_findings"]

_UNEVEN = 0.001
"""So unlikely a division is no accident."""


def challenge_findings(found: Challenge) -> Findings:
    """What is known of both, for people."""
    champion, challenger = found.results
    policies = [
        f"{each.policy.id} {each.policy.version}, profile {each.policy.profile}" for each in found.results
    ]
    decided = champion.customers + challenger.customers
    said = [
        f"{decided:,} customers, {percent(found.arms.share)} of them meant for the challenger"
        f", salt `{found.arms.salt}`; "
        + (f"{found.refused:,} could not be decided" if found.refused else "none skipped"),
    ]
    if found.split is not None:
        doubt = (
            "chance can do that" if found.split >= _UNEVEN else "NOT by chance: find out why before you go on"
        )
        said.append(
            f"{percent(challenger.share)} are in the challenger's arm, p = {found.split:.3f}: {doubt}"
        )
    said += told_apart(champion.policy, challenger.policy)
    charts = (
        Chart(
            "intervals",
            "Shares of the customers",
            "measures",
            "measure",
            ("champion", "challenger"),
            "Each share in both arms, with its interval.",
        ),
    )
    return Findings(
        name="challenge",
        title=f"{policies[0]} against {policies[1]}",
        said=tuple(said),
        sheets=tuple(_sheets(found)),
        charts=charts,
        notes=_notes(found),
        refused=found.refused,
    )


def _notes(found: Challenge) -> tuple[str, ...]:
    notes = [
        "An arm is a salted SHA-256 of the customer's number: the same customer is always in the same arm.",
        "Intervals are Wilson's for shares and Newcombe's for differences, at 95 %; p: Fisher's exact test.",
        "Detectable is the smallest difference that so many customers show four times out of five.",
        "A smaller one may be there and not be seen.",
    ]
    if found.outcome is None:
        notes.append("There is no outcome yet: this is the plan, and what each policy would do.")
    else:
        notes.append(
            "The outcome speaks of the policies only if each customer was treated by that of the arm before."
        )
    return tuple(notes)


def _sheets(found: Challenge) -> Iterator[Sheet]:
    yield Sheet(
        "arms",
        "Arm",
        (
            Column("arm", "arm"),
            Column("customers", "customers", "count"),
            Column("share", "share", "share", absent=""),
            Column("balance", "balance", "money"),
            Column("limit", "limit", "money"),
            Column("responded", "any response", "count"),
            Column("adverse", "adverse", "count"),
            Column("referred", "referred", "count"),
            *((Column("bad", "bad", "count"),) if found.outcome is not None else ()),
        ),
        tuple(
            (
                each.name,
                each.customers,
                each.share,
                each.balance,
                each.limit,
                each.responded,
                each.adverse,
                each.referred,
                *((each.bad,) if found.outcome is not None else ()),
            )
            for each in found.results
        ),
    )
    share: Kind = "share"
    yield Sheet(
        "measures",
        "Share of",
        (
            Column("measure", "share of"),
            *(
                Column(f"{arm}{end}", title, share, absent="none")
                for arm in ("champion", "challenger")
                for end, title in (("", arm), ("_low", "from"), ("_high", "to"))
            ),
            Column("difference", "difference", share, absent="none"),
            Column("difference_low", "from", share, absent="none"),
            Column("difference_high", "to", share, absent="none"),
            Column("p_value", "p", "number", absent="none"),
            Column("detectable", "detectable", share, absent="none"),
        ),
        tuple(
            (
                each.name,
                *(
                    part
                    for estimate in (each.champion, each.challenger, each.difference)
                    for part in (
                        (None, None, None)
                        if estimate is None
                        else (estimate.value, estimate.low, estimate.high)
                    )
                ),
                each.p_value,
                each.detectable,
            )
            for each in found.measures
        ),
    )
    for money, name, title, kind in (
        (True, "balance", "Alike before", "money"),
        (False, "balance_segments", "Segments", "share"),
    ):
        rows = [each for each in found.balances if each.money is money]
        if not rows:
            continue
        yield Sheet(
            name,
            title,
            (
                Column("what", "what"),
                Column("champion", "champion", "money" if kind == "money" else "share"),
                Column("challenger", "challenger", "money" if kind == "money" else "share"),
                Column("standardised", "standardised", "number", absent=""),
                Column("p_value", "p", "number", absent="none"),
            ),
            tuple(
                (each.what, each.champion, each.challenger, each.standardised, each.p_value) for each in rows
            ),
        )
