"""The kinds of customers that a sample is made of: how each spends, pays and borrows."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Literal

from attrs import frozen

__all__ = ["ARCHETYPES", "Archetype", "Habits", "Name", "Range", "a_thousand"]

Range = tuple[int, int]

Name = Literal[
    "transactor",
    "revolver",
    "minimum_payer",
    "cash_user",
    "over_limit",
    "past_due_1",
    "past_due_30",
    "past_due_60",
    "past_due_90",
    "cured",
    "sealed",
    "job_loser",
    "income_drop",
    "salary_missing",
    "debt_builder",
    "inquiry_burst",
    "repay_redraw",
    "dormant",
    "complainer",
    "fraud",
    "deceased",
    "bankrupt",
    "dispute",
    "hardship",
    "thin_file",
    "several_cards",
    "card_and_loan",
    "loan_only",
]


@frozen
class Habits:
    """How a customer uses an account, in thousandths of the limit; payments in thousandths of the balance."""

    spends: Range = (60, 160)
    pays: Range = (1000, 1000)
    """A thousand is in full, zero the minimum."""
    begins_at: Range = (40, 120)
    cash: Range = (0, 0)
    """How often, and how much of the limit."""
    missed: tuple[int, ...] = ()
    """The due dates without a payment: 0 is the latest that has passed, 1 the one before."""
    ceiling: int = 980
    """How much of the limit may be used."""


@frozen
class Archetype:
    """A kind of customer, and how many of a thousand are of it."""

    name: Name
    per_thousand: int
    habits: Habits = Habits()
    cards: Range = (1, 1)
    loans: Range = (0, 0)
    lenders: Range = (1, 3)
    """At how many other lenders the customer owes."""


_REVOLVES = Habits(spends=(60, 140), pays=(120, 450), begins_at=(250, 500))
_MINIMUM = Habits(spends=(40, 100), pays=(0, 0), begins_at=(350, 600))
_STRETCHED = Habits(spends=(50, 110), pays=(20, 120), begins_at=(500, 700))


def _missing(*missed: int) -> Habits:
    return Habits(spends=(60, 120), pays=(0, 150), begins_at=(350, 600), missed=missed)


ARCHETYPES: tuple[Archetype, ...] = (
    Archetype("transactor", 200),
    Archetype("revolver", 140, _REVOLVES),
    Archetype("minimum_payer", 60, _MINIMUM, lenders=(2, 4)),
    Archetype("cash_user", 40, Habits(spends=(30, 90), pays=(60, 250), begins_at=(250, 450), cash=(450, 90))),
    Archetype("over_limit", 20, Habits(spends=(120, 220), pays=(0, 60), begins_at=(750, 900), ceiling=1080)),
    Archetype("past_due_1", 30, _missing(0)),
    Archetype("past_due_30", 20, _missing(0, 1), lenders=(2, 4)),
    Archetype("past_due_60", 12, _missing(0, 1, 2), lenders=(2, 5)),
    Archetype("past_due_90", 15, _missing(*range(5)), lenders=(2, 6)),
    Archetype(
        "cured", 40, Habits(spends=(50, 120), pays=(200, 600), begins_at=(200, 450), missed=(7, 8, 14))
    ),
    Archetype(
        "sealed", 10, Habits(spends=(60, 120), pays=(0, 100), begins_at=(400, 600), missed=(4, 5, 6, 7))
    ),
    Archetype("job_loser", 20, _STRETCHED),
    Archetype("income_drop", 20, _STRETCHED),
    Archetype("salary_missing", 20, _REVOLVES),
    Archetype("debt_builder", 35, _REVOLVES, lenders=(3, 7)),
    Archetype("inquiry_burst", 30, _REVOLVES, lenders=(2, 4)),
    Archetype(
        "repay_redraw", 15, Habits(spends=(20, 60), pays=(1000, 1000), begins_at=(800, 900), cash=(950, 860))
    ),
    Archetype("dormant", 40, Habits(spends=(0, 0), begins_at=(0, 0)), lenders=(0, 2)),
    Archetype("complainer", 25),
    Archetype("fraud", 8),
    Archetype("deceased", 5),
    Archetype("bankrupt", 5, _missing(0, 1), lenders=(3, 6)),
    Archetype("dispute", 10, _REVOLVES),
    Archetype("hardship", 12, _MINIMUM, lenders=(2, 4)),
    Archetype("thin_file", 28, lenders=(0, 0)),
    Archetype("several_cards", 60, _REVOLVES, cards=(2, 4), lenders=(2, 4)),
    Archetype("card_and_loan", 50, _REVOLVES, loans=(1, 1)),
    Archetype("loan_only", 30, cards=(0, 0), loans=(1, 2)),
)
"""INVARIANT: together they are a thousand."""


@lru_cache(maxsize=16)
def a_thousand(seed: int, block: int) -> tuple[Archetype, ...]:
    """The kinds of a thousand customers in a row: each exactly as often as its share, in a random order."""
    kinds = [archetype for archetype in ARCHETYPES for _ in range(archetype.per_thousand)]
    Random(f"{seed}:kinds:{block}").shuffle(kinds)  # noqa: S311 - made-up customers are no secret
    return tuple(kinds)
