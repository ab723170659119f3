"""What is wrong with a bundle."""

from __future__ import annotations

from postloan_rules.policy import RuleSetInvalid
from postloan_rules.problems import Problem

__all__ = ["BundleInvalid", "wrong"]


class BundleInvalid(RuleSetInvalid):
    """A bundle that can't be built or used, with everything that is wrong with it."""


def wrong(name: str, code: str, message: str, help_: str = "") -> BundleInvalid:
    """One thing that is wrong with a bundle, to be raised."""
    return BundleInvalid([Problem(code, message, help=help_, path=name)])
