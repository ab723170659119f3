"""Another name for something in a policy, in all its files; the policy must say the same afterwards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from postloan_rules.editor.environment import expressions_at
from postloan_rules.editor.occurrences import Name, Occurrence, occurrences, same_name
from postloan_rules.editor.project import project_at, projects_of
from postloan_rules.policy.files import SHIPPED
from postloan_rules.policy.model import REFER
from postloan_rules.policy.outline import POLICY
from postloan_rules.policy.reading import _NAME, _RESERVED, MAX_NAME
from postloan_rules.problems import edited

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.editor.project import Project
    from postloan_rules.problems import Edit, Span

__all__ = ["CanNotRename", "can_be_renamed", "renamed"]

Edits: TypeAlias = "dict[Path, tuple[Edit, ...]]"
"""For each file: the characters to replace, by offset, and with what."""

_RENAMED = (
    "input",
    "parameter",
    "fact",
    "table",
    "scorecard",
    "trigger",
    "response",
    "profile",
    "snapshot",
    "response parameter",
)


class CanNotRename(Exception):  # noqa: N818 - an answer to the author, with the reason
    """Why a name can't be changed."""


def can_be_renamed(what: Name) -> bool:
    """Whether a name is the author's own."""
    return what.kind in _RENAMED and what.name != REFER


def renamed(project: Project, what: Name, new: str) -> Edits:
    """The changes that give something another name, checked by reading the changed policies anew.

    Raises:
        CanNotRename: when the policy has mistakes, the name can't be used, or something else would change.
    """
    _must_be_a_name(what, new)
    affected = _affected(project, what)
    edits: dict[Path, set[Edit]] = {}
    before: dict[Path, tuple[Occurrence, ...]] = {}
    for each in affected:
        _must_be_sound(each)
        before[each.path] = occurrences(each)
        _must_be_free(before[each.path], what, new)
        for occurrence in same_name(before[each.path], what):
            span = occurrence.span
            edits.setdefault(Path(span.file), set()).add((span.start, span.end, new))
    if not edits:
        raise CanNotRename(f"`{what.name}` is not found")
    shipped = [file for file in edits if file.is_relative_to(SHIPPED)]
    if shipped and not project.folder.is_relative_to(SHIPPED):
        raise CanNotRename(
            f"`{what.name}` is defined in a file that ships with the library: {shipped[0].name}"
        )
    result = {file: tuple(sorted(each)) for file, each in edits.items()}
    for each in affected:
        _must_say_the_same(each, before[each.path], what, new, result)
    return result


def _must_be_a_name(what: Name, new: str) -> None:
    if what.kind == "snapshot":
        if not re.fullmatch(r"\w+", new):
            raise CanNotRename(f"`{new}` can't be a name: use letters, digits and `_`")
        return
    if new in _RESERVED or _NAME.fullmatch(new) is None or len(new) > MAX_NAME:
        raise CanNotRename(
            f"`{new}` can't be a name: use letters, digits and `_`, and no word of the language"
        )


def _affected(project: Project, what: Name) -> tuple[Project, ...]:
    """The policies that hold the name: several, where it is defined in a file that several use."""
    found = [each for each in occurrences(project) if each.what == what]
    files = {Path(each.span.file) for each in found if each.is_definition} or {
        Path(each.span.file) for each in found
    }
    others = {policy for file in files for policy in projects_of(file, project.texts)} - {project.path}
    return (project, *(project_at(each, project.texts) for each in sorted(others)))


def _must_be_sound(project: Project) -> None:
    if project.loaded.policy is None:
        raise CanNotRename(f"the policy in {project.path.name} has mistakes: correct them first")
    broken = [
        file.path.name for file in project.files.values() if file.root is None and file.source.text.strip()
    ]
    if broken:
        raise CanNotRename(f"{broken[0]} can't be read: correct it first")
    for file in project.files.values():
        for place in file.places if file.kind is POLICY else ():
            if any(expression is None for _, expression in expressions_at(project, file, place)):
                line = place.node.span.line
                raise CanNotRename(f"the expression in line {line} of {file.path.name} can't be followed")


def _must_be_free(found: Iterable[Occurrence], what: Name, new: str) -> None:
    for each in found:
        if (
            each.what.name == new
            and (each.what.kind == what.kind or each.is_definition)
            and each.what.of == what.of
        ):
            raise CanNotRename(f"`{new}` already names something: a {each.what.kind}")


def _must_say_the_same(
    project: Project,
    before: tuple[Occurrence, ...],
    what: Name,
    new: str,
    edits: Mapping[Path, tuple[Edit, ...]],
) -> None:
    """Read the changed policy: each name must stand where it stood, and mean what it meant."""
    texts = {**project.texts, **{file: edited(_text(project, file), each) for file, each in edits.items()}}
    again = project_at(project.path, texts)
    problems = [each for each in again.problems(with_examples=True) if each.severity == "error"]
    known = {(each.code, each.message) for each in project.problems(with_examples=True)}
    fresh = [each for each in problems if (each.code, each.message) not in known]
    if fresh:
        raise CanNotRename(f"the policy would not be sound: {fresh[0].message}")
    moved = {_moved(each, what, new, edits) for each in before}
    found = {(each.what, each.span.file, each.span.start) for each in occurrences(again)}
    if moved != found:
        raise CanNotRename(f"with `{new}` another name of the policy would be read otherwise: choose another")


def _text(project: Project, file: Path) -> str:
    if file in project.files:
        return project.files[file].source.text
    return project.texts.get(file) or file.read_text(encoding="utf-8-sig")


def _moved(
    each: Occurrence, what: Name, new: str, edits: Mapping[Path, tuple[Edit, ...]]
) -> tuple[Name, str, int]:
    """Where an occurrence stands after the edits, and what it is then."""
    span: Span = each.span
    shift = sum(
        len(text) - (end - start) for start, end, text in edits.get(Path(span.file), ()) if end <= span.start
    )
    name = each.what
    if name == what:
        name = Name(name.kind, new, name.of)
    elif what.kind == "response" and name.kind == "response parameter" and name.of == what.name:
        name = Name(name.kind, name.name, new)
    return name, span.file, span.start + shift
