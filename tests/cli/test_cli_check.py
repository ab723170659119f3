from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Run

RULES = Path(__file__).parents[2] / "rules"


def test_a_sound_policy_is_ok_with_its_counts(run: Run, policy: Path) -> None:
    result = run("check", policy)
    assert result.exit_code == 0
    assert result.stdout == "ok: tiny 1: 2 triggers, 4 responses, 1 rule, 2 examples, 2 profiles\n"


def test_every_mistake_is_shown_with_its_place_and_what_to_write(run: Run, policy: Path) -> None:
    file = policy / "policy.yaml"
    text = file.read_text(encoding="utf-8").replace("days_past_due >= late", "days_past_du >= lat")
    file.write_text(text, encoding="utf-8")
    result = run("check", policy)
    assert result.exit_code == 1
    assert f"{file.as_posix()}:13:19: error PR0221" in result.stdout
    assert "did you mean `days_past_due`?" in result.stdout
    assert result.stdout.endswith("2 errors\n")


def test_mistakes_of_examples_are_found_without_running_them(run: Run, policy: Path) -> None:
    file = policy / "examples" / "cards.yaml"
    text = file.read_text(encoding="utf-8").replace("not_fired: [overdue]", "not_fired: [overdu]")
    file.write_text(text, encoding="utf-8")
    result = run("check", policy)
    assert result.exit_code == 1
    assert "error PR0607: the policy has no trigger `overdu`" in result.stdout


def test_a_mapping_is_checked_as_well(run: Run) -> None:
    result = run("check", RULES / "mappings" / "uci_credit_card.yaml")
    assert result.exit_code == 0
    assert result.stdout == "ok: the mapping uci_credit_card\n"


def test_a_path_that_is_not_there_is_a_problem_and_no_traceback(run: Run, tmp_path: Path) -> None:
    result = run("check", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "there is no file or folder `nowhere`" in result.stdout


def test_an_unknown_profile_is_a_problem(run: Run, policy: Path) -> None:
    result = run("check", policy, "--profile", "stric")
    assert result.exit_code == 1
    assert "strict" in result.stdout
