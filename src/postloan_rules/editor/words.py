"""How names are explained: type, unit, meaning, where they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import type_name
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.reader import Listing, Scalar, Section

if TYPE_CHECKING:
    from postloan_rules.expressions import Function, Variable
    from postloan_rules.policy.reader import Node

__all__ = ["code", "described", "function", "in_words", "signature", "written"]

_LONGEST = 1_500


def in_words(variable: Variable) -> str:
    """A type, and whether the value may be unknown."""
    return f"{type_name(variable.type)}{', may be unknown' if variable.unknown else ''}"


def signature(known: Function) -> str:
    """How a function is called."""
    forms = []
    for overload in known.overloads:
        listed = []
        for each in overload:
            shown = f"{each.name}: {each.accepts}"
            listed.append(f"[{shown}]" if each.optional else f"{shown}, ..." if each.many else shown)
        forms.append(f"{known.name}({', '.join(listed)})")
    return "\n".join(forms)


def function(name: str) -> str:
    """A function, explained with its examples."""
    known = KNOWN_FUNCTIONS.get(name)
    if known is None:
        return ""
    shown = "\n".join(f"{text} = {result}" for text, result in known.examples[:4])
    return (
        f"{code(signature(known))}\n\n{known.meaning}\n\n{code(shown)}" if shown else code(signature(known))
    )


def code(text: str, language: str = "") -> str:
    """A text as it is written, in Markdown."""
    return f"```{language}\n{text}\n```"


def described(node: Node, key: str) -> str:
    """What a line of a definition says, in English where it is in several languages."""
    for entry in node.entries if isinstance(node, Section) else ():
        if entry.key.value == key:
            value = entry.value
            if isinstance(value, Section):
                texts = {
                    line.key.value: line.value.value
                    for line in value.entries
                    if isinstance(line.value, Scalar)
                }
                return texts.get("en") or next(iter(texts.values()), "")
            if isinstance(value, Scalar):
                return value.value
            if isinstance(value, Listing):
                return ", ".join(item.value for item in value.items if isinstance(item, Scalar))
    return ""


def written(node: Node) -> str:
    """A piece of a file as its author wrote it, without what is before it on the line."""
    text = node.span.source.text[node.span.start : node.span.end]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
