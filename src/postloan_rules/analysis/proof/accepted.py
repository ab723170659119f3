"""Findings that the policy team has explained: the file `analysis/accepted.yaml` beside the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy import files
from postloan_rules.policy.reading import Reading
from postloan_rules.problems import Problem, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from postloan_rules.analysis.proof.study import Finding
    from postloan_rules.problems import Span

__all__ = ["Accepted", "AcceptedInvalid", "explained", "load_accepted"]

_FILE = ("analysis", "accepted.yaml")
_KEYS = ("code", "subject", "reason")


class AcceptedInvalid(Exception):  # noqa: N818 - a finding with its problems, like those of policies
    """A file of explanations that can't be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Accepted:
    """One explanation: of which findings, about what, and why they may stand."""

    code: str
    subject: str
    reason: str
    span: Span = field(repr=False, eq=False)

    def covers(self, finding: Finding) -> bool:
        """Whether it explains a finding."""
        return finding.problem.code == self.code and finding.subject == self.subject


def load_accepted(rules: Path) -> tuple[Accepted, ...]:
    """The explanations beside a policy; none where there is no such file.

    Raises:
        AcceptedInvalid: with everything that is wrong with the file.
    """
    file = (rules if rules.is_dir() else rules.parent).joinpath(*_FILE)
    if not file.is_file():
        return ()
    reading = Reading()
    document = files.load_file(file, reading)
    node = document[1] if document is not None else None
    found: list[Accepted] = []
    for item in reading.items(node, "a list of explained findings") if node is not None else ():
        keys = reading.section(item, "an explained finding", _KEYS, _KEYS)
        said = {key: reading.text(keys[key].value, f"`{key}` of an explained finding") for key in keys}
        if len(said) == len(_KEYS):
            found.append(Accepted(said["code"], said["subject"], said["reason"], keys["code"].value.span))
    if reading.problems:
        raise AcceptedInvalid(reading.problems)
    return tuple(found)


def explained(
    findings: Sequence[Finding], accepted: Sequence[Accepted], *, complete: bool
) -> tuple[list[Finding], list[tuple[Finding, str]], list[Problem]]:
    """The findings that nobody explained, those that somebody did, and explanations of nothing.

    Args:
        findings: What was found.
        accepted: What was explained.
        complete: Whether everything was looked at, so that an explanation of nothing is one.
    """
    open_: list[Finding] = []
    closed: list[tuple[Finding, str]] = []
    for finding in findings:
        reason = next((each.reason for each in accepted if each.covers(finding)), None)
        if reason is None:
            open_.append(finding)
        else:
            closed.append((finding, reason))
    stale = []
    for each in accepted if complete else ():
        if not any(each.covers(finding) for finding in findings):
            message = f"nothing of this code is found of `{each.subject}`: the explanation is of nothing"
            help_ = "take it out, or write the code and the subject as `postloan analyse` tells them"
            stale.append(Problem("PR0986", message, each.span, help_, severity="warning"))
    return open_, closed, stale
