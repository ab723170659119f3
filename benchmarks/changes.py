# ruff: noqa: INP001 - scripts, not a package
"""How long the smallest change takes on the shipped policies: `python benchmarks/changes.py [customers]`."""

from __future__ import annotations

import sys
import time
from collections import Counter

import postloan_rules as plr
from postloan_rules.decisions.change import Change
from postloan_rules.portfolio.sample import sample


def main(customers: int) -> None:
    """Ask for each chosen response what takes it away, and for others what brings them; print the times."""
    for name in ("credit_card", "personal_loan"):
        rules = plr.shipped(name)
        others = sorted(rules.policy.responses)
        times: dict[str, list[float]] = {"one field": [], "several fields": [], "none": []}
        proved: Counter[tuple[str, bool]] = Counter()
        for number, snapshot in enumerate(sample(customers)):
            decision = rules.decide(snapshot)
            asked = {each.response for each in decision.responses} | {others[number % len(others)]}
            for response in sorted(asked):
                start = time.perf_counter()
                found = decision.smallest_change(response)
                kind = "none"
                if isinstance(found, Change):
                    kind = "one field" if len(found.fields) == 1 else "several fields"
                times[kind].append(time.perf_counter() - start)
                proved[kind, found.proved] += 1
        sys.stdout.write(f"{name}\n")
        for kind, each in times.items():
            if each:
                ordered = sorted(each)
                middle, last = ordered[len(ordered) // 2], ordered[-1]
                sure = proved[kind, True]
                text = f"{len(each)}, {sure} proved; median {middle:.3f} s, longest {last:.3f} s"
                sys.stdout.write(f"  {kind}: {text}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
