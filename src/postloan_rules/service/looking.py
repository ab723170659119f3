"""One look at the files: which policies there are, which have changed, and which of them may serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.problems import Problem
from postloan_rules.service.arrangement import Arrangement, Version, in_sequence
from postloan_rules.service.content import (
    MARK_OF_REMOVAL,
    SHADOW,
    content_of,
    folders_of_policies,
    holds_a_policy,
    shared_files,
)
from postloan_rules.service.loading import Loaded, Refused, Unsettled, load_checked, of_its_own_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from postloan_rules.limits import Limits
    from postloan_rules.service.counters import Tally
    from postloan_rules.service.loading import Reader

__all__ = ["Findings", "Looking"]

BUNDLE = ".plr"
"""The end of a bundle's name."""


@frozen
class Findings:
    """What one look found."""

    arrangement: Arrangement
    changed: bool
    """Whether something else is in service than before."""
    problems: tuple[tuple[str, tuple[Problem, ...]], ...]
    """What is newly wrong, by source."""


@define
class _Source:
    """A folder (or bundle) that holds a policy, and what is known of it."""

    name: str
    path: Path
    shadow: bool
    seen: str | None = None
    """The content that was dealt with last, for good or bad."""
    pending: str | None = None
    """A content that the last look saw for the first time."""
    good: Version | None = None
    gone: bool = False


