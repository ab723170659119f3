from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_the_new_policy_is_sound_and_its_examples_hold(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "our-cards"
    assert run("new", folder).exit_code == 0
    checked = run("check", folder)
    assert checked.stdout.startswith("ok: our_cards 1: "), checked.stdout
    assert "warning" not in checked.stdout
    tested = run("test", folder)
    assert (tested.exit_code, tested.stdout) == (0, "11 examples: 11 passed\n")


def test_its_examples_show_all_of_it(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "cards")
    assert run("coverage", tmp_path / "cards", "--fail-under", "100").exit_code == 0


def test_its_examples_notice_every_small_change(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "cards")
    assert run("mutate", tmp_path / "cards").exit_code == 0


def test_another_currency_is_used_throughout(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "cards", "--currency", "EUR")
    assert run("test", tmp_path / "cards").exit_code == 0


def test_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "mine.yaml").write_text("mine", encoding="utf-8")
    result = run("new", tmp_path / "cards")
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert [each.name for each in (tmp_path / "cards").iterdir()] == ["mine.yaml"]


def test_no_currency_is_told_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    result = run("new", tmp_path / "cards", "--currency", "yuan")
    assert result.exit_code == 2
    assert not (tmp_path / "cards").exists()
