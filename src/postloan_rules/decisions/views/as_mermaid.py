"""An explanation as a Mermaid flowchart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postloan_rules.decisions.views.graph import graph_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions.views.graph import Node, Shape
    from postloan_rules.decisions.views.view import View
    from postloan_rules.decisions.views.wording import Wording

__all__ = ["to_mermaid"]

_SHAPES: dict[Shape, tuple[str, str]] = {
    "response": ("[[", "]]"),
    "rule": ("{{", "}}"),
    "trigger": ("([", "])"),
    "line": ("[", "]"),
}
_SPECIAL = re.compile(r"[^\w ,=()/:→·≈：，、（）“”•。.-]|(?<!\w)[_.-]|[_.](?!\w)")
"""What is no letter, digit or plain sign, and the signs that Markdown reads where no word goes on."""

_COLOURS = (
    "classDef true fill:#dcf3e3,stroke:#14713a,color:#0b3d20",
    "classDef false fill:#fbe4e4,stroke:#a32020,color:#5c1010",
    "classDef unknown fill:#f1e4f8,stroke:#7a2a9c,color:#451759,stroke-dasharray:4 3",
    "classDef value fill:#eef2f7,stroke:#4c5b70,color:#1d2733",
)


def to_mermaid(view: View, wording: Wording) -> str:
    """The explanation as a Mermaid flowchart, responses on the right."""
    return "\n".join(_lines(view, wording)) + "\n"


def _lines(view: View, wording: Wording) -> Iterator[str]:
    graph = graph_of(view, wording)
    yield "flowchart LR"
    for node in graph.nodes:
        yield f"  {_node(node)}"
    for edge in graph.edges:
        yield f"  n{edge.source} --> n{edge.target}"
    for colour in _COLOURS:
        yield f"  {colour}"


def _node(node: Node) -> str:
    start, end = _SHAPES[node.shape]
    label = "<br>".join(_escaped(text) for text in node.texts)
    return f'n{node.number}{start}"{label}"{end}:::{node.truth or "value"}'


def _escaped(text: str) -> str:
    """The text with its signs as numbers, of which neither Mermaid nor HTML nor Markdown reads anything."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)
