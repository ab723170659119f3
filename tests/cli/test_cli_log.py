"""`postloan log` and `postloan replay`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

AT = ("--at", "2026-11-30T18:00:00")


def test_write_verify_show_and_replay(run: Run, policy: Path, snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    bundle, log, key = tmp_path / "shelf" / "tiny.plr", tmp_path / "log.jsonl", tmp_path / "audit.pem"
    run("bundle", "build", policy, "-o", bundle)
    run("bundle", "keys", key)
    first = run("log", "write", log, snapshot, "--policy", bundle, *AT, "--key", key)
    assert first.exit_code == 0
    assert first.output == "1 decision written\n"
    head = run("log", "head", log).output.strip()
    assert head.startswith("3:")
    run("log", "write", log, snapshot, "--policy", bundle, "--profile", "strict", *AT, "--key", key)
    verified = run("log", "verify", log, "--key", f"{key}.pub", "--expect", head)
    assert verified.exit_code == 0
    assert verified.output.startswith("sound: 6 records, 2 decisions\n2 checkpoints, signed up to record 6\n")
    assert "2 checkpoints, not looked at: no key was given" in run("log", "verify", log).output
    shown = [json.loads(line) for line in run("log", "show", log).output.splitlines()]
    assert [each["profile"] for each in shown] == ["standard", "strict"]
    assert run("log", "show", log, "--from", "3", "--limit", "1").output.count("\n") == 1
    again = run("replay", log, "--policies", tmp_path / "shelf")
    assert (again.exit_code, again.output) == (0, "2 decisions made again: 2 same\n")
    assert run("replay", log, "--policies", tmp_path / "shelf", "--limit", "1").output.startswith(
        "1 decision "
    )
    (tmp_path / "empty").mkdir()
    missing = run("replay", log, "--policies", tmp_path / "empty")
    assert missing.exit_code == 1
    assert "error PR1074: no bundle holds the policy tiny 1" in missing.output
    assert missing.output.endswith("1 decision made again: 1 different\n")
    every = run("replay", log, "--policies", tmp_path / "empty", "--all")
    assert every.output.endswith("2 decisions made again: 2 different\n")


def test_a_changed_log(run: Run, policy: Path, snapshot: Path, tmp_path: Path) -> None:
    bundle, log = tmp_path / "tiny.plr", tmp_path / "log.jsonl"
    run("bundle", "build", policy, "-o", bundle)
    run("log", "write", log, snapshot, "--policy", bundle, *AT)
    log.write_bytes(log.read_bytes().replace(b"C-1", b"C-2"))
    verified = run("log", "verify", log)
    assert verified.exit_code == 1
    assert "log.jsonl: record 2: error PR1065: it was changed" in verified.output
    assert "sound up to here: 1 record, 0 decisions" in verified.output
    replayed = run("replay", log, "--policies", tmp_path)
    assert (replayed.exit_code, replayed.stdout) == (1, "")
    assert "PR1065" in replayed.stderr


def test_a_locked_log_and_a_customer_who_is_erased(
    run: Run, policy: Path, snapshot: Path, tmp_path: Path
) -> None:
    bundle, log, master = tmp_path / "tiny.plr", tmp_path / "log.sqlite", tmp_path / "master.key"
    run("bundle", "build", policy, "-o", bundle)
    assert run("log", "master", master).output == f"{master}: for its owner only\n"
    locks = ("--seal", tmp_path / "keys.db", "--master", master)
    run("log", "write", log, snapshot, "--policy", bundle, *AT, *locks)
    assert json.loads(run("log", "show", log).output)["content"] is None
    assert json.loads(run("log", "show", log, *locks).output)["content"]["decision"]["customer_id"] == "C-1"
    assert "error PR1076" in run("replay", log, "--policies", tmp_path).output
    assert run("replay", log, "--policies", tmp_path, *locks).output == "1 decision made again: 1 same\n"
    erase = ("log", "erase", tmp_path / "keys.db", "--master", master, "--customer", "C-1")
    assert run(*erase).output == "1 key deleted\n"
    assert run(*erase).output == "there is no key of this customer\n"
    assert run("replay", log, "--policies", tmp_path, *locks).output == "1 decision made again: 1 erased\n"
    assert run("log", "verify", log).exit_code == 0


def test_what_can_not_be_used_is_told(run: Run, policy: Path, snapshot: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "tiny.plr"
    run("bundle", "build", policy, "-o", bundle)
    wrong = run("log", "write", tmp_path / "log.txt", snapshot, "--policy", bundle, *AT)
    assert (wrong.exit_code, "error PR1060" in wrong.stderr) == (1, True)
    assert "error PR1060" in run("log", "verify", tmp_path / "none.jsonl").stderr
    assert run("log", "verify", tmp_path / "none.jsonl", "--expect", "x").exit_code == 2
    assert run("log", "show", tmp_path / "none.jsonl", "--seal", "keys.db").exit_code == 2
    assert run("replay", tmp_path / "none.jsonl", "--policies", tmp_path / "none").exit_code == 2
    assert (
        "PR1082"
        in run("log", "erase", tmp_path / "k.db", "--master", tmp_path / "m", "--customer", "C").stderr
    )
