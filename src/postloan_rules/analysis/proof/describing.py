"""A customer who shows a finding, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.analysis.proof.reading import field_value
from postloan_rules.expressions import text_of

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.study import Finding
    from postloan_rules.analysis.proof.witness import Found
    from postloan_rules.problems import Problem

__all__ = ["described", "said"]

_MOST = 6


def said(finding: Finding) -> Problem:
    """The finding as it is told, with the customer who shows it."""
    if finding.witness is None:
        return finding.problem
    help_ = f"{finding.problem.help}; {described(finding.witness)}"
    return evolve(finding.problem, help=help_)


def described(found: Found) -> str:
    """Who shows it, and what was changed in the customer that was started from."""
    who = f"shown by the customer `{found.snapshot.customer.customer_id}`"
    if found.case.account_id is not None:
        who += f" with the account `{found.case.account_id}`"
    parts = []
    for path in found.changed[:_MOST]:
        value = field_value(found.case, path)
        if value is NotImplemented:
            parts.append(f"{path} missing")
        elif value is None:
            parts.append(f"{path} unknown")
        else:
            parts.append(f"{path} = {text_of(value) or value}")
    more = f" and {len(found.changed) - _MOST} more" if len(found.changed) > _MOST else ""
    return who + (f", where {', '.join(parts)}{more}" if parts else "")
