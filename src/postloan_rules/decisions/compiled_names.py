"""Names and their values for what is looked at after the triggers: worked out when they are read, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.compiled_source import worked_out
from postloan_rules.decisions.values import inputs_of
from postloan_rules.expressions.evaluator import plain
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from postloan_rules.policy.model import Definition, Policy
    from postloan_rules.snapshot import Account, Snapshot

__all__ = ["Definitions", "Names"]


class Definitions:
    """The definitions of a policy as functions, each made when it is first needed."""

    __slots__ = ("_made", "_policy", "facts", "inputs")

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._made: dict[int, Callable[[MutableMapping[str, object]], object]] = {}
        self.facts = {fact.name: fact for fact in policy.facts}
        self.inputs = frozenset(each.name for each in policy.inputs)

    def value(self, definition: Definition, names: MutableMapping[str, object]) -> object:
        """The value of a definition."""
        # INVARIANT: definitions live as long as the policy, so that an id means one of them.
        function = self._made.get(id(definition))
        if function is None:
            function = self._made[id(definition)] = worked_out(self._policy, definition)
        return function(names)


class Names(dict[str, object]):
    """The names of the customer, or of an account of hers."""

    __slots__ = ("_around", "_definitions", "_snapshot")

    def __init__(
        self,
        definitions: Definitions,
        snapshot: Snapshot,
        known: Mapping[str, object],
        *,
        around: Names | None = None,
        account: Account | None = None,
    ) -> None:
        super().__init__(known)
        self._definitions = definitions
        self._snapshot = snapshot
        self._around = around
        if account is not None:
            self[ACCOUNT] = account

    def keep(self, names: Iterable[str], values: Iterable[object]) -> None:
        """Keep facts that have been worked out already."""
        self.update(zip(names, map(plain, values), strict=True))

    def __missing__(self, name: str) -> object:
        value = self[name] = self._found(name)
        return value

    def _found(self, name: str) -> object:
        fact = self._definitions.facts.get(name)
        if fact is not None and fact.per_account is (self._around is not None):
            return self._definitions.value(fact.definition, self)
        if self._around is not None:
            return self._around[name]
        if name in self._definitions.inputs:
            return inputs_of(self._definitions._policy, self._snapshot)[0][name]  # noqa: SLF001 - of one module
        return getattr(self._snapshot, name)
