from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from live.small import cash, event, limit, other, statement, text
from postloan_rules.live import SqliteJournal, event_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Run
    from postloan_rules.live import StreamEvent


def written(file: Path, *events: StreamEvent) -> Path:
    file.write_text("".join(f"{event_line(each, 'CNY')}\n" for each in events), encoding="utf-8")
    return file


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(text(), encoding="utf-8")
    return file


def test_a_line_for_each_completion_and_a_summary(run: Run, rules: Path, tmp_path: Path) -> None:
    file = written(
        tmp_path / "events.jsonl",
        cash("E1", "2026-01-01", amount="500"),
        limit("E2", "2026-01-03", occurred_at="2026-01-03T10:05:00"),
        statement("S1", "2026-01-05"),
        other("X", "2026-02-10"),
    )
    done = run("watch", rules, "--events", file, "--workers", "0")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "2026-01-03 10:05  customer C1 account A1  Cash and then a higher limit  cash_withdrawal 2026-01-01 500.00 (E1) → temporary_limit_requested 2026-01-03 10:05 (E2)",
        "2026-01-31 00:00  customer C1 account A1  no_payment  statement_issued 2026-01-05 (S1)",
        "4 events, 2 completions, 0 duplicates, 0 late, 0 refused",
    ]
    assert (
        "客户 C1 账户 A1  取现后申请临时额度"
        in run("watch", rules, "--events", file, "--workers", "0", "--lang", "zh").stdout
    )


