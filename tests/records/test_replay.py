"""Decisions are made again from the log, byte for byte; where they are not, the cause is named."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from bundles.small import POLICY, written
from postloan_rules.bundles import build
from postloan_rules.records import DecisionLog, Outcome, Shelf, open_source, replay, replaying
from postloan_rules.records.line import FIRST, Head, Kind, read_line
from postloan_rules.records.line import written as framed
from postloan_rules.records.reading import Broken
from postloan_rules.records.replaying import first_difference
from records.conftest import AT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postloan_rules.decisions import Decision
    from postloan_rules.problems import Problem


@pytest.fixture
def log(path: Path, decisions: list[Decision]) -> Path:
    with DecisionLog(path) as opened:
        for decision in decisions:
            opened.append(decision, at=AT)
    return path


def test_the_same_bytes(log: Path, shelf: Path) -> None:
    found = list(replay(log, Shelf(shelf)))
    assert [each.outcome for each in found] == [Outcome.SAME] * 30
    part = [each.record.number for each in replay(log, Shelf(shelf), first=10, limit=3)]
    assert part == [10, 11, 12]


def test_under_another_profile(path: Path, folder: Path, shelf: Path, decisions: list[Decision]) -> None:
    import postloan_rules as plr

    strict = plr.load(folder, profile="strict")
    with DecisionLog(path) as opened:
        opened.append(strict.decide(decisions[0]._snapshot), at=AT)
    assert [each.outcome for each in replay(path, Shelf(shelf))] == [Outcome.SAME]


def problem(log: Path, shelf: Path) -> Problem:
    first = next(iter(replay(log, Shelf(shelf))))
    assert first.outcome is Outcome.DIFFERENT
    assert first.problem is not None
    assert first.problem.path == f"{log}: record 2"
    return first.problem


def test_a_policy_that_is_not_there(log: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "rules")
    (other / "policy.yaml").write_text(POLICY.replace("value: 90", "value: 91"), encoding="utf-8")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "other.plr").write_bytes(build(other))
    (tmp_path / "shelf" / "broken.plr").write_bytes(b"PK")
    assert [each.code for each in Shelf(tmp_path / "shelf").problems] == ["PR1040"]
    found = problem(log, tmp_path / "shelf")
    assert found.code == "PR1074"
    assert found.message.startswith(
        "no bundle holds the policy tiny 2026.12 under the profile standard, sha256:"
    )


def test_a_policy_that_is_read_otherwise(log: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from postloan_rules.policy import loader

    monkeypatch.setattr(loader, "fingerprint", lambda _policy: "sha256:other")
    assert problem(log, shelf).code == "PR1075"


def forged(log: Path, change: Callable[[dict[str, object]], None]) -> None:
    """The log, written anew with another content, as somebody could who has no signature to fear."""
    head, lines = Head(0, FIRST), []
    for raw in list(open_source(log).lines()):
        line = read_line(raw.data)
        assert line is not None
        said = json.loads(line.record)
        if line.kind is Kind.DECISION:
            change(said)
        record = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        head, data = framed(head, line.batch, line.checkpoint, line.kind, record)
        lines.append(data)
    if log.suffix == ".jsonl":
        log.write_bytes(b"".join(line + b"\n" for line in lines))
    else:
        import sqlite3

        opened = sqlite3.connect(log)
        opened.execute("DROP TRIGGER records_stay")
        rows = [(line.decode(), number) for number, line in enumerate(lines, 1)]
        opened.executemany("UPDATE records SET line = ? WHERE number = ?", rows)
        opened.commit()
        opened.close()


def test_a_decision_that_is_another(log: Path, shelf: Path) -> None:
    def change(said: dict[str, object]) -> None:
        said["content"]["decision"]["responses"][1]["parameters"] = {"months": "6"}  # type: ignore[index]  # JSON

    forged(log, change)
    found = problem(log, shelf)
    assert found.code == "PR1080"
    assert found.message.startswith("`$.responses[")
    assert "the same version of the library decides otherwise" in found.message


def test_a_decision_by_another_version_of_the_library(
    log: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(said: dict[str, object]) -> None:
        said["content"]["decision"]["next_review"] = "2027-01-01"  # type: ignore[index]  # JSON

    forged(log, change)
    monkeypatch.setattr(replaying, "_here", lambda: "9.9")
    found = problem(log, shelf)
    assert found.code == "PR1080"
    assert (
        found.message
        == '`$.next_review` was "2027-01-01", and is null: made by postloan-rules 0.1.0, here is 9.9'
    )
    assert found.help == "replay it with postloan-rules 0.1.0, by which it was made"


def test_a_snapshot_that_is_another(log: Path, shelf: Path) -> None:
    def change(said: dict[str, object]) -> None:
        said["content"]["snapshot"]["accounts"][0]["days_past_due"] = 100  # type: ignore[index]  # JSON

    forged(log, change)
    assert problem(log, shelf).code == "PR1078"


def test_a_snapshot_that_can_not_be_read(log: Path, shelf: Path) -> None:
    def change(said: dict[str, object]) -> None:
        said["content"]["snapshot"]["accounts"][0]["days_past_due"] = "soon"  # type: ignore[index]  # JSON

    forged(log, change)
    assert problem(log, shelf).code == "PR1079"


def test_a_snapshot_that_was_not_kept(path: Path, decisions: list[Decision], shelf: Path) -> None:
    with DecisionLog(path, keep="fingerprint") as opened:
        opened.append(decisions[0], at=AT)
    assert [each.outcome for each in replay(path, Shelf(shelf))] == [Outcome.NOT_KEPT]


def test_a_record_that_was_changed_stops_it(tmp_path: Path, decisions: list[Decision], shelf: Path) -> None:
    log = tmp_path / "log.jsonl"
    with DecisionLog(log) as opened:
        for decision in decisions[:3]:
            opened.append(decision, at=AT)
    log.write_bytes(log.read_bytes().replace(b'"customer":"C-1"', b'"customer":"C-9"'))
    found = replay(log, Shelf(shelf))
    assert next(found).outcome is Outcome.SAME
    with pytest.raises(Broken) as caught:
        next(found)
    assert caught.value.problem.code == "PR1065"


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"a": [1, 2]}, {"a": [1, 3]}, ("$.a[1]", "2", "3")),
        ({"a": 1}, {"b": 1}, ("$.a", "1", "not there")),
        ([1], [1, 2], ("$", "a list of 1", "a list of 2")),
        ({"a": True}, {"a": 1}, ("$.a", "true", "1")),
        ({"a": [{"b": None}]}, {"a": [{"b": None}]}, None),
    ],
)
def test_the_first_difference(then: object, now: object, said: tuple[str, str, str] | None) -> None:
    assert first_difference(then, now) == said


def test_bundles_in_folders_of_folders(log: Path, shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf, tmp_path / "all" / "2026" / "12")
    assert {each.outcome for each in replay(log, Shelf(tmp_path / "all"))} == {Outcome.SAME}
