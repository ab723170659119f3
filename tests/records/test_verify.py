"""Who changes a log is found out, and the first record that is hurt is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postloan_rules.bundles.keys import PublicKey, new_keys
from postloan_rules.records import DecisionLog, Head, open_source, verify
from records.conftest import AT

if TYPE_CHECKING:
    from postloan_rules.decisions import Decision

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "records.py"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kill", "--runs", "8"), " of them lost, 0 half-read"),
        (("tamper", "--changes", "100"), "100 changes: 100 found, 0 missed, 0 under another record"),
        (
            ("replay", "--decisions", "250", "--jobs", "1", "--log", "sqlite", "--rules", "SMALL"),
            "250 the same, 0 not",
        ),
    ],
)
def test_small_runs_of_what_the_page_on_reliability_counts(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    small = tmp_path / "policy.yaml"
    small.write_text(
        'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: CNY\nsubject: {each: accounts}\n'
        "inputs:\n  months_without_salary: {type: number}\n  previous_monthly_income: {type: money}\n"
        "  watch_list: {type: boolean}\n"
        "triggers:\n  overdue: {kind: condition, when: account.days_past_due > 0}\n"
        "responses:\n  look: {family: review, rank: 1}\nrules:\n  - {id: S-1, if: overdue, then: [look]}\n",
        encoding="utf-8",
    )
    words = [str(small) if word == "SMALL" else word for word in arguments]
    done = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout


def a_log(path: Path, decisions: list[Decision], key: Path | None, every: int = 4) -> Head:
    with DecisionLog(path, signing=key, every=every) as log:
        for decision in decisions:
            log.append(decision, at=AT)
    return log.durable


def test_a_signature_by_another_key_is_none(
    path: Path, decisions: list[Decision], key: Path, tmp_path: Path
) -> None:
    a_log(path, decisions, new_keys(tmp_path / "other.pem")[0])
    found = verify(path, [PublicKey.read(key)])
    assert found.problem is not None
    assert (found.problem.code, found.problem.path) == ("PR1070", f"{path}: record 5")
    assert verify(path, [PublicKey.read(tmp_path / "other.pem.pub"), PublicKey.read(key)]).sound


def test_a_log_without_signatures_is_not_taken_for_a_signed_one(
    path: Path, decisions: list[Decision], key: Path
) -> None:
    a_log(path, decisions, None)
    assert verify(path).sound
    found = verify(path, [PublicKey.read(key)])
    assert found.problem is not None
    assert found.problem.code == "PR1071"


def test_signatures_that_stop_are_missed(path: Path, decisions: list[Decision], key: Path) -> None:
    """Somebody without the key goes on with the log as if it were signed."""
    import json

    from postloan_rules.records.line import Kind, read_line, written

    a_log(path, decisions[:4], key)
    lines = [line for raw in open_source(path).lines() if (line := read_line(raw.data)) is not None]
    template = json.loads(next(line.record for line in lines if line.kind is Kind.DECISION))
    head, more = lines[-1].head, []
    for number in range(8):
        record = json.dumps({**template, "id": str(number)}, sort_keys=True, separators=(",", ":")).encode()
        head, data = written(head, lines[-1].number + 1, lines[-1].number, Kind.DECISION, record)
        more.append(data)
    if path.suffix == ".jsonl":
        with path.open("ab") as file:
            file.writelines(data + b"\n" for data in more)
    else:
        import sqlite3

        opened = sqlite3.connect(path)
        rows = [(lines[-1].number + 1 + index, data.decode()) for index, data in enumerate(more)]
        opened.executemany("INSERT INTO records VALUES (?, ?)", rows)
        opened.commit()
        opened.close()
    found = verify(path, [PublicKey.read(key)])
    assert found.problem is not None
    assert found.problem.code == "PR1071"
    assert found.signed == lines[-1].number


def test_a_log_cut_off_after_a_checkpoint_is_found_by_a_head_kept_elsewhere(
    path: Path, decisions: list[Decision], key: Path, tmp_path: Path
) -> None:
    early = a_log(path, decisions[:4], key)
    copy = tmp_path / f"copy{path.suffix}"
    copy.write_bytes(path.read_bytes())
    late = a_log(path, decisions[4:], key)
    keys = [PublicKey.read(key)]
    assert verify(path, keys, expect=early).sound
    assert verify(path, keys, expect=late).sound
    assert verify(copy, keys).sound
    found = verify(copy, keys, expect=late)
    assert found.problem is not None
    assert (found.problem.code, found.head) == ("PR1072", early)
    wrong = verify(path, keys, expect=Head(3, "0" * 64))
    assert wrong.problem is not None
    assert (wrong.problem.code, wrong.problem.path) == ("PR1072", f"{path}: record 3")


def test_the_beginning_of_another_log_is_no_beginning(tmp_path: Path, decisions: list[Decision]) -> None:
    path = tmp_path / "log.jsonl"
    a_log(path, decisions, None)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    found = verify(path)
    assert found.problem is not None
    assert (found.problem.code, found.problem.path) == ("PR1067", f"{path}: record 1")
    path.write_bytes(b"")
    empty = verify(path)
    assert empty.problem is not None
    assert empty.problem.message == "the log is empty"
