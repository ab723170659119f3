"""`postloan demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions import Decision
    from postloan_rules.portfolio.report import Report
    from postloan_rules.ruleset import RuleSet

_SEAL = "seal_card"
_RELAX = "lengthen_review_interval"
_LATE = 60
"""Only customers who are so many days late, or who complained, are looked at for the pages."""


@click.command()
@click.option(
    "-n", "count", type=click.IntRange(1), default=2000, show_default=True, help="How many customers."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same customers."
)
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def demo(count: int, seed: int, language: str) -> None:
    """See it at work: decide a made-up portfolio by the credit-card policy that comes along.

    It shows what the policy does over the whole portfolio, and then two customers as pages: one whose card is
    sealed, and a good payer who complained of too many reviews and is now reviewed less often.

    \b
    Example:
      postloan demo -n 500 --lang zh
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.page import print_page
    from postloan_rules.cli.screen import console
    from postloan_rules.cli.terminal import print_findings
    from postloan_rules.policy import SHIPPED
    from postloan_rules.portfolio.simulation_sheets import findings_of
    from postloan_rules.ruleset import load

    screen = console()
    ruleset = load(SHIPPED / "credit_card")
    print_findings(screen, findings_of(_counted(ruleset, count, seed)))
    for heading, decision in _chosen(ruleset, count, seed):
        screen.print(f"\n--- {heading} ---\n", style="bold")
        if decision is None:
            screen.print("There is none in this portfolio: try a larger one (-n), or another --seed.")
        else:
            print_page(screen, decision, language)


def _counted(ruleset: RuleSet, count: int, seed: int) -> Report:
    """What the policy does over the made-up customers."""
    from postloan_rules.cli.progress import progress
    from postloan_rules.portfolio.report import Head, report
    from postloan_rules.portfolio.sample import sample
    from postloan_rules.portfolio.tally import Tally

    policy, tally = ruleset.policy, Tally()
    with progress(count) as advance:
        for snapshot in sample(count, seed=seed):
            tally.take(ruleset.decide(snapshot), bad=None)
            advance(1)
    head = Head(
        ruleset=policy.id,
        version=policy.version,
        profile=policy.profile,
        fingerprint=policy.fingerprint,
        currency=policy.currency,
        outcome=None,
        decided=count,
        refused=0,
        limit=None,
    )
    return report(policy, head, tally.heads)


def _chosen(ruleset: RuleSet, count: int, seed: int) -> Iterator[tuple[str, Decision | None]]:
    """A customer whose card is sealed (today, if there is one), and one who is reviewed less often."""
    from postloan_rules.portfolio.sample import sample
    from postloan_rules.snapshot import BlockCode

    sealed_today: Decision | None = None
    sealed: Decision | None = None
    relaxed: Decision | None = None
    for snapshot in sample(count, seed=seed):
        if sealed_today is not None and relaxed is not None:
            break
        stopped = any(account.block_code == BlockCode.SEALED for account in snapshot.accounts)
        late = any(account.days_past_due >= _LATE for account in snapshot.accounts)
        if not (stopped or late or snapshot.complaints):
            continue
        decision = ruleset.decide(snapshot)
        responses = {each.response for each in decision.responses}
        if _SEAL in responses:
            sealed_today = sealed_today or decision
        if stopped:
            sealed = sealed or decision
        if _RELAX in responses:
            relaxed = relaxed or decision
    yield "A customer whose card is sealed", sealed_today or sealed
    yield "A customer who is reviewed less often", relaxed
