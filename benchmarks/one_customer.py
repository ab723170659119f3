# ruff: noqa: INP001 - scripts, not a package
"""One customer at a time: compiled Python against a plain Python function and against the evaluator.

    python benchmarks/one_customer.py [--customers N]

Prints Markdown tables of ratios, all measured in this one run, by turns. Every answer is compared first.
The flat work is that of `twelve_rules`; the other is the shipped policies on made-up customers. Growth is
that of random policies in which each rule tests another range of the same eleven values.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from peers import (  # type: ignore[import-not-found,unused-ignore]  # the script beside this one
    RULES,
    _snapshot,
    by_hand,
    customers,
)

import postloan_rules as plr
from postloan_rules.decisions import decide as by_evaluator
from postloan_rules.decisions.trace import trace as traced_by_evaluator
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

write = sys.stdout.write
AS_OF = date(2026, 11, 30)


def times(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The seconds of each piece of work, the best of several rounds in which they take turns."""
    best = [float("inf")] * len(works)
    gc.disable()
    for _ in range(rounds):
        for number, work in enumerate(works):
            start = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - start)
    gc.enable()
    return best


def each(work: Callable[[plr.Snapshot], object], snapshots: Sequence[plr.Snapshot]) -> Callable[[], None]:
    """The work on every customer."""

    def of_all() -> None:
        for snapshot in snapshots:
            work(snapshot)

    return of_all


def steps_of(decision: plr.Decision) -> tuple[object, object]:
    """Both parts of the trace, which are put together when they are read."""
    trace = decision.trace
    return trace.triggers, trace.rules


def flat(count: int) -> None:
    """Twelve rules over eleven flat values."""
    rows = customers(count)
    snapshots = [_snapshot(row) for row in rows]
    rules = plr.load(RULES)
    for row, snapshot in zip(rows, snapshots, strict=True):
        decision = rules.decide(snapshot)
        assert sorted(by_hand(row)) == list(decision.fired())  # noqa: S101 - a benchmark of wrong answers is none
        assert decision.to_json() == by_evaluator(rules.policy, snapshot).to_json()  # noqa: S101 - as above
        assert decision.trace == traced_by_evaluator(rules.policy, snapshot)  # noqa: S101 - as above

    def plain() -> None:
        for row in rows:
            by_hand(row)

    work: dict[str, tuple[Callable[[plr.Snapshot], object], int]] = {
        "decide": (rules.decide, 1),
        "decide, and the names of what fired": (lambda one: rules.decide(one).fired(), 1),
        "decide, and the responses": (lambda one: rules.decide(one).responses, 1),
        "decide, and the next review": (lambda one: rules.decide(one).next_review, 1),
        "decide, and the whole decision as JSON": (lambda one: rules.decide(one).to_json(), 10),
        "decide, and the trace: the side table of all values": (lambda one: rules.decide(one).trace, 1),
        "decide, and every step of the trace put together": (lambda one: steps_of(rules.decide(one)), 20),
        "the trace by the evaluator": (partial(traced_by_evaluator, rules.policy), 20),
        "the evaluator": (partial(by_evaluator, rules.policy), 20),
    }
    found = times([plain, *(each(one, snapshots[::part]) for one, part in work.values())], 9)
    base = found[0] / count
    write(f"\nFlat values, 12 rules, {count} customers; plain Python takes {base * 1e6:.2f} µs.\n\n")
    write("| work | µs | against plain Python |\n|---|---|---|\n")
    for (name, (_, part)), seconds in zip(work.items(), found[1:], strict=True):
        one = seconds / len(snapshots[::part])
        write(f"| {name} | {one * 1e6:.2f} | {one / base:.1f} x |\n")


