"""What a DMN file holds: its inputs and decisions by name, before any expression is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.policy.dmn.names import Renaming, our_name
from postloan_rules.policy.dmn.pieces import quoted_scalar
from postloan_rules.policy.dmn.types_in import Meaning, TypesRead
from postloan_rules.policy.dmn.words import MODELS, OURS
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, snapshot_names
from postloan_rules.problems import Problem, Text

if TYPE_CHECKING:
    from postloan_rules.policy.dmn.document import Tag
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Span

__all__ = ["Given", "Survey"]

_NO_EFFECT = frozenset(
    {
        "association",
        "description",
        "elementCollection",
        "extensionElements",
        "group",
        "itemDefinition",
        "knowledgeSource",
        "organizationUnit",
        "performanceIndicator",
        "textAnnotation",
    }
)
_REFUSED = {
    "import": "an import of another file",
    "businessKnowledgeModel": "a business knowledge model",
    "decisionService": "a decision service",
}
_WORDS = re.compile(r"[^\W\d]\w*(?:\s+\w+)*")
_BY_THE_ENGINE = frozenset({"events", "schedule", "pattern", "reasons"})
_OF_THE_POLICY = frozenset({"trigger", "rule"})


@frozen
class Given:
    """An input: its name here, where it is named, its type."""

    name: str
    span: Span
    meaning: Meaning
    tag: Tag | None


@define
class Survey:
    """The names and types of a file."""

    reading: Reading
    root: Tag
    renaming: Renaming = field(factory=Renaming)
    inputs: dict[str, Given] = field(factory=dict)
    decisions: dict[str, Tag] = field(factory=dict)
    snapshot: set[str] = field(factory=set)
    """Parts of the snapshot that an exported file reads."""
    left_out: list[str] = field(factory=list)
    _taken: dict[str, tuple[str, Span]] = field(factory=dict)
    types: TypesRead = field(init=False)
    ours: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.types = TypesRead(self.reading)
        extension = self.root.first("extensionElements")
        kept = extension.children if extension is not None else ()
        self.ours = any(each.namespace == OURS and each.name == "ruleset" for each in kept)

    def run(self) -> bool:
        """Read all names; whether the file is one that can be read at all."""
        root = self.root
        if root.name != "definitions" or root.namespace not in MODELS:
            versions = ", ".join(MODELS.values())
            message = f"`{root.name}` of the namespace `{root.namespace}` is no DMN that is read here"
            self.reading.note("PR0854", message, root.span, f"save it as one of DMN {versions}")
            return False
        for tag in root.all("itemDefinition"):
            self.types.definitions.setdefault(tag.attributes.get("name", ""), tag)
        waiting: list[Tag] = []
        for tag in root.children:
            if tag.namespace != root.namespace or tag.name in _NO_EFFECT:
                continue
            if tag.name == "decision":
                self._decision(tag)
            elif tag.name == "inputData":
                waiting.append(tag)
            else:
                name = tag.attributes.get("name")
                what = _REFUSED.get(tag.name)
                self.refuse(tag, f"`{name}` is {what}, which" if name and what else f"`{tag.name}`")
        for tag in waiting:
            self._input(tag)
        for tag in self.decisions.values():
            self._columns(tag)
        self._other_names()
        return True

    def refuse(self, tag: Tag, what: str) -> None:
        """Note something that the rule language has no words for."""
        help_ = "decision tables and literal expressions are read: write it as one of them, or take it out"
        self.reading.note("PR0855", f"{what} is not read", tag.span, help_)

    # Names

    def _name(self, tag: Tag) -> tuple[str, Text] | None:
        """The name here and the name there of an input or a decision; None where it can't have one."""
        variable = tag.first("variable")
        written = (variable.attribute("name") if variable is not None else None) or tag.attribute("name")
        if written is None or not written.value.strip():
            self.reading.note("PR0866", f"`{tag.name}` has no name", tag.span, 'add `name="..."`')
            return None
        name = our_name(written.value, keep=self.ours)
        return (name, written) if self.take(name, written) else None

    def take(self, name: str, written: Text) -> bool:
        """Let something have a name, if the name can be used and nothing else has it."""
        span = written.span(0, len(written.value))
        if name in self._taken:
            other, where = self._taken[name]
            message = f"`{written.value}` and `{other}` at {where.line}:{where.column} would both be `{name}`"
            self.reading.note("PR0857", message, span, "rename one of them")
            return False
        if name in (*snapshot_names(), ACCOUNT, EVENT):
            message = f"`{written.value}` would be `{name}`, which names a part of the snapshot"
            self.reading.note("PR0865", message, span, "rename it")
            return False
        at = Text(name, written.source, (span.start,) * (len(name) + 1))
        if self.reading.name(quoted_scalar(at, span), "a value") is None:
            return False
        self._taken[name] = (written.value, span)
        return True

    def _decision(self, tag: Tag) -> None:
        kind = tag.attributes.get(f"{OURS} kind") if self.ours else None
        if kind in _OF_THE_POLICY:
            self.left_out.append(tag.attributes.get("label") or tag.attributes.get("name", ""))
            return
        found = self._name(tag)
        if found is not None:
            name, written = found
            self.decisions[name] = tag
            self.renaming.add((written.value,), name)

    def _input(self, tag: Tag) -> None:
        kind = tag.attributes.get(f"{OURS} kind") if self.ours else None
        name = tag.attributes.get("name", "")
        if kind == "snapshot" and name in (*snapshot_names(), ACCOUNT):
            self.snapshot.add(name)
            return
        if kind in _BY_THE_ENGINE:
            self.left_out.append(name)
            return
        found = self._name(tag)
        if found is None:
            return
        name, written = found
        self.renaming.add((written.value,), name)
        variable = tag.first("variable")
        reference = variable.attribute("typeRef") if variable is not None else None
        meaning = self.types.meaning(reference) if reference is not None else Meaning()
        self.inputs[name] = Given(name, written.span(0, len(written.value)), meaning, tag)

    def _columns(self, decision: Tag) -> None:
        """Names that only the columns of tables know, as files without declared inputs have them."""
        table = decision.first("decisionTable")
        for column in table.all("input") if table is not None else ():
            expression = column.first("inputExpression")
            inner = expression.first("text") if expression is not None else None
            if expression is None or inner is None or _WORDS.fullmatch(inner.text.value) is None:
                continue
            reference = expression.attribute("typeRef")
            name = our_name(inner.text.value, keep=self.ours)
            if name in self.inputs:
                self.renaming.add((inner.text.value,), name)
                given = self.inputs[name]
                if given.meaning == Meaning() and reference is not None:
                    self.inputs[name] = Given(name, given.span, self.types.meaning(reference), given.tag)
            elif name in self.decisions:
                self.renaming.add((inner.text.value,), name)
            elif reference is not None and self._is_new(name, inner.text):
                self._imply(name, inner.text, self.types.meaning(reference))

    def _imply(self, name: str, written: Text, meaning: Meaning) -> None:
        span = written.span(0, len(written.value))
        self.inputs[name] = Given(name, span, meaning, None)
        self.renaming.add((written.value,), name)
        message = f"the file declares no input `{written.value}`; it is taken as one"
        help_ = "declare it as input data, if it is no slip of the pen"
        self.reading.problems.append(Problem("PR0870", message, span, help_, severity="warning"))

    def _is_new(self, name: str, written: Text) -> bool:
        """Whether nothing is called so: no part of the snapshot, and no decision by another of its names."""
        others = (_other_names(tag) for tag in self.decisions.values())
        if name in self.snapshot or any(written.value in names for names in others):
            return False
        return self.take(name, written)

    def _other_names(self) -> None:
        """Some tools let expressions read a decision by its id, or by the name of its only output."""
        if self.ours:
            return
        for name, tag in self.decisions.items():
            for other in _other_names(tag):
                self.renaming.add((other,), name)


def _other_names(decision: Tag) -> tuple[str, ...]:
    table = decision.first("decisionTable")
    outputs = table.all("output") if table is not None else ()
    names = [decision.attributes.get("id", ""), decision.attributes.get("name", "")]
    if len(outputs) == 1:
        names.append(outputs[0].attributes.get("name", ""))
    return tuple(name for name in names if name.strip())
