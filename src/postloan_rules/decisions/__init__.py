"""Deciding: triggers, rules, the choice among responses, the next review, and the trace of it all."""

from postloan_rules.decisions.decide import decide
from postloan_rules.decisions.decision import (
    Cause,
    ChosenResponse,
    Decision,
    Referral,
    TriggerState,
    WithheldResponse,
)
from postloan_rules.decisions.trace import Step, Trace
from postloan_rules.decisions.triggers import State

__all__ = [
    "Cause",
    "ChosenResponse",
    "Decision",
    "Referral",
    "State",
    "Step",
    "Trace",
    "TriggerState",
    "WithheldResponse",
    "decide",
]
