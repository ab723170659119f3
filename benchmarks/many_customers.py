"""The nightly book: made-up customers decided by SQL, in flat columns and with two years of history.

Each step is a command of its own. Its processor time is told, and the memory of it and of all its children
together, looked at ten times a second.

    python benchmarks/many_customers.py --flat 100000 1000000 10000000 --nested 10000 100000 1000000
    python benchmarks/many_customers.py --engines 20000
    python benchmarks/many_customers.py --rules 10 100 1000 5000
    python benchmarks/many_customers.py --profile 50000
"""
# ruff: noqa: INP001, T201, S603 - a script that prints, and runs the project's own commands

from __future__ import annotations

import argparse
import cProfile
import os
import platform
import pstats
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import altair as alt
import psutil
import pyarrow.parquet as pq
from bulk import snapshots, values
from click.testing import CliRunner
from one_customer import grown

import postloan_rules as plr
from postloan_rules.cli import main as postloan
from postloan_rules.portfolio.columns.reading import open_customers

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
POSTLOAN = str(Path(sys.executable).with_name("postloan"))
MAPPING = ("--mapping", str(RULES / "mappings" / "card_book.yaml"))


class Cost(NamedTuple):
    """What a command took: seconds, seconds of processors, and the most memory in megabytes."""

    seconds: float
    cpu: float
    memory: float


