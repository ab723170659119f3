"""The structure of DMN 1.5 files, as its XML schema lays it down, for the elements that an export writes.

Order and number of elements, attributes, ids, references. Written by hand from the schema; not a copy of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
MANY = 10**9

# An element of a sequence: its name, the fewest and the most of it, its type.
Part = tuple[str, int, int, str]

BASE: list[Part] = [("description", 0, 1, "string"), ("extensionElements", 0, 1, "other")]
NAMED = {"id": False, "label": False, "name": True}
EXPRESSION = {"id": False, "label": False, "typeRef": False}

SEQUENCES: dict[str, list[Part]] = {
    "definitions": [
        *BASE,
        ("import", 0, MANY, "import"),
        ("itemDefinition", 0, MANY, "itemDefinition"),
        # One substitution group: inputs and decisions may stand in any order among themselves.
        ("inputData|decision", 0, MANY, "drgElement"),
    ],
    "inputData": [*BASE, ("variable", 0, 1, "variable")],
    "decision": [
        *BASE,
        ("question", 0, 1, "string"),
        ("allowedAnswers", 0, 1, "string"),
        ("variable", 0, 1, "variable"),
        ("informationRequirement", 0, MANY, "informationRequirement"),
        ("literalExpression|decisionTable", 0, 1, "expression"),
    ],
    "variable": [*BASE],
    "informationRequirement": [*BASE, ("requiredDecision|requiredInput", 1, 1, "reference")],
    "reference": [],
    "literalExpression": [*BASE, ("text", 0, 1, "string")],
    "unaryTests": [*BASE, ("text", 1, 1, "string")],
    "decisionTable": [
        *BASE,
        ("input", 0, MANY, "input"),
        ("output", 1, MANY, "output"),
        ("annotation", 0, MANY, "annotation"),
        ("rule", 0, MANY, "rule"),
    ],
    "input": [*BASE, ("inputExpression", 1, 1, "literalExpression"), ("inputValues", 0, 1, "unaryTests")],
    "output": [
        *BASE,
        ("outputValues", 0, 1, "unaryTests"),
        ("defaultOutputEntry", 0, 1, "literalExpression"),
    ],
    "rule": [
        *BASE,
        ("inputEntry", 0, MANY, "unaryTests"),
        ("outputEntry", 1, MANY, "literalExpression"),
        ("annotationEntry", 0, MANY, "annotation"),
    ],
}

ATTRIBUTES: dict[str, dict[str, bool]] = {
    "definitions": {
        **NAMED,
        "namespace": True,
        "expressionLanguage": False,
        "typeLanguage": False,
        "exporter": False,
        "exporterVersion": False,
    },
    "inputData": NAMED,
    "decision": NAMED,
    "variable": {**NAMED, "typeRef": False},
    "informationRequirement": {"id": False, "label": False},
    "reference": {"href": True},
    "literalExpression": {**EXPRESSION, "expressionLanguage": False},
    "unaryTests": {**EXPRESSION, "expressionLanguage": False},
    "decisionTable": {
        **EXPRESSION,
        "hitPolicy": False,
        "aggregation": False,
        "preferredOrientation": False,
        "outputLabel": False,
    },
    "input": {"id": False, "label": False},
    "output": {**EXPRESSION, "name": False},
    "rule": {"id": False, "label": False},
    "itemDefinition": {**NAMED, "typeLanguage": False, "isCollection": False},
    "string": {},
}
HIT_POLICIES = {"UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"}
AGGREGATIONS = {"SUM", "COUNT", "MIN", "MAX"}
BUILT_IN = {
    *("number", "string", "boolean", "date", "time", "date and time", "Any"),
    *("days and time duration", "years and months duration"),
}
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def faults(xml: str) -> list[str]:
    """What the schema forbids in a file."""
    root = ET.fromstring(xml)  # noqa: S314 - files that the tests themselves have written
    if root.tag != f"{{{MODEL}}}definitions":
        return [f"the root is {root.tag}"]
    return [*_element(root, "definitions", "definitions"), *_ids(root), *_types(root)]


def _local(tag: str) -> tuple[bool, str]:
    return tag.startswith(f"{{{MODEL}}}"), tag.rpartition("}")[2]


def _element(node: ET.Element, kind: str, path: str) -> Iterator[str]:
    if kind == "other":
        yield from (f"{path}: {child.tag} is of the model's own" for child in node if _local(child.tag)[0])
        return
    yield from _attributes(node, kind, path)
    if kind == "string":
        yield from (f"{path}: {child.tag} in a text" for child in node)
        return
    if kind not in ("definitions", "rule", "input", "output") and (node.text or "").strip():
        yield f"{path}: a text stands in it"
    parts = _item_parts(node) if kind == "itemDefinition" else SEQUENCES[kind]
    yield from _sequence(node, parts, path)


def _item_parts(node: ET.Element) -> list[Part]:
    """A type has a base and what is allowed of it, or components."""
    if any(_local(child.tag)[1] == "itemComponent" for child in node):
        return [*BASE, ("itemComponent", 0, MANY, "itemDefinition")]
    return [
        *BASE,
        ("typeRef", 1, 1, "string"),
        ("allowedValues", 0, 1, "unaryTests"),
        ("typeConstraint", 0, 1, "unaryTests"),
    ]


def _sequence(node: ET.Element, parts: list[Part], path: str) -> Iterator[str]:
    children = list(node)
    at = 0
    for names, fewest, most, kind in parts:
        found = 0
        while at < len(children) and _local(children[at].tag)[1] in names.split("|"):
            name = _local(children[at].tag)[1]
            inner = name if kind in ("drgElement", "expression") else kind
            yield from _element(children[at], inner, f"{path}/{name}[{found + 1}]")
            at, found = at + 1, found + 1
        if not fewest <= found <= most:
            yield f"{path}: {found} of {names}"
    if at < len(children):
        yield f"{path}: {children[at].tag} stands where it can't"


def _attributes(node: ET.Element, kind: str, path: str) -> Iterator[str]:
    known = ATTRIBUTES[kind]
    for name in node.attrib:
        if not name.startswith("{") and name not in known:
            yield f"{path}: the attribute {name}"
    yield from (f"{path}: no {name}" for name, needed in known.items() if needed and name not in node.attrib)
    if node.get("hitPolicy", "UNIQUE") not in HIT_POLICIES:
        yield f"{path}: the hit policy {node.get('hitPolicy')}"
    if node.get("aggregation", "SUM") not in AGGREGATIONS:
        yield f"{path}: the aggregation {node.get('aggregation')}"
    if node.get("isCollection", "true") not in ("true", "false"):
        yield f"{path}: isCollection {node.get('isCollection')}"


def _ids(root: ET.Element) -> Iterator[str]:
    """Ids are names of XML, each once; references find them."""
    seen: set[str] = set()
    for node in root.iter():
        id_ = node.get("id") if _local(node.tag)[0] else None
        if id_ is None:
            continue
        if NCNAME.fullmatch(id_) is None:
            yield f"the id {id_}"
        if id_ in seen:
            yield f"the id {id_} twice"
        seen.add(id_)
    for node in root.iter():
        if node.get("href") is not None and node.get("href", "").removeprefix("#") not in seen:
            yield f"{node.get('href')} leads nowhere"


def _types(root: ET.Element) -> Iterator[str]:
    """Every type that is used is one of the standard's or one of the file's."""
    defined = {node.get("name") for node in root.iter(f"{{{MODEL}}}itemDefinition")}
    used = {node.get("typeRef", "Any") for node in root.iter()}
    used |= {node.text or "" for node in root.iter(f"{{{MODEL}}}typeRef")}
    yield from (f"the type {name}" for name in sorted(used) if name not in BUILT_IN | defined)
