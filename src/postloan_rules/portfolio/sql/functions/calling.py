"""A call of a function on its way into SQL: what the translations of functions are given."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from postloan_rules.expressions import ANY, ListType
from postloan_rules.portfolio.sql.column import Column, Exact, Items, ListForm
from postloan_rules.portfolio.sql.lists import items_of
from postloan_rules.portfolio.sql.literals import literal, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postloan_rules.expressions import Type
    from postloan_rules.portfolio.sql.dialect import Dialect
    from postloan_rules.portfolio.sql.refusal import Refused

__all__ = ["Calling", "Translation", "Translations"]


@frozen
class Calling:
    """One call: its arguments as columns, and what is needed to make SQL of them."""

    arguments: tuple[Column, ...]
    type: Type
    """The type that the checker gives the result."""
    dialect: Dialect = field(repr=False)
    fresh: Callable[[], str] = field(repr=False)
    """A new name for the variable of a lambda."""
    refused: Callable[[str], Refused] = field(repr=False)
    """The refusal of this call, for a reason (which may be empty)."""

    def items(self, listed: Column | None = None) -> Items:
        """The items of a list (the first argument)."""
        given = self.arguments[0] if listed is None else listed
        return items_of(given, self.fresh, lambda: self.refused("of this kind of list"))

    def is_list(self, column: Column) -> bool:
        """Whether it is a list that SQL knows."""
        return isinstance(column.type, ListType) and (
            column.items is not None or isinstance(column.form, ListForm)
        )

    def literal(self, value: object) -> Column:
        """A value that is the same in every row."""
        made = literal(value, self.dialect, None if self.type == ANY else self.type)
        if made is None:
            raise self.refused(f"with the result `{value}`")
        return made

    def nothing(self) -> Column:
        """The unknown value."""
        return nothing(self.type)

    def whole(self, column: Column) -> int | None:
        """The whole number (its fraction cut off) that it is in every row; None where rows differ."""
        value = column.constant
        return int(value) if isinstance(value, Decimal) and value.adjusted() < 18 else None

    def exact(self, column: Column) -> Column:
        """The argument, which must be an exact number."""
        if not isinstance(column.number, Exact):
            raise self.refused("of a quotient")
        return column


Translation: TypeAlias = "Callable[[Calling], Column]"
Translations: TypeAlias = "Mapping[str, Translation]"
