"""Looking at a policy as a whole: what its examples say, and more to come."""

from __future__ import annotations

from postloan_rules.analysis.examples import Difference, Example, ExamplesInvalid, Result, load_examples, run

__all__ = ["Difference", "Example", "ExamplesInvalid", "Result", "load_examples", "run"]
