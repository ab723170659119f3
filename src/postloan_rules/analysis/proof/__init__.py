"""Proofs about a whole policy, by z3. Install the extra `proof` to use them.

Only what is imported from here, and the commands that import it, need z3.
"""

from postloan_rules.analysis.proof.customers import Case, cases_of
from postloan_rules.analysis.proof.encoding import Encoding
from postloan_rules.analysis.proof.values import Known, Truth
from postloan_rules.analysis.proof.witness import Found, Unprovable, Witnesses
from postloan_rules.analysis.proof.world import World

__all__ = ["Case", "Encoding", "Found", "Known", "Truth", "Unprovable", "Witnesses", "World", "cases_of"]