def test_a_wrong_line_is_told_and_stops_nothing(run: Run, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    good = event_line(cash("E1", "2026-01-01"), "CNY")
    wrong = good.replace("cash_withdrawal", "cash_withdrawl").replace('"E1"', "7")
    file.write_text(f"{good}\n\n{wrong}\nnot json\n{good}", encoding="utf-8")
    done = run("watch", rules, "--events", file, "--workers", "0")
    assert done.exit_code == 1
    assert f"{file}:3: $.id: error PR0705" in done.stderr
    assert f"{file}:3: $.type: error PR0711" in done.stderr
    assert "did you mean `cash_withdrawal`?" in done.stderr
    assert f"{file}:4:1:1: error PR0702" in done.stderr
    assert "4 events, 0 completions, 1 duplicate, 0 late, 2 refused" in done.stdout


def test_json_lines(run: Run, rules: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "events.jsonl", cash("E1", "2026-01-01"), limit("E2", "2026-01-03"))
    with file.open("a", encoding="utf-8") as more:
        more.write("{}\n")
    done = run("watch", rules, "--events", file, "--workers", "0", "--format", "json")
    completion, refused, summary = map(json.loads, done.stdout.splitlines())
    assert completion["kind"] == "completion"
    assert [each["id"] for each in completion["events"]] == ["E1", "E2"]
    assert refused["kind"] == "refused"
    assert len(refused["problems"]) == 4
    assert (summary["kind"], summary["events_in"], summary["completed"]) == ("summary", 3, 1)


def test_it_goes_on_from_its_journal(run: Run, rules: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    first = written(tmp_path / "1.jsonl", cash("E1", "2026-01-01"))
    second = written(tmp_path / "2.jsonl", cash("E1", "2026-01-01"), limit("E2", "2026-01-03"))
    run("watch", rules, "--events", first, "--journal", journal, "--workers", "0")
    done = run("watch", rules, "--events", second, "--journal", journal, "--workers", "0")
    assert "Cash and then a higher limit" in done.stdout
    assert "3 events, 1 completion, 1 duplicate" in done.stdout


def test_the_lateness_is_a_time(run: Run, rules: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "events.jsonl", statement("S1", "2026-01-05"), other("X", "2026-02-01"))
    done = run("watch", rules, "--events", file, "--workers", "0", "--lateness", "36 hours")
    assert "2 events, 0 completions" in done.stdout
    done = run("watch", rules, "--events", file, "--lateness", "soon")
    assert done.exit_code == 2
    assert "`soon` is no time; write `30 minutes`, `12 hours` or `2 days`" in done.stderr


def test_a_policy_without_patterns(run: Run, policy: Path, tmp_path: Path) -> None:
    done = run("watch", policy, "--events", written(tmp_path / "events.jsonl"))
    assert done.exit_code == 1
    assert "`tiny` has no triggers of kind `pattern`: there is nothing to watch for" in done.stderr


def test_a_journal_that_is_in_use_or_none(run: Run, rules: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "events.jsonl")
    journal = SqliteJournal(tmp_path / "journal.db")
    done = run("watch", rules, "--events", file, "--journal", journal.path, "--workers", "0")
    journal.close()
    assert done.exit_code == 1
    assert "is in use: another monitor has it open" in done.stderr
    done = run("watch", rules, "--events", tmp_path / "nothing.jsonl", "--workers", "0")
    assert done.exit_code == 1
    assert "no such file" in done.stderr


@contextmanager
def command(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "postloan_rules.cli", "watch", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in found.split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for child processes in /proc")
@pytest.mark.parametrize(("asked", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_it_cleanly(rules: Path, tmp_path: Path, asked: signal.Signals, code: int) -> None:
    journal = tmp_path / "journal.db"
    file = written(tmp_path / "events.jsonl", cash("E1", "2026-01-01"), limit("E2", "2026-01-03"))
    with command(rules, "--events", file, "--follow", "--journal", journal, "--workers", "2") as process:
        assert process.stdout is not None
        assert "Cash and then a higher limit" in process.stdout.readline()
        with file.open("a", encoding="utf-8") as more:
            more.write(f"{event_line(limit('E3', '2026-01-04'), 'CNY')}\n")
        assert "2026-01-04" in process.stdout.readline()
        workers = children(process.pid)
        assert workers
        process.send_signal(asked)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, "")
    assert out == "3 events, 2 completions, 0 duplicates, 0 late, 0 refused\n"
    assert not [pid for pid in workers if alive(pid)]
    opened = SqliteJournal(journal)
    standing = opened.standing()
    opened.close()
    assert (standing.last, standing.matched, standing.undelivered) == (3, 3, 0)
    assert not (tmp_path / "journal.db-wal").exists()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_standard_input_is_told_of_as_it_comes(rules: Path) -> None:
    with command(rules, "--events", "-", "--workers", "0") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for each in (cash("E1", "2026-01-01"), limit("E2", "2026-01-03")):
            process.stdin.write(f"{event_line(each, 'CNY')}\n")
            process.stdin.flush()
        assert "Cash and then a higher limit" in process.stdout.readline()
        process.stdin.close()
        assert "2 events" in process.stdout.readline()
        assert process.wait() == 0


def test_a_month_of_events_is_the_same_for_the_same_seed(run: Run, tmp_path: Path) -> None:
    first = run("events", "-n", "50", "--seed", "3").stdout
    assert first == run("events", "-n", "50", "--seed", "3").stdout
    assert first != run("events", "-n", "50", "--seed", "4").stdout
    file = tmp_path / "events.jsonl"
    run("events", "-n", "50", "--seed", "3", "-o", file)
    assert file.read_text(encoding="utf-8") == first
    days = [json.loads(line)["occurred_on"] for line in first.splitlines()]
    assert days == sorted(days)
    assert days[0] >= "2026-11-01"
    assert days[-1] <= "2026-11-30"


def test_a_month_of_events_completes_patterns_of_the_shipped_policies(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    run("events", "-n", "300", "-o", file)
    shipped = Path(__file__).parents[2] / "rules"
    for name in ("credit_card", "personal_loan"):
        done = run("watch", shipped / name, "--events", file, "--workers", "0", "--format", "json")
        *completions, summary = map(json.loads, done.stdout.splitlines())
        assert done.exit_code == 0
        assert summary["refused"] == summary["late"] == 0
        assert len(completions) == summary["completed"] > 0


def test_an_event_of_a_customer_is_asked_for(run: Run, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    line = json.loads(event_line(event("C1", "E1", "dormant", "2026-01-01"), "CNY"))
    del line["customer_id"]
    file.write_text(json.dumps(line), encoding="utf-8")
    done = run("watch", rules, "--events", file, "--workers", "0")
    assert "$.customer_id: error PR0707: `customer_id` is required and is missing" in done.stderr
