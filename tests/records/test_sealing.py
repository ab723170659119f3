"""What a log says of a customer is locked with the customer's key; without the key it is gone."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from postloan_rules.records import (
    DecisionLog,
    LogError,
    Outcome,
    Shelf,
    SqliteKeys,
    new_master,
    read_records,
    replay,
    verify,
)
from postloan_rules.records.key_store import CustomerKey
from postloan_rules.records.sealing import sealed, unsealed
from records.conftest import AT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postloan_rules.decisions import Decision


@pytest.fixture
def master(tmp_path: Path) -> Path:
    new_master(tmp_path / "master.key")
    return tmp_path / "master.key"


@pytest.fixture
def keys(tmp_path: Path, master: Path) -> Iterator[SqliteKeys]:
    store = SqliteKeys(tmp_path / "keys.db", master)
    yield store
    store.close()


def test_nothing_of_the_customer_stands_in_the_log(
    path: Path, decisions: list[Decision], keys: SqliteKeys
) -> None:
    with DecisionLog(path, sealing=keys, trace=True) as log:
        for decision in decisions:
            log.append(decision, at=AT, id="r-1")
    text = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    for word in (
        "C-1",
        "A-1",
        '"seal"',
        "credit_limit",
        decisions[0].snapshot_fingerprint,
        "overdue",
        '2026-11-30"',
    ):
        assert word.encode() not in text, word
    assert [record.content for record in read_records(path)] == [None] * 30
    opened = list(read_records(path, keys=keys))
    assert all(record.content is not None for record in opened)
    assert len({record.customer for record in opened}) == 30


def test_who_deletes_a_key_erases_the_customer_and_the_log_verifies(
    path: Path, decisions: list[Decision], keys: SqliteKeys, key: Path, shelf: Path
) -> None:
    from postloan_rules.bundles.keys import PublicKey

    with DecisionLog(path, sealing=keys, signing=key) as log:
        for decision in [*decisions, decisions[3]]:
            log.append(decision, at=AT)
    assert {each.outcome for each in replay(path, Shelf(shelf), keys=keys)} == {Outcome.SAME}
    label = keys.for_customer("C-3").label
    assert keys.erase("C-3") == 1
    assert keys.erase("C-3") == 0
    outcomes = [each.outcome for each in replay(path, Shelf(shelf), keys=keys)]
    assert outcomes.count(Outcome.ERASED) == 2
    assert outcomes.count(Outcome.SAME) == 29
    assert verify(path, [PublicKey.read(key)], expect=log.durable).sound
    assert [record.erased for record in read_records(path, keys=keys)].count(True) == 2
    assert keys.for_customer("C-3").label != label


def test_an_erased_key_is_on_no_page_of_the_store(tmp_path: Path, master: Path) -> None:
    keys = SqliteKeys(tmp_path / "keys.db", master)
    labels = [keys.for_customer(f"C-{number}").label for number in range(50)]
    keys.flush()
    locked = keys._open.execute("SELECT locked FROM keys WHERE label = ?", (labels[7],)).fetchone()[0]
    assert locked in (tmp_path / "keys.db").read_bytes()
    keys.erase("C-7")
    keys.close()
    data = (tmp_path / "keys.db").read_bytes()
    assert locked not in data
    assert labels[7].encode() not in data
    assert b"C-8" not in data
    assert (tmp_path / "keys.db").stat().st_mode & 0o777 == 0o600


def test_keys_are_on_the_disk_before_the_records_that_they_lock(
    path: Path, decisions: list[Decision], tmp_path: Path, master: Path
) -> None:
    keys = SqliteKeys(tmp_path / "keys.db", master)
    log = DecisionLog(path, sealing=keys)
    log.append(decisions[0], at=AT)
    # The disk of the keys is full: the record waits, too.
    pages = keys._open.execute("PRAGMA page_count").fetchone()[0]
    keys._open.execute(f"PRAGMA max_page_count = {pages}")
    for decision in decisions * 30:
        log.append(decision, at=AT)
    for number in range(2000):
        keys.for_customer(f"X-{number}")
    with pytest.raises(LogError, match="no room for the keys"):
        log.flush()
    assert log.durable.number == 0
    keys._open.execute("PRAGMA max_page_count = 100000")
    log.flush()
    log.close()
    keys.close()
    again = SqliteKeys(tmp_path / "keys.db", master)
    assert all(record.content is not None for record in read_records(path, keys=again))
    again.close()


def test_two_stores_on_one_file_make_keys_at_once(tmp_path: Path, master: Path) -> None:
    one, other = (SqliteKeys(tmp_path / "keys.db", master) for _ in range(2))
    first, second = one.for_customer("C-1"), other.for_customer("C-1")
    one.flush()
    other.flush()
    assert first != second
    assert (one.named(second.label), other.named(first.label)) == (second, first)
    assert one.erase("C-1") == 2
    assert other.named(second.label) is None
    one.close()
    other.close()


def test_another_master_key_or_another_file_is_told(tmp_path: Path, keys: SqliteKeys) -> None:
    new_master(tmp_path / "other.key")
    with pytest.raises(LogError, match="not the one of this store"):
        SqliteKeys(keys.path, tmp_path / "other.key")
    (tmp_path / "bad.key").write_text("no key", encoding="utf-8")
    with pytest.raises(LogError, match="holds no master key"):
        SqliteKeys(keys.path, tmp_path / "bad.key")
    with pytest.raises(LogError, match="can't be read"):
        SqliteKeys(keys.path, tmp_path / "none.key")
    with pytest.raises(LogError, match="there is a file already"):
        new_master(tmp_path / "other.key")
    with pytest.raises(LogError, match="32 bytes"):
        SqliteKeys(keys.path, b"short")
    sqlite3.connect(tmp_path / "c.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(LogError, match="no store of keys"):
        SqliteKeys(tmp_path / "c.db", bytes(32))


def test_what_is_locked_opens_in_its_own_place_only() -> None:
    key = CustomerKey("label", bytes(32))
    text = sealed(b"{}", key, "log")
    assert unsealed(text, key, "log") == b"{}"
    assert sealed(b"{}", key, "log") != text
    for other in (CustomerKey("other", bytes(32)), CustomerKey("label", b"1" * 32)):
        with pytest.raises(LogError, match="does not open"):
            unsealed(text, other, "log")
    for place, data in (("other", text), ("log", text[:-4]), ("log", "?"), ("log", "")):
        with pytest.raises(LogError, match="does not open"):
            unsealed(data, key, place)


def test_a_log_can_be_locked_in_the_middle_of_its_life(
    path: Path, decisions: list[Decision], keys: SqliteKeys
) -> None:
    for sealing in (None, keys, None):
        with DecisionLog(path, sealing=sealing) as log:
            log.append(decisions[0], at=AT)
    assert [record.content is None for record in read_records(path)] == [False, True, False]
    assert verify(path).sound
    assert json.dumps([record.customer for record in read_records(path)]).count("C-0") == 2