def run(*command: str) -> Cost:
    """Run a command of the project to its end."""
    start = time.monotonic()
    child = subprocess.Popen([POSTLOAN, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watched, most = psutil.Process(child.pid), 0
    while True:
        done, code, used = os.wait4(child.pid, os.WNOHANG)
        if done:
            child.returncode = os.waitstatus_to_exitcode(code)
            break
        most = max(most, resident(watched))
        time.sleep(0.1)
    if child.returncode:
        raise SystemExit(f"postloan {' '.join(command)}: exit code {child.returncode}")
    return Cost(time.monotonic() - start, used.ru_utime + used.ru_stime, most / 1e6)


def resident(process: psutil.Process) -> int:
    """The memory of a process and of those that it started; pages that they share count once."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_full_info().pss
    except psutil.Error:
        return total
    return total


def book(folder: Path, kind: str, customers: int) -> tuple[Path, Cost]:
    """Made-up customers in Parquet."""
    made = folder / f"{kind}-{customers}"
    flat = ("--flat",) if kind == "flat" else ()
    return made, run(
        "sample", "-n", str(customers), "--seed", "7", *flat, "--format", "parquet", "-o", str(made)
    )


def decided(folder: Path, data: Path, *options: str, rules: Path = RULES / "credit_card") -> Cost:
    """Decide them all, by the shipped credit-card policy where no other is named."""
    out = folder / "decisions"
    shutil.rmtree(out, ignore_errors=True)
    cost = run("decide-many", str(rules), "--data", str(data), "--out", str(out), *options)
    shutil.rmtree(out)
    return cost


def sizes(folder: Path, kind: str, steps: list[int]) -> list[tuple[int, Cost]]:
    """A table of growing books."""
    print(f"\n| customers, {kind} | made in, CPU s | decided in, s | CPU s |", end="")
    print(" µs of CPU a customer | memory, MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    found = []
    for customers in steps:
        data, made = book(folder, kind, customers)
        cost = decided(folder, data, *(MAPPING if kind == "flat" else ()))
        shutil.rmtree(data)
        each = cost.cpu / customers * 1e6
        print(
            f"| {customers:,} | {made.cpu:,.0f} | {cost.seconds:,.0f} | {cost.cpu:,.0f} | {each:,.0f} "
            f"| {cost.memory:,.0f} |",
            flush=True,
        )
        found.append((customers, cost))
    return found


def engines(folder: Path, customers: int) -> None:
    """SQL beside the compiled Python, on the same customers; what starting takes is taken off both."""
    data, _ = book(folder, "nested", customers)
    few, _ = book(folder, "nested", 100)
    print(f"\n| {customers:,} customers with history | µs of CPU a customer | ratio |\n|---|---:|---:|")
    base = 0.0
    for engine in ("python", "duckdb"):
        start = decided(folder, few, "--engine", engine).cpu
        each = (decided(folder, data, "--engine", engine).cpu - start) / (customers - 100) * 1e6
        base = base or each
        print(f"| {engine} | {each:,.0f} | {base / each:.1f} x |", flush=True)
    policy = plr.load(RULES / "credit_card").policy
    start = time.process_time()
    read = sum(batch.table.num_rows for batch in open_customers(data, policy=policy).batches())
    each = (time.process_time() - start) / read * 1e6
    print(f"| reading and checking the columns alone | {each:,.0f} | {base / each:.1f} x |", flush=True)


def many_rules(folder: Path, counts: list[int]) -> None:
    """Policies of more and more rules, each with a range of the same values."""
    customers = 20_000
    data, held = folder / "inputs.parquet", values(customers)
    print(f"\n| rules, {customers:,} customers | CPU s | ms of CPU a rule | against the fewest |")
    print("|---:|---:|---:|---:|")
    base = 0.0
    for count in counts:
        place = folder / f"rules-{count}"
        place.mkdir()
        (place / "policy.yaml").write_text(grown(count), encoding="utf-8")
        pq.write_table(snapshots(plr.load(place).policy, held), data)
        cost = decided(folder, data, rules=place).cpu
        base = base or cost
        print(f"| {count:,} | {cost:,.1f} | {cost / count * 1e3:,.1f} | {cost / base:.1f} x |", flush=True)


def profile(folder: Path, customers: int) -> None:
    """Where the time of one part goes, by the library that spends it."""
    data, _ = book(folder, "nested", customers)
    spent: dict[str, float] = {}
    watching = cProfile.Profile()
    watching.enable()
    CliRunner().invoke(
        postloan,
        ["decide-many", str(RULES / "credit_card"), "--data", str(data), "--out", str(folder / "out")],
    )
    watching.disable()
    stats = pstats.Stats(watching).stats  # type: ignore[attr-defined]
    for (file, _, function), (_, _, own, _, _) in stats.items():
        named = re.search(r"site-packages/([^/]+)|/(postloan_rules)/", file) or re.search(
            r"(pyarrow|duckdb|numpy)", function
        )
        owner = next((each for each in named.groups() if each), "") if named else "Python itself"
        spent[owner] = spent.get(owner, 0.0) + own
    whole = sum(spent.values())
    print(f"\n| {customers:,} customers with history, one process | share of the time |\n|---|---:|")
    for owner, own in sorted(spent.items(), key=lambda each: -each[1])[:7]:
        print(f"| {owner} | {own / whole:.0%} |")


def chart(file: Path, found: dict[str, list[tuple[int, Cost]]]) -> None:
    """Time and memory by the number of customers."""
    rows = [
        {
            "kind": kind,
            "customers": customers,
            "µs of CPU a customer": cost.cpu / customers * 1e6,
            "memory, MB": cost.memory,
        }
        for kind, steps in found.items()
        for customers, cost in steps
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("customers:Q", scale=alt.Scale(type="log"), title="customers"),
        color=alt.Color("kind:N", title=None),
    )
    both = [
        base.mark_line(point=True).encode(y=alt.Y(f"{name}:Q", title=name)).properties(width=300, height=200)
        for name in ("µs of CPU a customer", "memory, MB")
    ]
    alt.hconcat(*both).save(file)


def main() -> None:
    """Read the options and print the tables."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--flat", type=int, nargs="*", default=[])
    options.add_argument("--nested", type=int, nargs="*", default=[])
    options.add_argument("--engines", type=int)
    options.add_argument("--rules", type=int, nargs="*", default=[])
    options.add_argument("--profile", type=int)
    options.add_argument("--chart", type=Path)
    given = options.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"duckdb {version('duckdb')}, pyarrow {version('pyarrow')}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            kind: sizes(folder, kind, steps)
            for kind, steps in (("flat", given.flat), ("nested", given.nested))
            if steps
        }
        if given.chart and found:
            chart(given.chart, found)
        if given.engines:
            engines(folder, given.engines)
        if given.rules:
            many_rules(folder, given.rules)
        if given.profile:
            profile(folder, given.profile)


if __name__ == "__main__":
    main()
