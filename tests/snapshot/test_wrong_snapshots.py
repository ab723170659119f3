"""Each folder under cases/wrong_snapshots holds a snapshot with mistakes, and the whole text that is shown for them.

`pytest --rewrite-expected` writes the texts anew; read the difference as a user would.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postloan_rules.problems import render
from postloan_rules.snapshot import Snapshot, SnapshotInvalid
from postloan_rules.snapshot.errors import CODES

CASES = Path(__file__).parent.parent / "cases" / "wrong_snapshots"


def shown(folder: Path) -> str:
    try:
        Snapshot.from_json((folder / "snapshot.json").read_bytes())
    except SnapshotInvalid as error:
        return "\n".join(render(problem) for problem in error.problems) + "\n"
    return "the snapshot can be used\n"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_all_that_is_wrong_is_told(folder: Path, rewrite_expected: bool) -> None:
    expected = folder / "expected.txt"
    if rewrite_expected:
        expected.write_text(shown(folder), encoding="utf-8")
    assert shown(folder) == expected.read_text(encoding="utf-8")


def test_every_code_has_a_case() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*/expected.txt"))
    assert set(re.findall(r"\bPR07\d\d\b", texts)) == set(CODES)


def test_a_message_is_one_line_without_a_full_stop() -> None:
    for folder in sorted(CASES.iterdir()):
        with pytest.raises(SnapshotInvalid) as caught:
            Snapshot.from_json((folder / "snapshot.json").read_bytes())
        for problem in caught.value.problems:
            for text in (problem.message, problem.help):
                assert "\n" not in text
                assert not text.endswith(".")
                assert not text[:1].isupper() or text.startswith("JSON")
            assert len(problem.message) < 200
            assert problem.code in CODES
            assert problem.path or problem.span


def test_there_are_at_least_forty() -> None:
    assert len(list(CASES.iterdir())) >= 40
