"""The policy team's examples: a customer, what changes, and the decision that must follow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from postloan_rules.analysis.expectation import Expectation, read_expectation
from postloan_rules.analysis.judging import Difference, differences
from postloan_rules.analysis.placed import (
    Items,
    NothingThere,
    Path,
    Piece,
    added,
    changed,
    placed,
    plain,
    read_path,
    removed,
    root,
    spot,
)
from postloan_rules.decisions import decide
from postloan_rules.policy import load_policy
from postloan_rules.policy.files import find
from postloan_rules.policy.loader import profiles_of
from postloan_rules.policy.reader import Entry, Node, Scalar, Section
from postloan_rules.policy.reading import Reading
from postloan_rules.policy.storage import storage
from postloan_rules.problems import Problem, did_you_mean, in_order, render
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path as FilePath

    from postloan_rules.decisions import Decision
    from postloan_rules.policy import Policy
    from postloan_rules.problems import Span

__all__ = ["Difference", "Example", "ExamplesInvalid", "Result", "load_examples", "load_snapshots", "run"]

FOLDER = "examples"
_FILE = ("profiles_of", "note", "snapshots", "examples")
_EXAMPLE = ("name", "note", "profile", "with_profile", "change", "add", "remove", "expect", "confirmed")


class ExamplesInvalid(Exception):  # noqa: N818 - the examples are invalid; it is no error of the program
    """Examples that can't be run, with everything that is wrong with them, by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Example:
    """One example: a customer, and what the policy must say."""

    name: str
    snapshot: Snapshot = field(repr=False)
    decision: Decision = field(repr=False)
    """The decision on it, under the profile of parameters that the example asks for."""
    expect: Expectation = field(repr=False)
    policy: Policy = field(repr=False, eq=False)
    """The policy under that profile."""
    span: Span = field(repr=False, eq=False)
    confirmed: bool = True
    """Whether a person stands by what is expected: a program can't know what is right."""


@frozen
class Result:
    """What became of an example."""

    example: Example
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether all that was expected came about, and a person stands by it."""
        return not self.differences and self.example.confirmed

    @property
    def awaits(self) -> bool:
        """Whether all came about, but nobody has said yet that it is right."""
        return not self.differences and not self.example.confirmed


def run(example: Example) -> Result:
    """Compare the decision on the example's customer with what is expected."""
    return Result(example, differences(example.expect, example.decision))


def load_examples(folder: FilePath, policy: Policy) -> tuple[Example, ...]:
    """The examples beside a policy (its folder, `examples/*.yaml`), in the order of files and lines.

    Raises:
        ExamplesInvalid: with every problem found; an example whose snapshot is refused is one, too.
        RuleSetInvalid: when the policy does not load under a profile of parameters that an example names.
    """
    reader = _Reader(folder, policy)
    examples = reader.examples()
    if reader.reading.problems:
        raise ExamplesInvalid(reader.reading.problems)
    return examples


def load_snapshots(folder: FilePath, policy: Policy) -> Mapping[str, Piece]:
    """The snapshots that the examples beside a policy start from, by name, as they are written.

    Raises:
        ExamplesInvalid: with every problem found in the files' outlines.
    """
    reader = _Reader(folder, policy)
    reader.files()
    if reader.reading.problems:
        raise ExamplesInvalid(reader.reading.problems)
    return reader.snapshots


