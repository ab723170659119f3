"""`postloan notice`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


def test_the_notice_goes_to_standard_output(run: Run, policy: Path, snapshot: Path) -> None:
    done = run("notice", policy, snapshot)
    assert done.exit_code == 0
    assert "- Seal the card\n  Account: ****1\n" in done.stdout
    assert done.stderr == ""


def test_a_page_in_chinese(run: Run, policy: Path, snapshot: Path) -> None:
    done = run("notice", policy, "-", "--lang", "zh", "--format", "html", stdin=snapshot.read_bytes())
    assert done.exit_code == 0
    assert "<h3>封卡</h3>" in done.stdout


def test_nothing_adverse_prints_nothing_and_says_so(run: Run, policy: Path, snapshot: Path) -> None:
    data = json.loads(snapshot.read_text(encoding="utf-8"))
    data["accounts"][0]["days_past_due"] = 40
    snapshot.write_text(json.dumps(data), encoding="utf-8")
    done = run("notice", policy, snapshot)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "no notice: nothing in this decision is against the customer\n"
    assert "Seal the card" in run("notice", policy, snapshot, "--profile", "strict").stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"{{ notice.date }}, {{ words.done }}", "30 November 2026, What we have decided\n"),
        (b"\xef\xbb\xbf{{ notice.date }}", "30 November 2026\n"),
    ],
)
def test_a_template_of_your_own(
    written: bytes, said: str, run: Run, policy: Path, snapshot: Path, tmp_path: Path
) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(written)
    assert run("notice", policy, snapshot, "--template", file).stdout == said


def test_a_wrong_template_is_a_problem(run: Run, policy: Path, snapshot: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("Dear {{ name }}", encoding="utf-8")
    done = run("notice", policy, snapshot, "--template", file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "own.txt:1:1: error PR0386: the template can't be used: 'name' is undefined" in done.stderr
    file.write_bytes(b"\xff\xfe")
    assert run("notice", policy, snapshot, "--template", file).exit_code == 1
    assert run("notice", policy, snapshot, "--template", tmp_path / "none.txt").exit_code == 1


def test_a_snapshot_that_does_not_fit(run: Run, policy: Path, snapshot: Path) -> None:
    text = snapshot.read_text(encoding="utf-8").replace("CNY", "USD")
    snapshot.write_text(text, encoding="utf-8")
    done = run("notice", policy, snapshot)
    assert done.exit_code == 1
    assert "PR0750" in done.stderr
