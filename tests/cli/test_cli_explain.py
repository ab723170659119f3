from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_a_trigger_stands_with_its_words_values_and_places(run: Run, policy: Path, snapshot: Path) -> None:
    result = run("explain", policy, snapshot, "--trigger", "overdue", "--account", "A-1")
    file = (policy / "policy.yaml").as_posix()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2:] == [
        "Triggers",
        f"└── fired overdue · Long overdue · account A-1: 95 days past due  {file}:11",
        f"    └── account.days_past_due >= late = yes  {file}:13",
        f"        ├── late = 90  {file}:7",
        "        └── account.days_past_due = 95",
    ]


def test_what_did_not_fire_is_left_out_unless_asked_for(run: Run, policy: Path, snapshot: Path) -> None:
    text = snapshot.read_text(encoding="utf-8").replace("95", "0")
    snapshot.write_text(text, encoding="utf-8")
    short = run("explain", policy, snapshot).stdout
    assert "overdue" not in short
    assert "unknown weak_score" in short
    assert short.endswith(
        "Left out: triggers that did not fire (1), rules that do not hold (1); --all shows them\n"
    )
    whole = run("explain", policy, snapshot, "--all").stdout
    assert "not fired overdue" in whole
    assert "does not hold R-1" in whole


def test_an_unknown_trigger_or_account_is_told_with_the_nearest(
    run: Run, policy: Path, snapshot: Path
) -> None:
    result = run("explain", policy, snapshot, "--trigger", "overdu")
    assert result.exit_code == 2
    assert "there is no trigger `overdu`; did you mean `overdue`?" in " ".join(result.stderr.split())
    result = run("explain", policy, snapshot, "--account", "A-2")
    assert result.exit_code == 2
    assert "A-1" in result.stderr
