# ruff: noqa: INP001 - scripts, not a package
"""Twelve rules over flat values on this library and on other engines, each in a process of its own.

    pip install '.[bench]'
    python benchmarks/peers.py [--seconds 2]

Every engine answers the same 1,000 customers first, and how many of its answers are the same as those of
the plain Python function stands in the table. Times are ratios to that function, which is measured by turns
with the engine in the engine's own process.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import peer_texts
from attrs import asdict, frozen
from peer_texts import STYLES, infix

import postloan_rules as plr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row: TypeAlias = "dict[str, Any]"
Fired: TypeAlias = "Iterable[str]"

HERE = Path(__file__).parent
RULES = HERE / "twelve_rules"
EMPLOYMENT = ("employed", "self_employed", "retired", "unemployed", "on_leave", "student")
HAPPENED = (
    "periodic_review",
    "cash_advance_application",
    "temp_limit_increase",
    "bill_installment",
    "other_loan_application",
    "overdue",
    "other_bank_delinquency",
)


def customers(count: int, seed: int = 7) -> list[Row]:
    """Made-up customers as flat values."""
    chance = random.Random(seed)  # noqa: S311 - made-up customers are no secret
    pick = chance.choice
    return [
        {
            "utilization": chance.randint(0, 120) / 100,
            "dpd": pick((0, 0, 0, 0, chance.randint(1, 29), chance.randint(30, 59), chance.randint(60, 120))),
            "months_since_review": chance.randint(0, 12),
            "cash_adv_30d": pick((0, 0, 0, 1, 2, 3, 5)),
            "other_overdue": pick((0, 0, 0, 0, 1, 2, 3)),
            "income_drop_pct": pick((0, 0, 0, chance.randint(0, 60))),
            "temp_limit_requested": chance.random() < 0.3,
            "employment_status": pick(EMPLOYMENT),
            "good_months": chance.randint(0, 36),
            "complaint_count": pick((0, 0, 0, 1, 2, 3, 4)),
            "happened": pick(HAPPENED),
        }
        for _ in range(count)
    ]


def by_hand(row: Row) -> list[str]:
    """The twelve rules as a programmer would write them for this one purpose."""
    use, late = row["utilization"], row["dpd"]
    since, cash = row["months_since_review"], row["cash_adv_30d"]
    other, drop = row["other_overdue"], row["income_drop_pct"]
    asked, work = row["temp_limit_requested"], row["employment_status"]
    good, complaints, happened = row["good_months"], row["complaint_count"], row["happened"]
    fired = []
    if since >= 6 and late < 30:
        fired.append("periodic_review_due")
    if 0 <= use <= 0.05 and since >= 3:
        fired.append("dormant_review")
    if cash >= 3 and use > 0.6:
        fired.append("cash_advance_burst")
    if 1 <= cash <= 2 and (use > 0.85 or other >= 1):
        fired.append("cash_advance_watch")
    if asked and good >= 12 and use <= 0.7 and late == 0 and work in ("employed", "self_employed", "retired"):
        fired.append("temp_limit_approve")
    if asked and (late > 0 or other >= 1 or good < 6):
        fired.append("temp_limit_decline")
    if 1 <= late <= 29 and use > 0.5 and complaints <= 2:
        fired.append("offer_installment")
    if (30 <= late <= 59 and use > 0.4) or drop >= 40:
        fired.append("reduce_limit")
    if late >= 60 or (other >= 2 and use > 0.9):
        fired.append("freeze_card")
    if happened in ("other_loan_application", "cash_advance_application") and (use > 0.75 or drop >= 20):
        fired.append("other_loan_review")
    if work in ("unemployed", "on_leave") and 20 <= drop <= 100 and late < 90:
        fired.append("hardship")
    if complaints >= 3 and happened != "overdue":
        fired.append("complaint_escalation")
    return fired


def _snapshot(row: Row) -> plr.Snapshot:
    number = {key: str(each) if isinstance(each, float) else each for key, each in row.items()}
    return plr.Snapshot.from_dict(
        {
            "as_of": "2026-11-30",
            "currency": "CNY",
            "jurisdiction": "CN",
            "customer": {"customer_id": "C-1"},
            "accounts": [],
            "bureau_reports": [],
            "events": [],
            "complaints": [],
            "reviews": [],
            "attributes": number,
        }
    )


Engine: TypeAlias = "tuple[Callable[[Any], Fired], Callable[[Row], Any]]"
"""What answers, and what makes its input of a customer beforehand."""


def _same(row: Row) -> Row:
    return row


def postloan_fired() -> Engine:
    """This library: a decision, asked which triggers fired, which is what the other engines answer."""
    rules = plr.load(RULES)
    return (lambda snapshot: rules.decide(snapshot).fired()), _snapshot


def postloan() -> Engine:
    """This library: a decision, asked for its responses, chosen by family and rank, with their rules."""
    rules = plr.load(RULES)
    prefix = len("do_")
    return (lambda snapshot: [each.response[prefix:] for each in rules.decide(snapshot).responses]), _snapshot


def postloan_trace() -> Engine:
    """This library: a whole decision with its trace made."""
    rules = plr.load(RULES)
    prefix = len("do_")

    def answer(snapshot: plr.Snapshot) -> Fired:
        decision = rules.decide(snapshot)
        if not decision.trace:
            raise AssertionError(decision)
        return [each.response[prefix:] for each in decision.responses]

    return answer, _snapshot


def durable_facts() -> Engine:
    """durable-rules: a fact asserted and retracted for each customer."""
    from durable.engine import Host, MessageNotHandledException  # noqa: PLC0415

    host, fired = Host(), list[str]()

    def rule(name: str, condition: dict[str, object]) -> dict[str, object]:
        return {"all": [{"m": condition}], "run": lambda _: fired.append(name)}

    conditions = peer_texts.conditions(plr.load(RULES).policy)
    host.set_rulesets(
        {"twelve": {name: rule(name, peer_texts.durable(each)) for name, each in conditions.items()}}
    )

    def answer(row: Row) -> Fired:
        fired.clear()
        message = {**row, "id": "1", "sid": "1"}
        try:
            host.assert_fact("twelve", message)
        except MessageNotHandledException:
            return []
        host.retract_fact("twelve", message)
        return list(fired)

    return answer, _same


def zen(*, trace: bool = False) -> Engine:
    """zen-engine: a decision table that collects."""
    import zen as engine  # noqa: PLC0415

    conditions = peer_texts.conditions(plr.load(RULES).policy)
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "c", "name": "condition"}],
        "outputs": [{"id": "o", "field": "rule", "name": "rule"}],
        "rules": [
            {"_id": name, "c": infix(each, STYLES["zen"]), "o": f'"{name}"'}
            for name, each in conditions.items()
        ],
    }
    place = {"x": 0, "y": 0}
    model = {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "i", "type": "inputNode", "name": "in", "position": place},
            {"id": "t", "type": "decisionTableNode", "name": "table", "position": place, "content": table},
            {"id": "o", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "1", "sourceId": "i", "targetId": "t", "type": "edge"},
            {"id": "2", "sourceId": "t", "targetId": "o", "type": "edge"},
        ],
    }
    decision = engine.ZenEngine().create_decision(json.dumps(model))
    options = {"trace": True} if trace else {}

    def answer(row: Row) -> Fired:
        result = decision.evaluate(row, options)["result"]
        return [each["rule"] for each in result] if result else []

    return answer, _same


def rule_engine() -> Engine:
    """rule-engine: twelve rules."""
    import rule_engine as engine  # noqa: PLC0415

    conditions = peer_texts.conditions(plr.load(RULES).policy)
    rules = [(name, engine.Rule(infix(each, STYLES["rule-engine"]))) for name, each in conditions.items()]
    return (lambda row: [name for name, rule in rules if rule.matches(row)]), _same


def rust_cel() -> Engine:
    """common-expression-language (CEL in Rust): twelve programs."""
    import cel  # noqa: PLC0415

    conditions = peer_texts.conditions(plr.load(RULES).policy)
    programs = [(name, cel.compile(infix(each, STYLES["cel"]))) for name, each in conditions.items()]
    return (lambda row: [name for name, program in programs if program.execute(row)]), _same


def cel_python() -> Engine:
    """cel-python: twelve programs."""
    import celpy  # noqa: PLC0415

    environment = celpy.Environment()
    conditions = peer_texts.conditions(plr.load(RULES).policy)
    programs = [
        (name, environment.program(environment.compile(infix(each, STYLES["cel"]))))
        for name, each in conditions.items()
    ]

    def answer(row: Row) -> Fired:
        values = {key: celpy.json_to_cel(each) for key, each in row.items()}
        return [name for name, program in programs if program.evaluate(values)]

    return answer, _same


def datalogic() -> Engine:
    """datalogic-py (JSON Logic in Rust): one rule that gives twelve answers."""
    import datalogic_py  # noqa: PLC0415

    conditions = peer_texts.conditions(plr.load(RULES).policy)
    rule = datalogic_py.Engine().compile([peer_texts.json_logic(each) for each in conditions.values()])
    names = list(conditions)
    return (lambda row: [name for name, holds in zip(names, rule.evaluate(row), strict=True) if holds]), _same


SINGLE: Mapping[str, tuple[str, Callable[[], Engine]]] = {
    "plain Python function": ("", lambda: (by_hand, _same)),
    "postloan_rules, triggers fired": ("postloan-rules", postloan_fired),
    "postloan_rules, responses": ("postloan-rules", postloan),
    "postloan_rules, responses and trace": ("postloan-rules", postloan_trace),
    "datalogic-py": ("datalogic-py", datalogic),
    "common-expression-language": ("common-expression-language", rust_cel),
    "zen-engine": ("zen-engine", zen),
    "zen-engine with trace": ("zen-engine", lambda: zen(trace=True)),
    "rule-engine": ("rule-engine", rule_engine),
    "durable-rules": ("durable_rules", durable_facts),
    "cel-python": ("cel-python", cel_python),
}


@frozen
class Single:
    """What was measured of one engine with one customer at a time."""

    engine: str
    version: str
    prepare_ms: float
    microseconds: float
    ratio: float
    per_second: float
    megabytes: float
    agrees: int


def memory() -> float:
    """Megabytes of this process at its highest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def release(package: str) -> str:
    """The installed release of a package."""
    try:
        return version(package) if package else platform.python_version()
    except PackageNotFoundError:
        return "not installed"


