"""A second parser of the language, made from its grammar, and the shape of a tree of either parser."""

from __future__ import annotations

import functools
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import lark

from postloan_rules.expressions import FUNCTIONS, nodes
from postloan_rules.expressions.lexer import KEYWORDS
from postloan_rules.expressions.values import temporal_from_text

__all__ = ["parsed", "shape"]

Shape: TypeAlias = "tuple[object, ...]"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@functools.cache
def _parser() -> lark.Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    phrases = sorted((name for name in FUNCTIONS if " " in name), key=len, reverse=True)
    grammar = grammar.replace(
        "(PHRASES|", f"({'|'.join(name.replace(' ', chr(92) + 's+') for name in phrases)}|"
    )
    grammar = grammar.replace("KEYWORDS", "|".join(sorted(KEYWORDS)))
    return lark.Lark(grammar, parser="lalr", maybe_placeholders=False)


def parsed(text: str) -> Shape | None:
    """The shape of the text's tree, or None when the grammar does not take it."""
    try:
        tree = _parser().parse(text)
    except lark.exceptions.UnexpectedInput:
        return None
    return _shape(tree.children[0])


def _string(written: str) -> str:
    out, at, body = "", 0, written[1:-1]
    while at < len(body):
        if body[at] != "\\":
            out, at = out + body[at], at + 1
        elif body[at + 1] == "u":
            out, at = out + chr(int(body[at + 2 : at + 6], 16)), at + 6
        else:
            out, at = out + _ESCAPES.get(body[at + 1], body[at + 1]), at + 2
    return out


def _words(written: str) -> str:
    return " ".join(written.split())


def _shape(tree: object) -> Shape:
    if isinstance(tree, lark.Token):
        return _leaf(tree.type, str(tree))
    assert isinstance(tree, lark.Tree)
    parts = tree.children
    kind = str(tree.data)
    match kind:
        case "sum" | "product" | "comparison":
            left, sign, right = parts
            return (str(sign), _shape(left), _shape(right))
        case "power":
            return ("**", *map(_shape, parts))
        case "negate":
            return ("negate", _shape(parts[1]))
        case "and_open" | "or_open":
            return (kind[: kind.index("_")], *map(_shape, parts))
        case "path":
            return ("path", _shape(parts[0]), _words(str(parts[1])))
        case "half" | "equality":
            return (str(parts[0]), _shape(parts[1]))
        case "range" | "open_range" | "closed_range":
            closed = len(parts) == 3 and str(parts[2]) == "]"
            return ("range", kind == "closed_range", closed, _shape(parts[0]), _shape(parts[1]))
        case "temporal":
            return ("temporal", temporal_from_text(_string(str(parts[0]))))
        case "call":
            return ("call", _words(str(parts[0])), *map(_shape, parts[1:]))
        case "named":
            name = str(parts[0])
            return ("named", _string(name) if name.startswith('"') else _words(name), _shape(parts[1]))
        case "quantified":
            return (str(parts[0]), *map(_shape, parts[1:]))
        case "iterator":
            return (str(parts[0]), *map(_shape, parts[1:]))
        case _:
            return (kind, *map(_shape, parts))


def _leaf(kind: str, text: str) -> Shape:
    match kind:
        case "NUMBER":
            return ("number", Decimal(text))
        case "STRING":
            return ("string", _string(text))
        case "WORD":
            return ("word", text)
        case _:
            return ("name", text)


def shape(node: nodes.Node) -> Shape:
    """The shape of a tree of the package's own parser."""
    match node:
        case nodes.NumberLiteral():
            return ("number", node.value)
        case nodes.StringLiteral():
            return ("string", node.value)
        case nodes.BooleanLiteral():
            return ("word", "true" if node.value else "false")
        case nodes.NullLiteral():
            return ("word", "null")
        case nodes.GlobalName():
            return ("name", node.name)
        case nodes.TemporalLiteral():
            return ("temporal", node.value)
        case nodes.Arithmetic() | nodes.Comparison():
            return (node.operator, shape(node.left), shape(node.right))
        case nodes.Negate():
            return ("negate", shape(node.operand))
        case nodes.And() | nodes.Or():
            return ("and" if isinstance(node, nodes.And) else "or", *map(shape, node.operands))
        case nodes.Not():
            return ("not", shape(node.operand))
        case nodes.Path():
            return ("path", shape(node.source), node.field)
        case nodes.Filter():
            return ("filter", shape(node.source), shape(node.condition))
        case nodes.Between():
            return ("between", *map(shape, nodes.children(node)))
        case nodes.In():
            return ("in", shape(node.operand), *map(_test, node.tests))
        case nodes.If():
            return ("if", *map(shape, nodes.children(node)))
        case nodes.Quantified():
            iterators = [
                (each.name, shape(each.source), *([] if each.stop is None else [shape(each.stop)]))
                for each in node.iterators
            ]
            return (node.kind, *iterators, shape(node.condition))
        case nodes.ListLiteral():
            return ("list", *map(shape, node.items))
        case nodes.RangeLiteral(low=None) | nodes.RangeLiteral(high=None):
            return _half(node)
        case nodes.RangeLiteral():
            return ("range", node.low_closed, node.high_closed, *map(shape, nodes.children(node)))
        case nodes.RecordLiteral():
            return ("record", *(("named", entry.name, shape(entry.value)) for entry in node.entries))
        case nodes.Call():
            values = [shape(value) for value in node.arguments]
            named = [("named", name, value) for name, value in zip(node.names, values, strict=False)]
            return ("call", node.function, *(named or values))
        case _:
            raise AssertionError(node)


def _half(node: nodes.RangeLiteral) -> Shape:
    if node.low is not None:
        return (">=" if node.low_closed else ">", shape(node.low))
    assert node.high is not None
    return ("<=" if node.high_closed else "<", shape(node.high))


def _test(test: nodes.Node) -> Shape:
    if isinstance(test, nodes.EqualityTest):
        if isinstance(test.value, nodes.NullLiteral) and test.start == test.value.start:
            return ("word", "null")
        return (test.operator, shape(test.value))
    return shape(test)
