# ruff: noqa: INP001 - scripts, not a package
"""What explanations cost, as ratios to deciding alone, in one run over examples of the shipped policies.

python benchmarks/explanations.py [--every N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import postloan_rules as plr
from postloan_rules.analysis.examples import load_examples
from postloan_rules.policy import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable


def timed(work: Callable[[], object]) -> float:
    """The seconds that a piece of work takes, the better of two runs."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def traced(rules: plr.RuleSet, snapshot: plr.Snapshot) -> object:
    """Decide, and ask for the trace."""
    return rules.decide(snapshot).trace


def main() -> None:
    """Measure, and write a line for each kind of answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=20, help="take every Nth example")
    every = parser.parse_args().every
    plain: list[float] = []
    ratios: dict[str, list[float]] = {"decide and trace": [], "one why": [], "one why_not": []}
    for name in ("credit_card", "personal_loan"):
        rules = plr.shipped(name)
        for example in load_examples(SHIPPED / name, rules.policy)[::every]:
            snapshot, decision = example.snapshot, example.decision
            alone = timed(partial(rules.decide, snapshot))
            plain.append(alone)
            with_trace = timed(partial(traced, rules, snapshot))
            ratios["decide and trace"].append(with_trace / alone)
            for each in decision.responses:
                answer = timed(partial(decision.why, each.response, each.account_id))
                ratios["one why"].append(answer / alone)
            chosen = {each.response for each in decision.responses}
            for response in [each for each in rules.policy.responses if each not in chosen][::5]:
                answer = timed(partial(decision.why_not, response))
                ratios["one why_not"].append(answer / alone)
    write = sys.stdout.write
    write(f"decide alone: {statistics.median(plain) * 1000:.2f} ms ({len(plain)} customers)\n")
    for what, found in ratios.items():
        found.sort()
        late = found[int(len(found) * 0.95)]
        write(
            f"{what}: {statistics.median(found):.1f} x median, "
            f"{late:.1f} x at 95 %, {found[-1]:.1f} x at most\n"
        )


if __name__ == "__main__":
    main()
