"""Cells of tables and trees of conditions as FEEL texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import INPUT, Call, GlobalName, In, Node, Not, Or, children, names_in
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.dmn.words import STANDARD_FUNCTIONS
from postloan_rules.policy.model import Group, Leaf, Named

if TYPE_CHECKING:
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.model import Condition

__all__ = ["cell_text", "condition_text", "own_functions"]


def cell_text(test: Expression | None) -> str:
    """The tests of a cell as a table holds them: `>= 5`, and not `? in (>= 5)`."""
    return "-" if test is None else _cell(test.root)


def _cell(root: Node) -> str:
    whole = canonical(root)
    match root:
        case In():
            bare = _bare(root)
        case Not(operand=In() as inner):
            bare = f"not({tests})" if (tests := _bare(inner)) else ""
        case Or(operands=(In() as first, *others)) if not any(isinstance(each, In) for each in others):
            tests = _bare(first)
            bare = ", ".join((tests, *(canonical(each) for each in others))) if tests else ""
        case _:
            return whole
    return bare or whole


def _bare(member: In) -> str:
    """What stands in the brackets of `? in (...)`; nothing where it would mean something else alone."""
    subject = GlobalName(name=INPUT, id=0, start=0, end=0)
    if member.operand != subject or any(INPUT in names_in(test) for test in member.tests):
        return ""
    bare = canonical(member).removeprefix(f"{INPUT} in (").removesuffix(")")
    return "" if bare.startswith("not(") else bare


def condition_text(condition: Condition) -> str:
    """A tree of conditions as one expression; the names of triggers stand for whether they have fired."""
    match condition:
        case Leaf(expression=expression):
            return expression.canonical
        case Named(trigger=trigger):
            return trigger
        case Group(mode="none", parts=parts):
            return f"not({_joined(parts, ' or ')})"
        case Group(mode=mode, parts=parts):
            return _joined(parts, " or " if mode == "any" else " and ")


def _joined(parts: tuple[Condition, ...], word: str) -> str:
    if len(parts) == 1:
        return condition_text(parts[0])
    return word.join(_bracketed(part) for part in parts)


def _bracketed(part: Condition) -> str:
    text = condition_text(part)
    simple = isinstance(part, Named) or (isinstance(part, Group) and part.mode == "none")
    return text if simple else f"({text})"


def own_functions(root: Node) -> frozenset[str]:
    """The functions that a tree calls and the standard does not have."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call) and node.function not in STANDARD_FUNCTIONS:
            found.add(node.function)
        waiting += children(node)
    return frozenset(found)
