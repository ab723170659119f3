"""The difference of two policies in what they decide: proved to be none, or shown by customers."""

from postloan_rules.analysis.difference.comparing import compare
from postloan_rules.analysis.difference.comparison import Comparison

__all__ = ["Comparison", "compare"]
