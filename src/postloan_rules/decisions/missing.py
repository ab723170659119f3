"""Which missing fields make a value unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import GlobalName, Quantified, children, value
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import ScoreUse, TableUse, TriggerKind
from postloan_rules.policy.tables import look_up

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from postloan_rules.expressions import Expression, Node
    from postloan_rules.policy.model import Condition, Definition, Policy

__all__ = ["missing_for_condition", "missing_for_definition", "missing_for_names"]


def missing_for_condition(
    condition: Condition | None, policy: Policy, names: MutableMapping[str, object]
) -> tuple[str, ...]:
    """The fields for want of which a condition is unknown, sorted."""
    found: set[str] = set()
    for leaf in leaves(condition):
        found.update(_Search(policy, names).of_definition(leaf.expression))
    return tuple(sorted(found))


def missing_for_definition(
    definition: Definition, policy: Policy, names: MutableMapping[str, object]
) -> tuple[str, ...]:
    """The fields for want of which a value is unknown, sorted."""
    return tuple(sorted(set(_Search(policy, names).of_definition(definition))))


def missing_for_names(
    wanted: frozenset[str], policy: Policy, names: MutableMapping[str, object]
) -> tuple[str, ...]:
    """The fields for want of which any of these names is unknown, sorted."""
    search = _Search(policy, names)
    return tuple(sorted({each for name in wanted if name in names for each in search.of_name(name)}))


class _Search:
    """One search, which looks at each fact once."""

    def __init__(self, policy: Policy, names: MutableMapping[str, object]) -> None:
        self.policy = policy
        self.names = names
        self.facts = {fact.name: fact for fact in policy.facts}
        self.triggers = {trigger.name: trigger for trigger in policy.triggers}
        self.seen: set[str] = set()

    def of_definition(self, definition: Definition) -> Iterator[str]:
        if isinstance(definition, TableUse):
            table = self.policy.tables[definition.table]
            hit = look_up(table, self.names)
            if hit.clash:
                rows = ", ".join(str(number + 1) for number in hit.rows)
                yield f"table {table.name}: rows {rows} match together"
            elif hit.outputs[definition.output] is None:
                for name in sorted(table.reads):
                    yield from self.of_name(name)
            return
        if isinstance(definition, ScoreUse):
            for each in definition.scorecard.characteristics:
                if each.unknown is None:
                    yield from self.of_definition(each.expression)
            return
        record: dict[int, object] = {}
        if value(definition, self.names, record) is None:
            yield from self._of_node(definition.root, definition, record)

    def of_name(self, name: str) -> Iterator[str]:
        if self.names.get(name) is not None or name in self.seen:
            return
        self.seen.add(name)
        if name in self.facts:
            found = list(self.of_definition(self.facts[name].definition))
            yield from found or [name]
        elif name in self.triggers and self.triggers[name].kind is TriggerKind.CONDITION:
            for leaf in leaves(self.triggers[name].condition):
                yield from self.of_definition(leaf.expression)
        else:
            # A trigger about events is missing itself: what is unknown lies in events not at hand here.
            yield name

    def _of_node(self, node: Node, expression: Expression, record: dict[int, object]) -> Iterator[str]:
        """The innermost unknown parts: an unknown whose parts are all known is missing itself."""
        if isinstance(node, GlobalName):
            yield from self.of_name(node.name)
            return
        unknown = [part for part in children(node) if part.id in record and record[part.id] is None]
        # What a quantifier's or filter's condition last gave says nothing of the item that mattered.
        if not unknown or isinstance(node, Quantified):
            yield expression.text.value[node.start : node.end]
            return
        for part in unknown:
            yield from self._of_node(part, expression, record)