@define
class _Reader:
    """One run over a folder of examples."""

    folder: FilePath
    policy: Policy
    reading: Reading = field(factory=Reading)
    snapshots: dict[str, Piece] = field(factory=dict)
    policies: dict[str, Policy] = field(factory=dict)

    def examples(self) -> tuple[Example, ...]:
        """All of them; mistakes are noted."""
        files = self.files()
        found: dict[str, Span] = {}
        examples = []
        for entries in files:
            for node in self._listed(entries):
                example = self._example(node, found)
                if example is not None:
                    examples.append(example)
        return tuple(examples)

    def files(self) -> list[Mapping[str, Entry]]:
        """What the files hold; their snapshots are taken in."""
        stored = storage()
        place = (self.folder if stored.is_folder(self.folder) else self.folder.parent) / FOLDER
        if not stored.is_folder(place) or not any(each.suffix == ".yaml" for each in stored.members(place)):
            return []
        files: list[Mapping[str, Entry]] = []
        for _, node in find(place, self.reading):
            if node is not None:
                files.append(self.reading.section(node, "a file of examples", _FILE))
        for entries in files:
            self._snapshots(entries)
        return files

    def _listed(self, entries: Mapping[str, Entry]) -> tuple[Node, ...]:
        return self.reading.items(entries["examples"].value, "`examples`") if "examples" in entries else ()

    def _snapshots(self, entries: Mapping[str, Entry]) -> None:
        if "snapshots" not in entries:
            return
        for entry in self.reading.entries(entries["snapshots"].value, "`snapshots`"):
            name = entry.key.value
            if name in self.snapshots:
                message = f"the snapshot `{name}` is given twice, first at {self.snapshots[name].span}"
                self.reading.note("PR0602", message, entry.key.span, "give each a name of its own")
                continue
            self.snapshots[name] = root(entry.value)

    def _example(self, node: Node, found: dict[str, Span]) -> Example | None:
        before = len(self.reading.problems)
        entries = self.reading.section(node, "an example", _EXAMPLE, ("name", "profile", "expect"))
        if not all(key in entries for key in ("name", "profile", "expect")):
            return None
        name = self.reading.text(entries["name"].value, "`name`")
        span = entries["name"].value.span
        if name in found:
            message = f"an example of this name stands at {found[name]}"
            self.reading.note("PR0602", message, span, "give each a name of its own: results are told by it")
        found.setdefault(name, span)
        policy = self._policy(entries.get("with_profile"))
        expect = read_expectation(self.reading, entries["expect"], policy or self.policy)
        confirmed = True
        if "confirmed" in entries:
            confirmed = self.reading.flag(entries["confirmed"].value, "`confirmed`") is not False
        piece = self._piece(entries)
        if piece is None or policy is None or len(self.reading.problems) > before:
            return None
        decided = self._decided(piece, entries["name"], policy)
        if decided is None or not self._accounts_known(expect, decided[0]):
            return None
        return Example(name, *decided, expect, policy, span, confirmed)

    def _policy(self, entry: Entry | None) -> Policy | None:
        """The policy under the profile of parameters that the example asks for."""
        if entry is None:
            return self.policy
        scalar = self.reading.scalar(entry.value, "`with_profile`")
        if scalar is None:
            return None
        name = scalar.value
        if name not in self.policies:
            known = profiles_of(self.folder)
            if name not in known:
                help_ = did_you_mean(name, known, what="its profiles are")
                self.reading.note("PR0610", f"the policy has no profile `{name}`", scalar.span, help_)
                return None
            self.policies[name] = load_policy(self.folder, name)
        return self.policies[name]

    def _piece(self, entries: Mapping[str, Entry]) -> Piece | None:
        """The snapshot that the example starts from, with its changes."""
        scalar = self.reading.scalar(entries["profile"].value, "`profile`")
        if scalar is None:
            return None
        piece = self.snapshots.get(scalar.value)
        if piece is None:
            help_ = did_you_mean(scalar.value, list(self.snapshots), what="there are")
            message = f"there is no snapshot `{scalar.value}` to start from"
            self.reading.note("PR0601", message, scalar.span, help_)
            return None
        for change in (*self._removed(entries), *self._changed(entries), *self._added(entries)):
            try:
                piece = change(piece)
            except NothingThere as nothing:
                self.reading.problems.append(nothing.problem)
        return piece

    def _path(self, scalar: Scalar) -> Path | None:
        path = read_path(scalar)
        if isinstance(path, Problem):
            self.reading.problems.append(path)
            return None
        return path

    def _removed(self, entries: Mapping[str, Entry]) -> Iterator[Callable[[Piece], Piece]]:
        if "remove" not in entries:
            return
        for item in self.reading.items(entries["remove"].value, "`remove`"):
            scalar = self.reading.scalar(item, "an item of `remove`")
            path = self._path(scalar) if scalar is not None else None
            if path is not None:
                yield partial(removed, path=path)

    def _changed(self, entries: Mapping[str, Entry]) -> Iterator[Callable[[Piece], Piece]]:
        if "change" not in entries:
            return
        for entry in self.reading.entries(entries["change"].value, "`change`"):
            path = self._path(entry.key)
            if path is not None:
                new = self._new(entry.value, path)
                yield partial(changed, path=path, new=new)

    def _added(self, entries: Mapping[str, Entry]) -> Iterator[Callable[[Piece], Piece]]:
        if "add" not in entries:
            return
        for entry in self.reading.entries(entries["add"].value, "`add`"):
            path = self._path(entry.key)
            if path is None:
                continue
            if not path.is_list:
                message = f"`{path.text}` is no list, so nothing can be added to it"
                self.reading.note("PR0604", message, path.span, "set it under `change`")
                continue
            if self.reading.items(entry.value, f"what is added to `{path.text}`"):
                more = placed(entry.value, path.item)
                if isinstance(more, Items):
                    yield partial(added, path=path, more=more)

    def _new(self, node: Node, path: Path) -> Piece:
        if path.steps == ("attributes",) and isinstance(node, Section):
            return root(node)
        return placed(node, path.item)

    def _decided(self, piece: Piece, name: Entry, policy: Policy) -> tuple[Snapshot, Decision] | None:
        """The snapshot and the decision on it, if it can be read and the policy can decide it."""
        data = plain(piece)
        try:
            snapshot = Snapshot.from_dict(data if isinstance(data, dict) else {})
            return snapshot, decide(policy, snapshot)
        except SnapshotInvalid as invalid:
            for problem in invalid.problems:
                span = spot(piece, problem.path)
                message = f"`{problem.path.removeprefix('$.')}`: {problem.message}"
                self.reading.problems.append(evolve(problem, message=message, span=span, path=""))
            message = "the snapshot of this example can't be used"
            help_ = "what is wrong with it is listed at its own places"
            self.reading.note("PR0611", message, name.value.span, help_)
            return None

    def _accounts_known(self, expect: Expectation, snapshot: Snapshot) -> bool:
        known = [account.account_id for account in snapshot.accounts]
        before = len(self.reading.problems)
        for mention in expect.all_mentions():
            if mention.account_id is not None and mention.account_id not in known:
                help_ = did_you_mean(mention.account_id, known, what="its accounts are")
                message = f"the snapshot has no account `{mention.account_id}`"
                self.reading.note("PR0608", message, mention.span, help_)
        return len(self.reading.problems) == before
