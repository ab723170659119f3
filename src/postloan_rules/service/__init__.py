"""Policies that serve decisions while their files change. Needs no extra; the HTTP service in here does."""

from __future__ import annotations

from postloan_rules.service.arrangement import NotServed, Version
from postloan_rules.service.counters import Counters
from postloan_rules.service.policies import Change, Policies
from postloan_rules.service.shadowing import ShadowDifference

__all__ = ["Change", "Counters", "NotServed", "Policies", "ShadowDifference", "Version"]
