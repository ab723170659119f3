"""An explanation as a DOT graph, for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.views.graph import graph_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions.views.graph import Shape
    from postloan_rules.decisions.views.view import Truth, View
    from postloan_rules.decisions.views.wording import Wording

__all__ = ["to_dot"]

_SHAPES: dict[Shape, str] = {"response": "box3d", "rule": "hexagon", "trigger": "oval", "line": "box"}
_COLOURS: dict[Truth | None, str] = {
    "true": 'fillcolor="#dcf3e3", color="#14713a"',
    "false": 'fillcolor="#fbe4e4", color="#a32020"',
    "unknown": 'fillcolor="#f1e4f8", color="#7a2a9c", style="filled,dashed"',
    None: 'fillcolor="#eef2f7", color="#4c5b70"',
}


def to_dot(view: View, wording: Wording) -> str:
    """The explanation as a DOT graph, responses on the right."""
    return "\n".join(_lines(view, wording)) + "\n"


def _lines(view: View, wording: Wording) -> Iterator[str]:
    graph = graph_of(view, wording)
    yield "digraph explanation {"
    yield "  rankdir=LR;"
    yield '  node [style=filled, fontname="sans-serif", fontsize=11];'
    for node in graph.nodes:
        label = "\\n".join(_escaped(text) for text in node.texts)
        yield f'  n{node.number} [label="{label}", shape={_SHAPES[node.shape]}, {_COLOURS[node.truth]}];'
    for edge in graph.edges:
        yield f"  n{edge.source} -> n{edge.target};"
    yield "}"


def _escaped(text: str) -> str:
    """The text between quotes; Graphviz reads `&` as the start of an HTML sign, so it is spelled out."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