def measure_single(label: str, seconds: float) -> Single:
    """One engine, by turns with the plain function, so that both see the same machine."""
    package, make = SINGLE[label]
    rows = customers(1000)
    wanted = [set(by_hand(row)) for row in rows]
    before = memory()
    start = time.perf_counter()
    answer, adapt = make()
    answer(adapt(rows[0]))
    prepared = time.perf_counter() - start
    inputs = [adapt(row) for row in rows]
    agrees = 0
    for given, want in zip(inputs, wanted, strict=True):
        found = list(answer(given))
        agrees += len(found) == len(want) and set(found) == want
    gc.collect()
    theirs, plain = list[float](), list[float]()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(theirs) < 2:
        theirs.append(_round(answer, inputs))
        plain.append(_round(by_hand, rows))
    each, one = statistics.median(theirs) / len(rows), statistics.median(plain) / len(rows)
    return Single(
        label,
        release(package),
        prepared * 1e3,
        each * 1e6,
        each / one,
        1 / each,
        memory() - before,
        agrees,
    )


def _round(answer: Callable[[Any], Fired], inputs: list[Any]) -> float:
    start = time.perf_counter()
    for given in inputs:
        answer(given)
    return time.perf_counter() - start


def in_own_process(label: str, seconds: float) -> Single | str:
    """The measurement of one engine, made in a fresh process; or why there is none."""
    command = [sys.executable, __file__, "--only", label, "--seconds", str(seconds)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if run.returncode != 0:
        return (run.stderr.strip().splitlines() or ["no word"])[-1]
    return Single(**json.loads(run.stdout))


def main() -> None:
    """Measure every engine, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", help="one engine, measured in this process, as JSON")
    arguments = parser.parse_args()
    write = sys.stdout.write
    if arguments.only:
        write(json.dumps(asdict(measure_single(arguments.only, arguments.seconds))))
        return
    write("| engine | release | prepare, ms | a customer, µs | ratio | a second | memory, MB | agrees |\n")
    write("|---|---|---:|---:|---:|---:|---:|---:|\n")
    for label in SINGLE:
        found = in_own_process(label, arguments.seconds)
        if isinstance(found, str):
            write(f"| {label} | not measured: {found} |\n")
            continue
        write(
            f"| {found.engine} | {found.version} | {found.prepare_ms:.1f} | {found.microseconds:.2f} | "
            f"{found.ratio:.1f} | {found.per_second:,.0f} | {found.megabytes:.0f} | {found.agrees} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
