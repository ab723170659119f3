"""Runs on disk: they go on where they were, and refuse what does not fit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

import postloan_rules as plr
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.parts import Folder, RunInvalid
from postloan_rules.portfolio.sample import sample

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules" / "credit_card"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("book") / "customers.parquet"
    pq.write_table(pa.Table.from_batches([table_of(sample(120))]), file, row_group_size=40)
    return file


@pytest.fixture(scope="module")
def ruleset() -> plr.RuleSet:
    return plr.load(RULES)


def decided(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = Folder(folder).decisions().to_pylist()
    return rows


def test_a_run_on_disk_gives_what_one_in_memory_gives(
    book: Path, ruleset: plr.RuleSet, tmp_path: Path
) -> None:
    on_disk = ruleset.decide_many(book, engine="python", out=tmp_path / "out", rows=50)
    in_memory = ruleset.decide_many(book, engine="python", rows=50)
    assert on_disk.table.to_pylist() == in_memory.table.to_pylist()
    assert (on_disk.customers, on_disk.decided, len(on_disk.parts)) == (120, 120, 3)


def test_a_killed_run_goes_on_where_it_was(book: Path, ruleset: plr.RuleSet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "postloan_rules.cli", "decide-many", str(RULES),
        "--data", str(book), "--out", str(out), "--engine", "python", "--rows", "5",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while len(list((out / "done").glob("*.json"))) < 3 and process.poll() is None:
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    finished = Folder(out).done()
    assert 3 <= len(finished) < 24
    before = {
        part.number: (out / "done" / f"part-{part.number:06}.json").stat().st_mtime_ns for part in finished
    }
    again = ruleset.decide_many(book, engine="python", out=out, rows=5)
    assert len(again.parts) == 24
    for number, moment in before.items():
        assert (out / "done" / f"part-{number:06}.json").stat().st_mtime_ns == moment
    assert decided(out) == ruleset.decide_many(book, engine="python", rows=5).table.to_pylist()
    assert not list(out.rglob("*.tmp"))


def test_what_is_half_written_is_never_read(book: Path, ruleset: plr.RuleSet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ruleset.decide_many(book, engine="python", out=out, rows=50)
    whole = decided(out)
    (out / "done" / "part-000001.json").unlink()
    (out / "decisions" / "part-000001.parquet").write_bytes(b"PAR1 half of a part")
    (out / "decisions" / ".part-000001.parquet.1.tmp").write_bytes(b"PAR1")
    assert [part.number for part in Folder(out).done()] == [0]
    again = ruleset.decide_many(book, engine="python", out=out, rows=50)
    assert again.table.to_pylist() == whole
    assert not list(out.rglob("*.tmp"))


@pytest.mark.parametrize("change", ["policy", "data", "engine", "rows"])
def test_a_run_with_something_else_is_refused(
    book: Path, ruleset: plr.RuleSet, tmp_path: Path, change: str
) -> None:
    out = tmp_path / "out"
    data = tmp_path / "customers.parquet"
    data.write_bytes(book.read_bytes())
    ruleset.decide_many(data, engine="python", out=out, rows=50)
    other = plr.load(RULES, profile="strict") if change == "policy" else ruleset
    if change == "data":
        pq.write_table(pa.Table.from_batches([table_of(sample(60))]), data)
    with pytest.raises(RunInvalid) as caught:
        other.decide_many(
            data,
            engine="duckdb" if change == "engine" else "python",
            out=out,
            rows=40 if change == "rows" else 50,
        )
    assert [problem.code for problem in caught.value.problems] == ["PR0961"]


def test_a_folder_of_other_things_is_refused(book: Path, ruleset: plr.RuleSet, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(RunInvalid) as caught:
            ruleset.decide_many(book, engine="python", out=place)
        assert [problem.code for problem in caught.value.problems] == ["PR0960"]
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_finished_part_that_was_changed_is_told(book: Path, ruleset: plr.RuleSet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ruleset.decide_many(book, engine="python", out=out, rows=50)
    (out / "decisions" / "part-000000.parquet").write_bytes(b"")
    with pytest.raises(RunInvalid) as caught:
        ruleset.decide_many(book, engine="python", out=out, rows=50)
    assert [problem.code for problem in caught.value.problems] == ["PR0962"]


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with Folder.opened(tmp_path / "out", {"engine": "python"}), pytest.raises(RunInvalid) as caught:  # noqa: SIM117
        with Folder.opened(tmp_path / "out", {"engine": "python"}):
            pass
    assert [problem.code for problem in caught.value.problems] == ["PR0963"]


def test_customers_that_cannot_be_decided_stand_apart(ruleset: plr.RuleSet, tmp_path: Path) -> None:
    lines = [snapshot.to_json() for snapshot in sample(3)]
    broken = json.loads(lines[1])
    broken["currency"] = "USD"
    data = tmp_path / "customers.jsonl"
    data.write_text("\n".join([lines[0], json.dumps(broken), lines[2]]) + "\n", encoding="utf-8")
    found = ruleset.decide_many(data, engine="python", out=tmp_path / "out")
    assert (found.customers, found.decided, found.refused_count) == (3, 2, 1)
    (row,) = found.refused.to_pylist()
    assert row["row"] == 2
    assert [problem["code"] for problem in row["problems"]] == ["PR0750"]
