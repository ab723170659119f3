"""What stands where: the files of a policy, taken apart into its head and its sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.policy import files
from postloan_rules.policy.head import HEADER
from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.policy.reading import Reading
from postloan_rules.policy.storage import storage
from postloan_rules.problems import Span, nearest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Gathered"]

_NAMED = ("inputs", "parameters", "profiles", "facts", "tables", "scorecards", "triggers", "responses")
_LISTED = ("rules", "constraints")
_SECTIONS = (*_NAMED, *_LISTED, "schedule")


@define
class Gathered:
    """The files of a policy, and what their sections hold."""

    path: Path
    reading: Reading = field(factory=lambda: Reading(patient=False))
    documents: list[files.Document] = field(factory=list)
    sections: dict[str, list[Entry]] = field(factory=dict)
    header: dict[str, Entry] = field(factory=dict)

    @property
    def folder(self) -> Path:
        """Where the policy stands."""
        return self.path if storage().is_folder(self.path) else self.path.parent

    def gather(self) -> None:
        """Read every file of the policy, and those that it uses."""
        own = files.find(self.path, self.reading)
        heads = [document for document in own if files.header_of(document) is not None]
        if len(heads) > 1:
            for source, node in heads[1:]:
                span = node.span if node is not None else Span(source, 0, 0)
                help_ = f"the first is {heads[0][0].name}: keep one policy in a folder"
                self.reading.note("PR0125", "a second policy in the same folder", span, help_)
        if not heads:
            readable = [document for document in own if document[1] is not None]
            sections = all(isinstance(node, Section) for _, node in readable)
            if (readable and sections) or (own and not self.reading.problems and sections):
                source = (readable or own)[0][0]
                help_ = (
                    "start the policy's file with `ruleset: a_name`, `version:`, `language: 1`, `currency:`"
                )
                self.reading.note("PR0126", "no file here has a `ruleset:` line", Span(source, 0, 0), help_)
        for document in own:
            if document not in heads[1:]:
                self._take(document, head=document in heads[:1] or not heads)
        uses = self._uses()
        if files.too_many(len(self.documents) + len(uses), self.path, self.reading):
            return
        for scalar in uses:
            file = files.used_file(scalar, self.folder, self.reading)
            if file is None:
                continue
            used = files.load_file(file, self.reading)
            if used is not None:
                self._take(used, head=False)

    def _take(self, document: files.Document, *, head: bool) -> None:
        source, node = document
        self.documents.append(document)
        if node is None:
            if not any(p.span is not None and p.span.source is source for p in self.reading.problems):
                help_ = "delete it, or write the policy in it"
                self.reading.note("PR0127", "the file is empty", Span(source, 0, 0), help_)
            return
        allowed = (*HEADER, *_SECTIONS) if head else _SECTIONS
        if not head and isinstance(node, Section):
            for entry in node.entries:
                if entry.key.value in HEADER:
                    message = f"`{entry.key.value}` belongs to the head of the policy"
                    help_ = "move it to the file with `ruleset:`"
                    self.reading.note("PR0128", message, entry.key.span, help_)
            left = tuple(entry for entry in node.entries if entry.key.value not in HEADER)
            node = Section(left, node.span)
        entries = self.reading.section(node, "a policy", allowed)
        for entry in node.entries if isinstance(node, Section) else ():
            # A section whose name is misspelt is still read, so that the names it defines are known.
            name = nearest(entry.key.value, allowed) or ""
            if name in _SECTIONS:
                self.sections.setdefault(name, []).append(entry)
            elif entry.key.value in entries:
                self.header[name] = entry

    def _uses(self) -> list[Scalar]:
        entry = self.header.get("use")
        if entry is None:
            return []
        scalars = [
            self.reading.scalar(item, "an item of `use`") for item in self.reading.items(entry.value, "`use`")
        ]
        return [scalar for scalar in scalars if scalar is not None]

    def size(self) -> int:
        """How many names and rules are defined, all sections together."""
        values = [entry.value for name in (*_NAMED, *_LISTED) for entry in self.sections.get(name, ())]
        return sum(
            len(each.entries) if isinstance(each, Section) else len(each.items)
            for each in values
            if isinstance(each, Section | Listing)
        )

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The entries of a named section over all files, each name once."""
        seen: dict[str, Entry] = {}
        for section in self.sections.get(name, ()):
            for entry in self.reading.entries(section.value, f"`{name}`"):
                first = seen.setdefault(entry.key.value, entry)
                if first is not entry:
                    self.twice(entry.key, first.key)
        return tuple(seen.values())

    def definitions(self, section: str, what: str) -> dict[str, Entry]:
        """The well-named entries of a section, sorted by name: the order of lines has no meaning."""
        entries = self.entries(section)
        named = {
            entry.key.value: entry for entry in entries if self.reading.name(entry.key, what) is not None
        }
        return dict(sorted(named.items()))

    def items(self, name: str) -> tuple[Node, ...]:
        """The members of a listed section over all files."""
        return tuple(
            item
            for section in self.sections.get(name, ())
            for item in self.reading.items(section.value, f"`{name}`")
        )

    def twice(self, key: Scalar, first: Scalar) -> None:
        """Note a definition that stands twice."""
        message = f"`{key.value}` is defined twice, first at {first.span}"
        self.reading.note("PR0308", message, key.span, "give one of them another name, or delete it")
