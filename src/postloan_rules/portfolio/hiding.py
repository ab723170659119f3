"""What reports hide of who customers are, unless they are told not to: the one place that says how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.decisions.views.masking import Masking, groups, hidden_fields, masked
from postloan_rules.expressions import BOOLEAN, Expression, GlobalName, ItemField, Path, children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.expressions import Node
    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.segments import Segment
    from postloan_rules.snapshot import Snapshot

__all__ = ["Hiding", "Telling", "refuse_telling"]


class Telling(Exception):  # noqa: N818 - too much is asked for; it is no error of the program
    """A cut whose values tell who customers are."""


@frozen
class Hiding:
    """What a report hides; `show` names what it shows, as it does in the views of one decision."""

    show: tuple[str, ...] = ()
    shown: frozenset[str] = field(init=False)

    @shown.default
    def _fields(self) -> frozenset[str]:
        return frozenset(each for name in self.show for each in groups().get(name, {name}))

    def note(self, *, accounts: bool) -> str:
        """What is told of a table that names customers, and maybe accounts; empty where all is shown."""
        hidden = {"customers": ("customer", "customer_id"), "accounts": ("accounts", "account_id")}
        found = [
            (word, name)
            for word, (name, of) in hidden.items()
            if of not in self.shown and (accounts or of == "customer_id")
        ]
        if not found:
            return ""
        what, names = " and ".join(word for word, _ in found), ",".join(name for _, name in found)
        return f"Numbers of {what} are hidden; --show {names} shows them"

    def customer(self, customer_id: str) -> str:
        """A customer's number, as far as it is shown."""
        return customer_id if "customer_id" in self.shown else masked(customer_id)

    def account(self, account_id: str | None) -> str | None:
        """An account's number, as far as it is shown."""
        return account_id if account_id is None or "account_id" in self.shown else masked(account_id)

    def of(self, policy: Policy, snapshot: Snapshot) -> Masking:
        """What is hidden of one customer, for all that is told of the values of facts."""
        return Masking(policy, snapshot, self.show)


def refuse_telling(policy: Policy, segments: Iterable[Segment], show: Iterable[str]) -> None:
    """Nothing, for cuts that do not tell who customers are or may do so.

    Raises:
        Telling: for one whose values would be numbers of customers, accounts and the like.
    """
    hidden = hidden_fields() - groups()["protected"] - Hiding(tuple(show)).shown
    for segment in segments:
        if segment.measured or segment.expression.type == BOOLEAN:
            continue
        for name in _fields_in(policy, segment.expression.root, frozenset()):
            if name in hidden:
                raise Telling(
                    f"a cut by `{segment.name}` would have a line for each `{name}`, which is hidden; "
                    f"cut by something that many customers share, or add `--show {name}`"
                )


def _fields_in(policy: Policy, node: Node, seen: frozenset[str]) -> Iterator[str]:
    """The fields that a piece of an expression gives, through facts as well; conditions give none."""
    if node.type == BOOLEAN:
        return
    match node:
        case GlobalName(name=name) if name not in seen:
            for fact in policy.facts:
                if fact.name == name and isinstance(fact.definition, Expression):
                    yield from _fields_in(policy, fact.definition.root, seen | {name})
        case Path(field=name) | ItemField(name=name):
            yield name
        case _:
            pass
    for part in children(node):
        yield from _fields_in(policy, part, seen)
