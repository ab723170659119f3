"""What the steps of a policy's expressions are, but for their values: made once for a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import And, GlobalName, Not, Or, Path, children, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.decisions.trace import Kind
    from postloan_rules.expressions import Expression, Node
    from postloan_rules.problems import Span

__all__ = ["Shape", "Shapes", "paths"]


@frozen
class Shape:
    """What the step of a piece of an expression is, but for its value."""

    kind: Kind
    text: str
    span: Span | None
    node: Node
    names: tuple[str, ...]
    parts: tuple[Shape, ...]
    """Of `and`, `or` and `not` what they join; else the fields of single records that it reads."""


class Shapes(dict[int, Shape]):
    """The shapes of a policy's expressions, each made when it is first asked for."""

    # INVARIANT: expressions live as long as their policy, so that an id means one of them.
    __slots__ = ()

    def of(self, expression: Expression) -> Shape:
        """The shape of an expression."""
        found = self.get(id(expression))
        if found is None:
            found = self[id(expression)] = _shape(expression.root, expression)
        return found


def _shape(node: Node, expression: Expression) -> Shape:
    text = expression.text.value[node.start : node.end]
    span = expression.text.span(node.start, node.end)
    if isinstance(node, And | Or | Not):
        mode: Kind = "all" if isinstance(node, And) else "any" if isinstance(node, Or) else "none"
        parts = tuple(_shape(part, expression) for part in children(node))
        return Shape(mode, text, span, node, (), parts)
    if isinstance(node, GlobalName):
        return Shape("field", text, span, node, (node.name,), ())
    fields = tuple(
        Shape("field", expression.text.value[each.start : each.end], None, each, (), ())
        for each in paths(node)
    )
    return Shape("condition", text, span, node, tuple(dict.fromkeys(names_in(node))), fields)


def paths(node: Node) -> Iterator[Node]:
    """The fields of single records that a condition reads, such as `account.credit_limit`."""
    if isinstance(node, Path):
        inner: Node = node
        while isinstance(inner, Path):
            inner = inner.source
        if isinstance(inner, GlobalName):
            yield node
            return
    for part in children(node):
        yield from paths(part)
