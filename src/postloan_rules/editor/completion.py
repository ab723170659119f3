"""What can be written at the cursor: keys, words, names, fields, functions and the words of enumerations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.editor.context import Context, context_at
from postloan_rules.editor.environment import checked, names_at
from postloan_rules.editor.half_written import Members, Names, members_or_names
from postloan_rules.editor.words import described, function, in_words, signature
from postloan_rules.expressions import Variable
from postloan_rules.policy.files import SHIPPED
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.model import REFER
from postloan_rules.policy.outline import (
    MODES,
    POLICY,
    SECTIONS,
    Either,
    Items,
    Keys,
    Named,
    Part,
    Tree,
    Value,
    below,
    meaning,
)
from postloan_rules.policy.reader import Listing, Scalar, Section
from postloan_rules.policy.reading import Reading
from postloan_rules.policy.reasons import catalogue_for
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.editor.project import File, Project
    from postloan_rules.policy.reader import Node

__all__ = ["Suggestion", "suggestions"]

Sort: TypeAlias = Literal["key", "word", "name", "field", "function", "member", "file"]
_KEYWORDS = (
    "and",
    "or",
    "not",
    "if",
    "then",
    "else",
    "in",
    "between",
    "some",
    "every",
    "satisfies",
    "true",
    "false",
    "null",
)


@frozen
class Suggestion:
    """One thing that can be written."""

    label: str
    sort: Sort
    detail: str = ""
    text: str = ""
    """What is written, where it is not the label."""
    start: int = 0
    """From where on the text before the cursor is replaced, as an offset."""
    documentation: str = ""


def suggestions(project: Project | None, file: File, text: str, offset: int) -> tuple[Suggestion, ...]:
    """What can be written at a character, the nearest things first.

    Args:
        project: The policy, if the file is part of one.
        file: The file as it was last read.
        text: The file as it is now.
        offset: The character.
    """
    context = context_at(text, offset)
    parent, part = _descended(file.kind, context.path)
    if context.is_key:
        found = list(_keys(project, file, context, text, part))
        if isinstance(part, Either) or not found:
            found += _values(project, context, parent, part)
    else:
        found = list(_values(project, context, parent, part))
    return tuple(dict.fromkeys(found))


def _descended(kind: Part, path: tuple[str, ...]) -> tuple[Part | None, Part | None]:
    """The part that a path leads to, and the one around it."""
    parent: Part | None = None
    part: Part | None = kind
    for step in path:
        parent = part
        choices = part.parts if isinstance(part, Either) else (part,)
        found = [inner for each in choices if (inner := _step(each, step)) is not None]
        part = found[0] if found else None
    return parent, part


def _step(part: Part | None, step: str) -> Part | None:
    if step == "[]":
        return part.item if isinstance(part, Items) else part if isinstance(part, Tree) else None
    return below(part, step)


def _keys(
    project: Project | None, file: File, context: Context, text: str, part: Part | None
) -> Iterator[Suggestion]:
    for each in part.parts if isinstance(part, Either) else (part,):
        match each:
            case Keys():
                yield from _of_keys(project, file, context, text, each)
            case Tree():
                for mode in MODES:
                    yield Suggestion(mode, "key", meaning(mode, each), f"{mode}: ", context.start)
            case Named(of="value of a parameter"):
                for each_name in _defined(project, "parameters"):
                    label, detail = each_name.label, each_name.detail
                    yield Suggestion(label, "name", detail, f"{label}: ", context.start)
            case Named(of="path"):
                yield from _paths(project, context)
            case Named(of="attribute"):
                for one in _defined(project, "inputs"):
                    yield Suggestion(one.label, "name", one.detail, f"{one.label}: ", context.start)
            case _:
                pass


def _of_keys(
    project: Project | None, file: File, context: Context, text: str, part: Keys
) -> Iterator[Suggestion]:
    present = _present(file, context, text)
    allowed = part.keys.keys()
    if part is POLICY and project is not None and "ruleset" not in present:
        # Another file is the head of the policy.
        allowed = dict.fromkeys(SECTIONS).keys()
    if part.kinds is not None and present.get("kind", "") in part.kinds:
        allowed = dict.fromkeys(part.kinds[present["kind"]][0]).keys()
    for key, inner in part.keys.items():
        if key in allowed and (key not in present or key == context.typed):
            detail = meaning(key, part)
            needed = " (needed)" if key in part.required else ""
            yield Suggestion(key, "key", f"{detail}{needed}", _as_written(key, inner), context.start)


def _as_written(key: str, part: Part) -> str:
    is_section = isinstance(part, Keys | Named) and key not in ("round", "notice", "effective", "subject")
    return f"{key}:" if is_section else f"{key}: "


def _present(file: File, context: Context, text: str) -> dict[str, str]:
    """The keys that stand beside the one that is written, with their single values."""
    for place in reversed(file.places):
        span = place.node.span
        if place.path == context.path and isinstance(place.node, Section) and span.start <= context.start:
            return {
                entry.key.value: entry.value.value if isinstance(entry.value, Scalar) else ""
                for entry in place.node.entries
            }
    return _nearby(text, context.start)


def _nearby(text: str, start: int) -> dict[str, str]:
    """The same from the lines above alone, where the file is no YAML as it stands."""
    begin = text.rfind("\n", 0, start) + 1
    column = start - begin
    found: dict[str, str] = {}
    for line in reversed(text[:begin].split("\n")[:-1]):
        if not line.strip():
            continue
        at = len(line) - len(line.lstrip(" -"))
        if at < column:
            break
        key, colon, value = line.strip(" -").partition(":")
        if at == column and colon:
            found[key] = value.strip()
            if line.lstrip().startswith("-"):
                break
    return found


def _paths(project: Project | None, context: Context) -> Iterator[Suggestion]:
    for info in catalogue.records()["Snapshot"].fields:
        yield Suggestion(info.name, "field", info.meaning, "", context.start)
    for name in _defined(project, "inputs"):
        yield Suggestion(f"attributes.{name.label}", "field", name.detail, "", context.start)


def _values(
    project: Project | None, context: Context, parent: Part | None, part: Part | None
) -> Iterator[Suggestion]:
    for each in part.parts if isinstance(part, Either) else (part,):
        here = each.leaf if isinstance(each, Tree) else each
        if isinstance(each, Tree) and context.is_quoted is False and not context.typed:
            for mode in MODES:
                yield Suggestion(
                    f"{{{mode}: [...]}}", "word", meaning(mode, each), f"{{{mode}: [", context.start
                )
        if isinstance(here, Value):
            yield from _of_value(project, context, here)
        elif isinstance(here, Items) and isinstance(here.item, Value | Either) and not context.typed:
            yield from _values(project, context, parent, here.item)


def _of_value(project: Project | None, context: Context, part: Value) -> Iterator[Suggestion]:
    match part.kind:
        case "choice" | "type":
            for word in part.words:
                yield Suggestion(word, "word", "", "", context.start)
        case "flag":
            for word in ("true", "false"):
                yield Suggestion(word, "word", "", "", context.start)
        case "trigger" | "response" | "table" | "scorecard" | "profile":
            yield from _defined(project, f"{part.kind}s", context.start)
        case "snapshot":
            yield from _defined(project, "examples snapshots", context.start)
        case "period":
            for name in _defined(project, "parameters", context.start):
                if name.detail.startswith(("days", "months")):
                    yield name
        case "reason":
            yield from _reasons(project, context.start)
        case "file":
            for used in sorted((SHIPPED / "facts").glob("*.yaml")):
                yield Suggestion(f"facts/{used.stem}", "file", "ships with the library", "", context.start)
        case "expression" | "tests" | "cell":
            yield from _of_expression(project, context, part)
        case _:
            pass


def _reasons(project: Project | None, start: int) -> Iterator[Suggestion]:
    catalogue_ = catalogue_for(project.folder, Reading()) if project is not None else None
    for code, reason in catalogue_.reasons.items() if catalogue_ is not None else ():
        yield Suggestion(code, "word", reason.wording.in_language("en"), "", start)


def _defined(project: Project | None, section: str, start: int = 0) -> Iterator[Suggestion]:
    """The names defined in a section, each with its title or note."""
    places = project.sections(section) if project is not None else {}
    names = project.loaded.names if project is not None else {}
    for name, place in places.items():
        kind = described(place.node, "type") or (in_words(names[name]) if name in names else "")
        said = described(place.node, "title") or described(place.node, "note")
        detail = ": ".join(each for each in (kind, said) if each)
        yield Suggestion(name, "name", detail, "", start)
    if section == "responses" and REFER not in places:
        yield Suggestion(REFER, "name", "A person must look: every policy has it", "", start)


def _of_expression(project: Project | None, context: Context, part: Value) -> Iterator[Suggestion]:
    names = names_at(project, context.path)
    subject = _subject(project, context, names) if part.kind != "expression" else None
    members, known = members_or_names(context.typed, names, subject)
    end = context.start + len(context.typed)
    if members is not None:
        yield from _members(members, context, end)
        if members.is_quoted:
            return
    yield from _names(known, end - len(known.typed))


def _members(members: Members, context: Context, end: int) -> Iterator[Suggestion]:
    start = end - len(members.typed)
    # In a text that is itself in double quotes, an inner quote would end it.
    mark = '\\"' if context.is_quoted and not members.is_quoted else '"'
    for member in members.members:
        written = member if members.is_quoted else f"{mark}{member}{mark}"
        yield Suggestion(member, "member", "", written, start)


def _names(known: Names, start: int) -> Iterator[Suggestion]:
    for name, variable in known.names.items():
        sort: Sort = "field" if known.are_fields else "name"
        yield Suggestion(name, sort, in_words(variable), "", start, variable.meaning)
    if known.are_fields:
        return
    for name, each in KNOWN_FUNCTIONS.items():
        yield Suggestion(name, "function", signature(each).split("\n")[0], f"{name}(", start, function(name))
    for word in _KEYWORDS:
        yield Suggestion(word, "word", "", "", start)


def _subject(project: Project | None, context: Context, names: Mapping[str, Variable]) -> Variable | None:
    """What the cell that is written tests."""
    if project is None or context.path[:1] != ("tables",) or "rows" not in context.path:
        return None
    table = project.sections("tables").get(context.path[1])
    inputs = _inputs(table.node) if table is not None else ()
    number = context.number
    if number >= len(inputs):
        return None
    node = inputs[number]
    expression = checked(node.text, names) if isinstance(node, Scalar) else None
    return Variable(expression.type, unknown=expression.unknown) if expression is not None else None


def _inputs(node: Node) -> tuple[Node, ...]:
    for entry in node.entries if isinstance(node, Section) else ():
        if entry.key.value == "inputs" and isinstance(entry.value, Listing):
            return entry.value.items
    return ()
