"""Whatever stands in a file, and wherever the cursor is, there is an answer and no crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postloan_rules.editor.completion import suggestions
from postloan_rules.editor.hover import explained
from postloan_rules.editor.occurrences import occurrences
from postloan_rules.editor.project import project_of
from postloan_rules.editor.repair import repaired

from .desk import FILES, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_it_is_typed(name: str, tmp_path: Path) -> None:
    path = (written(tmp_path) / name).resolve()
    text = FILES[name]
    for offset in range(0, len(text) + 1, 5):
        typed = text[:offset]
        project = project_of(path, {path: repaired(typed, offset)})
        if project is None or path not in project.files:
            assert name == "cards/policy.yaml"
            continue
        for each in suggestions(project, project.files[path], typed, offset):
            assert each.label
            assert 0 <= each.start <= offset


@pytest.mark.parametrize("name", FILES)
def test_every_place_of_a_file(name: str, tmp_path: Path) -> None:
    path = (written(tmp_path) / name).resolve()
    project = project_of(path, {})
    assert project is not None
    found, file, text = occurrences(project), project.files[path], FILES[name]
    told = 0
    for offset in range(len(text) + 1):
        suggestions(project, file, text, offset)
        told += explained(project, found, file, offset) is not None
    assert told > len(text) / 4


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_a_piece_missing(name: str, tmp_path: Path) -> None:
    path = (written(tmp_path) / name).resolve()
    for start in range(0, len(FILES[name]), 11):
        text = FILES[name][:start] + FILES[name][start + 7 :]
        project = project_of(path, {path: text})
        if project is not None:
            occurrences(project)
            project.problems(with_examples=False)
