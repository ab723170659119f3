"""One analysis under way: the policy as formulas, customers to try, what was found, the time that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from postloan_rules.analysis.proof.customers import Case, bare, cases_of, days_of, fitted
from postloan_rules.analysis.proof.encoding import Encoding
from postloan_rules.analysis.proof.witness import Found, Unprovable, Witnesses
from postloan_rules.expressions import Expression
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.problems import Span
    from postloan_rules.snapshot import Snapshot

__all__ = ["Finding", "Study"]

Severity = Literal["error", "warning"]


@frozen(eq=False)
class Finding:
    """One finding: what is wrong and where, what it is about, and a customer who shows it."""

    problem: Problem
    subject: str
    """What it is about, as it is named to explain it: `trigger overdue`, `rule R-1`."""
    witness: Found | None = None


@define(eq=False)
class Study:
    """A policy being analysed."""

    policy: Policy
    encoding: Encoding
    witnesses: Witnesses
    cases: list[Case]
    time_left: Callable[[], bool]
    findings: list[Finding] = field(factory=list)
    skipped: list[str] = field(factory=list)
    constant: set[str] = field(factory=set)
    """Triggers that were found to fire never or always: what hangs on them is not told again."""
    proved: int = 0
    shown: int = 0

    @classmethod
    def of(
        cls,
        policy: Policy,
        customers: Iterable[Snapshot],
        time_left: Callable[[], bool],
        timeout: int,
    ) -> Study:
        """An analysis of a policy, with customers to try."""
        encoding = Encoding.of(policy)
        cases = [case for each in fitted(policy, customers) for case in cases_of(policy, each)]
        cases += [case for day in days_of(policy) for case in bare(policy, day)]
        witnesses = Witnesses(encoding, cases, timeout=timeout, time_left=time_left)
        return cls(policy, encoding, witnesses, cases, time_left)

    def note(
        self,
        code: str,
        subject: str,
        message: str,
        span: Span,
        help_: str,
        *,
        severity: Severity = "warning",
        witness: Found | None = None,
    ) -> None:
        """Add a finding."""
        self.findings.append(
            Finding(Problem(code, message, span, help_, severity=severity), subject, witness)
        )

    def has_time(self, subject: str) -> bool:
        """Whether there is time for a question; where there is none, it is kept as left over."""
        if self.time_left():
            return True
        self.skipped.append(subject)
        return False

    def possible(
        self, subject: str, question: str, span: Span, formula: Formula, confirm: Callable[[Case], bool]
    ) -> Found | bool:
        """A customer that meets a formula; False where it is proved that there is none, else True.

        Where neither is so, that is a finding of its own.
        """
        case = next((each for each in self.cases if confirm(each)), None)
        if case is not None:
            self.shown += 1
            return Found(case, case.snapshot, ())
        if not self.has_time(subject):
            return True
        refuted = self.witnesses.refuted(formula)
        if refuted:
            self.proved += 1
            return False
        found: Found | Unprovable = Unprovable(())
        if refuted is False:
            found = self.witnesses.witness(formula, confirm)
        if isinstance(found, Found):
            self.shown += 1
            self.cases.append(found.case)
            return found
        if not self.has_time(subject):
            return True
        why = ", ".join(f"`{_short(each)}`" for each in found.by)
        hangs = f"; it hangs on {why}" if why else ""
        help_ = "add an example that shows it, or say in analysis/accepted.yaml why it does not matter"
        self.note("PR0985", subject, f"not provable here: {question}{hangs}", span, help_)
        return True

    def hangs_on_constant(self, names: Iterable[str]) -> bool:
        """Whether any of these triggers, or of those that they read, is one that never changes."""
        return bool(self.constant & self.read_by(names))

    def read_by(self, names: Iterable[str]) -> set[str]:
        """The triggers among these names, and those that they read in their turn."""
        by_name = {each.name: each for each in self.policy.triggers}
        facts = {each.name: each for each in self.policy.facts}
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            if name in by_name:
                found.add(name)
                waiting += _reads(by_name[name])
            elif name in facts and isinstance(facts[name].definition, Expression):
                found.add(name)
                waiting += facts[name].definition.reads  # type: ignore[union-attr]  # looked at just before
        return found & by_name.keys()


def _reads(trigger: Trigger) -> list[str]:
    if trigger.condition is None:
        return []
    read = [name for leaf in leaves(trigger.condition) for name in leaf.expression.reads]
    return [*read, *(each.trigger for each in named(trigger.condition))]


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:87] + "..."
