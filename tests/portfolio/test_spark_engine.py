"""Spark decides as Python does: in this process's machine, and on a master with two workers of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from builders import policy
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.decide_many import PythonEngine
from postloan_rules.portfolio.sample import sample
from postloan_rules.portfolio.spark_engine import SETTINGS, SparkEngine
from postloan_rules.portfolio.verifying import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.snapshot import Snapshot

MISSING = (
    "pyspark is not installed"
    if find_spec("pyspark") is None
    else ""
    if shutil.which("java") or os.environ.get("JAVA_HOME")
    else "there is no java on this machine"
)

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    # pyspark leaves sockets and files to the garbage collector.
    pytest.mark.filterwarnings("ignore"),
]

POLICY = """\
subject: {each: accounts, where: product = "credit_card"}
parameters:
  high: {type: ratio, value: 0.5}
facts:
  utilisation: {type: ratio, is: 'max(account.current_balance, 0) / account.credit_limit'}
  late: {type: number, is: 'count(account.statements[days_past_due_at_close > 0])'}
triggers:
  due: {kind: schedule}
  used: {kind: condition, when: utilisation >= high, if_unknown: refer}
  was_late: {kind: condition, when: late >= 1, if_unknown: ignore}
  drew_cash: {kind: event, event: cash_withdrawal}
responses:
  lower: {family: line, rank: 2, cool_down: 2 months, parameters: {limit: {type: money, is: 0.7 * account.credit_limit, round: {to: 100, mode: up}}}}
  watch: {family: line, rank: 1}
  call: {family: contact, rank: 1, scope: customer}
rules:
  - {id: R-1, if: {all: [used, was_late]}, then: [lower, call]}
  - {id: R-2, if: {any: [used, drew_cash]}, then: [watch]}
constraints:
  - {id: K-1, that: lower.limit < account.credit_limit}
schedule: {standard: 6 months, adjust: [{if: used, every: 1 month}]}
"""


def agree(master: str, customers: int) -> None:
    ruleset = policy(POLICY)
    engine = SparkEngine.of(ruleset.policy, ruleset.decide, master=master)
    try:
        table = pa.Table.from_batches([table_of(_plain(customers))])
        (batch,) = open_customers(table, policy=ruleset.policy, rows=customers).batches()
        expected = PythonEngine(ruleset.policy, ruleset.decide).decide(batch)
        assert list(differences(expected, engine.decide(batch))) == []
    finally:
        engine.close()


def _plain(count: int) -> list[Snapshot]:
    from attrs import evolve

    return [evolve(each, attributes={}) for each in sample(count)]


def test_spark_in_this_machine() -> None:
    several_tasks = int(SETTINGS["spark.sql.execution.arrow.maxRecordsPerBatch"]) * 5 // 4
    agree("local[2]", several_tasks)


def test_a_master_with_two_workers(tmp_path: Path) -> None:
    with standalone(tmp_path) as master:
        agree(master, 200)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """A master and two workers on this machine, each a process that the test started and ends."""
    import pyspark

    home = Path(pyspark.__file__).parent
    program = str(home / "bin" / "spark-class")
    port = _free_port()
    master = f"spark://127.0.0.1:{port}"
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        log = (folder / f"{name}.log").open("wb")
        with log:
            started.append(
                subprocess.Popen([program, *arguments], env=environment, stdout=log, stderr=log, cwd=folder)
            )

    try:
        start(
            "master", "org.apache.spark.deploy.master.Master",
            "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(_free_port()),
        )  # fmt: skip
        for number in (1, 2):
            start(
                f"worker{number}", "org.apache.spark.deploy.worker.Worker",
                "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", str(_free_port()),
                "--work-dir", str(folder / f"work{number}"), master,
            )  # fmt: skip
        _wait(folder / "master.log", b"Registering worker", 2)
        yield master
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _wait(log: Path, said: bytes, times: int) -> None:
    for _ in range(1200):
        if log.exists() and log.read_bytes().count(said) >= times:
            return
        time.sleep(0.1)
    pytest.fail(log.read_text(encoding="utf-8", errors="replace"))
