"""What Spark's settings for generated code do to a whole policy: each way in a session of its own.

Two parts of as many customers are decided in each: the first holds what Spark tries before it begins. Every
way must give the same. The processor time is that of the driver, its JVM and all that they started.

    python benchmarks/spark_settings.py [CUSTOMERS [POLICY ...]]
"""
# ruff: noqa: INP001, T201, S603 - a script that prints, and starts itself

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil
import pyarrow as pa

import postloan_rules as plr
from postloan_rules.portfolio import spark_engine
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import AS_OF, sample

RULES = Path(__file__).parent.parent / "rules"
GENERATED = {
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
    "spark.sql.codegen.hugeMethodLimit": "65535",
}
WAYS = {
    "interpreted (ours)": {},
    "hugeMethodLimit 8000, generated stages": {**GENERATED, "spark.sql.codegen.hugeMethodLimit": "8000"},
    "hugeMethodLimit 65535, generated stages (Spark's own)": GENERATED,
    "hugeMethodLimit 65535, stages interpreted": {**GENERATED, "spark.sql.codegen.wholeStage": "false"},
}


def spent() -> float:
    """The processor time of this process and of those that it started."""
    tree = psutil.Process()
    return sum(sum(each.cpu_times()[:2]) for each in (tree, *tree.children(recursive=True)))


def one(policy: str, way: str, customers: int) -> None:
    """Decide twice in one session, and print what it took as JSON."""
    spark_engine.SETTINGS.update(WAYS[way])
    ruleset = plr.load(RULES / policy)
    book = pa.Table.from_batches([table_of(sample(2 * customers, seed=7, as_of=AS_OF))])
    engine = spark_engine.SparkEngine.of(ruleset.policy, ruleset.decide, master="local[2]")
    took, told = [], []
    for batch in open_customers(book, policy=ruleset.policy, rows=customers).batches():
        start, before = time.monotonic(), spent()
        told += engine.decide(batch).to_pylist()
        took.append((time.monotonic() - start, spent() - before))
    engine.close()
    digest = hashlib.sha256(repr(told).encode()).hexdigest()
    print(json.dumps({"took": took, "told": digest}))


def main() -> None:
    """Print a table for each policy."""
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    customers = sys.argv[1] if len(sys.argv) > 1 else "1000"
    print(f"pyspark {version('pyspark')}, local[2], {int(customers):,} customers with history")
    for policy in sys.argv[2:] or ("credit_card", "personal_loan"):
        print(f"\n| {policy} | first part, s | CPU s | second part, s | CPU s |\n|---|---:|---:|---:|---:|")
        answers = set()
        for way in WAYS:
            command = [sys.executable, __file__, "--one", policy, way, customers]
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
            if run.returncode:
                print(f"| {way} | {run.stderr.strip().splitlines()[-1][:80]} | | | |", flush=True)
                continue
            found = json.loads(run.stdout.strip().splitlines()[-1])
            answers.add(found["told"])
            numbers = " | ".join(f"{seconds:.1f} | {cpu:.1f}" for seconds, cpu in found["took"])
            print(f"| {way} | {numbers} |", flush=True)
        if len(answers) > 1:
            raise SystemExit("the ways differ")


if __name__ == "__main__":
    main()
