from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.editor.diagnostics import problems_by_file

from .desk import EXAMPLES, TRIGGERS, written

if TYPE_CHECKING:
    from pathlib import Path


def codes(folder: Path, open_: str, texts: dict[str, str]) -> dict[str, list[str]]:
    folder = folder.resolve()
    held = {folder / name: text for name, text in texts.items()}
    found = problems_by_file(folder / open_, held)
    return {
        file.relative_to(folder).as_posix(): [each.code for each in problems]
        for file, problems in found.items()
        if problems or file == folder / open_
    }


def test_a_sound_policy_has_no_problems(tmp_path: Path) -> None:
    written(tmp_path)
    assert codes(tmp_path, "cards/triggers.yaml", {}) == {"cards/triggers.yaml": []}
    assert len(problems_by_file((tmp_path / "cards" / "triggers.yaml").resolve(), {})) == 5


def test_what_is_not_saved_counts(tmp_path: Path) -> None:
    written(tmp_path)
    texts = {"cards/triggers.yaml": TRIGGERS.replace("days_late >= late", "days_lat >= late")}
    assert codes(tmp_path, "cards/triggers.yaml", texts) == {"cards/triggers.yaml": ["PR0220"]}


def test_a_change_in_one_file_is_told_in_another(tmp_path: Path) -> None:
    written(tmp_path)
    texts = {"cards/triggers.yaml": TRIGGERS.replace("watched:", "observed:")}
    assert codes(tmp_path, "cards/triggers.yaml", texts) == {
        "cards/triggers.yaml": [],
        "cards/rules.yaml": ["PR0331"],
    }


def test_examples_are_read_too(tmp_path: Path) -> None:
    written(tmp_path)
    texts = {"cards/examples/cards.yaml": EXAMPLES.replace("[overdue,", "[overdo,")}
    assert codes(tmp_path, "cards/examples/cards.yaml", texts) == {"cards/examples/cards.yaml": ["PR0607"]}


def test_a_lone_file_is_told_whether_it_is_yaml(tmp_path: Path) -> None:
    written(tmp_path, {"notes.yaml": "a: [1\n"})
    assert codes(tmp_path, "notes.yaml", {}) == {"notes.yaml": ["PR0105"]}