@define
class Looking:
    """Keeps what was found in a directory from look to look. One thread at a time."""

    directory: Path
    profiles: Mapping[str, str]
    shadows: frozenset[str]
    bundle: Reader | None
    folders: bool
    """Whether policies in folders are served, or bundles only."""
    limits: Limits
    complete: bool = False
    """Whether each source there has had a good policy, and each product is in service."""
    _wrong: Mapping[str, tuple[Problem, ...]] = field(factory=dict)
    """What is wrong with each source."""
    _overlapping: Mapping[str, Problem] = field(factory=dict)
    """Versions of a product that can't be in service together."""
    _sources: dict[str, _Source] = field(factory=dict)
    _new: list[tuple[str, tuple[Problem, ...]]] = field(factory=list)
    _alone: bool = field(init=False)
    """Whether the directory is itself the folder of a policy."""

    def __attrs_post_init__(self) -> None:
        self._alone = self.folders and holds_a_policy(self.directory)

    @property
    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """What keeps files from coming into service, by source or product."""
        found = dict(self._wrong)
        for product, problem in self._overlapping.items():
            found[product] = (*found.get(product, ()), problem)
        return found

    def look(self, before: Arrangement, tally: Tally, *, patient: bool) -> Findings:
        """Look at all files, and load those policies that have changed.

        Args:
            before: What is in service.
            tally: What is counted.
            patient: Whether to wait until two looks in a row have found the same.
        """
        tally.add("looks")
        self._new = []
        there = dict(self._listed())
        # A folder whose `ruleset:` line is not there at the moment is being edited, and not gone.
        known = {each.name: each.path for each in self._sources.values() if each.path.exists()}
        there |= {name: path for name, path in known.items() if not self._removed(path)}
        for name, path in there.items():
            shadow = name.startswith(f"{SHADOW}/") or name in self.shadows
            source = self._sources.setdefault(name, _Source(name, path, shadow))
            source.gone = False
            self._look_at(source, tally, patient=patient)
        for source in list(self._sources.values()):
            if source.name not in there:
                self._missed(source)
        arrangement = self._arranged(before, tally)
        answering = [each.good for each in self._sources.values() if not each.shadow]
        self.complete = all(good is not None and good.product in arrangement.products for good in answering)
        changed = arrangement != before
        if changed:
            tally.add("swaps")
        return Findings(arrangement if changed else before, changed, tuple(self._new))

    def _listed(self) -> Iterator[tuple[str, Path]]:
        if self._alone:
            yield self.directory.name or "policy", self.directory
            return
        for root, before in ((self.directory, ""), (self.directory / SHADOW, f"{SHADOW}/")):
            for folder in folders_of_policies(root) if self.folders else ():
                if not self._removed(folder):
                    yield before + folder.name, folder
            if self.bundle is not None and root.is_dir():
                for file in sorted(root.glob(f"*{BUNDLE}")):
                    if file.is_file() and not self._removed(file):
                        yield before + file.name, file

    @staticmethod
    def _removed(path: Path) -> bool:
        return path.with_name(path.name + MARK_OF_REMOVAL).exists()

    def _shared(self, path: Path) -> Callable[[], Iterable[Path]]:
        parent = path.parent
        if self._alone:
            facts = parent / "facts"
            return lambda: [*shared_files(facts.parent, _all_but(facts))]
        return lambda: shared_files(parent, folders_of_policies(parent))

    def _look_at(self, source: _Source, tally: Tally, *, patient: bool) -> None:
        shared = self._shared(source.path)
        content = content_of(source.path, shared())
        if content is None:
            self._missed(source)
            return
        if content.digest == source.seen:
            source.pending = None
            return
        if patient and source.pending != content.digest:
            source.pending = content.digest
            return
        source.pending = None
        tally.add("loads")
        found = load_checked(source.path, shared, self.profiles.get, self.bundle, self.limits)
        match found:
            case None:
                return
            case Unsettled():
                tally.add("unsettled")
            case Refused():
                source.seen = found.content.digest
                self._refuse(source.name, found.problems, tally)
            case Loaded():
                source.seen = found.content.digest
                self._take(source, found, tally)

    def _take(self, source: _Source, found: Loaded, tally: Tally) -> None:
        policy = found.ruleset.policy
        if source.good is not None and source.good.product != policy.id:
            message = f"`{source.name}` held the policy `{source.good.product}`, and holds `{policy.id}` now"
            help_ = "put another product in a folder of its own"
            self._refuse(source.name, (Problem("PR1030", message, help=help_, path=source.name),), tally)
            return
        self._forgive(source.name)
        source.good = Version(
            product=policy.id,
            version=policy.version,
            source=source.name,
            since=None if source.shadow else policy.effective_from,
            until=None if source.shadow else policy.effective_to,
            ruleset=of_its_own_day(found.ruleset) if source.shadow else found.ruleset,
            content=found.content.digest,
        )

    def _missed(self, source: _Source) -> None:
        """Deal with a source that is no longer there."""
        mark = source.path.with_name(source.path.name + MARK_OF_REMOVAL)
        if mark.exists() or source.good is None or source.shadow:
            del self._sources[source.name]
            self._forgive(source.name)
            return
        if not source.gone:
            source.gone = True
            source.seen = None
            message = (
                f"`{source.name}` is gone, and {source.good.product} {source.good.version} is still served"
            )
            help_ = f"put it back; or take it out of service by a file `{mark.name}` beside where it was"
            self._note(source.name, (Problem("PR1025", message, help=help_, path=source.name),))

    def _arranged(self, before: Arrangement, tally: Tally) -> Arrangement:
        products: dict[str, tuple[Version, ...]] = {}
        shadows: dict[str, tuple[Version, ...]] = {}
        for product in sorted(
            {each.good.product for each in self._sources.values() if each.good is not None}
        ):
            own = [each for each in self._sources.values() if each.good and each.good.product == product]
            beside = tuple(each.good for each in own if each.shadow and each.good is not None)
            if beside:
                shadows[product] = tuple(sorted(beside, key=lambda each: each.source))
            answering = [each for each in own if not each.shadow]
            if answering:
                versions = self._versions(product, answering, before, tally)
                if versions:
                    products[product] = versions
        return Arrangement(products, shadows)

    def _versions(
        self, product: str, sources: list[_Source], before: Arrangement, tally: Tally
    ) -> tuple[Version, ...]:
        every = [evolve(each.good, gone=each.gone) for each in sources if each.good is not None]
        found = in_sequence(every)
        present = [each for each in every if not each.gone]
        if isinstance(found, Problem) and present and len(present) < len(every):
            # What is there takes the place of what is gone: a folder was renamed, or a version replaced.
            found = in_sequence(present)
            if not isinstance(found, Problem):
                for each in every:
                    if each.gone:
                        del self._sources[each.source]
                        self._forgive(each.source)
        if isinstance(found, Problem):
            if self._overlapping.get(product) != found:
                tally.add("refused")
                self._new.append((product, (found,)))
                self._overlapping = {**self._overlapping, product: found}
            return before.products.get(product, ())
        self._overlapping = {name: each for name, each in self._overlapping.items() if name != product}
        return found

    def _refuse(self, name: str, problems: tuple[Problem, ...], tally: Tally) -> None:
        tally.add("refused")
        self._note(name, problems)

    def _note(self, name: str, problems: tuple[Problem, ...]) -> None:
        self._new.append((name, problems))
        self._wrong = {**self._wrong, name: problems}

    def _forgive(self, name: str) -> None:
        if name in self._wrong:
            self._wrong = {each: some for each, some in self._wrong.items() if each != name}


def _all_but(folder: Path) -> list[Path]:
    """The folders beside one."""
    try:
        return [each for each in folder.parent.iterdir() if each.is_dir() and each != folder]
    except OSError:
        return []
