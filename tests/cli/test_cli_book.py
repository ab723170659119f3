from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Run

RULES = Path(__file__).parents[2] / "rules"


def test_a_policy_is_written_as_a_book(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "book.html"
    result = run("book", RULES / "personal_loan", "--out", out)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"wrote {out}: ")
    assert out.read_text(encoding="utf-8").startswith('<!doctype html>\n<html lang="en">')


def test_the_book_is_the_same_each_time_and_in_the_language_asked_for(run: Run, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        assert (
            run("book", RULES / "personal_loan", "--out", tmp_path / name, "--language", "zh").exit_code == 0
        )
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("one.html", "two.html"))
    assert one == two
    assert '<html lang="zh-CN">' in one


def test_a_wrong_policy_is_told_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("ruleset: x\n", encoding="utf-8")
    result = run("book", tmp_path, "--out", tmp_path / "book.html")
    assert result.exit_code == 1
    assert "PR0302" in result.stderr
    assert not (tmp_path / "book.html").exists()


def test_what_changed_between_two_versions(run: Run, tmp_path: Path) -> None:
    for name in ("old", "new"):
        run("new", tmp_path / name)
    file = tmp_path / "new" / "policy.yaml"
    text = file.read_text(encoding="utf-8").replace("ruleset: new", "ruleset: old")
    file.write_text(text.replace("value: 30,", "value: 21,"), encoding="utf-8")
    result = run("book", tmp_path / "old", tmp_path / "new", "--changes", "--out", tmp_path / "changes.html")
    assert result.exit_code == 0
    assert result.stdout.endswith("changes.html: 1 changed with an effect on decisions, 0 in words only\n")


def test_changes_need_two_versions_and_a_book_one(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "old")
    out = tmp_path / "page.html"
    for arguments in (("--changes",), (tmp_path / "old",)):
        result = run("book", tmp_path / "old", *arguments, "--out", out)
        assert result.exit_code == 2
    assert not out.exists()
