"""A query in stages: each reads the one before, keeps all its columns and adds some."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, evolve, field
from sqlglot import exp

from postloan_rules.portfolio.sql.column import Approximate, Column, Part, Quotient
from postloan_rules.portfolio.sql.lists import of_form
from postloan_rules.portfolio.sql.tree import Sql, any_sql, binary, cast, coalesce, column, false, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Stages", "read_by"]

_SAFE = re.compile(r"\W+")


@define
class Stages:
    """The stages made so far."""

    source: str
    """The table that the first stage reads."""
    held: frozenset[str]
    """Its columns."""
    expressions: list[exp.CTE] = field(factory=list)
    doubts: list[str] = field(factory=list)
    """The columns that say where a value may not be the evaluator's."""
    placed: dict[str, Column] = field(factory=dict)
    """What expressions want worked out before their lists are looked at, by its text."""
    waiting: list[tuple[str, Sql]] = field(factory=list)
    """The columns of what was placed last: the next stage comes after them."""
    _names: int = 0

    @property
    def last(self) -> str:
        """What the next stage reads."""
        return self.expressions[-1].alias if self.expressions else self.source

    def fresh(self, name: str) -> str:
        """A column's name that no other column has."""
        self._names += 1
        return f"c{self._names}_{_SAFE.sub('_', name).strip('_').lower()}"

    def add(
        self,
        columns: Iterable[tuple[str, Sql]],
        *,
        where: Sql | None = None,
        doubt: Iterable[Sql] = (),
    ) -> None:
        """One more stage, with these columns besides those that there are."""
        waiting, self.waiting = self.waiting, []
        if waiting:
            self.add(waiting)
        selected = [_aliased(sql, name) for name, sql in columns]
        doubts = list(doubt)
        if doubts:
            name = self.fresh("doubt")
            self.doubts.append(name)
            selected.append(_aliased(any_sql(coalesce(each, false()) for each in doubts), name))
        if selected or where is not None:
            select = exp.Select(expressions=[exp.Star(), *selected])
            self.append(select.from_(exp.to_table(self.last), copy=False), where=where)

    def append(self, select: exp.Select, *, where: Sql | None = None) -> None:
        """One more stage, as it is."""
        if where is not None:
            select = select.where(where.copy(), copy=False)
        name = f"s{len(self.expressions)}"
        alias = exp.TableAlias(this=exp.to_identifier(name))
        self.expressions.append(exp.CTE(this=select, alias=alias))

    def place(self, made: Column) -> Column:
        """Something that is the same for all items of a list, as a column of its own."""
        key = made.sql.sql()
        if key not in self.placed:
            self.placed[key], more = self.keep(made, "before")
            self.waiting += more
        return self.placed[key]

    def keep(self, made: Column, name: str, *, lists: bool = False) -> tuple[Column, list[tuple[str, Sql]]]:
        """The column as the next stages read it, and the columns that this takes.

        What is the same in every row stays as it is, and so does a list that is not made yet, unless `lists`
        are wanted: counting goes over its source without making it.
        """
        if lists and made.items is not None and not made.items.none:
            kept = self.fresh(name)
            return of_form(column(kept), made.type, made.form, unknown=made.unknown), [(kept, made.sql)]
        if made.constant is not None or made.empty or made.items is not None or made.ends is not None:
            return evolve(made, doubt=None), []
        if isinstance(made.sql, exp.Column) and not isinstance(made.number, Approximate | Quotient):
            return evolve(made, doubt=None), []
        if made.fields is not None:
            fields: dict[str, Column] = {}
            columns: list[tuple[str, Sql]] = []
            for each, part in made.fields.items():
                fields[each], more = self.keep(part, f"{name}_{each}")
                columns += more
            return evolve(made, fields=fields, doubt=None), columns
        kept = self.fresh(name)
        columns = [(kept, made.sql)]
        number = made.number
        match number:
            case Approximate(error=error):
                if not isinstance(error, exp.Literal):
                    wide = self.fresh(f"{name}_error")
                    columns.append((wide, error))
                    number = Approximate(column(wide))
            case Quotient(numerator=numerator, denominator=denominator):
                parts: list[Part] = []
                for half in (numerator, denominator):
                    if half.constant is None:
                        apart = self.fresh(f"{name}_part")
                        columns.append((apart, half.sql))
                        parts.append(evolve(half, sql=column(apart)))
                    else:
                        parts.append(half)
                number = Quotient(parts[0], parts[1])
                top, bottom = (cast(each.sql, "DOUBLE") for each in parts)
                return evolve(made, sql=binary(exp.Div, top, bottom), number=number, doubt=None), columns[1:]
            case _:
                pass
        return evolve(made, sql=column(kept), number=number, doubt=None), columns

    def renamed(self) -> dict[str, str]:
        """The columns that are but other names for others, and for which."""
        found: dict[str, str] = {}
        for each in self.expressions:
            for part in each.this.expressions:
                if isinstance(part, exp.Alias) and isinstance(part.this, exp.Column):
                    found[part.alias] = found.get(part.this.name, part.this.name)
        return found

    def query(self, select: exp.Select) -> exp.Select:
        """The whole query, with `select` as its end; what nothing reads is left out."""
        known = [set(self.held)]
        for each in self.expressions:
            made = {part.alias for part in each.this.expressions if isinstance(part, exp.Alias)}
            whole = any(isinstance(part, exp.Star) for part in each.this.expressions)
            known.append(known[-1] | made if whole else made)
        wanted = _names(select)
        for each, before in zip(reversed(self.expressions), reversed(known[:-1]), strict=True):
            wanted = _without_waste(each.this, wanted, before)
        select.set("with_", exp.With(expressions=self.expressions))
        return select


def _names(tree: exp.Expr) -> set[str]:
    return {each.name for each in tree.find_all(exp.Column)}


def _without_waste(stage: exp.Select, wanted: set[str], before: set[str]) -> set[str]:
    """Leave in a stage only what is wanted of it, by name; gives what it wants of the one before.

    Engines would find out by themselves, but take longer over it than over the work.
    """
    made = [each for each in stage.expressions if isinstance(each, exp.Alias) and each.alias in wanted]
    needed: set[str] = set()
    for each in made:
        needed |= _names(each)
    for part in ("where", "group"):
        if stage.args.get(part) is not None:
            needed |= _names(stage.args[part])
    through: list[exp.Expr] = []
    if any(isinstance(each, exp.Star) for each in stage.expressions):
        names = (wanted & before) - {each.alias for each in made}
        through = [exp.Column(this=quoted(name)) for name in sorted(names)]
        needed |= names
    stage.set("expressions", [*through, *made])
    # A lambda's variable is no column of the stage before.
    return needed & before


def _aliased(sql: Sql, name: str) -> Sql:
    return exp.Alias(this=sql.copy() if sql.parent is not None else sql, alias=quoted(name))


def read_by(made: Column) -> set[str]:
    """The names of the columns that a value reads."""
    parts: list[Sql | None] = [made.sql, made.doubt]
    match made.number:
        case Approximate(error=error):
            parts.append(error)
        case Quotient(numerator=numerator, denominator=denominator):
            parts += [numerator.sql, denominator.sql]
        case _:
            pass
    return {each.name for part in parts if part is not None for each in part.find_all(exp.Column)}
