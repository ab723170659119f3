"""What other processes run in tests: it must be importable there."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import evolve

import postloan_rules as plr
from postloan_rules.portfolio.sample import sample
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from postloan_rules.snapshot import Snapshot

CUSTOMERS = 12


def snapshots() -> list[Snapshot]:
    """The same customers in every process."""
    return list(sample(CUSTOMERS))


def plain_snapshots() -> list[Snapshot]:
    """The same, without what only the bank's own policy knows."""
    return [evolve(each, attributes={}) for each in snapshots()]


def shipped_digest(start: int = 0) -> str:
    """A hash over all decisions of the shipped policy, which this process loads itself."""
    return digest_of(plr.shipped("credit_card"), start)


def digest_of(ruleset: plr.RuleSet, start: int = 0) -> str:
    """A hash over all decisions, made in an order that begins elsewhere for each caller."""
    customers = snapshots()
    order = [*range(start, len(customers)), *range(start)]
    made = {place: ruleset.decide(customers[place]).to_json() for place in order}
    return sha256("\n".join(made[place] for place in sorted(made)).encode()).hexdigest()


def digest_by_policies(policies: Policies, product: str, start: int = 0) -> str:
    """The same through policies in service."""
    customers = plain_snapshots()
    order = [*range(start, len(customers)), *range(start)]
    made = {place: policies.decide(customers[place], product).to_json() for place in order}
    policies.wait_for_shadows()
    return sha256("\n".join(made[place] for place in sorted(made)).encode()).hexdigest()


def version_after_refresh(policies: Policies, day: date) -> str:
    """What a process that was forked serves when it looks at the files itself."""
    policies.refresh()
    return policies.at(day).version


def digest_from(folder: Path, start: int) -> str:
    """A process that is started anew reads the files itself."""
    return digest_by_policies(Policies(folder), "cards", start)
