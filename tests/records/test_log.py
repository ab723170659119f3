"""What a log takes it keeps, whole and in order, whatever becomes of its process and of the disk."""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import threading
import warnings
from typing import TYPE_CHECKING

import pytest

from postloan_rules.bundles.keys import PublicKey
from postloan_rules.records import (
    DecisionLog,
    LogBroken,
    LogDamaged,
    LogError,
    LogFull,
    LogInUse,
    LogUnusable,
    json_lines,
    read_records,
    verify,
)
from records.conftest import AT

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.decisions import Decision


def test_what_is_written_is_read(path: Path, decisions: list[Decision]) -> None:
    with DecisionLog(path) as log:
        for number, decision in enumerate(decisions):
            log.append(
                decision, at=AT, id=f"r-{number}", metadata={"channel": "batch", "try": 1}, bundle="sha256:1"
            )
    found = list(read_records(path))
    assert [record.id for record in found] == [f"r-{number}" for number in range(30)]
    first = found[0]
    assert first.content is not None
    assert (
        json.dumps(first.content["decision"], sort_keys=True, separators=(",", ":")) == decisions[0].to_json()
    )
    assert (first.at, first.customer, first.bundle) == ("2026-11-30T18:00:00", "C-0", "sha256:1")
    assert first.metadata == {"channel": "batch", "try": 1}
    assert verify(path).decisions == 30


def test_a_receipt_is_acknowledged_by_the_flush_that_follows(path: Path, decisions: list[Decision]) -> None:
    log = DecisionLog(path)
    receipt = log.append(decisions[0], at=AT)
    assert not receipt.durable
    assert log.flush() == receipt.head
    assert receipt.durable
    assert log.write(decisions[1], at=AT).durable
    log.close()


def test_a_log_goes_on_where_it_was(path: Path, decisions: list[Decision], key: Path) -> None:
    for decision in decisions[:5]:
        with DecisionLog(path, signing=key, every=3) as log:
            log.append(decision, at=AT)
    found = verify(path, [PublicKey.read(key)])
    assert (found.problem, found.decisions, found.signed) == (None, 5, found.head.number)


def test_many_threads_write_at_once(path: Path, decisions: list[Decision], key: Path) -> None:
    receipts = []
    with DecisionLog(path, signing=key, every=7) as log:

        def work(number: int) -> None:
            receipts.extend([log.write(decisions[each], at=AT, id=f"{number}-{each}") for each in range(20)])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(receipt.durable for receipt in receipts)
    records = list(read_records(path))
    assert len({receipt.number for receipt in receipts}) == len(records) == 160
    assert {record.id for record in records} == {f"{one}-{two}" for one in range(8) for two in range(20)}
    assert verify(path, [PublicKey.read(key)]).sound


