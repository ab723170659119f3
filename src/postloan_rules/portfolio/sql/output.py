"""The end of the query: plain columns, a row for each account, and what each of them says of a decision.

The lists of the Decisions table are put together from these columns outside the engine: lists of structs
would cost the engine more than all the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field, frozen
from sqlglot import exp

from postloan_rules.portfolio.sql.choice import ROW, Chosen
from postloan_rules.portfolio.sql.tree import Sql, any_sql, column, is_known, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.policy.model import Response
    from postloan_rules.portfolio.sql.choice import Choice

__all__ = ["CAUSES", "Answer", "Layout", "Output", "Shape", "Told"]

Shape: TypeAlias = Literal["decisions", "wide"]
"""What is asked for: all of a decision, or only whether triggers fired and responses are put forward."""

CAUSES = ("outranked", "unknown", "cool_down", "constraint")
"""By what a response is withheld, in the order in which it is looked for."""

Answer: TypeAlias = tuple[str, ...]
"""What a column says, such as `("trigger", "overdue")`. Two answers may stand in the same column."""


@frozen
class Told:
    """A response, and what the columns tell of it."""

    key: str
    """Its name; the referral that no rule calls for has a key of its own."""
    response: Response = field(repr=False)
    rules: tuple[str, ...]
    causes: tuple[str, ...]
    """By which of the causes it can be withheld."""
    parameters: tuple[str, ...]


@frozen
class Layout:
    """What the columns of a query are."""

    columns: Mapping[Answer, str] = field(repr=False)
    responses: tuple[Told, ...]
    """By rank, then by name."""
    triggers: tuple[tuple[str, bool], ...]
    """Their names in order, and whether each is about the account."""
    referrals: tuple[tuple[str, bool], ...]
    """What a person must look at for its sake, by name, and whether it is about the account."""


@define
class Output:
    """What a query gives."""

    choice: Choice
    shape: Shape
    columns: dict[Answer, str] = field(factory=dict)
    _selected: dict[str, Sql] = field(factory=dict)
    _renamed: dict[str, str] = field(factory=dict)

    def select(self) -> tuple[exp.Select, Layout]:
        """The last stage, and what its columns are."""
        choice = self.choice
        self._renamed = choice.stages.renamed()
        self._say((ROW,), column(ROW))
        self._say(("doubt",), any_sql(column(name) for name in choice.stages.doubts))
        self._say(("next_review",), column(choice.next_review))
        if choice.account_id is not None:
            self._say(("account",), choice.account_id)
        triggers = sorted(choice.policy.triggers, key=lambda each: each.name)
        for each in triggers:
            self._say(("trigger", each.name), choice.scope[each.name].sql)
        responses = [self._told(key, each) for key, each in self._in_order()]
        referrals = self._referrals() if self.shape == "decisions" else ()
        selected = [exp.Alias(this=sql, alias=quoted(name)) for name, sql in self._selected.items()]
        select = exp.Select(expressions=selected).from_(exp.to_table(choice.stages.last), copy=False)
        layout = Layout(
            self.columns,
            tuple(responses),
            tuple((each.name, each.per_account) for each in triggers),
            referrals,
        )
        return select, layout

    def _say(self, answer: Answer, sql: Sql) -> None:
        """Select a column for an answer, the same one where another answer is the same."""
        name = f"a{len(self._selected)}"
        if isinstance(sql, exp.Column):
            name = self._renamed.get(sql.name, sql.name)
            sql = column(name)
        self._selected.setdefault(name, sql.copy() if sql.parent is not None else sql)
        self.columns[answer] = name

    def _in_order(self) -> list[tuple[str, Chosen]]:
        found = [(name, each) for name, each in self.choice.chosen.items() if each.alive]
        if self.choice.extra is not None:
            found.append((f"{self.choice.extra.response.name}/added", self.choice.extra))
        return sorted(found, key=lambda each: (-each[1].response.rank, each[1].response.name))

    def _told(self, key: str, each: Chosen) -> Told:
        self._say(("alive", key), column(each.alive))
        kept = (each.outranked, each.unknown, each.cool, each.breached)
        causes = {cause: name for cause, name in zip(CAUSES, kept, strict=True) if name is not None}
        if self.shape == "decisions":
            for cause, name in causes.items():
                self._say((cause, key), column(name))
            for parameter, name in each.texts.items():
                self._say(("parameter", key, parameter), column(name))
            if len(each.rules) > 1:
                for rule in each.rules:
                    self._say(("rule", key, rule.id), column(self.choice.holding(each, rule)))
        return Told(
            key,
            each.response,
            tuple(rule.id for rule in each.rules),
            tuple(causes),
            tuple(sorted(each.texts)),
        )

    def _referrals(self) -> tuple[tuple[str, bool], ...]:
        """Why a person must look."""
        choice = self.choice
        by_name = {each.name: each for each in choice.policy.triggers}
        found = [
            (name, by_name[name].per_account, condition)
            for name, condition in choice.unknown_triggers().items()
        ]
        found += [
            (each.response.name, each.response.per_account, is_known(column(each.unknown)))
            for each in choice.chosen.values()
            if each.unknown is not None
        ]
        # A constraint is judged for each account, even one that reads no account.
        found += [
            (name, choice.account_id is not None, column(kept)) for name, kept in choice.referred.items()
        ]
        found.sort(key=lambda each: each[0])
        for number, (_, _, condition) in enumerate(found):
            self._say(("referral", str(number)), condition)
        return tuple((name, per_account) for name, per_account, _ in found)
