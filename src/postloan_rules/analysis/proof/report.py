"""The analysis of a whole policy: every finding, with a customer who shows it where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.analysis.bans import breaches
from postloan_rules.analysis.influence import influence_of
from postloan_rules.analysis.proof.accepted import Accepted, explained
from postloan_rules.analysis.proof.conflicts import conflicts
from postloan_rules.analysis.proof.effects import effects
from postloan_rules.analysis.proof.firing import firing
from postloan_rules.analysis.proof.reasons import reasons
from postloan_rules.analysis.proof.rows import rows
from postloan_rules.analysis.proof.shadows import shadows
from postloan_rules.analysis.proof.silence import silence
from postloan_rules.analysis.proof.study import Finding, Study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from postloan_rules.analysis.bans import Ban
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Problem
    from postloan_rules.snapshot import Snapshot

__all__ = ["Report", "analyse"]

_PASSES: tuple[Callable[[Study], None], ...] = (
    firing,
    effects,
    shadows,
    conflicts,
    rows,
    reasons,
    silence,
)


@frozen
class Report:
    """What an analysis came to."""

    findings: tuple[Finding, ...] = field(repr=False)
    """Those that nobody has explained."""
    explained: tuple[tuple[Finding, str], ...] = field(repr=False)
    """The others, each with its reason."""
    stale: tuple[Problem, ...] = field(repr=False)
    """Explanations of nothing."""
    skipped: tuple[str, ...]
    """What there was no time for."""
    proved: int
    """So many questions were settled by a proof,"""
    shown: int
    """and so many by a customer."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is to be told."""
        return (*(each.problem for each in self.findings), *self.stale)


def analyse(
    policy: Policy,
    customers: Iterable[Snapshot] = (),
    *,
    accepted: Sequence[Accepted] = (),
    bans: Iterable[Ban] = (),
    time_left: Callable[[], bool] = lambda: True,
    timeout: int = 1_500,
) -> Report:
    """Everything that can be said of a policy as a whole.

    Args:
        policy: The policy.
        customers: Customers to start from: the more kinds there are, the more is settled.
        accepted: Findings that are explained.
        bans: Fields that may change nothing, beside the protected ones.
        time_left: Whether there is time for another question.
        timeout: Milliseconds for each question.
    """
    study = Study.of(policy, customers, time_left, timeout)
    for look in _PASSES:
        look(study)
    for breach in breaches(policy, influence_of(policy), bans):
        who = f"response {breach.response}" if breach.response is not None else "next review"
        study.findings.append(Finding(breach.problem(), who))
    left = tuple(dict.fromkeys(study.skipped))
    open_, closed, stale = explained(study.findings, accepted, complete=not left)
    return Report(tuple(open_), tuple(closed), tuple(stale), left, study.proved, study.shown)
