"""What is wrong with the policies that a file is part of, file by file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.editor.project import project_at, projects_of
from postloan_rules.policy.files import load_file, unsaved
from postloan_rules.policy.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.editor.project import Project
    from postloan_rules.problems import Problem

__all__ = ["problems_by_file"]


def problems_by_file(
    file: Path, texts: Mapping[Path, str], *, with_examples: bool = True
) -> dict[Path, tuple[Problem, ...]]:
    """The problems of every file of the policies that this one is part of; files without any have none."""
    policies = projects_of(file, texts)
    if not policies:
        return {file: _of_lone(file, texts)}
    found: dict[Path, dict[Problem, None]] = {file: {}}
    for policy in policies:
        project = project_at(policy, texts)
        for each in project.files:
            found.setdefault(each, {})
        for problem in project.problems(with_examples=with_examples):
            found.setdefault(_place(project, problem), {})[problem] = None
    return {each: tuple(problems) for each, problems in found.items()}


def _place(project: Project, problem: Problem) -> Path:
    """The file to show a problem in: what is wrong in a table of rows is shown at the head of the policy."""
    path = Path(problem.span.file) if problem.span is not None else project.path
    if path in project.files or path.is_file():
        return path
    return next(iter(project.files), project.path)


def _of_lone(file: Path, texts: Mapping[Path, str]) -> tuple[Problem, ...]:
    """Of a file that is part of no policy it can only be told whether it is YAML."""
    reading = Reading()
    with unsaved(texts):
        if file in texts or file.is_file():
            load_file(file, reading)
    return tuple(reading.problems)
