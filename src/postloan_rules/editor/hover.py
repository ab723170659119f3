"""What stands at the cursor, in words: its type, unit, meaning, and where it is used."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.editor.environment import names_at
from postloan_rules.editor.occurrences import Occurrence, what_is_at
from postloan_rules.editor.words import code, described, function, in_words, written
from postloan_rules.expressions import type_name
from postloan_rules.policy.model import REFER
from postloan_rules.policy.outline import Keys, Tree, meaning
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from postloan_rules.editor.project import File, Project
    from postloan_rules.problems import Span

__all__ = ["Explanation", "explained"]

_SECTIONS = {
    "input": "inputs",
    "parameter": "parameters",
    "fact": "facts",
    "scorecard": "scorecards",
    "trigger": "triggers",
    "response": "responses",
    "table": "tables",
    "profile": "profiles",
    "snapshot": "examples snapshots",
}


@frozen
class Explanation:
    """A text in Markdown, and what it is about."""

    text: str
    span: Span


def explained(
    project: Project | None, found: tuple[Occurrence, ...], file: File, offset: int
) -> Explanation | None:
    """What stands at a character of a file."""
    occurrence = what_is_at(found, file.source.name, offset)
    if occurrence is not None:
        text = _of_name(project, found, occurrence)
        return Explanation(text, occurrence.span) if text else None
    line = file.line_at(offset)
    if line is not None and line.entry is not None and isinstance(line.parent, Keys | Tree):
        said = meaning(line.entry.key.value, line.parent)
        return Explanation(said, line.entry.key.span) if said else None
    return None


def _of_name(project: Project | None, found: tuple[Occurrence, ...], at: Occurrence) -> str:
    what = at.what
    match what.kind:
        case "function":
            return function(what.name)
        case "field" | "part of the snapshot":
            return _of_field(project, at)
        case "response parameter":
            return f"**{what.of}.{what.name}**: a parameter of the response `{what.of}`" + _uses(found, at)
        case "reason":
            return _of_reason(project, what.name)
        case "file":
            return f"The facts of `{what.name}`"
        case _:
            return _of_definition(project, found, at)


def _of_definition(project: Project | None, found: tuple[Occurrence, ...], at: Occurrence) -> str:
    what = at.what
    if project is None:
        return ""
    place = project.sections(_SECTIONS[what.kind]).get(what.name)
    if place is None:
        return (
            f"**{what.name}**: a person must look; every policy has this response"
            if what.name == REFER
            else ""
        )
    known = project.loaded.names.get(what.name)
    kind = f", {in_words(known)}" if known is not None and what.kind != "table" else ""
    parts = [f"**{what.name}**: {what.kind}{kind}"]
    parts += [said for key in ("title", "note", "because") if (said := described(place.node, key))]
    definition = next((each for each in found if each.what == what and each.is_definition), None)
    if definition is not None and not at.is_definition and what.kind != "snapshot":
        parts.append(code(_dedented(written(place.node), definition), "yaml"))
    source = described(place.node, "source")
    if source:
        parts.append(f"Source: {source}")
    return "\n\n".join(parts) + _uses(found, at)


def _dedented(text: str, definition: Occurrence) -> str:
    """The lines of a definition as they stand, without the indentation that they share."""
    indent = definition.span.column + 1
    first, *rest = text.split("\n")
    return "\n".join([first, *(line[min(indent, len(line) - len(line.lstrip())) :] for line in rest)])


def _uses(found: tuple[Occurrence, ...], at: Occurrence) -> str:
    """In which files it is used, and how often."""
    spans = {each.span for each in found if each.what == at.what and not each.is_definition}
    used = Counter(Path(span.file).name for span in spans)
    if not used:
        return "\n\nNot used."
    listed = ", ".join(f"{name} {count}" for name, count in sorted(used.items()))
    return f"\n\nUsed {sum(used.values())} time{'s' * (sum(used.values()) != 1)}: {listed}"


def _of_field(project: Project | None, at: Occurrence) -> str:
    what = at.what
    type_ = type_name(at.type) if at.type is not None else ""
    if what.kind == "part of the snapshot":
        variable = names_at(project, ()).get(what.name)
        said = variable.meaning if variable is not None else ""
        return f"**{what.name}**: {in_words(variable) if variable is not None else type_}\n\n{said}".strip()
    for record in catalogue.records().values():
        spoken = "".join(
            f" {letter.lower()}" if letter.isupper() else letter for letter in record.name
        ).strip()
        if spoken == what.of:
            for info in record.fields:
                if info.name == what.name:
                    unit = f" ({info.unit})" if info.unit else ""
                    maybe = ", may be unknown" if info.optional else ""
                    return f"**{what.name}**: field of the {spoken}, {type_}{unit}{maybe}\n\n{info.meaning}"
    return f"**{what.name}**: {type_}" if type_ else ""


def _of_reason(project: Project | None, code_: str) -> str:
    policy = project.loaded.policy if project is not None else None
    reason = policy.catalogue.reasons.get(code_) if policy is not None else None
    if reason is None:
        return ""
    said = "\n\n".join(f"{language}: {text}" for language, text in reason.wording.by_language.items())
    return f"**{code_}**: what the customer is told\n\n{said}"
