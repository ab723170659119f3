"""A policy as an editor sees it: all its files, with what is not saved yet, and all that is wrong."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.analysis.example_outline import EXAMPLES
from postloan_rules.analysis.examples import ExamplesInvalid, load_examples
from postloan_rules.policy import RuleSetInvalid, load_policy
from postloan_rules.policy.files import find, load_file, unsaved
from postloan_rules.policy.homes import EXAMPLES as FOLDER
from postloan_rules.policy.homes import policies_of
from postloan_rules.policy.loader import Loaded, load_as_far_as_possible
from postloan_rules.policy.outline import POLICY, Keys, Part, Place, places
from postloan_rules.policy.reading import Reading
from postloan_rules.problems import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.policy.reader import Node
    from postloan_rules.problems import Problem, Source

__all__ = ["File", "Project", "lone_file", "project_at", "project_of", "projects_of"]


@define
class File:
    """One file of a policy: its text, its tree (None where it is no YAML), what stands where."""

    path: Path
    source: Source
    root: Node | None
    kind: Keys

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every piece of the file."""
        return tuple(places(self.root, self.kind)) if self.root is not None else ()

    def place_at(self, offset: int) -> Place | None:
        """The innermost piece that holds a character."""
        holding = [each for each in self.places if each.node.span.start <= offset <= each.node.span.end]
        return holding[-1] if holding else None

    def line_at(self, offset: int) -> Place | None:
        """The piece whose key stands at a character."""
        for each in self.places:
            entry = each.entry
            if entry is not None and entry.key.span.start <= offset <= entry.key.span.end:
                return each
        return None


@define
class Project:
    """A policy with its examples."""

    path: Path
    loaded: Loaded
    files: Mapping[Path, File]
    texts: Mapping[Path, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where it stands."""
        return self.path if self.path.is_dir() else self.path.parent

    def sections(self, name: str) -> dict[str, Place]:
        """The definitions in a section over all files of the policy, by name."""
        return self._sections.get(name, {})

    @cached_property
    def _sections(self) -> dict[str, dict[str, Place]]:
        found: dict[str, dict[str, Place]] = {}
        for file in self.files.values():
            for each in file.places:
                if len(each.path) == 2:
                    section = each.path[0] if file.kind is POLICY else f"examples {each.path[0]}"
                    found.setdefault(section, {}).setdefault(each.path[1], each)
        return found

    def problems(self, *, with_examples: bool) -> tuple[Problem, ...]:
        """All that is wrong: under every profile, and with the examples where these are asked for, too."""
        found = list(self.loaded.problems)
        policy = self.loaded.policy
        if policy is None:
            return tuple(found)
        with unsaved(self.texts):
            for name in self.loaded.profiles[1:]:
                try:
                    load_policy(self.path, name)
                except RuleSetInvalid as invalid:
                    found += invalid.problems
            if with_examples:
                try:
                    load_examples(self.path, policy)
                except (ExamplesInvalid, RuleSetInvalid) as invalid:
                    found += invalid.problems
        return in_order(found)


def projects_of(file: Path, texts: Mapping[Path, str]) -> tuple[Path, ...]:
    """The policies that a file is part of, with what the editor holds."""
    with unsaved(texts):
        return policies_of(file)


def project_of(file: Path, texts: Mapping[Path, str]) -> Project | None:
    """The policy that a file is part of; of several, the first.

    Args:
        file: The file, by its absolute path.
        texts: What the editor holds: files by their absolute path, each with its text.
    """
    found = projects_of(file, texts)
    return project_at(found[0], texts) if found else None


def project_at(path: Path, texts: Mapping[Path, str]) -> Project:
    """The policy at a path, with what the editor holds."""
    with unsaved(texts):
        loaded = load_as_far_as_possible(path)
        files = {
            Path(source.name): File(Path(source.name), source, node, POLICY)
            for source, node in loaded.documents
        }
        folder = path if path.is_dir() else path.parent
        if (folder / FOLDER).is_dir():
            for source, node in find(folder / FOLDER, Reading()):
                files[Path(source.name)] = File(Path(source.name), source, node, EXAMPLES)
    return Project(path, loaded, files, texts)


def lone_file(path: Path, texts: Mapping[Path, str]) -> File | None:
    """A file that is part of no policy."""
    kind: Part = EXAMPLES if path.parent.name == FOLDER else POLICY
    with unsaved(texts):
        document = load_file(path, Reading())
    if document is None or not isinstance(kind, Keys):
        return None
    return File(path, document[0], document[1], kind)