def shipped(count: int) -> None:
    """The shipped policies on made-up customers with two years of history."""
    snapshots = list(sample(count, as_of=AS_OF))
    write(f"\nShipped policies, {count} made-up customers.\n\n")
    write("| policy | load, ms | first decision, ms | one decision, µs | with all parts as JSON, µs |")
    write(" evaluator, µs | evaluator against compiled | with the trace, µs | with every step of it, µs |")
    write(" the trace by the evaluator, µs |\n|---|---|---|---|---|---|---|---|---|---|\n")
    for name in ("credit_card", "personal_loan"):
        start = time.process_time()
        rules = plr.shipped(name)
        loaded = time.process_time()
        rules.decide(snapshots[0])
        first = time.process_time()
        few = snapshots[::10]
        for snapshot in few:
            assert rules.decide(snapshot).to_json() == by_evaluator(rules.policy, snapshot).to_json()  # noqa: S101
        ours, as_json, judge, table, steps, traced = times(
            [
                each(rules.decide, snapshots),
                each(lambda one, rules=rules: rules.decide(one).to_json(), few),  # type: ignore[misc]  # bound now
                each(partial(by_evaluator, rules.policy), few),
                each(lambda one, rules=rules: rules.decide(one).trace, few),  # type: ignore[misc]  # bound now
                each(lambda one, rules=rules: steps_of(rules.decide(one)), few),  # type: ignore[misc]  # as above
                each(partial(traced_by_evaluator, rules.policy), few),
            ],
            3,
        )
        ours, as_json, judge = ours / len(snapshots), as_json / len(few), judge / len(few)
        table, steps, traced = table / len(few), steps / len(few), traced / len(few)
        write(f"| {name} | {(loaded - start) * 1e3:.0f} | {(first - loaded) * 1e3:.0f} | {ours * 1e6:.0f} |")
        write(f" {as_json * 1e6:.0f} | {judge * 1e6:.0f} | {judge / ours:.0f} x | {table * 1e6:.0f} |")
        write(f" {steps * 1e6:.0f} | {traced * 1e6:.0f} |\n")


def grown(count: int, seed: int = 3) -> str:
    """A policy in which each rule tests another range of the same values."""
    chance = random.Random(seed)  # noqa: S311 - made-up policies are no secret
    head = (RULES / "policy.yaml").read_text(encoding="utf-8").split("triggers:")[0]
    number = chance.randint
    conditions = []
    for place in range(count):
        low = number(0, 110)
        use, months = f"utilization between {low / 100} and {(low + 4) / 100}", number(0, 12)
        conditions.append(
            (
                f"{use} and months_since_review > {months}",
                f"dpd between {low} and {low + number(0, 9)} and utilization > {number(60, 119) / 100}",
                f"good_months in [{number(0, 18)}..{number(18, 36)}] and income_drop_pct >= {number(30, 60)}",
                f"dpd >= {number(60, 120)} and (good_months < {months} or other_overdue > {number(1, 2)})",
            )[place % 4]
        )
    lines = [head, "triggers:"]
    lines += [f"  t{place}: {{kind: condition, when: '{each}'}}" for place, each in enumerate(conditions)]
    lines += ["responses:", *(f"  r{place}: {{family: f{place % 4}, rank: {place}}}" for place in range(12))]
    lines += ["rules:"]
    lines += [
        f"  - {{id: R-{place:05}, if: t{place}, then: [r{chance.randrange(12)}]}}" for place in range(count)
    ]
    return "\n".join(lines)


def growth(count: int, sizes: Sequence[int]) -> None:
    """How long one decision takes as rules get more."""
    write("\nGrowth with rules. Each customer is decided once, so that no choice among responses is kept\n")
    write("yet; `again` is the same customers once more.\n\n")
    write("| rules | fired | µs | against the fewest | again, µs | against the fewest |")
    write(" load, s | first decision, ms |\n")
    write("|---|---|---|---|---|---|---|---|\n")
    base: tuple[float, float] | None = None
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "policy.yaml"
            file.write_text(grown(size), encoding="utf-8")
            start = time.process_time()
            rules = plr.load(file)
            loaded = time.process_time() - start
        news, again, first, fired = [], [], [], []
        for seed in range(5):
            fresh = plr.RuleSet(rules.policy)
            opener, *snapshots = [_snapshot(row) for row in customers(count + 1, seed=seed)]
            first += times([partial(fresh.decide, opener)], 1)
            news += times([each(fresh.decide, snapshots)], 1)
            again += times([each(fresh.decide, snapshots)], 3)
            fired += [len(fresh.decide(one).fired()) for one in snapshots]
        one, twice = median(news) / count, median(again) / count
        base = base or (one, twice)
        write(f"| {size} | {sum(fired) / len(fired):.1f} | {one * 1e6:.1f} | {one / base[0]:.1f} x |")
        write(f" {twice * 1e6:.1f} | {twice / base[1]:.1f} x | {loaded:.1f} | {median(first) * 1e3:.0f} |\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=1_000, help="how many")
    parser.add_argument(
        "--rules", type=int, nargs="*", default=[10, 100, 1_000, 5_000], help="sizes of policies"
    )
    given = parser.parse_args()
    flat(given.customers)
    shipped(max(given.customers // 2, 10))
    growth(given.customers, given.rules)


if __name__ == "__main__":
    main()
