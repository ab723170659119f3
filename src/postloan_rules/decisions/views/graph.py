"""An explanation as a graph: responses, the rules that call for them, triggers, conditions, facts.

What is read in several places is one node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.decisions.triggers import State

if TYPE_CHECKING:
    from postloan_rules.decisions.views.view import Line, Truth, View
    from postloan_rules.decisions.views.wording import Wording

__all__ = ["Edge", "Graph", "Node", "graph_of"]

Shape: TypeAlias = Literal["response", "rule", "trigger", "line"]

_TRUTHS: dict[State, Truth] = {State.FIRED: "true", State.NOT_FIRED: "false", State.UNKNOWN: "unknown"}


@frozen
class Node:
    """A box of the graph: its number, what it is, its text line by line, and whether it holds."""

    number: int
    shape: Shape
    texts: tuple[str, ...]
    truth: Truth | None


@frozen
class Edge:
    """An arrow from what is looked at to what hangs on it."""

    source: int
    target: int


@frozen
class Graph:
    """Boxes and arrows."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(view: View, wording: Wording) -> Graph:
    """The graph of what a view shows."""
    drawing = _Drawing(view, wording)
    drawing.triggers()
    drawing.rules()
    drawing.responses()
    return Graph(tuple(drawing.nodes), tuple(dict.fromkeys(drawing.edges)))


class _Drawing:
    def __init__(self, view: View, wording: Wording) -> None:
        self.view = view
        self.wording = wording
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.by_trigger: dict[tuple[str, str | None], int] = {}
        self.by_rule: dict[str, list[tuple[str | None, int]]] = {}
        self.by_line: dict[int, int] = {}

    def _node(self, shape: Shape, texts: list[str], truth: Truth | None) -> int:
        self.nodes.append(Node(len(self.nodes), shape, tuple(texts), truth))
        return len(self.nodes) - 1

    def _titled(self, title: str, account: str | None) -> list[str]:
        return [title, *([self.wording.account(account)] if account is not None else [])]

    def triggers(self) -> None:
        for each in self.view.triggers:
            texts = self._titled(self.wording.words(each.title, each.name), each.account)
            texts.append(self.wording.state(each.state))
            self.by_trigger[each.name, each.account] = self._node("trigger", texts, _TRUTHS[each.state])
        # Only now, since a trigger may read one that comes after it.
        for each in self.view.triggers:
            number = self.by_trigger[each.name, each.account]
            self.edges.append(Edge(self._line(each.line, each.account), number))

    def rules(self) -> None:
        for each in self.view.rules:
            texts = self._titled(each.name, each.account)
            texts.append(self.wording.holds(each.state))
            number = self._node("rule", texts, each.state)
            self.by_rule.setdefault(each.name, []).append((each.account, number))
            self.edges.append(Edge(self._line(each.line, each.account), number))

    def responses(self) -> None:
        say = self.wording.say
        for each in self.view.responses:
            texts = self._titled(self.wording.words(each.title, each.name), each.account)
            texts.append(say("adverse") if each.adverse else say("to do"))
            self._called(self._node("response", texts, "true"), each.rules, each.account)
        for withheld in self.view.withheld:
            texts = self._titled(self.wording.words(withheld.title, withheld.name), withheld.account)
            texts.append(self.wording.cause(withheld))
            self._called(self._node("response", texts, "false"), withheld.rules, withheld.account)

    def _called(self, response: int, rules: tuple[str, ...], account: str | None) -> None:
        for rule in rules:
            for of, number in self.by_rule.get(rule, []):
                if account is None or of in (None, account):
                    self.edges.append(Edge(number, response))

    def _line(self, line: Line, account: str | None) -> int:
        if line.kind == "trigger":
            for key in ((line.text, account), (line.text, None)):
                if key in self.by_trigger:
                    return self.by_trigger[key]
        # INVARIANT: the view keeps its lines while this runs, so that no two of them have the same id().
        if id(line) in self.by_line:
            return self.by_line[id(line)]
        texts = [self.wording.line(line), f"= {self.wording.value(line.value)}"]
        if line.place is not None and line.kind != "field":
            texts.append(str(line.place))
        number = self._node("line", texts, line.value.truth)
        self.by_line[id(line)] = number
        for part in line.parts:
            self.edges.append(Edge(self._line(part, account), number))
        return number
