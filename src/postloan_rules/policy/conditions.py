"""Trees of conditions: `any`, `all` and `none` over expressions (a `when`) or trigger names (an `if`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from postloan_rules.expressions import BOOLEAN
from postloan_rules.policy.model import Condition, Group, Leaf, Named
from postloan_rules.policy.reader import Listing, Node, Scalar
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from postloan_rules.policy.checking import Checking, Names
    from postloan_rules.policy.model import Mode
    from postloan_rules.policy.reading import Reading

__all__ = ["leaves", "named", "read_if", "read_when"]

_MODES: tuple[Mode, ...] = ("any", "all", "none")


class _LeafReader(Protocol):
    def __call__(self, scalar: Scalar, /) -> Condition | None: ...


def _tree(reading: Reading, node: Node, what: str, leaf: _LeafReader) -> Condition | None:
    if isinstance(node, Scalar):
        scalar = reading.scalar(node, what)
        return leaf(scalar) if scalar is not None else None
    if isinstance(node, Listing):
        help_ = "write `{all: [...]}` when all of them must hold, `{any: [...]}` when one is enough"
        reading.note(
            "PR0330", f"{what} is a list, and it is not said how its parts are taken", node.span, help_
        )
        return None
    if not node.entries:
        reading.note("PR0304", f"{what} is empty", node.span, "write `any:`, `all:` or `none:` with a list")
        return None
    entries = reading.section(node, what, _MODES)
    groups = [
        group
        for mode in _MODES
        if mode in entries and (group := _group(reading, mode, entries[mode].value, what, leaf)) is not None
    ]
    if len(groups) != len(node.entries):
        return None
    # INVARIANT: parts stand in the order of writing, so that a trace reads as the policy does.
    groups.sort(key=lambda group: group.span.start)
    return groups[0] if len(groups) == 1 else Group("all", tuple(groups), node.span)


def _group(reading: Reading, mode: Mode, node: Node, what: str, leaf: _LeafReader) -> Group | None:
    items = reading.items(node, f"`{mode}` of {what}")
    if isinstance(node, Listing) and not items:
        reading.note("PR0304", f"`{mode}` of {what} is empty", node.span, "write at least one condition")
    parts = [_tree(reading, item, f"a condition of {what}", leaf) for item in items]
    whole = [part for part in parts if part is not None]
    return Group(mode, tuple(whole), node.span) if whole and len(whole) == len(items) else None


@frozen
class _When:
    checking: Checking
    what: str
    names: Names

    def __call__(self, scalar: Scalar, /) -> Condition | None:
        expression = self.checking.expression(scalar, self.what, self.names, expected=BOOLEAN)
        return Leaf(expression) if expression is not None else None


def read_when(checking: Checking, node: Node, what: str, names: Names) -> Condition | None:
    """A condition on facts."""
    return _tree(checking.reading, node, what, _When(checking, what, names))


@frozen
class _If:
    reading: Reading
    what: str
    triggers: Collection[str]

    def __call__(self, scalar: Scalar, /) -> Condition | None:
        if scalar.value in self.triggers:
            return Named(scalar.value, scalar.span)
        help_ = did_you_mean(scalar.value, list(self.triggers), what="the triggers are")
        if any(mark in scalar.value for mark in "=<>(+ "):
            help_ = "an `if` speaks of triggers: put the condition under `triggers:` and name it here"
        self.reading.note("PR0331", f"`{scalar.value}` is no trigger", scalar.span, help_)
        return None


def read_if(reading: Reading, node: Node, what: str, triggers: Collection[str]) -> Condition | None:
    """A condition on triggers."""
    return _tree(reading, node, what, _If(reading, what, triggers))


def leaves(condition: Condition | None) -> Iterator[Leaf]:
    """The expressions of a tree, in the order of writing."""
    match condition:
        case Leaf():
            yield condition
        case Group(parts=parts):
            for part in parts:
                yield from leaves(part)
        case _:
            return


def named(condition: Condition) -> Iterator[Named]:
    """The triggers of a tree, in the order of writing."""
    match condition:
        case Named():
            yield condition
        case Group(parts=parts):
            for part in parts:
                yield from named(part)
        case _:
            return
