"""A rule set as services use it: load it once, decide with it as often as needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.decisions import Decision, decide
from postloan_rules.policy import SHIPPED, Policy, load_policy

if TYPE_CHECKING:
    from os import PathLike

    from postloan_rules.problems import Problem
    from postloan_rules.snapshot import Snapshot

__all__ = ["RuleSet", "load", "shipped"]


@frozen
class RuleSet:
    """A checked policy under one of its profiles. Immutable, and safe to share between threads."""

    policy: Policy = field(repr=lambda policy: f"{policy.id} {policy.version}")

    @property
    def id(self) -> str:
        """The name in the policy's `ruleset:` line."""
        return self.policy.id

    @property
    def version(self) -> str:
        """The policy's version, as the policy team counts."""
        return self.policy.version

    @property
    def profile(self) -> str:
        """The profile of parameters that it was loaded with; `standard` is that of the base values."""
        return self.policy.profile

    @property
    def fingerprint(self) -> str:
        """`sha256:` and 64 digits over all that the policy says; comments and the order of lines left out."""
        return self.policy.fingerprint

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is not wrong and still worth a look."""
        return self.policy.warnings

    def decide(self, snapshot: Snapshot) -> Decision:
        """What the policy says about a customer.

        Pure: the same rule set and snapshot give the same decision, byte for byte.

        Raises:
            SnapshotInvalid: for a snapshot that the policy does not fit: another currency, a day on which the
                policy is not in force, attributes that it does not declare.
        """
        return decide(self.policy, snapshot)


def load(path: str | PathLike[str], *, profile: str | None = None) -> RuleSet:
    """The rule set in a folder (or one file), under one of its profiles of parameters.

    Raises:
        RuleSetInvalid: with every problem found, each with file, line, column, and what to write instead.
    """
    return RuleSet(load_policy(Path(path), profile))


def shipped(name: str, *, profile: str | None = None) -> RuleSet:
    """A rule set that comes with the library: `credit_card` or `personal_loan`.

    Raises:
        RuleSetInvalid: when there is none of that name.
    """
    return load(SHIPPED / name, profile=profile)