def test_what_waits_is_bounded(
    path: Path, decisions: list[Decision], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postloan_rules.records.log._WAITING", 5)
    log = DecisionLog(path)
    receipts = [log.append(decision, at=AT) for decision in decisions]
    assert [receipt.durable for receipt in receipts].count(False) <= 5
    log.close()


def test_one_process_writes(path: Path, decisions: list[Decision]) -> None:
    with DecisionLog(path) as log:
        with pytest.raises(LogInUse, match="another process"):
            DecisionLog(path)
        with warnings.catch_warnings():
            # The child does nothing that a thread of the parent could hinder.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if not pid:
            try:
                log.append(decisions[0], at=AT)
            except LogInUse:
                log.close()
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        log.write(decisions[0], at=AT)
    DecisionLog(path).close()
    with pytest.raises(LogError, match="the log is closed"):
        log.append(decisions[0], at=AT)


def test_what_is_no_log(tmp_path: Path) -> None:
    for name, data in (("a.jsonl", b'{"other": 1}\n'), ("b.sqlite", b"no database, but long enough " * 10)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(LogUnusable):
            DecisionLog(tmp_path / name)
        assert (tmp_path / name).read_bytes() == data
    sqlite3.connect(tmp_path / "c.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(LogUnusable):
        DecisionLog(tmp_path / "c.db")
    with pytest.raises(LogUnusable, match="does not say what the log is kept in"):
        DecisionLog(tmp_path / "d.txt")
    with pytest.raises(LogError):
        DecisionLog(tmp_path / "none" / "e.jsonl")
    with pytest.raises(LogUnusable, match="there is no such"):
        verify(tmp_path / "f.jsonl")


def batches(path: Path, decisions: list[Decision]) -> list[int]:
    """A log of several batches; where each of them ends."""
    ends = []
    with DecisionLog(path) as log:
        for start in range(0, 20, 5):
            for decision in decisions[start : start + 5]:
                log.append(decision, at=AT)
            log.flush()
            ends.append(path.stat().st_size)
    return ends


def test_a_half_written_end_is_set_aside_and_said(tmp_path: Path, decisions: list[Decision]) -> None:
    path = tmp_path / "log.jsonl"
    ends = batches(path, decisions)
    whole = path.read_bytes()
    chance = random.Random(4)
    for number in range(40):
        place = tmp_path / str(number) / "log.jsonl"
        place.parent.mkdir()
        at = chance.randrange(ends[-2] + 1, len(whole))
        data = bytearray(whole[:at] if number % 2 else whole)
        if not number % 2:
            # Pages that never reached the disk, while later ones did.
            data[at - at % 512 : at - at % 512 + 512] = bytes(len(data[at - at % 512 : at - at % 512 + 512]))
        if at - at % 512 < ends[-2] and not number % 2:
            continue
        place.write_bytes(data)
        log = DecisionLog(place)
        kept = verify(place).head.number
        if log.set_aside is not None:
            assert log.set_aside.after == kept >= 16
            assert place.read_bytes() + log.set_aside.path.read_bytes() == bytes(data)
        log.write(decisions[0], at=AT)
        log.close()
        found = verify(place)
        assert found.sound
        assert found.set_aside == (log.set_aside is not None)


def test_a_hurt_record_that_no_crash_explains_is_not_thrown_away(
    tmp_path: Path, decisions: list[Decision]
) -> None:
    path = tmp_path / "log.jsonl"
    ends = batches(path, decisions)
    whole = path.read_bytes()
    before = whole[: ends[-3] - 100] + bytes(50) + whole[ends[-3] - 50 :]
    changed = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    for data in (before, changed):
        path.write_bytes(data)
        with pytest.raises(LogDamaged, match="no crash explains it"):
            DecisionLog(path)
        assert path.read_bytes() == data


def test_the_end_of_a_long_log_is_found_without_reading_all(
    tmp_path: Path, decisions: list[Decision], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    batches(path, decisions)
    monkeypatch.setattr(json_lines, "_WINDOW", 100)
    with path.open("ab") as file:
        file.write(b'{"hash":"0')
    log = DecisionLog(path)
    assert log.set_aside is not None
    assert log.set_aside.size == 10
    log.close()
    assert verify(path).sound


def test_a_first_write_that_was_cut_off(tmp_path: Path, decisions: list[Decision]) -> None:
    path = tmp_path / "log.jsonl"
    for number, data in enumerate((b"", b'{"ha', b'{"hash":"00', bytes(4096))):
        path.write_bytes(data)
        with DecisionLog(path) as log:
            log.append(decisions[0], at=AT)
        assert verify(path).decisions == 1, number


def test_a_full_disk_leaves_nothing_half_written(path: Path, decisions: list[Decision]) -> None:
    log = DecisionLog(path)
    log.write(decisions[0], at=AT)
    before = verify(path).head
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if path.suffix == ".jsonl":
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 500, limits[1]))
    else:
        pages = log._store._open.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]  # SQLite's
        log._store._open.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]  # SQLite's
    receipts = [log.append(decision, at=AT) for decision in decisions]
    try:
        for _ in range(2):
            with pytest.raises(LogFull, match="there is no room"):
                log.flush()
        assert not any(receipt.durable for receipt in receipts)
        assert verify(path).head == before
    finally:
        if path.suffix == ".jsonl":
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        else:
            log._store._open.execute("PRAGMA max_page_count = 100000")  # type: ignore[attr-defined]  # SQLite's
    receipts.append(log.append(decisions[0], at=AT))
    log.flush()
    assert all(receipt.durable for receipt in receipts)
    log.close()
    assert verify(path).decisions == 32


def test_after_a_failed_sync_nothing_is_acknowledged(
    tmp_path: Path, decisions: list[Decision], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    log = DecisionLog(path)
    log.write(decisions[0], at=AT)

    def fail(_file: int) -> None:
        raise OSError(5, "Input/output error")

    receipt = log.append(decisions[1], at=AT)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(LogBroken, match="input/output error"):
            log.flush()
    with pytest.raises(LogBroken):
        log.flush()
    assert not receipt.durable
    with pytest.raises(LogBroken):
        log.close()
    with DecisionLog(path) as again:
        again.append(decisions[2], at=AT)
    assert verify(path).sound


def test_rows_are_only_added(tmp_path: Path, decisions: list[Decision]) -> None:
    path = tmp_path / "log.sqlite"
    with DecisionLog(path) as log:
        log.append(decisions[0], at=AT)
    opened = sqlite3.connect(path)
    for statement in ("DELETE FROM records", "UPDATE records SET line = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="records are only added"):
            opened.execute(statement)
    opened.close()


def test_a_log_is_read_while_it_is_written(path: Path, decisions: list[Decision]) -> None:
    with DecisionLog(path) as log:
        for count, decision in enumerate(decisions[:5], 1):
            log.write(decision, at=AT)
            assert verify(path).decisions == count


def test_only_the_fingerprint_or_the_trace_too(path: Path, decisions: list[Decision], tmp_path: Path) -> None:
    with DecisionLog(path, keep="fingerprint") as log:
        log.append(decisions[0], at=AT)
    (record,) = read_records(path)
    assert record.content is not None
    assert list(record.content) == ["decision"]
    assert b"credit_limit" not in path.read_bytes()
    with DecisionLog(tmp_path / "other.jsonl", trace=True) as log:
        log.append(decisions[0], at=AT)
    (record,) = read_records(tmp_path / "other.jsonl")
    assert record.content is not None
    assert "days_late" in json.dumps(record.content["trace"])
