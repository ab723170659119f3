"""Post-loan management as YAML policy: a typed customer snapshot in, an explainable decision out."""

from postloan_rules.decisions import Decision
from postloan_rules.expressions import ExpressionInvalid, evaluate
from postloan_rules.limits import Limits
from postloan_rules.policy import RuleSetInvalid
from postloan_rules.problems import Problem, Span
from postloan_rules.ruleset import RuleSet, load, shipped
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

__all__ = [
    "Decision",
    "ExpressionInvalid",
    "Limits",
    "Problem",
    "RuleSet",
    "RuleSetInvalid",
    "Snapshot",
    "SnapshotInvalid",
    "Span",
    "evaluate",
    "load",
    "shipped",
]
