"""A rule set as services use it: load it once, decide with it as often as needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.decisions.compiled import Compiled
from postloan_rules.limits import LIMITS, Limits
from postloan_rules.policy import SHIPPED, Policy, load_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from postloan_rules.decisions import Decision
    from postloan_rules.portfolio.decide_many import Data, Decided, EngineName, Form, Progress
    from postloan_rules.problems import Problem
    from postloan_rules.snapshot import Snapshot

__all__ = ["RuleSet", "load", "shipped"]


@frozen
class RuleSet:
    """A checked policy under one of its profiles. Immutable, and safe to share between threads."""

    policy: Policy = field(repr=lambda policy: f"{policy.id} {policy.version}")
    _compiled: Compiled = field(init=False, repr=False, eq=False)

    @_compiled.default
    def _from_policy(self) -> Compiled:
        return Compiled(self.policy)

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
        return self._compiled.decide(snapshot)

    def decide_many(  # noqa: PLR0913 - each says one thing of the run
        self,
        data: Data,
        *,
        engine: EngineName = "duckdb",
        out: str | Path | None = None,
        mapping: str | Path | None = None,
        rows: int | None = None,
        master: str | None = None,
        anyway: bool = False,
        form: Form = "decisions",
        progress: Callable[[Progress], None] | None = None,
    ) -> Decided:
        """Decide every customer of a portfolio; the same decisions as `decide` gives, by any engine.

        Args:
            data: Snapshots in columns (Parquet, Arrow), JSON lines, or a flat table with a mapping: the path
                of a file, of a folder, or a pattern; or an Arrow table.
            engine: `duckdb` (SQL, in this process), `spark` (the same SQL), or `python` (one by one).
            out: The folder for the decisions, written in parts. A run that was stopped goes on where it was.
                Without it the Decisions table stays in memory.
            mapping: How the columns of a flat table become snapshots.
            rows: Customers in a part.
            master: Where Spark runs.
            anyway: Let Python decide what the engine can't say exactly.
            form: `decisions`, or `wide`: a column of truth values for each trigger and each response.
            progress: Told how far the run is, part by part.

        Raises:
            ColumnsInvalid: where the data have not the columns of snapshots.
            RunInvalid: where `out` holds something else, such as a run by another policy.
            Refused: where the engine can't keep the policy's meaning, with every place; not with `anyway`.
        """
        from postloan_rules.portfolio.decide_many import decide_many  # noqa: PLC0415 - an extra

        return decide_many(
            self.policy,
            self.decide,
            data,
            engine=engine,
            out=out,
            mapping=mapping,
            rows=rows,
            master=master,
            anyway=anyway,
            form=form,
            progress=progress,
        )


def load(path: str | PathLike[str], *, profile: str | None = None, limits: Limits = LIMITS) -> RuleSet:
    """The rule set in a folder (or one file), under one of its profiles of parameters.

    Args:
        path: The folder, or the file.
        profile: The profile; `standard` is that of the base values.
        limits: How much is taken; less than by default, for policies that come from outside.

    Raises:
        RuleSetInvalid: with every problem found, each with file, line, column, and what to write instead.
    """
    return RuleSet(load_policy(Path(path), profile, limits))


def shipped(name: str, *, profile: str | None = None) -> RuleSet:
    """A rule set that comes with the library: `credit_card` or `personal_loan`.

    Raises:
        RuleSetInvalid: when there is none of that name.
    """
    return load(SHIPPED / name, profile=profile)
